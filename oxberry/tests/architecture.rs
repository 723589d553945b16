//! The dependency arrows of the workspace: who may know whom, and who may know what from outside.

#[path = "support/metadata.rs"]
mod metadata;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// Every crate, with the crates of this workspace that its library and program may name.
///
/// A crate that is not here fails the test, so that a new one gets its place by decision.
const ARROWS: &[(&str, &[&str])] = &[
    ("zmq-sys", &[]),
    ("oxberry-core", &[]),
    ("oxberry-proto", &["oxberry-core"]),
    ("oxberry-feed", &["oxberry-core"]),
    ("oxberry-cluster", &["oxberry-core", "oxberry-proto"]),
    (
        "oxberry-net",
        &["oxberry-core", "oxberry-proto", "oxberry-cluster"],
    ),
    (
        "oxberry-controller",
        &[
            "oxberry-core",
            "oxberry-feed",
            "oxberry-proto",
            "oxberry-cluster",
            "oxberry-net",
        ],
    ),
    (
        "oxberry-pi",
        &[
            "oxberry-core",
            "oxberry-proto",
            "oxberry-cluster",
            "oxberry-net",
        ],
    ),
    (
        "oxberry-visual",
        &[
            "oxberry-core",
            "oxberry-proto",
            "oxberry-cluster",
            "oxberry-net",
        ],
    ),
    (
        "oxberry-sim",
        &[
            "oxberry-core",
            "oxberry-feed",
            "oxberry-proto",
            "oxberry-cluster",
        ],
    ),
    (
        "oxberry",
        &[
            "oxberry-core",
            "oxberry-feed",
            "oxberry-proto",
            "oxberry-cluster",
            "oxberry-net",
            "oxberry-controller",
            "oxberry-pi",
            "oxberry-visual",
            "oxberry-sim",
        ],
    ),
    (
        "oxberry-benches",
        &[
            "oxberry-core",
            "oxberry-proto",
            "oxberry-cluster",
            "oxberry-sim",
        ],
    ),
];

/// All that the crates without a world of their own may take from outside.
const FOREIGN: &[(&str, &[&str])] = &[
    ("oxberry-core", &["defmt", "heapless", "nom", "serde"]),
    ("oxberry-proto", &["defmt", "heapless", "postcard", "serde"]),
    ("oxberry-cluster", &["heapless", "thiserror"]),
];

/// Who reaches ZeroMQ.
const REACH_ZEROMQ: &[&str] = &[
    "oxberry",
    "oxberry-controller",
    "oxberry-net",
    "oxberry-pi",
    "oxberry-visual",
];

/// Programs that run in production: nothing pretended may be inside.
const SHIPPED: &[&str] = &["oxberry-controller", "oxberry-pi", "oxberry-visual"];

/// What `cargo metadata` says of a package, as far as it matters here.
#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// `dev`, `build`, or nothing for the library or program itself.
    kind: Option<String>,
    /// Only crates of this workspace have one.
    path: Option<String>,
}

/// What a crate of the workspace names in its manifest.
#[derive(Default)]
struct Crate {
    /// Of this workspace, in the library or program.
    inner: BTreeSet<String>,
    /// Of this workspace, in tests, benches and examples only.
    inner_dev: BTreeSet<String>,
    /// From outside, in the library, program or build script.
    foreign: BTreeSet<String>,
}

#[test]
fn every_arrow_is_in_the_map() {
    let crates = workspace();
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    assert_eq!(
        crates.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        allowed.keys().copied().collect(),
        "the crates of the workspace are those that have a place in ARROWS"
    );
    for (name, found) in &crates {
        for inner in &found.inner {
            assert!(
                allowed[name.as_str()].contains(&inner.as_str()),
                "{name} depends on {inner}, against the arrows"
            );
        }
    }
}

#[test]
fn tests_add_no_arrow_but_to_the_pretend_world() {
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    for (name, found) in &workspace() {
        for inner in &found.inner_dev {
            assert!(
                allowed[name.as_str()].contains(&inner.as_str()) || inner == "oxberry-sim",
                "the tests of {name} depend on {inner}, against the arrows"
            );
        }
    }
}

#[test]
fn nothing_but_the_daemons_and_the_command_reaches_zeromq() {
    let crates = workspace();
    for (name, found) in &crates {
        // Tests and examples count as well: who builds those of the feed or the simulator builds no
        // libzmq.
        let below = reachable(&crates, name, |found| {
            found.inner.union(&found.inner_dev).cloned().collect()
        });
        assert_eq!(
            below.contains("oxberry-net"),
            REACH_ZEROMQ.contains(&name.as_str()),
            "whether {name} reaches oxberry-net"
        );
        let has_zmq = (found.foreign.iter()).any(|foreign| foreign.starts_with("zmq"));
        assert_eq!(
            has_zmq,
            name == "oxberry-net",
            "{name} talks to ZeroMQ itself, past oxberry-net"
        );
    }
}

#[test]
fn no_shipped_daemon_knows_the_simulator() {
    let crates = workspace();
    for daemon in SHIPPED {
        let below = reachable(&crates, daemon, |found| found.inner.clone());
        assert!(
            !below.contains("oxberry-sim"),
            "{daemon} reaches oxberry-sim"
        );
    }
}

#[test]
fn the_inner_crates_take_little_from_outside() {
    let crates = workspace();
    for (name, allowed) in FOREIGN {
        for foreign in &crates[*name].foreign {
            assert!(
                allowed.contains(&foreign.as_str()),
                "{name} depends on {foreign}; add it to FOREIGN if that is meant"
            );
        }
    }
}

/// The crates of the workspace, by name, as cargo reads their manifests.
fn workspace() -> BTreeMap<String, Crate> {
    metadata::packages::<Package>(&["--no-deps"])
        .into_iter()
        .map(|package| {
            let mut found = Crate::default();
            for dependency in package.dependencies {
                let dev = dependency.kind.as_deref() == Some("dev");
                match (dependency.path.is_some(), dev) {
                    (true, false) => found.inner.insert(dependency.name),
                    (true, true) => found.inner_dev.insert(dependency.name),
                    (false, false) => found.foreign.insert(dependency.name),
                    (false, true) => false,
                };
            }
            (package.name, found)
        })
        .collect()
}

/// Every crate that can be reached from `start` by the given edges.
fn reachable(
    crates: &BTreeMap<String, Crate>,
    start: &str,
    edges: impl Fn(&Crate) -> BTreeSet<String>,
) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut next = vec![start.to_owned()];
    while let Some(name) = next.pop() {
        next.extend(
            edges(&crates[&name])
                .into_iter()
                .filter(|edge| !seen.contains(edge)),
        );
        seen.insert(name);
    }
    seen
}
