//! Symbols: the state of each book beside its orders, and the index that finds it.

use super::applied::Rejection;
use super::bbo::{Bbo, Level};
use super::ladder::Rank;
use super::memory::{Line, NONE, WORDS};
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
const BEST: [usize; 2] = [6, 10];
const LADDER: [usize; 2] = [14, 15];

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
    index: &'s mut [Line],
    lines: &'s mut [Line],
    count: u32,
}

impl<'s> Symbols<'s> {
    pub(super) fn new(index: &'s mut [Line], lines: &'s mut [Line]) -> Self {
        index.fill(Line::filled(NONE));
        lines.fill(Line::EMPTY);
        Self {
            index,
            lines,
            count: 0,
        }
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// The line and word of the n-th index entry from the home of this symbol.
    ///
    /// The venue's numbers are dense in places, so they are spread: of the 7,788 symbols of a real
    /// file, more than [`PROBES`] would share a neighbourhood by their low bits.
    fn entry(&self, symbol_index: SymbolIndex, probe: u32) -> (usize, usize) {
        let entries = self.index.len() * (WORDS / ENTRY);
        // 2^32 divided by the golden ratio; the upper bits of the product are the even ones.
        let spread = u64::from(symbol_index.raw().wrapping_mul(0x9E37_79B9));
        let home = ((spread * entries as u64) >> 32) as usize;
        let entry = (home + probe as usize) & (entries - 1);
        (entry / (WORDS / ENTRY), entry % (WORDS / ENTRY) * ENTRY)
    }

    /// The slot of a symbol.
    #[inline(always)]
    pub(super) fn find(&self, symbol_index: SymbolIndex) -> Option<u32> {
        for probe in 0..PROBES {
            steps::count();
            let (line, word) = self.entry(symbol_index, probe);
            let slot = self.index[line][word + 1];
            if slot == NONE {
                return None;
            }
            if self.index[line][word] == symbol_index.raw() {
                return Some(slot);
            }
        }
        None
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
        let (line, word) = (0..PROBES)
            .map(|probe| self.entry(symbol_index, probe))
            .find(|&(line, word)| self.index[line][word + 1] == NONE)
            .ok_or(DefineError::Crowded)?;
        self.index[line][word] = symbol_index.raw();
        self.index[line][word + 1] = slot;
        self.count += 1;
        let record = &mut self.lines[slot as usize * LINES];
        record[SYMBOL_INDEX] = symbol_index.raw();
        record[FLAGS] = u32::from(scale.code());
        for side in Side::BOTH {
            record[LADDER[side as usize]] = NONE;
            record[BEST[side as usize]] = Rank::LEAST.raw();
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
        self.at(slot).long(EVENT_NUM)
    }

    pub(super) fn ladder(&self, slot: u32, side: Side) -> u32 {
        self.at(slot)[LADDER[side as usize]]
    }

    /// The best level of a side.
    #[inline(always)]
    pub(super) fn best(&self, slot: u32, side: Side) -> Option<Level> {
        let (record, at) = (self.at(slot), BEST[side as usize]);
        let orders = record[at + 3];
        let price = Rank::from_raw(record[at]).price(side);
        (orders != 0).then(|| Level {
            price,
            qty: record.long(at + 1),
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
        let event_num = self.0.long(EVENT_NUM) + u64::from(is_news);
        self.0.set_long(EVENT_NUM, event_num);
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
        self.0.set_long(EVENT_NUM, event_num);
    }

    #[inline(always)]
    pub(super) fn ladder(&self, side: Side) -> u32 {
        self.0[LADDER[side as usize]]
    }

    #[inline(always)]
    pub(super) fn set_ladder(&mut self, side: Side, head: u32) {
        self.0[LADDER[side as usize]] = head;
    }

    /// The best level of a side as it is stored, to compare.
    #[inline(always)]
    pub(super) fn best_words(&self, side: Side) -> [u32; 4] {
        let at = BEST[side as usize];
        [self.0[at], self.0[at + 1], self.0[at + 2], self.0[at + 3]]
    }

    /// Makes this the best level of a side.
    pub(super) fn set_best(&mut self, side: Side, rank: Rank, qty: u64, orders: u32) {
        let at = BEST[side as usize];
        self.0[at] = rank.raw();
        self.0.set_long(at + 1, qty);
        self.0[at + 3] = orders;
    }

    /// An order joined a level; says whether that changed the best one.
    #[inline(always)]
    pub(super) fn best_joined(&mut self, side: Side, rank: Rank, qty: Qty) -> bool {
        let at = BEST[side as usize];
        let best = Rank::from_raw(self.0[at]);
        if rank < best {
            return false;
        }
        // An empty side has the least rank and no shares.
        let same = if rank == best { u32::MAX } else { 0 };
        let old_qty = self.0.long(at + 1) & (u64::from(same) << 32 | u64::from(same));
        let old_orders = self.0[at + 3] & same;
        self.set_best(side, rank, old_qty + u64::from(qty.raw()), old_orders + 1);
        true
    }

    /// An order left a level; says, if that was the best one, whether orders are left there.
    #[inline(always)]
    pub(super) fn best_left(&mut self, side: Side, rank: Rank, qty: Qty) -> Option<bool> {
        let at = BEST[side as usize];
        if self.0[at] != rank.raw() {
            return None;
        }
        self.0
            .set_long(at + 1, self.0.long(at + 1) - u64::from(qty.raw()));
        self.0[at + 3] -= 1;
        Some(self.0[at + 3] > 0)
    }

    /// An order changed its shares; says whether that changed the best level.
    #[inline(always)]
    pub(super) fn best_resized(&mut self, side: Side, rank: Rank, old: Qty, new: Qty) -> bool {
        let at = BEST[side as usize];
        if self.0[at] != rank.raw() {
            return false;
        }
        let qty = self.0.long(at + 1) - u64::from(old.raw()) + u64::from(new.raw());
        self.0.set_long(at + 1, qty);
        old != new
    }
}
