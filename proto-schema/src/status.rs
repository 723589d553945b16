//! How a cluster is, for whoever asks the controller.
//!
//! One question, one answer: a head about the whole, and records about its parts. What does not fit one
//! message is asked for again, from where the answer says.

use oxberry_core::units::{ChannelId, Position};
use serde::{Deserialize, Serialize};

use crate::machine::{Health, Libzmq};
use crate::name::{NodeId, NodeName, Partition};
use crate::records::heads;
use crate::run::Run;

/// Anybody to controller: how are you?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StatusRequest {
    /// [`crate::SCHEMA_FINGERPRINT`] of the program that asks.
    pub schema: u64,
    /// Where the answer is to begin.
    pub from: StatusFrom,
}

/// A place in the list of all that there is to be told: the controller, then nodes, then channels, then
/// partitions, each by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum StatusFrom {
    /// The beginning.
    Start,
    /// This node, or the next one.
    Node(NodeId),
    /// This channel, or the next one.
    Channel(ChannelId),
    /// This partition, or the next one.
    Partition(Partition),
}

/// Controller to whoever asked: the cluster as a whole, and its parts as records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Status {
    /// [`crate::SCHEMA_FINGERPRINT`] of the controller's program.
    pub schema: u64,
    /// What is played. The generation may still grow until the feed starts.
    pub run: Run,
    /// How far the run is.
    pub phase: RunPhase,
    /// Milliseconds since it is that far.
    pub phase_ms: u64,
    /// How many nodes are expected.
    pub nodes: u16,
    /// How many nodes are to hold each partition.
    pub replicas: u16,
    /// How many partitions there are.
    pub partitions: u16,
    /// How many channels there are.
    pub channels: u16,
    /// How many symbols the day's table has.
    pub symbols: u16,
    /// The controller's ZeroMQ library.
    pub libzmq: Libzmq,
    /// Where to go on asking, if this is not all.
    pub next: Option<StatusFrom>,
    /// How many records follow.
    pub records: u16,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum RunPhase {
    /// The page has not asked for the symbols.
    AwaitingPage,
    /// Not all nodes are there.
    AwaitingNodes,
    /// Not all nodes hear their partitions.
    AwaitingReady,
    /// The feed runs.
    Running,
    /// The feed is over, and not all nodes have said how their books ended.
    AwaitingDigests,
    /// All is compared, and not all nodes have said farewell.
    AwaitingFarewells,
    /// All is over.
    Over,
}

impl RunPhase {
    /// The word for it, in all that OxBerry tells.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::AwaitingPage => "awaiting_page",
            Self::AwaitingNodes => "awaiting_nodes",
            Self::AwaitingReady => "awaiting_ready",
            Self::Running => "running",
            Self::AwaitingDigests => "awaiting_digests",
            Self::AwaitingFarewells => "awaiting_farewells",
            Self::Over => "over",
        }
    }
}

/// A part of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum StatusRecord {
    /// The controller.
    Controller(ControllerStatus),
    /// A node.
    Node(NodeStatus),
    /// A channel.
    Channel(ChannelStatus),
    /// A partition. Its replicas follow.
    Partition(PartitionStatus),
    /// A replica of the partition before it. Its positions follow.
    Replica(ReplicaStatus),
    /// Where the replica before it is in a channel.
    Position(ChannelPosition),
}

/// The controller's totals since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ControllerStatus {
    /// Messages that nobody says who is as far as their sender.
    pub out_of_place: u64,
    /// Messages of another run, or of somebody unknown.
    pub foreign: u64,
    /// Messages that could not be read.
    pub bad_messages: u64,
    /// Wishes of the page for the state of a node that is not there.
    pub vain_wishes: u64,
    /// Times that a Pi was sent away.
    pub refused: u64,
    /// Nodes that joined while the feed ran, in the place of one that had died.
    pub joined_late: u64,
    /// Partitions that a node was told to take, since they had too few replicas.
    pub takes: u64,
    /// Nodes that spoke after they had been taken for dead, and were told to join anew.
    pub fenced: u64,
}

/// A node as the controller knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NodeStatus {
    /// Its number.
    pub node: NodeId,
    /// Its name.
    pub name: NodeName,
    /// How far it is.
    pub state: NodeState,
    /// Milliseconds since the last message from it.
    pub heard_ms: u64,
    /// How many orders its books can hold.
    pub max_orders: u32,
    /// How many symbols its books can hold.
    pub max_symbols: u32,
    /// Its ZeroMQ library.
    pub libzmq: Libzmq,
    /// What it last said of itself, if it has.
    pub beat: Option<NodeBeat>,
}

/// How far a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum NodeState {
    /// It said Hello.
    Joined,
    /// It was told its partitions.
    Assigned,
    /// It hears all its partitions.
    Ready,
    /// It reported the digests of its books.
    Done,
    /// All that it said was taken.
    Gone,
    /// It was silent for too long, was sent away, or started again.
    Dead,
    /// It died, and another one has its place.
    Replaced,
}

impl NodeState {
    /// The word for it, in all that OxBerry tells.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Joined => "joined",
            Self::Assigned => "assigned",
            Self::Ready => "ready",
            Self::Done => "done",
            Self::Gone => "gone",
            Self::Dead => "dead",
            Self::Replaced => "replaced",
        }
    }
}

/// What a node says of itself with every heartbeat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NodeBeat {
    /// Events applied since the start of the run.
    pub events: u64,
    /// Orders that rest in its books.
    pub orders: u32,
    /// Its books by how far they can be trusted.
    pub trust: TrustTotals,
    /// How its machine is.
    pub health: Health,
}

/// Books by how far they can be trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TrustTotals {
    /// Live books.
    pub live: u32,
    /// Recovering ones.
    pub recovering: u32,
    /// Partial ones.
    pub partial: u32,
    /// Stale ones.
    pub stale: u32,
}

impl TrustTotals {
    /// Books that are not live.
    #[must_use]
    pub const fn not_live(&self) -> u32 {
        self.recovering
            .saturating_add(self.partial)
            .saturating_add(self.stale)
    }

    /// These and others together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            live: self.live.saturating_add(other.live),
            recovering: self.recovering.saturating_add(other.recovering),
            partial: self.partial.saturating_add(other.partial),
            stale: self.stale.saturating_add(other.stale),
        }
    }
}

/// A channel as the controller reads and publishes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ChannelStatus {
    /// The channel.
    pub channel: ChannelId,
    /// Up to where it was read, or given up.
    pub position: Position,
    /// Whether nothing follows.
    pub ended: bool,
    /// Packets read.
    pub packets: u64,
    /// Events published.
    pub events: u64,
    /// Times that messages were missing for good.
    pub losses: u64,
    /// Messages missing in those.
    pub lost_messages: u64,
}

/// A partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PartitionStatus {
    /// The partition.
    pub partition: Partition,
    /// How many symbols of the day's table are in it.
    pub symbols: u16,
}

/// A partition on one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ReplicaStatus {
    /// The node that was to hold it.
    pub node: NodeId,
    /// Whether it still does.
    pub is_alive: bool,
}

/// How far a replica is in one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ChannelPosition {
    /// The channel.
    pub channel: ChannelId,
    /// All up to here is in its books, or known to be lost, as it last acknowledged.
    pub position: Position,
}

heads! {
    StatusRequest;
    Status lists StatusRecord by records: u16;
}
