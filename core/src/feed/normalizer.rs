//! Turns the messages of one channel into events.

use super::counters::count_at;
use super::symbols::Symbols;
use super::translate::{Control, Outlet, control, translate};
use super::{Action, Counters, FeedEvent, StaleReason, SymbolSlot, TooManySymbols};
use crate::units::{PriceScale, SymbolIndex, SymbolSeqNum, SystemId, UnixNanos};
use crate::xdp::{DeliveryFlag, Dialect, Head, MessageRef, PacketRef, WireError};

/// Turns the messages of one channel, in order, into events that know no dialect.
///
/// It keeps what the meaning of a message depends on: the seconds of time references, the price
/// scale and the next SymbolSeqNum of every symbol. The symbols live in storage handed in, an
/// array, a slice, a box or a vector of [`SymbolSlot`]s; twice as many slots as symbols let
/// most be found at the first or second look, four times as many nearly all at the first.
///
/// What it promises about numbers within a symbol (section 5.6):
///
/// * Messages missing: [`Action::Stale`] comes before the event that showed it.
/// * A message that its symbol is past is a copy: it is counted and dropped. Copies are normal
///   where a refresh overlaps live data, or retransmissions do.
/// * In refreshes and failovers the venue repeats messages under their old numbers. Packets with
///   those flags are let through, and never show a gap.
/// * [`Action::Clear`] says from where on the symbol can be trusted again: after a symbol clear,
///   and where the first refresh packet of the symbol begins.
/// * A sequence reset makes all symbols stale that had messages, until they are cleared.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Normalizer<S> {
    dialect: Dialect,
    symbols: Symbols<S>,
    /// Seconds of the latest time reference of each partition (`Xdp`, `Pillar`); 0 while unknown.
    seconds: [u32; 256],
    counters: Counters,
}

/// Makes events of the actions of one message.
struct Events<'a, E> {
    symbol_index: SymbolIndex,
    symbol_seq_num: Option<SymbolSeqNum>,
    ts_event: Option<UnixNanos>,
    counters: &'a mut Counters,
    emit: &'a mut E,
}

impl<E: FnMut(FeedEvent)> Outlet for Events<'_, E> {
    #[inline(always)]
    fn action(&mut self, action: Action) {
        let &mut Self {
            symbol_index,
            symbol_seq_num,
            ts_event,
            ..
        } = self;
        self.counters.events += 1;
        (self.emit)(FeedEvent {
            symbol_index,
            symbol_seq_num,
            ts_event,
            action,
        });
    }

    #[cold]
    fn unlisted(&mut self) {
        self.counters.unlisted_codes += 1;
    }

    #[cold]
    fn bad_value(&mut self) {
        self.counters.bad_values += 1;
        self.counters.events += 1;
        (self.emit)(stale(self.symbol_index, StaleReason::Inconsistent));
    }
}

/// What surrounds a message in its packet.
#[derive(Clone, Copy, Debug, Default)]
struct Context {
    /// The venue repeats what was sent before, under the old numbers.
    repeats: bool,
    /// The packet starts the refresh of a symbol, that is up to date with this number.
    refresh: Option<SymbolSeqNum>,
}

impl<S: AsRef<[SymbolSlot]> + AsMut<[SymbolSlot]>> Normalizer<S> {
    /// Starts with no symbols; what is in the storage is overwritten.
    pub fn new(dialect: Dialect, storage: S) -> Self {
        Self {
            dialect,
            symbols: Symbols::new(storage),
            seconds: [0; 256],
            counters: Counters::new(),
        }
    }

    /// The dialect of the channel.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// What was seen so far.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Whether the symbol is known to be of this channel: it was defined there or had messages.
    #[must_use]
    pub fn carries(&self, symbol_index: SymbolIndex) -> bool {
        self.symbols.is_of_channel(symbol_index)
    }

    /// Makes a symbol known, from the mapping file. Symbols that the channel itself defines, with
    /// type 3, are made known and kept up to date without this.
    ///
    /// # Errors
    ///
    /// When there is no room.
    pub fn define(
        &mut self,
        symbol_index: SymbolIndex,
        system_id: SystemId,
        scale: PriceScale,
    ) -> Result<(), TooManySymbols> {
        let slot = self.symbols.get_or_insert(symbol_index)?;
        slot.system_id = system_id;
        slot.scale = Some(scale);
        Ok(())
    }

    /// The events of a packet, without its first `seen` messages, which were handled before.
    ///
    /// A message with a wrong length of its own is counted, makes its symbol stale, and does no
    /// harm to the others.
    ///
    /// # Errors
    ///
    /// When a length is wrong that leads to the next message. The messages before it were handled;
    /// those from it on are lost, so all symbols become stale.
    pub fn packet(
        &mut self,
        packet: &PacketRef<'_>,
        seen: u8,
        emit: &mut impl FnMut(FeedEvent),
    ) -> Result<(), WireError> {
        let flag = packet.header().delivery_flag;
        count_at(&mut self.counters.by_flag, usize::from(flag.raw()));
        if flag.meaning().is_none() {
            self.counters.unknown_flags += 1;
        }
        let mut context = Context {
            repeats: repeats(flag),
            refresh: None,
        };
        let mut messages = packet.messages();
        let mut seen = seen;
        for message in messages.by_ref() {
            match message {
                Ok(_) if seen > 0 => seen -= 1,
                Ok(message) => self.message_in(message, &mut context, emit),
                Err(error) => {
                    self.counters.malformed += 1;
                    self.channel_gap(emit);
                    return Err(error);
                }
            }
        }
        // A packet has at most 65,535 bytes.
        self.counters.unclaimed_bytes += messages.rest().len() as u64;
        Ok(())
    }

    /// The events of one live message.
    pub fn message(&mut self, message: MessageRef<'_>, emit: &mut impl FnMut(FeedEvent)) {
        self.message_in(message, &mut Context::default(), emit);
    }

    /// Messages of the channel are missing: every symbol of the channel becomes stale, and seconds
    /// are unknown until they are told again.
    ///
    /// The mapping file does not tell which channel a symbol is of. One that this channel has not
    /// defined and that had no messages is left as it is; if messages of it are among the missing
    /// ones, the number of its next one shows that.
    pub fn channel_gap(&mut self, emit: &mut impl FnMut(FeedEvent)) {
        self.seconds.fill(0);
        for slot in self.symbols.iter_mut().filter(|slot| slot.is_of_channel()) {
            slot.seconds = 0;
            emit(stale(slot.symbol_index, StaleReason::ChannelGap));
            self.counters.events += 1;
        }
    }

    #[inline]
    fn message_in(
        &mut self,
        message: MessageRef<'_>,
        context: &mut Context,
        emit: &mut impl FnMut(FeedEvent),
    ) {
        count_at(&mut self.counters.by_type, usize::from(message.msg_type()));
        let Some(head) = message.head(self.dialect) else {
            return self.control(message, context, emit);
        };
        let Some(ts_event) = self.admit(&head, None, context, emit) else {
            return;
        };
        let counters = &mut self.counters;
        let symbol_index = head.symbol_index;
        let symbol_seq_num = Some(head.symbol_seq_num);
        let mut outlet = Events {
            symbol_index,
            symbol_seq_num,
            ts_event,
            counters,
            emit,
        };
        if translate(self.dialect, message, &mut outlet).is_err() {
            self.counters.malformed += 1;
            self.lost(Some(symbol_index), emit);
        }
    }

    /// A message that changes the state of the channel, and is rare.
    #[cold]
    fn control(
        &mut self,
        message: MessageRef<'_>,
        context: &mut Context,
        emit: &mut impl FnMut(FeedEvent),
    ) {
        match control(self.dialect, message) {
            Ok(Control::SymbolTime {
                symbol_index,
                symbol_seq_num,
                seconds,
            }) => {
                let head = Head::new(symbol_index, symbol_seq_num, seconds);
                if let Some(ts_event) = self.admit(&head, Some(seconds), context, emit) {
                    self.counters.events += 1;
                    emit(FeedEvent {
                        symbol_index,
                        symbol_seq_num: Some(symbol_seq_num),
                        ts_event,
                        action: Action::Other,
                    });
                }
            }
            Ok(Control::PartitionTime { system, seconds }) => {
                match usize::try_from(system)
                    .ok()
                    .and_then(|id| self.seconds.get_mut(id))
                {
                    Some(known) => *known = seconds,
                    None => self.counters.bad_values += 1,
                }
            }
            Ok(Control::Clear {
                symbol_index,
                seconds,
                nanoseconds,
                next,
            }) => {
                let ts_event = UnixNanos::from_parts(seconds, nanoseconds);
                self.clear(symbol_index, next, Some(ts_event), emit);
            }
            Ok(Control::Define {
                symbol_index,
                system_id,
                price_scale_code,
            }) => {
                self.learn(symbol_index, system_id, price_scale_code, emit);
                self.start_refresh(symbol_index, context, emit);
            }
            Ok(Control::Reset) => self.reset(emit),
            Ok(Control::Refresh { last }) => context.refresh = Some(last),
            Ok(Control::Nothing) => {}
            Ok(Control::Unknown) => self.counters.unknown_types += 1,
            Err(_) => {
                self.counters.malformed += 1;
                self.lost(message.symbol_index(self.dialect), emit);
            }
        }
    }

    /// Takes a message by its number within its symbol: drops what is old, tells of what is
    /// missing. Gives the time of the message, if that is known; `None` when it is not to be
    /// handled.
    #[inline(always)]
    #[expect(
        clippy::option_option,
        reason = "whether to go on, and whether the time is known"
    )]
    fn admit(
        &mut self,
        head: &Head,
        seconds: Option<u32>,
        context: &mut Context,
        emit: &mut impl FnMut(FeedEvent),
    ) -> Option<Option<UnixNanos>> {
        let &Head {
            source_time,
            source_time_ns,
            symbol_index,
            symbol_seq_num,
            ..
        } = head;
        if context.refresh.is_some() {
            self.start_refresh(symbol_index, context, emit);
        }
        let Some(slot) = self.symbols.get(symbol_index) else {
            self.unknown_symbol(symbol_index);
            return None;
        };
        if symbol_seq_num == slot.next {
            slot.next = symbol_seq_num.next();
        } else if context.repeats {
            slot.next = slot.next.max(symbol_seq_num.next());
        } else if symbol_seq_num > slot.next {
            let first = slot.next.raw().max(1);
            let missing = symbol_seq_num.raw() - first;
            slot.next = symbol_seq_num.next();
            if missing > 0 {
                // The missing messages may have been time references.
                slot.seconds = 0;
                if let Some(known) = self.seconds.get_mut(usize::from(slot.system_id.raw())) {
                    *known = 0;
                }
                self.counters.symbol_gaps += 1;
                self.counters.symbol_messages_missing += u64::from(missing);
                self.counters.events += 1;
                emit(stale(symbol_index, StaleReason::SymbolGap));
            }
        } else {
            self.counters.old_messages += 1;
            return None;
        }
        if let Some(seconds) = seconds {
            slot.seconds = seconds;
        }
        let known = match (source_time, self.dialect) {
            (Some(seconds), _) => {
                return Some(Some(UnixNanos::from_parts(seconds, source_time_ns)));
            }
            (None, Dialect::Legacy) => slot.seconds,
            (None, Dialect::Xdp | Dialect::Pillar) => self
                .seconds
                .get(usize::from(slot.system_id.raw()))
                .copied()
                .unwrap_or(0),
        };
        if known == 0 {
            self.counters.times_unknown += 1;
            return Some(None);
        }
        Some(Some(UnixNanos::from_parts(known, source_time_ns)))
    }

    /// In the first refresh packet of a symbol, its first message that names it starts it anew.
    fn start_refresh(
        &mut self,
        symbol_index: SymbolIndex,
        context: &mut Context,
        emit: &mut impl FnMut(FeedEvent),
    ) {
        let Some(last) = context.refresh.take() else {
            return;
        };
        let Some(slot) = self.symbols.get(symbol_index) else {
            return;
        };
        slot.next = last.next();
        self.counters.events += 1;
        emit(FeedEvent {
            symbol_index,
            symbol_seq_num: None,
            ts_event: None,
            action: Action::Clear,
        });
    }

    fn clear(
        &mut self,
        symbol_index: SymbolIndex,
        next: SymbolSeqNum,
        ts_event: Option<UnixNanos>,
        emit: &mut impl FnMut(FeedEvent),
    ) {
        let Some(slot) = self.symbols.get(symbol_index) else {
            return self.unknown_symbol(symbol_index);
        };
        slot.next = next;
        self.counters.events += 1;
        emit(FeedEvent {
            symbol_index,
            symbol_seq_num: None,
            ts_event,
            action: Action::Clear,
        });
    }

    fn learn(
        &mut self,
        symbol_index: SymbolIndex,
        system_id: SystemId,
        price_scale_code: u8,
        emit: &mut impl FnMut(FeedEvent),
    ) {
        let Ok(slot) = self.symbols.get_or_insert(symbol_index) else {
            self.counters.symbols_without_room += 1;
            return;
        };
        slot.set_defined();
        slot.system_id = system_id;
        let Some(scale) = PriceScale::new(price_scale_code) else {
            self.counters.bad_scales += 1;
            return;
        };
        if slot.scale != Some(scale) {
            slot.scale = Some(scale);
            self.counters.events += 1;
            emit(FeedEvent {
                symbol_index,
                symbol_seq_num: None,
                ts_event: None,
                action: Action::Scale { scale },
            });
        }
    }

    /// The channel starts again. Symbols that had no messages yet are as they were.
    fn reset(&mut self, emit: &mut impl FnMut(FeedEvent)) {
        self.counters.resets += 1;
        self.seconds.fill(0);
        for slot in self.symbols.iter_mut().filter(|slot| slot.next.raw() > 0) {
            slot.seconds = 0;
            slot.next = SymbolSeqNum::from_raw(0);
            self.counters.events += 1;
            emit(stale(slot.symbol_index, StaleReason::ChannelReset));
        }
    }

    /// A message that cannot be understood is as good as missing for its symbol.
    fn lost(&mut self, symbol_index: Option<SymbolIndex>, emit: &mut impl FnMut(FeedEvent)) {
        let Some(symbol_index) = symbol_index else {
            return;
        };
        if self.symbols.get(symbol_index).is_none() {
            return self.unknown_symbol(symbol_index);
        }
        self.counters.events += 1;
        emit(stale(symbol_index, StaleReason::Inconsistent));
    }

    #[cold]
    fn unknown_symbol(&mut self, symbol_index: SymbolIndex) {
        self.counters.unknown_symbols += 1;
        self.counters
            .first_unknown_symbol
            .get_or_insert(symbol_index);
    }
}

/// Whether packets with the flag repeat messages under their old numbers.
const fn repeats(flag: DeliveryFlag) -> bool {
    flag.is_refresh()
        || matches!(
            flag,
            DeliveryFlag::FAILOVER | DeliveryFlag::COMPACTED_FAILOVER
        )
}

const fn stale(symbol_index: SymbolIndex, reason: StaleReason) -> FeedEvent {
    FeedEvent {
        symbol_index,
        symbol_seq_num: None,
        ts_event: None,
        action: Action::Stale { reason },
    }
}
