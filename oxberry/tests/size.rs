//! `oxberry size` says what a node takes and how many Pis a market needs.
#![cfg(test)]

mod support;

use oxberry_core::book::Capacity;
use oxberry_pi::bytes_of_node;
use support::{Run, oxberry};

fn size(arguments: &str) -> Run {
    oxberry(["size"].into_iter().chain(arguments.split_whitespace()))
}

/// The number in front of these words.
fn mebibytes(text: &str, words: &str) -> u64 {
    let line = text.lines().find(|line| line.ends_with(words));
    let number = line.unwrap().split_whitespace().next().unwrap();
    number.parse().unwrap()
}

#[test]
fn what_a_node_takes_is_what_a_node_is_held_to() {
    let run = size("--symbols 16384 --orders 1000000");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let capacity = Capacity {
        symbols: 16_384,
        orders: 1_000_000,
        levels: 500_000,
    };
    let together = bytes_of_node(capacity).div_ceil(1 << 20) as u64;
    assert_eq!(mebibytes(&run.stdout, "together"), together);
    let books = capacity.bytes().div_ceil(1 << 20) as u64;
    assert_eq!(mebibytes(&run.stdout, "books"), books);
}

#[test]
fn every_kind_of_pi_has_a_row_with_what_to_write() {
    let run = size("--symbols 8000 --orders 60000000");
    let rows: Vec<Vec<_>> = (run.stdout.lines())
        .skip_while(|line| !line.trim_start().starts_with("MEMORY"))
        .skip(1)
        .map(|line| line.split_whitespace().collect())
        .take_while(|row: &Vec<_>| !row.is_empty())
        .collect();
    let kinds: Vec<_> = rows.iter().map(|row| row[0]).collect();
    assert_eq!(kinds, ["1", "2", "4", "8", "16"], "{}", run.stdout);
    // Two of the largest hold all of it twice; what one of the smallest is to hold fits it.
    assert_eq!(rows[4][4..7], ["2", "8000", "60000000"], "{}", run.stdout);
    let pis: u64 = rows[0][4].parse().unwrap();
    let (usable, takes): (u64, u64) = (rows[0][2].parse().unwrap(), rows[0][7].parse().unwrap());
    assert!(pis > 20 && takes <= usable, "{}", run.stdout);
    for line in run.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn a_market_that_fits_no_cluster_of_small_pis_is_told() {
    let run = size("--symbols 16384 --orders 4000000000");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    for words in ["more than books can tell apart", "more than 64"] {
        assert!(run.stdout.contains(words), "{words}: {}", run.stdout);
    }
}

#[test]
fn a_unit_limits_a_node_to_what_it_takes_and_a_little_more() {
    let run = size("--symbols 16384 --orders 1000000 --unit");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let setting = |name: &str| {
        let mut lines = run.stdout.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
    };
    let max = setting("MemoryMax").unwrap().strip_suffix('M').unwrap();
    let max: u64 = max.parse().unwrap();
    let takes = mebibytes(&size("--symbols 16384 --orders 1000000").stdout, "together");
    assert!(max > takes && max < takes * 5 / 4, "{max} of {takes}");
    assert_eq!(setting("MemorySwapMax"), Some("0"));
    assert_eq!(setting("LimitMEMLOCK"), Some("infinity"));
    assert!(run.stdout.contains("\n[Service]\n"), "{}", run.stdout);
}

#[test]
fn what_cannot_be_is_a_usage_error() {
    for wrong in [
        "",
        "--symbols 10",
        "--symbols 0 --orders 1",
        "--symbols 16385 --orders 1",
        "--symbols 1 --orders 0",
        "--symbols 1 --orders 1 --replicas 0",
        "--symbols 1 --orders 1 --replicas 2 --unit",
        "--symbols 1 --orders 70000000 --unit",
    ] {
        let run = size(wrong);
        assert_eq!(run.code, Some(2), "{wrong}: {}{}", run.stdout, run.stderr);
        assert_eq!(run.stdout, "", "{wrong}");
    }
}
