//! `oxberry replay` on real order flow, on every kind of input, and on faulty ones.
#![cfg(test)]

#[path = "../support/capture.rs"]
mod capture;
#[path = "../support/data.rs"]
mod data;
mod directory;
mod faults;
#[expect(
    dead_code,
    reason = "no channel begins again here, and none is refreshed"
)]
#[path = "../support/feed.rs"]
mod feed;
mod mapping;
mod rows;
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::path::Path;

use feed::{MAPPING, SECOND};
use support::{Run, oxberry};
use tempfile::TempDir;

/// A directory with a mapping file and these files.
fn directory(files: &[(&str, &[u8])]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("ARCASymbolMapping.txt"), MAPPING).unwrap();
    for (name, bytes) in files {
        fs::write(directory.path().join(name), bytes).unwrap();
    }
    directory
}

/// A directory with one channel.
fn channel(bytes: &[u8]) -> TempDir {
    directory(&[("20120621-ARCA_XDP_IBF_1.dat", bytes)])
}

/// Replays a directory in little memory.
fn replay(path: &Path, more: &[&str]) -> Run {
    let mut arguments = vec!["replay", path.to_str().unwrap(), "--orders", "1000"];
    arguments.extend(more);
    oxberry(arguments)
}

/// The rows without the header.
fn rows(run: &Run) -> Vec<&str> {
    run.stdout.lines().skip(1).collect()
}

/// The row of one bid level and nothing else.
fn bid_row(symbol: &str, number: u32, price: u32, size: u32) -> String {
    let time = u64::from(SECOND) * 1_000_000_000 + u64::from(number);
    format!("{symbol},{number},{time},{price},{size},0,0")
}
