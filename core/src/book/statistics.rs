//! What a symbol traded so far.

use super::memory::{Line, WORDS, long, set_long};
use super::slot::SymbolSlot;
use super::trade::Trade;
use crate::units::{Price, PriceScale};

/// Trades over which the running median is taken.
pub const MEDIAN_WINDOW: usize = 31;

/// Lines of a record: sums and extremes, then the prices of the window.
pub(super) const LINES: usize = 1 + MEDIAN_WINDOW.div_ceil(PRICES);
/// Prices in a line.
const PRICES: usize = WORDS / 2;

const TRADES: usize = 0;
const VOLUME: usize = 2;
const NOTIONAL: usize = 4;
const LAST: usize = 8;
const HIGH: usize = 10;
const LOW: usize = 12;

/// What a symbol traded since the books were made or its morning session began, whichever is later.
/// A clear does not end it, since what was traded was traded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Statistics {
    /// Trades that count towards volume, at least 1.
    pub trades: u64,
    /// Their shares.
    pub volume: u64,
    /// Price of the last.
    pub last: Price,
    /// The highest price.
    pub high: Price,
    /// The lowest price.
    pub low: Price,
    /// The mean price of a share, rounded down to 1e-9.
    pub vwap: Price,
    /// The median price of the last [`MEDIAN_WINDOW`] trades, or of all while they are fewer; of an
    /// even number the lower of the two in the middle.
    pub median: Price,
}

/// All that is remembered of a symbol's trades.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Tape {
    /// Trades that count towards volume.
    pub trades: u64,
    /// Their shares.
    pub volume: u64,
    /// The sum of price times shares.
    pub notional: u128,
    /// The highest price.
    pub high: Price,
    /// The lowest price.
    pub low: Price,
    /// The last prices: that of trade n, counted from 0, at n modulo [`MEDIAN_WINDOW`].
    pub prices: [Price; MEDIAN_WINDOW],
}

impl Tape {
    /// The statistics, if there was a trade.
    #[must_use]
    pub fn statistics(&self) -> Option<Statistics> {
        let newest = self.trades.checked_sub(1)?;
        let last = self.prices[(newest % MEDIAN_WINDOW as u64) as usize];
        let mut window = self.prices;
        let window = &mut window[..self.trades.min(MEDIAN_WINDOW as u64) as usize];
        window.sort_unstable();
        Some(Statistics {
            trades: self.trades,
            volume: self.volume,
            last,
            high: self.high,
            low: self.low,
            vwap: Price::from_raw((self.notional / u128::from(self.volume.max(1))) as i64),
            median: window[(window.len() - 1) / 2],
        })
    }
}

/// The tapes of all symbols.
#[derive(Debug)]
pub(super) struct Tapes<'s> {
    lines: &'s mut [Line],
}

impl<'s> Tapes<'s> {
    /// The tapes as they were left.
    pub(super) fn resume(lines: &'s mut [Line]) -> Self {
        Self { lines }
    }

    pub(super) fn new(lines: &'s mut [Line]) -> Self {
        let mut tapes = Self { lines };
        tapes.reset_all();
        tapes
    }

    /// Forgets the trades of all symbols.
    pub(super) fn reset_all(&mut self) {
        self.lines.fill([0; WORDS]);
    }

    fn record(&self, slot: SymbolSlot) -> &[Line] {
        &self.lines[slot.number() * LINES..][..LINES]
    }

    fn record_mut(&mut self, slot: SymbolSlot) -> &mut [Line] {
        &mut self.lines[slot.number() * LINES..][..LINES]
    }

    /// Forgets the trades of a symbol.
    pub(super) fn reset(&mut self, slot: SymbolSlot) {
        self.record_mut(slot).fill([0; WORDS]);
    }

    /// Counts a trade.
    pub(super) fn count(&mut self, slot: SymbolSlot, trade: Trade, scale: PriceScale) {
        let price = trade.price.scaled(scale);
        let record = self.record_mut(slot);
        let sums = &mut record[0];
        let trades = long(sums, TRADES);
        let (high, low) = (price_at(sums, HIGH), price_at(sums, LOW));
        set_long(sums, TRADES, trades.wrapping_add(1));
        let volume = long(sums, VOLUME).wrapping_add(u64::from(trade.qty.raw()));
        set_long(sums, VOLUME, volume);
        let notional = u128::from(price.raw().unsigned_abs()) * u128::from(trade.qty.raw());
        set_notional(sums, notional_at(sums).wrapping_add(notional));
        set_price(sums, LAST, price);
        if trades == 0 || price > high {
            set_price(sums, HIGH, price);
        }
        if trades == 0 || price < low {
            set_price(sums, LOW, price);
        }
        let (line, word) = window_position((trades % MEDIAN_WINDOW as u64) as usize);
        set_price(&mut record[line], word, price);
    }

    /// The price of the last trade, if there was one.
    pub(super) fn last(&self, slot: SymbolSlot) -> Option<Price> {
        let sums = &self.record(slot)[0];
        (long(sums, TRADES) > 0).then(|| price_at(sums, LAST))
    }

    /// All that is remembered of a symbol's trades.
    pub(super) fn tape(&self, slot: SymbolSlot) -> Tape {
        let record = self.record(slot);
        let sums = &record[0];
        let mut prices = [Price::default(); MEDIAN_WINDOW];
        for (at, price) in prices.iter_mut().enumerate() {
            let (line, word) = window_position(at);
            *price = price_at(&record[line], word);
        }
        Tape {
            trades: long(sums, TRADES),
            volume: long(sums, VOLUME),
            notional: notional_at(sums),
            high: price_at(sums, HIGH),
            low: price_at(sums, LOW),
            prices,
        }
    }

    /// Replaces what is remembered of a symbol's trades.
    pub(super) fn set_tape(&mut self, slot: SymbolSlot, tape: &Tape) {
        let record = self.record_mut(slot);
        for (at, &price) in tape.prices.iter().enumerate() {
            let (line, word) = window_position(at);
            set_price(&mut record[line], word, price);
        }
        let sums = &mut record[0];
        set_long(sums, TRADES, tape.trades);
        set_long(sums, VOLUME, tape.volume);
        set_notional(sums, tape.notional);
        set_price(sums, HIGH, tape.high);
        set_price(sums, LOW, tape.low);
        let last = tape.statistics().map(|statistics| statistics.last);
        set_price(sums, LAST, last.unwrap_or_default());
    }
}

/// The line and word of a price of the window.
const fn window_position(at: usize) -> (usize, usize) {
    (1 + at / PRICES, at % PRICES * 2)
}

fn price_at(line: &Line, word: usize) -> Price {
    Price::from_raw(long(line, word).cast_signed())
}

fn set_price(line: &mut Line, word: usize, price: Price) {
    set_long(line, word, price.raw().cast_unsigned());
}

fn notional_at(sums: &Line) -> u128 {
    u128::from(long(sums, NOTIONAL)) | u128::from(long(sums, NOTIONAL + 2)) << 64
}

fn set_notional(sums: &mut Line, notional: u128) {
    set_long(sums, NOTIONAL, notional as u64);
    set_long(sums, NOTIONAL + 2, (notional >> 64) as u64);
}
