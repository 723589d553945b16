//! Symbols: the state of each book beside its orders, and the index that finds it.

use super::applied::Rejection;
use super::bbo::{Bbo, Level};
use super::ladder::Rank;
use super::memory::{Line, NONE, WORDS, long, set_long};
use super::state::{BookState, Conditions};
use super::steps;
use crate::units::{PriceScale, Qty, Side, SymbolIndex, SymbolSeqNum};

/// Lines of a symbol record.
pub(super) const LINES: usize = 1;
/// The most index entries visited to find a symbol.
const PROBES: u32 = 64;
/// Words of an index entry: the venue's number and the slot.
const ENTRY: usize = 2;

const SYMBOL_INDEX: usize = 0;
const FLAGS: usize = 1;
const SEQ_NUM: usize = 2;
/// Events applied, to notice that there was one.
const CHANGES: usize = 3;
const EVENT_NUM: usize = 4;
/// Best bid and best ask: rank, quantity (two words), orders.
#[inline(always)]
const fn best_at(side: Side) -> usize {
    6 + 4 * side as usize
}
/// The ladder of a side.
#[inline(always)]
const fn ladder_at(side: Side) -> usize {
    14 + side as usize
}

/// Flags, above the price scale in the low byte.
pub(super) mod flag {
    pub(in super::super) const STALE: u32 = 1 << 8;
    pub(in super::super) const RECOVERING: u32 = 1 << 9;
    pub(in super::super) const HALTED: u32 = 1 << 10;
    pub(in super::super) const CLOSED: u32 = 1 << 11;
    /// The last message carried a number.
    pub(in super::super) const NUMBERED: u32 = 1 << 12;
    /// Orders left without a delete, which may still come.
    pub(in super::super) const EXPIRED: u32 = 1 << 13;
    /// What a clear forgets.
    pub(in super::super) const CLEARED: u32 =
        STALE | RECOVERING | HALTED | CLOSED | NUMBERED | EXPIRED;
}

/// Entries of the index: a power of two, at most half full.
const fn index_entries(symbols: u32) -> usize {
    let entries = (symbols as usize * 2).next_power_of_two();
    if entries * ENTRY < WORDS {
        WORDS / ENTRY
    } else {
        entries
    }
}

/// Lines of the index.
pub(super) const fn index_lines(symbols: u32) -> usize {
    index_entries(symbols) * ENTRY / WORDS
}

/// A symbol of these books: numbered 0, 1, 2, … in the order of definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SymbolSlot(u32);

impl SymbolSlot {
    pub(super) const fn from_raw(raw: u32) -> Self {
        Self(raw)
    }

    /// The position in the order of definition: 0, 1, 2, …
    #[must_use]
    pub const fn raw(self) -> u32 {
        self.0
    }
}

/// Why a symbol was not defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum DefineError {
    /// All symbols of the capacity are defined.
    Full,
    /// Too many symbol indices share their home in the index.
    Crowded,
}

impl core::fmt::Display for DefineError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Full => "all symbols of the capacity are defined",
            Self::Crowded => "too many symbol indices collide",
        })
    }
}

impl core::error::Error for DefineError {}

/// All symbol records and their index.
#[derive(Debug)]
pub(super) struct Symbols<'s> {
    /// The venue's numbers and their slots; as many entries as a power of two.
    index: &'s mut [[u32; ENTRY]],
    lines: &'s mut [Line],
    count: u32,
}

impl<'s> Symbols<'s> {
    pub(super) fn new(index: &'s mut [Line], lines: &'s mut [Line]) -> Self {
        let (index, _) = index.as_flattened_mut().as_chunks_mut();
        index.fill([NONE; ENTRY]);
        lines.fill([0; WORDS]);
        Self {
            index,
            lines,
            count: 0,
        }
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Where the n-th index entry from the home of this symbol is.
    ///
    /// The venue's numbers are dense in places, so they are spread: of the 7,788 symbols of a real
    /// file, more than [`PROBES`] would share a neighbourhood by their low bits.
    #[inline(always)]
    fn entry(&self, symbol_index: SymbolIndex, probe: u32) -> usize {
        // 2^32 divided by the golden ratio; the upper bits of the product are the even ones.
        let spread = u64::from(symbol_index.raw().wrapping_mul(0x9E37_79B9));
        let home = ((spread * self.index.len() as u64) >> 32) as usize;
        (home + probe as usize) & (self.index.len() - 1)
    }

    /// The slot of a symbol.
    pub(super) fn find(&self, symbol_index: SymbolIndex) -> Option<u32> {
        let slot = self.slot(symbol_index);
        (slot != NONE).then_some(slot)
    }

    /// The slot of a symbol, or [`NONE`].
    #[inline(always)]
    pub(super) fn slot(&self, symbol_index: SymbolIndex) -> u32 {
        steps::count();
        let [found, slot] = self.index[self.entry(symbol_index, 0)];
        if found == symbol_index.raw() {
            return slot;
        }
        self.find_further(symbol_index)
    }

    /// The slot of a symbol that is not at home in the index.
    #[cold]
    fn find_further(&self, symbol_index: SymbolIndex) -> u32 {
        (0..PROBES)
            .inspect(|_| steps::count())
            .map(|probe| self.index[self.entry(symbol_index, probe)])
            .take_while(|&[_, slot]| slot != NONE)
            .find(|&[found, _]| found == symbol_index.raw())
            .map_or(NONE, |[_, slot]| slot)
    }

    /// Adds a symbol that is not there yet.
    pub(super) fn add(
        &mut self,
        symbol_index: SymbolIndex,
        scale: PriceScale,
    ) -> Result<u32, DefineError> {
        let slot = self.count;
        if slot as usize * LINES >= self.lines.len() {
            return Err(DefineError::Full);
        }
        let entry = (0..PROBES)
            .map(|probe| self.entry(symbol_index, probe))
            .find(|&entry| self.index[entry][1] == NONE)
            .ok_or(DefineError::Crowded)?;
        self.index[entry] = [symbol_index.raw(), slot];
        self.count += 1;
        let record = &mut self.lines[slot as usize * LINES];
        record[SYMBOL_INDEX] = symbol_index.raw();
        record[FLAGS] = u32::from(scale.code());
        for side in Side::BOTH {
            record[ladder_at(side)] = NONE;
            record[best_at(side)] = Rank::LEAST.raw();
        }
        Ok(slot)
    }

    #[inline(always)]
    fn at(&self, slot: u32) -> &Line {
        &self.lines[slot as usize * LINES]
    }

    /// The record of a symbol.
    #[inline(always)]
    pub(super) fn record(&mut self, slot: u32) -> Record<'_> {
        Record(&mut self.lines[slot as usize * LINES])
    }

    /// The record of a symbol, if there is one in this slot.
    #[inline(always)]
    pub(super) fn record_in(&mut self, slot: u32) -> Option<Record<'_>> {
        self.lines.get_mut(slot as usize * LINES).map(Record)
    }

    pub(super) fn symbol_index(&self, slot: u32) -> SymbolIndex {
        SymbolIndex::from_raw(self.at(slot)[SYMBOL_INDEX])
    }

    pub(super) fn flags(&self, slot: u32) -> u32 {
        self.at(slot)[FLAGS]
    }

    fn has(&self, slot: u32, flag: u32) -> bool {
        self.flags(slot) & flag != 0
    }

    pub(super) fn state(&self, slot: u32) -> BookState {
        state(self.flags(slot))
    }

    pub(super) fn scale(&self, slot: u32) -> PriceScale {
        scale(self.flags(slot))
    }

    pub(super) fn conditions(&self, slot: u32) -> Conditions {
        Conditions {
            stale: self.has(slot, flag::STALE | flag::RECOVERING),
            halted: self.has(slot, flag::HALTED),
            closed: self.has(slot, flag::CLOSED),
            expired: self.has(slot, flag::EXPIRED),
        }
    }

    /// Events applied so far, modulo 2^32.
    pub(super) fn changes(&self, slot: u32) -> u32 {
        self.at(slot)[CHANGES]
    }

    pub(super) fn seq_num(&self, slot: u32) -> Option<SymbolSeqNum> {
        self.has(slot, flag::NUMBERED)
            .then(|| SymbolSeqNum::from_raw(self.at(slot)[SEQ_NUM]))
    }

    pub(super) fn event_num(&self, slot: u32) -> u64 {
        long(self.at(slot), EVENT_NUM)
    }

    pub(super) fn ladder(&self, slot: u32, side: Side) -> u32 {
        self.at(slot)[ladder_at(side)]
    }

    /// The ladder of a side, if there is a symbol in this slot.
    #[inline(always)]
    pub(super) fn ladder_in(&self, slot: u32, side: Side) -> Option<u32> {
        let line = self.lines.get(slot as usize * LINES)?;
        Some(line[ladder_at(side)])
    }

    /// Loads the record in a slot, if there is one.
    #[inline(always)]
    pub(super) fn load(&self, slot: u32) -> u32 {
        self.lines
            .get(slot as usize * LINES)
            .map_or(0, |line| line[0])
    }

    /// The best level of a side.
    #[inline(always)]
    pub(super) fn best(&self, slot: u32, side: Side) -> Option<Level> {
        let (record, at) = (self.at(slot), best_at(side));
        let orders = record[at + 3];
        let price = Rank::from_raw(record[at]).price(side);
        (orders != 0).then(|| Level {
            price,
            qty: long(record, at + 1),
            orders,
        })
    }

    #[inline(always)]
    pub(super) fn bbo(&self, slot: u32) -> Bbo {
        Bbo {
            bid: self.best(slot, Side::Bid),
            ask: self.best(slot, Side::Ask),
        }
    }
}

fn state(flags: u32) -> BookState {
    if flags & flag::RECOVERING != 0 {
        BookState::Recovering
    } else if flags & flag::STALE != 0 {
        BookState::Stale
    } else if flags & flag::CLOSED != 0 {
        BookState::Closed
    } else if flags & flag::HALTED != 0 {
        BookState::Halted
    } else {
        BookState::Live
    }
}

fn scale(flags: u32) -> PriceScale {
    PriceScale::new((flags & 0xFF) as u8).expect("only scales are stored")
}

/// All bits or none.
#[inline(always)]
fn mask(all: bool) -> u64 {
    u64::from(all).wrapping_neg()
}

/// The record of one symbol.
#[derive(Debug)]
pub(super) struct Record<'a>(&'a mut Line);

impl Record<'_> {
    /// Notes that an event is being applied.
    #[inline(always)]
    pub(super) fn note(&mut self, seq_num: Option<SymbolSeqNum>) {
        self.0[CHANGES] = self.0[CHANGES].wrapping_add(1);
        if let Some(seq_num) = seq_num {
            self.set_seq_num(seq_num);
        }
    }

    /// Events applied so far, modulo 2^32.
    #[inline(always)]
    pub(super) fn changes(&self) -> u32 {
        self.0[CHANGES]
    }

    #[inline(always)]
    pub(super) fn set_seq_num(&mut self, seq_num: SymbolSeqNum) {
        self.0[SEQ_NUM] = seq_num.raw();
        self.0[FLAGS] |= flag::NUMBERED;
    }

    /// Counts an event that others must hear, if it is one; returns the number of the last.
    #[inline(always)]
    pub(super) fn count_news(&mut self, is_news: bool) -> u64 {
        let event_num = long(self.0, EVENT_NUM) + u64::from(is_news);
        set_long(self.0, EVENT_NUM, event_num);
        event_num
    }

    pub(super) fn set(&mut self, flag: u32) {
        self.0[FLAGS] |= flag;
    }

    pub(super) fn unset(&mut self, flag: u32) {
        self.0[FLAGS] &= !flag;
    }

    /// Withdraws the trust in the book; says whether its state changed.
    #[cold]
    pub(super) fn reject(&mut self, rejection: Rejection) -> bool {
        let before = state(self.0[FLAGS]);
        if rejection != Rejection::LateDelete {
            self.set(flag::STALE);
        }
        state(self.0[FLAGS]) != before
    }

    /// Whether orders left without a delete, which may still come.
    pub(super) fn expects_late_deletes(&self) -> bool {
        self.0[FLAGS] & flag::EXPIRED != 0
    }

    #[inline(always)]
    pub(super) fn scale(&self) -> PriceScale {
        scale(self.0[FLAGS])
    }

    pub(super) fn set_scale(&mut self, scale: PriceScale) {
        self.0[FLAGS] = self.0[FLAGS] & !0xFF | u32::from(scale.code());
    }

    /// Makes the conditions so, and the book no longer recovering.
    pub(super) fn set_conditions(&mut self, conditions: Conditions) {
        let Conditions {
            stale,
            halted,
            closed,
            expired,
        } = conditions;
        let flags = [
            (stale, flag::STALE),
            (halted, flag::HALTED),
            (closed, flag::CLOSED),
            (expired, flag::EXPIRED),
        ];
        self.unset(flag::CLEARED & !flag::NUMBERED);
        for (_, flag) in flags.into_iter().filter(|&(is_set, _)| is_set) {
            self.set(flag);
        }
    }

    /// Makes the book recovering, with these numbers.
    pub(super) fn begin_restore(&mut self, seq_num: Option<SymbolSeqNum>, event_num: u64) {
        self.unset(flag::CLEARED);
        self.set(flag::RECOVERING);
        self.note(seq_num);
        set_long(self.0, EVENT_NUM, event_num);
    }

    #[inline(always)]
    pub(super) fn ladder(&self, side: Side) -> u32 {
        self.0[ladder_at(side)]
    }

    #[inline(always)]
    pub(super) fn set_ladder(&mut self, side: Side, ladder: u32) {
        self.0[ladder_at(side)] = ladder;
    }

    /// The best level of a side as it is stored, to compare.
    #[inline(always)]
    pub(super) fn best_words(&self, side: Side) -> [u32; 4] {
        let at = best_at(side);
        [self.0[at], self.0[at + 1], self.0[at + 2], self.0[at + 3]]
    }

    /// Makes this the best level of a side.
    pub(super) fn set_best(&mut self, side: Side, rank: Rank, qty: u64, orders: u32) {
        let at = best_at(side);
        self.0[at] = rank.raw();
        set_long(self.0, at + 1, qty);
        self.0[at + 3] = orders;
    }

    /// An order joined a level; says whether that changed the best one.
    #[inline(always)]
    pub(super) fn best_joined(&mut self, side: Side, rank: Rank, qty: Qty) -> bool {
        let at = best_at(side);
        let best = Rank::from_raw(self.0[at]);
        // Chosen by masks, since where orders join is not to be guessed. An empty side has the least
        // rank and no shares.
        let (stays, joins) = (mask(rank <= best), mask(rank >= best));
        let best_qty = (long(self.0, at + 1) & stays) + (u64::from(qty.raw()) & joins);
        let best_orders = (self.0[at + 3] & stays as u32) + (1 & joins as u32);
        self.set_best(side, best.max(rank), best_qty, best_orders);
        joins != 0
    }

    /// An order left a level; says whether that was the best one, and whether the best one has no
    /// orders now.
    #[inline(always)]
    pub(super) fn best_left(&mut self, side: Side, rank: Rank, qty: Qty) -> (bool, bool) {
        let at = best_at(side);
        let left = mask(self.0[at] == rank.raw());
        let best_qty = long(self.0, at + 1) - (u64::from(qty.raw()) & left);
        set_long(self.0, at + 1, best_qty);
        self.0[at + 3] -= 1 & left as u32;
        (left != 0, self.0[at + 3] == 0)
    }

    /// An order changed its shares; says whether that changed the best level.
    #[inline(always)]
    pub(super) fn best_resized(&mut self, side: Side, rank: Rank, old: Qty, new: Qty) -> bool {
        let at = best_at(side);
        if self.0[at] != rank.raw() {
            return false;
        }
        let qty = long(self.0, at + 1) - u64::from(old.raw()) + u64::from(new.raw());
        set_long(self.0, at + 1, qty);
        old != new
    }
}
