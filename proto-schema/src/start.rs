//! How a cluster comes together: Hello, assignment, ping until seen, Ready.

use oxberry_core::units::{PriceScale, SymbolIndex};
use serde::{Deserialize, Serialize};

use crate::machine::Libzmq;
use crate::name::{NodeId, NodeName, Partition, SymbolName};
use crate::records::heads;
use crate::run::Run;

/// Pi to controller: here I am. Repeated until there is an assignment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Hello {
    /// The name a person gave to the node; unique in the cluster.
    pub name: NodeName,
    /// [`crate::SCHEMA_FINGERPRINT`] of the Pi's program.
    pub schema: u64,
    /// The last run that it took part in, so that the next one gets a greater generation.
    pub last_run: Option<Run>,
    /// How many orders its books can hold.
    pub max_orders: u32,
    /// How many symbols its books can hold.
    pub max_symbols: u32,
    /// The ZeroMQ library of the Pi's program.
    pub libzmq: Libzmq,
}

/// Controller to Pi: who you are and, as records, the symbols of your partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SetupPi {
    /// The run that it joins.
    pub run: Run,
    /// The node's number in this run.
    pub node: NodeId,
    /// How many channels the feed has: each ends every partition's stream once.
    pub channels: u16,
    /// How many partitions the cluster has. A symbol that only the feed defines is in the partition
    /// that its number leaves when divided by this.
    pub partitions: u16,
    /// Whether the feed runs already, so that the Pi lacks what was said before it came.
    pub feed_runs: bool,
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

/// Controller to Pi: not now, or not like this. The Pi asks again, less often.
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
    /// Another node of this name is there, and speaks: it is no former self of this one.
    NameTaken,
    /// All expected nodes are there already. It gets the place of the first that dies.
    Full,
    /// Its books cannot hold the symbols it would get.
    TooSmall {
        /// How many symbols it would get.
        symbols: u32,
    },
    /// The feed has ended, and the run is about to. The next one takes it.
    NextRun,
}

impl RefusedReason {
    /// Whether it passes by itself: there is nothing for a person to do.
    #[must_use]
    pub const fn passes(self) -> bool {
        match self {
            Self::Full | Self::NextRun => true,
            Self::Schema { .. } | Self::NameTaken | Self::TooSmall { .. } => false,
        }
    }
}

/// Controller, on the topics of all partitions whose Pis are not all ready: can you hear this?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Ping {
    /// The run.
    pub run: Run,
    /// The partition on whose topic it is sent.
    pub partition: Partition,
}

/// Pi to controller: pings came through on the topics of all my partitions. Repeated until the feed
/// starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Ready {
    /// The run.
    pub run: Run,
    /// Who is ready.
    pub node: NodeId,
}

/// Controller to a Pi that it does not know, or that speaks of another run: say Hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SayHello {
    /// The run that the controller plays.
    pub run: Run,
}

/// Visualisation to controller: which symbols are there?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SetupVisualRequest {
    /// [`crate::SCHEMA_FINGERPRINT`] of the visualisation's program.
    pub schema: u64,
    /// A replica whose present state of a partition is to be told anew.
    pub tell: Option<Replica>,
}

/// A partition on one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Replica {
    /// The node.
    pub node: NodeId,
    /// The partition.
    pub partition: Partition,
}

/// Controller to visualisation: the symbol table, as records, and the shape of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SetupVisual {
    /// [`crate::SCHEMA_FINGERPRINT`] of the controller's program.
    pub schema: u64,
    /// What is played. The generation may still grow until the feed starts.
    pub run: Run,
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

/// Controller to Pi: tell the visualisation the present state of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TellState {
    /// The run.
    pub run: Run,
    /// The partition.
    pub partition: Partition,
}

heads! {
    Hello;
    SetupPi lists SymbolAssignment by symbols: u16;
    Refused;
    Ping;
    Ready;
    SayHello;
    SetupVisualRequest;
    SetupVisual lists SymbolEntry by symbols: u16;
    TellState;
}
