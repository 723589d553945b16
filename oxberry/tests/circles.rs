//! Files of the libraries know each other one way only: none is reached again from what it names.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The crates whose files must have an order in which they can be read.
const ORDERED: &[&str] = &["core", "proto-schema", "cluster", "feed", "net"];

/// A module, as the names on the way to it from the root of its crate.
type Module = Vec<String>;

#[test]
fn no_file_is_reached_again_from_what_it_names() {
    for name in ORDERED {
        let source = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(name)
            .join("src");
        let modules = modules(&source);
        assert!(modules.len() > 5, "{name} has files");
        let named: BTreeMap<_, _> = modules
            .iter()
            .map(|(module, file)| (module.clone(), names(module, file, &modules)))
            .collect();
        for start in named.keys() {
            if let Some(way) = way_back(&named, start) {
                let way: Vec<_> = way.iter().map(|module| module.join("::")).collect();
                panic!("{name}: a circle of files: {}", way.join(" -> "));
            }
        }
    }
}

#[test]
fn what_a_file_names_is_found_in_all_its_forms() {
    let all = ["a", "b", "c", "d", "d::e"].map(|path| (split(path), PathBuf::new()));
    let all = BTreeMap::from(all);
    let found = |source: &str| {
        let of = split("d::e");
        let found = named_in(&of, false, source, &all);
        found.iter().map(|m| m.join("::")).collect::<Vec<_>>()
    };
    assert_eq!(
        found("use crate::{a::Thing, b::{self, Other}};"),
        ["a", "b"]
    );
    assert_eq!(found("use super::super::c::Thing;"), ["c"]);
    assert_eq!(found("fn f() { crate::b::g() } // crate::a"), ["b"]);
    assert_eq!(
        found("#[cfg(test)]\nmod tests {\n use crate::a;\n}"),
        [""; 0]
    );
}

fn split(path: &str) -> Module {
    path.split("::").map(str::to_owned).collect()
}

/// The modules below a folder, and their files. Tests are none.
fn modules(source: &Path) -> BTreeMap<Module, PathBuf> {
    let mut found = BTreeMap::new();
    let mut folders = vec![source.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") && stem != "tests" {
                let folder = path.strip_prefix(source).unwrap().parent().unwrap();
                let names = folder.iter().map(|name| name.to_str().unwrap().to_owned());
                let mut module: Module = names.collect();
                if !["mod", "lib", "main"].contains(&stem.as_str()) {
                    module.push(stem);
                }
                if !module.contains(&"tests".to_owned()) {
                    found.insert(module, path);
                }
            }
        }
    }
    found
}

/// The modules that a file names. A module may name those inside of it, which belong to it.
fn names(module: &Module, file: &Path, modules: &BTreeMap<Module, PathBuf>) -> BTreeSet<Module> {
    let has_inner = file
        .file_stem()
        .is_some_and(|stem| stem == "mod" || stem == "lib");
    let source = fs::read_to_string(file).unwrap();
    named_in(module, has_inner, &source, modules)
}

fn named_in(
    module: &Module,
    has_inner: bool,
    source: &str,
    modules: &BTreeMap<Module, PathBuf>,
) -> BTreeSet<Module> {
    let lines = source
        .lines()
        .map(|line| line.split("//").next().unwrap_or(""));
    let code = lines.collect::<Vec<_>>().join("\n");
    let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let mut found = BTreeSet::new();
    for (at, _) in code
        .match_indices("super::")
        .chain(code.match_indices("crate::"))
    {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|before| before.is_alphanumeric() || before == '_' || before == ':') {
            // Within a longer path, which begins elsewhere.
            continue;
        }
        let mut base = module.clone();
        let mut path = &code[at..];
        if let Some(rest) = path.strip_prefix("crate::") {
            base.clear();
            path = rest;
        }
        while let Some(rest) = path.strip_prefix("super::") {
            base.pop();
            path = rest;
        }
        for path in expanded(path) {
            let mut target = base.clone();
            target.extend(path);
            while !target.is_empty() && !modules.contains_key(&target) {
                target.pop();
            }
            let is_inside = has_inner && target.starts_with(module);
            if target != *module && !is_inside {
                found.insert(target);
            }
        }
    }
    found
}

/// The paths that a path with braces stands for.
fn expanded(path: &str) -> Vec<Module> {
    let end = path.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
    let (head, rest) = path.split_at(end.unwrap_or(path.len()));
    let prefix: Module = head
        .split("::")
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    if !head.is_empty() && !head.ends_with("::") || !rest.starts_with('{') {
        return vec![prefix];
    }
    let (mut depth, mut start, mut parts) = (0, 1, vec![]);
    for (at, character) in rest.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 1 => {
                parts.push(&rest[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 1 => {
                parts.push(&rest[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    let inner = parts.into_iter().flat_map(|part| expanded(part.trim()));
    inner
        .map(|path| prefix.iter().cloned().chain(path).collect())
        .collect()
}

/// How a module is reached again from itself, if it is.
fn way_back(named: &BTreeMap<Module, BTreeSet<Module>>, start: &Module) -> Option<Vec<Module>> {
    let mut before = BTreeMap::<&Module, &Module>::new();
    let mut next = vec![start];
    while let Some(module) = next.pop() {
        for target in &named[module] {
            if target == start {
                let mut way = vec![start.clone(), module.clone()];
                let mut at = module;
                while at != start {
                    at = before[at];
                    way.push(at.clone());
                }
                way.reverse();
                return Some(way);
            }
            if !before.contains_key(target) {
                before.insert(target, module);
                next.push(target);
            }
        }
    }
    None
}
