//! The files of a market: names, mapping, formats, and the same bytes for the same arguments.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use oxberry_core::symbol::MappingLine;
use oxberry_core::units::PriceScale;
use oxberry_core::xdp::{Dialect, PacketRef};
use oxberry_sim::market::{FileFormat, Market, MarketConfig, Written, write_directory};

fn market(dialect: Dialect) -> Market {
    let config = MarketConfig {
        symbols: 40,
        channels: 2,
        messages: Some(20_000),
        dialect,
        seed: 11,
    };
    Market::new(config).unwrap()
}

fn write(dialect: Dialect, directory: &Path, format: FileFormat) -> Written {
    write_directory(&market(dialect), directory, format, &|_| {}).unwrap()
}

/// FNV-1a of 64 bits.
fn digest(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

#[test]
fn the_same_arguments_give_these_bytes_on_every_machine() {
    let golden = [
        (
            Dialect::Legacy,
            "20130515",
            [0x24CE_DAE7_96F1_3D19, 0x013C_F7A0_3613_8DD4],
        ),
        (
            Dialect::Xdp,
            "20180516",
            [0x7039_038E_58CB_B26A, 0x527C_9D60_C5E9_C0F8],
        ),
        (
            Dialect::Pillar,
            "20240515",
            [0xE9A5_019D_526D_364D, 0xD36C_48FC_C817_5BBC],
        ),
    ];
    for (dialect, date, expected) in golden {
        let directory = tempfile::tempdir().unwrap();
        write(dialect, directory.path(), FileFormat::Dat);
        let got = [1, 2].map(|channel| {
            let name = format!("{date}-ARCA_XDP_IBF_{channel}.dat");
            digest(&fs::read(directory.path().join(name)).unwrap())
        });
        assert_eq!(got, expected, "{dialect}: {got:#018x?}");
    }
}

#[test]
fn the_mapping_file_describes_the_symbols_of_the_feed() {
    let directory = tempfile::tempdir().unwrap();
    write(Dialect::Pillar, directory.path(), FileFormat::Dat);
    let mapping = fs::read_to_string(directory.path().join("ARCASymbolMapping.txt")).unwrap();
    let lines: Vec<_> = mapping
        .lines()
        .map(|line| MappingLine::parse(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 40);
    assert!(lines.is_sorted_by(|a, b| a.symbol < b.symbol && a.symbol_index < b.symbol_index));
    assert!(lines.iter().all(|line| {
        [4, 6]
            .map(PriceScale::new)
            .contains(&Some(line.price_scale))
    }));
    for (line, listing) in lines.iter().zip(market(Dialect::Pillar).listings()) {
        assert_eq!(line.symbol, listing.symbol);
        assert_eq!(line.cqs_symbol, listing.cqs_symbol);
        assert_eq!(line.system_id, listing.system);
    }
}

#[test]
fn a_capture_holds_the_same_packets_as_a_raw_file() {
    /// Bytes of the file header, and of the record and protocol headers around each packet.
    const FILE: usize = 24;
    const FRAME: usize = 16 + 14 + 20 + 8;
    let (raw, captured) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let written = write(Dialect::Pillar, raw.path(), FileFormat::Dat);
    write(Dialect::Pillar, captured.path(), FileFormat::Pcap);
    let mut packets = 0;
    for channel in 1..=2 {
        let name = format!("20240515-ARCA_XDP_IBF_{channel}");
        let raw = fs::read(raw.path().join(format!("{name}.dat"))).unwrap();
        let capture = fs::read(captured.path().join(format!("{name}.pcap"))).unwrap();
        let (mut raw, mut frames) = (raw.as_slice(), capture.get(FILE..).unwrap());
        while !raw.is_empty() {
            let header = PacketRef::new(raw).unwrap().header();
            let (packet, rest) = raw.split_at(usize::from(header.pkt_size));
            let (frame, next) = frames.split_at(FRAME + packet.len());
            assert_eq!(frame.get(FRAME..).unwrap(), packet);
            let (seconds, nanoseconds) = header.send_time.to_parts();
            assert_eq!(frame.get(..4).unwrap(), seconds.to_le_bytes());
            assert_eq!(frame.get(4..8).unwrap(), nanoseconds.to_le_bytes());
            (raw, frames) = (rest, next);
            packets += 1;
        }
        assert!(frames.is_empty());
    }
    assert_eq!(packets, written.packets);
}

#[test]
fn the_writer_reports_every_message_it_wrote() {
    let directory = tempfile::tempdir().unwrap();
    let reported = AtomicU64::new(0);
    let written = write_directory(
        &market(Dialect::Legacy),
        &directory.path().join("made/on/the/way"),
        FileFormat::Dat,
        &|messages| {
            reported.fetch_add(messages, Ordering::Relaxed);
        },
    )
    .unwrap();
    assert_eq!(written.messages, 20_000);
    assert_eq!(reported.into_inner(), 20_000);
}

#[test]
fn what_cannot_be_written_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "in the way").unwrap();
    let market = market(Dialect::Pillar);
    let error = write_directory(&market, &file, FileFormat::Dat, &|_| {}).unwrap_err();
    assert!(
        error.to_string().contains(&file.display().to_string()),
        "{error}"
    );

    let endless = Market::new(MarketConfig::default()).unwrap();
    let error = write_directory(&endless, directory.path(), FileFormat::Dat, &|_| {}).unwrap_err();
    assert!(error.to_string().contains("without end"), "{error}");
}
