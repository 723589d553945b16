//! What flows while the feed runs: batches and coverage to the Pis, acknowledgements and wishes for what is
//! missing back, the end.

use oxberry_core::book::Trust;
use oxberry_core::units::{Numbering, Position, SeqNum, SymbolIndex, UnixNanos};
use serde::{Deserialize, Serialize};

use crate::event_record::EventRecord;
use crate::name::{NodeId, StreamId};
use crate::records::heads;
use crate::run::Run;
use crate::status::NodeBeat;

/// Controller, on the partition's topic: all that the numbers `(after, through]` of the channel hold
/// for one stream, as records.
///
/// Who stands at or above `after` and below `through` applies what is above. Who stands below `after`
/// misses something; it does not matter who sent the batch, or how the events were cut into batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Batch {
    /// The run.
    pub run: Run,
    /// The stream.
    pub stream: StreamId,
    /// The numbering of the numbers.
    pub numbering: Numbering,
    /// The number before the first that it covers.
    pub after: SeqNum,
    /// The last number that it covers; a sender has read all of them.
    pub through: SeqNum,
    /// Set when the numbering begins with this batch.
    pub begins: Option<Begins>,
    /// How many records follow.
    pub events: u16,
    /// When the controller sent it.
    pub ts_sent: UnixNanos,
}

/// How a numbering begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Begins {
    /// Where the sender left the numbering before; [`Position::default`] at the start of the run.
    pub previous: Position,
    /// Whether its reset was read, or the numbers simply start again.
    pub is_announced: bool,
    /// Whether the venue builds all books anew.
    pub failover: bool,
}

/// Controller, on the partition's topic, behind the stream's batches and again and again: nothing
/// has happened in `(after, through]`.
///
/// `after` is the number of the stream's last event, loss or beginning, so that coverage carries
/// nobody over a batch that was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Coverage {
    /// The run.
    pub run: Run,
    /// The stream.
    pub stream: StreamId,
    /// The numbering of the numbers.
    pub numbering: Numbering,
    /// The number of the stream's last record.
    pub after: SeqNum,
    /// The last number that the sender has read, or given up.
    pub through: SeqNum,
    /// The highest number that was seen: above `through` while something below it is missing that
    /// may still come.
    pub seen: SeqNum,
    /// Whether nothing follows.
    pub ended: bool,
}

/// Controller, on the partition's topic, in the order of the stream's batches: what the venue told
/// again of the stream's symbols when all up to `through` had been read, as records.
///
/// A refresh is numbered apart from its channel, so no position names what it tells. It is of use to
/// who stands at `through` exactly and has had every such message before it. It is coverage as well:
/// nothing else has happened in `(after, through]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Refresh {
    /// The run.
    pub run: Run,
    /// The stream.
    pub stream: StreamId,
    /// The numbering of the numbers.
    pub numbering: Numbering,
    /// The number of the stream's last record.
    pub after: SeqNum,
    /// The last number that was read before.
    pub through: SeqNum,
    /// How many records of such messages came before in the stream, modulo 2^32; however they were cut
    /// into messages.
    pub serial: u32,
    /// How many records follow.
    pub events: u16,
}

/// Pi to controller: how far I got, as records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Ack {
    /// The run.
    pub run: Run,
    /// Who got there.
    pub node: NodeId,
    /// How many streams follow.
    pub streams: u16,
}

/// How far a Pi is in one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StreamPosition {
    /// The stream.
    pub stream: StreamId,
    /// All up to here is in the books, or known to be lost.
    pub position: Position,
}

/// Pi to controller, every quarter of a second: I am alive, and this is how I am.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Heartbeat {
    /// The run.
    pub run: Run,
    /// Who is alive.
    pub node: NodeId,
    /// Its totals, and how its machine is.
    pub beat: NodeBeat,
}

/// Pi to controller, after the end of all its streams and until it is told to finish: its books, as
/// records, in as many messages as they need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Digests {
    /// The run.
    pub run: Run,
    /// Whose books.
    pub node: NodeId,
    /// How many symbols it reports in all.
    pub of: u16,
    /// Of how many partitions they are. Where the Pi was told to take another one, they are not all.
    pub partitions: u16,
    /// How many follow here.
    pub symbols: u16,
}

/// The book of one symbol at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SymbolDigest {
    /// The symbol.
    pub symbol_index: SymbolIndex,
    /// Whether the book can be trusted: only live ones are compared.
    pub trust: Trust,
    /// The digest of its book.
    pub digest: u64,
}

/// Controller to Pi: all is compared; tell the visualisation that it is over. Repeated until the Pi
/// says farewell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Finish {
    /// The run.
    pub run: Run,
    /// Whether the replicas of every partition were equal.
    pub equal: bool,
}

/// Pi to controller: the visualisation has taken all that I said, and I am done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Farewell {
    /// The run.
    pub run: Run,
    /// Who is done.
    pub node: NodeId,
}

/// Pi to controller, with every beat until it is filled or given up: this is missing in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RepairWish {
    /// The run.
    pub run: Run,
    /// Who misses it.
    pub node: NodeId,
    /// The stream.
    pub stream: StreamId,
    /// All up to here is in the books.
    pub from: Position,
    /// What came goes on from here.
    pub to: Position,
}

/// Controller, on the partition's topic: nothing of a stream up to there can be published again.
///
/// It comes behind all batches that it speaks of, so whoever had all of them stands there or above. It
/// is of use to who has a [hole](RepairWish) below, and tells nobody else anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RepairGone {
    /// The run.
    pub run: Run,
    /// The stream.
    pub stream: StreamId,
    /// The last of what is gone.
    pub through: Position,
}

heads! {
    Batch lists EventRecord by events: u16;
    Coverage;
    Refresh lists EventRecord by events: u16;
    Ack lists StreamPosition by streams: u16;
    Heartbeat;
    Digests lists SymbolDigest by symbols: u16;
    Finish;
    Farewell;
    RepairWish;
    RepairGone;
}
