//! How a cluster comes together: Hello, assignment, ping until seen, Ready.

use oxberry_core::units::{PriceScale, SymbolIndex};
use serde::{Deserialize, Serialize};

use crate::name::{NodeId, NodeName, Partition, SymbolName};
use crate::records::heads;

/// Pi to controller: here I am. Repeated until answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Hello {
    /// The name a person gave to the node; unique in the cluster.
    pub name: NodeName,
    /// [`crate::SCHEMA_FINGERPRINT`] of the Pi's program.
    pub schema: u64,
    /// How many orders its books can hold.
    pub max_orders: u32,
    /// How many symbols its books can hold.
    pub max_symbols: u32,
}

/// Controller to Pi: who you are and, as records, the symbols of your partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SetupPi {
    /// The node's number in this run.
    pub node: NodeId,
    /// How many channels the feed has: each ends every partition's stream once.
    pub channels: u16,
    /// How many symbols follow.
    pub symbols: u16,
}

/// One symbol that a Pi is to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SymbolAssignment {
    /// The symbol.
    pub symbol_index: SymbolIndex,
    /// The scale of its prices at the start of the day.
    pub scale: PriceScale,
    /// Its partition.
    pub partition: Partition,
}

/// Controller to Pi: not with me.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Refused {
    /// Why.
    pub reason: RefusedReason,
}

/// Why a Pi is not wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum RefusedReason {
    /// Its messages are other ones: install the same version on all machines.
    Schema {
        /// The controller's fingerprint.
        expected: u64,
    },
    /// A node of this name is there already.
    NameTaken,
    /// All expected nodes are there already, or the feed runs already.
    Full,
    /// Its books cannot hold the symbols it would get.
    TooSmall {
        /// How many symbols it would get.
        symbols: u32,
    },
}

/// Controller, on every partition's topic until all Pis are ready: can you hear this?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Ping {
    /// The partition on whose topic it is sent.
    pub partition: Partition,
}

/// Pi to controller: pings came through on the topics of all my partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Ready {
    /// Who is ready.
    pub node: NodeId,
}

/// Visualisation to controller: which symbols are there?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SetupVisualRequest {
    /// [`crate::SCHEMA_FINGERPRINT`] of the visualisation's program.
    pub schema: u64,
}

/// Controller to visualisation: the symbol table, as records, and the shape of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SetupVisual {
    /// [`crate::SCHEMA_FINGERPRINT`] of the controller's program.
    pub schema: u64,
    /// How many Pis are expected.
    pub nodes: u16,
    /// How many partitions there are.
    pub partitions: u16,
    /// How many symbols follow.
    pub symbols: u16,
}

/// One symbol of the table, with its place in the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SymbolEntry {
    /// The symbol.
    pub symbol_index: SymbolIndex,
    /// Its CQS name.
    pub name: SymbolName,
    /// Its partition.
    pub partition: Partition,
}

heads! {
    Hello;
    SetupPi lists SymbolAssignment by symbols: u16;
    Refused;
    Ping;
    Ready;
    SetupVisualRequest;
    SetupVisual lists SymbolEntry by symbols: u16;
}
