//! What the parts of a cluster are called on the wire.

use core::fmt;

use heapless::String;
use oxberry_core::units::ChannelId;
use serde::{Deserialize, Serialize};

use crate::limits::{MAX_NODE_NAME_BYTES, MAX_SYMBOL_NAME_BYTES};

/// A set of symbols that moves between Pis as one, numbered from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Partition(u16);

/// A node of this run, numbered by the controller in the order of arrival. No number is given twice,
/// so that nothing that a node said is taken for the word of another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NodeId(u16);

/// The events of one partition that came through one channel. The channel numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StreamId {
    /// The channel of the feed.
    pub channel: ChannelId,
    /// The partition.
    pub partition: Partition,
}

/// The name a person gave to a node.
pub type NodeName = String<MAX_NODE_NAME_BYTES>;

/// The CQS name of a symbol.
pub type SymbolName = String<MAX_SYMBOL_NAME_BYTES>;

impl Partition {
    /// The partition with this number.
    #[must_use]
    pub const fn from_raw(raw: u16) -> Self {
        Self(raw)
    }

    /// Its number.
    #[must_use]
    pub const fn raw(self) -> u16 {
        self.0
    }
}

impl NodeId {
    /// The controller where a node is named that gives something. No node gets this number.
    pub const CONTROLLER: Self = Self(u16::MAX);

    /// The node with this number.
    #[must_use]
    pub const fn from_raw(raw: u16) -> Self {
        Self(raw)
    }

    /// Its number.
    #[must_use]
    pub const fn raw(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "channel {} partition {}", self.channel, self.partition)
    }
}
