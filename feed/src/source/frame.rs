//! From a captured frame to the UDP payload in it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    ops::Range,
};

const ETHERTYPE_IPV4: u16 = 0x0800;
/// 802.1Q and 802.1ad tags.
const ETHERTYPES_VLAN: [u16; 2] = [0x8100, 0x88a8];
/// A VLAN tag: two bytes of tag, two of the next type.
const VLAN_LENGTH: usize = 4;
const PROTOCOL_UDP: u8 = 17;
const IPV4_LEAST_HEADER: usize = 20;
const UDP_HEADER: usize = 8;

/// How a capture's frames begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LinkLayer {
    Ethernet,
    RawIp,
    LinuxCooked,
    LinuxCooked2,
}

/// What a frame holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// A UDP payload, and to whom it was sent.
    Udp {
        payload: Range<usize>,
        group: SocketAddr,
    },
    /// A part of a fragmented datagram.
    Fragment,
    /// Anything else.
    Other,
}

impl LinkLayer {
    /// From the number that capture files use, or `None` when it is not supported.
    pub(super) fn from_wire(link: u32) -> Option<Self> {
        // The upper bits of a pcap header's field tell of checksums behind the frame.
        match link & 0xffff {
            1 => Some(Self::Ethernet),
            12 | 101 | 228 => Some(Self::RawIp),
            113 => Some(Self::LinuxCooked),
            276 => Some(Self::LinuxCooked2),
            _ => None,
        }
    }

    /// Finds the UDP payload. Its length is that of the UDP header, not of the frame, which may be
    /// padded; a frame that was captured in part gives the part of the payload that is there.
    pub(super) fn content(self, frame: &[u8]) -> Content {
        self.ipv4_start(frame)
            .and_then(|start| ipv4_content(frame, start))
            .unwrap_or(Content::Other)
    }

    fn ipv4_start(self, frame: &[u8]) -> Option<usize> {
        let (mut ethertype_at, fixed_start) = match self {
            Self::RawIp => return Some(0),
            Self::Ethernet => (12, None),
            Self::LinuxCooked => (14, None),
            // The type comes first, the addresses after it.
            Self::LinuxCooked2 => (0, Some(20)),
        };
        let mut ethertype = u16_at(frame, ethertype_at)?;
        if fixed_start.is_none() {
            while ETHERTYPES_VLAN.contains(&ethertype) {
                ethertype_at += VLAN_LENGTH;
                ethertype = u16_at(frame, ethertype_at)?;
            }
        }
        (ethertype == ETHERTYPE_IPV4).then(|| fixed_start.unwrap_or(ethertype_at + 2))
    }
}

/// `None` when it is not IPv4 UDP or the headers are not whole.
fn ipv4_content(frame: &[u8], start: usize) -> Option<Content> {
    let ip = frame.get(start..)?;
    let header: &[u8; IPV4_LEAST_HEADER] = ip.first_chunk()?;
    let [
        version_and_length,
        _,
        _,
        _,
        _,
        _,
        fragment_high,
        fragment_low,
        _,
        protocol,
        ..,
    ] = *header;
    let header_length = usize::from(version_and_length & 0x0f) * 4;
    if version_and_length >> 4 != 4 || header_length < IPV4_LEAST_HEADER || protocol != PROTOCOL_UDP
    {
        return None;
    }
    // More fragments follow, or this one is not the first.
    if u16::from_be_bytes([fragment_high, fragment_low]) & 0x3fff != 0 {
        return Some(Content::Fragment);
    }
    let address: [u8; 4] = *header.last_chunk()?;
    let udp = ip.get(header_length..)?;
    let port = u16_at(udp, 2)?;
    let length = usize::from(u16_at(udp, 4)?).checked_sub(UDP_HEADER)?;
    let there = udp.len().checked_sub(UDP_HEADER)?;
    let payload_start = start + header_length + UDP_HEADER;
    Some(Content::Udp {
        payload: payload_start..payload_start + length.min(there),
        group: SocketAddr::new(Ipv4Addr::from(address).into(), port),
    })
}

/// Network headers are big-endian.
fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes
        .get(at..)?
        .first_chunk()
        .map(|bytes| u16::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    const GROUP: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(224, 0, 59, 76)), 11_076);

    /// IPv4 and UDP around a payload of four bytes, with `options` words of IP options.
    fn datagram(options: u8, fragment: u16, protocol: u8) -> Vec<u8> {
        let mut bytes = vec![0x45 + options, 0, 0, 0, 0, 0];
        bytes.extend(fragment.to_be_bytes());
        bytes.extend([64, protocol, 0, 0, 10, 0, 0, 1, 224, 0, 59, 76]);
        bytes.extend(vec![0; usize::from(options) * 4]);
        bytes.extend([0x80, 0, 0x2b, 0x44, 0, 12, 0, 0, 1, 2, 3, 4]);
        bytes
    }

    fn payload(link: LinkLayer, frame: &[u8]) -> Option<&[u8]> {
        match link.content(frame) {
            Content::Udp { payload, group } => {
                assert_eq!(group, GROUP);
                Some(&frame[payload])
            }
            Content::Fragment | Content::Other => None,
        }
    }

    #[test]
    fn the_payload_is_found_behind_every_link_layer_tag_and_option() {
        let ethernet = |tags: &[u8]| [&[0; 12][..], tags, &[8, 0]].concat();
        let cases = [
            (LinkLayer::Ethernet, ethernet(&[])),
            (LinkLayer::Ethernet, ethernet(&[0x81, 0, 0, 141])),
            (
                LinkLayer::Ethernet,
                ethernet(&[0x88, 0xa8, 0, 7, 0x81, 0, 0, 141]),
            ),
            (LinkLayer::RawIp, vec![]),
            (LinkLayer::LinuxCooked, [&[0; 14][..], &[8, 0]].concat()),
            (LinkLayer::LinuxCooked2, [&[8, 0][..], &[0; 18]].concat()),
        ];
        for (link, head) in cases {
            for options in [0, 3] {
                let mut frame = [head.clone(), datagram(options, 0x4000, 17)].concat();
                assert_eq!(payload(link, &frame), Some(&[1, 2, 3, 4][..]));
                // Padding up to Ethernet's least frame is not payload.
                frame.extend([0; 9]);
                assert_eq!(payload(link, &frame), Some(&[1, 2, 3, 4][..]));
            }
        }
    }

    #[test]
    fn fragments_and_other_protocols_are_told_apart() {
        assert_eq!(
            LinkLayer::RawIp.content(&datagram(0, 0x2000, 17)),
            Content::Fragment
        );
        assert_eq!(
            LinkLayer::RawIp.content(&datagram(0, 0x0010, 17)),
            Content::Fragment
        );
        assert_eq!(LinkLayer::RawIp.content(&datagram(0, 0, 6)), Content::Other);
        assert_eq!(LinkLayer::Ethernet.content(&[0xff; 64]), Content::Other);
    }

    #[test]
    fn a_frame_cut_anywhere_gives_the_part_of_the_payload_that_is_there() {
        let whole = datagram(0, 0, 17);
        for length in 0..whole.len() {
            let expected = length.checked_sub(28).map(|there| &whole[28..28 + there]);
            assert_eq!(payload(LinkLayer::RawIp, &whole[..length]), expected);
        }
    }
}
