//! Standard output and standard error that are full, or whose readers are gone.
#![cfg(test)]

#[path = "support/feed.rs"]
#[expect(dead_code, reason = "one channel and one symbol suffice here")]
mod feed;

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, pipe},
    process::{Command, Output, Stdio},
};

use feed::{ChannelWriter, GOOG, MAPPING};
use tempfile::TempDir;

fn oxberry() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oxberry"));
    command.stdin(Stdio::null());
    command
}

/// A pipe that nobody reads.
fn gone() -> Stdio {
    let (_, writer) = pipe().unwrap();
    writer.into()
}

/// A file that takes nothing.
fn full() -> Stdio {
    File::options()
        .write(true)
        .open("/dev/full")
        .unwrap()
        .into()
}

fn run(arguments: &[&str], stdout: Stdio, stderr: Stdio) -> Output {
    let child = oxberry()
        .args(arguments)
        .stdout(stdout)
        .stderr(stderr)
        .spawn();
    child.unwrap().wait_with_output().unwrap()
}

/// A channel file and its mapping file; `faulty` ends inside a packet.
fn files() -> (TempDir, [String; 3]) {
    let directory = tempfile::tempdir().unwrap();
    let mut channel = ChannelWriter::start(&[GOOG]);
    for number in 1..=1_000 {
        channel.bid(GOOG, number, number.into(), 10_000);
    }
    let (last, cut) = (channel.bytes.len(), channel.bytes.len() - 1);
    let file = |name: &str, bytes: &[u8]| {
        let path = directory.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let paths = [
        file("good.dat", &channel.bytes[..last]),
        file("faulty.dat", &channel.bytes[..cut]),
        file("map.txt", MAPPING.as_bytes()),
    ];
    (directory, paths)
}

#[test]
fn a_standard_error_that_is_gone_or_full_changes_nothing() {
    let (directory, [good, faulty, map]) = files();
    let market = directory.path().join("market");
    let market = market.to_str().unwrap();
    let commands: [&[&str]; 9] = [
        &["decode", &good],
        &["decode", &faulty],
        &["decode", "/nowhere"],
        &["replay", &good, "--symbols", &map, "--orders", "2000"],
        &["replay", &faulty, "--symbols", &map, "--orders", "2000"],
        &["replay", &good],
        &[
            "generate",
            "--out",
            market,
            "--symbols",
            "2",
            "--messages",
            "100",
        ],
        &["generate", "--out", market, "--messages", "none"],
        &["demo", "--speed", "0"],
    ];
    for command in commands {
        let told = run(command, Stdio::piped(), Stdio::piped());
        assert!(!told.stderr.is_empty(), "{command:?} says something");
        for stderr in [gone(), full()] {
            let untold = run(command, Stdio::piped(), stderr);
            assert_eq!(untold.status, told.status, "{command:?}");
            assert!(untold.stdout == told.stdout, "{command:?}");
        }
    }
}

#[test]
fn a_demo_whose_standard_error_is_gone_or_full_is_checked_to_its_end() {
    for stderr in [gone(), full()] {
        let checked = run(
            &["demo", "--check", "--symbols", "5", "--pis", "1"],
            Stdio::piped(),
            stderr,
        );
        let out = String::from_utf8(checked.stdout).unwrap();
        assert_eq!(checked.status.code(), Some(0), "{out}");
        assert!(out.contains("equal the replay"), "{out}");
    }
}

/// Starts a part of a cluster of one Pi; returns it with its standard error.
fn node(arguments: &[&str], stdout: Stdio) -> (std::process::Child, impl BufRead) {
    let (reader, writer) = pipe().unwrap();
    let child = oxberry()
        .arg("node")
        .args(arguments)
        .stdout(stdout)
        .stderr(writer)
        .spawn();
    (child.unwrap(), BufReader::new(reader))
}

#[test]
fn daemons_whose_log_loses_its_reader_work_on_to_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let generated = run(
        &[
            "generate",
            "--symbols",
            "5",
            "--messages",
            "2000",
            "--out",
            directory.path().to_str().unwrap(),
        ],
        Stdio::null(),
        Stdio::null(),
    );
    assert!(generated.status.success());
    let any = "tcp://127.0.0.1:0";
    let listen = ["--data", any, "--control", any, "--setup", any];
    let rest = ["--pis", "1", "--replicas", "1", "--speed", "max"];
    let dir = directory.path().to_str().unwrap();
    let arguments = [&["controller", dir, "--json-notices"][..], &listen, &rest].concat();
    let (mut controller, log) = node(&arguments, Stdio::piped());
    let mut notices = BufReader::new(controller.stdout.take().unwrap()).lines();
    let listening: serde_json::Value =
        serde_json::from_str(&notices.next().unwrap().unwrap()).unwrap();
    let at = |name: &str| listening[name].as_str().unwrap().to_owned();
    drop(log);

    let arguments = [
        "pi",
        "--once",
        "--stock",
        "none",
        "--orders",
        "10000",
        "--data",
        &at("data"),
        "--control",
        &at("control"),
    ];
    let (mut pi, mut log) = node(&arguments, Stdio::null());
    log.read_line(&mut String::new()).unwrap();
    drop(log);
    // All notices, so that the controller is not held up.
    assert!(notices.last().unwrap().unwrap().contains("done"));
    assert_eq!(controller.wait().unwrap().code(), Some(0));
    assert_eq!(pi.wait().unwrap().code(), Some(0));
}

#[test]
fn daemons_that_cannot_say_why_they_failed_exit_as_if_they_could() {
    let commands: [&[&str]; 5] = [
        &["pi", "--start-timeout", "1"],
        &["pi", "--orders", "0"],
        &["controller", "/nowhere"],
        &["controller", "/nowhere", "--pis", "0"],
        &["visual", "--http", "nothing"],
    ];
    for arguments in commands {
        let arguments = [&["node"], arguments].concat();
        let told = run(&arguments, Stdio::null(), Stdio::null());
        assert!(
            matches!(told.status.code(), Some(1 | 2)),
            "{arguments:?}: {}",
            told.status
        );
        for stderr in [gone(), full()] {
            let untold = run(&arguments, Stdio::null(), stderr);
            assert_eq!(untold.status, told.status, "{arguments:?}");
        }
    }
}

#[test]
fn a_check_whose_output_nobody_reads_exits_by_the_comparison() {
    let demo = ["demo", "--check", "--symbols", "5", "--pis", "1"];
    let checked = run(&demo, gone(), Stdio::piped());
    let err = String::from_utf8(checked.stderr).unwrap();
    assert_eq!(checked.status.code(), Some(0), "{err}");

    // An order that rests twice makes no difference between replicas, but a Pi that has no room does.
    let small = oxberry()
        .args(demo)
        .env("OXBERRY_PI_ORDERS", "3")
        .stdout(gone())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let err = String::from_utf8(small.stderr).unwrap();
    assert_eq!(small.status.code(), Some(1), "{err}");
    assert!(err.contains("not everything equals the replay"), "{err}");
}

#[test]
fn a_full_standard_output_fails_the_run_and_is_named() {
    let (_directory, [good, faulty, map]) = files();
    let commands: [&[&str]; 10] = [
        &["sim", "--seed", "1", "--trace"],
        &["sim", "--seeds", "0..2"],
        &["node", "pi", "--check-config"],
        &["node", "visual", "--check-config"],
        &["decode", &good],
        &["decode", "--format", "csv", &faulty],
        &["replay", &good, "--symbols", &map, "--orders", "2000"],
        &["replay", &good, "--symbols", &map, "--digest"],
        &["demo", "--check", "--symbols", "5", "--pis", "1"],
        &["demo", "--symbols", "5", "--pis", "1"],
    ];
    for command in commands {
        let ran = run(command, full(), Stdio::piped());
        let err = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(1), "{command:?}: {err}");
        assert!(
            err.contains("standard output cannot be written: No space left"),
            "{command:?}: {err}"
        );
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let (_directory, [good, _, map]) = files();
    let commands: [&[&str]; 7] = [
        &["sim", "--seed", "1", "--trace"],
        &["sim", "--seeds", "0..2"],
        &["node", "pi", "--check-config"],
        &["node", "visual", "--check-config"],
        &["decode", &good],
        &["replay", &good, "--symbols", &map, "--orders", "2000"],
        &["replay", &good, "--symbols", &map, "--digest"],
    ];
    for command in commands {
        let ran = run(command, gone(), Stdio::piped());
        let err = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(0), "{command:?}: {err}");
        assert!(!err.contains("standard output"), "{command:?}: {err}");
    }
}

#[test]
fn a_digest_that_nobody_reads_hides_no_fault() {
    let (_directory, [_, faulty, map]) = files();
    let ran = run(
        &["replay", &faulty, "--symbols", &map, "--digest"],
        gone(),
        Stdio::null(),
    );
    assert_eq!(ran.status.code(), Some(1));
}

#[test]
fn an_event_stream_that_cannot_be_written_is_named() {
    let (_directory, [good, _, map]) = files();
    let replay = ["replay", &good, "--symbols", &map, "--orders", "2000"];
    let events = ["--digest", "--events", "/dev/full"];
    let ran = run(
        &[&replay[..], &events].concat(),
        Stdio::null(),
        Stdio::piped(),
    );
    let err = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(1), "{err}");
    assert!(
        err.contains("/dev/full: cannot be written: No space left"),
        "{err}"
    );
}
