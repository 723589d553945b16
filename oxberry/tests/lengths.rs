//! Functions and files are short enough to be read at once, or say why not.
#![expect(clippy::indexing_slicing, reason = "a test may panic")]

#[path = "support/sources.rs"]
mod sources;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sources::{read, root, sources};

/// What one can see at once, and a little more.
const MOST_LINES_OF_A_FUNCTION: usize = 60;

/// A longer file says in its head why it is one.
const MOST_LINES_OF_A_FILE: usize = 600;

/// Stands directly above a function that only lists things, and says why it is one list.
const TABLE: &str = "// A table: ";

/// The words of a file's head that say why it is long.
const REASON: &str = "one file";

#[test]
fn functions_can_be_seen_at_once() {
    let files = sources(&["rs"]);
    let tests = modules_of_tests(&files);
    let (mut functions, mut wrong) = (0, Vec::new());
    for path in files.iter().filter(|path| !is_test(path, &tests)) {
        let name = name_of(path);
        for function in functions_of(&read(path)) {
            functions += 1;
            if function.lines > MOST_LINES_OF_A_FUNCTION && !function.is_table {
                wrong.push(format!(
                    "{name}:{}: `{}` has {} lines, more than {MOST_LINES_OF_A_FUNCTION}: which part \
                     of it has a name of its own? If it only lists things, say so above it: {TABLE}…",
                    function.at, function.name, function.lines
                ));
            }
        }
    }
    assert!(functions > 1_000, "only {functions} functions were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn long_files_say_why_they_are_one() {
    let mut wrong = Vec::new();
    for path in sources(&["rs"]) {
        let (name, text) = (name_of(&path), read(&path));
        let lines = text.lines().count();
        if lines > MOST_LINES_OF_A_FILE && !says_why(&text) {
            wrong.push(format!(
                "{name}: {lines} lines, more than {MOST_LINES_OF_A_FILE}: what is the second \
                 subject? If there is none, say in its head why it is {REASON}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_function_is_measured_from_its_name_to_its_end() {
    let text = "\
//! Head.

trait Sound {
    fn loud(
        &self,
    ) -> bool;
    fn soft(&self) -> bool { true }
}

/// Lists.
// A table: a line a thing.
#[must_use]
pub(crate) const fn outer<T>(
    of: T,
) -> Vec<T>
where
    T: Copy,
{
    fn inner() {
    }
    vec![of]
}

#[cfg(test)]
mod tests {
    fn test() {
    }
}

fn last() {
}
";
    let functions = functions_of(text).into_iter();
    let found: Vec<_> = functions
        .map(|one| (one.name, one.at, one.lines, one.is_table))
        .collect();
    let expected = [
        ("loud", 4, 3, false),
        ("soft", 7, 1, false),
        ("outer", 13, 10, true),
        ("last", 30, 2, false),
    ];
    let expected = expected.map(|(name, at, lines, table)| (name.to_owned(), at, lines, table));
    assert_eq!(found, expected);
}

#[test]
fn a_table_says_why_it_is_one_and_a_long_file_in_its_head() {
    let last_of = |text: &str| functions_of(text).pop().unwrap();
    let marked = |mark: &str| last_of(&format!("{mark}fn f() {{\n}}\n")).is_table;
    assert!(marked("// A table: a line a message.\n"));
    assert!(!marked("// A table: \n"));
    assert!(!marked("// A table\n"));
    assert!(!marked("// A table: of another function.\nfn g() {\n}\n"));

    assert!(says_why("//! A subject.\n//!\n//! It is one file since.\n"));
    assert!(!says_why(
        "//! A subject.\n\n/// It is one file.\nfn f() {}\n"
    ));
}

/// A function of a file.
struct Function {
    name: String,
    /// Its line, from 1.
    at: usize,
    lines: usize,
    is_table: bool,
}

/// The functions of a formatted file, with what is inside of them, but for modules of tests.
fn functions_of(text: &str) -> Vec<Function> {
    let lines: Vec<_> = text.lines().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let inner = lines.get(at + 1).unwrap_or(&"").trim_start();
        let end = if line.trim() == "#[cfg(test)]" && inner.starts_with("mod ") {
            end_of_item(&lines, at + 1)
        } else if let Some(name) = function_name(line) {
            let end = end_of_item(&lines, at);
            found.push(Function {
                name: name.to_owned(),
                at: at + 1,
                lines: end + 1 - at,
                is_table: is_table(&lines[..at]),
            });
            end
        } else {
            at
        };
        at = end + 1;
    }
    found
}

/// The name of the function that begins on this line.
fn function_name(line: &str) -> Option<&str> {
    let mut words = line.trim_start();
    loop {
        if let Some(named) = words.strip_prefix("fn ") {
            let end = named.find(|c: char| !(c.is_alphanumeric() || c == '_'));
            return named.get(..end?).filter(|name| !name.is_empty());
        }
        let (word, rest) = words.split_once(' ')?;
        let is_before = ["pub", "const", "async", "unsafe", "extern", "\"C\""].contains(&word)
            || word.starts_with("pub(");
        words = is_before.then_some(rest)?;
    }
}

/// The last line of an item: formatted code closes it where it began.
fn end_of_item(lines: &[&str], at: usize) -> usize {
    let first = lines[at];
    if first.ends_with(['}', ';']) {
        return at;
    }
    let indent = &first[..first.len() - first.trim_start().len()];
    let ends = |line: &str| {
        line.strip_prefix(indent).is_some_and(|line| {
            line == "}" || line.starts_with(')') && line.ends_with(';') || line == "{}"
        })
    };
    let after = lines[at + 1..].iter().position(|line| ends(line));
    at + 1 + after.unwrap_or_else(|| panic!("`{first}` does not end"))
}

/// Whether the comments and attributes directly above a function call it a table, and say why.
fn is_table(above: &[&str]) -> bool {
    above
        .iter()
        .rev()
        .map(|line| line.trim_start())
        .take_while(|line| line.starts_with("//") || line.starts_with("#["))
        .any(|line| line.starts_with(TABLE) && line.len() > TABLE.len())
}

/// Whether the head of a file says why it is one.
fn says_why(text: &str) -> bool {
    text.lines()
        .take_while(|line| line.starts_with("//!"))
        .any(|line| line.contains(REASON))
}

/// Files that are modules of tests, without their ending: `#[cfg(test)] mod name;`.
fn modules_of_tests(files: &[PathBuf]) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for path in files {
        let stem = path.file_stem().unwrap_or_default();
        let folder = if ["mod", "lib", "main"].iter().any(|name| stem == *name) {
            path.with_file_name("")
        } else {
            path.with_extension("")
        };
        let text = read(path);
        for (_, declared) in text
            .match_indices("#[cfg(test)]\nmod ")
            .map(|(at, mark)| text.split_at(at + mark.len()))
        {
            let line = declared.lines().next().unwrap_or_default();
            found.extend(line.strip_suffix(';').map(|name| folder.join(name)));
        }
    }
    found
}

/// Whether all of a file is tests or measurements.
fn is_test(path: &Path, modules: &BTreeSet<PathBuf>) -> bool {
    let inside = path.strip_prefix(root()).unwrap_or(path);
    let mut folders = inside.parent().into_iter().flatten();
    folders.any(|folder| folder == "tests" || folder == "benches")
        || inside.ends_with("tests.rs")
        || path
            .with_extension("")
            .ancestors()
            .any(|module| modules.contains(module))
}

/// A file as lists and messages name it.
fn name_of(path: &Path) -> String {
    let inside = path.strip_prefix(root()).unwrap_or(path);
    inside.display().to_string()
}
