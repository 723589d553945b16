//! What comes out of the Pi: what its rim is to do, what a person should know, and totals.

use oxberry_core::book::{Damage, Rejection};
use oxberry_core::units::{Position, SeqNum, SymbolIndex, SymbolSeqNum};
use oxberry_proto::start::RefusedReason;
use oxberry_proto::{Kind, NodeId, Partition, ProtoError, Run, StreamId, Topic};

/// What the rim is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Subscribe to a topic.
    Subscribe(Topic),
    /// Subscribe to a topic no longer.
    Unsubscribe(Topic),
    /// Tell a person.
    Report(Report),
}

/// What a person should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// The controller has not answered yet.
    AwaitingController,
    /// The assignment came.
    Assigned {
        /// The run.
        run: Run,
        /// The node's number.
        node: NodeId,
        /// How many partitions.
        partitions: usize,
        /// How many symbols.
        symbols: usize,
    },
    /// Pings of all partitions came through.
    Ready,
    /// It holds another partition from now on, which had too few replicas.
    Takes {
        /// The partition.
        partition: Partition,
        /// How many symbols it has.
        symbols: usize,
    },
    /// Something is missing in a stream for good: the symbols of its partition are stale.
    Hole {
        /// The stream.
        stream: StreamId,
        /// All up to here was there.
        from: Position,
        /// What comes goes on from here.
        to: Position,
    },
    /// What was missing in a stream has come: nothing of it was lost.
    Repaired {
        /// The stream.
        stream: StreamId,
        /// All up to here was there.
        from: Position,
        /// What had come went on from here.
        to: Position,
    },
    /// The controller says that numbers of a channel are lost: symbols are stale.
    Lost {
        /// The stream.
        stream: StreamId,
        /// The first number.
        first: SeqNum,
        /// The last number.
        last: SeqNum,
    },
    /// A frame could not be read; what it held is missing.
    BadFrame(ProtoError),
    /// A message that is not said to a Pi that is as far as this one. Only the first few are reported,
    /// all are counted.
    OutOfPlace(Kind),
    /// The books refused an event. Only the first few are reported, all are counted.
    Rejected {
        /// The symbol.
        symbol_index: SymbolIndex,
        /// The number of the message within its symbol.
        symbol_seq_num: Option<SymbolSeqNum>,
        /// Why.
        rejection: Rejection,
    },
    /// The memory of a book does not hold what was written there. The book, or where links are wrong every
    /// book, is stale and asked for; without the name of the symbol the process has to start again.
    Damaged(Damage),
    /// Nothing was heard of a stream for three beats.
    Silent,
    /// All silent streams are heard again.
    Heard,
    /// The controller plays another run, which this Pi asks to join.
    AnotherRun {
        /// The run that is left.
        left: Run,
        /// The run that is played.
        played: Run,
    },
    /// The controller took this Pi for dead, which empties its books and asks to join anew.
    Fenced,
    /// All streams have ended.
    Ended {
        /// Events applied in this run.
        events: u64,
    },
    /// The run is over, and everything was said. This Pi asks for the next one in a while.
    Finished {
        /// Whether all replicas were equal.
        equal: bool,
    },
    /// A receiver has taken no frame for too long: nothing waits for it any more, and what it lacks may
    /// be lost to it. One that comes and goes is told less and less often.
    ReceiverDetached {
        /// Its number.
        receiver: usize,
    },
    /// A receiver of which that was told takes frames again.
    ReceiverBack {
        /// Its number.
        receiver: usize,
        /// Frames that it never got since it was told so last.
        dropped: u64,
    },
    /// The controller does not take it, not now or not like this. It asks again; that is told when the
    /// reason is another one, and now and then if it does not pass by itself.
    Refused(RefusedReason),
}

/// Totals since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Events applied to the books.
    pub events: u64,
    /// Events that the books refused, each of which left its symbol not live or changed nothing.
    pub rejected: u64,
    /// Those of them that came to a book that was live until then.
    pub contradictions: u64,
    /// Batches applied.
    pub batches: u64,
    /// Batches and coverage that came again.
    pub copies: u64,
    /// Times that something was missing in a stream for good.
    pub holes: u64,
    /// Times that something was missing in a stream and asked for.
    pub repairs_asked: u64,
    /// Times that it came.
    pub repairs_filled: u64,
    /// Times that it, or some of it, was given up; each counts as one of `holes` too.
    pub repairs_given_up: u64,
    /// Batches behind what was missing that found no room to wait, and had to be asked for as well.
    pub held_full: u64,
    /// Records of refreshes that came too late or not at all, so that what they told is not used.
    pub refreshes_missed: u64,
    /// Losses that the controller told.
    pub losses: u64,
    /// Frames of another run, or of a partition that is not held here.
    pub foreign: u64,
    /// Frames that could not be read.
    pub bad_frames: u64,
    /// Messages that are not said to a Pi that is as far as this one.
    pub out_of_place: u64,
    /// Books that other replicas were asked for.
    pub snapshots_asked: u64,
    /// Books that were taken over from another replica.
    pub snapshots_taken: u64,
    /// Books that nobody could give.
    pub snapshots_refused: u64,
    /// Books that were asked for in vain: the answer did not come or did not fit, or what came between was
    /// too much. They are asked for again.
    pub snapshots_given_up: u64,
    /// Books that were given to other nodes.
    pub snapshots_given: u64,
    /// Wishes of other nodes that found no room. They are made again.
    pub wishes_dropped: u64,
    /// Wishes of dashboards to see how deep a book is.
    pub depths_asked: u64,
    /// Those beyond them that found no room. They are made again.
    pub depths_dropped: u64,
    /// Times that all books were read, to find memory that changed by itself.
    pub scrubs: u64,
    /// Times that some was found.
    pub damages: u64,
    /// Stock events told.
    pub stock_events: u64,
    /// Frames of stock events that receivers never got, each counted for each of them.
    pub stock_frames_dropped: u64,
    /// Times that a receiver was detached.
    pub receivers_detached: u64,
    /// Times that one took frames again.
    pub receivers_back: u64,
}
