//! What the page hears over its WebSocket, in JSON; `page/feed.js` is the other side.
//!
//! * `{"kind":"schema"}`: what the cells of a row are called, and the words for what can be said of a
//!   row; once, before everything else.
//! * `{"kind":"setup"}`: the controller has not given out the symbol table yet.
//! * `{"kind":"table"}`: the names of the symbols by slot; all of them at first and when another run is
//!   shown, which begins afresh, else from the slot `from` on, behind those that are known.
//! * `{"kind":"frame"}`: totals, and the rows that changed since the frame before, as arrays of cells in
//!   the order of the schema. The first frame behind a whole table has every row that ever changed.
//!
//! How far a row can be trusted and whether its symbol trades are two things, each under its name.
//!
//! Prices are decimal texts, exact to the last digit; the page never computes one.

use oxberry_cluster::page::Voice;
use oxberry_core::book::{TradingStatus, Trust};
use oxberry_core::units::{ChannelId, Decimal, Position, Qty};
use oxberry_proto::Run;
use serde::Serialize;

use crate::board::{Counters, Phase};
use crate::json_text::{Text, price};
use crate::row::{BestPrice, Direction, LastTrade, Mid};
use crate::row_schema::{RowCells, Schema};
use crate::screen::{BoardStatus, Changes, NodeStatus};
use crate::state::{StateCounts, StatusCounts};
use crate::table::{Entry, SymbolTable};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum PageMessage<'a> {
    Schema(Schema),
    Setup {
        controller: &'a str,
    },
    Table {
        from: usize,
        symbols: Vec<String>,
    },
    Frame {
        frame: u64,
        shown_at_ms: u64,
        phase: Phase,
        run: Text<Run>,
        counters: Counters,
        states: StateCounts,
        statuses: StatusCounts,
        nodes_expected: u16,
        nodes: Vec<NodeObject>,
        market_time_ms: Option<u64>,
        rows: Vec<RowCells<'a>>,
    },
}

/// What the page has to know before its first row.
pub(crate) fn schema() -> Result<String, serde_json::Error> {
    serde_json::to_string(&PageMessage::Schema(Schema::of_rows()))
}

/// "No symbol table yet"; `controller` is where it is asked for.
pub(crate) fn setup(controller: &str) -> Result<String, serde_json::Error> {
    serde_json::to_string(&PageMessage::Setup { controller })
}

/// The symbols from a slot on.
pub(crate) fn table(table: &SymbolTable, from: usize) -> Result<String, serde_json::Error> {
    let symbols = table.entries().iter().skip(from);
    let symbols = symbols.map(Entry::name).collect();
    serde_json::to_string(&PageMessage::Table { from, symbols })
}

/// What changed.
pub(crate) fn frame(changes: &Changes, board: &BoardStatus) -> Result<String, serde_json::Error> {
    const NANOS_PER_MILLISECOND: u64 = 1_000_000;
    serde_json::to_string(&PageMessage::Frame {
        frame: changes.status.frame,
        shown_at_ms: changes.status.shown_at.raw() / NANOS_PER_MILLISECOND,
        phase: board.phase,
        run: Text(board.run),
        counters: board.of_run,
        states: board.states,
        statuses: board.statuses,
        nodes_expected: board.nodes_expected,
        nodes: board.nodes.iter().copied().map(NodeObject::from).collect(),
        market_time_ms: board.market_time_ms,
        rows: changes.rows.iter().map(RowCells).collect(),
    })
}

/// Everything, under names: for programs and tests.
pub(crate) fn state(changes: &Changes) -> Result<String, serde_json::Error> {
    let Some(board) = &changes.status.board else {
        return serde_json::to_string(&PhaseOnly { phase: "setup" });
    };
    serde_json::to_string(&State {
        frame: changes.status.frame,
        phase: board.phase,
        run: Text(board.run),
        counters: board.of_run,
        states: board.states,
        statuses: board.statuses,
        nodes_expected: board.nodes_expected,
        nodes: board.nodes.iter().copied().map(NodeObject::from).collect(),
        symbols: changes
            .rows
            .iter()
            .filter_map(|shown| Some((changes.table.entries().get(shown.slot)?, shown)))
            .map(|(entry, shown)| SymbolObject {
                symbol: entry.name(),
                symbol_index: entry.symbol_index.raw(),
                partition: entry.partition.raw(),
                trust: shown.state.trust.map(Text),
                silent: shown.state.silent,
                status: Text(shown.state.status),
                position: shown.row.at.map(PositionObject::from),
                ts_event_ns: shown.row.ts_event.map(|time| time.raw()),
                bid: shown.row.bid().map(QuoteObject::from),
                ask: shown.row.ask().map(QuoteObject::from),
                mid: shown.row.mid().map(Text),
                spread: shown.row.spread().map(price),
                last: shown.row.last.map(LastObject::from),
                trades: shown.row.trades,
                volume: shown.row.volume,
            })
            .collect(),
    })
}

#[derive(Serialize)]
struct PhaseOnly {
    phase: &'static str,
}

#[derive(Serialize)]
struct State {
    frame: u64,
    phase: Phase,
    run: Text<Run>,
    counters: Counters,
    states: StateCounts,
    statuses: StatusCounts,
    nodes_expected: u16,
    nodes: Vec<NodeObject>,
    symbols: Vec<SymbolObject>,
}

#[derive(Serialize)]
struct NodeObject {
    node: u16,
    state: &'static str,
    firsts: u64,
}

impl From<NodeStatus> for NodeObject {
    fn from(status: NodeStatus) -> Self {
        Self {
            node: status.node.raw(),
            state: voice_name(status.voice),
            firsts: status.firsts,
        }
    }
}

#[derive(Serialize)]
struct SymbolObject {
    symbol: String,
    symbol_index: u32,
    partition: u16,
    /// Nothing before the first event.
    trust: Option<Text<Trust>>,
    silent: bool,
    status: Text<TradingStatus>,
    position: Option<PositionObject>,
    ts_event_ns: Option<u64>,
    bid: Option<QuoteObject>,
    ask: Option<QuoteObject>,
    mid: Option<Text<Mid>>,
    spread: Option<Text<Decimal>>,
    last: Option<LastObject>,
    trades: u64,
    volume: u64,
}

/// Where the state of a symbol stands in the feed.
#[derive(Serialize)]
struct PositionObject {
    channel: u8,
    numbering: u64,
    seq: u32,
}

impl From<(ChannelId, Position)> for PositionObject {
    fn from((channel, position): (ChannelId, Position)) -> Self {
        Self {
            channel: channel.raw(),
            numbering: position.numbering.raw(),
            seq: position.seq_num.raw(),
        }
    }
}

#[derive(Serialize)]
struct QuoteObject {
    price: Text<Decimal>,
    qty: u64,
    orders: u32,
}

impl From<BestPrice> for QuoteObject {
    fn from(quote: BestPrice) -> Self {
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
    /// Unknown when the trade itself was not seen.
    qty: Option<u32>,
    direction: Option<Direction>,
}

impl From<LastTrade> for LastObject {
    fn from(last: LastTrade) -> Self {
        Self {
            price: price(last.price),
            qty: last.qty.map(Qty::raw),
            direction: last.direction,
        }
    }
}

/// What a node's voice is called.
pub(crate) const fn voice_name(voice: Voice) -> &'static str {
    match voice {
        Voice::Speaking => "speaking",
        Voice::Silent => "silent",
        Voice::Dead => "dead",
        Voice::Ended => "ended",
    }
}
