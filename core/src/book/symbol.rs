//! Symbols: the state of each book beside its orders.

use super::applied::Shown;
use super::bbo::{Bbo, Level};
use super::ladder::{LadderRoot, Rank};
use super::memory::{Line, WORDS, long};
use super::rejection::Rejection;
use super::slot::SymbolSlot;
use super::state::{Conditions, TradingStatus, Trust};
use super::symbol_table::SymbolTable;
use crate::units::{ChannelId, PriceScale, SeqNum, Side, SymbolIndex, SymbolSeqNum};

/// Lines of the names of so many symbols.
pub(super) const fn name_lines(symbols: u32) -> usize {
    (symbols as usize).div_ceil(WORDS)
}

/// Lines of a symbol record.
pub(super) const LINES: usize = 1;
/// What the orders of the book add up to; see [`sum`](super::sum).
pub(super) const SUM: usize = 0;
const FLAGS: usize = 1;
/// The number of the last message within the symbol; 0 before the first.
const SEQ_NUM: usize = 2;
/// Events applied, to notice that there was one.
const CHANGES: usize = 3;
/// The channel that the book belongs to, as [`owner`]; 0 while it belongs to none.
const CHANNEL: usize = 4;
/// The channel's number that nothing older can make the book right again: of the last clear, change
/// of scale, refresh, or loss.
const SINCE: usize = 5;
/// Best bid and best ask: rank, quantity (two words), orders.
#[inline(always)]
pub(super) const fn best_at(side: Side) -> usize {
    6 + 4 * side as usize
}
/// The ladder of a side.
#[inline(always)]
const fn ladder_at(side: Side) -> usize {
    14 + side as usize
}

/// Flags, above the price scale in the low byte, trust and trading status.
pub(super) mod flag {
    /// Orders left without a delete, which may still come.
    pub(in super::super) const EXPIRED: u32 = 1 << 12;
    /// Two channels claim the symbol, so that no book of it can be trusted.
    pub(in super::super) const CONTESTED: u32 = 1 << 13;
    /// The channel numbers anew, and so will the symbol with its next message.
    pub(in super::super) const RESET: u32 = 1 << 14;
    /// A failover builds the book anew.
    pub(in super::super) const FAILOVER: u32 = 1 << 15;
    /// That failover cleared it.
    pub(in super::super) const CLEARED: u32 = 1 << 16;
    /// A refresh is under way.
    pub(in super::super) const REFRESHING: u32 = 1 << 17;
    /// The refresh is ahead of what was read: messages up to its number are in it.
    pub(in super::super) const AHEAD: u32 = 1 << 18;
    /// The channel is that of the failover, and no message of the symbol came yet.
    pub(in super::super) const TENTATIVE: u32 = 1 << 19;
    /// A new scale may have been among what is lost.
    pub(in super::super) const UNSCALED: u32 = 1 << 20;
    /// The channel numbers anew, and nothing said so: the symbol's own numbers prove nothing.
    pub(in super::super) const UNANNOUNCED: u32 = 1 << 21;
    /// What a restored book has too.
    pub(in super::super) const LASTING: u32 =
        EXPIRED | CONTESTED | RESET | FAILOVER | CLEARED | UNSCALED | UNANNOUNCED;
    /// What the next message may end, so that it is looked at closely.
    pub(in super::super) const WATCHED: u32 = CONTESTED | RESET | REFRESHING | AHEAD | TENTATIVE;
}

/// The flags, below their seal.
const SEAL_SHIFT: u32 = 22;

/// Flags with their seal: the upper bits add the others up, so that one that was flipped shows.
const fn sealed(flags: u32) -> u32 {
    let flags = flags & ((1 << SEAL_SHIFT) - 1);
    flags | (flags ^ flags >> 10 ^ flags >> 20) << SEAL_SHIFT
}

/// Whether flags are as they were written.
pub(super) const fn is_sealed(flags: u32) -> bool {
    flags == sealed(flags)
}

/// Where trust and trading status are in the flags; two bits each.
const TRUST_SHIFT: u32 = 8;
const STATUS_SHIFT: u32 = 10;
const TWO_BITS: u32 = 3;

/// The mark in [`CHANNEL`] of a symbol whose next message is to be looked at closely, whatever number
/// it has.
const CLOSELY: u32 = 1 << 31;

/// A channel as [`CHANNEL`] has it.
#[inline(always)]
const fn owner(channel: ChannelId) -> u32 {
    channel.raw() as u32 + 1
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

/// All symbol records, and the table that finds them.
#[derive(Debug)]
pub(super) struct Symbols<'s> {
    index: SymbolTable<'s>,
    /// The venue's number of each symbol, which events do not need.
    names: &'s mut [u32],
    lines: &'s mut [Line],
    count: u32,
}

impl<'s> Symbols<'s> {
    pub(super) fn new(index: &'s mut [Line], names: &'s mut [Line], lines: &'s mut [Line]) -> Self {
        let mut symbols = Self::resume(index, names, lines, 0);
        symbols.reset();
        symbols
    }

    /// Forgets all symbols.
    pub(super) fn reset(&mut self) {
        self.index.reset();
        self.names.fill(0);
        self.lines.fill([0; WORDS]);
        self.count = 0;
    }

    /// So many symbols as they were left.
    pub(super) fn resume(
        index: &'s mut [Line],
        names: &'s mut [Line],
        lines: &'s mut [Line],
        count: u32,
    ) -> Self {
        Self {
            index: SymbolTable::new(index),
            names: names.as_flattened_mut(),
            lines,
            count,
        }
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// The slot of a symbol, or [`SymbolSlot::NONE`].
    #[inline(always)]
    pub(super) fn slot(&self, symbol_index: SymbolIndex) -> SymbolSlot {
        self.index.slot(symbol_index)
    }

    /// The slot of a symbol, if it is defined.
    pub(super) fn find(&self, symbol_index: SymbolIndex) -> Option<SymbolSlot> {
        let slot = self.slot(symbol_index);
        (slot.raw() < self.count).then_some(slot)
    }

    /// All words of the symbols that are defined: their records, their numbers, and the table that finds
    /// them.
    pub(super) fn words(&mut self) -> [&mut [u32]; 3] {
        let count = SymbolSlot::from_raw(self.count).number();
        [
            self.lines[..count * LINES].as_flattened_mut(),
            &mut self.names[..count],
            self.index.words(),
        ]
    }

    /// Adds a symbol that is not there yet.
    pub(super) fn add(
        &mut self,
        symbol_index: SymbolIndex,
        scale: PriceScale,
    ) -> Result<SymbolSlot, DefineError> {
        let slot = SymbolSlot::from_raw(self.count);
        if slot.number() * LINES >= self.lines.len() {
            return Err(DefineError::Full);
        }
        if !self.index.insert(symbol_index, slot) {
            return Err(DefineError::Crowded);
        }
        self.names[slot.number()] = symbol_index.raw();
        self.count += 1;
        let record = &mut self.lines[slot.number() * LINES];
        record[FLAGS] = sealed(u32::from(scale.code()));
        SymbolRecord(record).reset_orders();
        Ok(slot)
    }

    #[inline(always)]
    fn at(&self, slot: SymbolSlot) -> &Line {
        &self.lines[slot.number() * LINES]
    }

    /// The record of a symbol.
    #[inline(always)]
    pub(super) fn record(&mut self, slot: SymbolSlot) -> SymbolRecord<'_> {
        SymbolRecord(&mut self.lines[slot.number() * LINES])
    }

    /// The record of a symbol, if there is one in this slot.
    #[inline(always)]
    pub(super) fn record_in(&mut self, slot: SymbolSlot) -> Option<SymbolRecord<'_>> {
        self.lines.get_mut(slot.number() * LINES).map(SymbolRecord)
    }

    pub(super) fn symbol_index(&self, slot: SymbolSlot) -> SymbolIndex {
        SymbolIndex::from_raw(self.names[slot.number()])
    }

    pub(super) fn flags(&self, slot: SymbolSlot) -> u32 {
        self.at(slot)[FLAGS]
    }

    fn has(&self, slot: SymbolSlot, flag: u32) -> bool {
        self.flags(slot) & flag != 0
    }

    /// The flags that two equal books share: price scale, trust, trading status, and whether two
    /// channels claim the symbol. The others say how the book came to be what it is.
    pub(super) fn shared_flags(&self, slot: SymbolSlot) -> u32 {
        let state = (TWO_BITS << TRUST_SHIFT) | (TWO_BITS << STATUS_SHIFT);
        self.flags(slot) & (0xFF | state | flag::CONTESTED)
    }

    pub(super) fn trust(&self, slot: SymbolSlot) -> Trust {
        trust(self.flags(slot))
    }

    pub(super) fn trading_status(&self, slot: SymbolSlot) -> TradingStatus {
        trading_status(self.flags(slot))
    }

    pub(super) fn channel(&self, slot: SymbolSlot) -> Option<ChannelId> {
        channel(self.at(slot)[CHANNEL])
    }

    pub(super) fn is_contested(&self, slot: SymbolSlot) -> bool {
        self.has(slot, flag::CONTESTED)
    }

    /// Whether the channel is only that of a failover, which any symbol without messages may be of.
    pub(super) fn is_tentative(&self, slot: SymbolSlot) -> bool {
        self.has(slot, flag::TENTATIVE)
    }

    pub(super) fn since(&self, slot: SymbolSlot) -> SeqNum {
        SeqNum::from_raw(self.at(slot)[SINCE])
    }

    pub(super) fn scale(&self, slot: SymbolSlot) -> PriceScale {
        scale(self.flags(slot))
    }

    pub(super) fn conditions(&self, slot: SymbolSlot) -> Conditions {
        Conditions {
            trust: self.trust(slot),
            trading_status: self.trading_status(slot),
            expired: self.has(slot, flag::EXPIRED),
            contested: self.has(slot, flag::CONTESTED),
            reset: self.has(slot, flag::RESET),
            failover: self.has(slot, flag::FAILOVER),
            cleared: self.has(slot, flag::CLEARED),
            unscaled: self.has(slot, flag::UNSCALED),
            unannounced: self.has(slot, flag::UNANNOUNCED),
        }
    }

    /// What the orders of the book add up to.
    #[inline(always)]
    pub(super) fn sum(&self, slot: SymbolSlot) -> u32 {
        self.at(slot)[SUM]
    }

    /// Events applied so far, modulo 2^32.
    pub(super) fn changes(&self, slot: SymbolSlot) -> u32 {
        self.at(slot)[CHANGES]
    }

    pub(super) fn seq_num(&self, slot: SymbolSlot) -> Option<SymbolSeqNum> {
        let last = self.at(slot)[SEQ_NUM];
        (last != 0).then_some(SymbolSeqNum::from_raw(last))
    }

    pub(super) fn ladder(&self, slot: SymbolSlot, side: Side) -> LadderRoot {
        LadderRoot::from_raw(self.at(slot)[ladder_at(side)])
    }

    /// The ladder of a side, if there is a symbol in this slot.
    #[inline(always)]
    pub(super) fn ladder_in(&self, slot: SymbolSlot, side: Side) -> Option<LadderRoot> {
        let line = self.lines.get(slot.number() * LINES)?;
        Some(LadderRoot::from_raw(line[ladder_at(side)]))
    }

    /// Loads the record in a slot, if there is one.
    #[inline(always)]
    pub(super) fn load(&self, slot: SymbolSlot) -> u32 {
        self.lines
            .get(slot.number() * LINES)
            .map_or(0, |line| line[0])
    }

    /// The best level of a side.
    #[inline(always)]
    pub(super) fn best(&self, slot: SymbolSlot, side: Side) -> Option<Level> {
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
    pub(super) fn bbo(&self, slot: SymbolSlot) -> Bbo {
        Bbo {
            bid: self.best(slot, Side::Bid),
            ask: self.best(slot, Side::Ask),
        }
    }

    /// What an event may change of a symbol.
    pub(super) fn shown(&self, slot: SymbolSlot) -> Shown {
        (self.bbo(slot), self.trust(slot), self.trading_status(slot))
    }
}

const fn trust(flags: u32) -> Trust {
    match flags >> TRUST_SHIFT & TWO_BITS {
        0 => Trust::Live,
        1 => Trust::Recovering,
        2 => Trust::Partial,
        _ => Trust::Stale,
    }
}

const fn trading_status(flags: u32) -> TradingStatus {
    match flags >> STATUS_SHIFT & TWO_BITS {
        0 => TradingStatus::Unknown,
        1 => TradingStatus::Open,
        2 => TradingStatus::Halted,
        _ => TradingStatus::Closed,
    }
}

/// The channel that [`owner`] stands for.
fn channel(owner: u32) -> Option<ChannelId> {
    let channel = (owner & !CLOSELY).checked_sub(1)?;
    u8::try_from(channel).ok().map(ChannelId::from_raw)
}

fn scale(flags: u32) -> PriceScale {
    // Only damaged memory has another one.
    const WHOLE: PriceScale = PriceScale::new(0).expect("there are whole prices");
    PriceScale::new((flags & 0xFF) as u8).unwrap_or(WHOLE)
}

/// The record of one symbol.
#[derive(Debug)]
pub(super) struct SymbolRecord<'a>(pub(super) &'a mut Line);

impl SymbolRecord<'_> {
    /// Whether a message is the next one of the symbol and nothing is odd about it or the book.
    #[inline(always)]
    pub(super) fn follows(&self, channel: ChannelId, number: Option<SymbolSeqNum>) -> bool {
        let next = self.0[SEQ_NUM].wrapping_add(1);
        self.0[CHANNEL] == owner(channel) && number.is_some_and(|number| number.raw() == next)
    }

    /// Notes that an event is being applied.
    #[inline(always)]
    pub(super) fn note(&mut self) {
        self.0[CHANGES] = self.0[CHANGES].wrapping_add(1);
    }

    /// Events applied so far, modulo 2^32.
    #[inline(always)]
    pub(super) fn changes(&self) -> u32 {
        self.0[CHANGES]
    }

    /// The number of the symbol's last message; 0 before the first.
    pub(super) fn last(&self) -> u32 {
        self.0[SEQ_NUM]
    }

    #[inline(always)]
    pub(super) fn set_last(&mut self, last: u32) {
        self.0[SEQ_NUM] = last;
    }

    /// Takes note of the next number.
    #[inline(always)]
    pub(super) fn count_message(&mut self) {
        self.0[SEQ_NUM] = self.0[SEQ_NUM].wrapping_add(1);
    }

    pub(super) fn channel(&self) -> Option<ChannelId> {
        channel(self.0[CHANNEL])
    }

    pub(super) fn set_channel(&mut self, channel: Option<ChannelId>) {
        self.0[CHANNEL] = channel.map_or(0, owner);
    }

    pub(super) fn since(&self) -> SeqNum {
        SeqNum::from_raw(self.0[SINCE])
    }

    pub(super) fn set_since(&mut self, since: SeqNum) {
        self.0[SINCE] = since.raw();
    }

    pub(super) fn has(&self, flag: u32) -> bool {
        self.0[FLAGS] & flag != 0
    }

    fn put_flags(&mut self, flags: u32) {
        // What was broken before stays so.
        let broken = self.0[FLAGS] ^ sealed(self.0[FLAGS]);
        self.0[FLAGS] = sealed(flags) ^ broken;
    }

    /// Forgets the flags where they are not those that were written: the book is stale, and nobody knows its
    /// scale.
    pub(super) fn drop_broken_flags(&mut self) {
        if !is_sealed(self.0[FLAGS]) {
            let stale = (Trust::Stale as u32) << TRUST_SHIFT;
            self.0[FLAGS] = sealed(u32::from(self.scale().code()) | stale | flag::UNSCALED);
        }
    }

    pub(super) fn set(&mut self, flag: u32) {
        self.put_flags(self.0[FLAGS] | flag);
    }

    pub(super) fn unset(&mut self, flag: u32) {
        self.put_flags(self.0[FLAGS] & !flag);
    }

    pub(super) fn trust(&self) -> Trust {
        trust(self.0[FLAGS])
    }

    /// Makes the trust so, but for a symbol that two channels claim or whose scale nobody knows. A
    /// refresh that was under way is over for a book that is stale.
    pub(super) fn set_trust(&mut self, trust: Trust) {
        let trust = if self.has(flag::CONTESTED | flag::UNSCALED) {
            Trust::Stale
        } else {
            trust
        };
        if trust == Trust::Stale {
            self.unset(flag::REFRESHING);
        }
        let others = self.0[FLAGS] & !(TWO_BITS << TRUST_SHIFT);
        self.put_flags(others | (trust as u32) << TRUST_SHIFT);
    }

    pub(super) fn trading_status(&self) -> TradingStatus {
        trading_status(self.0[FLAGS])
    }

    pub(super) fn set_trading_status(&mut self, status: TradingStatus) {
        let others = self.0[FLAGS] & !(TWO_BITS << STATUS_SHIFT);
        self.put_flags(others | (status as u32) << STATUS_SHIFT);
    }

    /// Whether the symbol had a message or has orders.
    pub(super) fn has_content(&self) -> bool {
        self.last() != 0
            || Side::BOTH
                .iter()
                .any(|&side| self.ladder(side) != LadderRoot::NONE)
    }

    /// Whether it was cleared in the middle of the day, and the refresh that follows has not begun.
    pub(super) fn awaits_refresh(&self) -> bool {
        self.trust() == Trust::Recovering && !self.has(flag::FAILOVER | flag::REFRESHING)
    }

    /// Marks the symbol if its next message is to be looked at closely, whatever number it has: to be
    /// called after everything that may change whether it is.
    pub(super) fn mark(&mut self) {
        let starts = self.last() == 0 && self.trust() != Trust::Live;
        let watched = self.has(flag::WATCHED) || self.awaits_refresh();
        let closely = self.0[CHANNEL] != 0 && (starts || watched);
        self.0[CHANNEL] = self.0[CHANNEL] & !CLOSELY | if closely { CLOSELY } else { 0 };
    }

    /// Withdraws the trust in the book, unless what was refused may be in order; says whether that
    /// changed it. An order that is not there may be older than a book that does not know older ones.
    #[cold]
    pub(super) fn reject(&mut self, rejection: Rejection) -> bool {
        let before = self.trust();
        let lacks_orders = match before {
            Trust::Partial => true,
            Trust::Recovering => !self.has(flag::FAILOVER),
            Trust::Live | Trust::Stale => false,
        };
        let is_harmless = rejection == Rejection::LateDelete
            || rejection == Rejection::UnknownOrder && lacks_orders;
        if !is_harmless {
            self.set_trust(Trust::Stale);
            self.mark();
        }
        self.trust() != before
    }

    /// Whether orders left without a delete, which may still come.
    pub(super) fn expects_late_deletes(&self) -> bool {
        self.has(flag::EXPIRED)
    }

    #[inline(always)]
    pub(super) fn scale(&self) -> PriceScale {
        scale(self.0[FLAGS])
    }

    pub(super) fn set_scale(&mut self, scale: PriceScale) {
        self.put_flags(self.0[FLAGS] & !0xFF | u32::from(scale.code()));
    }

    /// Makes the conditions so, whatever they were.
    pub(super) fn set_conditions(&mut self, conditions: Conditions) {
        let Conditions {
            trust,
            trading_status,
            expired,
            contested,
            reset,
            failover,
            cleared,
            unscaled,
            unannounced,
        } = conditions;
        self.unset(flag::LASTING | flag::WATCHED);
        let flags = [
            (expired, flag::EXPIRED),
            (contested, flag::CONTESTED),
            (reset, flag::RESET),
            (failover, flag::FAILOVER),
            (cleared, flag::CLEARED),
            (unscaled, flag::UNSCALED),
            (unannounced, flag::UNANNOUNCED),
        ];
        for (_, flag) in flags.into_iter().filter(|&(is_set, _)| is_set) {
            self.set(flag);
        }
        self.set_trust(trust);
        self.set_trading_status(trading_status);
        self.mark();
    }

    #[inline(always)]
    pub(super) fn ladder(&self, side: Side) -> LadderRoot {
        LadderRoot::from_raw(self.0[ladder_at(side)])
    }

    /// Makes both sides empty, whatever they were.
    pub(super) fn reset_orders(&mut self) {
        for side in Side::BOTH {
            self.set_ladder(side, LadderRoot::NONE);
            self.set_best(side, Rank::LEAST, 0, 0);
        }
        self.reset_sum();
    }

    #[inline(always)]
    pub(super) fn set_ladder(&mut self, side: Side, ladder: LadderRoot) {
        self.0[ladder_at(side)] = ladder.raw();
    }
}
