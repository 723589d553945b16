//! Replays the committed corpus of the fuzz targets, so that what they once found stays mended.
#![expect(clippy::indexing_slicing, reason = "a test may panic")]

mod decode_emit;
mod line_packets;
mod packet_bytes;

use std::fs;
use std::path::Path;

#[test]
fn packet_bytes_of_the_corpus() {
    replay("packet_bytes", packet_bytes::run);
}

#[test]
fn line_packets_of_the_corpus() {
    replay("line_packets", line_packets::run);
}

#[test]
fn decode_emit_of_the_corpus() {
    replay("decode_emit", decode_emit::run);
}

/// Runs the target on every file of its corpus, on everything cut off it, and on every byte changed.
fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/corpus")
        .join(target);
    let mut files = 0;
    for entry in fs::read_dir(&folder).expect("the corpus is committed") {
        let mut bytes = fs::read(entry.expect("an entry").path()).expect("a readable file");
        run(&bytes);
        for length in 0..bytes.len() {
            run(&bytes[..length]);
        }
        for at in 0..bytes.len() {
            for flipped in [0x01, 0x80, 0xFF] {
                bytes[at] ^= flipped;
                run(&bytes);
                bytes[at] ^= flipped;
            }
        }
        files += 1;
    }
    assert!(files > 0, "there is no corpus in {}", folder.display());
}
