//! Variables of the environment that are set to nothing.
#![cfg(test)]

use std::process::{Command, Output};

/// A directory of channel files.
const FEED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../embedded/firmware/capture");

/// Every variable that a program takes options from, by its help.
fn variables(node: &str) -> Vec<String> {
    let help = run(&["node", node, "--help"], &[]);
    let help = String::from_utf8(help.stdout).unwrap();
    let names = help.split("[env: ").skip(1);
    let mut names: Vec<String> = names
        .filter_map(|rest| rest.split('=').next())
        .map(str::to_owned)
        .collect();
    assert!(names.len() > 3, "{help}");
    names.extend(["NOTIFY_SOCKET", "JOURNAL_STREAM"].map(str::to_owned));
    names
}

fn run(arguments: &[&str], empty: &[String]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_oxberry"))
        .args(arguments)
        .envs(empty.iter().map(|name| (name, "")))
        .output()
        .unwrap()
}

#[test]
fn a_variable_that_is_set_to_nothing_counts_as_not_set() {
    for (node, more) in [("controller", &[FEED][..]), ("pi", &[]), ("visual", &[])] {
        let command = [&["node", node, "--check-config"], more].concat();
        let unset = run(&command, &[]);
        assert!(unset.status.success(), "{node}");
        let empty = run(&command, &variables(node));
        let said = String::from_utf8_lossy(&empty.stderr);
        assert!(empty.status.success(), "{node}: {said}");
        assert_eq!(empty.stdout, unset.stdout, "{node}");
    }
}

#[test]
fn a_demo_runs_where_every_variable_is_set_to_nothing() {
    let nodes = ["controller", "pi", "visual"].map(variables);
    let mut empty = nodes.concat();
    empty.push("TMPDIR".into());
    let checked = run(&["demo", "--check", "--symbols", "5", "--pis", "1"], &empty);
    let said = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success(), "{said}");
}

#[test]
fn an_option_without_its_variable_and_argument_is_still_missed() {
    let empty = variables("controller");
    let missed = run(&["node", "controller"], &empty);
    assert_eq!(missed.status.code(), Some(2));
    let said = String::from_utf8(missed.stderr).unwrap();
    assert!(said.contains("no directory"), "{said}");
}
