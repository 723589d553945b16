//! How a partition that has too few replicas gets another one, on a Pi that is in the run already.
//!
//! The symbols of the partition are the records of [`TakePartition`], as those of an assignment are.

use serde::{Deserialize, Serialize};

use crate::name::{NodeId, Partition};
use crate::records::heads;
use crate::run::Run;
use crate::start::SymbolAssignment;

/// Controller to Pi: hold this partition too, from now on. Repeated until it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TakePartition {
    /// The run.
    pub run: Run,
    /// The Pi's number in it.
    pub node: NodeId,
    /// The partition.
    pub partition: Partition,
    /// How many symbols follow.
    pub symbols: u16,
}

/// Pi to controller: what came of a [`TakePartition`]. Said to each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Taken {
    /// The run.
    pub run: Run,
    /// The Pi's number in it.
    pub node: NodeId,
    /// The partition.
    pub partition: Partition,
    /// Whether the Pi holds it; if not, its books have no room for the symbols.
    pub is_held: bool,
}

heads! {
    TakePartition lists SymbolAssignment by symbols: u16;
    Taken;
}
