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
    /// Who else asks for its name.
    pub(super) claims: Claims,
    /// Up to where its books hold each stream.
    pub(super) applied: BTreeMap<StreamId, Position>,
    /// Its totals, as it last told them.
    pub(super) heartbeat: Option<Heartbeat>,
    /// The digests of its books, after the end.
    pub(super) digests: BTreeMap<SymbolIndex, SymbolDigest>,
}

impl Node {
    /// A node that says Hello.
    pub(super) fn new(peer: Peer, name: NodeName, max_symbols: u32, now: Instant) -> Self {
        Self {
            peer,
            name,
            max_symbols,
            state: NodeState::Joined,
            before_death: NodeState::Joined,
            last_heard: now,
            claims: Claims::default(),
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
    /// It was silent for too long, or started again.
    Dead,
    /// It died before the start, and another one has its place.
    Replaced,
}

/// Claims that are remembered, as many as machines with one name.
const MOST_CLAIMS: usize = 8;

/// Who else asks for the name of a node, and since when.
#[derive(Debug, Default)]
pub(super) struct Claims(Vec<(Peer, Instant)>);

impl Claims {
    /// Since when this one asks, which is noted.
    pub(super) fn since(&mut self, now: Instant, peer: &[u8]) -> Instant {
        if let Some((_, since)) = self.0.iter().find(|(known, _)| known == peer) {
            return *since;
        }
        if self.0.len() >= MOST_CLAIMS {
            self.0.remove(0);
        }
        self.0.push((peer.to_vec(), now));
        now
    }
}
