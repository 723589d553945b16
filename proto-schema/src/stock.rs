//! What Pis push to the visualisation.

use oxberry_core::units::{Numbering, Position, SeqNum, UnixNanos};
use serde::{Deserialize, Serialize};

use crate::name::{NodeId, StreamId};
use crate::records::heads;
use crate::run::Run;
use crate::stock_record::StockRecord;
pub use crate::view::{Quote, StockEvent, SymbolState, SymbolTrust, TradePrint, View};

/// Pi to visualisation: what the numbers `(after, through]` of one stream changed, as records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StockBatch {
    /// The run.
    pub run: Run,
    /// Which replica speaks.
    pub node: NodeId,
    /// The stream.
    pub stream: StreamId,
    /// The numbering of the numbers.
    pub numbering: Numbering,
    /// The number before the first that it covers.
    pub after: SeqNum,
    /// The last number that it covers.
    pub through: SeqNum,
    /// Set when the numbering begins with this batch: where the replica left the one before.
    pub begins: Option<Position>,
    /// What the replica says of its trust in the partition.
    pub trust: TrustWord,
    /// How many records follow.
    pub events: u16,
    /// When the Pi sent it.
    pub ts_sent: UnixNanos,
}

/// How far a replica has told its changes of trust in one partition. They move no position, so they
/// are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TrustWord {
    /// Changes told before this message: whoever has heard of fewer has missed one.
    pub told: u32,
    /// Whether there are changes that are not told yet; until then nothing of the partition is live
    /// on this replica's word.
    pub pending: bool,
}

/// Pi to visualisation, every quarter of a second: I am alive, and this is how far I am, as records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StockBeat {
    /// The run.
    pub run: Run,
    /// Which replica speaks.
    pub node: NodeId,
    /// How many streams follow.
    pub streams: u16,
    /// When the Pi sent it.
    pub ts_sent: UnixNanos,
}

/// How far a replica is in one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StreamWord {
    /// The stream.
    pub stream: StreamId,
    /// The numbering of the numbers.
    pub numbering: Numbering,
    /// The last number that a [`StockBatch`] of the stream covered.
    pub after: SeqNum,
    /// Nothing changed up to here.
    pub through: SeqNum,
    /// What the replica says of its trust in the partition.
    pub trust: TrustWord,
    /// Whether something before `through` is missing that may still come, or is being repaired.
    pub recovering: bool,
    /// Whether the replica hears nothing of the stream any more.
    pub silent: bool,
    /// Whether the stream is over.
    pub ended: bool,
}

/// Pi to visualisation: no more events from me.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct EndOfEvents {
    /// The run.
    pub run: Run,
    /// Which replica is done.
    pub node: NodeId,
}

heads! {
    StockBatch lists StockRecord by events: u16;
    StockBeat lists StreamWord by streams: u16;
    EndOfEvents;
}
