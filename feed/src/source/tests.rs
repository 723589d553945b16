//! The formats of a source, from bytes that the tests write themselves.

use std::{
    io::{self, Cursor, Read, Write},
    net::IpAddr,
};

use super::*;
use crate::merge::Merge;

/// A packet of a channel file without messages: header, then `extra` bytes of filling.
fn packet(seq_num: u32, send_time: u32, extra: u16) -> Vec<u8> {
    let mut bytes = (16 + extra).to_le_bytes().to_vec();
    bytes.extend([11, 0]);
    bytes.extend(seq_num.to_le_bytes());
    bytes.extend(send_time.to_le_bytes());
    bytes.extend([0; 4]);
    bytes.resize(usize::from(16 + extra), 0xee);
    bytes
}

/// Ethernet, IPv4 and UDP around a payload.
fn frame(payload: &[u8], group: [u8; 4], port: u16) -> Vec<u8> {
    let mut bytes = vec![0; 12];
    bytes.extend([8, 0, 0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1]);
    bytes.extend(group);
    bytes.extend([0, 1]);
    bytes.extend(port.to_be_bytes());
    bytes.extend(u16::try_from(payload.len() + 8).unwrap().to_be_bytes());
    bytes.extend([0, 0]);
    bytes.extend(payload);
    bytes
}

/// Writes numbers in either byte order.
#[derive(Clone, Copy)]
struct Order {
    big: bool,
}

impl Order {
    fn u16(self, number: u16) -> [u8; 2] {
        if self.big {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        }
    }

    fn u32(self, number: u32) -> [u8; 4] {
        if self.big {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        }
    }

    fn pcap_header(self, magic: u32) -> Vec<u8> {
        let mut bytes = self.u32(magic).to_vec();
        for half in [2, 4] {
            bytes.extend(self.u16(half));
        }
        for word in [0, 0, 65_535, 1] {
            bytes.extend(self.u32(word));
        }
        bytes
    }

    fn pcap_record(self, seconds: u32, fraction: u32, frame: &[u8]) -> Vec<u8> {
        let length = u32::try_from(frame.len()).unwrap();
        let head = [seconds, fraction, length, length];
        let mut bytes: Vec<u8> = head.into_iter().flat_map(|word| self.u32(word)).collect();
        bytes.extend(frame);
        bytes
    }

    fn block(self, kind: u32, body: &[u8]) -> Vec<u8> {
        let padded = body.len().next_multiple_of(4);
        let length = self.u32(u32::try_from(padded + 12).unwrap());
        let mut bytes = [&self.u32(kind)[..], &length, body].concat();
        bytes.resize(8 + padded, 0);
        bytes.extend(length);
        bytes
    }

    fn section(self) -> Vec<u8> {
        let mut body = self.u32(0x1a2b_3c4d).to_vec();
        body.extend(self.u16(1));
        body.extend(self.u16(0));
        body.extend([0xff; 8]);
        // An option of the section, which nobody needs.
        body.extend(self.u16(4));
        body.extend(self.u16(3));
        body.extend(b"box\0");
        self.block(0x0a0d_0d0a, &body)
    }

    fn interface(self, snapshot: u32, options: &[(u16, &[u8])]) -> Vec<u8> {
        let mut body = [&self.u16(1)[..], &[0, 0], &self.u32(snapshot)].concat();
        for (code, value) in options {
            body.extend(self.u16(*code));
            body.extend(self.u16(u16::try_from(value.len()).unwrap()));
            body.extend(*value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        self.block(1, &body)
    }

    fn enhanced(self, interface: u32, ticks: u64, frame: &[u8]) -> Vec<u8> {
        let length = u32::try_from(frame.len()).unwrap();
        let high = u32::try_from(ticks >> 32).unwrap();
        let low = u32::try_from(ticks & 0xffff_ffff).unwrap();
        let head = [interface, high, low, length, length];
        let mut body: Vec<u8> = head.into_iter().flat_map(|word| self.u32(word)).collect();
        body.extend(frame);
        // An option behind the frame.
        body.resize(body.len().next_multiple_of(4), 0);
        body.extend([0; 4]);
        self.block(6, &body)
    }

    fn simple(self, on_the_line: u32, frame: &[u8]) -> Vec<u8> {
        self.block(3, &[&self.u32(on_the_line)[..], frame].concat())
    }
}

const BOTH: [Order; 2] = [Order { big: false }, Order { big: true }];
const GROUP: [u8; 4] = [224, 0, 59, 76];
const MILLISECOND: u8 = 3;

fn source_over(bytes: &[u8], filter: Filter) -> Source {
    Source::from_reader("test", Cursor::new(bytes.to_vec()), filter)
}

/// Every packet, and how the source ended.
fn drain(source: &mut Source) -> (Vec<Vec<u8>>, Result<(), SourceError>) {
    let mut packets = Vec::new();
    loop {
        match source.advance() {
            Ok(true) => packets.push(source.packet().bytes.to_vec()),
            Ok(false) => return (packets, Ok(())),
            Err(error) => return (packets, Err(error)),
        }
    }
}

fn fault_of(result: Result<(), SourceError>) -> (u64, Fault) {
    match result {
        Err(SourceError::Content { offset, fault, .. }) => (offset, fault),
        other => panic!("no fault of the content: {other:?}"),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

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
fn compression_is_undone_whatever_the_name_says_also_in_several_members() {
    let (first, second) = (packet(1, 5, 14), packet(2, 6, 700));
    let inputs = [
        gzip(&[&first[..], &second].concat()),
        [gzip(&first), gzip(&second)].concat(),
        zstd::encode_all(&[&first[..], &second].concat()[..], 3).unwrap(),
        [
            zstd::encode_all(&first[..], 3).unwrap(),
            zstd::encode_all(&second[..], 3).unwrap(),
        ]
        .concat(),
    ];
    for input in inputs {
        let (packets, end) = drain(&mut source_over(&input, Filter::default()));
        end.unwrap();
        assert_eq!(packets, [first.clone(), second.clone()]);
    }
}

#[test]
fn damaged_compression_is_an_error_after_what_was_good() {
    let packets: Vec<Vec<u8>> = (1..2_000).map(|n| packet(n, n, 200)).collect();
    let mut whole = gzip(&packets.concat());
    whole.truncate(whole.len() / 2);
    let (found, end) = drain(&mut source_over(&whole, Filter::default()));
    assert!(found.len() > 100);
    assert!(packets.starts_with(&found));
    let Err(SourceError::Read { offset, .. }) = end else {
        panic!("no read error: {end:?}")
    };
    assert_eq!(offset, found.len() as u64 * 216);
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
fn groups_and_ports_are_told_apart_and_filtered() {
    let order = Order { big: false };
    let flows = [
        ([224, 0, 59, 76], 1),
        ([224, 0, 59, 77], 1),
        ([224, 0, 59, 77], 2),
    ];
    let mut bytes = order.pcap_header(0xa1b2_c3d4);
    for (number, (group, port)) in (1..).zip(flows) {
        bytes.extend(order.pcap_record(1, 0, &frame(&packet(number, 1, 0), group, port)));
    }
    let group = IpAddr::from([224, 0, 59, 77]);
    let cases = [
        (vec![], vec![], vec![1, 2, 3]),
        (vec![group], vec![], vec![2, 3]),
        (vec![group], vec![1], vec![2]),
        (vec![], vec![2, 1], vec![1, 2, 3]),
        (vec![], vec![9], vec![]),
    ];
    for (groups, ports, wanted) in cases {
        let mut source = source_over(&bytes, Filter { groups, ports });
        let (packets, end) = drain(&mut source);
        end.unwrap();
        let numbers: Vec<u8> = packets.iter().map(|packet| packet[4]).collect();
        assert_eq!(numbers, wanted);
        assert_eq!(source.capture_counters().frames, 3);
        assert_eq!(source.capture_counters().filtered, 3 - wanted.len() as u64);
    }
}

#[test]
fn frames_that_are_no_whole_datagrams_are_counted() {
    let order = Order { big: false };
    let good = frame(&packet(1, 5, 14), GROUP, 1);
    let mut fragment = good.clone();
    fragment[20] = 0x20;
    let mut cut = order.pcap_record(1, 0, &good[..good.len() - 10]);
    cut[12..16].copy_from_slice(&u32::try_from(good.len()).unwrap().to_le_bytes());
    let bytes = [
        order.pcap_header(0xa1b2_c3d4),
        order.pcap_record(1, 0, &fragment),
        order.pcap_record(1, 0, &[0xff; 60]),
        cut,
        order.pcap_record(1, 0, &good),
    ]
    .concat();
    let mut source = source_over(&bytes, Filter::default());
    let (packets, end) = drain(&mut source);
    end.unwrap();
    assert_eq!(packets, [packet(1, 5, 14)[..20].to_vec(), packet(1, 5, 14)]);
    let counters = CaptureCounters {
        frames: 4,
        not_udp: 1,
        fragments: 1,
        filtered: 0,
        cut: 1,
    };
    assert_eq!(source.capture_counters(), counters);
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
    let order = Order { big: false };
    let frame = frame(&packet(1, 5, 14), GROUP, 1);
    let pcap = [
        order.pcap_header(0xa1b2_c3d4),
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
    let order = Order { big: false };
    let frame = frame(&packet(1, 5, 14), GROUP, 1);
    let pcap = [
        order.pcap_header(0xa1b2_c3d4),
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
    let mut bytes = Order { big: false }.pcap_header(0xa1b2_c3d4);
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
    let packets: Vec<Vec<u8>> = (1..2_000).map(|n| packet(n, n, 1_000)).collect();
    let mut source = source_over(&packets.concat(), Filter::default());
    let mut seen = 0;
    source.look_ahead(|_| {
        seen += 1;
        ControlFlow::Continue(())
    });
    assert!((1_000..1_100).contains(&seen), "{seen}");
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
