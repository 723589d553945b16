//! What flows while the feed runs: batches to the Pis, acknowledgements back, and the end.

use oxberry_core::feed::FeedEvent;
use oxberry_core::units::UnixNanos;
use serde::{Deserialize, Serialize};

use crate::name::{EventNum, NodeId, Partition, StreamId};
use crate::records::heads;

/// Controller, on the partition's topic: events of one stream, as records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Batch {
    /// The stream.
    pub stream: StreamId,
    /// The number of the first event; the others count on from it.
    pub first: EventNum,
    /// How many events follow.
    pub events: u16,
    /// When the controller sent it.
    pub ts_sent: UnixNanos,
}

/// Controller, on the partition's topic: the stream is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct EndOfStream {
    /// The stream.
    pub stream: StreamId,
    /// The number of its last event, [`EventNum::NONE`] if there was none.
    pub last: EventNum,
}

/// Pi to controller: how far I got, as records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Ack {
    /// Who got there.
    pub node: NodeId,
    /// How many streams follow.
    pub streams: u16,
}

/// How far a Pi is in one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Position {
    /// The stream.
    pub stream: StreamId,
    /// The last event applied to the books.
    pub applied: EventNum,
}

/// Pi to controller, once a second: I am alive, and these are my totals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Heartbeat {
    /// Who is alive.
    pub node: NodeId,
    /// Events applied since the start.
    pub events: u64,
    /// Orders that rest in its books.
    pub orders: u32,
    /// Symbols that are not live.
    pub stale_symbols: u32,
}

/// Pi to controller, after the end of all its streams: the digests of its books, as records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Digests {
    /// Whose books.
    pub node: NodeId,
    /// How many partitions follow.
    pub partitions: u16,
}

/// The books of one partition at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PartitionDigest {
    /// The partition.
    pub partition: Partition,
    /// The digest of all its books.
    pub digest: u64,
    /// Events applied to them.
    pub events: u64,
    /// Symbols that are not live.
    pub stale_symbols: u32,
}

/// Controller to Pi: all is compared; tell the visualisation that it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Finish {
    /// Whether the replicas of every partition were equal.
    pub equal: bool,
}

heads! {
    Batch lists FeedEvent by events: u16;
    EndOfStream;
    Ack lists Position by streams: u16;
    Heartbeat;
    Digests lists PartitionDigest by partitions: u16;
    Finish;
}
