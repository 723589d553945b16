//! One symbol as the page shows it: its newest state and its last trade.

use std::fmt;

use oxberry_core::units::{Price, Qty, UnixNanos};
use oxberry_proto::stock::{Quote, StockEvent, SymbolState, TradePrint};
use oxberry_proto::{EventNum, NodeId};
use serde::Serialize;

/// The newest state of a symbol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The newest event that counted; [`EventNum::NONE`] before the first.
    pub newest: EventNum,
    /// The node that brought it.
    brought_by: Option<NodeId>,
    /// Whether that node repeats itself; see [`Taken::Rewound`].
    rewound: bool,
    /// What the newest event says of the book, `None` before the first.
    state: Option<SymbolState>,
    /// When the newest event happened, if known.
    pub ts_event: Option<UnixNanos>,
    /// The best bid.
    pub bid: Option<Quote>,
    /// The best offer.
    pub ask: Option<Quote>,
    /// The last trade.
    pub last: Option<LastTrade>,
    /// Trades seen.
    pub trades: u64,
    /// Shares of these trades.
    pub volume: u64,
    /// Events that never came.
    pub missed: u64,
}

/// The last trade of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastTrade {
    /// Its price.
    pub price: Price,
    /// Its shares.
    pub qty: Qty,
    /// Compared with the trade before it; `None` for the first.
    pub direction: Option<Direction>,
}

/// Where the last trade went, compared with the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// A higher price: green.
    Up,
    /// A lower price: red.
    Down,
    /// The same price: yellow.
    Same,
}

/// What the page may say of a row's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RowState {
    /// No event yet.
    Waiting,
    /// The book is what the venue's is.
    Live,
    /// Messages are missing; the numbers may be wrong.
    Stale,
    /// The book is being rebuilt.
    Recovering,
    /// The venue halted trading.
    Halted,
    /// Trading is over for the day.
    Closed,
    /// None of the Pis that keep the book speaks any more; the numbers are old.
    Unheard,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is the newest now.
    Newest {
        /// Events between it and the one before that never came.
        missed: u64,
    },
    /// The twin brought it before.
    Duplicate,
    /// The node that brought the newest event says an older number: its books start over, and until
    /// they are as far as they were the row is called recovering.
    Rewound,
}

impl Row {
    /// Takes an event of this symbol from `node`: of every number the first counts.
    pub fn handle_event(&mut self, node: NodeId, event: &StockEvent) -> Taken {
        let expected = self.newest.next();
        let Some(missed) = event.event_num.raw().checked_sub(expected.raw()) else {
            if self.brought_by != Some(node) {
                return Taken::Duplicate;
            }
            self.rewound = true;
            return Taken::Rewound;
        };
        self.newest = event.event_num;
        self.brought_by = Some(node);
        self.rewound = false;
        self.state = Some(event.state);
        self.ts_event = event.ts_event;
        self.bid = event.bid;
        self.ask = event.ask;
        self.missed = self.missed.saturating_add(missed);
        if let Some(trade) = event.trade {
            self.handle_trade(trade);
        }
        Taken::Newest { missed }
    }

    fn handle_trade(&mut self, trade: TradePrint) {
        let direction = self
            .last
            .map(|last| Direction::between(last.price, trade.price));
        self.last = Some(LastTrade {
            price: trade.price,
            qty: trade.qty,
            direction,
        });
        self.trades = self.trades.saturating_add(1);
        self.volume = self.volume.saturating_add(trade.qty.raw().into());
    }

    /// What may be said of the numbers, when the symbol's partition is `heard` or not.
    #[must_use]
    pub const fn state(&self, heard: bool) -> RowState {
        match self.state {
            None => RowState::Waiting,
            Some(SymbolState::Closed) => RowState::Closed,
            Some(_) if !heard => RowState::Unheard,
            Some(SymbolState::Stale) => RowState::Stale,
            Some(_) if self.rewound => RowState::Recovering,
            Some(SymbolState::Recovering) => RowState::Recovering,
            Some(SymbolState::Halted) => RowState::Halted,
            Some(SymbolState::Live) => RowState::Live,
        }
    }

    /// Half way between best bid and offer, when there are both.
    #[must_use]
    pub fn mid(&self) -> Option<Mid> {
        Some(Mid {
            doubled: i128::from(self.bid?.price.raw()) + i128::from(self.ask?.price.raw()),
        })
    }

    /// Offer minus bid, when there are both; negative while the book is crossed.
    #[must_use]
    pub fn spread(&self) -> Option<Price> {
        let spread = self.ask?.price.raw().checked_sub(self.bid?.price.raw())?;
        Some(Price::from_raw(spread))
    }
}

impl Direction {
    fn between(before: Price, now: Price) -> Self {
        match now.cmp(&before) {
            std::cmp::Ordering::Greater => Self::Up,
            std::cmp::Ordering::Less => Self::Down,
            std::cmp::Ordering::Equal => Self::Same,
        }
    }
}

/// The exact middle of two prices; prints as a decimal number, to half a billionth if need be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mid {
    /// The sum of the prices in 1e-9: twice the mid.
    doubled: i128,
}

impl fmt::Display for Mid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const HALF_NANOS: u128 = 2_000_000_000;
        let doubled = self.doubled.unsigned_abs();
        // In 1e-10, so that the half has a digit.
        let (whole, mut part) = (doubled / HALF_NANOS, doubled % HALF_NANOS * 5);
        let mut digits = 10;
        while digits > 2 && part.is_multiple_of(10) {
            part /= 10;
            digits -= 1;
        }
        let sign = if self.doubled < 0 { "-" } else { "" };
        write!(f, "{sign}{whole}.{part:0digits$}")
    }
}

#[cfg(test)]
mod tests {
    use oxberry_core::units::SymbolIndex;

    use super::*;

    const ONE: NodeId = NodeId::from_raw(1);
    const TWIN: NodeId = NodeId::from_raw(2);

    fn quote(price: i64) -> Option<Quote> {
        Some(Quote {
            price: Price::from_raw(price),
            qty: 100,
            orders: 1,
        })
    }

    fn event(number: u64, trade: Option<i64>) -> StockEvent {
        StockEvent {
            symbol_index: SymbolIndex::from_raw(7),
            event_num: EventNum::from_raw(number),
            ts_event: None,
            state: SymbolState::Live,
            bid: quote(1_000_000_000),
            ask: quote(1_010_000_000),
            trade: trade.map(|price| TradePrint {
                price: Price::from_raw(price),
                qty: Qty::from_raw(10),
            }),
        }
    }

    #[test]
    fn of_every_number_the_first_counts_and_a_jump_is_a_gap() {
        let mut row = Row::default();
        assert_eq!(row.state(true), RowState::Waiting);
        assert_eq!(
            row.handle_event(ONE, &event(1, Some(5))),
            Taken::Newest { missed: 0 }
        );
        assert_eq!(row.handle_event(TWIN, &event(1, Some(5))), Taken::Duplicate);
        assert_eq!(
            row.handle_event(TWIN, &event(2, None)),
            Taken::Newest { missed: 0 }
        );
        assert_eq!(row.handle_event(ONE, &event(2, None)), Taken::Duplicate);
        assert_eq!(
            row.handle_event(ONE, &event(6, Some(5))),
            Taken::Newest { missed: 3 }
        );
        assert_eq!((row.trades, row.volume, row.missed), (2, 20, 3));
    }

    #[test]
    fn a_trade_is_up_down_or_same_compared_with_the_one_before() {
        let mut row = Row::default();
        let directions: Vec<_> = [(1, 10), (2, 12), (3, 11), (4, 11)]
            .into_iter()
            .map(|(number, price)| {
                row.handle_event(ONE, &event(number, Some(price)));
                row.last.and_then(|last| last.direction)
            })
            .collect();
        let expected = [
            None,
            Some(Direction::Up),
            Some(Direction::Down),
            Some(Direction::Same),
        ];
        assert_eq!(directions, expected);
    }

    #[test]
    fn a_node_that_starts_over_makes_the_row_recovering_until_it_has_caught_up() {
        let mut row = Row::default();
        row.handle_event(ONE, &event(1, None));
        row.handle_event(ONE, &event(2, None));
        assert_eq!(row.handle_event(ONE, &event(1, None)), Taken::Rewound);
        assert_eq!(row.state(true), RowState::Recovering);
        assert_eq!(row.handle_event(ONE, &event(2, None)), Taken::Rewound);
        assert_eq!(
            row.handle_event(ONE, &event(3, None)),
            Taken::Newest { missed: 0 }
        );
        assert_eq!(row.state(true), RowState::Live);
    }

    #[test]
    fn a_row_is_live_only_while_somebody_speaks_for_it() {
        let mut row = Row::default();
        assert_eq!(row.state(false), RowState::Waiting);
        row.handle_event(ONE, &event(1, None));
        assert_eq!(row.state(true), RowState::Live);
        assert_eq!(row.state(false), RowState::Unheard);
        row.handle_event(
            ONE,
            &StockEvent {
                state: SymbolState::Closed,
                ..event(2, None)
            },
        );
        assert_eq!(row.state(false), RowState::Closed);
    }

    #[test]
    fn mid_and_spread_are_exact() {
        let cases = [
            (50_850_000_000, 50_850_000_000, "50.85", "0.00"),
            (50_850_000_000, 50_860_000_000, "50.855", "0.01"),
            (1, 2, "0.0000000015", "0.000000001"),
            (i64::MAX, i64::MAX, "9223372036.854775807", "0.00"),
            (20_000_000_000, 19_990_000_000, "19.995", "-0.01"),
        ];
        for (bid, ask, mid, spread) in cases {
            let row = Row {
                bid: quote(bid),
                ask: quote(ask),
                ..Row::default()
            };
            assert_eq!(row.mid().unwrap().to_string(), mid);
            assert_eq!(row.spread().unwrap().decimal().to_string(), spread);
        }
        let row = Row {
            bid: quote(1),
            ..Row::default()
        };
        assert_eq!((row.mid(), row.spread()), (None, None));
    }
}
