//! What is wrong with a file, or missing on the machine, is told before a daemon starts.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::net::TcpListener;
use std::process::Command;
use std::{fs, str};

use tempfile::TempDir;

/// A directory of channel files.
const FEED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../embedded/firmware/capture");

/// Runs a daemon that ends by itself: the exit code, standard output, standard error.
fn run(daemon: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_oxberry"))
        .args(["node", daemon])
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| str::from_utf8(bytes).unwrap().to_owned();
    let said = text(&output.stderr);
    (output.status.code(), text(&output.stdout), said)
}

#[test]
fn a_mistyped_key_is_told_by_every_daemon_with_its_line_and_the_one_that_is_meant() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("daemon.toml");
    let file = file.to_str().unwrap();
    for (daemon, text, expected) in [
        (
            "controller",
            "dir = '/'\npais = 3",
            "2: `pais` is no key of this file; did you mean `pis`?",
        ),
        (
            "controller",
            "dir = '/'\npis = '4'",
            "2: pis is '4', but must be a whole number, not below 0",
        ),
        (
            "controller",
            "dir = '/'\nspeed = 2",
            "2: speed is 2, but must be in quotes: \"2\"",
        ),
        (
            "pi",
            "\norderz = 3",
            "2: `orderz` is no key of this file; did you mean `orders`?",
        ),
        (
            "pi",
            "[pi]",
            "1: `pi` is no key of this file; it has no sections",
        ),
        (
            "visual",
            "htpp = '127.0.0.1:0'",
            "1: `htpp` is no key of this file; did you mean `http`?",
        ),
        (
            "visual",
            "http-hosts = 'a'",
            "1: http-hosts is 'a', but must be a list: ['a']",
        ),
    ] {
        fs::write(file, text).unwrap();
        // Whether it is only checked or started.
        for arguments in [
            &["--config", file, "--check-config"][..],
            &["--config", file],
        ] {
            let (code, printed, said) = run(daemon, arguments);
            assert_eq!((code, printed.as_str()), (Some(2), ""), "{said}");
            assert!(said.contains(&format!(": {file}:{expected}")), "{said}");
        }
    }
}

#[test]
fn a_controller_is_checked_for_its_day() {
    let (code, printed, said) = run("controller", &[FEED, "--check-config"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(printed.starts_with("dir = "), "{printed}");

    let empty = tempfile::tempdir().unwrap();
    let empty = empty.path().to_str().unwrap();
    let no_symbols = no_symbols();
    let no_symbols = no_symbols.path().to_str().unwrap();
    for (arguments, expected) in [
        (vec!["/no/such/feed"], "/no/such/feed: cannot be listed"),
        (vec![empty], "holds no channel file"),
        (
            vec![FEED, "--symbols", "/no/such/map"],
            "/no/such/map: the symbol mapping file cannot be read",
        ),
        (vec![no_symbols], "no line names a symbol"),
    ] {
        let arguments = [arguments, vec!["--check-config"]].concat();
        let (code, printed, said) = run("controller", &arguments);
        assert_eq!((code, printed.as_str()), (Some(2), ""), "{said}");
        assert!(said.contains(expected), "{said}");
    }
}

/// A directory with a channel file and an empty mapping file.
fn no_symbols() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["20240515-ARCA_XDP_IBF_1.dat", "ARCASymbolMapping.txt"] {
        fs::write(folder.path().join(name), "").unwrap();
    }
    folder
}

#[test]
fn a_port_that_is_taken_is_told_but_may_be_the_dashboard_s_own() {
    let holder = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = holder.local_addr().unwrap().to_string();
    let (code, printed, said) = run("visual", &["--check-config", "--http", &address]);
    assert_eq!(code, Some(0), "{said}");
    assert!(printed.contains(&address), "{printed}");
    let expected = format!("the page cannot be served at {address} now");
    assert!(said.contains(&expected), "{said}");
    drop(holder);
    let (_, _, said) = run("visual", &["--check-config", "--http", "127.0.0.1:0"]);
    assert_eq!(said, "");
}

#[test]
fn a_wrong_log_filter_is_found_by_the_check() {
    for (daemon, more) in [("controller", &[FEED][..]), ("pi", &[]), ("visual", &[])] {
        let arguments = [&["--check-config", "--log", "=loud="], more].concat();
        let (code, _, said) = run(daemon, &arguments);
        assert_eq!(code, Some(2), "{daemon}: {said}");
        assert!(said.contains("no log filter"), "{said}");
    }
}
