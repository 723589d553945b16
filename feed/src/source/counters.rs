//! What became of the frames of a capture.

use core::fmt;
use std::{collections::BTreeMap, net::SocketAddr};

use super::window::CAPACITY;

/// Reasons and groups that are counted one by one, so that memory stays bounded; all others are
/// counted together.
const MOST_KINDS: usize = 64;

/// Groups of other traffic that are named.
const GROUPS_NAMED: usize = 8;

/// The frames of a capture, told apart by what became of them. In words they say everything that
/// a reader has to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaptureCounters {
    /// All frames.
    pub frames: u64,
    /// Frames that were given out as packets of the feed.
    pub packets: u64,
    /// Packets among these that were captured only in part.
    pub cut: u64,
    /// Of these, packets that are shorter than the datagram that brought them.
    pub short: u64,
    /// The bytes behind those packets in their datagrams.
    pub bytes_behind: u64,
    passed_over: BTreeMap<PassedOver, u64>,
    other_traffic: BTreeMap<Option<SocketAddr>, u64>,
}

/// Why a frame is not given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum PassedOver {
    /// Its datagram was sent to a group or port that was not asked for.
    Filtered,
    /// It is a part of a datagram; the feed's packets are never fragmented.
    Fragment,
    /// It holds IP, but no UDP.
    NotUdp {
        /// The number of the protocol.
        protocol: u8,
    },
    /// It holds no IP.
    NotIp {
        /// The EtherType.
        ethertype: u16,
    },
    /// It says its length and not what it holds, as spanning tree and its like do.
    WithoutType,
    /// Its link layer is not understood.
    LinkType(u32),
    /// Its interface is not described, or not so that it can be read.
    NoInterface,
    /// The capture ends before the packet in it begins.
    CutOff,
    /// Lengths in its headers contradict each other.
    Damaged,
    /// It is in a tunnel that is not understood.
    Tunnel,
    /// It is longer than any frame of a network.
    TooLong,
    /// It is in a block of the kind that pcapng had before 2008.
    OldBlock,
    /// For another reason than the first so many.
    Other,
}

impl CaptureCounters {
    /// Whether every frame was given out, and whole.
    #[must_use]
    pub fn is_all_read(&self) -> bool {
        self.packets == self.frames && self.cut == 0 && self.short == 0
    }

    /// How many frames were skipped for a reason.
    #[must_use]
    pub fn passed_over(&self, reason: PassedOver) -> u64 {
        self.passed_over.get(&reason).copied().unwrap_or_default()
    }

    /// How many frames were skipped, by reason, without other traffic.
    pub fn reasons(&self) -> impl Iterator<Item = (PassedOver, u64)> {
        self.passed_over
            .iter()
            .map(|(reason, count)| (*reason, *count))
    }

    /// How many datagrams cannot be packets of the feed.
    #[must_use]
    pub fn other_traffic(&self) -> u64 {
        self.other_traffic.values().sum()
    }

    /// Counts a frame.
    #[cold]
    pub(super) fn pass_over(&mut self, reason: PassedOver) {
        self.frames += 1;
        count(&mut self.passed_over, reason, PassedOver::Other);
    }

    /// Counts a frame whose datagram cannot be a packet of the feed.
    #[cold]
    pub(super) fn pass_over_traffic(&mut self, group: SocketAddr) {
        self.frames += 1;
        count(&mut self.other_traffic, Some(group), None);
    }
}

fn count<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K, others: K) {
    let key = if counts.len() < MOST_KINDS || counts.contains_key(&key) {
        key
    } else {
        others
    };
    *counts.entry(key).or_default() += 1;
}

/// The counts in words, for a summary.
impl fmt::Display for CaptureCounters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            frames,
            packets,
            cut,
            short,
            bytes_behind,
            passed_over,
            other_traffic,
        } = self;
        write!(f, "{frames} frames, {packets} of them read")?;
        if *cut > 0 {
            write!(f, "; of these cut off by the capture: {cut}")?;
        }
        if *short > 0 {
            write!(
                f,
                "; of these shorter than their datagrams: {short} ({bytes_behind} bytes behind them)"
            )?;
        }
        for (number, (reason, count)) in passed_over.iter().enumerate() {
            let before = if number == 0 { "; passed over: " } else { ", " };
            write!(f, "{before}{reason}: {count}")?;
        }
        if other_traffic.is_empty() {
            return Ok(());
        }
        write!(
            f,
            "; other traffic, which cannot be packets of the feed: {} (",
            self.other_traffic()
        )?;
        // The most frequent ones first, and of equals in the order of their addresses.
        let mut groups: Vec<_> = other_traffic.iter().collect();
        groups.sort_by_key(|(group, count)| (group.is_none(), u64::MAX - **count));
        let (named, others) = groups.split_at(groups.len().min(GROUPS_NAMED));
        let mut unnamed: u64 = others.iter().map(|(_, count)| **count).sum();
        let mut separator = "";
        for (group, count) in named {
            match group {
                Some(group) => {
                    write!(f, "{separator}to {group} {count}")?;
                    separator = ", ";
                }
                None => unnamed += **count,
            }
        }
        if unnamed > 0 {
            write!(f, "{separator}to others {unnamed}")?;
        }
        f.write_str(")")
    }
}

/// What stands before a number of frames.
impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Filtered => f.write_str("other groups or ports"),
            Self::Fragment => f.write_str("fragments"),
            Self::NotUdp { protocol } => {
                write!(f, "not UDP ({})", Named(protocol_name(protocol), protocol))
            }
            Self::NotIp { ethertype } => match ethertype_name(ethertype) {
                Some(name) => write!(f, "not IP ({name})"),
                None => write!(f, "not IP (EtherType {ethertype:#06x})"),
            },
            Self::WithoutType => f.write_str("not IP (802.3)"),
            Self::LinkType(link) => write!(f, "link type {link}"),
            Self::NoInterface => f.write_str("of an interface that is not described"),
            Self::CutOff => f.write_str("cut off before the packet begins"),
            Self::Damaged => f.write_str("damaged"),
            Self::Tunnel => f.write_str("in a tunnel that is not understood"),
            Self::TooLong => write!(f, "longer than {CAPACITY} bytes"),
            Self::OldBlock => f.write_str("in packet blocks of before 2008"),
            Self::Other => f.write_str("for other reasons"),
        }
    }
}

/// A number, by its name if it has one.
struct Named(Option<&'static str>, u8);

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(name) => f.write_str(name),
            None => write!(f, "protocol {}", self.1),
        }
    }
}

/// The protocols that a capture on a feed's network is likely to hold.
fn protocol_name(protocol: u8) -> Option<&'static str> {
    Some(match protocol {
        1 => "ICMP",
        2 => "IGMP",
        6 => "TCP",
        50 => "ESP",
        58 => "ICMPv6",
        89 => "OSPF",
        103 => "PIM",
        112 => "VRRP",
        132 => "SCTP",
        _ => return None,
    })
}

/// The same for what is not IP.
fn ethertype_name(ethertype: u16) -> Option<&'static str> {
    Some(match ethertype {
        0x0806 => "ARP",
        0x8809 => "LACP",
        0x8863 | 0x8864 => "PPPoE",
        0x88cc => "LLDP",
        0x88e5 => "MACsec",
        0x88f7 => "PTP",
        _ => return None,
    })
}
