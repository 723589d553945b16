//! Books as plainly as they can be written: the truth that the real ones are compared with.

mod numbers;
mod symbol;

use std::collections::BTreeMap;

use oxberry_core::book::{Applied, Books, Capacity, QueuePosition, Rejection, Trade};
use oxberry_core::feed::{Beginning, FeedEvent};
use oxberry_core::units::{
    ChannelId, PriceScale, RawPrice, SeqNum, Side, SymbolIndex, SymbolSeqNum,
};

use numbers::Admission;
use symbol::NaiveSymbol;

/// All symbols.
#[derive(Debug)]
pub(crate) struct NaiveBook {
    capacity: Capacity,
    symbols: BTreeMap<SymbolIndex, NaiveSymbol>,
}

impl NaiveBook {
    pub(crate) fn new(capacity: Capacity) -> Self {
        Self {
            capacity,
            symbols: BTreeMap::new(),
        }
    }

    pub(crate) fn define(&mut self, symbol_index: SymbolIndex, scale: PriceScale) {
        self.symbols.insert(symbol_index, NaiveSymbol::new(scale));
    }

    fn orders(&self) -> usize {
        self.symbols
            .values()
            .map(|symbol| symbol.orders.len())
            .sum()
    }

    fn levels(&self) -> usize {
        self.symbols.values().map(NaiveSymbol::levels).sum()
    }

    /// The number of the symbol's last message.
    pub(crate) fn last(&self, symbol_index: SymbolIndex) -> u32 {
        self.symbols[&symbol_index].last
    }

    /// What the real books should answer, but for the slot; `None` for an unknown symbol.
    pub(crate) fn apply(&mut self, channel: ChannelId, event: &FeedEvent) -> Option<Applied> {
        let place = self
            .symbols
            .keys()
            .position(|&index| index == event.symbol_index)?;
        let mut symbol = self.symbols[&event.symbol_index].clone();
        let before = (symbol.bbo(), symbol.trust, symbol.status);
        let mut trade = None;
        let mut missing = 0;
        let rejection = match symbol.admit(channel, event) {
            Admission::Apply(number) => {
                missing = number;
                let rejection = self.act(&mut symbol, event, &mut trade).err();
                if let Some(rejection) = rejection
                    && !symbol.bears(rejection)
                {
                    symbol.distrust();
                }
                rejection
            }
            Admission::Ignore => None,
            Admission::Refuse(rejection) => Some(rejection),
        };
        let applied = Applied {
            slot: slot(place),
            bbo_changed: before.0 != symbol.bbo(),
            trust_changed: before.1 != symbol.trust,
            status_changed: before.2 != symbol.status,
            trade,
            rejection,
            missing,
        };
        self.symbols.insert(event.symbol_index, symbol);
        Some(applied)
    }

    /// Applies an event that was admitted.
    fn act(
        &mut self,
        symbol: &mut NaiveSymbol,
        event: &FeedEvent,
        trade: &mut Option<Trade>,
    ) -> Result<(), Rejection> {
        let admitted = symbol.clone();
        let mut outcome = symbol.act(event, trade);
        let traded = trade.map(|trade| (trade.price.scaled(symbol.scale), trade.qty));
        // What does not fit is undone as a whole.
        self.symbols.insert(event.symbol_index, symbol.clone());
        let full = if self.orders() > self.capacity.orders as usize {
            Some(Rejection::OrdersFull)
        } else if self.levels() > self.capacity.levels as usize {
            Some(Rejection::LevelsFull)
        } else {
            None
        };
        if let Some(full) = full {
            outcome = Err(full);
            *symbol = admitted;
        }
        symbol.trades.extend(traded);
        outcome
    }

    /// A numbering of a channel begins; says whether trust or status of the symbol changed.
    pub(crate) fn begins(
        &mut self,
        symbol_index: SymbolIndex,
        channel: ChannelId,
        beginning: &Beginning,
    ) -> bool {
        self.happens(symbol_index, |symbol| symbol.begins(channel, beginning))
    }

    /// Messages of a channel up to `last` are lost.
    pub(crate) fn lost(
        &mut self,
        symbol_index: SymbolIndex,
        channel: ChannelId,
        last: SeqNum,
    ) -> bool {
        self.happens(symbol_index, |symbol| symbol.lost(channel, last))
    }

    /// A failover of a channel is over.
    pub(crate) fn settled(&mut self, symbol_index: SymbolIndex, channel: ChannelId) -> bool {
        self.happens(symbol_index, |symbol| symbol.settled(channel))
    }

    fn happens(
        &mut self,
        symbol_index: SymbolIndex,
        change: impl FnOnce(&mut NaiveSymbol),
    ) -> bool {
        let symbol = self.symbols.get_mut(&symbol_index).unwrap();
        let before = (symbol.trust, symbol.status);
        change(symbol);
        (symbol.trust, symbol.status) != before
    }

    /// Panics unless the books have the same state as these, as far as it can be read.
    pub(crate) fn assert_equals(&self, books: &Books<'_>) {
        assert_eq!(books.order_count() as usize, self.orders());
        assert_eq!(books.level_count() as usize, self.levels());
        for (&symbol_index, symbol) in &self.symbols {
            let slot = books.slot(symbol_index).unwrap();
            assert_eq!(books.symbol_index(slot), symbol_index);
            assert_eq!(books.bbo(slot), symbol.bbo());
            assert_eq!(books.trust(slot), symbol.trust);
            assert_eq!(books.trading_status(slot), symbol.status);
            assert_eq!(books.channel(slot), symbol.belongs_to());
            assert_eq!(books.is_contested(slot), symbol.contested);
            assert_eq!(books.scale(slot), symbol.scale);
            let last = (symbol.last != 0).then_some(SymbolSeqNum::from_raw(symbol.last));
            assert_eq!(books.symbol_seq_num(slot), last);
            assert_eq!(books.statistics(slot), symbol.statistics());
            assert_eq!(
                books.last_price(slot),
                symbol.trades.last().map(|trade| trade.0)
            );
            for side in Side::BOTH {
                let depth: Vec<_> = books.depth(slot, side).collect();
                assert_eq!(depth, symbol.depth(side));
                let orders: Vec<_> = books.orders(slot, side).collect();
                assert_eq!(orders, symbol.queue(side));
                for level in &depth {
                    assert_eq!(books.level(slot, side, level.price), Some(*level));
                    let queue = orders.iter().filter(|order| order.price == level.price);
                    assert!(
                        books
                            .level_orders(slot, side, level.price)
                            .eq(queue.copied())
                    );
                    let beside = RawPrice::from_raw(level.price.raw().wrapping_add(1));
                    let is_level = depth.iter().any(|level| level.price == beside);
                    assert_eq!(books.level(slot, side, beside).is_some(), is_level);
                    assert_eq!(
                        books.level_orders(slot, side, beside).next().is_some(),
                        is_level
                    );
                }
                let nowhere = RawPrice::from_raw(u32::MAX);
                assert_eq!(
                    books.level_orders(slot, side, nowhere).count(),
                    symbol
                        .queue(side)
                        .iter()
                        .filter(|order| order.price == nowhere)
                        .count()
                );
                let mut ahead = QueuePosition::default();
                for (number, order) in orders.iter().enumerate() {
                    if number == 0 || orders[number - 1].price != order.price {
                        ahead = QueuePosition::default();
                    }
                    assert_eq!(books.order(slot, order.order_id), Some((side, *order)));
                    assert_eq!(books.queue_position(slot, order.order_id), Some(ahead));
                    ahead.orders_ahead += 1;
                    ahead.qty_ahead += u64::from(order.qty.raw());
                }
            }
        }
    }
}

/// The n-th slot in order of definition.
fn slot(place: usize) -> oxberry_core::book::SymbolSlot {
    let capacity = Capacity {
        symbols: 8,
        orders: 1,
        levels: 1,
    };
    let mut memory = vec![0; capacity.words()];
    let mut books = Books::new(capacity, &mut memory).unwrap();
    for index in 0..8 {
        books
            .define(SymbolIndex::from_raw(index), PriceScale::new(0).unwrap())
            .unwrap();
    }
    books.slots().nth(place).unwrap()
}
