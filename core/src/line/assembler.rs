//! The order of a channel: what is delivered, what is missing, what waits for it.

use heapless::Vec;

use super::epoch_seq::{EpochSeq, FIRST_EPOCH, Span};
use super::gap::{GapList, OpenGap};
use super::held::{Held, Lowest, Slot};
use super::limits::{MAX_GAPS, RECENT_LOSSES};
use super::{Numbered as _, Tracker, Verdict};
use crate::units::{Instant, SeqNum};
use crate::xdp::PacketRef;

/// Every message from the expected one up to `highest` is either missing or held.
#[derive(Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Assembler<S> {
    tracker: Tracker<EpochSeq>,
    /// The number after the last one that is known to exist.
    highest: EpochSeq,
    gaps: GapList<MAX_GAPS>,
    held: Held<S>,
    /// Given up lately, oldest first.
    losses: Vec<Span, RECENT_LOSSES>,
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inserted {
    /// It is next, after `skip` messages.
    Next { skip: u32 },
    /// It came early and is kept; `fills` when it is part of what was missing.
    Held { fills: bool },
    /// All of it was there before.
    Known,
    /// It was given up before.
    Late,
    /// It came early and cannot be kept.
    NoRoom,
}

/// The next thing to hand on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Deliver { lowest: Lowest, skip: u32 },
    Lost(Span),
}

impl<S: AsRef<[Slot]> + AsMut<[Slot]>> Assembler<S> {
    pub(super) fn new(expected: SeqNum, slots: S) -> Self {
        let expected = EpochSeq {
            epoch: FIRST_EPOCH,
            number: expected,
        };
        Self {
            tracker: Tracker::new(expected),
            highest: expected,
            gaps: GapList::new(),
            held: Held::new(slots),
            losses: Vec::new(),
        }
    }

    pub(super) const fn expected(&self) -> EpochSeq {
        self.tracker.expected()
    }

    /// How many numbers lie between all that is known of its numbering and this one; `None` when it
    /// does not lie beyond. Of a new numbering only its number 1 is known.
    pub(super) fn jump_to(&self, first: EpochSeq) -> Option<u32> {
        if first.epoch > self.highest.epoch {
            return Some(first.number.raw().saturating_sub(1));
        }
        let end = self
            .gaps
            .iter()
            .find(|gap| gap.span.is_open_ended() && gap.span.end.epoch > first.epoch)
            .map_or(self.highest, |gap| gap.span.first);
        (first >= end).then(|| first.places_after(end))
    }

    pub(super) fn gaps(&self) -> impl Iterator<Item = &OpenGap> {
        self.gaps.iter()
    }

    /// Whether nothing is missing and nothing is held.
    pub(super) fn is_in_order(&self) -> bool {
        self.gaps.is_empty() && self.held.len() == 0
    }

    pub(super) const fn held_packets(&self) -> usize {
        self.held.len()
    }

    /// Places a packet of `count` messages that starts at `first`. A gap that it reveals is waited
    /// for until `deadline`; one that it makes smaller is waited for again so long.
    pub(super) fn insert(
        &mut self,
        first: EpochSeq,
        count: u32,
        packet: &PacketRef<'_>,
        deadline: Instant,
    ) -> Inserted {
        match self.tracker.check(first, count) {
            Verdict::Next { skip } => {
                let span = Span {
                    first: self.expected(),
                    end: first.advanced(count),
                };
                self.came(span, deadline);
                Inserted::Next { skip }
            }
            Verdict::Early { .. } => self.keep(first, count, packet, deadline),
            Verdict::Known | Verdict::Empty => {
                let span = Span {
                    first,
                    end: first.advanced(count),
                };
                if self.losses.iter().any(|lost| lost.meets(&span)) {
                    Inserted::Late
                } else {
                    Inserted::Known
                }
            }
        }
    }

    /// The next that can be handed on: a held packet whose turn it is, or a loss.
    pub(super) fn next_step(&mut self) -> Option<Step> {
        // Every turn takes a gap or a held packet away.
        loop {
            let lowest = self.held.lowest();
            let verdict = lowest.map(|lowest| self.tracker.check(lowest.first, lowest.count));
            if let Some(Verdict::Known | Verdict::Empty) = verdict {
                // Another packing of the same messages came first.
                self.held.remove_lowest();
                continue;
            }
            let first = self.gaps.first().map(|gap| (gap.span, gap.lost));
            match (first, lowest, verdict) {
                (Some((span, lost)), _, _) if span.first <= self.expected() => {
                    if !lost {
                        return None;
                    }
                    self.gaps.remove_first();
                    self.tracker.expect(span.end);
                    if !span.is_open_ended() {
                        self.remember_loss(span);
                        return Some(Step::Lost(span));
                    }
                }
                (_, Some(lowest), Some(Verdict::Next { skip })) => {
                    self.held.remove_lowest();
                    self.tracker.accept(lowest.first, lowest.count);
                    return Some(Step::Deliver { lowest, skip });
                }
                _ => {
                    debug_assert!(lowest.is_none(), "neither missing nor held");
                    return None;
                }
            }
        }
    }

    /// The bytes of a packet that [`next_step`](Self::next_step) just returned.
    pub(super) fn packet(&self, lowest: Lowest) -> Option<PacketRef<'_>> {
        self.held.packet(lowest)
    }

    /// The gap that everything waits for: the lowest, once all before it is handed on, and unless
    /// it is given up already.
    pub(super) fn awaited(&self) -> Option<&OpenGap> {
        self.gaps
            .first()
            .filter(|gap| !gap.lost && gap.span.first == self.expected())
    }

    /// Whether any number of the span is still awaited.
    pub(super) fn awaits(&self, span: &Span) -> bool {
        self.gaps.awaits(span)
    }

    /// Waits for the lowest gap until then, if it starts here.
    pub(super) fn await_until(&mut self, first: EpochSeq, deadline: Instant) {
        if let Some(gap) = self.gaps.first_mut().filter(|gap| gap.span.first == first) {
            gap.deadline = deadline;
        }
    }

    /// Gives up a span; returns whether it was awaited and surely holds something.
    pub(super) fn give_up(&mut self, span: &Span) -> bool {
        self.gaps.give_up(span)
    }

    /// What keeps the lowest held packet waiting, when the last room is taken.
    pub(super) fn in_the_way(&self) -> Option<Span> {
        // Placing one packet may open two gaps, when the numbering starts again.
        if !self.held.is_full() && self.gaps.room() >= 2 {
            return None;
        }
        let first = self.expected();
        let end = self.held.lowest()?.first;
        (first < end).then_some(Span { first, end })
    }

    /// The span is next and came.
    fn came(&mut self, span: Span, deadline: Instant) {
        self.tracker.expect(span.end);
        self.highest = self.highest.max(span.end);
        if self.gaps.is_empty() {
            return;
        }
        // It starts where the lowest gap does, so nothing is split and no room is needed.
        let _ = self.gaps.fill(&span, deadline);
    }

    fn keep(
        &mut self,
        first: EpochSeq,
        count: u32,
        packet: &PacketRef<'_>,
        deadline: Instant,
    ) -> Inserted {
        let span = Span {
            first,
            end: first.advanced(count),
        };
        let fills = self.gaps.meets(&span);
        if span.end <= self.highest && !fills {
            return Inserted::Known;
        }
        // A new numbering starts with its number 1, so the gaps on its two sides are two.
        let start = EpochSeq {
            number: SeqNum::from_raw(1),
            ..first
        };
        let middle = if first.epoch > self.highest.epoch {
            start.min(first)
        } else {
            first
        };
        let opened = [(self.highest, middle), (middle, first)];
        let needed = opened.iter().filter(|(first, end)| first < end).count();
        if self.gaps.room() < needed.max(1) || !self.held.insert(first, packet) {
            return Inserted::NoRoom;
        }
        // There is room: one more for a gap that is split, or for each that opens.
        let _ = self.gaps.fill(&span, deadline);
        for (first, end) in opened {
            if first < end {
                let _ = self.gaps.push(Span { first, end }, deadline);
            }
        }
        self.highest = self.highest.max(span.end);
        Inserted::Held { fills }
    }

    fn remember_loss(&mut self, span: Span) {
        if self.losses.is_full() {
            self.losses.remove(0);
        }
        // There is room: the oldest was just removed.
        let _ = self.losses.push(span);
    }
}
