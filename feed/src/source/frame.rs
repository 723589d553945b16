//! From a captured frame to the UDP payload in it.

use std::{
    net::{IpAddr, SocketAddr, SocketAddrV4},
    ops::Range,
};

use etherparse::{
    EtherType, Ethernet2Slice, IpNumber, Ipv4HeaderSlice, LaxIpv6Slice, SingleVlanSlice,
    UdpHeaderSlice, err::ipv4::HeaderSliceError, ether_type, ip_number,
};
use pcap_parser::nom::Offset as _;

use super::{
    counters::PassedOver,
    tunnel::{self, Inside},
};

const UDP_HEADER: usize = 8;

/// Tags that some switches wrote before 802.1ad, beside those that have names.
const OLD_VLANS: [EtherType; 2] = [EtherType(0x9200), EtherType(0x9300)];
const MPLS: [EtherType; 2] = [EtherType(0x8847), EtherType(0x8848)];

/// Up to this, what stands in the place of the EtherType is a length (IEEE 802.3).
const LONGEST_FRAME: u16 = 1_500;

/// Tags and tunnels in each other, so that no frame takes long.
const MOST_LAYERS: u8 = 16;

/// A UDP datagram in a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Datagram {
    /// What was captured of its payload.
    pub(super) payload: Range<usize>,
    /// How long the payload was on the line.
    pub(super) length: usize,
    /// To whom it was sent.
    pub(super) group: SocketAddr,
}

/// Where in a frame the search for the datagram has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    frame: &'a [u8],
    /// Bytes of the frame that were not captured.
    missing: usize,
    layers_left: u8,
}

impl<'a> Place<'a> {
    pub(super) fn new(frame: &'a [u8], missing: usize) -> Self {
        Self {
            frame,
            missing,
            layers_left: MOST_LAYERS,
        }
    }

    /// One layer further in.
    pub(super) fn inside(mut self) -> Result<Self, PassedOver> {
        self.layers_left = self.layers_left.checked_sub(1).ok_or(PassedOver::Tunnel)?;
        Ok(self)
    }
}

/// Finds the datagram in an Ethernet frame, which may have come through a tunnel.
#[inline]
pub(super) fn ethernet(place: Place<'_>, frame: &[u8]) -> Result<Datagram, PassedOver> {
    let frame = Ethernet2Slice::from_slice_without_fcs(frame).map_err(|_| PassedOver::CutOff)?;
    of_type(place, frame.ether_type(), frame.payload_slice())
}

/// Finds the datagram in what a tunnel holds.
fn inside(place: Place<'_>, inside: Inside<'_>) -> Result<Datagram, PassedOver> {
    match inside {
        Inside::Ethernet(frame) => ethernet(place, frame),
        Inside::Ip(packet) => ip(place, packet),
        Inside::OfType(ethertype, rest) => of_type(place, ethertype, rest),
    }
}

/// Finds the datagram in what an EtherType names.
#[inline]
pub(super) fn of_type(
    place: Place<'_>,
    ethertype: EtherType,
    rest: &[u8],
) -> Result<Datagram, PassedOver> {
    if ethertype == ether_type::IPV4 || ethertype == ether_type::IPV6 {
        return ip(place, rest);
    }
    tagged(place.inside()?, ethertype, rest)
}

fn tagged(place: Place<'_>, ethertype: EtherType, rest: &[u8]) -> Result<Datagram, PassedOver> {
    match ethertype {
        ether_type::VLAN_TAGGED_FRAME
        | ether_type::PROVIDER_BRIDGING
        | ether_type::VLAN_DOUBLE_TAGGED_FRAME => {}
        old if OLD_VLANS.contains(&old) => {}
        mpls if MPLS.contains(&mpls) => return inside(place, tunnel::mpls(rest)?),
        EtherType(..=LONGEST_FRAME) => return Err(PassedOver::WithoutType),
        EtherType(ethertype) => return Err(PassedOver::NotIp { ethertype }),
    }
    let tag = SingleVlanSlice::from_slice(rest).map_err(|_| PassedOver::CutOff)?;
    of_type(place, tag.ether_type(), tag.payload_slice())
}

/// Finds the datagram in an IP packet. Its length is that of the headers, not of the frame, which
/// may be padded; headers that name none, as a network card has yet to fill them in, are believed
/// to mean all that is there.
#[inline]
pub(super) fn ip(place: Place<'_>, packet: &[u8]) -> Result<Datagram, PassedOver> {
    match packet.first() {
        Some(first) if first >> 4 == 4 => ipv4(place, packet),
        Some(first) if first >> 4 == 6 => ipv6(place, packet),
        Some(_) => Err(PassedOver::Damaged),
        None => Err(PassedOver::CutOff),
    }
}

#[inline]
fn ipv4(place: Place<'_>, packet: &[u8]) -> Result<Datagram, PassedOver> {
    let header = Ipv4HeaderSlice::from_slice(packet).map_err(|error| match error {
        HeaderSliceError::Len(_) => PassedOver::CutOff,
        HeaderSliceError::Content(_) => PassedOver::Damaged,
    })?;
    if header.is_fragmenting_payload() {
        return Err(PassedOver::Fragment);
    }
    let start = header.slice().len();
    let rest = packet.get(start..).unwrap_or_default();
    let (payload, length) = match usize::from(header.total_len()).checked_sub(start) {
        Some(length) => (rest.get(..length).unwrap_or(rest), length),
        None => (rest, rest.len() + place.missing),
    };
    let to = header.destination_addr();
    let group = |port| SocketAddr::V4(SocketAddrV4::new(to, port));
    transport(place, header.protocol(), payload, length, group)
}

#[cold]
fn ipv6(place: Place<'_>, packet: &[u8]) -> Result<Datagram, PassedOver> {
    let (slice, stop) = LaxIpv6Slice::from_slice(packet).map_err(|_| PassedOver::CutOff)?;
    let content = slice.payload();
    if content.fragmented {
        return Err(PassedOver::Fragment);
    }
    if stop.is_some() {
        return Err(PassedOver::CutOff);
    }
    let header = slice.header();
    let start = packet.offset(content.payload);
    let end = header.slice().len() + usize::from(header.payload_length());
    let length = match end.checked_sub(start) {
        Some(length) if header.payload_length() > 0 => length,
        _ => content.payload.len() + place.missing,
    };
    let to = IpAddr::V6(header.destination_addr());
    let group = |port| SocketAddr::new(to, port);
    transport(place, content.ip_number, content.payload, length, group)
}

#[cold]
fn tunnelled(place: Place<'_>, protocol: IpNumber, payload: &[u8]) -> Result<Datagram, PassedOver> {
    match protocol {
        ip_number::GRE => inside(place.inside()?, tunnel::gre(payload)?),
        ip_number::IPV4 | ip_number::IPV6 => ip(place.inside()?, payload),
        IpNumber(protocol) => Err(PassedOver::NotUdp { protocol }),
    }
}

/// Finds the datagram in the payload of an IP packet, which was `length` bytes long on the line.
#[inline]
fn transport(
    place: Place<'_>,
    protocol: IpNumber,
    payload: &[u8],
    length: usize,
    group: impl FnOnce(u16) -> SocketAddr,
) -> Result<Datagram, PassedOver> {
    if protocol != ip_number::UDP {
        return tunnelled(place, protocol, payload);
    }
    let header = UdpHeaderSlice::from_slice(payload).map_err(|_| PassedOver::CutOff)?;
    let length = match usize::from(header.length()).checked_sub(UDP_HEADER) {
        Some(length) => length,
        None => length.saturating_sub(UDP_HEADER),
    };
    let there = payload.get(UDP_HEADER..).unwrap_or_default();
    let there = there.get(..length).unwrap_or(there);
    let port = header.destination_port();
    if tunnel::is_of_overlay(port)
        && let Some(found) = tunnel::overlay(port, there)
    {
        return inside(place.inside()?, found?);
    }
    let start = place.frame.offset(there);
    Ok(Datagram {
        payload: start..start + there.len(),
        length,
        group: group(port),
    })
}
