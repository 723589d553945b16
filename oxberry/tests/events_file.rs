//! The file of `--events`: it never takes the place of what is read.
#![cfg(test)]

#[path = "support/feed.rs"]
#[expect(dead_code, reason = "orders of one channel suffice here")]
mod feed;
mod support;

use std::{
    fs::{self, File},
    os::unix::fs::symlink,
    process::Command,
};

use feed::{ChannelWriter, GOOG, MAPPING};
use support::oxberry;
use tempfile::TempDir;

const CHANNEL: &str = "20240515-ARCA_XDP_IBF_1.dat";
const SYMBOLS: &str = "ARCASymbolMapping.txt";

/// A day of one channel, with further names of its two files.
struct Captured {
    directory: TempDir,
    channel: Vec<u8>,
}

impl Captured {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = ChannelWriter::start(&[GOOG]);
        writer.bid(GOOG, 1, 7, 50_000);
        let captured = Self {
            directory,
            channel: writer.bytes,
        };
        fs::write(captured.path(CHANNEL), &captured.channel).unwrap();
        fs::write(captured.path(SYMBOLS), MAPPING).unwrap();
        symlink(CHANNEL, captured.path("link")).unwrap();
        fs::hard_link(captured.path(SYMBOLS), captured.path("copy")).unwrap();
        captured
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).to_str().unwrap().into()
    }

    fn is_whole(&self) -> bool {
        fs::read(self.path(CHANNEL)).unwrap() == self.channel
            && fs::read_to_string(self.path(SYMBOLS)).unwrap() == MAPPING
    }
}

#[test]
fn events_that_would_overwrite_what_is_read_are_a_usage_error_and_nothing_is_lost() {
    let captured = Captured::new();
    let directory = captured.path("");
    let (channel, symbols) = (captured.path(CHANNEL), captured.path(SYMBOLS));
    for name in [CHANNEL, SYMBOLS, "link", "copy"] {
        let events = captured.path(name);
        for command in [
            &["replay", &directory][..],
            &["replay", &channel],
            &["replay", &channel, "--symbols", &symbols, "--digest"],
            &["demo", &directory, "--check", "--pis", "1"],
            &["demo", &directory],
        ] {
            let run = oxberry(command.iter().copied().chain(["--events", &events]));
            assert_eq!(run.code, Some(2), "{command:?}: {}", run.stderr);
            let told = format!("--events {events} would overwrite what is read");
            assert!(run.stderr.contains(&told), "{}", run.stderr);
            assert!(captured.is_whole(), "{command:?}");
        }
    }
    // As a shell hands it over.
    let ran = Command::new(env!("CARGO_BIN_EXE_oxberry"))
        .args(["replay", "-", "--symbols", &symbols, "--events", &channel])
        .stdin(File::open(&channel).unwrap())
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(2), "{ran:?}");
    assert!(captured.is_whole());
}

#[test]
fn events_of_another_run_are_written_anew() {
    let captured = Captured::new();
    let events = captured.path("events.csv");
    fs::write(&events, "of yesterday").unwrap();
    let directory = captured.path("");
    let run = oxberry(["replay", &directory, "--digest", "--events", &events]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(run.stdout.lines().count(), 1, "the digest");
    let written = fs::read_to_string(&events).unwrap();
    assert!(written.starts_with("symbol,"), "{written}");
    assert!(captured.is_whole());
}
