//! Asks the Pis for what somebody looks at, and keeps what they say.
//!
//! One question a symbol every [`DEPTH_INTERVAL`], whatever the number of those who look, to the Pi whose
//! book is trusted most. One that does not answer is passed over for a while, and the next one is asked.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use oxberry_core::units::{Instant, SymbolIndex};
use oxberry_proto::depth::{Depth, DepthPart, DepthRecord, DepthRequest, DepthWish, LevelName};
use oxberry_proto::limits::{MAX_DEPTH_LEVELS, MAX_DEPTH_QUEUES};
use oxberry_proto::{NodeId, Partition, ProtoError, Records, Run, SCHEMA_FINGERPRINT, decode_list};

use super::answer::{self, Levels, OrderQueue, Said};
use super::looks::Looks;
use super::{Note, Seen};
use crate::limits::{
    DEPTH_INTERVAL, DEPTH_PATIENCE, DEPTH_REPRIEVE, MAX_LOOKED_AT, MAX_LOOKED_LEVELS,
};

/// What has to be known of the symbols.
pub(crate) trait Symbols {
    /// The run that is shown.
    fn run(&self) -> Option<Run>;

    /// The place of a symbol in the table, its number and its partition.
    fn find(&self, name: &str) -> Option<(usize, SymbolIndex, Partition)>;

    /// The Pis that hold a symbol and are heard, the one whose book is trusted most first.
    fn replicas(&self, slot: usize, now: Instant) -> Vec<NodeId>;
}

/// All that is asked, and what was answered.
#[derive(Debug)]
pub(crate) struct Asker {
    looks: Looks,
    /// The list of looks that is known here.
    known: Option<u64>,
    run: Option<Run>,
    /// By name, with those that were looked at lately.
    symbols: BTreeMap<String, Symbol>,
    questions: VecDeque<DepthRequest>,
    totals: Totals,
}

/// What was counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// Symbols that are looked at now.
    pub(crate) looked_at: u64,
    /// Questions to Pis.
    pub(crate) asked: u64,
    /// Parts of answers that were taken.
    pub(crate) taken: u64,
    /// Those that were not: nobody waits for them here, or something newer is known.
    pub(crate) left: u64,
    /// Times that a Pi was passed over, since it did not answer.
    pub(crate) passed_over: u64,
}

/// One symbol.
#[derive(Debug, Default)]
struct Symbol {
    place: Option<(usize, SymbolIndex, Partition)>,
    is_looked_at: bool,
    /// The levels whose queues are looked at.
    levels: Vec<LevelName>,
    /// Where the next question goes on with them, when they are more than one can name.
    next_level: usize,
    /// When it was asked for last.
    asked: Option<Instant>,
    /// Since when which Pi owes an answer.
    owes: Option<(NodeId, Instant)>,
    /// Pis that did not answer, and until when they are passed over.
    passed_over: BTreeMap<NodeId, Instant>,
    note: Option<Note>,
    told: Option<Arc<Levels>>,
    queues: BTreeMap<LevelName, Arc<OrderQueue>>,
    has_news: bool,
    /// When somebody looked last.
    looked_at: Instant,
}

impl Asker {
    /// Asks for what is on this list.
    pub(crate) fn new(looks: Looks) -> Self {
        Self {
            looks,
            known: None,
            run: None,
            symbols: BTreeMap::new(),
            questions: VecDeque::new(),
            totals: Totals::default(),
        }
    }

    /// Time has passed, and the list may be another one; says whether it is.
    pub(crate) fn handle_turn(&mut self, now: Instant, board: &impl Symbols) -> bool {
        let version = self.looks.version();
        let is_other = self.known != Some(version) || self.run != board.run();
        if is_other {
            self.known = Some(version);
            self.take_looks(now, board);
        }
        let (run, totals) = (self.run, &mut self.totals);
        for (name, symbol) in self.symbols.iter_mut().filter(|(_, one)| one.is_looked_at) {
            symbol.looked_at = now;
            if symbol.due() <= now {
                symbol.place = symbol.place.or_else(|| board.find(name));
                let question = symbol.ask(now, run, board, totals);
                totals.asked += u64::from(question.is_some());
                self.questions.extend(question);
            }
        }
        is_other
    }

    /// When [`handle_turn`](Self::handle_turn) has something to ask again.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let looked_at = self.symbols.values().filter(|one| one.is_looked_at);
        looked_at.map(Symbol::due).min()
    }

    /// The next question for the controller.
    pub(crate) fn next_question(&mut self) -> Option<DepthRequest> {
        self.questions.pop_front()
    }

    /// The controller has no such node: another one is asked at once, if there is one that was not asked yet.
    pub(crate) fn handle_refusal(&mut self, now: Instant, question: &DepthRequest) {
        let mut symbols = self.symbols.values_mut();
        let symbol = symbols.find(|one| one.index() == Some(question.wish.symbol_index));
        if let Some(symbol) = symbol.filter(|_| self.run == Some(question.run)) {
            if !symbol.passed_over.contains_key(&question.node) {
                symbol.asked = None;
            }
            symbol.pass_over(now, question.node);
            self.totals.passed_over += 1;
        }
    }

    /// A Pi told something of a book.
    pub(crate) fn handle_answer(&mut self, now: Instant, frame: &[u8]) {
        // What cannot be read is counted with all frames that cannot.
        if self.take_answer(now, frame).unwrap_or(false) {
            self.totals.taken += 1;
        } else {
            self.totals.left += 1;
        }
    }

    /// What was counted since the start.
    pub(crate) fn totals(&self) -> Totals {
        Totals {
            looked_at: self.looked_at().count() as u64,
            ..self.totals
        }
    }

    /// The names of the symbols that somebody looks at.
    pub(crate) fn looked_at(&self) -> impl Iterator<Item = &str> {
        let symbols = self.symbols.iter().filter(|(_, one)| one.is_looked_at);
        symbols.map(|(name, _)| name.as_str())
    }

    /// Whether there is something to see that [`take_news`](Self::take_news) has not given out.
    pub(crate) fn has_news(&self) -> bool {
        self.symbols.values().any(|one| one.has_news)
    }

    /// Gives out what is new.
    pub(crate) fn take_news(&mut self, mut show: impl FnMut(&str, Seen)) {
        for (name, symbol) in &mut self.symbols {
            if std::mem::take(&mut symbol.has_news) {
                show(name, symbol.seen());
            }
        }
    }

    /// Whether anything is kept of a symbol.
    pub(crate) fn keeps(&self, name: &str) -> bool {
        self.symbols.contains_key(name)
    }

    fn take_looks(&mut self, now: Instant, board: &impl Symbols) {
        if self.run != board.run() {
            self.run = board.run();
            self.questions.clear();
            self.symbols.clear();
        }
        for symbol in self.symbols.values_mut() {
            symbol.is_looked_at = false;
        }
        for (name, levels) in self.looks.all() {
            let place = board.find(&name);
            let symbol = self.symbols.entry(name).or_default();
            symbol.look(now, place, levels);
        }
        // What is looked at no more stays for a while: somebody may look again, and after the end of the
        // run nobody tells it any more.
        while self.symbols.len() > MAX_LOOKED_AT + KEPT {
            let old = self.symbols.iter().filter(|(_, one)| !one.is_looked_at);
            let oldest = old.min_by_key(|(_, one)| one.looked_at);
            let Some(name) = oldest.map(|(name, _)| name.clone()) else {
                break;
            };
            self.symbols.remove(&name);
        }
    }

    /// Takes an answer; false if nobody waits for it.
    fn take_answer(&mut self, now: Instant, frame: &[u8]) -> Result<bool, ProtoError> {
        let (head, records) = decode_list::<Depth>(frame)?;
        if self.run != Some(head.run) {
            return Ok(false);
        }
        let mut symbols = self.symbols.values_mut();
        match symbols.find(|one| one.index() == Some(head.symbol_index)) {
            Some(symbol) => symbol.take(now, &head, records),
            None => Ok(false),
        }
    }
}

/// Symbols that are kept when nobody looks at them any more.
const KEPT: usize = MAX_LOOKED_AT;

impl Symbol {
    fn index(&self) -> Option<SymbolIndex> {
        self.place.map(|(_, symbol_index, _)| symbol_index)
    }

    fn look(
        &mut self,
        now: Instant,
        place: Option<(usize, SymbolIndex, Partition)>,
        levels: Vec<LevelName>,
    ) {
        self.is_looked_at = true;
        self.looked_at = now;
        self.place = place;
        self.queues.retain(|level, _| levels.contains(level));
        self.levels = levels;
        // Who has just come sees what there is.
        self.has_news = true;
    }

    fn due(&self) -> Instant {
        self.asked
            .map_or(Instant::default(), |asked| asked.after(DEPTH_INTERVAL))
    }

    /// The next question, if there is somebody to be asked.
    fn ask(
        &mut self,
        now: Instant,
        run: Option<Run>,
        board: &impl Symbols,
        totals: &mut Totals,
    ) -> Option<DepthRequest> {
        self.asked = Some(now);
        let (Some((slot, symbol_index, partition)), Some(run)) = (self.place, run) else {
            self.set_note(Some(Note::Unknown));
            return None;
        };
        if let Some((node, since)) = self.owes
            && since.after(DEPTH_PATIENCE) <= now
        {
            self.pass_over(now, node);
            totals.passed_over += 1;
        }
        self.passed_over.retain(|_, until| *until > now);
        let replicas = board.replicas(slot, now);
        let Some(&best) = replicas.first() else {
            self.set_note(Some(Note::Unheld));
            return None;
        };
        let mut willing = replicas
            .iter()
            .filter(|node| !self.passed_over.contains_key(node));
        let node = willing.next().copied();
        if node.is_none() {
            self.set_note(Some(Note::Unanswered));
        }
        let node = node.unwrap_or(best);
        if self.owes.is_none_or(|(owing, _)| owing != node) {
            self.owes = Some((node, now));
        }
        Some(DepthRequest {
            schema: SCHEMA_FINGERPRINT,
            run,
            node,
            wish: DepthWish {
                symbol_index,
                partition,
                levels: MAX_DEPTH_LEVELS,
                queues: self.next_levels(),
            },
        })
    }

    /// The levels whose queues the next question is about: all in turn.
    fn next_levels(&mut self) -> [Option<LevelName>; MAX_DEPTH_QUEUES] {
        let mut queues = [None; MAX_DEPTH_QUEUES];
        let count = self.levels.len();
        let has_room = count <= queues.len();
        let from = if has_room { 0 } else { self.next_level % count };
        self.next_level = if has_room { 0 } else { from + queues.len() };
        let levels = self.levels.iter().cycle().skip(from).take(count);
        for (place, &level) in queues.iter_mut().zip(levels) {
            *place = Some(level);
        }
        queues
    }

    fn pass_over(&mut self, now: Instant, node: NodeId) {
        self.passed_over.insert(node, now.after(DEPTH_REPRIEVE));
        self.owes = None;
    }

    fn set_note(&mut self, note: Option<Note>) {
        self.has_news |= self.note != note;
        self.note = note;
    }

    /// Takes an answer, if it is newer than what is known; false if nobody waits for it.
    fn take(
        &mut self,
        now: Instant,
        head: &Depth,
        records: Records<'_, DepthRecord>,
    ) -> Result<bool, ProtoError> {
        self.passed_over.remove(&head.node);
        if self.owes.is_some_and(|(node, _)| node == head.node) {
            self.owes = None;
        }
        let said = Said::of(head, now);
        let is_taken = match head.part {
            DepthPart::Levels {
                more_bids,
                more_asks,
            } => {
                let before = self.told.as_ref();
                let is_newer =
                    before.is_none_or(|before| said.replaces(&before.said, DEPTH_PATIENCE));
                if is_newer {
                    let levels = answer::levels(said, (more_bids, more_asks), records)?;
                    self.told = Some(Arc::new(levels));
                }
                is_newer
            }
            DepthPart::Queue { level, orders, qty } => {
                // Another dashboard may look at other levels.
                let is_wanted = self.levels.contains(&level);
                let before = self.queues.get(&level);
                let is_newer =
                    before.is_none_or(|before| said.replaces(&before.said, DEPTH_PATIENCE));
                if is_wanted && is_newer {
                    let queue = answer::queue(said, (orders, qty), records)?;
                    self.queues.insert(level, Arc::new(queue));
                }
                is_wanted && is_newer
            }
        };
        if is_taken {
            self.note = None;
            self.has_news = true;
        }
        Ok(is_taken)
    }

    fn seen(&self) -> Seen {
        Seen {
            note: self.note,
            levels: self.told.clone(),
            queues: self
                .queues
                .iter()
                .map(|(level, queue)| (*level, queue.clone()))
                .collect(),
        }
    }
}

const _: () = assert!(MAX_DEPTH_QUEUES <= MAX_LOOKED_LEVELS);

#[cfg(test)]
mod tests;
