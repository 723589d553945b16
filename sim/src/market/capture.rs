//! Packets as in a capture of the multicast: each behind Ethernet, IPv4 and UDP headers.

use oxberry_core::units::{ChannelId, UnixNanos};

/// The start of a pcap file: nanosecond times, version 2.4, frames of up to 65,535 bytes, Ethernet.
pub(super) const FILE_HEADER: [u8; 24] = [
    0x4D, 0x3C, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 1, 0, 0, 0,
];

/// Bytes of the pcap record header and of the headers of the three protocols.
const RECORD: usize = 16;
const ETHERNET: u16 = 14;
const IPV4: u16 = 20;
const UDP: u16 = 8;
const FRAME: usize = RECORD + (ETHERNET + IPV4 + UDP) as usize;

/// Where channel 1 of Arca Integrated was seen; the others follow (docs/wire-format.md, 1.4).
const FIRST_GROUP: u32 = u32::from_be_bytes([224, 0, 59, 64]);
const FIRST_PORT: u16 = 11_064;

/// The publisher's addresses: private and locally administered, so nobody's.
const SOURCE_MAC: [u8; 6] = [0x02, 0, 0, 0, 0, 1];
const SOURCE_IP: [u8; 4] = [10, 0, 0, 1];
const SOURCE_PORT: u16 = 40_000;

/// Returns the headers that precede a packet of `size` bytes in the capture.
pub(super) fn frame_header(channel: ChannelId, sent: UnixNanos, size: u16) -> [u8; FRAME] {
    let group = (FIRST_GROUP - 1 + u32::from(channel.raw())).to_be_bytes();
    let port = FIRST_PORT - 1 + u16::from(channel.raw());
    let (seconds, nanoseconds) = sent.to_parts();
    let length = u32::from(ETHERNET + IPV4 + UDP + size);

    let [_, group_1, group_2, group_3] = group;
    let mut ip = [0; IPV4 as usize];
    put(
        &mut ip,
        &[
            &[0x45, 0],
            &(IPV4 + UDP + size).to_be_bytes(),
            // No identification, do not fragment, 64 hops, UDP, checksum to come.
            &[0, 0, 0x40, 0, 64, 17, 0, 0],
            &SOURCE_IP,
            &group,
        ],
    );
    let checksum = internet_checksum(&ip).to_be_bytes();
    if let Some(place) = ip.get_mut(10..12) {
        place.copy_from_slice(&checksum);
    }

    let mut frame = [0; FRAME];
    put(
        &mut frame,
        &[
            &seconds.to_le_bytes(),
            &nanoseconds.to_le_bytes(),
            &length.to_le_bytes(),
            &length.to_le_bytes(),
            // Multicast Ethernet addresses carry the low 23 bits of the group.
            &[0x01, 0x00, 0x5E, group_1 & 0x7F, group_2, group_3],
            &SOURCE_MAC,
            &[0x08, 0x00],
            &ip,
            &SOURCE_PORT.to_be_bytes(),
            &port.to_be_bytes(),
            &(UDP + size).to_be_bytes(),
            // No UDP checksum, as IPv4 allows.
            &[0, 0],
        ],
    );
    frame
}

fn put(mut to: &mut [u8], parts: &[&[u8]]) {
    for part in parts {
        let Some((place, rest)) = to.split_at_mut_checked(part.len()) else {
            unreachable!("the parts add up to the header");
        };
        place.copy_from_slice(part);
        to = rest;
    }
    debug_assert!(to.is_empty(), "the parts add up to the header");
}

/// The ones' complement of the ones' complement sum of all 16-bit words.
fn internet_checksum(header: &[u8]) -> u16 {
    let (words, _) = header.as_chunks::<2>();
    let mut sum: u32 = words
        .iter()
        .map(|word| u32::from(u16::from_be_bytes(*word)))
        .sum();
    while sum > 0xFFFF {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_goes_to_the_group_and_port_of_its_channel() {
        let frame = frame_header(ChannelId::from_raw(2), UnixNanos::from_parts(7, 9), 100);
        let expected = [
            &[7, 0, 0, 0, 9, 0, 0, 0, 142, 0, 0, 0, 142, 0, 0, 0][..],
            &[0x01, 0x00, 0x5E, 0, 59, 65, 0x02, 0, 0, 0, 0, 1, 0x08, 0x00],
            &[
                0x45, 0, 0, 128, 0, 0, 0x40, 0, 64, 17, 0x15, 0x2B, 10, 0, 0, 1, 224, 0, 59, 65,
            ],
            &[0x9C, 0x40, 0x2B, 0x39, 0, 108, 0, 0],
        ]
        .concat();
        assert_eq!(frame[..24], expected[..24]);
        assert_eq!(frame[..], expected[..]);
        // A right header sums to nothing.
        assert_eq!(internet_checksum(&frame[30..50]), 0);
    }
}
