//! One symbol closely, as JSON: for the page that looks at it, and for programs.
//!
//! To the page prices are whole numbers in the scale that stands beside them, since it groups and
//! compares them; to programs they are decimal texts. Ids of orders are texts, as they may be larger than what
//! JavaScript calls a number.

use oxberry_core::book::{TradingStatus, Trust};
use oxberry_core::units::{Decimal, OrderId, Price, PriceScale, Qty, RawPrice, Side};
use oxberry_proto::NodeId;
use oxberry_proto::depth::LevelName;
use oxberry_proto::stock::Quote;
use serde::{Deserialize, Serialize};

use crate::api_message::PositionObject;
use crate::json_text::{Text, price};
use crate::look::{BestChange, Levels, OrderQueue, Said, TapeTrade};
use crate::row::Direction;
use crate::screen::ShownLook;

/// What a page says that it looks at.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// The symbol's name; nothing when it looks at none any more.
    pub(crate) look: Option<String>,
    /// The level whose queue it looks at.
    pub(crate) level: Option<(SideWord, u32)>,
}

impl Wanted {
    /// The level whose queue it looks at.
    pub(crate) fn level(&self) -> Option<LevelName> {
        let (side, price) = self.level?;
        Some(LevelName {
            side: side.into(),
            price: RawPrice::from_raw(price),
        })
    }
}

/// A side as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SideWord {
    Bid,
    Ask,
}

impl From<Side> for SideWord {
    fn from(side: Side) -> Self {
        match side {
            Side::Bid => Self::Bid,
            Side::Ask => Self::Ask,
        }
    }
}

impl From<SideWord> for Side {
    fn from(word: SideWord) -> Self {
        match word {
            SideWord::Bid => Self::Bid,
            SideWord::Ask => Self::Ask,
        }
    }
}

/// How much of a symbol a page was told.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Told {
    pub(crate) trades: u64,
    pub(crate) changes: u64,
}

/// What a page is told of the symbol that it looks at: what there is now, and what is new on the tape.
pub(crate) fn page(
    symbol: &str,
    refused: Option<&str>,
    shown: Option<&ShownLook>,
    level: Option<LevelName>,
    told: Told,
) -> Result<String, serde_json::Error> {
    let seen = shown.map(|shown| shown.seen.as_ref());
    let tape = shown.and_then(|shown| shown.tape.as_deref());
    let queue = seen.zip(level).and_then(|(seen, level)| {
        let mut queues = seen.queues.iter();
        queues.find(|(name, _)| *name == level)
    });
    serde_json::to_string(&PageLook {
        kind: "look",
        symbol,
        refused,
        note: seen.and_then(|seen| seen.note).map(|note| note.words()),
        depth: seen
            .and_then(|seen| seen.levels.as_deref())
            .map(PageDepth::of),
        queue: queue.map(|(name, queue)| PageQueue::of(*name, queue)),
        trades: tape.map(|tape| newest(tape.trades(), tape.newest_trade(), told.trades)),
        best: tape.map(|tape| newest(tape.best_changes(), tape.newest_change(), told.changes)),
    })
}

/// The entries of a list behind the one numbered `told`, and the number of the first of them. A list that
/// has begun anew is told from its start.
fn newest<'t, T: 't, U: From<&'t T>>(
    entries: impl ExactSizeIterator<Item = &'t T>,
    newest: u64,
    told: u64,
) -> Entries<U> {
    let kept = entries.len() as u64;
    let told = if told > newest { 0 } else { told };
    let new = (newest - told).min(kept);
    let skipped = usize::try_from(kept - new).unwrap_or(usize::MAX);
    Entries {
        first: newest - new + 1,
        entries: entries.skip(skipped).map(U::from).collect(),
    }
}

#[derive(Serialize)]
struct PageLook<'a> {
    kind: &'static str,
    symbol: &'a str,
    /// Why it may not be looked at.
    refused: Option<&'a str>,
    /// Why nothing newer is to be seen.
    note: Option<&'static str>,
    depth: Option<PageDepth>,
    queue: Option<PageQueue>,
    trades: Option<Entries<PageTrade>>,
    best: Option<Entries<PageBest>>,
}

#[derive(Serialize)]
struct Entries<T> {
    first: u64,
    entries: Vec<T>,
}

#[derive(Serialize)]
struct PageDepth {
    node: u16,
    trust: Text<Trust>,
    status: Text<TradingStatus>,
    scale: u8,
    position: Option<PositionObject>,
    more_bids: bool,
    more_asks: bool,
    /// Price, shares, orders.
    bids: Vec<(u32, u64, u32)>,
    asks: Vec<(u32, u64, u32)>,
}

impl PageDepth {
    fn of(levels: &Levels) -> Self {
        let rows = |levels: &[Quote]| {
            let rows = levels.iter();
            rows.map(|level| (level.price.raw(), level.qty, level.orders))
                .collect()
        };
        let said = &levels.said;
        Self {
            node: said.node.raw(),
            trust: Text(said.trust),
            status: Text(said.status),
            scale: said.scale.code(),
            position: said.at.map(PositionObject::from),
            more_bids: levels.more_bids,
            more_asks: levels.more_asks,
            bids: rows(&levels.bids),
            asks: rows(&levels.asks),
        }
    }
}

#[derive(Serialize)]
struct PageQueue {
    side: SideWord,
    price: u32,
    orders: u32,
    qty: u64,
    /// Id and shares, first come first.
    first: Vec<(Text<OrderId>, u32)>,
}

impl PageQueue {
    fn of(name: LevelName, queue: &OrderQueue) -> Self {
        let first = queue.first.iter();
        Self {
            side: name.side.into(),
            price: name.price.raw(),
            orders: queue.orders,
            qty: queue.qty,
            first: first.map(|&(id, qty)| (Text(id), qty.raw())).collect(),
        }
    }
}

/// Time in milliseconds, price, shares, direction.
#[derive(Serialize)]
struct PageTrade(Option<u64>, Text<Decimal>, u32, Option<Direction>);

impl From<&TapeTrade> for PageTrade {
    fn from(trade: &TapeTrade) -> Self {
        let TapeTrade {
            ts_event_ms,
            price: paid,
            qty,
            direction,
        } = *trade;
        Self(ts_event_ms, price(paid), qty.raw(), direction)
    }
}

/// Time in milliseconds, then bid and ask: price and shares each.
#[derive(Serialize)]
struct PageBest(Option<u64>, Option<PageQuote>, Option<PageQuote>);

#[derive(Serialize)]
struct PageQuote(Text<Decimal>, u64);

impl From<&BestChange> for PageBest {
    fn from(change: &BestChange) -> Self {
        let BestChange { ts_event_ms, view } = *change;
        let quote = |quote: Quote| PageQuote(Text(quote.price.decimal(view.scale)), quote.qty);
        Self(ts_event_ms, view.bid.map(quote), view.ask.map(quote))
    }
}

/// What programs are told of a symbol's levels.
pub(crate) fn depth(
    symbol: &str,
    state: crate::state::State,
    levels: &Levels,
) -> Result<String, serde_json::Error> {
    let said = &levels.said;
    let objects = |levels: &[Quote]| {
        let levels = levels.iter();
        levels
            .map(|level| LevelObject::of(level, said.scale))
            .collect()
    };
    serde_json::to_string(&DepthObject {
        symbol,
        state,
        said: SaidObject::of(said),
        bids: objects(&levels.bids),
        asks: objects(&levels.asks),
        more_bids: levels.more_bids,
        more_asks: levels.more_asks,
    })
}

/// What programs are told of the orders of a level.
pub(crate) fn orders(
    symbol: &str,
    state: crate::state::State,
    name: LevelName,
    queue: &OrderQueue,
) -> Result<String, serde_json::Error> {
    let queued = queue.first.iter();
    serde_json::to_string(&OrdersObject {
        symbol,
        state,
        said: SaidObject::of(&queue.said),
        side: name.side.into(),
        price: price(name.price.scaled(queue.said.scale)),
        qty: queue.qty,
        orders: queue.orders,
        queue: queued.map(OrderObject::from).collect(),
    })
}

#[derive(Serialize)]
struct DepthObject<'a> {
    symbol: &'a str,
    state: crate::state::State,
    #[serde(flatten)]
    said: SaidObject,
    bids: Vec<LevelObject>,
    asks: Vec<LevelObject>,
    more_bids: bool,
    more_asks: bool,
}

#[derive(Serialize)]
struct OrdersObject<'a> {
    symbol: &'a str,
    state: crate::state::State,
    #[serde(flatten)]
    said: SaidObject,
    side: SideWord,
    price: Text<Decimal>,
    qty: u64,
    orders: u32,
    queue: Vec<OrderObject>,
}

/// Who said it, and what it is worth.
#[derive(Serialize)]
struct SaidObject {
    node: u16,
    trust: Text<Trust>,
    status: Text<TradingStatus>,
    position: Option<PositionObject>,
}

impl SaidObject {
    fn of(said: &Said) -> Self {
        Self {
            node: NodeId::raw(said.node),
            trust: Text(said.trust),
            status: Text(said.status),
            position: said.at.map(PositionObject::from),
        }
    }
}

#[derive(Serialize)]
struct LevelObject {
    price: Text<Decimal>,
    qty: u64,
    orders: u32,
}

impl LevelObject {
    fn of(level: &Quote, scale: PriceScale) -> Self {
        let at: Price = level.price.scaled(scale);
        Self {
            price: price(at),
            qty: level.qty,
            orders: level.orders,
        }
    }
}

#[derive(Serialize)]
struct OrderObject {
    id: Text<OrderId>,
    qty: u32,
}

impl From<&(OrderId, Qty)> for OrderObject {
    fn from(&(id, qty): &(OrderId, Qty)) -> Self {
        Self {
            id: Text(id),
            qty: qty.raw(),
        }
    }
}
