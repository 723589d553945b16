//! Each line of the threat table in docs/security.md names tests that there are.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

use std::fs;
use std::path::Path;

const DOCUMENT: &str = "docs/security.md";

/// The words of a threat that must have a line.
const THREATS: &[&str] = &[
    "rogue Pi",
    "rogue publisher",
    "plain peer",
    "wrong key",
    "of another role",
    "revoked key",
    "replayed session",
    "oversized",
    "malformed messages",
    "connection flood",
    "slow handshake",
];

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of the table: the threat, and the names and files of its tests.
fn rows(document: &str) -> Vec<(&str, Vec<(&str, &str)>)> {
    let (_, section) = document.split_once("\n## Threats").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let lines = section.lines().filter(|line| line.starts_with('|'));
    lines.skip(2).map(row).collect()
}

fn row(line: &str) -> (&str, Vec<(&str, &str)>) {
    let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
    let [threat, _, tests] = cells[..] else {
        panic!("three cells: {line}");
    };
    let tests = tests.split(", ").map(|test| {
        let named = test
            .strip_prefix("[`")
            .and_then(|rest| rest.strip_suffix(')'));
        named.and_then(|rest| rest.split_once("`](../"))
    });
    let tests: Option<Vec<_>> = tests.collect();
    let tests = tests.unwrap_or_else(|| panic!("[`test`](../file): {line}"));
    (threat, tests)
}

/// Whether a source has a test of this name.
fn has_test(source: &str, name: &str) -> bool {
    let lines: Vec<_> = source.lines().map(str::trim).collect();
    let declaration = format!("fn {name}()");
    lines
        .windows(2)
        .any(|pair| pair[0] == "#[test]" && pair[1].starts_with(&declaration))
}

#[test]
fn every_line_of_the_threat_table_names_tests_that_there_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let document = read(&root.join(DOCUMENT));
    let rows = rows(&document);
    for (threat, tests) in &rows {
        for (name, file) in tests {
            let source = read(&root.join(file));
            assert!(
                has_test(&source, name),
                "{threat}: {file} has no test {name}"
            );
        }
    }
    for expected in THREATS {
        let has_line = rows.iter().any(|(threat, _)| threat.contains(expected));
        assert!(has_line, "no line about: {expected}");
    }
}

#[test]
fn a_name_without_a_test_is_seen() {
    let source = "#[test]\nfn one() {\n}\n\nfn two() {}\n// #[test]\n// fn three() {}\n";
    assert!(has_test(source, "one"));
    for missing in ["two", "three", "on", "one_more"] {
        assert!(!has_test(source, missing), "{missing}");
    }
}
