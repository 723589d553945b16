//! What the page hears over its WebSocket, in JSON; `page/feed.js` is the other side.
//!
//! * `{"kind":"schema"}`: what kind of feed it is, what the cells of a row are called, and the words for
//!   what can be said of a row; once, before everything else.
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
use oxberry_proto::Run;
use serde::Serialize;

use crate::board::{Counters, Phase};
use crate::json_text::Text;
use crate::row_schema::{RowCells, Schema};
use crate::screen::{BoardStatus, Changes, NodeStatus};
use crate::source::Source;
use crate::state::{StateCounts, StatusCounts};
use crate::table::{Entry, SymbolTable};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum PageMessage<'a> {
    Schema {
        /// Nothing where nobody said it.
        source: Option<Source>,
        #[serde(flatten)]
        rows: Schema,
    },
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
pub(crate) fn schema(source: Option<Source>) -> Result<String, serde_json::Error> {
    let rows = Schema::of_rows();
    serde_json::to_string(&PageMessage::Schema { source, rows })
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
        nodes: board.nodes.iter().map(NodeObject::from).collect(),
        market_time_ms: board.market_time_ms,
        rows: changes.rows.iter().map(RowCells).collect(),
    })
}

#[derive(Serialize)]
pub(crate) struct NodeObject {
    node: u16,
    /// Unknown until the controller told it.
    name: Option<String>,
    state: &'static str,
    firsts: u64,
}

impl From<&NodeStatus> for NodeObject {
    fn from(status: &NodeStatus) -> Self {
        Self {
            node: status.node.raw(),
            name: status.name.clone(),
            state: voice_name(status.voice),
            firsts: status.firsts,
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
