//! Channel files and captures: what they hold, where, and how they end.

use std::io::{self, Read};

use super::*;
use crate::merge::Merge;

const MILLISECOND: u8 = 3;

#[test]
fn a_channel_file_gives_its_packets_with_their_places() {
    let packets = [packet(1, 5, 14), packet(2, 5, 0), packet(3, 6, 1_384)];
    let mut source = source_over(&packets.concat(), Filter::default());
    let mut offset = 0;
    for packet in &packets {
        assert!(source.advance().unwrap());
        assert_eq!(source.packet().bytes, packet);
        assert_eq!(source.packet().offset, offset);
        offset += packet.len() as u64;
    }
    assert!(!source.advance().unwrap());
}

#[test]
fn a_cut_channel_file_gives_all_whole_packets_and_names_the_place() {
    let whole = [packet(1, 5, 14), packet(2, 5, 40)].concat();
    for length in 31..whole.len() {
        let (packets, end) = drain(&mut source_over(&whole[..length], Filter::default()));
        assert_eq!(packets, [packet(1, 5, 14)]);
        let needed = if length == 31 { 16 } else { 56 };
        assert_eq!(
            fault_of(end),
            (
                30,
                Fault::CutPacket {
                    needed,
                    got: length - 30
                }
            )
        );
    }
}

#[test]
fn an_impossible_packet_size_stops_a_channel_file() {
    for size in [0, 1, 15, 1_401, u16::MAX] {
        let bytes = [
            packet(1, 5, 14),
            size.to_le_bytes().to_vec(),
            vec![0; 2_000],
        ]
        .concat();
        let (packets, end) = drain(&mut source_over(&bytes, Filter::default()));
        assert_eq!(packets.len(), 1);
        assert_eq!(fault_of(end), (30, Fault::PacketSize { size }));
    }
}

#[test]
fn pcap_is_read_in_both_units_and_byte_orders() {
    for order in BOTH {
        for (magic, fraction_ns) in [(0xa1b2_c3d4, 1_000), (0xa1b2_3c4d, 1)] {
            let (first, second) = (packet(1, 5, 14), packet(2, 6, 0));
            let bytes = [
                order.pcap_header(magic),
                order.pcap_record(1_506_694_094, 876_822, &frame(&first, GROUP, 11_076)),
                order.pcap_record(1_506_694_095, 1, &frame(&second, GROUP, 11_077)),
            ]
            .concat();
            let mut source = source_over(&bytes, Filter::default());
            assert!(source.advance().unwrap());
            let found = source.packet();
            assert_eq!(found.bytes, first);
            assert_eq!(found.offset, 24 + 16 + 42);
            assert_eq!(found.group, Some(SocketAddr::new(GROUP.into(), 11_076)));
            let captured = UnixNanos::from_parts(1_506_694_094, 876_822 * fraction_ns);
            assert_eq!(found.captured, Some(captured));
            assert!(source.advance().unwrap());
            assert_eq!(source.packet().bytes, second);
            assert!(!source.advance().unwrap());
        }
    }
}

#[test]
fn pcapng_is_read_with_sections_interfaces_and_time_resolutions() {
    for order in BOTH {
        let first = packet(1, 5, 14);
        let bytes = [
            order.section(),
            order.interface(0, &[(2, b"eth0"), (9, &[MILLISECOND]), (0, &[])]),
            order.interface(0, &[]),
            order.interface(0, &[(9, &[0x80 | 10])]),
            // Name resolution, which is passed over.
            order.block(4, &[1; 40]),
            order.enhanced(0, 5_001, &frame(&first, GROUP, 1)),
            order.enhanced(1, 5_000_001, &frame(&first, GROUP, 1)),
            order.enhanced(2, 5 * 1_024 + 512, &frame(&first, GROUP, 1)),
            // A new section forgets the interfaces and may change the byte order.
            Order { big: !order.big }.section(),
            Order { big: !order.big }.interface(60, &[]),
            Order { big: !order.big }.simple(72, &frame(&first, GROUP, 1)[..60]),
        ]
        .concat();
        let mut source = source_over(&bytes, Filter::default());
        let mut found = Vec::new();
        while source.advance().unwrap() {
            found.push((
                source.packet().bytes.to_vec(),
                source.packet().captured.map(UnixNanos::raw),
            ));
        }
        assert_eq!(
            found,
            [
                (first.clone(), Some(5_001_000_000)),
                (first.clone(), Some(5_000_001_000)),
                (first.clone(), Some(5_500_000_000)),
                (first[..18].to_vec(), None),
            ]
        );
        assert_eq!(source.capture_counters().cut, 1);
    }
}

#[test]
fn captures_cut_anywhere_give_what_was_whole_and_name_the_place() {
    let order = LITTLE;
    let frame = frame(&packet(1, 5, 14), GROUP, 1);
    let pcap = [
        order.pcap_header(MICROSECONDS),
        order.pcap_record(1, 0, &frame),
    ]
    .concat();
    let pcapng = [
        order.section(),
        order.interface(0, &[]),
        order.enhanced(0, 1, &frame),
    ]
    .concat();
    for (whole, blocks) in [(pcap, vec![24]), (pcapng, vec![36, 56])] {
        for length in 4..whole.len() {
            let (packets, end) = drain(&mut source_over(&whole[..length], Filter::default()));
            assert_eq!(packets.len(), 0);
            if blocks.contains(&length) {
                end.unwrap();
                continue;
            }
            let start = blocks.iter().rev().find(|&&start| start < length).copied();
            let place = (start.unwrap_or(0) as u64, Fault::CutCapture);
            assert_eq!(fault_of(end), place, "cut at {length}");
        }
    }
}

#[test]
fn every_flipped_byte_of_a_capture_is_handled() {
    let order = LITTLE;
    let frame = frame(&packet(1, 5, 14), GROUP, 1);
    let pcap = [
        order.pcap_header(MICROSECONDS),
        order.pcap_record(1, 0, &frame),
    ]
    .concat();
    let pcapng = [
        order.section(),
        order.interface(0, &[(9, &[9])]),
        order.enhanced(0, 1, &frame),
    ]
    .concat();
    for whole in [pcap, pcapng] {
        for place in 0..whole.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut damaged = whole.clone();
                damaged[place] ^= flip;
                let (packets, _) = drain(&mut source_over(&damaged, Filter::default()));
                assert!(packets.len() <= 1);
            }
        }
    }
}

#[test]
fn an_unsupported_link_layer_is_named() {
    let mut bytes = Order { big: false }.pcap_header(MICROSECONDS);
    bytes[20] = 105;
    let (_, end) = drain(&mut source_over(&bytes, Filter::default()));
    assert_eq!(fault_of(end), (20, Fault::LinkType { link: 105 }));
}

#[test]
fn a_file_that_is_not_there_or_a_directory_cannot_be_opened() {
    let directory = tempfile::tempdir().unwrap();
    for path in [
        directory.path().join("nowhere.dat"),
        directory.path().to_owned(),
    ] {
        let error = Source::open(&path, Filter::default()).unwrap_err();
        assert!(matches!(error, SourceError::Open { .. }));
        assert!(error.to_string().contains(&path.display().to_string()));
    }
}

#[test]
fn an_open_file_tells_how_much_of_it_was_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("1.dat.gz");
    let bytes = gzip(&packet(1, 5, 14));
    std::fs::write(&path, &bytes).unwrap();
    let mut source = Source::open(&path, Filter::default()).unwrap();
    let progress = source.progress();
    assert_eq!(
        (progress.read(), progress.total()),
        (0, Some(bytes.len() as u64))
    );
    let (packets, end) = drain(&mut source);
    end.unwrap();
    assert_eq!(packets.len(), 1);
    assert_eq!(progress.read(), bytes.len() as u64);
}

/// A pipe whose writer waits until somebody asks: nothing may be read before the first advance.
struct MustNotRead;

impl Read for MustNotRead {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        panic!("read before the first packet was asked for")
    }
}

#[test]
fn nothing_is_read_before_the_first_packet_is_asked_for() {
    let source = Source::from_reader("pipe", MustNotRead, Filter::default());
    assert!(source.packet().bytes.is_empty());
}

#[test]
fn looking_ahead_changes_nothing_of_what_comes() {
    let packets: Vec<Vec<u8>> = (1..6).map(|n| packet(n, n, 14)).collect();
    let bytes = [packets.concat(), vec![1, 0]].concat();
    for looks in 1..8 {
        let mut source = source_over(&bytes, Filter::default());
        let mut seen = Vec::new();
        source.look_ahead(|packet| {
            seen.push(packet.bytes.to_vec());
            if seen.len() == looks {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        assert_eq!(seen, packets[..looks.min(5)]);
        // Whoever looks next sees the same.
        let mut again = Vec::new();
        source.look_ahead(|packet| {
            again.push(packet.bytes.to_vec());
            ControlFlow::Continue(())
        });
        assert_eq!(again, packets);
        let (found, end) = drain(&mut source);
        assert_eq!(found, packets);
        assert_eq!(fault_of(end), (150, Fault::PacketSize { size: 1 }));
    }
}

#[test]
fn looking_ahead_holds_no_more_than_it_may() {
    let packets: Vec<Vec<u8>> = (1..6_000).map(|n| packet(n, n, 1_000)).collect();
    let mut source = source_over(&packets.concat(), Filter::default());
    let mut seen = 0;
    source.look_ahead(|_| {
        seen += 1;
        ControlFlow::Continue(())
    });
    assert!((4_000..4_200).contains(&seen), "{seen}");
    assert_eq!(drain(&mut source).0, packets);
}

#[test]
fn sources_merge_by_send_time_and_a_failed_or_ended_one_holds_nobody_up() {
    let first = [packet(1, 5, 0), packet(2, 9, 0)].concat();
    let second = [packet(11, 1, 0), packet(12, 5, 0), vec![3, 0, 0]].concat();
    let third = [packet(21, 5, 0), packet(22, 4, 0), packet(23, 30, 0)].concat();
    let sources = [first, second, vec![], third]
        .iter()
        .map(|bytes| source_over(bytes, Filter::default()))
        .collect();
    let mut merge = Merge::new(sources);
    let mut order = Vec::new();
    let mut failed = 0;
    loop {
        match merge.advance() {
            Ok(Some(number)) => order.push((number, merge.packet(number).bytes[4])),
            Ok(None) => break,
            Err(error) => {
                assert_eq!(fault_of(Err(error)), (32, Fault::PacketSize { size: 3 }));
                failed += 1;
            }
        }
    }
    // A source whose times run backwards keeps its own order.
    assert_eq!(
        order,
        [(1, 11), (0, 1), (1, 12), (3, 21), (3, 22), (0, 2), (3, 23)]
    );
    assert_eq!(failed, 1);
}
