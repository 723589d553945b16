//! One channel while its day is generated: what happens next, and the right books after it.

use std::collections::{BTreeMap, VecDeque};

use oxberry_core::units::{ChannelId, PriceScale, Side, SymbolIndex, SymbolSeqNum};
use oxberry_core::xdp::{DeliveryFlag, Dialect, Message};

use super::day::Packet;
use super::symbol::{Symbol, scale, usual_scale};
use crate::cluster::deed::{Deed, NewOrder};
use crate::cluster::plan::{Habit, Market};
use crate::cluster::truth::{Place, Right, Truth};
use crate::cluster::wire::{self, About};
use crate::random::Random;

/// One channel while its day is generated.
pub(super) struct Channel<'a> {
    pub(super) market: &'a Market,
    pub(super) channel: ChannelId,
    pub(super) random: Random,
    pub(super) symbols: BTreeMap<SymbolIndex, Symbol>,
    pub(super) truth: &'a mut Truth,
    pub(super) packets: Vec<Packet>,
    pub(super) now: u64,
    pub(super) segment: u32,
    /// The number of the next message.
    pub(super) next: u32,
    pub(super) next_order: u64,
    /// The messages of the packet being filled.
    pub(super) filling: Vec<Message>,
    /// How many messages that packet is to get.
    pub(super) wanted: usize,
    pub(super) flag: DeliveryFlag,
    pub(super) messages: u64,
    pub(super) second: u32,
    /// The packets of a refresh that are still to be sent.
    pub(super) repeating: VecDeque<(DeliveryFlag, Vec<Message>)>,
}

impl<'a> Channel<'a> {
    pub(super) fn new(
        market: &'a Market,
        channel: ChannelId,
        random: Random,
        symbols: BTreeMap<SymbolIndex, Symbol>,
        truth: &'a mut Truth,
    ) -> Self {
        Self {
            market,
            channel,
            random,
            symbols,
            truth,
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
        }
    }
}

impl Channel<'_> {
    /// Generates the whole day.
    pub(super) fn run(&mut self) {
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

    /// Lets the next thing happen.
    fn step(&mut self) {
        if self.random.chance(200)
            && let Some((flag, messages)) = self.repeating.pop_front()
        {
            self.send();
            self.send_apart(flag, &messages);
        }
        let habit = habit(self.random.below(1_000));
        let Some(habit) = habit.filter(|&habit| self.market.has(habit)) else {
            return self.trade();
        };
        let symbol = self.any_symbol();
        if self.is_defined(symbol) {
            self.follow(habit, symbol);
        } else {
            // Nothing is said of what nobody knows yet.
            self.trade();
        }
    }

    /// Does what a venue of that habit does.
    fn follow(&mut self, habit: Habit, symbol: SymbolIndex) {
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

    pub(super) fn any_symbol(&mut self) -> SymbolIndex {
        let at = self.random.below(self.symbols.len() as u64);
        let at = usize::try_from(at).unwrap_or(0);
        let mut symbols = self.symbols.keys();
        *symbols.nth(at).expect("a channel has symbols")
    }

    /// Returns a defined symbol that the mapping file lacks: a reader may have missed its definition.
    fn unlisted_symbol(&mut self) -> Option<SymbolIndex> {
        let mut symbols = self.symbols.iter().filter(|(_, one)| one.is_defined);
        let unlisted = symbols.find(|&(&symbol, _)| !self.market.is_listed(symbol));
        unlisted.map(|(&symbol, _)| symbol)
    }

    fn is_defined(&self, symbol: SymbolIndex) -> bool {
        self.symbols.get(&symbol).is_some_and(|one| one.is_defined)
    }

    pub(super) fn scale(&self, symbol: SymbolIndex) -> PriceScale {
        self.symbols
            .get(&symbol)
            .map_or_else(usual_scale, |one| one.book.scale())
    }

    pub(super) fn any_scale(&mut self) -> PriceScale {
        scale(u8::try_from(self.random.between(2, 6)).unwrap_or(4))
    }

    /// Does a deed by which orders leave without a delete.
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

    pub(super) fn clear(&mut self, symbol_index: SymbolIndex, next: u32) {
        self.say(symbol_index, Deed::Clear { next });
        if let Some(symbol) = self.symbols.get_mut(&symbol_index) {
            symbol.next = next;
            symbol.voided.clear();
        }
    }

    /// Lets the feed contradict itself.
    fn contradict(&mut self, symbol_index: SymbolIndex) {
        let symbol = self.symbols.get_mut(&symbol_index);
        let Some(symbol) = symbol.filter(|symbol| symbol.is_defined) else {
            return;
        };
        match self.random.below(3) {
            // A message of the symbol was never sent.
            0 => {
                symbol.next += 1;
                self.add_order(symbol_index);
            }
            // A number comes twice.
            1 if symbol.next > 1 => {
                symbol.next -= 1;
                self.add_order(symbol_index);
            }
            // An order leaves that never came.
            _ => self.say(symbol_index, Deed::Delete { id: 1 << 30 }),
        }
    }

    /// Adds an order to the best bids.
    fn add_order(&mut self, symbol_index: SymbolIndex) {
        let id = self.next_order;
        self.next_order += 1;
        let order = NewOrder {
            id,
            side: Side::Bid,
            price: self.middle(symbol_index) - 1,
            qty: 100,
            sessions: 7,
        };
        self.say(symbol_index, Deed::Add(order));
    }

    /// Does a deed: applies it to the book, notes the truth, and publishes its message.
    pub(super) fn say(&mut self, symbol_index: SymbolIndex, deed: Deed) {
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
}

/// Returns the habit for a number below 1,000; most numbers stand for ordinary trading.
const fn habit(number: u64) -> Option<Habit> {
    Some(match number {
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
        _ => return None,
    })
}
