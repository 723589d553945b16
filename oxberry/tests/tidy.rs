//! Rules about the source that no lint can say.

#[path = "support/sources.rs"]
mod sources;

use std::collections::BTreeMap;
use std::path::Path;

use sources::{read, root, sources};

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["common", "helpers", "manager", "misc", "util", "utils"];

/// A file that is longer usually hides a second subject.
const MOST_LINES: usize = 800;

/// Crates whose library must declare these attributes, without conditions.
const HEADS: &[(&str, &[&str])] = &[
    (
        "core/src/lib.rs",
        &[
            "#![no_std]",
            "#![forbid(unsafe_code)]",
            "#![deny(missing_docs)]",
        ],
    ),
    (
        "proto-schema/src/lib.rs",
        &[
            "#![no_std]",
            "#![forbid(unsafe_code)]",
            "#![deny(missing_docs)]",
        ],
    ),
    ("cluster/src/lib.rs", &["#![forbid(unsafe_code)]"]),
];

/// Public types of core and proto-schema that defmt does not print, and why.
const NOT_LOGGED: &[(&str, &str)] = &[
    (
        "Books",
        "megabytes; its counters, states and answers can be logged",
    ),
    ("OwnedBooks", "as the books"),
    ("OpenBooks", "as the books"),
    ("Depth", "an iterator that borrows the books"),
    ("Queue", "an iterator that borrows the books"),
    (
        "SnapshotReader",
        "a place in the books, without meaning elsewhere",
    ),
];

#[test]
fn files_are_named_after_what_they_hold() {
    for path in sources(&["rs", "js", "py"]) {
        for part in path.components().rev().take(2) {
            let name = part.as_os_str().to_string_lossy();
            let stem = name.split('.').next().unwrap_or_default();
            assert!(
                !EMPTY_NAMES.contains(&stem),
                "{}: `{stem}` says nothing about what is inside",
                path.display()
            );
        }
    }
}

#[test]
fn files_hold_one_subject() {
    for path in sources(&["rs", "js", "py"]) {
        let lines = read(&path).lines().count();
        assert!(
            lines <= MOST_LINES,
            "{}: {lines} lines, more than {MOST_LINES}: what is the second subject?",
            path.display()
        );
    }
}

/// Programs print through what knows that nobody may read any more; these macros panic then.
#[test]
fn programs_print_with_nothing_that_panics() {
    let macros = ["print!(", "println!(", "eprint!(", "eprintln!("];
    let is_program = |path: &Path| {
        let inside = path.strip_prefix(root()).unwrap_or(path);
        let mut parts = inside.components().map(|part| part.as_os_str());
        parts.next().is_none_or(|first| first != "benches")
            && parts.next().is_some_and(|second| second == "src")
    };
    let mut programs = 0;
    for path in sources(&["rs"]).iter().filter(|path| is_program(path)) {
        programs += 1;
        for (number, line) in read(path).lines().enumerate() {
            let is_code = !line.trim_start().starts_with("//");
            for name in macros {
                // `print!(` is also the end of longer names.
                let is_used = line.match_indices(name).any(|(at, _)| {
                    !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
                });
                assert!(
                    !(is_code && is_used),
                    "{}:{}: {name}…) panics when nobody reads; use `say` or write",
                    path.display(),
                    number + 1
                );
            }
        }
    }
    assert!(
        programs > 100,
        "only {programs} files of programs were found"
    );
}

#[test]
fn the_inner_crates_need_no_system_and_no_unsafe_code() {
    for (file, attributes) in HEADS {
        let text = read(&root().join(file));
        for attribute in *attributes {
            assert!(
                text.lines().any(|line| line == *attribute),
                "{file} has no line `{attribute}`"
            );
        }
    }
}

#[test]
fn public_types_of_the_inner_crates_can_be_logged() {
    let mut exceptions: BTreeMap<_, _> = NOT_LOGGED.iter().copied().collect();
    let mut types = 0;
    for path in sources(&["rs"]) {
        if !["core/src", "proto-schema/src"]
            .iter()
            .any(|folder| path.starts_with(root().join(folder)))
        {
            continue;
        }
        let text = read(&path);
        let lines: Vec<_> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let Some(name) = public_type(line) else {
                continue;
            };
            types += 1;
            let derived = lines[..number]
                .iter()
                .rev()
                .take_while(|above| !above.trim().is_empty())
                .any(|above| above.contains("derive(defmt::Format)"));
            let implemented = text.contains(&format!("impl defmt::Format for {name} "));
            let excepted = exceptions.remove(name).is_some();
            assert!(
                derived || implemented || excepted,
                "{}:{}: `{name}` has no defmt::Format",
                path.display(),
                number + 1
            );
            assert!(
                !(excepted && (derived || implemented)),
                "`{name}` has defmt::Format and needs no exception"
            );
        }
    }
    assert!(types > 100, "only {types} public types were found");
    assert!(
        exceptions.is_empty(),
        "exceptions without a type: {exceptions:?}"
    );
}

/// Whoever reads a name in `core` knows which of its layers it is of.
#[test]
fn no_public_type_of_core_has_the_name_of_another() {
    let mut places = BTreeMap::<String, Vec<String>>::new();
    for path in sources(&["rs"]) {
        if !path.starts_with(root().join("core/src")) {
            continue;
        }
        for name in read(&path).lines().filter_map(public_type) {
            // A macro declares many.
            if name.starts_with("$") {
                continue;
            }
            let place = path.display().to_string();
            places.entry(name.to_owned()).or_default().push(place);
        }
    }
    assert!(places.len() > 80, "only {} types were found", places.len());
    places.retain(|_, places| places.len() > 1);
    assert!(places.is_empty(), "{places:#?}");
}

#[test]
fn links_of_the_documents_lead_somewhere() {
    for path in sources(&["md"]) {
        let text = read(&path);
        for target in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let target = target.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let folder = path.parent().expect("a file is in a folder");
            assert!(
                folder.join(target).exists(),
                "{}: the link to {target} leads nowhere",
                path.display()
            );
        }
    }
}

/// The name of the public type that begins on this line.
fn public_type(line: &str) -> Option<&str> {
    let declaration = line.trim_start().strip_prefix("pub ")?;
    let name = ["struct ", "enum ", "union "]
        .iter()
        .find_map(|keyword| declaration.strip_prefix(keyword))?;
    name.split(|c: char| !(c.is_alphanumeric() || "_$".contains(c)))
        .next()
}
