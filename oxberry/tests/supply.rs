//! What the workspace takes from outside: from where, under which licences, and in how many versions.
//!
//! The same rules stand in `deny.toml`, for those who have cargo-deny and its database of advisories.

#[path = "support/metadata.rs"]
mod metadata;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde::Deserialize;

/// Where packages may come from.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// The crate of this workspace that stands in for the registry's of the same name.
const STANDS_IN: &str = "zmq-sys";

/// Licences that ask for nothing but to be named.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    // tiny-keccak, which cargo counts among what arrow needs, but builds for WebAssembly alone.
    "CC0-1.0",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Features of the command that bring crates, as far as this test was built with them: what a build does
/// not take need not be there to be looked at.
const FEATURES: &[&str] = &[
    #[cfg(feature = "arrow")]
    "oxberry/arrow",
    #[cfg(feature = "dbn")]
    "oxberry/dbn",
    #[cfg(feature = "parquet")]
    "oxberry/parquet",
];

/// Crates that come in two versions, and who holds the older one back.
const TWICE: &[(&str, &str)] = &[
    #[cfg(feature = "parquet")]
    ("base64", "axum and tungstenite"),
    ("bitflags", "zmq"),
    ("cpufeatures", "sha1, of tungstenite"),
    ("getrandom", "rand 0.9"),
    ("rand", "tungstenite"),
    ("rand_core", "rand 0.9"),
    ("syn", "derive macros that have not moved yet"),
];

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    /// Nothing for the crates of this workspace.
    source: Option<String>,
}

#[test]
fn everything_comes_from_the_registry() {
    for package in packages() {
        let Some(source) = package.source else {
            let is_ours = package.name.starts_with("oxberry") || package.name == STANDS_IN;
            assert!(is_ours, "{}", package.name);
            continue;
        };
        assert_ne!(package.name, STANDS_IN, "{}", package.version);
        assert_eq!(source, REGISTRY, "{} {}", package.name, package.version);
    }
}

#[test]
fn every_licence_is_one_that_the_packages_may_be_given_on_under() {
    for package in packages() {
        let licence = package.license.unwrap_or_default();
        assert!(
            is_allowed(&licence),
            "{} {} is under {licence:?}",
            package.name,
            package.version
        );
    }
}

#[test]
fn only_what_is_known_to_comes_in_two_versions() {
    let mut versions = BTreeMap::<String, BTreeSet<String>>::new();
    for package in packages() {
        let of_name = versions.entry(package.name).or_default();
        of_name.insert(package.version);
    }
    versions.retain(|_, versions| versions.len() > 1);
    let found: BTreeSet<&str> = versions.keys().map(String::as_str).collect();
    let known: BTreeSet<&str> = TWICE.iter().map(|&(name, _)| name).collect();
    assert_eq!(found, known, "{versions:?}");
}

#[test]
fn an_expression_is_allowed_if_one_of_its_choices_is_wholly() {
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("MIT/Apache-2.0", true),
        ("MIT AND GPL-3.0", false),
        ("(MIT OR GPL-3.0) AND Zlib", true),
        ("(MIT OR Zlib) AND GPL-3.0", false),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("", false),
    ] {
        assert_eq!(is_allowed(expression), expected, "{expression:?}");
    }
}

/// Whether a licence expression (SPDX, or with slashes as older packages have it) can be met with
/// [`LICENCES`].
fn is_allowed(expression: &str) -> bool {
    let expression = expression.trim();
    for (word, is_enough) in [(" OR ", true), ("/", true), (" AND ", false)] {
        let parts = split(expression, word);
        if parts.len() > 1 {
            let mut parts = parts.into_iter().map(is_allowed);
            return if is_enough {
                parts.any(|allowed| allowed)
            } else {
                parts.all(|allowed| allowed)
            };
        }
    }
    match expression.strip_prefix('(') {
        Some(inner) => inner.strip_suffix(')').is_some_and(is_allowed),
        None => LICENCES.contains(&expression),
    }
}

/// The parts of an expression between these words, as far as they are not in parentheses.
fn split<'e>(expression: &'e str, word: &str) -> Vec<&'e str> {
    let (mut parts, mut start, mut depth) = (vec![], 0, 0);
    for (at, character) in expression.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 && at >= start && expression[at..].starts_with(word) => {
                parts.push(&expression[start..at]);
                start = at + word.len();
            }
            _ => {}
        }
    }
    parts.push(&expression[start..]);
    parts
}

/// All that is built for this machine. Packages of other systems need not be there.
fn packages() -> Vec<Package> {
    let rustc = Command::new("rustc")
        .arg("-vV")
        .output()
        .expect("rustc runs");
    let rustc = String::from_utf8_lossy(&rustc.stdout).into_owned();
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.expect("rustc names its host");
    let mut options = vec!["--locked", "--filter-platform", host];
    for feature in FEATURES {
        options.extend(["--features", feature]);
    }
    metadata::packages(&options)
}
