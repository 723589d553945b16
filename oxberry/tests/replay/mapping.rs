//! The mapping file: where it is found, and what is told of it.

use std::fs;
use std::process::Command;

use crate::data::data;
use crate::feed::{ChannelWriter, GOOG, MAPPING, MSFT};
use crate::{channel, replay, rows};

#[test]
fn a_bad_mapping_line_is_named_and_the_others_are_used() {
    let mut writer = ChannelWriter::start(&[GOOG]);
    writer.bid(GOOG, 1, 7, 50_000);
    let directory = channel(&writer.bytes);
    let mapping = directory.path().join("ARCASymbolMapping.txt");
    fs::write(
        &mapping,
        format!("nonsense\n{MAPPING}X|X|x|P|Q|C|100|4|13|||\n"),
    )
    .unwrap();
    let run = replay(directory.path(), &[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(rows(&run).len(), 1);
    let place = format!("{}:1: column 1", mapping.display());
    assert!(run.stderr.contains(&place), "{}", run.stderr);
    let place = format!("{}:4: column 2 (SymbolIndex)", mapping.display());
    assert!(run.stderr.contains(&place), "{}", run.stderr);
    assert!(
        run.stderr.contains("bad mapping lines: 2"),
        "{}",
        run.stderr
    );

    fs::write(&mapping, "nonsense\n").unwrap();
    let run = replay(directory.path(), &[]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("holds no symbol"), "{}", run.stderr);
}

#[test]
fn the_mapping_file_is_found_beside_the_channel_files() {
    let mut writer = ChannelWriter::start(&[GOOG]);
    writer.bid(GOOG, 1, 7, 100);
    let directory = channel(&writer.bytes);
    let file = directory.path().join("20120621-ARCA_XDP_IBF_1.dat");
    let copy = directory.path().join("copy");
    fs::copy(&file, &copy).unwrap();
    let whole = replay(directory.path(), &[]);
    for path in [&file, &copy] {
        let run = replay(path, &[]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert_eq!(run.stdout, whole.stdout);
    }
    // Named as one types it in the directory itself.
    let run = Command::new(env!("CARGO_BIN_EXE_oxberry"))
        .args(["replay", "copy", "--orders", "1000"])
        .current_dir(directory.path())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&run.stdout), whole.stdout);
}

#[test]
fn a_symbol_that_the_feed_names_otherwise_is_told_once_with_both_names() {
    let mut writer = ChannelWriter::start(&[GOOG, MSFT]);
    writer.bid(GOOG, 1, 7, 100);
    let directory = channel(&[writer.bytes.clone(), writer.bytes.clone()].concat());
    let run = replay(directory.path(), &["--dialect", "pillar"]);
    assert!(!run.stderr.contains("mapping file"), "{}", run.stderr);

    let renamed = MAPPING
        .replace("GOOG|GOOG", "GOOGL|GOOGL")
        .replace("|100|4|13|||\nMSFT", "|100|6|13|||\nMSFT");
    fs::write(directory.path().join("ARCASymbolMapping.txt"), renamed).unwrap();
    let run = replay(directory.path(), &["--dialect", "pillar"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let told = "symbol index 1753: the mapping file names it GOOGL with 6 decimal places, the feed \
                GOOG with 4";
    assert_eq!(run.stderr.matches(told).count(), 1, "{}", run.stderr);
    let counted = "symbols unlike the mapping file's: 1";
    assert!(run.stderr.contains(counted), "{}", run.stderr);
}

#[test]
fn the_real_feed_contradicts_a_mapping_file_of_another_year() {
    let Some(data) = data() else { return };
    let path = data.join("nyse-imbalances-xdp-v2.1f-2017.pcap.gz");
    let run = replay(&path, &["--digest"]);
    // Nine names and nine scales of the symbols that both have, and no word of the others.
    let counted = "symbols unlike the mapping file's: 18";
    assert!(run.stderr.contains(counted), "{}", run.stderr);
    let flow = data.join("flow/pillar");
    let run = replay(&flow, &["--digest"]);
    assert!(!run.stderr.contains("mapping file"), "{}", run.stderr);
}

#[test]
fn symbols_are_asked_for_where_none_lie_with_the_files() {
    let directory = channel(&ChannelWriter::start(&[GOOG]).bytes);
    fs::remove_file(directory.path().join("ARCASymbolMapping.txt")).unwrap();
    let file = directory.path().join("20120621-ARCA_XDP_IBF_1.dat");
    let run = replay(&file, &[]);
    assert_eq!(run.code, Some(2));
    assert!(
        run.stderr.contains("--symbols FILE is needed"),
        "{}",
        run.stderr
    );
    let run = replay(&file, &["--symbols", "/nowhere.txt"]);
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr
            .contains("/nowhere.txt: the symbols cannot be read"),
        "{}",
        run.stderr
    );
}

#[test]
fn every_symbol_of_the_real_mapping_file_has_a_book() {
    let Some(data) = data() else { return };
    let channel = data.join("flow/pillar/20120621-ARCA_XDP_IBF_2.dat");
    let mapping = data.join("ARCASymbolMapping.txt");
    let run = replay(
        &channel,
        &["--symbols", mapping.to_str().unwrap(), "--digest"],
    );
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stderr.contains("7788 symbols"), "{}", run.stderr);
    assert!(!run.stderr.contains("bad mapping lines"), "{}", run.stderr);
}
