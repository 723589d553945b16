//! The venue: a day of packets on a few channels, and what is right after each of its messages.

use std::collections::{BTreeMap, VecDeque};

use oxberry_core::units::{
    ChannelId, PriceScale, SeqNum, Side, SymbolIndex, SymbolSeqNum, UnixNanos,
};
use oxberry_core::xdp::{DeliveryFlag, Dialect, Message, PacketBuilder};

use super::deed::{Deed, NewOrder};
use super::naive_book::NaiveBook;
use super::plan::{Habit, Market};
use super::truth::{Place, Right, Truth};
use super::wire::{self, About};
use crate::random::Random;

/// When the day begins, in nanoseconds since 1970.
const DAY: u64 = 1_715_779_800_000_000_000;

/// The pause around a reset: longer than clocks differ, so that a reader who misses the reset sees that
/// the numbers cannot be copies.
const RESET_PAUSE_NS: u64 = 300_000_000;

/// A symbol of the market.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listed {
    pub(super) symbol_index: SymbolIndex,
    pub(super) scale: PriceScale,
    /// Whether the mapping file has it; others are defined by the feed alone.
    pub(super) in_file: bool,
}

/// A packet.
#[derive(Clone, Debug)]
pub(super) struct Packet {
    /// When it is sent, from the start of the day.
    pub(super) at: u64,
    /// Of the how-manieth numbering of its channel it is.
    pub(super) segment: u32,
    /// How many messages it has.
    pub(super) messages: u32,
    pub(super) bytes: Vec<u8>,
}

/// A whole day.
#[derive(Debug)]
pub(super) struct Day {
    pub(super) symbols: Vec<Listed>,
    pub(super) channels: Vec<(ChannelId, Vec<Packet>)>,
    pub(super) truth: Truth,
    pub(super) messages: u64,
}

/// One symbol of one channel.
#[derive(Debug)]
struct Symbol {
    book: NaiveBook,
    /// The number of its next message.
    next: u32,
    /// Orders that left without a delete.
    voided: Vec<u64>,
    is_defined: bool,
    /// How it was said whether it trades, if it was.
    status: Option<Deed>,
}

impl Symbol {
    /// Notes what is said of whether it trades.
    fn note(&mut self, deed: Deed) {
        if matches!(deed, Deed::Halt | Deed::Resume | Deed::Close) {
            self.status = Some(deed);
        } else if matches!(deed, Deed::Session(_)) && self.status != Some(Deed::Halt) {
            // Only a resumption ends a halt.
            self.status = Some(Deed::Resume);
        } else if matches!(deed, Deed::Clear { .. }) {
            self.status = None;
        }
    }
}

/// One channel while its day is made up.
struct Channel<'a> {
    market: &'a Market,
    channel: ChannelId,
    random: Random,
    symbols: BTreeMap<SymbolIndex, Symbol>,
    truth: &'a mut Truth,
    packets: Vec<Packet>,
    now: u64,
    segment: u32,
    /// The number of the next message.
    next: u32,
    next_order: u64,
    /// Messages of the packet that is filled.
    filling: Vec<Message>,
    /// How many messages it is to get.
    wanted: usize,
    flag: DeliveryFlag,
    messages: u64,
    second: u32,
    /// Packets of a refresh that are still to be sent.
    repeating: VecDeque<(DeliveryFlag, Vec<Message>)>,
}

/// Makes up the day of a market.
pub(super) fn day(market: &Market, seed: u64) -> Day {
    let mut random = Random::new(seed, 11);
    let symbols: Vec<_> = (0..market.symbols)
        .map(|n| Listed {
            // Every second number, so that those of the feed alone lie in between.
            symbol_index: SymbolIndex::from_raw(100 + 2 * n),
            scale: scale(4),
            in_file: true,
        })
        .chain((0..market.unlisted).map(|n| Listed {
            symbol_index: SymbolIndex::from_raw(101 + 2 * n),
            scale: scale(4),
            in_file: false,
        }))
        .collect();
    let mut truth = Truth::new(symbols.iter().map(|one| (one.symbol_index, one.scale)));
    let mut channels = Vec::new();
    let mut messages = 0;
    for n in 0..market.channels {
        let channel = ChannelId::from_raw(n + 1);
        let is_shared = |at: usize| market.has(Habit::SharedSymbol) && at == 0;
        let own = symbols.iter().enumerate().filter(|&(at, _)| {
            at % usize::from(market.channels) == usize::from(n) || is_shared(at)
        });
        let own = own.map(|(_, listed)| {
            let symbol = Symbol {
                book: NaiveBook::new(listed.scale),
                next: 1,
                voided: Vec::new(),
                is_defined: listed.in_file,
                status: None,
            };
            (listed.symbol_index, symbol)
        });
        let mut channel_day = Channel {
            market,
            channel,
            random: Random::new(random.next(), n.into()),
            symbols: own.collect(),
            truth: &mut truth,
            packets: Vec::new(),
            now: 0,
            segment: 0,
            next: 1,
            next_order: 1,
            filling: Vec::new(),
            wanted: 1,
            flag: DeliveryFlag::ORIGINAL,
            messages: 0,
            second: 0,
            repeating: VecDeque::new(),
        };
        channel_day.run();
        messages += channel_day.messages;
        channels.push((channel, channel_day.packets));
    }
    Day {
        symbols,
        channels,
        truth,
        messages,
    }
}

fn scale(code: u8) -> PriceScale {
    PriceScale::new(code).expect("scales of the market are small")
}

impl Channel<'_> {
    fn run(&mut self) {
        if self.symbols.is_empty() {
            return;
        }
        if !self.market.has(Habit::NoFirstReset) {
            self.reset(DeliveryFlag::SEQUENCE_RESET);
            if self.market.has(Habit::RepeatedReset) {
                self.reset(DeliveryFlag::SEQUENCE_RESET);
            }
        }
        let share = u64::from(self.market.messages) / u64::from(self.market.channels);
        while self.messages < share {
            self.step();
        }
        self.send();
    }

    /// Something happens.
    fn step(&mut self) {
        if self.random.chance(200)
            && let Some((flag, messages)) = self.repeating.pop_front()
        {
            self.send();
            self.send_apart(flag, &messages);
        }
        let rare = self.random.below(1_000);
        let habit = match rare {
            0 => Habit::Reset,
            1 | 29..=31 | 37..=40 => Habit::Failover,
            2..=4 => Habit::Clear,
            5 => Habit::LateClear,
            6..=8 => Habit::Scale,
            9..=12 => Habit::Halt,
            13..=15 => Habit::Session,
            16 => Habit::Close,
            17..=18 => Habit::Contradiction,
            19 => Habit::Unreadable,
            20..=24 => Habit::Second,
            25..=28 => Habit::Heartbeat,
            32..=36 => Habit::Refresh,
            _ => return self.trade(),
        };
        if !self.market.has(habit) {
            return self.trade();
        }
        let symbol = self.any_symbol();
        if !self.is_defined(symbol) {
            // Nothing is said of what nobody knows yet.
            return self.trade();
        }
        match habit {
            Habit::Reset => self.reset(DeliveryFlag::SEQUENCE_RESET),
            Habit::Failover => self.fail_over(),
            Habit::Clear => {
                let scale = self.scale(symbol);
                self.say(symbol, Deed::Define(scale));
                self.clear(symbol, 1);
            }
            Habit::LateClear => {
                let next = self.symbols.get(&symbol).map_or(1, |one| one.next);
                self.clear(symbol, next);
            }
            Habit::Scale => {
                let scale = self.any_scale();
                self.say(symbol, Deed::Define(scale));
            }
            Habit::Halt => {
                let halts = self.random.chance(500);
                self.say(symbol, if halts { Deed::Halt } else { Deed::Resume });
            }
            Habit::Session => {
                let session = 1 << self.random.below(3);
                self.void(symbol, Deed::Session(session));
            }
            Habit::Close => self.void(symbol, Deed::Close),
            Habit::Contradiction => self.contradict(symbol),
            Habit::Unreadable => self.say(symbol, Deed::Unreadable),
            Habit::Second => {
                self.second += 1;
                self.say(symbol, Deed::Second(self.second));
            }
            Habit::Heartbeat => self.heartbeat(),
            Habit::Refresh => {
                let unlisted = self.unlisted_symbol().filter(|_| self.random.chance(500));
                self.refresh(unlisted.unwrap_or(symbol));
            }
            Habit::SharedSymbol | Habit::NoFirstReset | Habit::RepeatedReset => {}
        }
    }

    fn any_symbol(&mut self) -> SymbolIndex {
        let at = self.random.below(self.symbols.len() as u64);
        let at = usize::try_from(at).unwrap_or(0);
        let mut symbols = self.symbols.keys();
        *symbols.nth(at).expect("a channel has symbols")
    }

    /// A defined symbol that no file has, of which a reader may have missed the definition.
    fn unlisted_symbol(&mut self) -> Option<SymbolIndex> {
        let mut symbols = self.symbols.iter().filter(|(_, one)| one.is_defined);
        let unlisted = symbols.find(|&(&symbol, _)| !self.market.is_listed(symbol));
        unlisted.map(|(&symbol, _)| symbol)
    }

    fn is_defined(&self, symbol: SymbolIndex) -> bool {
        self.symbols.get(&symbol).is_some_and(|one| one.is_defined)
    }

    fn scale(&self, symbol: SymbolIndex) -> PriceScale {
        self.symbols
            .get(&symbol)
            .map_or_else(|| scale(4), |one| one.book.scale())
    }

    /// What mostly happens: orders come, change, trade and go.
    fn trade(&mut self) {
        let symbol_index = self.any_symbol();
        let kind = self.random.below(100);
        let away = u32::try_from(self.random.below(12)).unwrap_or(0);
        let qty = u32::try_from(self.random.between(1, 5) * 100).unwrap_or(100);
        let rests = self.random.next();
        let Some(symbol) = self.symbols.get_mut(&symbol_index) else {
            return;
        };
        if !symbol.is_defined {
            if kind >= 6 {
                // It is listed later, when something may have been missed already.
                return;
            }
            symbol.is_defined = true;
            let scale = symbol.book.scale();
            return self.say(symbol_index, Deed::Define(scale));
        }
        let resting = symbol.book.orders();
        let at = rests % (resting.len() as u64).max(1);
        let chosen = resting
            .values()
            .nth(usize::try_from(at).unwrap_or(0))
            .copied();
        let middle = 10_u32.pow(symbol.book.scale().code().into()) * 10;
        let (id, new_id) = (chosen.map_or(0, |order| order.id), self.next_order);
        let of_side = |side| match side {
            Side::Bid => middle - 1 - away,
            Side::Ask => middle + away,
        };
        let Some(order) = chosen.filter(|_| kind >= 45) else {
            self.next_order += 1;
            let side = if rests >> 32 & 1 == 0 {
                Side::Bid
            } else {
                Side::Ask
            };
            let sessions = match self.market.dialect {
                Dialect::Legacy => u8::try_from(1 + (rests >> 33) % 7).unwrap_or(7),
                Dialect::Xdp | Dialect::Pillar => 7,
            };
            let order = NewOrder {
                id: new_id,
                side,
                price: of_side(side),
                qty,
                sessions,
            };
            return self.say(symbol_index, Deed::Add(order));
        };
        let price = of_side(order.side);
        let deed = match kind {
            45..70 => Deed::Delete { id },
            70..80 => Deed::Modify { id, price, qty },
            80..92 => Deed::Execute {
                id,
                price: order.price,
                qty: qty.min(order.qty),
            },
            92..96 if self.market.dialect != Dialect::Legacy => {
                self.next_order += 1;
                Deed::Replace {
                    id,
                    new_id,
                    price,
                    qty,
                }
            }
            _ => Deed::Trade { price, qty },
        };
        self.say(symbol_index, deed);
        let late = self.symbols.get_mut(&symbol_index);
        if kind == 99
            && let Some(id) = late.and_then(|symbol| symbol.voided.pop())
        {
            self.say(symbol_index, Deed::Delete { id });
        }
    }

    /// Orders leave without a delete.
    fn void(&mut self, symbol_index: SymbolIndex, deed: Deed) {
        let before: Vec<u64> = self
            .symbols
            .get(&symbol_index)
            .map(|one| one.book.orders().keys().copied().collect())
            .unwrap_or_default();
        self.say(symbol_index, deed);
        if let Some(symbol) = self.symbols.get_mut(&symbol_index) {
            let left = |id: &u64| !symbol.book.orders().contains_key(id);
            let left: Vec<_> = before.into_iter().filter(left).collect();
            symbol.voided = left;
        }
    }

    fn clear(&mut self, symbol_index: SymbolIndex, next: u32) {
        self.say(symbol_index, Deed::Clear { next });
        if let Some(symbol) = self.symbols.get_mut(&symbol_index) {
            symbol.next = next;
            symbol.voided.clear();
        }
    }

    /// The feed says what cannot be.
    fn contradict(&mut self, symbol_index: SymbolIndex) {
        let symbol = self.symbols.get_mut(&symbol_index);
        let Some(symbol) = symbol.filter(|symbol| symbol.is_defined) else {
            return;
        };
        match self.random.below(3) {
            // A message of the symbol was never sent.
            0 => {
                symbol.next += 1;
                self.trade_in(symbol_index);
            }
            // A number comes twice.
            1 if symbol.next > 1 => {
                symbol.next -= 1;
                self.trade_in(symbol_index);
            }
            // An order leaves that never came.
            _ => self.say(symbol_index, Deed::Delete { id: 1 << 30 }),
        }
    }

    fn trade_in(&mut self, symbol_index: SymbolIndex) {
        let id = self.next_order;
        self.next_order += 1;
        let middle = 10_u32.pow(self.scale(symbol_index).code().into()) * 10;
        let order = NewOrder {
            id,
            side: Side::Bid,
            price: middle - 1,
            qty: 100,
            sessions: 7,
        };
        self.say(symbol_index, Deed::Add(order));
    }

    /// A numbering begins, with empty books and the numbers of all symbols from 1.
    fn reset(&mut self, flag: DeliveryFlag) {
        self.begin_numbering(flag);
        if flag == DeliveryFlag::SEQUENCE_RESET {
            for (&symbol_index, symbol) in &mut self.symbols {
                symbol.book.act(Deed::Close, false);
                symbol.voided.clear();
                symbol.next = 1;
                symbol.status = None;
                // What no file has is listed later.
                symbol.is_defined &= self.market.is_listed(symbol_index);
                self.truth.says(
                    (self.channel, symbol_index),
                    Place {
                        segment: self.segment,
                        number: 0,
                    },
                    Right {
                        view: symbol.book.view(),
                        trade: None,
                    },
                );
            }
            self.define_all();
        }
    }

    /// A day begins with the definitions, whether the file has them or not.
    fn define_all(&mut self) {
        let symbols = self.symbols.iter().filter(|(_, one)| one.is_defined);
        let symbols: Vec<_> = symbols
            .map(|(&index, one)| (index, one.book.scale()))
            .collect();
        for (symbol_index, known) in symbols {
            let is_other = self.market.has(Habit::Scale) && self.random.chance(200);
            let scale = if is_other { self.any_scale() } else { known };
            self.say(symbol_index, Deed::Define(scale));
        }
    }

    fn any_scale(&mut self) -> PriceScale {
        scale(u8::try_from(self.random.between(2, 6)).unwrap_or(4))
    }

    fn begin_numbering(&mut self, flag: DeliveryFlag) {
        self.send();
        self.repeating.clear();
        if !self.packets.is_empty() {
            self.segment += 1;
            self.now += RESET_PAUSE_NS;
        }
        self.next = 1;
        self.flag = flag;
        let time = UnixNanos::from_raw(DAY + self.now).to_parts();
        self.put(wire::reset(self.channel, time));
        self.send();
        self.flag = DeliveryFlag::ORIGINAL;
        self.now += RESET_PAUSE_NS;
    }

    /// Another publisher takes over: it numbers anew and tells all books again.
    fn fail_over(&mut self) {
        self.begin_numbering(DeliveryFlag::FAILOVER);
        self.flag = DeliveryFlag::FAILOVER;
        let symbols: Vec<_> = self.symbols.keys().copied().collect();
        let forgotten = self.random.chance(200).then(|| self.any_symbol());
        for symbol_index in symbols {
            let Some(symbol) = self.symbols.get(&symbol_index) else {
                continue;
            };
            if Some(symbol_index) == forgotten || !symbol.is_defined {
                continue;
            }
            let next = symbol.next;
            let orders: Vec<_> = symbol.book.queue().collect();
            let scale = symbol.book.scale();
            self.say(symbol_index, Deed::Define(scale));
            self.clear(symbol_index, next);
            for order in orders {
                self.say(symbol_index, Deed::AddAgain(order));
            }
        }
        self.send();
        self.flag = DeliveryFlag::ORIGINAL;
    }

    /// The venue tells the present book of a symbol again, in packets that are numbered apart and come
    /// between the others.
    fn refresh(&mut self, symbol_index: SymbolIndex) {
        self.send();
        let dialect = self.market.dialect;
        let Some(symbol) = self.symbols.get(&symbol_index) else {
            return;
        };
        if !self.repeating.is_empty() {
            return;
        }
        let about = About {
            dialect,
            symbol_index,
            symbol_seq_num: SymbolSeqNum::from_raw(symbol.next - 1),
            fills: false,
        };
        let define = Deed::Define(symbol.book.scale());
        let orders = symbol.book.queue().map(Deed::AddAgain);
        let told = [define].into_iter().chain(symbol.status);
        let deeds: Vec<_> = told.chain(orders).collect();
        let parts = deeds.chunks(4);
        let total = u16::try_from(parts.len()).unwrap_or(u16::MAX);
        for (number, part) in (1..).zip(parts) {
            let last = (self.next - 1, symbol.next - 1);
            let mut messages = vec![wire::refresh_header((number, total), last)];
            messages.extend(part.iter().map(|&deed| wire::message(about, deed)));
            let flag = match number {
                1 if total == 1 => DeliveryFlag::REFRESH_ONLY,
                1 => DeliveryFlag::REFRESH_START,
                number if number == total => DeliveryFlag::REFRESH_END,
                _ => DeliveryFlag::REFRESH_PART,
            };
            self.repeating.push_back((flag, messages));
        }
        if self.random.chance(500) {
            // Others come so slowly that the symbol goes on meanwhile.
            while let Some((flag, messages)) = self.repeating.pop_front() {
                self.send_apart(flag, &messages);
            }
        }
    }

    fn send_apart(&mut self, flag: DeliveryFlag, messages: &[Message]) {
        let mut buffer = [0; oxberry_core::xdp::MAX_PACKET];
        let mut packet = PacketBuilder::new(&mut buffer).expect("a header fits");
        for message in messages {
            packet
                .push_message(message)
                .expect("a part of a refresh has few messages");
        }
        self.now += 1;
        let sent = UnixNanos::from_raw(DAY + self.now);
        let bytes = packet.finish(flag, SeqNum::from_raw(1), sent).to_vec();
        self.packets.push(Packet {
            at: self.now,
            segment: self.segment,
            messages: 0,
            bytes,
        });
    }

    fn heartbeat(&mut self) {
        self.send();
        let mut buffer = [0; 64];
        let packet = PacketBuilder::new(&mut buffer).expect("a header fits");
        let sent = UnixNanos::from_raw(DAY + self.now);
        let next = SeqNum::from_raw(self.next);
        let bytes = packet.finish(DeliveryFlag::HEARTBEAT, next, sent).to_vec();
        self.packets.push(Packet {
            at: self.now,
            segment: self.segment,
            messages: 0,
            bytes,
        });
    }

    /// Does it and says it.
    fn say(&mut self, symbol_index: SymbolIndex, deed: Deed) {
        let dialect = self.market.dialect;
        let Some(symbol) = self.symbols.get_mut(&symbol_index) else {
            return;
        };
        let number = symbol.next;
        let symbol_seq_num = if wire::is_numbered(dialect, deed) {
            symbol.next += 1;
            number
        } else {
            number.saturating_sub(1)
        };
        let is_filled = |id: u64, qty: u32| {
            let order = symbol.book.orders().get(&id);
            order.is_none_or(|order| order.qty <= qty)
        };
        let fills = matches!(deed, Deed::Execute { id, qty, .. } if is_filled(id, qty));
        let about = About {
            dialect,
            symbol_index,
            symbol_seq_num: SymbolSeqNum::from_raw(symbol_seq_num),
            fills,
        };
        symbol.note(deed);
        let trade = symbol.book.act(deed, dialect != Dialect::Legacy);
        let right = Right {
            view: symbol.book.view(),
            trade,
        };
        let place = Place {
            segment: self.segment,
            number: self.next,
        };
        self.truth.says((self.channel, symbol_index), place, right);
        self.put(wire::message(about, deed));
    }

    fn put(&mut self, message: Message) {
        self.filling.push(message);
        self.next += 1;
        self.messages += 1;
        if self.filling.len() >= self.wanted {
            self.send();
        }
    }

    /// The packet leaves.
    fn send(&mut self) {
        if self.filling.is_empty() {
            return;
        }
        let mut buffer = [0; oxberry_core::xdp::MAX_PACKET];
        let mut packet = PacketBuilder::new(&mut buffer).expect("a header fits");
        for message in self.filling.drain(..) {
            packet
                .push_message(&message)
                .expect("a packet is asked for few messages");
        }
        let count = u32::from(packet.messages());
        let first = SeqNum::from_raw(self.next - count);
        self.now += self.random.below(self.market.pause_ns.max(1)) + 1;
        let sent = UnixNanos::from_raw(DAY + self.now);
        let bytes = packet.finish(self.flag, first, sent).to_vec();
        self.packets.push(Packet {
            at: self.now,
            segment: self.segment,
            messages: count,
            bytes,
        });
        let most = self.market.packet_messages;
        self.wanted = usize::try_from(self.random.between(1, most)).unwrap_or(1);
    }
}
