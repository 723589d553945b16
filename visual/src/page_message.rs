//! What the page hears over its WebSocket, in JSON; `page/feed.js` is the other side.
//!
//! * `{"kind":"setup"}`: the controller has not given out the symbol table yet.
//! * `{"kind":"table"}`: the symbols in the order of their slots, once.
//! * `{"kind":"frame"}`: totals, and the rows that changed since the frame before, as arrays. The
//!   first frame has every row that ever changed.
//!
//! Prices are decimal texts, exact to the last digit; the page never computes one.

use std::fmt::Display;

use oxberry_core::units::{Decimal, Price};
use oxberry_proto::stock::Quote;
use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};

use crate::board::{Counters, Phase, StateCounts};
use crate::row::{Direction, LastTrade, Mid, RowState};
use crate::screen::{BoardStatus, Changes, NodeStatus, ShownRow, Voice};
use crate::table::SymbolTable;

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum PageMessage<'a> {
    Setup {
        controller: &'a str,
    },
    Table {
        symbols: Vec<(&'a str, u16)>,
    },
    Frame {
        frame: u64,
        shown_at_ms: u64,
        phase: Phase,
        counters: Counters,
        states: StateCounts,
        nodes_expected: u16,
        nodes: Vec<NodeCells>,
        market_time_ms: Option<u64>,
        rows: Vec<RowCells<'a>>,
    },
}

/// "No symbol table yet"; `controller` is where it is asked for.
pub(crate) fn setup(controller: &str) -> Result<String, serde_json::Error> {
    serde_json::to_string(&PageMessage::Setup { controller })
}

/// The symbols.
pub(crate) fn table(table: &SymbolTable) -> Result<String, serde_json::Error> {
    let symbols = table.entries().iter();
    let symbols = symbols
        .map(|entry| (entry.name.as_str(), entry.partition.raw()))
        .collect();
    serde_json::to_string(&PageMessage::Table { symbols })
}

/// What changed.
pub(crate) fn frame(changes: &Changes, board: &BoardStatus) -> Result<String, serde_json::Error> {
    const NANOS_PER_MILLISECOND: u64 = 1_000_000;
    serde_json::to_string(&PageMessage::Frame {
        frame: changes.status.frame,
        shown_at_ms: changes.status.shown_at.raw() / NANOS_PER_MILLISECOND,
        phase: board.phase,
        counters: board.counters,
        states: board.states,
        nodes_expected: board.nodes_expected,
        nodes: board.nodes.iter().copied().map(NodeCells).collect(),
        market_time_ms: board.market_time_ms,
        rows: changes.rows.iter().map(RowCells).collect(),
    })
}

/// Everything, under names: for programs and tests.
pub(crate) fn state(changes: &Changes) -> Result<String, serde_json::Error> {
    let (Some(table), Some(board)) = (&changes.table, &changes.status.board) else {
        return serde_json::to_string(&PhaseOnly { phase: "setup" });
    };
    serde_json::to_string(&State {
        frame: changes.status.frame,
        phase: board.phase,
        counters: board.counters,
        states: board.states,
        nodes_expected: board.nodes_expected,
        nodes: board.nodes.iter().copied().map(NodeObject::from).collect(),
        symbols: changes
            .rows
            .iter()
            .filter_map(|shown| Some((table.entries().get(shown.slot)?, shown)))
            .map(|(entry, shown)| SymbolObject {
                symbol: &entry.name,
                symbol_index: entry.symbol_index.raw(),
                partition: entry.partition.raw(),
                state: shown.state,
                event_num: shown.row.newest.raw(),
                ts_event_ns: shown.row.ts_event.map(|time| time.raw()),
                bid: shown.row.bid.map(QuoteObject::from),
                ask: shown.row.ask.map(QuoteObject::from),
                mid: shown.row.mid().map(Text),
                spread: shown.row.spread().map(price),
                last: shown.row.last.map(LastObject::from),
                trades: shown.row.trades,
                volume: shown.row.volume,
                missed: shown.row.missed,
            })
            .collect(),
    })
}

/// A row of a frame: slot, state, last price, its direction and shares, mid, spread, then price,
/// shares and orders of the bid and of the offer, trades, volume, missed events.
struct RowCells<'a>(&'a ShownRow);

impl Serialize for RowCells<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ShownRow {
            slot, row, state, ..
        } = self.0;
        let mut cells = serializer.serialize_seq(None)?;
        cells.serialize_element(slot)?;
        cells.serialize_element(state)?;
        cells.serialize_element(&row.last.map(|last| price(last.price)))?;
        cells.serialize_element(&row.last.and_then(|last| last.direction))?;
        cells.serialize_element(&row.last.map(|last| last.qty.raw()))?;
        cells.serialize_element(&row.mid().map(Text))?;
        cells.serialize_element(&row.spread().map(price))?;
        for quote in [row.bid, row.ask] {
            cells.serialize_element(&quote.map(|quote| price(quote.price)))?;
            cells.serialize_element(&quote.map(|quote| quote.qty))?;
            cells.serialize_element(&quote.map(|quote| quote.orders))?;
        }
        cells.serialize_element(&row.trades)?;
        cells.serialize_element(&row.volume)?;
        cells.serialize_element(&row.missed)?;
        cells.end()
    }
}

/// A Pi of a frame: its number, how it is, events.
struct NodeCells(NodeStatus);

impl Serialize for NodeCells {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.0.node.raw(), self.0.voice, self.0.events).serialize(serializer)
    }
}

#[derive(Serialize)]
struct PhaseOnly {
    phase: &'static str,
}

#[derive(Serialize)]
struct State<'a> {
    frame: u64,
    phase: Phase,
    counters: Counters,
    states: StateCounts,
    nodes_expected: u16,
    nodes: Vec<NodeObject>,
    symbols: Vec<SymbolObject<'a>>,
}

#[derive(Serialize)]
struct NodeObject {
    node: u16,
    state: Voice,
    events: u64,
}

impl From<NodeStatus> for NodeObject {
    fn from(status: NodeStatus) -> Self {
        Self {
            node: status.node.raw(),
            state: status.voice,
            events: status.events,
        }
    }
}

#[derive(Serialize)]
struct SymbolObject<'a> {
    symbol: &'a str,
    symbol_index: u32,
    partition: u16,
    state: RowState,
    event_num: u64,
    ts_event_ns: Option<u64>,
    bid: Option<QuoteObject>,
    ask: Option<QuoteObject>,
    mid: Option<Text<Mid>>,
    spread: Option<Text<Decimal>>,
    last: Option<LastObject>,
    trades: u64,
    volume: u64,
    missed: u64,
}

#[derive(Serialize)]
struct QuoteObject {
    price: Text<Decimal>,
    qty: u64,
    orders: u32,
}

impl From<Quote> for QuoteObject {
    fn from(quote: Quote) -> Self {
        Self {
            price: price(quote.price),
            qty: quote.qty,
            orders: quote.orders,
        }
    }
}

#[derive(Serialize)]
struct LastObject {
    price: Text<Decimal>,
    qty: u32,
    direction: Option<Direction>,
}

impl From<LastTrade> for LastObject {
    fn from(last: LastTrade) -> Self {
        Self {
            price: price(last.price),
            qty: last.qty.raw(),
            direction: last.direction,
        }
    }
}

/// A value as the text that it prints.
struct Text<T>(T);

impl<T: Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

const fn price(price: Price) -> Text<Decimal> {
    Text(price.decimal())
}
