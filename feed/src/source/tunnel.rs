//! Tunnels in which switches hand on a copy of the feed.

use etherparse::EtherType;

use super::counters::PassedOver;

/// What a tunnel holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Inside<'a> {
    /// An Ethernet frame.
    Ethernet(&'a [u8]),
    /// An IP packet.
    Ip(&'a [u8]),
    /// What this type names.
    OfType(EtherType, &'a [u8]),
}

/// An MPLS label with its bits.
const LABEL: usize = 4;
/// Set in the last label.
const BOTTOM_OF_STACK: u8 = 1;
/// What may stand between the labels and an Ethernet frame.
const CONTROL_WORD: usize = 4;

const GRE_HEADER: usize = 4;
/// Optional fields of GRE, four bytes each, by the bits that announce them.
const CHECKSUM: u16 = 0x8000;
const KEY: u16 = 0x2000;
const SEQUENCE: u16 = 0x1000;
/// Bits of fields and versions that are not understood: routing, and other versions than 0.
const NOT_UNDERSTOOD: u16 = 0x4007;

const TRANSPARENT_ETHERNET: u16 = 0x6558;
/// Types I and II, which only the sequence number tells apart.
const ERSPAN: u16 = 0x88be;
const ERSPAN_II_HEADER: usize = 8;
const ERSPAN_III: u16 = 0x22eb;
const ERSPAN_III_HEADER: usize = 12;
/// In its last byte: a further header follows.
const PLATFORM_HEADER_FOLLOWS: u8 = 1;
const PLATFORM_HEADER: usize = 8;
/// In the byte before: what kind of frame it holds; Ethernet is 0.
const FRAME_TYPE: u8 = 0x7c;

/// UDP ports of VXLAN, by the standard and as Linux chose it before, and of GENEVE.
const VXLAN_PORTS: [u16; 2] = [4_789, 8_472];
const GENEVE_PORT: u16 = 6_081;
/// Both have a header of this length.
const OVERLAY_HEADER: usize = 8;
/// How the header of VXLAN begins: the bit that a network is named, and what must be zero.
const VXLAN: [u8; 4] = [8, 0, 0, 0];
/// In the first byte of GENEVE: how many times four bytes of options follow. The rest is the version, 0.
const GENEVE_OPTIONS: u8 = 0x3f;

/// What is inside a datagram in which clouds mirror traffic; `None` for any other. No packet of the feed
/// begins as such a header does.
#[cold]
pub(super) fn overlay(port: u16, payload: &[u8]) -> Option<Result<Inside<'_>, PassedOver>> {
    let (header, rest) = payload.split_first_chunk::<OVERLAY_HEADER>()?;
    let [first, _, a, b, ..] = *header;
    let options = if VXLAN_PORTS.contains(&port) && header.starts_with(&VXLAN) {
        0
    } else if port == GENEVE_PORT
        && first <= GENEVE_OPTIONS
        && [a, b] == TRANSPARENT_ETHERNET.to_be_bytes()
    {
        4 * usize::from(first)
    } else {
        return None;
    };
    Some(after(rest, options).map(Inside::Ethernet))
}

/// Whether a port is one of those.
#[inline]
pub(super) fn is_of_overlay(port: u16) -> bool {
    port == GENEVE_PORT || VXLAN_PORTS.contains(&port)
}

/// What is behind MPLS labels.
pub(super) fn mpls(mut rest: &[u8]) -> Result<Inside<'_>, PassedOver> {
    loop {
        let (label, behind) = rest
            .split_first_chunk::<LABEL>()
            .ok_or(PassedOver::CutOff)?;
        rest = behind;
        let [_, _, bits, _] = label;
        if bits & BOTTOM_OF_STACK != 0 {
            break;
        }
    }
    // Nothing names what follows, but the version of IP is not 0, and a control word begins so.
    match rest.first() {
        Some(first) if first >> 4 == 0 => after(rest, CONTROL_WORD).map(Inside::Ethernet),
        _ => Ok(Inside::Ip(rest)),
    }
}

/// What is in generic routing encapsulation, as port mirroring uses it.
pub(super) fn gre(packet: &[u8]) -> Result<Inside<'_>, PassedOver> {
    let &[a, b, c, d] = packet
        .first_chunk::<GRE_HEADER>()
        .ok_or(PassedOver::CutOff)?;
    let (flags, protocol) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    if flags & NOT_UNDERSTOOD != 0 {
        return Err(PassedOver::Tunnel);
    }
    let options = [CHECKSUM, KEY, SEQUENCE]
        .iter()
        .filter(|field| flags & **field != 0)
        .count();
    let rest = after(packet, GRE_HEADER + 4 * options)?;
    match protocol {
        TRANSPARENT_ETHERNET => Ok(Inside::Ethernet(rest)),
        ERSPAN if flags & SEQUENCE == 0 => Ok(Inside::Ethernet(rest)),
        ERSPAN => after(rest, ERSPAN_II_HEADER).map(Inside::Ethernet),
        ERSPAN_III => erspan_iii(rest).map(Inside::Ethernet),
        ethertype => Ok(Inside::OfType(EtherType(ethertype), rest)),
    }
}

fn erspan_iii(rest: &[u8]) -> Result<&[u8], PassedOver> {
    let (header, mut frame) = rest
        .split_first_chunk::<ERSPAN_III_HEADER>()
        .ok_or(PassedOver::CutOff)?;
    let [.., kind, bits] = header;
    if kind & FRAME_TYPE != 0 {
        return Err(PassedOver::Tunnel);
    }
    if bits & PLATFORM_HEADER_FOLLOWS != 0 {
        frame = after(frame, PLATFORM_HEADER)?;
    }
    Ok(frame)
}

fn after(rest: &[u8], length: usize) -> Result<&[u8], PassedOver> {
    rest.get(length..).ok_or(PassedOver::CutOff)
}
