//! The state that the stocks of one channel share: time, random numbers, ids, and what just happened.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use oxberry_core::book::Level;
use oxberry_core::matching::{LimitOrder, Match};
use oxberry_core::units::{OrderId, Qty, RawPrice, SystemId, TradeId};
use oxberry_core::xdp::{Dialect, MarketId};

use crate::random::Random;

/// Something that the venue publishes, before a dialect gives it its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Happening {
    /// An order rests.
    Add { order: LimitOrder },
    /// A resting order has a new price or quantity.
    Modify { order: LimitOrder, kept_place: bool },
    /// An order leaves.
    Delete { order: LimitOrder },
    /// An order leaves and another one of the same side rests.
    Replace { old: LimitOrder, new: LimitOrder },
    /// A resting order traded.
    Execute { trade: Match, trade_id: TradeId },
    /// Two orders traded of which nothing was shown.
    HiddenTrade {
        price: RawPrice,
        qty: Qty,
        trade_id: TradeId,
        bid: Level,
        ask: Level,
    },
}

/// What is due at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Timer {
    /// Nanoseconds since 1970 UTC.
    pub(super) at: u64,
    /// The place of the stock in its channel.
    pub(super) stock: usize,
    /// What is due.
    pub(super) due: Due,
}

/// What a stock waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// The stock's traders do something.
    Impulse,
    /// The owner of an order has kept it for long enough.
    Expire(OrderId),
    /// The owner of an order takes it off.
    Leave(OrderId),
}

/// The state that the stocks of one channel share.
#[derive(Debug)]
pub(super) struct Venue {
    pub(super) dialect: Dialect,
    pub(super) random: Random,
    /// Nanoseconds since 1970 UTC.
    pub(super) now: u64,
    /// What happened since the last messages were written.
    pub(super) happened: Vec<Happening>,
    timers: BinaryHeap<Reverse<Timer>>,
    last_order: u32,
    last_trade: u32,
}

impl Venue {
    pub(super) const fn new(dialect: Dialect, random: Random, now: u64) -> Self {
        Self {
            dialect,
            random,
            now,
            happened: Vec::new(),
            timers: BinaryHeap::new(),
            last_order: 0,
            last_trade: 0,
        }
    }

    /// The next order id of the channel: ids count upwards over all its stocks.
    pub(super) fn next_order_id(&mut self, system: SystemId) -> OrderId {
        // Ids come again after 4 billion orders, when those that had them are long gone.
        self.last_order = self.last_order.wrapping_add(1);
        match self.dialect {
            Dialect::Legacy => OrderId::legacy(self.last_order, false),
            Dialect::Xdp | Dialect::Pillar => OrderId::from_raw(
                u64::from(self.last_order)
                    | u64::from(system.raw()) << 40
                    | u64::from(MarketId::ARCA_EQUITIES.raw()) << 48,
            ),
        }
    }

    pub(super) fn next_trade_id(&mut self) -> TradeId {
        self.last_trade = self.last_trade.wrapping_add(1);
        TradeId::from_raw(self.last_trade)
    }

    /// Sets a timer of a stock that many nanoseconds from now; returns when that is.
    pub(super) fn set_timer(&mut self, after_ns: u64, stock: usize, due: Due) -> u64 {
        let at = self.now.saturating_add(after_ns);
        self.timers.push(Reverse(Timer { at, stock, due }));
        at
    }

    /// When the next timer is due.
    pub(super) fn next_time(&self) -> Option<u64> {
        self.timers.peek().map(|Reverse(timer)| timer.at)
    }

    /// Goes on to the time of the next timer.
    pub(super) fn next_timer(&mut self) -> Option<Timer> {
        let Reverse(timer) = self.timers.pop()?;
        self.now = timer.at;
        Some(timer)
    }
}
