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
mod replica;
mod row_index;
mod word;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use oxberry_core::book::Trust;
use oxberry_core::units::{Instant, SymbolIndex};
use oxberry_proto::start::{Replica, SetupVisual};
use oxberry_proto::stock::{EndOfEvents, StockBatch, StockBeat, SymbolState};
use oxberry_proto::{
    Deltas, Kind, NodeId, Partition, ProtoError, Run, SCHEMA_FINGERPRINT, StockTold, StreamId,
    SymbolName, decode, decode_list, kind_of,
};

use self::event::Withheld;
pub use self::output::{Command, Counters, Report, Row, Shown, Standing, Voice};
use self::replica::{Node, Seen, Stream};
use self::row_index::RowIndex;
use self::word::{Rank, is_newer};
use crate::coverage::{Fit, Range};
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
    shown: VecDeque<Shown>,
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

    /// The next event that was taken, in their order.
    pub fn next_shown(&mut self) -> Option<Shown> {
        self.shown.pop_front()
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
            node.is_dead |= is_overdue;
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
        let (setup, entries) = decode_list::<SetupVisual>(message)?;
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
        if let Err(error) = self.dispatch(now, frame) {
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

    /// The nodes that were heard, with how they are heard.
    pub fn voices(&self) -> impl Iterator<Item = (NodeId, Voice)> + '_ {
        self.nodes.iter().map(|(&id, node)| (id, node.voice()))
    }

    fn dispatch(&mut self, now: Instant, frame: &[u8]) -> Result<(), ProtoError> {
        let kind = kind_of(frame)?;
        if kind == Kind::StockBatch {
            self.handle_batch(now, frame)
        } else if kind == Kind::StockBeat {
            self.handle_beat(now, frame)
        } else if kind == Kind::EndOfEvents {
            let EndOfEvents { run, node } = decode(frame)?;
            if self.is_of_run(now, run) {
                self.handle_end(now, node);
            }
            Ok(())
        } else {
            Err(ProtoError::BadKind { kind: kind as u8 })
        }
    }

    fn handle_batch(&mut self, now: Instant, frame: &[u8]) -> Result<(), ProtoError> {
        let (head, records) = decode_list::<StockBatch>(frame)?;
        if !self.is_of_run(now, head.run) {
            return Ok(());
        }
        let partition = head.stream.partition;
        let range = Range {
            numbering: head.numbering,
            after: head.after,
            through: head.through,
            begins: head.begins,
        };
        let node = self.hear(now, head.node);
        let stream = node.streams.entry(head.stream).or_default();
        let fit = range.fit(stream.position);
        let part = node.partitions.entry(partition).or_default();
        let (was_pending, had_missed) = (part.pending, part.has_missed);
        if !part.hear(head.trust, fit == Fit::Copy) {
            return Ok(());
        }
        if fit == Fit::Hole {
            part.miss();
        }
        let mut deltas = Deltas::new(head.numbering, head.after);
        let mut is_restated = part.pending != was_pending;
        let mut result = Ok(());
        for record in records {
            let told = match record {
                Ok(record) => deltas.stock_told(record),
                Err(error) => {
                    // What follows is unknown.
                    self.part(head.node, partition).miss();
                    result = Err(error);
                    break;
                }
            };
            match told {
                StockTold::Event(event) => {
                    self.handle_event(head.node, head.stream, head.numbering, &event);
                }
                StockTold::Trust(trust) => {
                    let row = self.row_of(trust.symbol_index, partition);
                    let cell = self.hear(now, head.node).cell_mut(row);
                    (cell.trust, cell.status) = (trust.trust, trust.status);
                    self.part(head.node, partition).count();
                    self.release(row);
                    // Of one symbol: the others of the partition stand as before.
                    self.owed.insert(row);
                    self.note_restated(partition);
                }
                StockTold::State(state) => {
                    // Where something was missed it counts at the end of the telling.
                    self.part(head.node, partition).tell();
                    self.handle_state(now, head.node, partition, &state);
                }
                StockTold::Rebuilt(state) => {
                    self.part(head.node, partition).count();
                    self.handle_state(now, head.node, partition, &state);
                }
                StockTold::StateEnd(symbols) => {
                    self.part(head.node, partition).end_telling(symbols);
                    is_restated = true;
                }
            }
        }
        // Only now: until its last record was heard, the node's word is not right as of the end.
        let stream = self.hear(now, head.node).streams.entry(head.stream);
        let stream = stream.or_default();
        stream.position = stream.position.max(range.end());
        let has_missed = self.part(head.node, partition).has_missed;
        if has_missed && !had_missed {
            let node = head.node;
            self.counters.missed += 1;
            self.report(Report::Missed(Replica { node, partition }));
        }
        if is_restated || has_missed != had_missed {
            self.restate(partition);
        }
        self.settle_withheld();
        self.settle_owed();
        self.ask_for_states(now);
        result
    }

    fn handle_beat(&mut self, now: Instant, frame: &[u8]) -> Result<(), ProtoError> {
        let (head, words) = decode_list::<StockBeat>(frame)?;
        if !self.is_of_run(now, head.run) {
            return Ok(());
        }
        let mut restated = Vec::new();
        let mut missed = Vec::new();
        let node = self.hear(now, head.node);
        for word in words {
            let word = word?;
            let partition = word.stream.partition;
            let range = Range {
                numbering: word.numbering,
                after: word.after,
                through: word.through,
                begins: None,
            };
            let stream = node.streams.entry(word.stream).or_default();
            let fit = range.fit(stream.position);
            let before = (stream.recovering, stream.silent);
            *stream = Stream {
                position: stream.position.max(range.end()),
                recovering: word.recovering,
                silent: word.silent,
                ended: word.ended,
            };
            let is_changed = before != (stream.recovering, stream.silent);
            let part = node.partitions.entry(partition).or_default();
            let (was_pending, had_missed) = (part.pending, part.has_missed);
            // A beat is in the order of the queue, so a node has told no more and no less by then.
            if part.hear(word.trust, false) && fit == Fit::Hole {
                part.miss();
            }
            if part.has_missed && !had_missed {
                missed.push(partition);
            }
            if is_changed || part.pending != was_pending || part.has_missed != had_missed {
                restated.push(partition);
            }
        }
        for partition in missed {
            self.counters.missed += 1;
            let node = head.node;
            self.report(Report::Missed(Replica { node, partition }));
        }
        for partition in restated {
            self.restate(partition);
        }
        self.settle_withheld();
        self.settle_owed();
        self.ask_for_states(now);
        Ok(())
    }

    /// A node has told everything. Its last beat said so of every stream; whoever lacks that lacks
    /// something, and will never hear it.
    fn handle_end(&mut self, now: Instant, id: NodeId) {
        let node = self.hear(now, id);
        node.has_ended = true;
        let held: Vec<_> = node.partitions.keys().copied().collect();
        for partition in held {
            let node = self.hear(now, id);
            let mut streams = node.streams.iter();
            let lacks_its_end = streams.any(|(id, one)| id.partition == partition && !one.ended);
            let part = self.part(id, partition);
            if lacks_its_end && !core::mem::replace(&mut part.has_missed, true) {
                self.counters.missed += 1;
                self.report(Report::Missed(Replica {
                    node: id,
                    partition,
                }));
            }
            // What was not told by now never is.
            self.restate(partition);
        }
    }

    /// Takes the state of a symbol as a node tells it.
    fn handle_state(
        &mut self,
        now: Instant,
        id: NodeId,
        partition: Partition,
        state: &SymbolState,
    ) {
        let row = self.row_of(state.trust.symbol_index, partition);
        let node = self.hear(now, id);
        let cell = node.cell_mut(row);
        (cell.trust, cell.status) = (state.trust.trust, state.trust.status);
        cell.seen = Some(Seen {
            at: state.at,
            ts_event: None,
            view: state.view,
            last_trade: state.last_trade,
            rank: Rank::Of(state.trust.trust),
        });
        self.owed.insert(row);
        self.note_restated(partition);
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
            self.commands
                .push_back(Command::Report(Report::Returned(id)));
        }
        node
    }

    fn part(&mut self, id: NodeId, partition: Partition) -> &mut replica::Part {
        let node = self.nodes.get_mut(&id);
        let node = node.expect("the node was heard");
        node.partitions.entry(partition).or_default()
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
