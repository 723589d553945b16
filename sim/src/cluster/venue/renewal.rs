//! New numberings, failovers and refreshes: what makes readers start over.

use oxberry_core::units::{SymbolIndex, SymbolSeqNum};
use oxberry_core::xdp::DeliveryFlag;

use super::channel::Channel;
use crate::cluster::deed::Deed;
use crate::cluster::plan::Habit;
use crate::cluster::truth::{Place, Right};
use crate::cluster::wire::{self, About};

/// The pause around a reset: longer than clocks differ, so that a reader that misses the reset can tell
/// the new numbers from copies.
const RESET_PAUSE_NS: u64 = 300_000_000;

impl Channel<'_> {
    /// Begins a numbering, with empty books and the numbers of all symbols from 1.
    pub(super) fn reset(&mut self, flag: DeliveryFlag) {
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

    /// Defines all symbols, as a day begins, whether the mapping file has them or not.
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

    fn begin_numbering(&mut self, flag: DeliveryFlag) {
        self.send();
        self.repeating.clear();
        if !self.packets.is_empty() {
            self.segment += 1;
            self.now += RESET_PAUSE_NS;
        }
        self.next = 1;
        self.flag = flag;
        self.put(wire::reset(self.channel, self.time().to_parts()));
        self.send();
        self.flag = DeliveryFlag::ORIGINAL;
        self.now += RESET_PAUSE_NS;
    }

    /// Lets another publisher take over, with a new numbering, which sends all books again.
    pub(super) fn fail_over(&mut self) {
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

    /// Sends the present book of a symbol as a refresh, in packets that are numbered apart and come between
    /// the others.
    pub(super) fn refresh(&mut self, symbol_index: SymbolIndex) {
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
}
