//! The tables that `oxberry replay` shows, against what is made of the decoded messages by itself.
#![cfg(test)]

#[path = "../support/data.rs"]
mod data;
#[path = "../support/feed.rs"]
mod feed;
mod files;
mod instants;
mod naive;
mod options;
mod samples;
#[path = "../support/mod.rs"]
mod support;
mod tables;

use std::{collections::BTreeMap, fs, path::Path};

use feed::{ChannelWriter, GOOG, MAPPING, MSFT};
use support::{Run, oxberry};
use tempfile::TempDir;

/// The dialects of the real flow.
const DIALECTS: [&str; 2] = ["pillar", "legacy"];

/// A directory with a mapping file and one channel.
fn channel(bytes: &[u8]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("ARCASymbolMapping.txt"), MAPPING).unwrap();
    fs::write(directory.path().join("20120621-ARCA_XDP_IBF_1.dat"), bytes).unwrap();
    directory
}

/// A channel of two symbols in which something happens to both.
fn two_symbols() -> TempDir {
    let mut writer = ChannelWriter::start(&[GOOG, MSFT]);
    writer
        .bid(GOOG, 1, 7, 50_000)
        .bid(MSFT, 1, 8, 40_000)
        .bid(GOOG, 2, 9, 50_100)
        .delete(MSFT, 2, 8);
    channel(&writer.bytes)
}

/// Replays a directory.
fn replay(path: &Path, more: &[&str]) -> Run {
    let mut arguments = vec!["replay", path.to_str().unwrap(), "--orders", "100000"];
    arguments.extend(more);
    oxberry(arguments)
}

/// Rows by the names of their columns.
type Rows = Vec<BTreeMap<String, String>>;

/// The rows of a run in which all is good.
fn rows(path: &Path, more: &[&str]) -> Rows {
    let run = replay(path, more);
    assert_eq!(run.code, Some(0), "{more:?}: {}", run.stderr);
    csv(&run.stdout)
}

fn csv(text: &str) -> Rows {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let rows = lines.map(|line| {
        let values: Vec<&str> = line.split(',').collect();
        assert_eq!(values.len(), header.len(), "{line}");
        let named = header.iter().zip(values);
        named.map(|(name, value)| ((*name).to_owned(), value.to_owned()))
    });
    rows.map(Iterator::collect).collect()
}

/// These columns of a row, one behind the other.
fn picked(row: &BTreeMap<String, String>, names: &[&str]) -> String {
    let values = names.iter().map(|name| row[*name].as_str());
    values.collect::<Vec<_>>().join(",")
}
