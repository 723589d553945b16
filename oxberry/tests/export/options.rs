//! What does not go together is a usage error that names both.

use crate::{replay, two_symbols};

#[test]
fn options_that_do_not_go_together_are_named() {
    let directory = two_symbols();
    for (arguments, named) in [
        ("--what trades --depth 2", ["--what trades", "--depth"]),
        (
            "--what bbo --every-message",
            ["--what bbo", "--every-message"],
        ),
        ("--what orders --every 1s", ["--what orders", "--every"]),
        ("--what trades --at 10:00", ["--what trades", "--at"]),
        ("--what queue", ["--what queue", "--order"]),
        ("--order 7", ["--order", "--what queue"]),
        ("--orders", ["--orders", "--at"]),
        ("--at 10:00 --orders --depth 3", ["--orders", "--depth"]),
        ("--at 10:00 --from 09:00", ["--at", "--from"]),
        ("--at 10:00 --until 09:00", ["--at", "--until"]),
        ("--at 10:00 --every 1s", ["--at", "--every"]),
        ("--at 10:00 --every-message", ["--at", "--every-message"]),
        ("--every 1s --every-message", ["--every", "--every-message"]),
        ("--digest --what bbo", ["--digest", "--what"]),
        ("--digest --symbol GOOG", ["--digest", "--symbol"]),
        ("--digest --out x.csv", ["--digest", "--out"]),
        ("--format dbn --depth 11", ["--format dbn", "--depth"]),
        (
            "--format dbn --prices raw",
            ["--format dbn", "--prices raw"],
        ),
        (
            "--format dbn --what queue --order 7",
            ["--format dbn", "--what queue"],
        ),
        (
            "--format dbn --at 10:00 --orders",
            ["--format dbn", "--orders"],
        ),
        ("--from 10:00 --until 09:00", ["--from", "--until"]),
        ("--out rows.csv --events rows.csv", ["--out", "--events"]),
        ("--out rows.csv --events ./rows.csv", ["--out", "--events"]),
    ] {
        let words: Vec<&str> = arguments.split(' ').collect();
        let run = replay(directory.path(), &words);
        assert_eq!(run.code, Some(2), "{arguments}: {}", run.stderr);
        for name in named {
            assert!(run.stderr.contains(name), "{arguments}: {}", run.stderr);
        }
        assert!(
            run.stdout.lines().count() <= 1,
            "{arguments}: {}",
            run.stdout
        );
    }
}

#[test]
fn an_unknown_symbol_is_named_with_the_nearest_one() {
    let directory = two_symbols();
    for (typed, nearest) in [("GOOH", "GOOG"), ("msft", "MSFT"), ("MSFT.W", "MSFT.Q")] {
        let run = replay(directory.path(), &["--symbol", "GOOG", "--symbol", typed]);
        assert_eq!(run.code, Some(2), "{}", run.stderr);
        let expected = format!("no such symbol; the nearest one is {nearest}\n");
        assert!(run.stderr.contains(&expected), "{}", run.stderr);
        assert!(run.stderr.contains(&format!("--symbol {typed}")));
    }
}

#[test]
fn times_and_durations_say_how_they_are_typed() {
    let directory = two_symbols();
    for (option, value, told) in [
        ("--from", "half past nine", "HH:MM[:SS[.fraction]]"),
        ("--at", "25:00", "2012-06-21T09:30:00-04:00"),
        ("--every", "1", "100ms"),
    ] {
        let run = replay(directory.path(), &[option, value]);
        assert_eq!(run.code, Some(2), "{}", run.stderr);
        assert!(run.stderr.contains(told), "{}", run.stderr);
        assert!(run.stderr.contains(option), "{}", run.stderr);
    }
}

#[test]
fn an_order_that_never_rested_is_told() {
    let directory = two_symbols();
    let run = replay(
        directory.path(),
        &["--what", "queue", "--order", "7", "--order", "70"],
    );
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(
        run.stderr
            .contains("--order 70: no such order was in a book")
    );
    assert!(!run.stderr.contains("--order 7:"), "{}", run.stderr);
}
