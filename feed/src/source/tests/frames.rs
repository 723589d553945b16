//! What is in the frames of captures: read through tags and tunnels, or counted by the reason.

use std::net::{IpAddr, Ipv6Addr};

use super::*;

const PORT: u16 = 11_076;
const FEED: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(224, 0, 59, 76));

fn wanted() -> Vec<u8> {
    packet(1, 5, 14)
}

fn ethernet(head: &[u8], rest: &[u8]) -> Vec<u8> {
    [&[2; 12][..], head, rest].concat()
}

/// An IP packet with `options` words of options around what `protocol` names.
fn ipv4(protocol: u8, fragment: u16, options: u8, content: &[u8]) -> Vec<u8> {
    let start = 20 + 4 * u16::from(options);
    let length = start + u16::try_from(content.len()).unwrap();
    let mut bytes = vec![0x45 + options, 0];
    bytes.extend(length.to_be_bytes());
    bytes.extend([0, 0]);
    bytes.extend(fragment.to_be_bytes());
    bytes.extend([64, protocol, 0, 0, 10, 0, 0, 1]);
    bytes.extend(GROUP);
    bytes.resize(usize::from(start), 1);
    bytes.extend(content);
    bytes
}

fn udp(payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + payload.len()).unwrap();
    let mut bytes = vec![0x80, 0];
    bytes.extend(PORT.to_be_bytes());
    bytes.extend(length.to_be_bytes());
    bytes.extend([0, 0]);
    bytes.extend(payload);
    bytes
}

fn datagram() -> Vec<u8> {
    ipv4(17, 0x4000, 0, &udp(&wanted()))
}

/// An IPv6 packet with these headers, by the numbers that name them, before the datagram.
fn ipv6(next: u8, extensions: &[u8]) -> Vec<u8> {
    let content = [extensions, &udp(&wanted())].concat();
    let mut bytes = vec![0x60, 0, 0, 0];
    bytes.extend(u16::try_from(content.len()).unwrap().to_be_bytes());
    bytes.extend([next, 64]);
    bytes.extend([0xfe; 16]);
    bytes.extend([0xff; 16]);
    bytes.extend(content);
    bytes
}

/// A capture of these frames.
fn capture(link: u32, frames: &[Vec<u8>]) -> Source {
    let mut bytes = LITTLE.pcap_header_of(MICROSECONDS, link);
    for frame in frames {
        bytes.extend(LITTLE.pcap_record(1, 0, frame));
    }
    source_over(&bytes, Filter::default())
}

/// What becomes of a single frame: its packet and group, or the counts.
fn fate(link: u32, frame: &[u8]) -> Result<(Vec<u8>, SocketAddr), CaptureCounters> {
    let mut source = capture(link, &[frame.to_vec()]);
    if source.advance().unwrap() {
        let found = source.packet();
        return Ok((found.bytes.to_vec(), found.group.unwrap()));
    }
    assert_eq!(source.capture_counters().frames, 1);
    Err(source.capture_counters().clone())
}

#[track_caller]
fn is_read(link: u32, frame: &[u8]) {
    assert_eq!(
        fate(link, frame),
        Ok((wanted(), SocketAddr::new(FEED, PORT)))
    );
}

#[track_caller]
fn is_passed_over(link: u32, frame: &[u8], reason: PassedOver) {
    let counters = fate(link, frame).unwrap_err();
    assert_eq!(counters.passed_over(reason), 1, "{counters}");
    assert_eq!(counters.other_traffic(), 0, "{counters}");
}

#[test]
fn the_packet_is_found_behind_every_link_layer() {
    let ip = datagram();
    let cooked = |hardware: u8| [&[0, 0, 3, hardware][..], &[0; 10], &[8, 0]].concat();
    let cases = [
        (1, ethernet(&[8, 0], &ip)),
        (12, ip.clone()),
        (101, ip.clone()),
        (228, ip.clone()),
        // From an Ethernet card, and from the loopback.
        (113, [cooked(1), ip.clone()].concat()),
        (113, [cooked(4), ip.clone()].concat()),
        (276, [&[8, 0][..], &[0; 18], &ip].concat()),
        (0, [&[2, 0, 0, 0][..], &ip].concat()),
        (108, [&[0, 0, 0, 2][..], &ip].concat()),
    ];
    for (link, mut frame) in cases {
        is_read(link, &frame);
        // Padding up to Ethernet's least frame is not payload.
        frame.extend([0; 9]);
        is_read(link, &frame);
    }
    is_read(1, &ethernet(&[8, 0], &ipv4(17, 0, 3, &udp(&wanted()))));
}

#[test]
fn the_packet_is_found_behind_every_tag_of_a_switch() {
    let ip = datagram();
    for tags in [
        &[0x81, 0, 0, 141][..],
        &[0x88, 0xa8, 0, 7, 0x81, 0, 0, 141],
        &[0x91, 0, 0, 1, 0x81, 0, 0, 2],
        &[0x92, 0, 0, 1, 0x81, 0, 0, 2, 0x81, 0, 0, 3],
    ] {
        let head = [tags, &[8, 0]].concat();
        is_read(1, &ethernet(&head, &ip));
        is_read(113, &[&[0; 14][..], &head, &ip].concat());
        // The type comes before the addresses in the newer cooked frames, the rest of the tag after.
        let (first, rest) = head.split_first_chunk::<2>().unwrap();
        is_read(276, &[&first[..], &[0; 18], rest, &ip].concat());
    }
}

#[test]
fn the_packet_is_found_in_the_tunnels_of_port_mirrors() {
    let ip = datagram();
    let mirrored = ethernet(&[8, 0], &ip);
    let gre = |head: &[u8], rest: &[u8]| ethernet(&[8, 0], &ipv4(47, 0, 0, &[head, rest].concat()));
    for frame in [
        gre(&[0, 0, 8, 0], &ip),
        // With checksum, key and number.
        gre(&[0xb0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1], &ip),
        gre(&[0, 0, 0x65, 0x58], &mirrored),
        gre(&[0, 0, 0x88, 0xbe], &mirrored),
        gre(
            &[&[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1][..], &[0x10; 8]].concat(),
            &mirrored,
        ),
        gre(
            &[&[0x10, 0, 0x22, 0xeb, 0, 0, 0, 1][..], &[0; 12]].concat(),
            &mirrored,
        ),
        gre(
            &[
                &[0x10, 0, 0x22, 0xeb, 0, 0, 0, 1][..],
                &[0; 11],
                &[1],
                &[0; 8],
            ]
            .concat(),
            &mirrored,
        ),
        ethernet(&[8, 0], &ipv4(4, 0, 0, &ip)),
        ethernet(&[0x88, 0x47, 0, 1, 0, 0x40, 0, 2, 1, 0x40], &ip),
        ethernet(&[0x88, 0x47, 0, 1, 1, 0x40, 0, 0, 0, 0], &mirrored),
    ] {
        is_read(1, &frame);
    }
    is_passed_over(1, &gre(&[0, 1, 8, 0], &ip), PassedOver::Tunnel);
    is_passed_over(1, &gre(&[0x40, 0, 8, 0], &ip), PassedOver::Tunnel);
    let mut deep = ip;
    for _ in 0..40 {
        deep = ipv4(4, 0, 0, &deep);
    }
    is_passed_over(101, &deep, PassedOver::Tunnel);
}

#[test]
fn the_packet_is_found_in_the_tunnels_of_clouds() {
    let mirrored = ethernet(&[8, 0], &datagram());
    let tunnel = |port: u16, head: &[u8]| {
        let mut datagram = udp(&[head, &mirrored].concat());
        datagram[2..4].copy_from_slice(&port.to_be_bytes());
        ethernet(&[8, 0], &ipv4(17, 0, 0, &datagram))
    };
    let vxlan = [8, 0, 0, 0, 0, 0, 7, 0];
    let geneve = [0, 0, 0x65, 0x58, 0, 0, 7, 0];
    let with_options = [&[2, 0, 0x65, 0x58, 0, 0, 7, 0][..], &[1; 8]].concat();
    for frame in [
        tunnel(4_789, &vxlan),
        tunnel(8_472, &vxlan),
        tunnel(6_081, &geneve),
        tunnel(6_081, &with_options),
        tunnel(4_789, &[&vxlan[..], &tunnel(6_081, &geneve), &[]].concat()),
    ] {
        is_read(1, &frame);
    }
    // The feed may be sent to such a port, and something else as well.
    let mut plain = udp(&wanted());
    plain[2..4].copy_from_slice(&4_789_u16.to_be_bytes());
    let to_port = fate(1, &ethernet(&[8, 0], &ipv4(17, 0, 0, &plain)));
    assert_eq!(to_port.unwrap().0, wanted());
    for (port, head) in [(4_789, &[9, 0, 0, 0, 0, 0, 7, 0]), (6_081, &vxlan)] {
        let counters = fate(1, &tunnel(port, head)).unwrap_err();
        assert_eq!(counters.other_traffic(), 1, "{port}");
    }
}

#[test]
fn a_packet_in_ipv6_is_read_also_behind_extension_headers() {
    let group = SocketAddr::new(Ipv6Addr::from([0xff; 16]).into(), PORT);
    for frame in [
        ethernet(&[0x86, 0xdd], &ipv6(17, &[])),
        ethernet(&[0x86, 0xdd], &ipv6(0, &[17, 0, 1, 4, 0, 0, 0, 0])),
    ] {
        assert_eq!(fate(1, &frame), Ok((wanted(), group)));
    }
    let fragment = ipv6(44, &[17, 0, 0, 1, 0, 0, 0, 9]);
    is_passed_over(101, &fragment, PassedOver::Fragment);
}

#[test]
fn a_length_that_the_card_has_yet_to_fill_in_means_all_that_is_there() {
    let mut no_udp = datagram();
    no_udp[24..26].fill(0);
    is_read(101, &no_udp);
    let mut none = no_udp;
    none[2..4].fill(0);
    is_read(101, &none);
}

#[test]
fn frames_that_hold_no_datagram_are_counted_by_the_reason() {
    let udp = udp(&wanted());
    let cases = [
        (ipv4(17, 0x2000, 0, &udp), PassedOver::Fragment),
        (ipv4(17, 0x0010, 0, &udp), PassedOver::Fragment),
        (ipv4(6, 0, 0, &udp), PassedOver::NotUdp { protocol: 6 }),
        (ipv4(17, 0, 0, &udp[..7]), PassedOver::CutOff),
        (vec![0x44; 40], PassedOver::Damaged),
        (vec![0x70; 40], PassedOver::Damaged),
        (vec![], PassedOver::CutOff),
    ];
    for (frame, reason) in cases {
        is_passed_over(101, &frame, reason);
    }
    let ethertype = 0x0806;
    let arp = ethernet(&[8, 6], &[0; 28]);
    is_passed_over(1, &arp, PassedOver::NotIp { ethertype });
    // Spanning tree says a length, and others say others.
    for length in [38_u16, 39, 1_500] {
        let frame = ethernet(&length.to_be_bytes(), &[0x42; 40]);
        is_passed_over(1, &frame, PassedOver::WithoutType);
    }
    is_passed_over(1, &[0; 13], PassedOver::CutOff);
}

#[test]
fn a_frame_cut_anywhere_gives_the_part_of_the_packet_that_is_there() {
    let whole = ethernet(&[8, 0], &datagram());
    for length in 0..=whole.len() {
        let mut record = LITTLE.pcap_record(1, 0, &whole[..length]);
        record[12..16].copy_from_slice(&u32::try_from(whole.len()).unwrap().to_le_bytes());
        let bytes = [LITTLE.pcap_header(MICROSECONDS), record].concat();
        let mut source = source_over(&bytes, Filter::default());
        let (packets, end) = drain(&mut source);
        end.unwrap();
        let counters = source.capture_counters();
        // Before its own length it could be anything.
        if length < 44 {
            assert_eq!(packets.len(), 0);
            assert_eq!(counters.passed_over(PassedOver::CutOff), 1, "{counters}");
            continue;
        }
        assert_eq!(packets, [&whole[42..length]]);
        assert_eq!(counters.cut, u64::from(length < whole.len()));
    }
}

#[test]
fn traffic_that_cannot_be_the_feed_is_counted_by_group_and_port() {
    let time = [&[0x00, 0x02, 0x00, 0x2c][..], &[0; 40]].concat();
    let name = [&[0x12, 0x34, 1, 0, 0, 1][..], &[0; 23]].concat();
    let as_small = [&[16, 0, 1, 0, 0, 1][..], &[0; 23]].concat();
    let good = frame(&packet(1, 5, 14), GROUP, 1);
    let mut source = capture(
        1,
        &[
            good.clone(),
            frame(&time, [224, 0, 1, 129], 319),
            frame(&name, [10, 0, 0, 2], 53),
            frame(&as_small, [10, 0, 0, 2], 53),
            frame(&[], [10, 0, 0, 2], 53),
            good,
        ],
    );
    let (packets, end) = drain(&mut source);
    end.unwrap();
    assert_eq!(packets.len(), 2);
    let counters = source.capture_counters();
    assert_eq!(counters.other_traffic(), 4);
    assert_eq!(
        counters.to_string(),
        "6 frames, 2 of them read; other traffic, which cannot be packets of the feed: 4 (to \
         10.0.0.2:53 3, to 224.0.1.129:319 1)"
    );
}

#[test]
fn bytes_behind_a_packet_in_its_datagram_are_told() {
    let longer = [packet(1, 5, 14), vec![7; 5]].concat();
    let mut source = capture(1, &[frame(&longer, GROUP, 1), frame(&longer, GROUP, 1)]);
    let (packets, end) = drain(&mut source);
    end.unwrap();
    assert_eq!(packets.len(), 2);
    let counters = source.capture_counters();
    assert!(!counters.is_all_read());
    assert_eq!((counters.short, counters.bytes_behind), (2, 10));
}

#[test]
fn frames_that_are_no_whole_datagrams_are_counted() {
    let good = frame(&packet(1, 5, 14), GROUP, 1);
    let mut fragment = good.clone();
    fragment[20] = 0x20;
    let mut cut = LITTLE.pcap_record(1, 0, &good[..good.len() - 10]);
    cut[12..16].copy_from_slice(&u32::try_from(good.len()).unwrap().to_le_bytes());
    let bytes = [
        LITTLE.pcap_header(MICROSECONDS),
        LITTLE.pcap_record(1, 0, &fragment),
        LITTLE.pcap_record(1, 0, &[0xff; 60]),
        cut,
        LITTLE.pcap_record(1, 0, &good),
    ]
    .concat();
    let mut source = source_over(&bytes, Filter::default());
    let (packets, end) = drain(&mut source);
    end.unwrap();
    assert_eq!(packets, [packet(1, 5, 14)[..20].to_vec(), packet(1, 5, 14)]);
    assert_eq!(
        source.capture_counters().to_string(),
        "4 frames, 2 of them read; of these cut off by the capture: 1; passed over: fragments: 1, \
         not IP (EtherType 0xffff): 1"
    );
}

#[test]
fn groups_and_ports_are_told_apart_and_filtered() {
    let flows = [
        ([224, 0, 59, 76], 1),
        ([224, 0, 59, 77], 1),
        ([224, 0, 59, 77], 2),
    ];
    let mut bytes = LITTLE.pcap_header(MICROSECONDS);
    for (number, (group, port)) in (1..).zip(flows) {
        bytes.extend(LITTLE.pcap_record(1, 0, &frame(&packet(number, 1, 0), group, port)));
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
        let counters = source.capture_counters();
        assert_eq!(counters.frames, 3);
        let filtered = counters.passed_over(PassedOver::Filtered);
        assert_eq!(filtered, 3 - wanted.len() as u64);
        assert_eq!(counters.is_all_read(), filtered == 0);
    }
}

#[test]
fn an_odd_interface_or_block_ends_nothing() {
    for order in BOTH {
        let good = frame(&packet(1, 5, 14), GROUP, 1);
        let mut damaged = order.enhanced(0, 1, &good);
        let longer = order.u32(u32::try_from(good.len() + 100).unwrap());
        damaged[20..24].copy_from_slice(&longer);
        let mut tail = order.enhanced(0, 1, &good);
        let last = tail.len() - 1;
        tail[last] ^= 1;
        tail[last - 3] ^= 1;
        let mut described = order.interface(0, &[(2, b"eth0")]);
        let last = described.len() - 1;
        described[last] ^= 1;
        described[last - 3] ^= 1;
        let bytes = [
            order.section(),
            order.interface(0, &[]),
            order.interface_of(189, 0, &[]),
            described,
            order.interface(0, &[]),
            order.enhanced(0, 1, &good),
            order.enhanced(1, 1, &good),
            order.enhanced(2, 1, &good),
            order.enhanced(3, 1, &good),
            order.enhanced(4, 1, &good),
            damaged,
            tail,
            order.enhanced(0, 1, &vec![0; 300_000]),
            // A block without frames that is longer than any window.
            order.block(4, &vec![0; 600_000]),
            order.block(2, &[0; 80]),
            order.enhanced(0, 1, &good),
        ]
        .concat();
        let mut source = source_over(&bytes, Filter::default());
        let (packets, end) = drain(&mut source);
        end.unwrap();
        assert_eq!(packets.len(), 3);
        assert_eq!(
            source.capture_counters().to_string(),
            "10 frames, 3 of them read; passed over: link type 189: 1, of an interface \
             that is not described: 2, damaged: 2, longer than 262208 bytes: 1, in packet blocks \
             of before 2008: 1"
        );
    }
}

#[test]
fn counts_by_reason_and_group_need_no_more_memory_the_more_there_are() {
    let mut counters = CaptureCounters::default();
    for ethertype in 2_000..4_000 {
        counters.pass_over(PassedOver::NotIp { ethertype });
        counters.pass_over_traffic(SocketAddr::new(FEED, ethertype));
    }
    assert_eq!(counters.frames, 4_000);
    assert_eq!(counters.other_traffic(), 2_000);
    assert!(counters.passed_over(PassedOver::Other) > 1_900);
    assert!(counters.to_string().len() < 4_000, "{counters}");
}
