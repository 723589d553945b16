//! Directories of channel files: which are read, and what is told of the others.

use crate::feed::{ChannelWriter, GOOG};
use crate::{directory, replay, rows};

#[test]
fn a_directory_that_is_missing_or_empty_is_named() {
    let run = replay("/nowhere".as_ref(), &[]);
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr.contains("/nowhere: cannot be opened"),
        "{}",
        run.stderr
    );

    let empty = directory(&[]);
    let run = replay(empty.path(), &[]);
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr.contains("holds no channel file"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains(empty.path().to_str().unwrap()),
        "{}",
        run.stderr
    );
}

#[test]
fn files_of_two_days_in_a_directory_are_refused() {
    let writer = ChannelWriter::start(&[GOOG]);
    let directory = directory(&[
        ("20120621-ARCA_XDP_IBF_1.dat", &writer.bytes),
        ("20120622-ARCA_XDP_IBF_2.dat", &writer.bytes),
    ]);
    let run = replay(directory.path(), &[]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let told = "20120622-ARCA_XDP_IBF_2.dat: are of different days";
    assert!(run.stderr.contains(told), "{}", run.stderr);
}

#[test]
fn files_that_are_not_named_as_those_of_a_directory_are_told_and_not_read() {
    let mut writer = ChannelWriter::start(&[GOOG]);
    writer.bid(GOOG, 1, 7, 50_000);
    for name in ["20120621-ARCA_XDP_IBF_2.dat.xz", "second.pcap"] {
        let directory = directory(&[
            ("20120621-ARCA_XDP_IBF_1.dat", &writer.bytes),
            (name, &writer.bytes),
        ]);
        let run = replay(directory.path(), &[]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let told = format!("{name}: is not read, since it is not named as");
        assert!(run.stderr.contains(&told), "{}", run.stderr);
        assert!(run.stderr.contains("files not read: 1"), "{}", run.stderr);
    }
}

#[test]
fn a_missing_channel_is_named_and_the_others_are_replayed() {
    let mut writer = ChannelWriter::start(&[GOOG]);
    writer.bid(GOOG, 1, 7, 50_000);
    let directory = directory(&[
        ("20120621-ARCA_XDP_IBF_1.dat", &writer.bytes),
        ("20120621-ARCA_XDP_IBF_2.dat", &[]),
        ("20120621-ARCA_XDP_IBF_4.dat", &[]),
    ]);
    let run = replay(directory.path(), &[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(rows(&run).len(), 1);
    assert!(
        run.stderr.contains("there is no file of channel 3"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("missing channels: 1"), "{}", run.stderr);
}
