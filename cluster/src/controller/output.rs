//! What comes out of the controller: what its rim is to do, and what a person should know.

use oxberry_core::units::Position;
use oxberry_proto::start::RefusedReason;
use oxberry_proto::{Kind, Partition, ProtoError, Run, StreamId};

use super::{Outcome, Peer};
use crate::rebuild::RebuildOrder;

/// What the rim is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Send a message to a Pi.
    Send {
        /// To whom.
        peer: Peer,
        /// The message.
        message: Vec<u8>,
    },
    /// Answer the last question at the setup socket.
    Answer {
        /// The message.
        message: Vec<u8>,
    },
    /// Publish a frame to all who subscribed to its topic.
    Publish {
        /// Topic and message.
        frame: Vec<u8>,
    },
    /// Let the channels publish, for this run. Where nobody is waited for, and how far the replicas are of a
    /// run that another controller began, was said before.
    Start {
        /// The run.
        run: Run,
    },
    /// Tell a channel that all replicas of one of its streams are at a position.
    Credit {
        /// The stream.
        stream: StreamId,
        /// Where the slowest of them is.
        acked: Position,
    },
    /// Let a channel publish again what a replica of one of its streams lacks.
    Repair {
        /// The stream.
        stream: StreamId,
        /// Where the replica stands.
        from: Position,
        /// Where it can go on with what it heard.
        to: Position,
    },
    /// Tell a channel that nobody is there any more for whom one of its streams waits.
    Unheld {
        /// The stream.
        stream: StreamId,
    },
    /// Tell a channel that somebody is there again who acknowledges one of its streams, which waits for
    /// that from now on.
    Held {
        /// The stream.
        stream: StreamId,
    },
    /// Read the feed again from its start, or on from where it was read for the same partition, and make
    /// these books; then call [`handle_rebuilt`](super::Controller::handle_rebuilt).
    Rebuild(RebuildOrder),
    /// Nobody wishes any more for what was made out of the feed, or is being made.
    ForgetRebuild,
    /// Tell a person.
    Report(Report),
    /// All is over.
    Stop(Outcome),
}

/// Totals since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Messages that nobody says who is as far as their sender.
    pub out_of_place: u64,
    /// Messages of another run, or of somebody unknown: their senders were told to say Hello.
    pub foreign: u64,
    /// Messages that could not be read.
    pub bad_messages: u64,
    /// Times that a Pi was sent away, of which only the first and some later ones are told.
    pub refused: u64,
    /// Wishes of a Pi for a book that were passed on to another one.
    pub snapshots_asked: u64,
    /// Bytes of books that were passed on.
    pub snapshot_bytes: u64,
    /// Books that were made out of the feed.
    pub books_rebuilt: u64,
    /// Wishes of the visualisation for the state of a node that is dead, or was never there.
    pub vain_wishes: u64,
    /// Nodes that joined while the feed ran, in the place of one that had died.
    pub joined_late: u64,
    /// Partitions that a node was told to take, since they had too few replicas.
    pub takes: u64,
    /// Those of them for which it had no room.
    pub takes_refused: u64,
    /// Nodes that spoke after they had been taken for dead, and were told to join anew.
    pub fenced: u64,
}

/// What a person should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// The visualisation has not asked for the symbols yet.
    AwaitingVisual,
    /// Not all nodes said Hello yet.
    AwaitingNodes {
        /// Who is here.
        present: Vec<String>,
        /// How many are expected.
        expected: usize,
    },
    /// Not all nodes heard the pings of all their partitions yet.
    AwaitingReady {
        /// Who is not ready.
        missing: Vec<String>,
    },
    /// A node joined.
    Joined {
        /// Its name.
        name: String,
    },
    /// A node joined while the feed runs, in the place of one that had died.
    JoinedLate {
        /// Its name.
        name: String,
        /// The name of the one that had died; its own, if it was its former self.
        former: String,
    },
    /// A partition has had too few replicas for too long: a node is told to take it.
    Takes {
        /// The name of the node.
        name: String,
        /// The partition.
        partition: Partition,
    },
    /// A node has no room for a partition that it was told to take. Another one is told, if there is one.
    HasNoRoom {
        /// The name of the node.
        name: String,
        /// The partition.
        partition: Partition,
    },
    /// Partitions have too few replicas, and nobody can take them: no other node is there, or none has room.
    /// Told when that becomes so of more of them.
    NobodyTakes {
        /// The partitions.
        partitions: Vec<Partition>,
    },
    /// A node that counts as dead is heard again, and is told to join anew: it was away, not dead. Told
    /// once a death.
    Fenced {
        /// Its name.
        name: String,
    },
    /// A node has started again, so that what it was before is dead. Its new life joins.
    StartedAgain {
        /// Its name.
        name: String,
        /// Partitions that no living node holds any more.
        orphaned: Vec<Partition>,
    },
    /// A node was sent away. It asks again; that is told when the reason is another one, and now and then
    /// if it does not pass by itself.
    Refused {
        /// Its name.
        name: String,
        /// Why.
        reason: RefusedReason,
    },
    /// All nodes are ready and the feed starts.
    Started {
        /// The run.
        run: Run,
        /// How many nodes.
        nodes: usize,
        /// How many partitions.
        partitions: usize,
    },
    /// Another controller began the run, and this one goes on with it.
    GoesOn {
        /// The run.
        run: Run,
        /// How many nodes are there.
        nodes: usize,
        /// How many are missing.
        absent: usize,
    },
    /// A node of the run came after this controller went on with it.
    Found {
        /// Its name.
        name: String,
    },
    /// A node was silent for too long.
    Died {
        /// Its name.
        name: String,
        /// Partitions that no living node holds any more.
        orphaned: Vec<Partition>,
    },
    /// Something of the books that are made out of the feed.
    Rebuild(RebuildReport),
    /// The feed is over and the nodes have not all reported their digests yet.
    AwaitingDigests {
        /// Who has not.
        missing: Vec<String>,
    },
    /// All is compared, and some have not said that all they had said was taken.
    AwaitingFarewell {
        /// Who has not.
        missing: Vec<String>,
    },
    /// The supply of a node's machine is too weak. Told once a node.
    UnderVoltage {
        /// Its name.
        name: String,
    },
    /// The firmware of a node's machine slows its processor. Told once a node.
    Slowed {
        /// Its name.
        name: String,
        /// The temperature of the processor in thousandths of a degree Celsius, if it tells.
        millicelsius: Option<i32>,
    },
    /// A message that nobody says who is as far as its sender. Only the first few are reported, all are
    /// counted.
    OutOfPlace {
        /// The node.
        from: String,
        /// Which message.
        kind: Kind,
    },
    /// A message that cannot be read.
    BadMessage {
        /// The node, or a word for an unknown peer.
        from: String,
        /// What is wrong with it.
        error: ProtoError,
    },
}

/// What a person should know of books that are made out of the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RebuildReport {
    /// No living replica has books that are wished for: the feed is read again for them.
    Begun {
        /// The partition.
        partition: Partition,
        /// How many books are wished for at first.
        symbols: usize,
    },
    /// The feed is still being read again.
    UnderWay {
        /// The partition.
        partition: Partition,
        /// Packets that were read.
        packets: u64,
    },
    /// Books were made out of the feed, and nobody wishes for more of the partition.
    Done {
        /// The partition.
        partition: Partition,
        /// How many were given.
        books: u64,
        /// How many were not, since they are not live by the feed either, or are too large.
        not_live: u64,
    },
    /// Nobody waits any more for what was being read.
    Abandoned {
        /// The partition.
        partition: Partition,
    },
    /// The feed cannot be read again: what no replica trusts stays stale until the venue tells it anew.
    Failed {
        /// The partition whose books were wished for.
        partition: Partition,
        /// Why.
        why: String,
    },
}
