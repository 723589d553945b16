//! The levels that orders join and leave: found, made and dropped.

use super::engine::{Engine, Subject};
use super::ladder::{LadderRoot, Rank, Rung};
use super::level::{LevelKey, Owner};
use super::refs::LevelRef;
use super::rejection::Rejection;
use crate::units::Side;

/// Where a level goes that is not there.
#[derive(Clone, Copy, Debug)]
enum Spot {
    /// After this one, the first of its price, which ends with another session.
    Sibling(LevelRef),
    /// Here in the ladder.
    Rung(Rung),
    /// Into a ladder of its own, since the side is empty.
    Start,
}

impl Engine<'_> {
    /// The level of this key, or where it would go.
    #[inline(always)]
    fn find_level(&self, subject: &Subject<'_>, at: LevelKey) -> Result<LevelRef, Spot> {
        let ladder = subject.record.ladder(at.owner.side());
        if ladder == LadderRoot::NONE {
            return Err(Spot::Start);
        }
        let rung = (self.ladders.search(ladder, at.rank)).map_err(Spot::Rung)?;
        let first = self.ladders.level(rung);
        let level = self.records.with_expiry(first, at.owner.expiry());
        level.ok_or(Spot::Sibling(first))
    }

    /// The level of this key, made when it is not there.
    #[inline(always)]
    pub(super) fn level(&mut self, subject: &mut Subject<'_>, at: LevelKey) -> Option<LevelRef> {
        match self.find_level(subject, at) {
            Ok(level) => Some(level),
            Err(spot) => self.new_level(subject, at, spot),
        }
    }

    /// A new level of this key, if there is room for one more.
    #[inline(never)]
    fn new_level(
        &mut self,
        subject: &mut Subject<'_>,
        at: LevelKey,
        spot: Spot,
    ) -> Option<LevelRef> {
        if self.levels.is_full() {
            return None;
        }
        let level = self.levels.take(&mut self.records, at.owner, at.rank);
        match spot {
            Spot::Sibling(first) => self.records.insert_sibling(first, level),
            Spot::Rung(rung) => {
                let old = subject.record.ladder(at.owner.side());
                let ladder = self.ladders.insert(old, rung, at.rank, level);
                subject.record.set_ladder(at.owner.side(), ladder);
            }
            Spot::Start => {
                let ladder = self.ladders.start(at.rank, level);
                subject.record.set_ladder(at.owner.side(), ladder);
            }
        }
        Some(level)
    }

    /// That [`Self::change_level`] will find a level once an order has left `old`.
    #[inline(always)]
    pub(super) fn assure_level(
        &self,
        subject: &Subject<'_>,
        at: LevelKey,
        old: LevelRef,
    ) -> Result<(), Rejection> {
        if !self.levels.is_full() || self.records.orders(old) == 1 {
            return Ok(());
        }
        self.assure_found(subject, at)
    }

    #[cold]
    fn assure_found(&self, subject: &Subject<'_>, at: LevelKey) -> Result<(), Rejection> {
        let found = self.find_level(subject, at);
        found.map(|_| ()).map_err(|_| Rejection::LevelsFull)
    }

    /// The level of this key, once the last order of `old`, a level of the same owner, has
    /// left it: `old` itself with another rank if no other level lies between.
    #[inline(never)]
    pub(super) fn level_after(
        &mut self,
        subject: &mut Subject<'_>,
        old: LevelRef,
        old_rank: Rank,
        at: LevelKey,
    ) -> Option<LevelRef> {
        let rung = self.rung(subject, at.owner.side(), old_rank)?;
        let is_alone =
            self.ladders.level(rung) == old && self.records.sibling(old) == LevelRef::NONE;
        if is_alone && self.ladders.shift(rung, at.rank) {
            self.records.set_rank(old, at.rank);
            return Some(old);
        }
        self.drop_level_at(subject, at.owner, rung, old);
        self.level(subject, at)
    }

    /// Where a level of this rank is in its ladder.
    #[inline(always)]
    fn rung(&self, subject: &Subject<'_>, side: Side, rank: Rank) -> Option<Rung> {
        let rung = self.ladders.search(subject.record.ladder(side), rank);
        debug_assert!(rung.is_ok(), "a level is in its ladder");
        rung.ok()
    }

    /// Takes an empty level out of its ladder.
    #[inline(never)]
    pub(super) fn drop_level(
        &mut self,
        subject: &mut Subject<'_>,
        owner: Owner,
        rank: Rank,
        level: LevelRef,
    ) {
        if let Some(rung) = self.rung(subject, owner.side(), rank) {
            self.drop_level_at(subject, owner, rung, level);
        }
    }

    /// Takes an empty level at a rung out of its ladder.
    #[inline(always)]
    fn drop_level_at(
        &mut self,
        subject: &mut Subject<'_>,
        owner: Owner,
        rung: Rung,
        level: LevelRef,
    ) {
        let ladder = subject.record.ladder(owner.side());
        let (first, sibling) = (self.ladders.level(rung), self.records.sibling(level));
        if first == level && sibling == LevelRef::NONE {
            let ladder = self.ladders.remove(ladder, rung);
            subject.record.set_ladder(owner.side(), ladder);
        } else if first == level {
            self.ladders.set_level(rung, sibling);
        } else {
            self.records.unlink_sibling(first, level);
        }
        self.levels.drop(&mut self.records, level);
    }
}
