//! What programs get as JSON; `docs/http-api.md` shows it to people, by examples that a test asks for.
//!
//! Prices are decimal texts, exact to the last digit. What is not known is `null`.

use oxberry_core::book::{TradingStatus, Trust};
use oxberry_core::units::{ChannelId, Decimal, Position, Qty};
use oxberry_proto::Run;
use serde::Serialize;

use crate::board::{Counters, Phase};
use crate::json_text::{Text, price};
use crate::page_message::NodeObject;
use crate::row::{BestPrice, Direction, LastTrade, Mid};
use crate::screen::{BoardStatus, Changes, ShownRow};
use crate::source::Source;
use crate::state::{State as RowWord, StateCounts, StatusCounts};
use crate::table::{Entry, SymbolTable};

/// Everything: for programs and tests.
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
        nodes: board.nodes.iter().map(NodeObject::from).collect(),
        symbols: objects(changes).collect(),
    })
}

/// All symbols.
pub(crate) fn symbols(
    all: &Changes,
    board: &BoardStatus,
    source: Option<Source>,
) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Symbols {
        source,
        phase: board.phase,
        run: Text(board.run),
        symbols: objects(all).collect(),
    })
}

/// One symbol; `None` when none is called so.
pub(crate) fn symbol(all: &Changes, name: &str) -> Option<Result<String, serde_json::Error>> {
    let entries = all.table.entries();
    let slot = entries.iter().position(|entry| entry.name() == name)?;
    let shown = all.rows.iter().find(|shown| shown.slot == slot)?;
    let object = object(&all.table, shown)?;
    Some(serde_json::to_string(&object))
}

/// Why there is nothing.
pub(crate) fn error(text: &str) -> String {
    serde_json::json!({ "error": text }).to_string()
}

fn objects(changes: &Changes) -> impl Iterator<Item = SymbolObject> {
    let rows = changes.rows.iter();
    rows.filter_map(|shown| object(&changes.table, shown))
}

fn object(table: &SymbolTable, shown: &ShownRow) -> Option<SymbolObject> {
    let entry = table.entries().get(shown.slot)?;
    Some(SymbolObject::of(entry, shown))
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
struct Symbols {
    source: Option<Source>,
    phase: Phase,
    run: Text<Run>,
    symbols: Vec<SymbolObject>,
}

#[derive(Serialize)]
struct SymbolObject {
    symbol: String,
    symbol_index: u32,
    partition: u16,
    /// In one word: trust, or that nothing was or is heard.
    state: RowWord,
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
    events: u64,
    trades: u64,
    volume: u64,
    /// Whether the dashboard may not have seen all trades.
    may_lack_trades: bool,
    figures: Option<FiguresObject>,
}

impl SymbolObject {
    fn of(entry: &Entry, shown: &ShownRow) -> Self {
        let row = &shown.row;
        Self {
            symbol: entry.name(),
            symbol_index: entry.symbol_index.raw(),
            partition: entry.partition.raw(),
            state: shown.state.state(),
            trust: shown.state.trust.map(Text),
            silent: shown.state.silent,
            status: Text(shown.state.status),
            position: row.at.map(PositionObject::from),
            ts_event_ns: row.ts_event.map(|time| time.raw()),
            bid: row.bid().map(QuoteObject::from),
            ask: row.ask().map(QuoteObject::from),
            mid: row.mid().map(Text),
            spread: row.spread().map(price),
            last: row.last.map(LastObject::from),
            events: row.events,
            trades: row.trades,
            volume: row.volume,
            may_lack_trades: row.may_lack_trades,
            figures: row.figures.map(|figures| FiguresObject {
                change: price(figures.change.by),
                vwap: price(figures.vwap),
                median: price(figures.median),
                high: price(figures.high),
                low: price(figures.low),
            }),
        }
    }
}

/// What follows from the trades that were seen.
#[derive(Serialize)]
struct FiguresObject {
    change: Text<Decimal>,
    vwap: Text<Decimal>,
    median: Text<Decimal>,
    high: Text<Decimal>,
    low: Text<Decimal>,
}

/// Where the state of a symbol stands in the feed.
#[derive(Serialize)]
pub(crate) struct PositionObject {
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
