//! Files that are cut, mixed up or something else end with one sentence and leave nothing behind.

use std::fs;

use super::writer::{AAPL, Itch};
use super::{Place, names};

/// A small day with every kind of change.
fn small() -> Itch {
    let mut itch = Itch::day(&[AAPL]);
    itch.add(AAPL, 1, b'B', 300, 1_000_000)
        .executed(AAPL.0, 1, 100)
        .cancel(AAPL.0, 1, 50)
        .replace(AAPL.0, 1, 2, 500, 999_900)
        .delete(AAPL.0, 2)
        .event(b'C');
    itch
}

/// That the import fails with one line, which names the file, the place and these words.
fn refused(bytes: &[u8], offset: usize, words: &str) {
    let place = Place::with(bytes);
    let run = place.import(&[]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    let start = format!("oxberry: {}: at byte {offset}: ", place.file.display());
    assert!(run.stderr.starts_with(&start), "{}", run.stderr);
    assert!(run.stderr.contains(words), "{}", run.stderr);
    assert!(run.stderr.contains("nothing was written"), "{}", run.stderr);
    assert_eq!(names(place.folder.path()), ["01302019.NASDAQ_ITCH50"]);
}

#[test]
fn a_file_that_is_cut_anywhere_says_where_and_leaves_nothing() {
    let itch = small();
    let ends: Vec<_> = itch.starts.iter().copied().skip(1).collect();
    for end in 1..itch.bytes.len() {
        let bytes = &itch.bytes[..end];
        if ends.contains(&end) {
            // Nothing but the end of messages tells that there was more.
            let place = Place::with(bytes);
            let run = place.import(&[]);
            assert_eq!(run.code, Some(0), "{end}: {}", run.stderr);
            let told = format!("ends at byte {end} without the end of messages");
            assert!(run.stderr.contains(&told), "{end}: {}", run.stderr);
            continue;
        }
        let start = itch.starts.iter().rev().find(|&&start| start < end);
        let words = if end < 3 {
            "neither a Nasdaq TotalView-ITCH 5.0 file nor a DBN file"
        } else {
            "ends inside a message"
        };
        refused(bytes, *start.unwrap(), words);
    }
}

#[test]
fn messages_in_another_order_are_told_at_the_first_that_cannot_be() {
    let itch = small();
    for one in 2..itch.starts.len() {
        for other in one + 1..itch.starts.len() {
            let bytes = itch.swapped(one, other);
            let place = Place::with(&bytes);
            let run = place.import(&[]);
            assert_eq!(run.code, Some(1), "{one}, {other}: {}", run.stderr);
            let told = "messages are missing or not in their order";
            assert!(run.stderr.contains(told), "{}", run.stderr);
            assert_eq!(names(place.folder.path()).len(), 1);
        }
    }
}

#[test]
fn orders_that_contradict_each_other_are_told() {
    type Change = fn(&mut Itch);
    let cases: [(Change, &str); 5] = [
        (
            |itch| _ = itch.delete(AAPL.0, 5),
            "order 5 is changed, which is not in the book",
        ),
        (
            |itch| _ = itch.executed(AAPL.0, 1, 301),
            "301 shares leave order 1, which has 300",
        ),
        (
            |itch| _ = itch.add(AAPL, 1, b'S', 1, 1),
            "order 1 joins the book, in which it is already",
        ),
        (
            |itch| _ = itch.add((AAPL.0, "OTHER"), 2, b'B', 1, 1),
            "stock locate 13 is OTHER    here, and was AAPL     before",
        ),
        (|itch| _ = itch.add(AAPL, 2, b'?', 1, 1), "has the side ?"),
    ];
    for (change, words) in cases {
        let mut itch = Itch::day(&[AAPL]);
        change(itch.add(AAPL, 1, b'B', 300, 1_000_000));
        refused(&itch.bytes, *itch.starts.last().unwrap(), words);
    }
}

#[test]
fn a_message_that_is_too_short_is_told_and_a_longer_one_is_read() {
    let mut itch = Itch::day(&[AAPL]);
    let offset = itch.bytes.len();
    itch.message(b'E', AAPL.0, &[b"short"]);
    refused(&itch.bytes, offset, "message E has 16 bytes, not 31");

    let mut itch = Itch::day(&[AAPL]);
    itch.message(b'S', 0, &[b"Q and more"]).event(b'C');
    assert_eq!(Place::with(&itch.bytes).import(&[]).code, Some(0));
}

#[test]
fn files_of_something_else_are_named_by_what_they_look_like() {
    let cases: [(&[u8], &str); 5] = [
        (b"<!DOCTYPE html><html>", "an HTML page"),
        (b"symbol,price,size\nAAPL,1,2\n", "CSV"),
        (b"PK\x03\x04 something", "a zip archive"),
        (b"\x1e\0\x0c\x01\x01\0\0\0", "nothing that is known"),
        (&[0; 64], "zeros"),
    ];
    for (bytes, looks) in cases {
        refused(bytes, 0, &format!("it looks like {looks}"));
    }
    let place = Place::with(b"");
    let run = place.import(&[]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("is empty"), "{}", run.stderr);
}

#[test]
fn what_stood_there_before_stays_when_a_later_import_fails() {
    let itch = small();
    let place = Place::with(&itch.bytes);
    assert_eq!(place.import(&[]).code, Some(0));
    let channel = place.out().join("20190130-ARCA_XDP_IBF_1.dat");
    let before = fs::read(&channel).unwrap();
    fs::write(&place.file, &itch.bytes[..itch.bytes.len() - 1]).unwrap();
    assert_eq!(place.import(&[]).code, Some(1));
    assert_eq!(fs::read(&channel).unwrap(), before);
    assert_eq!(names(&place.out()).len(), 2);
}

#[test]
fn damaged_compression_is_told() {
    let itch = small();
    let mut bytes = zstd::encode_all(&itch.bytes[..], 3).unwrap();
    bytes.truncate(bytes.len() - 4);
    let place = Place::with(&bytes);
    let run = place.import(&[]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stderr.contains("cannot be read"), "{}", run.stderr);
    assert_eq!(names(place.folder.path()).len(), 1);
}
