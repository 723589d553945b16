//! Takes what channels tell to their books and rows, and tells what is odd.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
};

use oxberry_core::{
    book::{Applied, Books, ChannelPast, Rejection, SymbolSlot, Trust},
    feed::{Action, Beginning, FeedEvent, Follower, Lost},
    line::Continuity,
    units::{ChannelId, Numbering, Position, SeqNum, SymbolIndex, SymbolSeqNum, UnixNanos},
    xdp::{Body as _, LegacySymbolIndexMapping, Message, MessageRef, PacketRef, WireError},
};
use oxberry_feed::{
    channels::NamedChannel,
    contradiction::Contradictions,
    handler::{Dropped, Listener, Read},
    mapping::MappingFile,
};

use super::{
    events::EventRows, period::Bounds, rejections, rows::Rows, views::is_of_order_or_trade,
};
use crate::{console::Console, failure::Failure, findings::Findings};

/// Where a packet lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'f> {
    pub(super) file: &'f str,
    /// Its first byte.
    pub(super) offset: u64,
}

/// The books of all symbols, and what was odd on the way.
pub(super) struct Table<'a> {
    books: Books<'a>,
    rows: Option<&'a mut Rows>,
    events: Option<&'a mut EventRows>,
    /// What happened to each channel, for symbols that it defines later.
    past: BTreeMap<ChannelId, ChannelPast>,
    mapping: &'a MappingFile,
    /// What the feed calls symbols that the mapping file does not have.
    defined: BTreeMap<SymbolIndex, String>,
    console: &'a mut Console,
    findings: Findings,
    /// Whether an input has faults.
    faulty: bool,
    /// Whether something found no room in the books.
    full: bool,
    /// Where the feed names symbols otherwise than the mapping file.
    contradictions: Contradictions,
    /// Whether the one who reads what is told can give options.
    has_options: bool,
    /// Symbols that were told to be of two channels.
    contested: BTreeSet<SymbolIndex>,
    /// Why the event stream cannot be written any more.
    events_failed: Option<anyhow::Error>,
    /// Whether some symbol was not live when a row may be written of it.
    untrusted: bool,
}

/// Hears what one channel tells.
pub(super) struct Hearing<'t, 'f, 'a> {
    table: &'t mut Table<'a>,
    named: &'t NamedChannel,
    /// The packet that tells it, and its first number.
    packet: Option<(Place<'f>, SeqNum)>,
}

impl<'a> Table<'a> {
    pub(super) fn new(
        books: Books<'a>,
        (rows, events): (Option<&'a mut Rows>, Option<&'a mut EventRows>),
        mapping: &'a MappingFile,
        console: &'a mut Console,
        findings: Findings,
        has_options: bool,
    ) -> Self {
        Self {
            books,
            rows,
            events,
            past: BTreeMap::new(),
            mapping,
            defined: BTreeMap::new(),
            console,
            findings,
            faulty: false,
            full: false,
            contradictions: Contradictions::new(),
            has_options,
            contested: BTreeSet::new(),
            events_failed: None,
            untrusted: false,
        }
    }

    pub(super) fn books(&self) -> &Books<'a> {
        &self.books
    }

    pub(super) fn mapping(&self) -> &'a MappingFile {
        self.mapping
    }

    pub(super) fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Whether an input has faults, or something found no room.
    pub(super) fn is_faulty(&self) -> bool {
        self.faulty || self.full
    }

    /// What a symbol is called.
    pub(super) fn name(&self, symbol_index: SymbolIndex) -> String {
        match self.mapping.symbols.get(&symbol_index) {
            Some(symbol) => symbol.cqs_symbol.clone(),
            None => {
                let defined = self.defined.get(&symbol_index);
                defined.map_or_else(|| symbol_index.to_string(), Clone::clone)
            }
        }
    }

    /// Whether every symbol was live at every row and is so now.
    pub(super) fn was_always_live(&self) -> bool {
        let mut slots = self.books.slots();
        !self.untrusted && slots.all(|slot| self.books.trust(slot) == Trust::Live)
    }

    /// Makes a book for a symbol that only the feed defines, if there is room.
    #[cold]
    fn define_by(&mut self, channel: ChannelId, event: &FeedEvent) {
        let is_new = self.books.slot(event.symbol_index).is_none();
        // Without room its events are counted as of an unknown symbol.
        let past = self.past.entry(channel).or_default();
        let _ = self.books.define_by(channel, past, event);
        if is_new && self.books.slot(event.symbol_index).is_some() {
            let name = self.name(event.symbol_index);
            if let Some(rows) = &mut self.rows {
                rows.add_symbol(name);
            }
        }
    }

    /// A packet was read, for who shows progress.
    pub(super) fn count_packet(&mut self) {
        self.console.count_packet();
    }

    /// A source cannot go on.
    pub(super) fn failed(&mut self, error: impl Display) {
        self.console.say(error);
        self.faulty = true;
    }

    /// Bytes of a source are no packet.
    pub(super) fn not_a_packet(&mut self, place: Place<'_>, error: WireError) {
        let Place { file, offset } = place;
        self.faulty = true;
        self.find(
            "faulty packets",
            format_args!("{file}: at byte {offset}: {error}"),
        );
    }

    /// Hands the rows of a packet over to standard output.
    pub(super) fn hand_over(&mut self) -> Result<(), Failure> {
        if let Some(error) = self.events_failed.take() {
            return Err(error.into());
        }
        let rows = self.rows.as_mut();
        rows.map_or(Ok(()), |rows| rows.hand_over())
    }

    /// The period turned out to be this one.
    pub(super) fn begin(&mut self, bounds: Bounds) {
        if let Some(rows) = &mut self.rows {
            rows.begin(bounds);
        }
    }

    /// A packet comes that was sent now.
    #[inline]
    pub(super) fn advance(&mut self, now: UnixNanos) {
        if let Some(rows) = &mut self.rows {
            rows.advance(now, &self.books);
        }
    }

    /// No packet comes any more, since this time is reached or there is none.
    pub(super) fn stop(&mut self, stop: Option<UnixNanos>) {
        if let Some(rows) = &mut self.rows {
            rows.stop(stop, &self.books);
        }
    }

    /// Makes the rows of the end, and writes out what waits in buffers.
    pub(super) fn end(&mut self) -> Result<(), Failure> {
        let rows = self.rows.as_mut();
        rows.map_or(Ok(()), |rows| rows.end(&self.books))
    }

    /// What is to be said of the rows.
    pub(super) fn remarks(&self) -> Vec<String> {
        let rows = self.rows.as_ref();
        rows.map_or(Vec::new(), |rows| rows.remarks())
    }

    /// The present numbering of a channel.
    fn numbering(&self, channel: ChannelId) -> Numbering {
        let past = self.past.get(&channel);
        past.map_or(Numbering::NONE, ChannelPast::numbering)
    }

    /// Something happened to a whole channel, up to this number.
    fn shaken(&mut self, channel: ChannelId, seq_num: SeqNum) {
        let numbering = self.numbering(channel);
        if let Some(rows) = &mut self.rows {
            rows.shaken((channel, numbering), seq_num, &self.books);
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

    /// What the page of a cluster calls a symbol: names go there from the mapping file alone.
    fn name_in_a_cluster(&self, symbol_index: SymbolIndex) -> String {
        let mapped = self.mapping.symbols.get(&symbol_index);
        mapped.map_or_else(
            || format!("#{symbol_index}"),
            |symbol| symbol.cqs_symbol.clone(),
        )
    }

    /// The names of the symbols that two channels claim.
    pub(super) fn contested(&self) -> BTreeSet<String> {
        self.contested
            .iter()
            .map(|&index| self.name(index))
            .collect()
    }

    /// Tells once of a symbol that two channels claim.
    pub(super) fn check_owner(&mut self, slot: SymbolSlot) {
        let symbol_index = self.books.symbol_index(slot);
        if !self.books.is_contested(slot) || !self.contested.insert(symbol_index) {
            return;
        }
        let symbol = self.symbol(symbol_index);
        let channel = self.books.channel(slot).unwrap_or_default();
        self.find(
            "symbols that two channels claim",
            format_args!(
                "{symbol}: channel {channel} and another one have it; the book is that of channel \
                 {channel}, and stale for good"
            ),
        );
    }

    /// Writes the row of the event stream that the event asks for.
    fn write_event(&mut self, channel: ChannelId, event: &FeedEvent, applied: &Applied) {
        let position = Position {
            numbering: self.numbering(channel),
            seq_num: event.seq_num,
        };
        let name = self.name_in_a_cluster(event.symbol_index);
        if let Some(events) = &mut self.events
            && let Err(error) =
                events.after((&name, channel, position), event, applied, &self.books)
        {
            self.events_failed.get_or_insert(error);
        }
    }

    fn find(&mut self, kind: &'static str, message: impl Display) {
        self.findings.add(self.console, kind, message);
    }

    fn symbol(&self, symbol_index: SymbolIndex) -> String {
        match self.mapping.symbols.get(&symbol_index) {
            Some(symbol) => symbol.cqs_symbol.clone(),
            None => match self.defined.get(&symbol_index) {
                Some(name) => name.clone(),
                None => format!("symbol index {symbol_index}"),
            },
        }
    }

    #[cold]
    fn rejected(&mut self, event: &FeedEvent, rejection: Rejection) {
        let kind = rejections::kind(rejection);
        let is_full = rejections::is_full(rejection);
        self.full |= is_full;
        let remedy = if is_full && self.has_options {
            "; raise --orders"
        } else {
            ""
        };
        let symbol = self.symbol(event.symbol_index);
        let number = event
            .symbol_seq_num
            .map_or("unknown".into(), |number| number.to_string());
        let order = rejections::order_in_question(&event.action, rejection)
            .map_or(String::new(), |id| format!(" (order {id})"));
        let trust = self
            .books
            .slot(event.symbol_index)
            .map(|slot| self.books.trust(slot));
        let trust = trust.map_or(String::new(), |trust| format!("; the book is {trust}"));
        self.find(
            kind,
            format_args!(
                "{symbol}: symbol sequence number {number}: {rejection}{order}{trust}{remedy}"
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
}

impl<'t, 'a> Hearing<'t, '_, 'a> {
    pub(super) fn new(table: &'t mut Table<'a>, named: &'t NamedChannel) -> Self {
        Self {
            table,
            named,
            packet: None,
        }
    }

    /// Takes note of what the feed calls a symbol that the mapping file does not have.
    fn learn(&mut self, message: MessageRef<'_>) {
        // All forms begin with the shortest one.
        let Ok(definition) = LegacySymbolIndexMapping::parse(message) else {
            return;
        };
        let symbol_index = definition.symbol_index;
        let table = &mut *self.table;
        if !table.mapping.symbols.contains_key(&symbol_index) {
            let name = definition.symbol.text().escape_ascii().to_string();
            // In rows it must be one value.
            if !name.is_empty() && !name.contains(',') {
                table.defined.entry(symbol_index).or_insert(name);
            }
        }
    }

    /// Tells which messages of a packet are odd; says whether some are malformed.
    #[cold]
    fn odd_messages(&mut self, place: Place<'_>, packet: &PacketRef<'_>) -> bool {
        let Place { file, offset } = place;
        let dialect = self.named.dialect;
        let mut malformed = false;
        let mut seq_num = packet.header().seq_num;
        for message in packet.messages().flatten() {
            let place = format!("{file}: packet at byte {offset}: sequence number {seq_num}");
            let kind = message.msg_type();
            if let Err(error) = Message::parse(dialect, message) {
                malformed = true;
                self.table
                    .find("malformed messages", format_args!("{place}: {error}"));
            } else if let Some(symbol_index) = message.symbol_index(dialect)
                && self.table.books.slot(symbol_index).is_none()
                && Message::name_of(dialect, kind).is_some()
            {
                self.table.find(
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
}

impl Hearing<'_, '_, '_> {
    fn past(&mut self) -> &mut ChannelPast {
        self.table.past.entry(self.named.id).or_default()
    }
}

impl Follower for Hearing<'_, '_, '_> {
    fn event(&mut self, event: FeedEvent) {
        let (table, channel) = (&mut *self.table, self.named.id);
        if let Action::Define { .. } | Action::Refresh { .. } = event.action {
            table.define_by(channel, &event);
        }
        if let Some(rows) = &mut table.rows {
            rows.before(&event, &table.books);
        }
        let Ok(applied) = table.books.apply(channel, &event) else {
            let past = table.past.entry(channel).or_default();
            past.passed_over(event.seq_num);
            return table.unknown_symbol(event.symbol_index, event.symbol_seq_num);
        };
        if let Some(rejection) = applied.rejection {
            table.rejected(&event, rejection);
        }
        if applied.rejection == Some(Rejection::OtherChannel) || applied.trust_changed {
            table.check_owner(applied.slot);
        }
        if applied.missing > 0 || event.action == Action::Unreadable {
            table.stale(&event, &applied);
        }
        let is_row = is_of_order_or_trade(event.action);
        table.untrusted |= is_row && table.books.trust(applied.slot) != Trust::Live;
        if let Some(rows) = &mut table.rows {
            let past = table.past.get(&channel);
            let numbering = past.map_or(Numbering::NONE, ChannelPast::numbering);
            rows.after((channel, numbering), &event, &applied, &table.books);
        }
        if table.events.is_some() && applied.is_news() {
            table.write_event(channel, &event, &applied);
        }
    }

    fn begins(&mut self, beginning: Beginning) {
        self.past().begins(&beginning);
        for slot in self.table.books.slots() {
            let last = self.table.books.symbol_seq_num(slot);
            let books = &mut self.table.books;
            let changed = books.begins(slot, self.named.id, &beginning);
            if changed && books.trust(slot) == Trust::Stale {
                let symbol = self.table.symbol(self.table.books.symbol_index(slot));
                let last = last.map_or(0, SymbolSeqNum::raw);
                self.table.find(
                    "books reset",
                    format_args!(
                        "{symbol}: after symbol sequence number {last}: the channel started \
                         again; the book is stale until it is cleared"
                    ),
                );
            }
        }
        self.table.shaken(self.named.id, beginning.after);
    }

    fn lost(&mut self, lost: Lost) {
        self.past().lost(lost.last);
        for slot in self.table.books.slots() {
            self.table.books.lost(slot, self.named.id, lost.last);
        }
        self.table.shaken(self.named.id, lost.last);
        let (name, Lost { first, last }) = (&self.named.name, lost);
        match self.packet {
            Some((Place { offset, .. }, number)) if last < number => self.table.find(
                "channel gaps",
                format_args!(
                    "{name}: sequence numbers {first} to {last} are missing before the packet at \
                     byte {offset}; its books are stale until they are cleared"
                ),
            ),
            // What is lost of the packet itself is told with its fault.
            Some(_) => {}
            None => self.table.find(
                "channel gaps",
                format_args!(
                    "{name}: sequence numbers {first} to {last} are missing at the end; its books \
                     are stale"
                ),
            ),
        }
    }

    fn settled(&mut self, before: SeqNum) {
        self.past().settled();
        for slot in self.table.books.slots() {
            self.table.books.settled(slot, self.named.id);
        }
        self.table.shaken(self.named.id, before);
    }
}

impl<'f> Listener<Place<'f>> for Hearing<'_, 'f, '_> {
    fn turn(&mut self, packet: &PacketRef<'_>, place: Place<'f>) {
        self.packet = Some((place, packet.header().seq_num));
        if let Some(rows) = &mut self.table.rows {
            rows.expect(packet, self.named.dialect);
        }
        for message in packet.messages().flatten() {
            if message.msg_type() == LegacySymbolIndexMapping::MSG_TYPE {
                self.learn(message);
            }
        }
    }

    fn done(&mut self, packet: &PacketRef<'_>, place: Place<'f>, read: &Read) {
        let Place { file, offset } = place;
        match read.sequence {
            Ok(Continuity::Restart { .. }) => {
                let (name, number) = (&self.named.name, packet.header().seq_num);
                self.table.find(
                    "numberings begun without a reset",
                    format_args!(
                        "{name}: sequence number {number} in the packet at byte {offset} was known, \
                         but was sent clearly later: the channel started again; its books are \
                         stale until they are cleared"
                    ),
                );
            }
            Ok(_) => {}
            Err(error) => {
                self.table.faulty = true;
                self.table.find(
                    "faulty packets",
                    format_args!(
                        "{file}: packet at byte {offset}: {error}; the rest of the packet is \
                         lost and the books of the channel are stale until they are cleared"
                    ),
                );
            }
        }
        if read.has_odd_messages {
            self.table.faulty |= self.odd_messages(place, packet);
        }
        if read.has_definitions {
            self.table.compare_symbols(packet);
        }
        self.packet = None;
    }

    fn dropped(&mut self, _: &PacketRef<'_>, place: Place<'f>, why: Dropped) {
        let kind = match why {
            Dropped::Cut => "cut packets",
            Dropped::TooLong => "packets that are too long",
            Dropped::Ahead => "refreshes ahead of their channel",
            Dropped::Late => "late packets",
            Dropped::Unbelievable => "packets with numbers of long ago",
        };
        let Place { file, offset } = place;
        self.table
            .find(kind, format_args!("{file}: packet at byte {offset}: {why}"));
    }
}
