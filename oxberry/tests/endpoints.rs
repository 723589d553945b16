//! `--check-config` of all daemons refuses what a run could not use, and says where and what to do.
#![cfg(test)]

use std::io::Write;
use std::process::Command;

/// A directory of channel files.
const FEED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../embedded/firmware/capture");

/// Every daemon, what it needs besides, and its options for endpoints.
const DAEMONS: [(&str, &[&str], &[&str]); 3] = [
    ("controller", &[FEED], &["data", "control", "setup"]),
    ("pi", &[], &["control", "data", "stock"]),
    ("visual", &[], &["stock", "controller"]),
];

/// Endpoints that nobody can use, and what is said of them.
const BAD: [(&str, &str); 5] = [
    ("here", "write tcp://127.0.0.1:PORT"),
    ("tcp://127.0.0.1", "write tcp://127.0.0.1:PORT"),
    ("tcp://127.0.0.1:65536", "write tcp://127.0.0.1:PORT"),
    ("tcp://192.168.1.2:5561", "use tcp://127.0.0.1:PORT"),
    ("tcp://[::1]:5561", "use tcp://127.0.0.1:PORT"),
];

/// Checks a configuration: the exit code, standard output, standard error.
fn check(daemon: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_oxberry"))
        .args(["node", daemon, "--check-config"])
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// A configuration file.
fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

#[test]
fn a_bad_endpoint_is_refused_by_every_daemon_wherever_it_was_set() {
    for (daemon, needed, options) in DAEMONS {
        for option in options {
            for (bad, advice) in BAD {
                let flag = format!("--{option}");
                let typed = [needed, &[flag.as_str(), bad]].concat();
                let file = file(&format!("{option} = '{bad}'"));
                let filed = [needed, &["--config", file.path().to_str().unwrap()]].concat();
                for given in [typed, filed] {
                    let (code, printed, said) = check(daemon, &given);
                    assert_eq!(code, Some(2), "{daemon} {given:?}: {said}");
                    assert_eq!(printed, "", "{daemon} {given:?}");
                    let names_it = said.contains(&format!("{flag}: `{bad}`"));
                    assert!(names_it, "{daemon} {given:?}: {said}");
                    assert!(said.contains(advice), "{daemon} {given:?}: {said}");
                }
            }
        }
    }
}

#[test]
fn a_port_that_cannot_be_connected_to_is_refused() {
    let any = "tcp://127.0.0.1:0";
    for (daemon, option) in [
        ("pi", "--control"),
        ("pi", "--data"),
        ("pi", "--stock"),
        ("visual", "--controller"),
    ] {
        let (code, _, said) = check(daemon, &[option, any]);
        assert_eq!(code, Some(2), "{daemon} {option}: {said}");
        let expected = format!("{option}: port 0 is no port to connect to; name the port");
        assert!(said.contains(&expected), "{said}");
    }
}

#[test]
fn two_options_with_one_endpoint_are_refused() {
    let shared = "tcp://127.0.0.1:7";
    for (daemon, needed, options) in DAEMONS {
        let [one, other] = [options[0], options[1]].map(|option| format!("--{option}"));
        let given = [needed, &[one.as_str(), shared, other.as_str(), shared]].concat();
        let (code, _, said) = check(daemon, &given);
        assert_eq!(code, Some(2), "{daemon}: {said}");
        let expected = "is that of --";
        assert!(said.contains(expected) && said.contains(shared), "{said}");
        assert!(said.contains("give each a port of its own"), "{said}");
    }
}

#[test]
fn what_is_printed_is_a_file_that_means_the_same() {
    for (daemon, needed, options) in DAEMONS {
        let flag = format!("--{}", options[0]);
        let given = [needed, &[flag.as_str(), "tcp://localhost:7"]].concat();
        let (code, printed, said) = check(daemon, &given);
        assert_eq!(code, Some(0), "{daemon}: {said}");
        assert!(printed.contains("\"tcp://127.0.0.1:7\""), "{printed}");
        let file = file(&printed);
        let (code, again, said) = check(daemon, &["--config", file.path().to_str().unwrap()]);
        assert_eq!(code, Some(0), "{daemon}: {said}");
        assert_eq!(again, printed, "{daemon}");
    }
}
