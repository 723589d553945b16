//! When a Pi asks for books, and when it lets that be.
//!
//! It goes through its symbols in rounds and asks for each that is not live. After a round in which
//! nobody could give any, it waits, twice as long each time: a book that is lost to all replicas comes
//! back only by what the venue says.

use crate::limits::BEATS_OF_HEALING;

/// One round through all symbols.
#[derive(Clone, Copy, Debug)]
pub(super) struct Round {
    /// The place of the next symbol.
    at: usize,
    /// Beats until it begins.
    rest: u32,
    /// Beats until the next one begins, unless this one helps.
    pause: u32,
    asked: u32,
    /// Books that came, and wishes that were given up: others may come when asked for again.
    helped: u32,
    /// Set once no more is to be applied: whether a round since then was in vain.
    last: Option<bool>,
}

impl Default for Round {
    fn default() -> Self {
        let [pause, _] = BEATS_OF_HEALING;
        Self {
            at: 0,
            rest: pause,
            pause,
            asked: 0,
            helped: 0,
            last: None,
        }
    }
}

impl Round {
    /// A beat has passed.
    pub(super) const fn beat(&mut self) {
        self.rest = self.rest.saturating_sub(1);
    }

    /// Something became worse just now: the next beat begins a round.
    pub(super) fn hurry(&mut self) {
        let [pause, _] = BEATS_OF_HEALING;
        self.pause = pause;
        self.rest = self.rest.min(pause);
    }

    /// Nothing follows in this run: what can be had is to be had now.
    pub(super) fn begin_last(&mut self) {
        *self = Self {
            rest: 0,
            last: Some(false),
            ..Self::default()
        };
    }

    /// Something follows after all.
    pub(super) fn begin_again(&mut self) {
        *self = Self::default();
    }

    /// Nothing more is to be had, whatever is missing.
    pub(super) const fn finish(&mut self) {
        self.last = Some(true);
    }

    /// Whether nothing follows in this run.
    pub(super) const fn is_last(&self) -> bool {
        self.last.is_some()
    }

    /// Whether nothing more can be had in this run.
    pub(super) fn is_done(&self) -> bool {
        self.last == Some(true)
    }

    /// Whether symbols are to be looked at now.
    pub(super) fn is_under_way(&self) -> bool {
        self.rest == 0 && !self.is_done()
    }

    /// The place of the next symbol.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// That symbol was looked at.
    pub(super) const fn advance(&mut self) {
        self.at += 1;
    }

    /// A book was asked for.
    pub(super) const fn asked(&mut self) {
        self.asked += 1;
    }

    /// A book came.
    pub(super) const fn helped(&mut self) {
        self.helped += 1;
    }

    /// A wish was given up, and may be granted when it is made again.
    pub(super) const fn broken(&mut self) {
        self.helped += 1;
    }

    /// All symbols were looked at, and all wishes answered.
    pub(super) fn end(&mut self) {
        let [least, most] = BEATS_OF_HEALING;
        let was_vain = self.helped == 0;
        let pause = if was_vain && self.asked > 0 {
            (self.pause * 2).min(most)
        } else {
            least
        };
        let is_last = self.last.is_some();
        *self = Self {
            at: 0,
            rest: if is_last { 0 } else { pause },
            pause,
            asked: 0,
            helped: 0,
            last: is_last.then_some(was_vain),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beats_until_next(round: &mut Round) -> u32 {
        let mut beats = 0;
        while !round.is_under_way() {
            round.beat();
            beats += 1;
        }
        beats
    }

    #[test]
    fn rounds_in_vain_come_ever_more_seldom_until_something_helps_or_becomes_worse() {
        let mut round = Round::default();
        let mut pauses = Vec::new();
        for _ in 0..10 {
            pauses.push(beats_until_next(&mut round));
            round.asked();
            round.end();
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 64, 64, 64]);
        round.hurry();
        assert_eq!(beats_until_next(&mut round), 1);
        round.asked();
        round.helped();
        round.end();
        assert_eq!(beats_until_next(&mut round), 1);
    }

    #[test]
    fn nothing_more_can_be_had_after_a_last_round_in_vain() {
        let mut round = Round::default();
        round.begin_last();
        assert!(round.is_under_way());
        round.asked();
        round.broken();
        round.end();
        assert!(round.is_under_way() && !round.is_done());
        round.asked();
        round.end();
        assert!(!round.is_under_way() && round.is_done());
    }
}
