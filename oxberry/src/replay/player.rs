//! Playing channels into books.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use oxberry_core::{
    book::{Applied, Books, Capacity, Rejection},
    feed::{Action, Beginning, Counters, FeedEvent, Follower, Lost},
    line::Sequence,
    units::{ChannelId, OrderId, SeqNum, SymbolIndex, SymbolSeqNum, UnixNanos},
    xdp::{Body as _, Dialect, Message, PacketRef, SymbolIndexMapping},
};
use oxberry_feed::{
    contradiction::Contradictions,
    lines::{LineCounters, Turn},
    mapping::MappingFile,
    merge::Merge,
    source::{Filter, Packet, Source},
};
use oxberry_pi::BookMemory;

use super::{
    channels::{Channels, LinedChannel, NamedChannel, Place},
    inputs::Inputs,
    outcome::{self, Outcome},
    rows::Rows,
};
use crate::{
    console::Console, dialect, failure::Failure, findings::Findings, input::DialectChoice,
    reading::Reading,
};

/// What to replay, and how.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The channels and symbols.
    pub(crate) inputs: Inputs,
    /// The dialect.
    pub(crate) dialect: DialectChoice,
    /// The packets of captures that are wanted.
    pub(crate) filter: Filter,
    /// Orders that may rest at once.
    pub(crate) orders: u32,
    /// Whether the one who reads messages has the options of `oxberry replay`.
    pub(crate) has_options: bool,
}

/// Replays the plan; rows go to `rows` if there is one.
///
/// # Errors
///
/// When an input cannot be opened, or rows cannot be written. An input that fails later is told and
/// left out from there on.
pub(crate) fn play(
    plan: &Plan,
    mut rows: Option<&mut Rows>,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    if let Some(rows) = &mut rows {
        // The header: the first packet may be long in coming.
        rows.hand_over().map_err(Failure::of_output)?;
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "the summary tells how long it took"
    )]
    let start = Instant::now();
    let mapping = &plan.inputs.mapping;
    let capacity = Capacity {
        symbols: u32::try_from(mapping.symbols.len()).context("too many symbols")?,
        orders: plan.orders,
        levels: plan.orders,
    };
    let mut memory = BookMemory::map(capacity)?;
    let mut books = Books::new(capacity, memory.words())?;
    for (symbol_index, symbol) in &mapping.symbols {
        books.define(*symbol_index, symbol.price_scale)?;
    }

    let mut sources = Vec::new();
    for file in &plan.inputs.files {
        let source = Source::open(file, plan.filter.clone())?;
        if let Some(rows) = &rows {
            rows.output().follow(&source);
        }
        sources.push(source);
    }
    let dialects = dialect::choose(plan.dialect, &mut sources, plan.has_options, console);
    let channels = Channels::new(&mut sources, &dialects);
    console.watch(sources.iter().map(Source::progress).collect());

    let findings = plan.inputs.findings.clone();
    let table = Table {
        books,
        rows,
        mapping,
        contradictions: Contradictions::new(),
        console,
        has_options: plan.has_options,
        findings,
        faulty: false,
        full: false,
    };
    let files: Vec<String> = sources.iter().map(|source| source.name().into()).collect();
    let mut player = Player {
        table,
        files: &files,
        channels,
        deadline: None,
    };
    let mut merge = Merge::new(sources);
    player.play(&mut merge)?;
    let readings = merge.sources().iter().map(Reading::of).collect();
    Ok(player.finish(start.elapsed(), readings))
}

/// Takes packets to their channels.
struct Player<'a> {
    table: Table<'a>,
    /// What messages call the sources.
    files: &'a [String],
    channels: Channels<'a>,
    /// When the next channel that waits for a line gives up, by the clock of the captures.
    deadline: Option<UnixNanos>,
}

/// Takes events to their books and rows, and tells what is odd.
struct Table<'a> {
    books: Books<'a>,
    rows: Option<&'a mut Rows>,
    mapping: &'a MappingFile,
    contradictions: Contradictions,
    console: &'a mut Console,
    has_options: bool,
    findings: Findings,
    /// Whether an input has faults.
    faulty: bool,
    /// Whether something found no room in the books.
    full: bool,
}

impl Player<'_> {
    fn play(&mut self, merge: &mut Merge) -> Result<(), Failure> {
        loop {
            match merge.advance() {
                Ok(Some(number)) => {
                    self.packet(number, merge.packet(number))?;
                    self.table.console.count_packet();
                }
                Ok(None) => break,
                Err(error) => {
                    self.table.console.say(error);
                    self.table.faulty = true;
                }
            }
            self.table.hand_over()?;
        }
        for LinedChannel { lines, named, .. } in self.channels.iter_mut() {
            lines.finish(&mut |packet, place| self.table.play(named, packet, place));
        }
        if let Some(rows) = &mut self.table.rows {
            rows.flush().map_err(Failure::of_output)?;
        }
        Ok(())
    }

    fn packet(&mut self, source: usize, packet: Packet<'_>) -> Result<(), Failure> {
        let table = &mut self.table;
        let Packet {
            offset,
            group,
            captured,
            ..
        } = packet;
        let file = self.files.get(source).map_or("", String::as_str);
        let packet = match PacketRef::new(packet.bytes) {
            Ok(packet) => packet,
            Err(error) => {
                table.faulty = true;
                table.find(
                    "faulty packets",
                    format_args!("{file}: at byte {offset}: {error}"),
                );
                return Ok(());
            }
        };
        if let Some(deadline) = self.deadline {
            let now = captured.unwrap_or_else(|| packet.header().send_time);
            if deadline <= now {
                self.give_up(now);
            }
        }
        let table = &mut self.table;
        let Some(LinedChannel { lines, named, .. }) =
            self.channels
                .of_packet(source, group, &packet, table.mapping)?
        else {
            return Ok(());
        };
        let place = Place { file, offset };
        let tracker = named.channel.tracker();
        match lines.handle_packet(group, captured, &packet, place, tracker) {
            Turn::Now => table.play(named, &packet, place),
            Turn::Later | Turn::Never => {}
            Turn::Damaged => table.find(
                "cut packets",
                format_args!("{file}: packet at byte {offset}: cut off; left to the other lines"),
            ),
        }
        lines.release(&mut |packet, place| table.play(named, packet, place));
        self.deadline = [self.deadline, lines.poll_timeout()]
            .into_iter()
            .flatten()
            .min();
        Ok(())
    }

    /// Plays what came after messages that no line brought in time.
    #[cold]
    fn give_up(&mut self, now: UnixNanos) {
        self.deadline = None;
        for LinedChannel { lines, named, .. } in self.channels.iter_mut() {
            lines.handle_timeout(now);
            lines.release(&mut |packet, place| self.table.play(named, packet, place));
            self.deadline = [self.deadline, lines.poll_timeout()]
                .into_iter()
                .flatten()
                .min();
        }
    }

    fn finish(self, took: Duration, readings: Vec<Reading>) -> Outcome {
        let Table {
            books,
            mapping,
            findings,
            faulty,
            full,
            ..
        } = self.table;
        let name = |symbol_index: SymbolIndex| match mapping.symbols.get(&symbol_index) {
            Some(symbol) => symbol.cqs_symbol.clone(),
            None => symbol_index.to_string(),
        };
        let mut outcome = Outcome {
            digests: outcome::digests(&books),
            stale: outcome::stale(&books).map(name).collect(),
            resting: books.order_count(),
            packets: 0,
            messages: 0,
            events: books.counters().events,
            unknown_types: 0,
            duplicates: 0,
            lines: Vec::new(),
            readings,
            findings,
            faulty: faulty || full,
            took,
        };
        for LinedChannel { lines, named, .. } in self.channels.iter() {
            let (sequence, counters) = (
                named.channel.counters(),
                named.channel.normalizer().counters(),
            );
            let lines = lines.counters();
            let dropped: u64 = lines.iter().map(LineCounters::dropped).sum();
            outcome.packets += counters.packets() + sequence.duplicates + dropped;
            outcome.messages += counters.messages();
            outcome.unknown_types += counters.unknown_types;
            outcome.duplicates += sequence.duplicates;
            outcome.duplicates += lines.iter().map(|line| line.duplicates).sum::<u64>();
            if lines.len() > 1 {
                let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
                outcome.lines.push(format!(
                    "{}: {}; no line brought: {} messages in {} gaps",
                    named.name,
                    lines.join("; "),
                    sequence.messages_missing,
                    sequence.gaps
                ));
            }
        }
        outcome
    }
}

/// The counts whose change means that a packet has odd messages, which are worth a second look.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Odd {
    unknown_symbols: u64,
    malformed: u64,
}

impl Odd {
    fn of(counters: &Counters) -> Self {
        Self {
            unknown_symbols: counters.unknown_symbols,
            malformed: counters.malformed,
        }
    }
}

/// How often the channel has defined a symbol.
fn definitions(counters: &Counters) -> u64 {
    let kind = usize::from(SymbolIndexMapping::MSG_TYPE);
    counters.by_type.get(kind).copied().unwrap_or_default()
}

impl Table<'_> {
    /// Plays a packet whose turn has come.
    fn play(&mut self, named: &mut NamedChannel, packet: &PacketRef<'_>, place: Place<'_>) {
        let NamedChannel {
            id,
            name,
            dialect,
            channel,
        } = named;
        let Place { file, offset } = place;
        if let Some(rows) = &mut self.rows {
            rows.expect(packet, *dialect);
        }
        let before = Odd::of(channel.normalizer().counters());
        let defined_before = definitions(channel.normalizer().counters());
        let mut listener = Listener {
            table: self,
            channel: *id,
        };
        match channel.packet(packet, &mut listener) {
            Ok(Sequence::Gap { expected, missing }) => {
                let last = expected.plus(missing - 1);
                self.find(
                    "channel gaps",
                    format_args!(
                        "{name}: sequence numbers {expected} to {last} are missing before the \
                         packet at byte {offset}; its books are stale until they are cleared"
                    ),
                );
            }
            Ok(_) => {}
            Err(error) => {
                self.faulty = true;
                self.find(
                    "faulty packets",
                    format_args!(
                        "{file}: packet at byte {offset}: {error}; the rest of the packet is \
                         lost and the books of the channel are stale until they are cleared"
                    ),
                );
            }
        }
        if before != Odd::of(channel.normalizer().counters()) {
            self.faulty |= self.odd_messages(file, offset, packet, *dialect);
        }
        if defined_before != definitions(channel.normalizer().counters()) {
            self.compare_symbols(packet);
        }
    }

    /// Tells which of the symbols that a packet defines the mapping file names otherwise.
    #[cold]
    fn compare_symbols(&mut self, packet: &PacketRef<'_>) {
        let (findings, console) = (&mut self.findings, &*self.console);
        self.contradictions
            .packet(packet, self.mapping, &mut |contradiction| {
                findings.add(console, "symbols unlike the mapping file's", contradiction);
            });
    }

    /// Hands the rows of a packet over to standard output.
    fn hand_over(&mut self) -> Result<(), Failure> {
        let rows = self.rows.as_mut();
        rows.map_or(Ok(()), |rows| rows.hand_over())
            .map_err(Failure::of_output)
    }

    fn find(&mut self, kind: &'static str, message: impl std::fmt::Display) {
        self.findings.add(self.console, kind, message);
    }

    fn event(&mut self, channel: ChannelId, event: &FeedEvent) {
        let Ok(applied) = self.books.apply(channel, event) else {
            return self.unknown_symbol(event.symbol_index, event.symbol_seq_num);
        };
        if let Some(rejection) = applied.rejection {
            self.rejected(event, rejection);
        }
        if applied.missing > 0 || event.action == Action::Unreadable {
            self.stale(event, &applied);
        }
        if let Some(rows) = &mut self.rows {
            rows.after(event, &self.books, applied.slot);
        }
    }

    #[cold]
    fn rejected(&mut self, event: &FeedEvent, rejection: Rejection) {
        let (kind, remedy) = match rejection {
            Rejection::UnknownOrder => ("unknown orders", ""),
            Rejection::LateDelete => ("deletes of expired orders", ""),
            Rejection::DuplicateOrder => ("duplicate orders", ""),
            Rejection::ZeroQuantity => ("events without shares", ""),
            Rejection::ExcessExecution => ("executions of more than the order has", ""),
            Rejection::OrdersFull | Rejection::LevelsFull | Rejection::IdsCrowded => {
                self.full = true;
                let remedy = if self.has_options {
                    "; raise --orders"
                } else {
                    ""
                };
                ("orders without room", remedy)
            }
            Rejection::OldMessage => ("messages with old numbers", ""),
            Rejection::OtherChannel => ("symbols of two channels", ""),
            Rejection::ScaleLost | _ => ("other contradictions", ""),
        };
        let symbol = self.symbol(event.symbol_index);
        let number = event
            .symbol_seq_num
            .map_or("unknown".into(), |number| number.to_string());
        let order = order_in_question(&event.action, rejection)
            .map_or(String::new(), |id| format!(" (order {id})"));
        let state = self
            .books
            .slot(event.symbol_index)
            .map(|slot| self.books.trust(slot));
        let state = state.map_or(String::new(), |state| format!("; the book is {state}"));
        self.find(
            kind,
            format_args!(
                "{symbol}: symbol sequence number {number}: {rejection}{order}{state}{remedy}"
            ),
        );
    }

    #[cold]
    fn stale(&mut self, event: &FeedEvent, applied: &Applied) {
        let symbol = self.symbol(event.symbol_index);
        let trust = self.books.trust(applied.slot);
        if applied.missing > 0 {
            let number = event.symbol_seq_num.map_or(0, SymbolSeqNum::raw);
            let (missing, last) = (applied.missing, number.saturating_sub(applied.missing + 1));
            self.find(
                "symbol gaps",
                format_args!(
                    "{symbol}: after symbol sequence number {last}: messages are missing, \
                     {missing} of them; the book is {trust}"
                ),
            );
        }
        if event.action == Action::Unreadable {
            self.find(
                "meaningless messages",
                format_args!(
                    "{symbol}: sequence number {}: a message makes no sense; the book is {trust}",
                    event.seq_num
                ),
            );
        }
    }

    fn unknown_symbol(&mut self, symbol_index: SymbolIndex, number: Option<SymbolSeqNum>) {
        let number = number.map_or("unknown".into(), |number| number.to_string());
        self.find(
            "messages of unknown symbols",
            format_args!(
                "symbol index {symbol_index}: symbol sequence number {number}: not in the mapping \
                 file; passed over"
            ),
        );
    }

    /// Tells which messages of a packet are odd; says whether some are malformed.
    #[cold]
    fn odd_messages(
        &mut self,
        file: &str,
        offset: u64,
        packet: &PacketRef<'_>,
        dialect: Dialect,
    ) -> bool {
        let mut malformed = false;
        let mut seq_num = packet.header().seq_num;
        for message in packet.messages().flatten() {
            let place = format!("{file}: packet at byte {offset}: sequence number {seq_num}");
            let kind = message.msg_type();
            if let Err(error) = Message::parse(dialect, message) {
                malformed = true;
                self.find("malformed messages", format_args!("{place}: {error}"));
            } else if let Some(symbol_index) = message.symbol_index(dialect)
                && !self.mapping.symbols.contains_key(&symbol_index)
                && Message::name_of(dialect, kind).is_some()
            {
                self.find(
                    "messages of unknown symbols",
                    format_args!(
                        "{place}: symbol index {symbol_index} is not in the mapping file; passed \
                         over"
                    ),
                );
            }
            seq_num = seq_num.next();
        }
        malformed
    }

    fn symbol(&self, symbol_index: SymbolIndex) -> String {
        match self.mapping.symbols.get(&symbol_index) {
            Some(symbol) => symbol.cqs_symbol.clone(),
            None => format!("symbol index {symbol_index}"),
        }
    }
}

/// Takes what one channel tells to the books.
struct Listener<'t, 'a> {
    table: &'t mut Table<'a>,
    channel: ChannelId,
}

impl Follower for Listener<'_, '_> {
    fn event(&mut self, event: FeedEvent) {
        self.table.event(self.channel, &event);
    }

    fn begins(&mut self, beginning: Beginning) {
        let books = &mut self.table.books;
        for slot in books.slots() {
            books.begins(slot, self.channel, &beginning);
        }
    }

    fn lost(&mut self, _: Lost) {
        let books = &mut self.table.books;
        for slot in books.slots() {
            books.lost(slot, self.channel);
        }
    }

    fn settled(&mut self, _: SeqNum) {
        let books = &mut self.table.books;
        for slot in books.slots() {
            books.settled(slot, self.channel);
        }
    }
}

/// The order that a rejection is about: of a replacement the one that joins, unless the one that
/// leaves is not there.
fn order_in_question(action: &Action, rejection: Rejection) -> Option<OrderId> {
    if let Action::Replace { new_order_id, .. } = *action
        && rejection != Rejection::UnknownOrder
    {
        return Some(new_order_id);
    }
    action.order_id()
}
