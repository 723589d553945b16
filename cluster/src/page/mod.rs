//! The page's brain: merges what replicas say into one row a symbol, and never calls wrong what it
//! shows live.
//!
//! Events are named by their symbol and the position of their message, so twins say the same, and
//! the first who says it counts. A row shows the newest state from those who call it live. The page
//! sees what it has missed of a node by the node's coverage and its count of told changes; then
//! nothing is live on that node's word until it has told its state anew.

mod best;
mod event;
mod output;
mod passed;
mod replica;
mod row_index;
mod stock;
mod word;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use oxberry_core::book::Trust;
use oxberry_core::units::{Instant, SymbolIndex};
use oxberry_proto::start::Replica;
use oxberry_proto::{
    Answer, NodeId, Partition, ProtoError, Run, SCHEMA_FINGERPRINT, Stock, StreamId, SymbolName,
};

use self::event::Withheld;
pub use self::output::{Command, Counters, Face, Report, Row, Shown, Standing, Voice};
pub use self::passed::{Passed, Told};
use self::passed::{PassedOver, Untold};
use self::replica::Node;
use self::row_index::RowIndex;
use self::word::{Rank, is_newer};
use crate::limits::{ASK_INTERVAL, Limits};

/// The page.
#[derive(Debug)]
pub struct Page {
    limits: Limits,
    run: Option<Run>,
    /// Whether the symbols of the run came.
    has_symbols: bool,
    rows: Vec<Row>,
    /// How many of them are of listed symbols.
    listed: usize,
    by_symbol: RowIndex,
    by_partition: BTreeMap<Partition, Vec<usize>>,
    nodes: BTreeMap<NodeId, Node>,
    shown: VecDeque<Untold>,
    passed: PassedOver,
    /// Partitions of which more than events has changed.
    restated: Vec<Partition>,
    /// Rows that are to be looked at again when a frame was taken: a node has said something of them,
    /// or has to come further before what is best can be shown.
    owed: BTreeSet<usize>,
    /// Events that another node may still tell on a better word.
    withheld: Withheld,
    /// When the controller was asked for the symbols last.
    asked: Option<Instant>,
    counters: Counters,
    commands: VecDeque<Command>,
}

impl Page {
    /// A page that knows nothing and asks the controller first.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            run: None,
            has_symbols: false,
            rows: Vec::new(),
            listed: 0,
            by_symbol: RowIndex::default(),
            by_partition: BTreeMap::new(),
            nodes: BTreeMap::new(),
            shown: VecDeque::new(),
            passed: PassedOver::default(),
            restated: Vec::new(),
            owed: BTreeSet::new(),
            withheld: Withheld::default(),
            asked: None,
            counters: Counters::default(),
            commands: VecDeque::new(),
        }
    }

    /// The run that is shown.
    #[must_use]
    pub const fn run(&self) -> Option<Run> {
        self.run
    }

    /// All rows; their places stay while the run does.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Totals since the start.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// The next thing to do, if any.
    pub fn next_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// The next partition whose rows stand otherwise than before, apart from their events.
    pub fn next_restated(&mut self) -> Option<Partition> {
        self.restated.pop()
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let asked = self.asked.map(|asked| asked.after(ASK_INTERVAL));
        let ask = asked.filter(|_| self.wants_symbols());
        let of_nodes = self.nodes.values().filter(|node| !node.is_dead);
        let silences = of_nodes
            .clone()
            .filter_map(|node| node.next_change(&self.limits));
        let asked = of_nodes.filter(|node| !node.has_ended);
        let missing = asked.flat_map(|node| node.partitions.values());
        let missing = missing.filter(|part| part.has_missed);
        let states = missing.filter_map(|part| Some(part.asked?.after(ASK_INTERVAL)));
        ask.into_iter().chain(silences).chain(states).min()
    }

    /// Time has passed: finds the dead and the silent, and asks again for what was not answered.
    pub fn handle_timeout(&mut self, now: Instant) {
        let limits = self.limits;
        let mut restated = Vec::new();
        let mut died = Vec::new();
        for (&id, node) in &mut self.nodes {
            let is_quiet = |time| node.last_heard.after(time) <= now && !node.has_ended;
            let (is_silent, is_overdue) =
                (is_quiet(limits.silence()), is_quiet(limits.node_timeout));
            if is_overdue && !node.is_dead {
                died.push(id);
            }
            if is_silent != node.is_silent || is_overdue != node.is_dead {
                restated.extend(node.partitions.keys().copied());
            }
            node.is_silent = is_silent;
            if is_overdue && !core::mem::replace(&mut node.is_dead, true) {
                node.forget_cells();
            }
        }
        for id in died {
            self.report(Report::Died(id));
        }
        for partition in restated {
            self.restate(partition);
        }
        if self.wants_symbols() {
            self.ask_for_symbols(now);
        }
        self.ask_for_states(now);
    }

    /// The controller's answer came: the symbols, and what is played.
    ///
    /// # Errors
    ///
    /// When the answer is of a program of another version, or cannot be read.
    pub fn handle_symbols(&mut self, message: &[u8]) -> Result<(), ProtoError> {
        let (setup, entries) = match Answer::decode(message)? {
            Answer::SetupVisual(setup, entries) => (setup, entries),
            // Nothing that it asked for.
            other @ (Answer::Status(..) | Answer::DepthAsked(_) | Answer::Refused(_)) => {
                let kind = other.kind() as u8;
                return Err(ProtoError::BadKind { kind });
            }
        };
        if setup.schema != SCHEMA_FINGERPRINT {
            self.report(Report::AnotherSchema);
            return Ok(());
        }
        if self
            .run
            .is_none_or(|run| run.identity != setup.run.identity)
        {
            self.begin(setup.run);
        }
        self.has_symbols = true;
        let is_new = self.rows.is_empty();
        for entry in entries {
            let entry = entry?;
            let row = self.row_of(entry.symbol_index, entry.partition);
            if let Some(row) = self.rows.get_mut(row) {
                row.name = entry.name;
            }
        }
        if is_new {
            self.listed = self.rows.len();
        }
        Ok(())
    }

    /// A Pi pushed a frame.
    pub fn handle_stock(&mut self, now: Instant, frame: &[u8]) {
        self.counters.frames += 1;
        let taken = Stock::decode(frame).and_then(|stock| self.dispatch(now, stock));
        if let Err(error) = taken {
            self.counters.bad_frames += 1;
            self.report(Report::BadFrame(error));
        }
    }

    /// What can be said of a row now.
    #[must_use]
    pub fn standing(&self, row: usize, now: Instant) -> Standing {
        let Some(shown) = self.rows.get(row) else {
            return Standing::NOBODY;
        };
        let words = self.nodes.values().filter_map(|node| {
            let standing = self.word(node, row, shown, now)?;
            Some(standing)
        });
        // Who trusts its book most, and of those who speaks.
        let best = words.min_by_key(|standing| (standing.trust, standing.silent));
        let mut standing = best.unwrap_or(Standing::NOBODY);
        // Who stands behind the symbol does not vouch for what another one told of it.
        if shown.view.is_some() && Rank::Of(standing.trust) < shown.rank {
            standing.trust = shown.rank.trust();
        }
        standing
    }

    /// The nodes that hold a row's symbol and still speak, with what each says of it: who trusts its book
    /// most comes first, and of those who speaks.
    #[must_use]
    pub fn replicas(&self, row: usize, now: Instant) -> Vec<(NodeId, Standing)> {
        let Some(shown) = self.rows.get(row) else {
            return Vec::new();
        };
        let speaking = self.nodes.iter().filter(|(_, node)| !node.has_ended);
        let words = speaking.filter_map(|(&id, node)| {
            let standing = self.word(node, row, shown, now)?;
            Some((id, standing))
        });
        let mut words: Vec<_> = words.collect();
        words.sort_by_key(|(_, standing)| (standing.silent, standing.trust));
        words
    }

    /// The nodes that were heard, with how they are heard.
    pub fn voices(&self) -> impl Iterator<Item = (NodeId, Voice)> + '_ {
        self.nodes.iter().map(|(&id, node)| (id, node.voice()))
    }

    /// What one node says of a row.
    fn word(&self, node: &Node, row: usize, shown: &Row, now: Instant) -> Option<Standing> {
        let part = node.partitions.get(&shown.partition)?;
        if node.is_dead {
            return None;
        }
        let cell = node.cell(row);
        let stream = shown.at.map(|(channel, position)| {
            let partition = shown.partition;
            let stream = node.streams.get(&StreamId { channel, partition });
            (stream.copied().unwrap_or_default(), position)
        });
        // It has told more of the symbol than is shown yet.
        let has_news = cell.seen.and_then(|seen| seen.at);
        let has_news = has_news.is_some_and(|at| is_newer(at, shown.at));
        let mut trust = cell.trust;
        if let Some((stream, position)) = stream
            && trust == Trust::Live
            && (stream.recovering || stream.position < position || has_news)
        {
            trust = Trust::Recovering;
        }
        if part.has_missed || part.pending {
            trust = Trust::Stale;
        }
        let is_overdue = node.last_heard.after(self.limits.silence()) <= now;
        let of_partition = || {
            let mut streams = node.streams.iter();
            streams.any(|(id, one)| id.partition == shown.partition && one.silent)
        };
        let silent = stream.map_or_else(of_partition, |(stream, _)| stream.silent);
        Some(Standing {
            trust,
            // After the end nothing is said, and nothing is to be heard.
            silent: (is_overdue || silent) && !node.has_ended,
            status: cell.status,
        })
    }

    /// Whether a frame is of the run that is shown; a later one is shown afresh from here on.
    fn is_of_run(&mut self, now: Instant, run: Run) -> bool {
        let of_day = self.run.filter(|shown| shown.identity == run.identity);
        let Some(shown) = of_day else {
            self.counters.foreign += 1;
            self.has_symbols = false;
            self.ask_for_symbols(now);
            return false;
        };
        if run.generation > shown.generation || (run != shown && self.nodes.is_empty()) {
            let names = core::mem::take(&mut self.rows);
            self.begin(run);
            for row in names {
                let place = self.row_of(row.symbol_index, row.partition);
                if let Some(made) = self.rows.get_mut(place) {
                    made.name = row.name;
                }
            }
        }
        let is_shown = self.run == Some(run);
        self.counters.foreign += u64::from(!is_shown);
        is_shown
    }

    /// Shows a run afresh.
    fn begin(&mut self, run: Run) {
        self.run = Some(run);
        // What nobody took of the run before would be taken for this one's.
        self.shown.clear();
        self.passed = PassedOver::default();
        self.rows.clear();
        self.by_symbol = RowIndex::default();
        self.by_partition.clear();
        self.nodes.clear();
        self.restated.clear();
        self.owed.clear();
        self.withheld = Withheld::default();
        self.report(Report::NewRun(run));
    }

    /// The node, heard now.
    fn hear(&mut self, now: Instant, id: NodeId) -> &mut Node {
        let listed = self.listed;
        let node = self
            .nodes
            .entry(id)
            .or_insert_with(|| Node::new(now, listed));
        node.last_heard = now;
        if core::mem::replace(&mut node.is_silent, false) {
            let heard = node.partitions.keys().copied();
            self.restated.extend(heard);
        }
        if core::mem::replace(&mut node.is_dead, false) {
            // The controller may have taken it for dead as well: only who is let to tell its state
            // speaks for a book again.
            node.come_back();
            self.commands
                .push_back(Command::Report(Report::Returned(id)));
        }
        node
    }

    fn part(&mut self, id: NodeId, partition: Partition) -> &mut replica::Part {
        let node = self.nodes.get_mut(&id);
        let node = node.expect("the node was heard");
        node.part(partition)
    }

    /// The place of a symbol's row, which is new if need be.
    fn row_of(&mut self, symbol_index: SymbolIndex, partition: Partition) -> usize {
        if let Some(row) = self.by_symbol.get(symbol_index) {
            return row;
        }
        let row = self.rows.len();
        self.by_symbol.insert(symbol_index, row);
        self.by_partition.entry(partition).or_default().push(row);
        self.rows
            .push(Row::new(symbol_index, SymbolName::new(), partition));
        row
    }

    /// Whether the controller is to be asked. While no node speaks there may be a new one, which
    /// waits for the page.
    fn wants_symbols(&self) -> bool {
        let is_quiet = |node: &Node| node.is_silent || node.has_ended;
        !self.has_symbols || self.nodes.values().all(is_quiet)
    }

    fn ask_for_symbols(&mut self, now: Instant) {
        if self
            .asked
            .is_none_or(|asked| asked.after(ASK_INTERVAL) <= now)
        {
            self.asked = Some(now);
            self.commands.push_back(Command::Ask { tell: None });
        }
    }

    /// Asks those of whom something was missed for their states, and again after a while.
    fn ask_for_states(&mut self, now: Instant) {
        for (&node, view) in &mut self.nodes {
            if view.is_dead || view.has_ended {
                continue;
            }
            for (&partition, part) in &mut view.partitions {
                let is_due = part
                    .asked
                    .is_none_or(|asked| asked.after(ASK_INTERVAL) <= now);
                if part.has_missed && is_due {
                    part.asked = Some(now);
                    let tell = Some(Replica { node, partition });
                    self.commands.push_back(Command::Ask { tell });
                }
            }
        }
    }

    fn report(&mut self, report: Report) {
        self.commands.push_back(Command::Report(report));
    }
}
