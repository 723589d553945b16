//! Both replicas of a partition die, and their books are made out of the files again: the demonstration as
//! a person runs it.
#![cfg(test)]

mod support;

use std::fs::{self, File};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use support::oxberry;
use tempfile::TempDir;

/// A day of some minutes in several channel files.
fn market() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().to_str().unwrap();
    let size = ["--symbols", "24", "--messages", "40000", "--channels", "3"];
    let words = ["generate", "--out", out, "--seed", "5"];
    let made = oxberry(words.into_iter().chain(size));
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    directory
}

/// Compresses all channel files of a directory.
fn compress(directory: &Path) {
    for file in fs::read_dir(directory).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|ext| ext == "dat") {
            let compressed = File::create(path.with_extension("dat.gz")).unwrap();
            let mut encoder = GzEncoder::new(compressed, Compression::fast());
            std::io::copy(&mut File::open(&path).unwrap(), &mut encoder).unwrap();
            encoder.finish().unwrap();
            fs::remove_file(path).unwrap();
        }
    }
}

/// Plays a day of which all replicas die in the midst, and compares what comes out with one process.
fn all_die(day: &Path, pis: &str, faults: &[&str]) {
    let day = day.to_str().unwrap();
    let mut words = vec!["demo", day, "--check", "--speed", "15", "--pis", pis];
    words.extend(faults.iter().flat_map(|fault| ["--fault", fault]));
    let ran = oxberry(words);
    let said = format!("{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(ran.code, Some(0), "{said}");
    assert!(said.contains("the feed is read again"), "{said}");
    assert!(said.contains("all 8 partitions equal the replay"), "{said}");
    // What happened while nobody held the partitions is missing on the page, which says so.
    assert!(
        said.contains("that the page says it has missed, in"),
        "{said}"
    );
}

const BOTH: [&str; 2] = ["kill:pi-1@1.5", "kill:pi-2@2"];

#[test]
fn both_replicas_die_and_the_books_are_made_out_of_the_files() {
    all_die(market().path(), "2", &BOTH);
}

#[test]
fn compressed_files_are_read_again_as_well() {
    let day = market();
    compress(day.path());
    all_die(day.path(), "2", &BOTH);
}
