//! The newest trades of a symbol, and how its best prices changed.

use std::collections::VecDeque;

use oxberry_cluster::page::Shown;
use oxberry_core::units::{Price, Qty, UnixNanos};
use oxberry_proto::stock::View;

use crate::limits::{TAPE_BEST_CHANGES, TAPE_TRADES};
use crate::row::{Direction, LastTrade};

/// The tape of one symbol. Its entries are numbered from 1 on, each list for itself.
///
/// Trades are kept of every symbol, 32 bytes each; how best prices changed only while somebody
/// looks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tape {
    trades: VecDeque<TapeTrade>,
    /// How many trades there ever were.
    traded: u64,
    best: VecDeque<BestChange>,
    is_looked_at: bool,
    /// How many changes of best prices were noted since somebody looks.
    changed: u64,
}

/// A trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TapeTrade {
    /// When the matching engine did it, in milliseconds since 1970 UTC, if known.
    pub(crate) ts_event_ms: Option<u64>,
    /// Its price.
    pub(crate) price: Price,
    /// Its shares.
    pub(crate) qty: Qty,
    /// Its price compared with that of the trade before.
    pub(crate) direction: Option<Direction>,
}

/// The best prices after they changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BestChange {
    /// When the matching engine did it, in milliseconds since 1970 UTC, if known.
    pub(crate) ts_event_ms: Option<u64>,
    /// The best prices from then on.
    pub(crate) view: View,
}

impl Tape {
    /// Takes an event: what the symbol showed before it, and its last trade after it.
    pub(crate) fn take(&mut self, shown: &Shown, before: Option<View>, last: Option<LastTrade>) {
        let ts_event_ms = shown.ts_event.map(milliseconds);
        if let (Some(trade), Some(last)) = (shown.trade, last) {
            let trade = TapeTrade {
                ts_event_ms,
                price: last.price,
                qty: trade.qty,
                direction: last.direction,
            };
            push(&mut self.trades, TAPE_TRADES, trade);
            self.traded += 1;
        }
        if self.is_looked_at && before != Some(shown.view) {
            let view = shown.view;
            let best = &mut self.best;
            push(best, TAPE_BEST_CHANGES, BestChange { ts_event_ms, view });
            self.changed += 1;
        }
    }

    /// Whether somebody looks at it from now on.
    pub(crate) fn set_looked_at(&mut self, is_looked_at: bool) {
        self.is_looked_at = is_looked_at;
        if !is_looked_at {
            self.best = VecDeque::new();
        }
    }

    /// The number of the newest trade; 0 before the first.
    pub(crate) const fn newest_trade(&self) -> u64 {
        self.traded
    }

    /// The number of the newest change of the best prices; 0 before the first.
    pub(crate) const fn newest_change(&self) -> u64 {
        self.changed
    }

    /// The trades that are kept, oldest first.
    pub(crate) fn trades(&self) -> impl ExactSizeIterator<Item = &TapeTrade> {
        self.trades.iter()
    }

    /// The changes of the best prices that are kept, oldest first.
    pub(crate) fn best_changes(&self) -> impl ExactSizeIterator<Item = &BestChange> {
        self.best.iter()
    }
}

fn push<T>(list: &mut VecDeque<T>, most: usize, entry: T) {
    if list.len() == most {
        list.pop_front();
    }
    list.push_back(entry);
}

const fn milliseconds(time: UnixNanos) -> u64 {
    const NANOS_PER_MILLISECOND: u64 = 1_000_000;
    time.raw() / NANOS_PER_MILLISECOND
}
