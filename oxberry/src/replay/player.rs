//! Playing channels into books.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use oxberry_core::{
    book::{Books, Capacity},
    units::{SymbolIndex, UnixNanos},
    xdp::PacketRef,
};
use oxberry_feed::{
    channels::{Channels, HandledChannel},
    handler::Totals,
    merge::Merge,
    source::{Filter, Packet, Source},
};
use oxberry_pi::BookMemory;

use super::{
    events::EventRows,
    inputs::Inputs,
    outcome::{self, Outcome},
    period::{Bounds, Period},
    rows::Rows,
    table::{Hearing, Place, Table},
};
use crate::{
    console::Console, dialect, failure::Failure, input::DialectChoice, output::Output,
    reading::Reading,
};

/// Symbols for which there is room beside those of the mapping file: what only the feed defines.
const SPARE_SYMBOLS: usize = 1_024;

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

/// Replays the plan; rows go to `rows` and the event stream to `events`, if they are there.
///
/// # Errors
///
/// When an input cannot be opened, or rows cannot be written. An input that fails later is told and
/// left out from there on.
pub(crate) fn play(
    plan: &Plan,
    rows: Option<&mut Rows>,
    events: Option<&mut EventRows>,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    play_period(plan, Period::default(), rows, events, console)
}

/// Replays the plan up to the end of a period; of `rows` those in it are written.
///
/// # Errors
///
/// As [`play`], and when nothing can be in the period.
pub(super) fn play_period(
    plan: &Plan,
    period: Period,
    mut rows: Option<&mut Rows>,
    events: Option<&mut EventRows>,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    if let Some(rows) = &mut rows {
        // The header: the first packet may be long in coming.
        rows.hand_over()?;
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "the summary tells how long it took"
    )]
    let start = Instant::now();
    let mapping = &plan.inputs.mapping;
    let capacity = Capacity {
        symbols: u32::try_from(mapping.symbols.len() + SPARE_SYMBOLS)
            .context("too many symbols")?,
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
        let outputs = rows.iter().map(|rows| rows.output());
        let outputs = outputs.chain(events.iter().map(|events| events.output()));
        Output::all_follow(outputs.cloned().collect(), &source);
        sources.push(source);
    }
    let dialects = dialect::choose(plan.dialect, &mut sources, plan.has_options, console);
    let channels = Channels::new(&mut sources, &dialects);
    console.watch(sources.iter().map(Source::progress).collect());

    let findings = plan.inputs.findings.clone();
    let outputs = (rows, events);
    let table = Table::new(books, outputs, mapping, console, findings, plan.has_options);
    let files: Vec<String> = sources.iter().map(|source| source.name().into()).collect();
    let mut player = Player {
        table,
        files: &files,
        channels,
        period,
        clock: None,
        stopped: None,
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
    channels: Channels<Place<'a>>,
    period: Period,
    /// The period of this feed, and when the latest packet was sent.
    clock: Option<(Bounds, UnixNanos)>,
    /// Why reading stopped before the end.
    stopped: Option<String>,
}

impl Player<'_> {
    fn play(&mut self, merge: &mut Merge) -> Result<(), Failure> {
        loop {
            match merge.advance() {
                Ok(Some(number)) => {
                    self.packet(number, merge.packet(number))?;
                    if self.stopped.is_some() {
                        break;
                    }
                    self.table.count_packet();
                }
                Ok(None) => break,
                Err(error) => self.table.failed(error),
            }
            self.table.hand_over()?;
        }
        let stop = self.clock.and_then(|(bounds, _)| bounds.stop);
        self.table.stop(stop.filter(|_| self.stopped.is_some()));
        for HandledChannel { named, handler, .. } in self.channels.iter_mut() {
            handler.finish(&mut Hearing::new(&mut self.table, named));
        }
        self.table.end()
    }

    /// Moves the clock to when a packet was sent, never back; says whether it is to be read.
    fn advance(&mut self, place: Place<'_>, sent: UnixNanos) -> Result<bool, Failure> {
        let bounds = match self.clock {
            Some((bounds, _)) => bounds,
            None => {
                let bounds = self.period.of_feed(sent)?;
                self.table.begin(bounds);
                bounds
            }
        };
        let now = self.clock.map_or(sent, |(_, before)| before.max(sent));
        if bounds.stop.is_some_and(|stop| stop <= now) {
            let Place { file, offset } = place;
            self.stopped = Some(format!(
                "stopped before the packet at byte {offset} of {file}, as it was told to"
            ));
            return Ok(false);
        }
        self.clock = Some((bounds, now));
        self.table.advance(now);
        Ok(true)
    }

    fn packet(&mut self, source: usize, packet: Packet<'_>) -> Result<(), Failure> {
        let Packet {
            offset,
            group,
            captured,
            ..
        } = packet;
        let file = self.files.get(source).map_or("", String::as_str);
        let place = Place { file, offset };
        let packet = match PacketRef::new(packet.bytes) {
            Ok(packet) => packet,
            Err(error) => {
                self.table.not_a_packet(place, error);
                return Ok(());
            }
        };
        if !self.advance(place, packet.header().send_time)? {
            return Ok(());
        }
        let mapping = self.table.mapping();
        let channel = self.channels.of_packet(source, group, &packet, mapping)?;
        if let Some((_, HandledChannel { named, handler, .. })) = channel {
            let mut hearing = Hearing::new(&mut self.table, named);
            handler.handle_packet(group, captured, &packet, place, &mut hearing);
        }
        Ok(())
    }

    fn finish(mut self, took: Duration, readings: Vec<Reading>) -> Outcome {
        for slot in self.table.books().slots() {
            self.table.check_owner(slot);
        }
        let books = self.table.books();
        let mut outcome = Outcome {
            digests: outcome::digests(books),
            contested: self.table.contested(),
            stale: outcome::stale(books)
                .map(|symbol_index: SymbolIndex| self.table.name(symbol_index))
                .collect(),
            partial: outcome::partial(books),
            always_live: self.table.was_always_live(),
            resting: books.order_count(),
            packets: 0,
            messages: 0,
            events: books.counters().events,
            unknown_types: 0,
            duplicates: 0,
            lines: Vec::new(),
            readings,
            findings: self.table.findings().clone(),
            faulty: self.table.is_faulty(),
            took,
        };
        let mut all = Totals::default();
        for HandledChannel { named, handler, .. } in self.channels.iter() {
            let totals = handler.totals();
            all = all.plus(totals);
            let lines = handler.lines();
            if lines.len() > 1 {
                let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
                outcome.lines.push(format!(
                    "{}: {}; no line brought: {} messages in {} gaps",
                    named.name,
                    lines.join("; "),
                    totals.missing,
                    totals.gaps
                ));
            }
        }
        outcome.packets = all.packets;
        outcome.messages = all.messages;
        outcome.unknown_types = all.unknown_types;
        outcome.duplicates = all.copies;
        if !all.is_plain() {
            outcome.lines.push(all.to_string());
        }
        outcome.lines.extend(self.stopped);
        outcome.lines.extend(self.table.remarks());
        outcome
    }
}
