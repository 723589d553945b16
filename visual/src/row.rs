//! One symbol as the page shows it: its newest state and its last trade.

use std::fmt;

use oxberry_cluster::page::{Shown, Standing};
use oxberry_core::book::{TradingStatus, Trust};
use oxberry_core::units::{ChannelId, Position, Price, Qty, RawPrice, UnixNanos};
use oxberry_proto::stock::{Quote, TradePrint, View};
use serde::Serialize;

use crate::state::State;
use crate::trades::Figures;

/// The newest state of a symbol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The state's position in the feed; `None` until it was told.
    pub at: Option<(ChannelId, Position)>,
    /// When the newest event happened, if known.
    pub ts_event: Option<UnixNanos>,
    /// The best prices; `None` until they were told.
    pub view: Option<View>,
    /// The last trade.
    pub last: Option<LastTrade>,
    /// How many trades were seen.
    pub trades: u64,
    /// Shares traded in them.
    pub volume: u64,
    /// What follows from them, as of the last frame.
    pub figures: Option<Figures>,
    /// How many events were seen.
    pub events: u64,
    /// Whether there may have been trades that were not seen: the dashboard came late, or missed some.
    pub may_lack_trades: bool,
}

/// The last trade of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastTrade {
    /// Its price.
    pub price: Price,
    /// Its shares, if the trade itself was seen.
    pub qty: Option<Qty>,
    /// Its price compared with that of the trade before; `None` for the first trade.
    pub direction: Option<Direction>,
}

/// The price of a trade, compared with that of the trade before.
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

/// What can be said of a row's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowState {
    /// How far the book can be trusted; `None` until something happens to the symbol.
    pub trust: Option<Trust>,
    /// Whether nothing is heard of the symbol any more.
    pub silent: bool,
    /// Whether the venue trades the symbol.
    pub status: TradingStatus,
}

/// The best price of a side, with what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BestPrice {
    /// The exact price.
    pub price: Price,
    /// All shares at that price.
    pub qty: u64,
    /// How many orders stand at that price.
    pub orders: u32,
}

impl Row {
    /// Takes what an event shows.
    pub(crate) fn handle_shown(&mut self, shown: &Shown) {
        self.at = Some((shown.channel, shown.position));
        self.ts_event = shown.ts_event;
        self.view = Some(shown.view);
        self.events = self.events.saturating_add(1);
        if let Some(trade) = shown.trade {
            self.handle_trade(trade, shown.view);
        }
    }

    /// Takes what was shown without an event of its own: a state that was told. Whether it is another
    /// one than before.
    pub(crate) fn handle_state(&mut self, told: &oxberry_cluster::page::Row) -> bool {
        let before = *self;
        // What is told so was passed over: it came before the dashboard, or while it missed something.
        self.may_lack_trades |= told.at != self.at && told.last_trade.is_some();
        self.at = told.at;
        self.ts_event = told.ts_event;
        self.view = told.view;
        if let Some(price) = told.last_trade
            && self.last.map(|last| last.price) != Some(price)
        {
            // Which trades led to it was not seen, so neither shares nor direction are known.
            self.last = Some(LastTrade {
                price,
                qty: None,
                direction: None,
            });
        }
        *self != before
    }

    fn handle_trade(&mut self, trade: TradePrint, view: View) {
        let price = trade.price.scaled(view.scale);
        let direction = self.last.map(|last| Direction::between(last.price, price));
        self.last = Some(LastTrade {
            price,
            qty: Some(trade.qty),
            direction,
        });
        self.trades = self.trades.saturating_add(1);
        self.volume = self.volume.saturating_add(trade.qty.raw().into());
    }

    /// The best bid.
    #[must_use]
    pub fn bid(&self) -> Option<BestPrice> {
        self.best(|view| view.bid)
    }

    /// The best offer.
    #[must_use]
    pub fn ask(&self) -> Option<BestPrice> {
        self.best(|view| view.ask)
    }

    fn best(&self, side: impl Fn(&View) -> Option<Quote>) -> Option<BestPrice> {
        let view = self.view?;
        side(&view).map(|Quote { price, qty, orders }| BestPrice {
            price: RawPrice::scaled(price, view.scale),
            qty,
            orders,
        })
    }

    /// Halfway between the best bid and the best offer, when there are both.
    #[must_use]
    pub fn mid(&self) -> Option<Mid> {
        Some(Mid {
            doubled: i128::from(self.bid()?.price.raw()) + i128::from(self.ask()?.price.raw()),
        })
    }

    /// The best offer minus the best bid, when there are both; negative while the book is crossed.
    #[must_use]
    pub fn spread(&self) -> Option<Price> {
        let spread = self
            .ask()?
            .price
            .raw()
            .checked_sub(self.bid()?.price.raw())?;
        Some(Price::from_raw(spread))
    }
}

impl RowState {
    /// That of a symbol before its first event.
    pub const WAITING: Self = Self {
        trust: None,
        silent: false,
        status: TradingStatus::Unknown,
    };

    /// What `standing` says of a row, which has prices to show or not.
    #[must_use]
    pub fn of(standing: Standing, has_view: bool) -> Self {
        let nobody_spoke = standing == Standing::NOBODY;
        if !has_view && (standing.is_live() || nobody_spoke) {
            return Self::WAITING;
        }
        Self {
            trust: Some(standing.trust),
            silent: standing.silent,
            status: standing.status,
        }
    }

    /// The same in one word, beside the trading status.
    #[must_use]
    pub const fn state(&self) -> State {
        match self.trust {
            None => State::Waiting,
            Some(_) if self.silent => State::Silent,
            Some(trust) => State::Heard(trust),
        }
    }

    /// Whether the row's numbers match the venue's.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.state().is_live()
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
    use oxberry_core::units::{Numbering, PriceScale, SeqNum, SymbolIndex};
    use oxberry_proto::NodeId;

    use super::*;

    fn quote(price: u32) -> Option<Quote> {
        Some(Quote {
            price: RawPrice::from_raw(price),
            qty: 100,
            orders: 1,
        })
    }

    fn view(scale: u8, bid: u32, ask: u32) -> View {
        View {
            scale: PriceScale::new(scale).unwrap(),
            bid: quote(bid),
            ask: quote(ask),
        }
    }

    fn shown(number: u32, trade: Option<(u8, u32)>) -> Shown {
        let scale = trade.map_or(4, |(scale, _)| scale);
        Shown {
            row: 0,
            node: NodeId::from_raw(1),
            symbol_index: SymbolIndex::from_raw(7),
            channel: ChannelId::from_raw(1),
            position: Position {
                numbering: Numbering::UNNAMED,
                seq_num: SeqNum::from_raw(number),
            },
            ts_event: None,
            trust: Trust::Live,
            view: view(scale, 10_000, 10_100),
            trade: trade.map(|(_, price)| TradePrint {
                price: RawPrice::from_raw(price),
                qty: Qty::from_raw(10),
            }),
        }
    }

    #[test]
    fn a_trade_is_up_down_or_same_compared_with_the_one_before_whatever_the_scale() {
        let mut row = Row::default();
        let directions: Vec<_> = [(4, 10), (4, 12), (4, 11), (3, 1), (2, 1), (4, 100)]
            .into_iter()
            .zip(1..)
            .map(|(trade, number)| {
                row.handle_shown(&shown(number, Some(trade)));
                row.last.and_then(|last| last.direction)
            })
            .collect();
        let expected = [
            None,
            Some(Direction::Up),
            Some(Direction::Down),
            Some(Direction::Down),
            Some(Direction::Up),
            Some(Direction::Same),
        ];
        assert_eq!(directions, expected);
        assert_eq!((row.trades, row.volume), (6, 60));
    }

    #[test]
    fn a_told_state_has_a_last_price_but_no_direction() {
        let mut row = Row::default();
        row.handle_shown(&shown(1, Some((4, 10))));
        let mut told = oxberry_cluster::page::Row::new(
            SymbolIndex::from_raw(7),
            oxberry_proto::SymbolName::new(),
            oxberry_proto::Partition::from_raw(0),
        );
        (told.at, told.view) = (row.at, row.view);
        assert!(!row.may_lack_trades);
        told.last_trade = Some(Price::from_raw(1_000_000));
        assert!(!row.handle_state(&told), "it is the same");
        told.last_trade = Some(Price::from_raw(2_000_000));
        assert!(row.handle_state(&told));
        let last = LastTrade {
            price: Price::from_raw(2_000_000),
            qty: None,
            direction: None,
        };
        assert_eq!(row.last, Some(last));
        assert!(!row.may_lack_trades, "it is as of where the row stands");
        row.handle_shown(&shown(2, Some((4, 30))));
        assert_eq!(row.last.unwrap().direction, Some(Direction::Up));
    }

    #[test]
    fn what_is_told_instead_of_seen_may_lack_trades_if_there_were_any() {
        let mut told = oxberry_cluster::page::Row::new(
            SymbolIndex::from_raw(7),
            oxberry_proto::SymbolName::new(),
            oxberry_proto::Partition::from_raw(0),
        );
        let seen = shown(3, None);
        told.at = Some((seen.channel, seen.position));
        told.view = Some(seen.view);
        let mut late = Row::default();
        assert!(late.handle_state(&told));
        assert!(!late.may_lack_trades, "nothing was traded");
        told.last_trade = Some(Price::from_raw(1_000_000));
        let mut late = Row::default();
        late.handle_state(&told);
        assert!(late.may_lack_trades);
        late.handle_shown(&shown(4, Some((4, 10))));
        assert!(late.may_lack_trades, "they are not seen later");
        assert_eq!((late.trades, late.events), (1, 1));
    }

    #[test]
    fn a_symbol_without_anything_is_waiting_unless_there_is_something_to_say() {
        let live = Standing {
            trust: Trust::Live,
            silent: false,
            status: TradingStatus::Open,
        };
        let stale = Standing {
            trust: Trust::Stale,
            ..live
        };
        let silent = Standing {
            silent: true,
            ..live
        };
        for standing in [live, Standing::NOBODY] {
            assert_eq!(RowState::of(standing, false), RowState::WAITING);
        }
        assert!(RowState::of(live, true).is_live());
        for standing in [stale, silent, Standing::NOBODY] {
            let state = RowState::of(standing, true);
            assert_eq!(state.trust, Some(standing.trust));
            assert!(!state.is_live());
        }
        assert_eq!(RowState::of(stale, false).trust, Some(Trust::Stale));
        assert!(RowState::of(silent, false).silent);
    }

    #[test]
    fn mid_and_spread_are_exact() {
        let cases = [
            (4, 508_500, 508_500, "50.85", "0.00"),
            (4, 508_500, 508_600, "50.855", "0.01"),
            (9, 1, 2, "0.0000000015", "0.000000001"),
            (0, u32::MAX, u32::MAX, "4294967295.00", "0.00"),
            (3, 20_000, 19_990, "19.995", "-0.01"),
        ];
        for (scale, bid, ask, mid, spread) in cases {
            let row = Row {
                view: Some(view(scale, bid, ask)),
                ..Row::default()
            };
            assert_eq!(row.mid().unwrap().to_string(), mid);
            assert_eq!(row.spread().unwrap().decimal().to_string(), spread);
        }
        let one_sided = View {
            ask: None,
            ..view(4, 1, 1)
        };
        let row = Row {
            view: Some(one_sided),
            ..Row::default()
        };
        assert_eq!((row.mid(), row.spread()), (None, None));
    }
}
