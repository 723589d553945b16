//! What the controller knows of one Pi.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use oxberry_core::units::{Instant, Position, SymbolIndex};
use oxberry_proto::flow::SymbolDigest;
use oxberry_proto::start::Hello;
use oxberry_proto::status::NodeBeat;
pub(super) use oxberry_proto::status::NodeState;
use oxberry_proto::{Libzmq, NodeName, Partition, StreamId};

use super::Peer;

/// One Pi.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) peer: Peer,
    pub(super) name: NodeName,
    pub(super) max_orders: u32,
    pub(super) max_symbols: u32,
    pub(super) libzmq: Libzmq,
    pub(super) state: NodeState,
    /// What it was before it died.
    pub(super) before_death: NodeState,
    /// Whether it came when the feed ran already. Nobody waits for it before it has said how far it is.
    pub(super) came_late: bool,
    /// Partitions that it was told to take when the feed ran already: as if it had come late, in these.
    pub(super) taken: BTreeSet<Partition>,
    /// Whether it is only a place that was found empty, of somebody of whom nothing was heard.
    pub(super) is_absent: bool,
    /// Whether it was heard after its death, of which a person was told.
    pub(super) was_fenced: bool,
    /// When the last message came from it.
    pub(super) last_heard: Instant,
    /// Who else asks for its name.
    pub(super) claims: Claims,
    /// Up to where its books hold each stream.
    pub(super) applied: BTreeMap<StreamId, Position>,
    /// What it last said of itself.
    pub(super) beat: Option<NodeBeat>,
    /// What of its machine a person was told.
    told: Ailments,
    /// The digests of its books, after the end.
    pub(super) digests: BTreeMap<SymbolIndex, SymbolDigest>,
}

impl Node {
    /// A node that says Hello.
    pub(super) fn new(peer: Peer, hello: Hello, now: Instant) -> Self {
        Self {
            peer,
            name: hello.name,
            max_orders: hello.max_orders,
            max_symbols: hello.max_symbols,
            libzmq: hello.libzmq,
            state: NodeState::Joined,
            before_death: NodeState::Joined,
            came_late: false,
            taken: BTreeSet::new(),
            is_absent: false,
            was_fenced: false,
            last_heard: now,
            claims: Claims::default(),
            applied: BTreeMap::new(),
            beat: None,
            told: Ailments::default(),
            digests: BTreeMap::new(),
        }
    }

    /// Notes what it says of itself. Returns what of that a person was not told yet; each is told once a
    /// node, since a machine at its limit goes to and fro.
    pub(super) fn take_beat(&mut self, beat: NodeBeat) -> Ailments {
        let has = Ailments {
            under_voltage: beat.health.is_under_voltage() == Some(true),
            slowed: beat.health.is_slowed() == Some(true),
        };
        let new = Ailments {
            under_voltage: has.under_voltage && !self.told.under_voltage,
            slowed: has.slowed && !self.told.slowed,
        };
        self.told.under_voltage |= has.under_voltage;
        self.told.slowed |= has.slowed;
        self.beat = Some(beat);
        new
    }

    /// How far it is in a stream, as far as the window is concerned. One that came late to it is nowhere
    /// before it has said where it came in.
    pub(super) fn acknowledged(&self, stream: StreamId) -> Option<Position> {
        let said = self.applied.get(&stream).copied();
        said.or_else(|| (!self.comes_late_to(stream.partition)).then(Position::default))
    }

    /// Whether the feed ran already when it was to hold a partition.
    pub(super) fn comes_late_to(&self, partition: Partition) -> bool {
        self.came_late || self.taken.contains(&partition)
    }

    /// Whether it counts: it is not dead, and nobody has its place.
    pub(super) const fn is_alive(&self) -> bool {
        !matches!(self.state, NodeState::Dead | NodeState::Replaced)
    }
}

/// What a machine suffers from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ailments {
    /// Its supply is too weak.
    pub(super) under_voltage: bool,
    /// Its firmware slows the processor.
    pub(super) slowed: bool,
}

/// Claims that are remembered, as many as machines with one name.
const MOST_CLAIMS: usize = 8;

/// Who else asks for the name of a node, and since when.
#[derive(Debug, Default)]
pub(super) struct Claims(Vec<(Peer, Instant)>);

impl Claims {
    /// So long nobody could be heard.
    pub(super) fn excuse(&mut self, now: Instant, late: Duration) {
        for (_, since) in &mut self.0 {
            *since = since.after(late).min(now);
        }
    }

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
