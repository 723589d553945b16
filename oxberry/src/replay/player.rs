//! Playing channels into books.

use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use oxberry_controller::source::{Filter, MappingFile, Merge, Packet, Source};
use oxberry_core::{
    book::{Books, Capacity, Line, Rejection, SymbolSlot},
    feed::{Action, Counters, FeedEvent, StaleReason},
    line::Sequence,
    units::{OrderId, SymbolIndex, SymbolSeqNum},
    xdp::{Dialect, Message, PacketRef},
};

use super::{
    channels::{NamedChannel, SourceChannels},
    inputs::Inputs,
    outcome::{self, Outcome},
    rows::Rows,
};
use crate::{
    console::Console, dialect, failure::Failure, findings::Findings, input::DialectChoice,
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
}

/// Replays the plan; rows go to `rows` if there is one.
///
/// # Errors
///
/// When an input cannot be opened, or rows cannot be written. An input that fails later is told and
/// left out from there on.
pub(crate) fn play<W: Write>(
    plan: &Plan,
    rows: Option<&mut Rows<W>>,
    console: &mut Console,
) -> Result<Outcome, Failure> {
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
    let mut memory = vec![Line::EMPTY; capacity.lines()];
    let mut books = Books::new(capacity, &mut memory)?;
    for (symbol_index, symbol) in &mapping.symbols {
        books.define(*symbol_index, symbol.price_scale)?;
    }

    let mut sources = Vec::new();
    for file in &plan.inputs.files {
        sources.push(Source::open(file, plan.filter.clone())?);
    }
    let dialects = dialect::choose(plan.dialect, &mut sources, console);
    let channels = sources
        .iter()
        .zip(dialects)
        .map(|(source, dialect)| SourceChannels::new(source, dialect))
        .collect();
    console.watch(sources.iter().map(Source::progress).collect());

    let findings = plan.inputs.findings.clone();
    let table = Table {
        books,
        rows,
        mapping,
        console,
        findings,
        full: false,
        write_error: None,
    };
    let mut player = Player {
        table,
        channels,
        faulty: false,
    };
    player.play(Merge::new(sources))?;
    Ok(player.finish(start.elapsed()))
}

/// Takes packets to their channels.
struct Player<'a, W> {
    table: Table<'a, W>,
    /// The channels of the sources, by source.
    channels: Vec<SourceChannels>,
    /// Whether an input has faults.
    faulty: bool,
}

/// Takes events to their books and rows, and tells what is odd.
struct Table<'a, W> {
    books: Books<'a>,
    rows: Option<&'a mut Rows<W>>,
    mapping: &'a MappingFile,
    console: &'a mut Console,
    findings: Findings,
    /// Whether something found no room in the books.
    full: bool,
    /// Why rows cannot be written any more.
    write_error: Option<io::Error>,
}

impl<W: Write> Player<'_, W> {
    fn play(&mut self, mut merge: Merge) -> Result<(), Failure> {
        loop {
            match merge.advance() {
                Ok(Some(number)) => {
                    let packet = merge.packet(number);
                    let name = merge.sources().get(number).map_or("", Source::name);
                    self.packet(number, name, packet)?;
                    self.table.console.count_packet();
                }
                Ok(None) => return Ok(()),
                Err(error) => {
                    self.table.console.say(error);
                    self.faulty = true;
                }
            }
            if let Some(error) = self.table.write_error.take() {
                return Err(error.into());
            }
        }
    }

    fn packet(&mut self, number: usize, file: &str, packet: Packet<'_>) -> Result<(), Failure> {
        let Some(channels) = self.channels.get_mut(number) else {
            return Ok(());
        };
        let dialect = channels.dialect;
        let table = &mut self.table;
        let offset = packet.offset;
        let group = packet.group;
        let packet = match PacketRef::new(packet.bytes) {
            Ok(packet) => packet,
            Err(error) => {
                self.faulty = true;
                table.find(
                    "faulty packets",
                    format_args!("{file}: at byte {offset}: {error}"),
                );
                return Ok(());
            }
        };
        let Some(NamedChannel { name, channel, .. }) =
            channels.of_packet(group, &packet, table.mapping)?
        else {
            return Ok(());
        };
        if let Some(rows) = &mut table.rows {
            rows.expect(&packet, dialect);
        }
        let before = Odd::of(channel.normalizer().counters());
        let result = channel.packet(&packet, &mut |event| table.event(&event));
        match result {
            Ok(Sequence::Gap { expected, missing }) => {
                let last = expected.plus(missing - 1);
                table.find(
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
                table.find(
                    "faulty packets",
                    format_args!(
                        "{file}: packet at byte {offset}: {error}; the rest of the packet is \
                         lost and the books of the channel are stale until they are cleared"
                    ),
                );
            }
        }
        if before != Odd::of(channel.normalizer().counters()) {
            self.faulty |= table.odd_messages(file, offset, &packet, dialect);
        }
        Ok(())
    }

    fn finish(self, took: Duration) -> Outcome {
        let Table {
            books,
            mapping,
            findings,
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
            findings,
            faulty: self.faulty || full,
            took,
        };
        for channel in self.channels.iter().flat_map(SourceChannels::iter) {
            let (sequence, counters) = (
                channel.channel.counters(),
                channel.channel.normalizer().counters(),
            );
            outcome.packets += counters.packets() + sequence.duplicates;
            outcome.messages += counters.messages();
            outcome.unknown_types += counters.unknown_types;
            outcome.duplicates += sequence.duplicates;
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

impl<W: Write> Table<'_, W> {
    fn find(&mut self, kind: &'static str, message: impl std::fmt::Display) {
        self.findings.add(self.console, kind, message);
    }

    fn event(&mut self, event: &FeedEvent) {
        let Ok(applied) = self.books.apply(event) else {
            return self.unknown_symbol(event.symbol_index, event.symbol_seq_num);
        };
        if let Some(rejection) = applied.rejection {
            self.rejected(event, rejection);
        }
        if let Action::Stale { reason } = event.action {
            self.stale(event.symbol_index, applied.slot, reason);
        }
        if let Some(rows) = &mut self.rows
            && let Err(error) = rows.after(event, &self.books, applied.slot)
        {
            self.write_error.get_or_insert(error);
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
                ("orders without room", "; raise --orders")
            }
            Rejection::ScaleLost | _ => ("other contradictions", ""),
        };
        let symbol = self.symbol(event.symbol_index);
        let number = event
            .symbol_seq_num
            .map_or("unknown".into(), |number| number.to_string());
        let order = order_id(&event.action).map_or(String::new(), |id| format!(" (order {id})"));
        let state = self
            .books
            .slot(event.symbol_index)
            .map(|slot| self.books.state(slot));
        let state = state.map_or(String::new(), |state| format!("; the book is {state}"));
        self.find(
            kind,
            format_args!(
                "{symbol}: symbol sequence number {number}: {rejection}{order}{state}{remedy}"
            ),
        );
    }

    #[cold]
    fn stale(&mut self, symbol_index: SymbolIndex, slot: SymbolSlot, reason: StaleReason) {
        let (kind, what) = match reason {
            StaleReason::SymbolGap => ("symbol gaps", "messages are missing"),
            StaleReason::Inconsistent => ("meaningless messages", "a message makes no sense"),
            StaleReason::ChannelReset => ("books reset", "the channel started again"),
            // A gap is told once for the whole channel; the books themselves tell of being full.
            StaleReason::ChannelGap | StaleReason::Full | _ => return,
        };
        let symbol = self.symbol(symbol_index);
        let last = self.books.symbol_seq_num(slot).map_or(0, SymbolSeqNum::raw);
        let message = format_args!(
            "{symbol}: after symbol sequence number {last}: {what}; the book is stale until it is \
             cleared"
        );
        self.find(kind, message);
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

/// The order that an action is about.
fn order_id(action: &Action) -> Option<OrderId> {
    if let Action::Add { order_id, .. }
    | Action::Modify { order_id, .. }
    | Action::Delete { order_id }
    | Action::Execute { order_id, .. }
    | Action::Replace { order_id, .. } = *action
    {
        return Some(order_id);
    }
    None
}
