//! Turns the messages of one channel into events.

use super::counters::{count_at, count_rare};
use super::refresh::{Belongs, Refresh};
use super::symbols::Symbols;
use super::translate::{Control, Outlet, aside, control, translate};
use super::{Action, FeedCounters, FeedEvent, FeedSymbol, Follower, Lost, TooManySymbols};
use crate::units::{PriceScale, SeqNum, SymbolIndex, SymbolSeqNum, SystemId, UnixNanos};
use crate::xdp::{
    Body as _, ControlForm, Dialect, Form, LegacySymbolIndexMapping, MessageRef, PacketHeader,
    PacketRef, PartitionTimeReference, RefreshHeader, SymbolClear, SymbolTimeReference, WireError,
};

/// Turns the messages of one channel, in order, into events of no dialect.
///
/// What comes out follows from the bytes and from what the feed and the mapping file declared: the
/// seconds of time references, price scales, and the partitions of symbols. So two readers of the
/// same messages say the same, wherever they began. Numbers within a symbol are passed on as they
/// are; whoever keeps the books checks them.
///
/// The symbols live in storage handed in, an array, a slice, a box or a vector of [`FeedSymbol`]s;
/// twice as many slots as symbols let most be found at the first or second look, four times as
/// many nearly all at the first.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Normalizer<S> {
    dialect: Dialect,
    symbols: Symbols<S>,
    /// Seconds of the latest time reference of each partition (`Xdp`, `Pillar`); 0 while unknown.
    seconds: [u32; 256],
    refresh: Refresh,
    /// The number of the last message of a symbol that nobody has defined; 0 if the numbering had none.
    passed_over: SeqNum,
    counters: FeedCounters,
}

/// Makes an event of the action of one message.
struct Events<'a, E> {
    seq_num: SeqNum,
    symbol_index: SymbolIndex,
    symbol_seq_num: Option<SymbolSeqNum>,
    ts_event: Option<UnixNanos>,
    counters: &'a mut FeedCounters,
    out: &'a mut E,
}

// All of it is inlined, and what is not is handed a counter alone: a call that took `self` would have
// every message write these fields to memory first, even where it is never made.
impl<E: Follower> Outlet for Events<'_, E> {
    #[inline(always)]
    fn action(&mut self, action: Action) {
        let &mut Self {
            seq_num,
            symbol_index,
            symbol_seq_num,
            ts_event,
            ..
        } = self;
        self.counters.events += 1;
        self.out.event(FeedEvent {
            seq_num,
            symbol_index,
            symbol_seq_num,
            ts_event,
            action,
        });
    }

    #[inline(always)]
    fn unlisted(&mut self) {
        count_rare(&mut self.counters.unlisted_codes);
    }

    #[inline(always)]
    fn bad_value(&mut self) {
        count_rare(&mut self.counters.bad_values);
        self.action(Action::Unreadable);
    }
}

/// Keeps the action of one message of a refresh.
struct Repeated<'a> {
    action: Option<Action>,
    counters: &'a mut FeedCounters,
}

impl Outlet for Repeated<'_> {
    fn action(&mut self, action: Action) {
        self.action = Some(action);
    }

    fn unlisted(&mut self) {
        self.counters.unlisted_codes += 1;
    }

    fn bad_value(&mut self) {
        self.counters.bad_values += 1;
        self.action = Some(Action::Unreadable);
    }
}

impl<S: AsRef<[FeedSymbol]> + AsMut<[FeedSymbol]>> Normalizer<S> {
    /// Starts with no symbols; what is in the storage is overwritten.
    pub fn new(dialect: Dialect, storage: S) -> Self {
        Self {
            dialect,
            symbols: Symbols::new(storage),
            seconds: [0; 256],
            refresh: Refresh::default(),
            passed_over: SeqNum::from_raw(0),
            counters: FeedCounters::new(),
        }
    }

    /// The dialect of the channel.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Totals so far.
    #[must_use]
    pub const fn counters(&self) -> &FeedCounters {
        &self.counters
    }

    /// Whether the symbol is of this channel: the channel defined it or had messages of it.
    #[must_use]
    pub fn carries(&self, symbol_index: SymbolIndex) -> bool {
        self.symbols.is_of_channel(symbol_index)
    }

    /// Announces a symbol of the mapping file. Symbols that the channel itself defines, by type 3, need
    /// no announcement.
    ///
    /// # Errors
    ///
    /// When there is no room.
    pub fn define(
        &mut self,
        symbol_index: SymbolIndex,
        system_id: SystemId,
    ) -> Result<(), TooManySymbols> {
        let slot = self.symbols.get_or_insert(symbol_index)?;
        slot.system_id = system_id;
        Ok(())
    }

    /// The events of a packet with the channel's own numbers, without its first `seen` messages,
    /// which were handled before.
    ///
    /// A message with a wrong length of its own is counted, tells its symbol that it cannot be read,
    /// and does no harm to the others, as long as it is known whose it is.
    ///
    /// # Errors
    ///
    /// When a length is wrong that leads to the next message. The messages before it were handled;
    /// those from it on are lost.
    pub fn packet(
        &mut self,
        packet: &PacketRef<'_>,
        seen: u8,
        out: &mut impl Follower,
    ) -> Result<(), WireError> {
        let header = self.count_packet(packet);
        let mut messages = packet.messages();
        let (mut seen, mut seq_num) = (seen, header.seq_num);
        for message in messages.by_ref() {
            match message {
                Ok(_) if seen > 0 => seen -= 1,
                Ok(message) => self.message(seq_num, message, out),
                Err(error) => {
                    self.counters.malformed += 1;
                    let end = header.seq_num.plus(u32::from(header.number_msgs));
                    self.lose(seq_num, SeqNum::from_raw(end.raw() - 1), out);
                    return Err(error);
                }
            }
            seq_num = seq_num.next();
        }
        // A packet has at most 65,535 bytes.
        self.counters.unclaimed_bytes += messages.rest().len() as u64;
        Ok(())
    }

    /// What a packet of a refresh says. `read` is the last number of the channel that was read.
    ///
    /// # Errors
    ///
    /// When a length is wrong that leads to the next message; the refresh will not be complete.
    pub fn refresh_packet(
        &mut self,
        packet: &PacketRef<'_>,
        read: SeqNum,
        out: &mut impl Follower,
    ) -> Result<(), WireError> {
        self.count_packet(packet);
        for message in packet.messages() {
            match message {
                Ok(message) => self.refresh_message(message, read, out),
                Err(error) => {
                    self.counters.malformed += 1;
                    self.abandon_refresh();
                    return Err(error);
                }
            }
        }
        self.counters.refreshes += u64::from(self.refresh.end_part(read, out));
        Ok(())
    }

    /// Counts a packet that is not read, and its messages.
    pub(super) fn pass_over(&mut self, packet: &PacketRef<'_>) {
        self.count_packet(packet);
        for message in packet.messages().flatten() {
            count_at(&mut self.counters.by_type, usize::from(message.msg_type()));
        }
    }

    /// A numbering begins: seconds are unknown until they are told again, and what a refresh told
    /// of the old one is void.
    pub fn begin(&mut self) {
        self.forget_seconds();
        self.abandon_refresh();
        self.passed_over = SeqNum::from_raw(0);
    }

    /// Numbers are missing, so seconds are unknown until they are told again.
    pub fn forget_seconds(&mut self) {
        self.seconds.fill(0);
        for slot in self.symbols.iter_mut() {
            slot.seconds = 0;
        }
    }

    /// The event of one message with this number.
    #[inline]
    pub fn message(&mut self, seq_num: SeqNum, message: MessageRef<'_>, out: &mut impl Follower) {
        count_at(&mut self.counters.by_type, usize::from(message.msg_type()));
        let Some(head) = message.head(self.dialect) else {
            return self.headless(seq_num, message, out);
        };
        let Some(slot) = self.symbols.get(head.symbol_index) else {
            return self.unknown_symbol(seq_num, head.symbol_index);
        };
        slot.set_heard();
        let seconds = match head.source_time {
            Some(seconds) => Some(seconds),
            None => {
                let known = match self.dialect {
                    Dialect::Legacy => slot.seconds,
                    Dialect::Xdp | Dialect::Pillar => (self.seconds)
                        .get(usize::from(slot.system_id.raw()))
                        .map_or(0, |seconds| *seconds),
                };
                self.counters.times_unknown += u64::from(known == 0);
                (known != 0).then_some(known)
            }
        };
        let counters = &mut self.counters;
        let mut outlet = Events {
            seq_num,
            symbol_index: head.symbol_index,
            symbol_seq_num: Some(head.symbol_seq_num),
            ts_event: seconds.map(|s| UnixNanos::from_parts(s, head.source_time_ns)),
            counters,
            out,
        };
        if translate(self.dialect, head.form, message, &mut outlet).is_err() {
            outlet.counters.malformed += 1;
            outlet.action(Action::Unreadable);
        }
    }

    /// A message without a [`Head`](crate::xdp::Head), which is rare.
    #[cold]
    fn headless(&mut self, seq_num: SeqNum, message: MessageRef<'_>, out: &mut impl Follower) {
        let form = match Form::of(self.dialect, message.msg_type(), message.size()) {
            None => {
                self.counters.unknown_types += 1;
                return;
            }
            Some(Form::Aside(form)) => {
                let is_whole = aside(self.dialect, form, message).is_ok();
                self.counters.malformed += u64::from(!is_whole);
                return;
            }
            Some(Form::Control(form)) => match control(form, message) {
                Ok(control) => return self.control(seq_num, control, out),
                Err(_) => Some(form),
            },
            // Too short for its head.
            Some(Form::Numbered(_)) => None,
        };
        self.counters.malformed += 1;
        self.unreadable(seq_num, form, message, out);
    }

    /// A message that others are read by.
    fn control(&mut self, seq_num: SeqNum, control: Control, out: &mut impl Follower) {
        match control {
            // Its place is at number 1, where whoever follows the numbers takes note of it.
            Control::Reset if seq_num == SeqNum::from_raw(1) => self.counters.resets += 1,
            // Elsewhere nobody knows what the venue means by it.
            Control::Reset => {
                self.counters.bad_values += 1;
                self.lose(seq_num, seq_num, out);
            }
            Control::SymbolTime(time) => self.symbol_time(seq_num, time, out),
            Control::PartitionTime(time) => self.partition_time(time),
            Control::Define(definition) => self.learn(seq_num, definition, out),
            Control::Clear(clear) => self.clear(seq_num, clear, out),
        }
    }

    /// The second of a symbol, whose number the message consumes.
    fn symbol_time(&mut self, seq_num: SeqNum, time: SymbolTimeReference, out: &mut impl Follower) {
        let SymbolTimeReference {
            symbol_index,
            symbol_seq_num,
            source_time,
        } = time;
        let Some(slot) = self.symbols.get(symbol_index) else {
            return self.unknown_symbol(seq_num, symbol_index);
        };
        slot.set_heard();
        slot.seconds = source_time;
        self.counters.events += 1;
        out.event(FeedEvent {
            seq_num,
            symbol_index,
            symbol_seq_num: Some(symbol_seq_num),
            ts_event: Some(UnixNanos::from_parts(source_time, 0)),
            action: Action::Other,
        });
    }

    /// The second of a partition.
    fn partition_time(&mut self, time: PartitionTimeReference) {
        match usize::try_from(time.id)
            .ok()
            .and_then(|id| self.seconds.get_mut(id))
        {
            Some(known) => *known = time.source_time,
            None => self.counters.bad_values += 1,
        }
    }

    /// The symbol starts again.
    fn clear(&mut self, seq_num: SeqNum, clear: SymbolClear, out: &mut impl Follower) {
        let SymbolClear {
            source_time,
            source_time_ns,
            symbol_index,
            next_source_seq_num: next,
        } = clear;
        let Some(slot) = self.symbols.get(symbol_index) else {
            return self.unknown_symbol(seq_num, symbol_index);
        };
        slot.set_heard();
        let ts_event = Some(UnixNanos::from_parts(source_time, source_time_ns));
        let action = Action::Clear { next };
        self.unnumbered(seq_num, symbol_index, ts_event, action, out);
    }

    /// A message that cannot be understood: of this form, or one too short to tell its number
    /// within its symbol.
    fn unreadable(
        &mut self,
        seq_num: SeqNum,
        form: Option<ControlForm>,
        message: MessageRef<'_>,
        out: &mut impl Follower,
    ) {
        if form == Some(ControlForm::PartitionTimeReference) {
            // The second of a partition that is not told.
            self.seconds.fill(0);
            return;
        }
        match message.symbol_index(self.dialect) {
            Some(symbol_index) if self.symbols.get(symbol_index).is_none() => {
                self.unknown_symbol(seq_num, symbol_index);
            }
            Some(symbol_index) => {
                self.unnumbered(seq_num, symbol_index, None, Action::Unreadable, out);
            }
            // Any symbol may be meant.
            None => self.lose(seq_num, seq_num, out),
        }
    }

    fn unnumbered(
        &mut self,
        seq_num: SeqNum,
        symbol_index: SymbolIndex,
        ts_event: Option<UnixNanos>,
        action: Action,
        out: &mut impl Follower,
    ) {
        self.counters.events += 1;
        out.event(FeedEvent {
            seq_num,
            symbol_index,
            symbol_seq_num: None,
            ts_event,
            action,
        });
    }

    fn learn(
        &mut self,
        seq_num: SeqNum,
        definition: LegacySymbolIndexMapping,
        out: &mut impl Follower,
    ) {
        let LegacySymbolIndexMapping {
            symbol_index,
            system_id,
            price_scale_code,
            ..
        } = definition;
        // Of a symbol that was known before all messages were told.
        let is_whole =
            self.passed_over == SeqNum::from_raw(0) || self.symbols.get(symbol_index).is_some();
        let Ok(slot) = self.symbols.get_or_insert(symbol_index) else {
            self.counters.symbols_without_room += 1;
            return;
        };
        slot.set_defined();
        slot.system_id = system_id;
        let Some(scale) = PriceScale::new(price_scale_code) else {
            // Its prices are nobody's to read.
            self.counters.bad_scales += 1;
            return self.unnumbered(seq_num, symbol_index, None, Action::Unreadable, out);
        };
        // Also if it is as before: somebody may have missed that.
        let action = Action::Define { scale, is_whole };
        self.unnumbered(seq_num, symbol_index, None, action, out);
    }

    fn refresh_message(&mut self, message: MessageRef<'_>, read: SeqNum, out: &mut impl Follower) {
        let msg_type = message.msg_type();
        count_at(&mut self.counters.by_type, usize::from(msg_type));
        if msg_type == RefreshHeader::MSG_TYPE {
            self.counters.refreshes += u64::from(self.refresh.end_part(read, out));
            let under_way = self.refresh.is_under_way();
            if !self.refresh.start_part(message) {
                self.counters.refreshes_abandoned += u64::from(under_way);
            }
            return;
        }
        let Some(symbol_index) = message.symbol_index(self.dialect) else {
            return;
        };
        let belongs = self.refresh.belongs(symbol_index);
        if belongs == Belongs::No {
            return;
        }
        if msg_type == LegacySymbolIndexMapping::MSG_TYPE {
            self.learn_in_refresh(message);
        }
        if self.symbols.get(symbol_index).is_none() {
            self.abandon_refresh();
            // It says nothing that the channel's messages do not.
            return self.unknown_symbol(SeqNum::from_raw(0), symbol_index);
        }
        if belongs == Belongs::First {
            self.refresh.begin(read, out);
        }
        let Some(head) = message.head(self.dialect) else {
            return;
        };
        let mut repeated = Repeated {
            action: None,
            counters: &mut self.counters,
        };
        if translate(self.dialect, head.form, message, &mut repeated).is_err() {
            repeated.counters.malformed += 1;
            return self.abandon_refresh();
        }
        match repeated.action {
            Some(Action::Unreadable) => self.abandon_refresh(),
            Some(action) => {
                // Only these messages have the full time.
                let ts_event = (head.source_time)
                    .map(|seconds| UnixNanos::from_parts(seconds, head.source_time_ns));
                let told = self.refresh.tell(read, ts_event, action, out);
                self.counters.events += u64::from(told);
            }
            None => {}
        }
    }

    /// A definition in a refresh may be older than what the channel itself said, so it is told with
    /// the refresh, of which whoever keeps the book knows whether it is too old.
    fn learn_in_refresh(&mut self, message: MessageRef<'_>) {
        // All forms begin with the shortest one.
        let Ok(LegacySymbolIndexMapping {
            symbol_index,
            system_id,
            price_scale_code,
            ..
        }) = LegacySymbolIndexMapping::parse(message)
        else {
            return self.abandon_refresh();
        };
        let Some(scale) = PriceScale::new(price_scale_code) else {
            self.counters.bad_scales += 1;
            return self.abandon_refresh();
        };
        let is_known = self.symbols.get(symbol_index).is_some();
        if !is_known && !self.refresh.holds(self.passed_over) {
            // What it lacks may have been of its symbol.
            return self.abandon_refresh();
        }
        let Ok(slot) = self.symbols.get_or_insert(symbol_index) else {
            self.counters.symbols_without_room += 1;
            return self.abandon_refresh();
        };
        if !slot.is_defined() {
            slot.system_id = system_id;
        }
        slot.set_heard();
        self.refresh.define(scale);
    }

    fn abandon_refresh(&mut self) {
        self.counters.refreshes_abandoned += u64::from(self.refresh.abandon());
    }

    /// Numbers are lost.
    #[cold]
    fn lose(&mut self, first: SeqNum, last: SeqNum, out: &mut impl Follower) {
        self.forget_seconds();
        out.lost(Lost { first, last });
    }

    fn count_packet(&mut self, packet: &PacketRef<'_>) -> PacketHeader {
        let header = packet.header();
        let flag = header.delivery_flag;
        count_at(&mut self.counters.by_flag, usize::from(flag.raw()));
        if flag.meaning().is_none() {
            self.counters.unknown_flags += 1;
        }
        header
    }

    #[cold]
    fn unknown_symbol(&mut self, seq_num: SeqNum, symbol_index: SymbolIndex) {
        self.passed_over = self.passed_over.max(seq_num);
        self.counters.unknown_symbols += 1;
        self.counters
            .first_unknown_symbol
            .get_or_insert(symbol_index);
    }
}
