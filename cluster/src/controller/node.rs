//! What the controller knows of one Pi.

use std::collections::BTreeMap;

use oxberry_core::units::{Instant, Position, SymbolIndex};
use oxberry_proto::flow::{Heartbeat, SymbolDigest};
use oxberry_proto::{NodeName, StreamId};

use super::Peer;

/// One Pi.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) peer: Peer,
    pub(super) name: NodeName,
    pub(super) max_symbols: u32,
    pub(super) state: NodeState,
    /// What it was before it died.
    pub(super) before_death: NodeState,
    /// When the last message came from it.
    pub(super) last_heard: Instant,
    /// Up to where its books hold each stream.
    pub(super) applied: BTreeMap<StreamId, Position>,
    /// Its totals, as it last told them.
    pub(super) heartbeat: Option<Heartbeat>,
    /// The digests of its books, after the end.
    pub(super) digests: BTreeMap<SymbolIndex, SymbolDigest>,
}

impl Node {
    /// A node that says Hello.
    pub(super) const fn new(peer: Peer, name: NodeName, max_symbols: u32, now: Instant) -> Self {
        Self {
            peer,
            name,
            max_symbols,
            state: NodeState::Joined,
            before_death: NodeState::Joined,
            last_heard: now,
            applied: BTreeMap::new(),
            heartbeat: None,
            digests: BTreeMap::new(),
        }
    }

    /// Whether it counts: it is not dead, and nobody has its place.
    pub(super) const fn is_alive(&self) -> bool {
        !matches!(self.state, NodeState::Dead | NodeState::Replaced)
    }
}

/// How far a Pi is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NodeState {
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
    /// It was silent for too long, or sent away.
    Dead,
    /// It died before the start, and another one has its place.
    Replaced,
}
