//! Trades: a row for each message that tells of one.

use oxberry_core::{
    book::Books,
    feed::{Action, FeedEvent},
    units::{Qty, RawPrice, SeqNum, Side, TradeId},
    xdp::{Dialect, FieldValue, LiquidityIndicator, Message, MessageRef, PacketRef},
};

use super::{Told, View};
use crate::{
    export::{Schema, TRADES, Value},
    replay::sink::Sink,
};

/// Makes rows.
#[derive(Debug, Default)]
pub(in crate::replay) struct TradeRows {
    /// What only the messages say of the trades of the present packet, in order.
    details: Vec<(SeqNum, Details)>,
    /// The side of the resting order that the present event executes.
    resting: Option<Side>,
    values: Vec<Value>,
}

/// What is said of a trade beside price and shares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Details {
    conditions: Option<[u8; 4]>,
    cross_type: Option<u8>,
    /// The side that had rested.
    provider: Option<Side>,
}

/// A trade.
#[derive(Clone, Copy, Debug)]
struct Trade {
    id: TradeId,
    price: RawPrice,
    qty: Qty,
    printable: bool,
}

impl Trade {
    const fn of(action: &Action) -> Option<Self> {
        if let Action::Execute {
            price,
            qty,
            trade_id: id,
            printable,
            ..
        }
        | Action::Trade {
            price,
            qty,
            trade_id: id,
            printable,
        } = *action
        {
            Some(Self {
                id,
                price,
                qty,
                printable,
            })
        } else {
            None
        }
    }
}

impl View for TradeRows {
    fn schema(&self) -> Schema {
        Schema::identified(&TRADES)
    }

    fn expect(&mut self, packet: &PacketRef<'_>, dialect: Dialect) {
        self.details.clear();
        let mut seq_num = packet.header().seq_num;
        for message in packet.messages().flatten() {
            if let 103 | 110 | 111 | 220 = message.msg_type() {
                self.details.push((seq_num, Details::of(dialect, message)));
            }
            seq_num = seq_num.next();
        }
    }

    fn before(&mut self, event: &FeedEvent, books: &Books<'_>) {
        self.resting = None;
        if let Action::Execute { order_id, .. } = event.action {
            let slot = books.slot(event.symbol_index);
            let order = slot.and_then(|slot| books.order(slot, order_id));
            self.resting = order.map(|(side, _)| side);
        }
    }

    fn after(&mut self, told: &Told<'_, '_>, sink: &mut Sink) {
        let Some(trade) = Trade::of(&told.event.action) else {
            return;
        };
        let resting = self.resting;
        if !told.is_of_the_book() {
            return;
        }
        let details = self
            .details
            .binary_search_by_key(&told.event.seq_num, |&(seq_num, _)| seq_num);
        let details = details.ok().and_then(|at| self.details.get(at));
        let details = details.map(|&(_, details)| details).unwrap_or_default();
        let aggressor = resting.or(details.provider).map(Side::opposite);
        self.values.clear();
        self.values.extend(told.origin.identity());
        self.values.extend([
            trade.id.raw().into(),
            trade.price.into(),
            trade.qty.raw().into(),
            aggressor.map_or(Value::Absent, Value::aggressor),
            Value::Flag(trade.printable),
            details.conditions.map_or(Value::Absent, Value::Codes),
            details
                .cross_type
                .map_or(Value::Absent, |code| Value::Codes([code, 0, 0, 0])),
        ]);
        let subject = (told.applied.slot, 0);
        sink.row(subject, &told.origin, told.books, &mut self.values);
    }
}

impl Details {
    fn of(dialect: Dialect, message: MessageRef<'_>) -> Self {
        let mut details = Self::default();
        let Ok(Some(decoded)) = Message::parse(dialect, message) else {
            return details;
        };
        let mut condition = |at: usize, code| {
            let conditions = details.conditions.get_or_insert_default();
            if let Some(place) = conditions.get_mut(at) {
                *place = code;
            }
        };
        let (mut cross_type, mut liquidity) = (None, None);
        decoded.fields(&mut |name, value| match (name, value) {
            ("trade_cond1", FieldValue::Char(code)) => condition(0, code),
            ("trade_cond2", FieldValue::Char(code)) => condition(1, code),
            ("trade_cond3", FieldValue::Char(code)) => condition(2, code),
            ("trade_cond4", FieldValue::Char(code)) => condition(3, code),
            ("cross_type", FieldValue::Char(code)) => cross_type = Some(code),
            ("liquidity_indicator_flag", FieldValue::Unsigned(code)) => {
                liquidity = u8::try_from(code).ok().map(LiquidityIndicator::from_raw);
            }
            _ => {}
        });
        details.cross_type = cross_type;
        details.provider = match liquidity {
            Some(LiquidityIndicator::BUY) => Some(Side::Bid),
            Some(LiquidityIndicator::SELL) => Some(Side::Ask),
            _ => None,
        };
        details
    }
}
