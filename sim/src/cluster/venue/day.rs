//! A day of the venue: its symbols, its packets, and the truth.

use oxberry_core::units::{ChannelId, PriceScale, SymbolIndex};

use crate::cluster::truth::Truth;

/// A symbol of the market.
#[derive(Clone, Copy, Debug)]
pub(in crate::cluster) struct Listed {
    pub(in crate::cluster) symbol_index: SymbolIndex,
    pub(in crate::cluster) scale: PriceScale,
    /// Whether the mapping file has it; others are defined by the feed alone.
    pub(in crate::cluster) in_file: bool,
}

/// A packet.
#[derive(Clone, Debug)]
pub(in crate::cluster) struct Packet {
    /// When it is sent, from the start of the day.
    pub(in crate::cluster) at: u64,
    /// The numbering of the channel that it belongs to, counted from 0.
    pub(in crate::cluster) segment: u32,
    /// The number of its messages.
    pub(in crate::cluster) messages: u32,
    pub(in crate::cluster) bytes: Vec<u8>,
}

/// A whole day.
#[derive(Debug)]
pub(in crate::cluster) struct Day {
    pub(in crate::cluster) symbols: Vec<Listed>,
    pub(in crate::cluster) channels: Vec<(ChannelId, Vec<Packet>)>,
    pub(in crate::cluster) truth: Truth,
    pub(in crate::cluster) messages: u64,
}
