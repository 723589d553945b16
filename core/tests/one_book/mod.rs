//! One book, told of one message after the other.
#![allow(dead_code, reason = "not every test uses all of it")]

use oxberry_core::book::{
    Applied, BookCounters, Books, Capacity, Digest, SymbolSlot, TradingStatus, Trust,
};
use oxberry_core::feed::{Action, Beginning, FeedEvent, TradeSessions};
use oxberry_core::units::{
    ChannelId, OrderId, PriceScale, Qty, RawPrice, SeqNum, Side, SymbolIndex, SymbolSeqNum,
};

/// The channel of the symbol, unless a test says another one.
pub(crate) const CHANNEL: ChannelId = ChannelId::from_raw(3);
/// Another channel, with a higher number.
pub(crate) const OTHER: ChannelId = ChannelId::from_raw(4);

const SYMBOL: SymbolIndex = SymbolIndex::from_raw(7);
const CAPACITY: Capacity = Capacity {
    symbols: 1,
    orders: 20,
    levels: 20,
};

/// The book of one symbol.
pub(crate) struct OneBook {
    books: Books<'static>,
    slot: SymbolSlot,
    channel: ChannelId,
    /// The channel's number of the last message.
    pub(crate) seq_num: u32,
}

impl OneBook {
    pub(crate) fn new() -> Self {
        let memory = vec![0; CAPACITY.words()].leak();
        let mut books = Books::new(CAPACITY, memory).unwrap();
        let slot = books.define(SYMBOL, PriceScale::new(4).unwrap()).unwrap();
        Self {
            books,
            slot,
            channel: CHANNEL,
            seq_num: 100,
        }
    }

    /// What follows comes by this channel.
    pub(crate) fn on(&mut self, channel: ChannelId) -> &mut Self {
        self.channel = channel;
        self
    }

    fn apply(&mut self, number: Option<u32>, action: Action) -> Applied {
        let event = FeedEvent {
            seq_num: SeqNum::from_raw(self.seq_num),
            symbol_index: SYMBOL,
            symbol_seq_num: number.map(SymbolSeqNum::from_raw),
            ts_event: None,
            action,
        };
        let before = (self.trust(), self.status());
        let applied = self.books.apply(self.channel, &event).unwrap();
        self.books.check_invariants().unwrap();
        let after = (self.trust(), self.status());
        assert_eq!(applied.trust_changed, before.0 != after.0, "{event:?}");
        assert_eq!(applied.status_changed, before.1 != after.1, "{event:?}");
        applied
    }

    /// A message with a number within the symbol.
    pub(crate) fn numbered(&mut self, number: u32, action: Action) -> Applied {
        self.seq_num += 1;
        self.apply(Some(number), action)
    }

    /// A message without one.
    pub(crate) fn unnumbered(&mut self, action: Action) -> Applied {
        self.seq_num += 1;
        self.apply(None, action)
    }

    /// Something that a refresh tells, behind the last message.
    pub(crate) fn refresh(&mut self, action: Action) -> Applied {
        self.apply(None, action)
    }

    pub(crate) fn add(&mut self, number: u32, order: u32) -> Applied {
        let action = Action::Add {
            order_id: OrderId::from_raw(u64::from(order)),
            side: Side::Bid,
            price: RawPrice::from_raw(500),
            qty: Qty::from_raw(100),
            sessions: TradeSessions::ALL,
        };
        self.numbered(number, action)
    }

    pub(crate) fn delete(&mut self, number: u32, order: u32) -> Applied {
        let order_id = OrderId::from_raw(u64::from(order));
        self.numbered(number, Action::Delete { order_id })
    }

    pub(crate) fn clear(&mut self, next: u32) -> Applied {
        let next = SymbolSeqNum::from_raw(next);
        self.unnumbered(Action::Clear { next })
    }

    pub(crate) fn begins(&mut self, channel: ChannelId, beginning: &Beginning) -> bool {
        self.seq_num = 1;
        self.books.begins(self.slot, channel, beginning)
    }

    pub(crate) fn lost(&mut self, channel: ChannelId) -> bool {
        self.seq_num += 1;
        self.lost_up_to(channel, self.seq_num)
    }

    pub(crate) fn lost_up_to(&mut self, channel: ChannelId, last: u32) -> bool {
        let last = SeqNum::from_raw(last);
        self.books.lost(self.slot, channel, last)
    }

    pub(crate) fn settled(&mut self, channel: ChannelId) -> bool {
        self.books.settled(self.slot, channel)
    }

    pub(crate) fn scale(&self) -> PriceScale {
        self.books.scale(self.slot)
    }

    pub(crate) fn trust(&self) -> Trust {
        self.books.trust(self.slot)
    }

    pub(crate) fn status(&self) -> TradingStatus {
        self.books.trading_status(self.slot)
    }

    pub(crate) fn channel(&self) -> Option<ChannelId> {
        self.books.channel(self.slot)
    }

    pub(crate) fn is_contested(&self) -> bool {
        self.books.is_contested(self.slot)
    }

    pub(crate) fn last(&self) -> Option<SymbolSeqNum> {
        self.books.symbol_seq_num(self.slot)
    }

    /// Orders that rest.
    pub(crate) fn orders(&self) -> u32 {
        self.books.order_count()
    }

    /// The ids of the orders of the bid side, best and first come first.
    pub(crate) fn queue(&self) -> Vec<u64> {
        let orders = self.books.orders(self.slot, Side::Bid);
        orders.map(|order| order.order_id.raw()).collect()
    }

    pub(crate) fn counters(&self) -> BookCounters {
        self.books.counters()
    }

    pub(crate) fn digest(&self) -> Digest {
        self.books.digest(self.slot)
    }
}
