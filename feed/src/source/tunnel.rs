//! Tunnels in which switches hand on a copy of the feed.

use etherparse::EtherType;

use super::{
    counters::PassedOver,
    frame::{self, Datagram, Place},
    link,
};

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

/// Finds the datagram behind MPLS labels.
pub(super) fn mpls(place: Place<'_>, mut rest: &[u8]) -> Result<Datagram, PassedOver> {
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
        Some(first) if first >> 4 == 0 => link::ethernet(place, after(rest, CONTROL_WORD)?),
        _ => frame::ip(place, rest),
    }
}

/// Finds the datagram in generic routing encapsulation, as port mirroring uses it.
pub(super) fn gre(place: Place<'_>, packet: &[u8]) -> Result<Datagram, PassedOver> {
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
        TRANSPARENT_ETHERNET => link::ethernet(place, rest),
        ERSPAN if flags & SEQUENCE == 0 => link::ethernet(place, rest),
        ERSPAN => link::ethernet(place, after(rest, ERSPAN_II_HEADER)?),
        ERSPAN_III => erspan_iii(place, rest),
        ethertype => frame::of_type(place, EtherType(ethertype), rest),
    }
}

fn erspan_iii(place: Place<'_>, rest: &[u8]) -> Result<Datagram, PassedOver> {
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
    link::ethernet(place, frame)
}

fn after(rest: &[u8], length: usize) -> Result<&[u8], PassedOver> {
    rest.get(length..).ok_or(PassedOver::CutOff)
}
