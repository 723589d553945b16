//! Reading a book to find out whether its memory still holds what was written.
//!
//! Memory without error correction may change by itself. A book is read from its ladders to its last
//! order: what is stored twice is compared, and what the orders add up to with the [sum](super::sum) that was
//! kept with every change. Nothing here trusts a link before it was looked at, and whatever the memory
//! holds, reading it ends.
//!
//! What is stored once only, and no part of the sum, is not seen: the numbers that tell which of
//! several orders came first, with which session an order of the 2011 dialect ends, and what was traded.
//! Another number of the last message shows with the next one, and so does another channel.

use super::bbo::Level;
use super::books::Books;
use super::damage::{Damage, Harm, Wrong};
use super::ladder::Rank;
use super::level::{EXPIRIES, Member, Stored};
use super::refs::LevelRef;
use super::slot::SymbolSlot;
use super::state::Trust;
use super::symbol::is_sealed;
use super::weight::weight;
use crate::units::{OrderId, RawPrice, Side};

/// What was read of a book so far.
struct Reading {
    slot: SymbolSlot,
    /// Orders that may still be read.
    left: u32,
    orders: u32,
    sum: u32,
    level: Option<(Side, RawPrice)>,
    order_id: Option<OrderId>,
}

impl Books<'_> {
    /// Reads a book with all its orders, and says how many it has. Of one with `most` orders or more no
    /// further ones are read, and what they add up to is not compared.
    ///
    /// # Errors
    ///
    /// With the first damage that is found.
    pub fn scrub(&self, slot: SymbolSlot, most: u32) -> Result<u32, Damage> {
        let mut reading = Reading {
            slot,
            left: most,
            orders: 0,
            sum: 0,
            level: None,
            order_id: None,
        };
        let result = self.read_book(&mut reading);
        result.map(|()| reading.orders).map_err(|wrong| Damage {
            symbol_index: self.symbol_index(slot),
            level: reading.level,
            order_id: reading.order_id,
            what: wrong.what,
            expected: wrong.expected,
            found: wrong.found,
            harm: wrong.harm,
        })
    }

    fn read_book(&self, reading: &mut Reading) -> Result<(), Wrong> {
        let slot = reading.slot;
        let named = self.slot(self.symbol_index(slot));
        if named != Some(slot) {
            let named = named.map_or(u64::MAX, |slot| u64::from(slot.raw()));
            let what = "the number of the symbol leads elsewhere";
            return Err(Wrong {
                harm: Harm::Names,
                ..Wrong::value(what, u64::from(slot.raw()), named)
            });
        }
        let flags = self.symbols.flags(slot);
        if !is_sealed(flags) {
            let what = "the state of the symbol is not what was written";
            return Err(Wrong::value(what, 0, u64::from(flags)));
        }
        for side in Side::BOTH {
            self.read_side(reading, side)?;
        }
        let sum = self.sum(slot);
        if reading.left > 0 && sum != reading.sum {
            let what = "the orders do not add up to what was put there";
            // Where the shares of all levels are right it may be an id, by which others are found.
            return Err(Wrong::link(what, sum, reading.sum));
        }
        Ok(())
    }

    fn read_side(&self, reading: &mut Reading, side: Side) -> Result<(), Wrong> {
        let mut best = None;
        let ladder = self.symbols.ladder(reading.slot, side);
        self.engine.ladders.read(ladder, |rank, first| {
            let level = self.read_price(reading, side, rank, first)?;
            best.get_or_insert(level);
            Ok(())
        })?;
        let kept = self.symbols.best(reading.slot, side);
        if best != kept {
            let price =
                |level: Option<Level>| level.map_or(0, |level| u64::from(level.price.raw()));
            reading.level = best.map(|level| (side, level.price));
            let what = "the best level is not the first";
            return Err(Wrong::value(what, price(best), price(kept)));
        }
        Ok(())
    }

    /// Reads all levels of a price; says what they are together.
    fn read_price(
        &self,
        reading: &mut Reading,
        side: Side,
        rank: Rank,
        first: LevelRef,
    ) -> Result<Level, Wrong> {
        let price = rank.price(side);
        reading.level = Some((side, price));
        let mut sum = Level {
            price,
            qty: 0,
            orders: 0,
        };
        let (mut level, mut expiries) = (first, 0u32);
        for _ in 0..=EXPIRIES {
            let stored = self.engine.records.read_level(level)?;
            let owner = stored.owner;
            if (owner.slot(), owner.side()) != (reading.slot, side) {
                let what = "a level belongs to another book";
                return Err(Wrong::link(what, reading.slot.raw(), owner.slot().raw()));
            }
            if expiries & 1 << owner.expiry() != 0 {
                return Err(Wrong::link("a level is there twice", 0, owner.expiry()));
            }
            expiries |= 1 << owner.expiry();
            if stored.rank != rank {
                let what = "a level has another price than its place";
                // The last of its orders would look for it there.
                let found = stored.rank.price(side).raw();
                return Err(Wrong::link(what, price.raw(), found));
            }
            self.read_queue(reading, level, &stored)?;
            sum.qty = sum.qty.wrapping_add(stored.qty);
            sum.orders = sum.orders.wrapping_add(stored.orders);
            level = stored.sibling;
            if level == LevelRef::NONE {
                break;
            }
        }
        reading.level = None;
        Ok(sum)
    }

    /// Reads the orders of a level.
    fn read_queue(
        &self,
        reading: &mut Reading,
        level: LevelRef,
        stored: &Stored,
    ) -> Result<(), Wrong> {
        let records = &self.engine.records;
        let (mut count, mut shares, mut last) = (0u32, 0u64, level.record());
        while let Some(Member { order, id, qty }) = records.read_member(level, last)? {
            if reading.left == 0 {
                return Ok(());
            }
            reading.left -= 1;
            reading.orders += 1;
            reading.order_id = Some(id);
            let found = self
                .engine
                .resting(self.engine.orders.key(reading.slot, id));
            if found.is_none_or(|found| (found.order, found.level) != (order, level)) {
                let found = found.map_or(u32::MAX, |found| found.order.record().raw());
                let what = "an order is not found by its id";
                return Err(Wrong::link(what, order.record().raw(), found));
            }
            reading.sum = reading.sum.wrapping_add(weight(stored.rank, id, qty));
            shares += u64::from(qty.raw());
            count += 1;
            if count > stored.orders {
                break;
            }
            last = order.record();
        }
        reading.order_id = None;
        if count != stored.orders || count == 0 {
            let what = "a level has another number of orders than it counts";
            return Err(Wrong::link(what, stored.orders, count));
        }
        records.read_end(level, last)?;
        if shares != stored.qty {
            let what = "the shares of a level are not those of its orders";
            return Err(Wrong::value(what, stored.qty, shares));
        }
        Ok(())
    }

    /// The book of a symbol is not to be trusted, whatever it holds, until it is made anew. Says whether
    /// its trust or trading status changed.
    pub fn distrust(&mut self, slot: SymbolSlot) -> bool {
        let mut record = self.symbols.record(slot);
        let before = (record.trust(), record.trading_status());
        record.drop_broken_flags();
        record.set_trust(Trust::Stale);
        record.mark();
        (record.trust(), record.trading_status()) != before
    }

    /// Takes all orders of all symbols away without reading them; no book is to be trusted until it is
    /// made anew.
    pub fn empty(&mut self) {
        self.engine.reset(self.capacity);
        for slot in self.slots() {
            self.symbols.record(slot).reset_orders();
            self.distrust(slot);
        }
    }

    /// Flips a bit of the memory, so that tests see what comes of it: of orders and levels, of ladders, of
    /// symbols, of their numbers, or of the table that finds them, in this order. `bit` is taken modulo their
    /// number.
    pub fn flip_bit(&mut self, bit: u64) {
        let [lines, names, index] = self.symbols.words();
        let regions = [
            self.engine.records.words(),
            self.engine.ladders.words(),
            lines,
            names,
            index,
        ];
        let bits = |words: &[u32]| words.len() as u64 * 32;
        let all: u64 = regions.iter().map(|words| bits(words)).sum();
        let mut bit = bit % all.max(1);
        for words in regions {
            if bit < bits(words) {
                words[(bit / 32) as usize] ^= 1 << (bit % 32);
                return;
            }
            bit -= bits(words);
        }
    }

    /// The bit, as [`flip_bit`](Self::flip_bit) counts, that makes a resting order have one share more or
    /// less; `None` if there is no such order.
    #[must_use]
    pub fn bit_of_qty(&self, slot: SymbolSlot, order_id: OrderId) -> Option<u64> {
        let key = self.engine.orders.key(slot, order_id);
        let found = self.engine.resting(key)?;
        Some(self.engine.records.bit_of_qty(found.order))
    }
}
