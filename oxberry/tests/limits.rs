//! Numbers at the edges of what can be asked for, and machines that have less.
#![cfg(test)]

mod support;

use std::{fmt::Write as _, fs, process::Command};

use support::oxberry;
use tempfile::TempDir;

/// The most orders that books can tell apart.
const MOST_ORDERS: u32 = 67_108_863;

/// A made-up market.
fn market() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().to_str().unwrap();
    let made = oxberry([
        "generate",
        "--symbols",
        "2",
        "--messages",
        "100",
        "--out",
        out,
    ]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    directory
}

/// Runs the command where a process gets no more memory than so many KiB.
fn within_memory(kib: u32, arguments: &[&str]) -> (Option<i32>, String) {
    let ran = Command::new("sh")
        .args(["-c", "ulimit -v $0 && exec \"$@\"", &kib.to_string()])
        .arg(env!("CARGO_BIN_EXE_oxberry"))
        .args(arguments)
        .output()
        .unwrap();
    let said = String::from_utf8(ran.stderr).unwrap();
    (ran.status.code(), said)
}

#[test]
fn more_orders_than_books_can_tell_apart_are_a_usage_error_with_the_limit() {
    let market = market();
    let market = market.path().to_str().unwrap();
    let commands = [
        &["replay", market, "--digest", "--orders"][..],
        &["node", "pi", "--start-timeout", "1", "--orders"],
        &["node", "pi", "--start-timeout", "1", "--levels"],
    ];
    for command in commands {
        for orders in [MOST_ORDERS + 1, 100_000_000, u32::MAX] {
            let run = oxberry([command, &[&orders.to_string()]].concat());
            assert_eq!(run.code, Some(2), "{command:?} {orders}: {}", run.stderr);
            assert_eq!(run.stdout, "");
            let limit = MOST_ORDERS.to_string();
            assert!(run.stderr.contains(&limit), "{}", run.stderr);
        }
    }
}

#[test]
fn books_that_find_no_memory_are_named() {
    let market = market();
    let market = market.path().to_str().unwrap();
    let most = MOST_ORDERS.to_string();
    let commands = [
        (
            &["replay", market, "--digest", "--orders", "50000000"][..],
            "50000000 orders",
        ),
        (&["replay", market, "--orders", &most], "67108863 orders"),
        // What it replays with is its own choice.
        (&["demo", market, "--pis", "1", "--check"], "4000000 orders"),
    ];
    for (command, orders) in commands {
        let (code, said) = within_memory(500_000, command);
        assert_eq!(code, Some(1), "{command:?}: {said}");
        let expected = format!("there is no memory for books of {orders}");
        assert!(said.contains(&expected), "{command:?}: {said}");
    }
}

#[test]
fn a_pi_asks_for_its_memory_before_it_takes_it() {
    let most = MOST_ORDERS.to_string();
    let (code, said) = within_memory(500_000, &["node", "pi", "--orders", &most]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("books of 67108863 orders"), "{said}");
    assert!(said.contains("ulimit -v"), "{said}");
    assert!(said.contains("fits, with half as many --levels"), "{said}");
}

#[test]
fn rows_that_find_no_memory_are_named() {
    let market = market();
    let mut mapping = String::new();
    for number in 1..=16_000 {
        writeln!(mapping, "S{number}|S{number}|{number}|P|Q|C|100|4|13|||").unwrap();
    }
    let file = market.path().join("many.txt");
    fs::write(&file, mapping).unwrap();
    let market = market.path().to_str().unwrap();
    let arguments = ["replay", market, "--symbols", file.to_str().unwrap()];
    let deep = [&arguments[..], &["--orders", "100", "--depth", "1000"]].concat();
    // The levels take 24 bytes each.
    let (code, said) = within_memory(300_000, &deep);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("no memory for 1000 levels of 16000 symbols"),
        "{said}"
    );
}

#[test]
fn a_speed_that_cannot_be_is_told_what_it_must_be() {
    for speed in ["0", "0.0001", "18446744073709552", "1e3", "nan", ""] {
        for command in [&["demo"][..], &["node", "controller", "/tmp"]] {
            let run = oxberry([command, &["--speed", speed]].concat());
            assert_eq!(run.code, Some(2), "{command:?} {speed}: {}", run.stderr);
            assert!(
                run.stderr.contains("18446744073709551 with"),
                "{}",
                run.stderr
            );
        }
    }
}
