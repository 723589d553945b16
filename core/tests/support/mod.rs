//! Where the tests find real data, which is not ours to publish.
#![allow(dead_code, reason = "every test file uses its own part")]
#![allow(clippy::print_stdout, reason = "a test says what it leaves out")]

use std::path::{Path, PathBuf};

use oxberry_core::xdp::PacketRef;

pub(crate) mod fields;

/// The directory of the data set, or `None`, having said that the test is left out.
pub(crate) fn data() -> Option<PathBuf> {
    let directory = std::env::var_os("OXBERRY_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    if !directory.is_dir() {
        println!(
            "left out: there is no {}; set OXBERRY_DATA",
            directory.display()
        );
        return None;
    }
    Some(directory)
}

/// The directory of the decoded vectors, which lies next to the data.
pub(crate) fn vectors() -> Option<PathBuf> {
    let directory = data()?.join("../spec/vectors");
    if !directory.is_dir() {
        println!("left out: there is no {}", directory.display());
        return None;
    }
    Some(directory)
}

/// A gzipped file, unpacked.
pub(crate) fn gunzip(path: &Path) -> Vec<u8> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap())
        .read_to_end(&mut bytes)
        .unwrap();
    bytes
}

/// The packets of a channel file, back to back; panics where one is cut off.
pub(crate) fn dat_packets(mut file: &[u8]) -> impl Iterator<Item = PacketRef<'_>> {
    std::iter::from_fn(move || {
        if file.is_empty() {
            return None;
        }
        let packet = PacketRef::new(file).unwrap();
        assert_eq!(packet.missing(), 0, "the file ends within a packet");
        file = &file[packet.bytes().len()..];
        Some(packet)
    })
}

/// The UDP payloads of a pcap file of Ethernet frames.
pub(crate) fn pcap_payloads(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
    assert!(
        [0xA1B2_C3D4, 0xA1B2_3C4D].contains(&word(0)),
        "not a little-endian pcap file"
    );
    let mut at = 24;
    std::iter::from_fn(move || {
        let captured = (at < file.len()).then(|| word(at + 8) as usize)?;
        let frame = &file[at + 16..at + 16 + captured];
        at += 16 + captured;
        let half = |at: usize| usize::from(u16::from_be_bytes([frame[at], frame[at + 1]]));
        let mut ip = 14;
        while [0x8100, 0x88A8].contains(&half(ip - 2)) {
            ip += 4;
        }
        assert_eq!(half(ip - 2), 0x0800, "not IPv4");
        let udp = ip + usize::from(frame[ip] & 15) * 4;
        Some(&frame[udp + 8..udp + half(udp + 4)])
    })
}
