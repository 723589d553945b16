//! Places: where orders are to rest, and the levels that are found, made and dropped for them.

use super::engine::{Engine, Subject};
use super::ladder::{LadderRoot, Rank, Rung};
use super::level::{Owner, Place};
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
    /// The level of a place, or where it would go.
    #[inline(always)]
    fn find_level(&self, subject: &Subject<'_>, place: Place) -> Result<LevelRef, Spot> {
        let ladder = subject.record.ladder(place.owner.side());
        if ladder == LadderRoot::NONE {
            return Err(Spot::Start);
        }
        let rung = (self.ladders.search(ladder, place.rank)).map_err(Spot::Rung)?;
        let first = self.ladders.level(rung);
        let level = self.records.with_expiry(first, place.owner.expiry());
        level.ok_or(Spot::Sibling(first))
    }

    /// The level for orders of this place, made when it is not there.
    #[inline(always)]
    pub(super) fn level(&mut self, subject: &mut Subject<'_>, place: Place) -> Option<LevelRef> {
        match self.find_level(subject, place) {
            Ok(level) => Some(level),
            Err(spot) => self.new_level(subject, place, spot),
        }
    }

    /// A new level of a place, if there is room for one more.
    #[inline(never)]
    fn new_level(
        &mut self,
        subject: &mut Subject<'_>,
        place: Place,
        spot: Spot,
    ) -> Option<LevelRef> {
        if self.levels.is_full() {
            return None;
        }
        let level = self.levels.take(&mut self.records, place.owner, place.rank);
        match spot {
            Spot::Sibling(first) => self.records.insert_sibling(first, level),
            Spot::Rung(rung) => {
                let old = subject.record.ladder(place.owner.side());
                let ladder = self.ladders.insert(old, rung, place.rank, level);
                subject.record.set_ladder(place.owner.side(), ladder);
            }
            Spot::Start => {
                let ladder = self.ladders.start(place.rank, level);
                subject.record.set_ladder(place.owner.side(), ladder);
            }
        }
        Some(level)
    }

    /// That [`Self::change_level`] will find a level once an order has left `old`.
    #[inline(always)]
    pub(super) fn assure_level(
        &self,
        subject: &Subject<'_>,
        place: Place,
        old: LevelRef,
    ) -> Result<(), Rejection> {
        if !self.levels.is_full() || self.records.orders(old) == 1 {
            return Ok(());
        }
        self.assure_found(subject, place)
    }

    #[cold]
    fn assure_found(&self, subject: &Subject<'_>, place: Place) -> Result<(), Rejection> {
        let found = self.find_level(subject, place);
        found.map(|_| ()).map_err(|_| Rejection::LevelsFull)
    }

    /// The level for orders of this place, once the last order of `old`, a level of the same owner, has
    /// left it: `old` itself with another rank if no other level lies between.
    #[inline(never)]
    pub(super) fn level_after(
        &mut self,
        subject: &mut Subject<'_>,
        old: LevelRef,
        old_rank: Rank,
        place: Place,
    ) -> Option<LevelRef> {
        let rung = self.rung(subject, place.owner.side(), old_rank)?;
        let is_alone =
            self.ladders.level(rung) == old && self.records.sibling(old) == LevelRef::NONE;
        if is_alone && self.ladders.shift(rung, place.rank) {
            self.records.set_rank(old, place.rank);
            return Some(old);
        }
        self.drop_level_at(subject, place.owner, rung, old);
        self.level(subject, place)
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
