//! Reads what is delivered, and holds it against what was sent and what came.

use std::collections::BTreeMap;

use oxberry_core::line::{Gap, Line, LineCounters, Source, State};
use oxberry_core::xdp::{Body as _, PacketRef, PillarDeleteOrder, SequenceNumberReset};

use super::Faults;
use super::venue::EPOCH_NAMES;
use super::venue::Venue;

/// A message: its numbering and its number.
type Identity = (u32, u32);

/// What became of everything.
pub(crate) struct Reader {
    faults: Faults,
    /// The message that must come next.
    next: Identity,
    delivered: u64,
    /// The numbering that each line began with a reset.
    epochs: [u32; 2],
    /// When a line first brought each message. What comes by a line before the reset of its
    /// numbering is not believed, so it does not count.
    brought: BTreeMap<Identity, u64>,
    /// When each was said to be lost.
    lost: BTreeMap<Identity, u64>,
    /// What was passed over silently, which only the end of a numbering may be.
    passed_over: Vec<Identity>,
    state: State,
    silent: [bool; 2],
}

impl Reader {
    pub(crate) const fn new(faults: Faults) -> Self {
        Self {
            faults,
            next: (0, 1),
            delivered: 0,
            epochs: [0; 2],
            brought: BTreeMap::new(),
            lost: BTreeMap::new(),
            passed_over: Vec::new(),
            state: State::Live,
            silent: [false; 2],
        }
    }

    /// A packet came out of the network.
    pub(crate) fn arrived(&mut self, at: u64, source: Source, packet: &PacketRef<'_>) {
        let Source::Line(line) = source else { return };
        if packet.missing() > 0 {
            return;
        }
        let epoch = &mut self.epochs[usize::from(line == Line::B)];
        for identity in messages(packet) {
            if identity.1 == 1 {
                *epoch = identity.0.max(*epoch);
            }
            if identity.0 == *epoch {
                self.brought.entry(identity).or_insert(at);
            }
        }
    }

    /// The machine delivers a packet.
    pub(crate) fn deliver(&mut self, source: Source, packet: &PacketRef<'_>, skip: usize) {
        if source == Source::Refresh {
            return;
        }
        self.delivered += 1;
        assert_eq!(packet.missing(), 0, "a cut packet is delivered");
        let found = messages(packet);
        assert!(
            skip < found.len(),
            "a packet without anything new is delivered"
        );
        for &identity in &found[skip..] {
            self.begin_epoch(identity.0);
            assert_eq!(
                identity, self.next,
                "out of order, repeated or another's place"
            );
            self.next.1 += 1;
        }
    }

    /// The machine says that numbers are lost.
    pub(crate) fn lost(&mut self, at: u64, gap: Gap) {
        if gap.first.raw() == 1 && self.next.1 > 1 {
            // Only a restart that no reset announced starts with a loss.
            self.begin_epoch(self.next.0 + 1);
        }
        assert_eq!(
            gap.first.raw(),
            self.next.1,
            "a loss of something else than what is next"
        );
        assert!(
            gap.messages() > 0 && gap.messages() < 50_000,
            "an odd loss: {gap}"
        );
        for number in gap.first.raw()..gap.end.raw() {
            self.lost.insert((self.next.0, number), at);
        }
        self.next.1 = gap.end.raw();
        let recovers = self.state != State::Live;
        assert!(recovers, "something is lost while the state is live");
    }

    pub(crate) fn state(&mut self, state: State) {
        assert_ne!(state, self.state, "the same state is told twice");
        self.state = state;
    }

    pub(crate) fn silent(&mut self, line: Line, silent: bool) {
        let known = &mut self.silent[usize::from(line == Line::B)];
        assert_ne!(*known, silent, "the same silence is told twice");
        *known = silent;
    }

    /// Nothing more happens.
    pub(crate) fn end(&self, venue: &Venue, counters: &LineCounters) {
        assert_eq!(self.next, (venue.epoch(), venue.next_number().raw()));
        assert_eq!(self.delivered, counters.delivered);
        assert_eq!(self.lost.len() as u64, counters.messages_lost);
        for (identity, lost_at) in &self.lost {
            if let Some(came_at) = self.brought.get(identity) {
                assert!(
                    came_at > lost_at,
                    "{identity:?} was there when it was given up"
                );
                assert!(
                    self.faults.little_storage,
                    "{identity:?} was given up {lost_at}, before the other line had its time: {came_at}"
                );
            }
        }
        for identity in &self.passed_over {
            assert!(
                self.faults.little_storage,
                "{identity:?} came, and was neither delivered nor said to be lost"
            );
        }
    }

    /// A message of a newer numbering comes: what is left of the old one was passed over.
    fn begin_epoch(&mut self, epoch: u32) {
        while self.next.0 < epoch {
            let (old, next) = self.next;
            let rest = (old, next)..(old + 1, 0);
            self.passed_over
                .extend(self.brought.range(rest).map(|(identity, _)| *identity));
            self.next = (old + 1, 1);
        }
    }
}

/// The messages of a packet by what their bodies say; none in a packet of rubbish.
fn messages(packet: &PacketRef<'_>) -> Vec<Identity> {
    let mut found = Vec::new();
    for message in packet.messages() {
        let message = message.expect("the venue writes whole messages");
        if message.msg_type() == SequenceNumberReset::MSG_TYPE {
            let reset = SequenceNumberReset::parse(message).expect("whole");
            found.push((reset.source_time - EPOCH_NAMES, 1));
        } else if let Ok(delete) = PillarDeleteOrder::parse(message) {
            let raw = delete.order_id.raw();
            let part = |raw: u64| u32::try_from(raw).expect("half of it");
            found.push((part(raw >> 32), part(raw & u64::from(u32::MAX))));
        }
    }
    found
}
