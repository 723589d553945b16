//! `oxberry generate`, and that what it makes up is consistent.
#![cfg(test)]

mod support;

use std::{collections::BTreeMap, fs, path::Path};

use support::{Run, oxberry};

fn generate(directory: &Path, more: &[&str]) -> Run {
    let mut arguments = vec!["generate", "--out", directory.to_str().unwrap()];
    arguments.extend(["--symbols", "12", "--messages", "20000"]);
    arguments.extend(more);
    oxberry(arguments)
}

/// The files by name.
fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    directory
        .read_dir()
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            (
                entry.file_name().into_string().unwrap(),
                fs::read(entry.path()).unwrap(),
            )
        })
        .collect()
}

#[test]
fn the_same_arguments_give_the_same_bytes_and_another_seed_gives_others() {
    let directories = [(); 3].map(|()| tempfile::tempdir().unwrap());
    for (directory, seed) in directories.iter().zip(["5", "5", "6"]) {
        let run = generate(directory.path(), &["--seed", seed]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert!(run.stderr.contains("20000 messages"), "{}", run.stderr);
    }
    let [first, same, other] = directories
        .each_ref()
        .map(|directory| files(directory.path()));
    assert_eq!(first.len(), 5);
    assert!(first.contains_key("ARCASymbolMapping.txt"));
    assert!(first == same);
    assert!(first != other);
}

#[test]
fn a_generated_market_replays_without_a_finding_in_both_formats() {
    for dialect in ["xdp", "pillar"] {
        let mut digests = Vec::new();
        for format in ["dat", "pcap"] {
            let directory = tempfile::tempdir().unwrap();
            let run = generate(
                directory.path(),
                &["--dialect", dialect, "--format", format],
            );
            assert_eq!(run.code, Some(0), "{}", run.stderr);
            let market = directory.path().to_str().unwrap();
            let run = oxberry(["replay", market, "--digest", "--orders", "20000"]);
            assert_eq!(run.code, Some(0), "{}", run.stderr);
            // Two lines of counts and the digest, and nothing odd.
            assert_eq!(run.stderr.lines().count(), 3, "{}", run.stderr);
            digests.push(run.stdout);
        }
        assert_eq!(digests[0], digests[1], "{dialect}");
    }
}

#[test]
fn channel_files_of_another_market_are_refused_and_neither_lost_nor_mixed() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(generate(directory.path(), &[]).code, Some(0));
    let before = files(directory.path());
    let again = generate(directory.path(), &[]);
    assert_eq!(again.code, Some(0), "the same files: {}", again.stderr);
    let others: [&[&str]; 3] = [
        &["--channels", "2"],
        &["--dialect", "legacy"],
        &["--format", "pcap", "--seed", "2"],
    ];
    for other in others {
        let run = generate(directory.path(), other);
        assert_eq!(run.code, Some(1), "{other:?}");
        assert!(run.stderr.contains("_IBF_"), "{}", run.stderr);
        assert!(files(directory.path()) == before, "{other:?}");
    }
    // More channels are the old ones and others.
    let run = generate(directory.path(), &["--channels", "5"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(files(directory.path()).len(), 6);
}

#[test]
fn a_captured_channel_is_not_taken_for_one_of_the_market() {
    let directory = tempfile::tempdir().unwrap();
    let captured = directory.path().join("20111219-ARCA_XDP_IBF_1.dat.gz");
    fs::write(&captured, "real").unwrap();
    fs::write(directory.path().join("notes.txt"), "of the user").unwrap();
    let run = generate(directory.path(), &[]);
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr.contains("20111219-ARCA_XDP_IBF_1.dat.gz"),
        "{}",
        run.stderr
    );
    assert_eq!(files(directory.path()).len(), 2, "nothing was written");
    fs::remove_file(captured).unwrap();
    assert_eq!(
        generate(directory.path(), &["--format", "pcap"]).code,
        Some(0)
    );
    let run = generate(directory.path(), &["--format", "dat"]);
    assert_eq!(run.code, Some(1), "both would be channel 1");
    assert!(run.stderr.contains(".pcap and 3 more"), "{}", run.stderr);
}

#[test]
fn a_market_that_cannot_be_is_a_usage_error_and_a_place_that_cannot_be_written_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().to_str().unwrap();
    for (symbols, messages) in [
        ("0", "100"),
        ("10", "1"),
        ("ten", "100"),
        ("10", "4294967296"),
        ("10", "18446744073709551615"),
    ] {
        let run = oxberry([
            "generate",
            "--out",
            out,
            "--symbols",
            symbols,
            "--messages",
            messages,
        ]);
        assert_eq!(run.code, Some(2), "{}", run.stderr);
    }
    let file = directory.path().join("file");
    fs::write(&file, []).unwrap();
    let run = generate(&file, &[]);
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr.contains(file.to_str().unwrap()),
        "{}",
        run.stderr
    );
}
