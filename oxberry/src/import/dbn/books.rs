//! What records do to the orders of an instrument.

use oxberry_core::{
    units::{OrderId, Qty, SymbolIndex, TradeId},
    xdp::FirmId,
};

use super::super::{
    action::{Action, Order, Stamp, Trade},
    day::Day,
    orders::{LiveOrders, Resting},
    tally::Report,
};
use super::event::{Event, Shares};

/// An instrument of the files.
#[derive(Debug)]
pub(super) struct Instrument {
    pub(super) symbol: SymbolIndex,
    /// Whose records are taken: an instrument may trade at several venues, and a book is of one.
    pub(super) publisher: u16,
    pub(super) is_wanted: bool,
    /// Whether all its orders are known, since it was cleared.
    pub(super) is_whole: bool,
    /// Whether the source doubts the book, which was told.
    pub(super) is_doubted: bool,
    pub(super) event: Event,
}

/// The orders of all instruments.
#[derive(Debug, Default)]
pub(super) struct Orders {
    pub(super) live: LiveOrders,
    pub(super) report: Report,
    /// The number of the last trade.
    trades: u32,
}

impl Instrument {
    /// Something that the book cannot be told.
    fn doubt(&self, stamp: Stamp, day: &mut Day) -> anyhow::Result<()> {
        day.doubt(self.symbol, stamp)
    }
}

impl Orders {
    /// `A`: an order joins.
    pub(super) fn add(
        &mut self,
        instrument: &Instrument,
        order: Order,
        stamp: Stamp,
        day: &mut Day,
    ) -> anyhow::Result<()> {
        let action = if self.live.add(instrument.symbol, order.id, resting(order)) {
            Action::Add(order)
        } else {
            let what = "adds of orders that were there, told as changes (A)";
            self.report.altered.count(what);
            Action::Modify {
                order,
                loses_place: true,
            }
        };
        day.tell(instrument.symbol, stamp, action)
    }

    /// `M`: an order has another price or size. One that nobody knows is taken to join.
    pub(super) fn modify(
        &mut self,
        instrument: &mut Instrument,
        order: Order,
        stamp: Stamp,
        day: &mut Day,
    ) -> anyhow::Result<()> {
        let symbol = instrument.symbol;
        let Some(known) = self.live.get(symbol, order.id) else {
            let what = "changes of orders that did not come, told as adds (M)";
            self.report.altered.count(what);
            return self.add(instrument, order, stamp, day);
        };
        let before = std::mem::replace(known, resting(order));
        if order.qty == Qty::ZERO {
            self.live.remove(symbol, order.id);
            return day.tell(symbol, stamp, Action::Delete(order.id));
        }
        if before.side != order.side {
            day.tell(symbol, stamp, Action::Delete(order.id))?;
            return day.tell(symbol, stamp, Action::Add(order));
        }
        let filled = instrument.event.filled(order.id);
        let is_fill = filled > 0
            && before.price == order.price
            && filled + u64::from(order.qty.raw()) == u64::from(before.qty.raw());
        if is_fill {
            let most = u32::try_from(filled).unwrap_or(u32::MAX);
            return self
                .execute(instrument, order.id, most, stamp, day)
                .map(drop);
        }
        if before == resting(order) {
            return Ok(());
        }
        // As venues have it: more shares, or another price, go to the end.
        let loses_place = before.price != order.price || order.qty > before.qty;
        day.tell(symbol, stamp, Action::Modify { order, loses_place })
    }

    /// `C`: shares leave an order, by a cancel or by the fills that came before.
    pub(super) fn cancel(
        &mut self,
        instrument: &mut Instrument,
        order: Order,
        stamp: Stamp,
        day: &mut Day,
    ) -> anyhow::Result<()> {
        let symbol = instrument.symbol;
        let Some(known) = self.live.get(symbol, order.id) else {
            return self.cancel_unknown(instrument, order.id, stamp, day);
        };
        let size = order.qty.raw();
        let left = known.qty.raw().saturating_sub(size);
        known.qty = Qty::from_raw(left);
        let known = *known;
        if left == 0 {
            self.live.remove(symbol, order.id);
        }
        let cancelled = size - self.execute(instrument, order.id, size, stamp, day)?;
        match (cancelled, left) {
            (0, _) => Ok(()),
            (_, 0) => day.tell(symbol, stamp, Action::Delete(order.id)),
            (_, _) => {
                let order = Order {
                    price: known.price,
                    qty: known.qty,
                    ..order
                };
                let loses_place = false;
                day.tell(symbol, stamp, Action::Modify { order, loses_place })
            }
        }
    }

    /// Shares leave an order that never joined.
    fn cancel_unknown(
        &mut self,
        instrument: &Instrument,
        order_id: OrderId,
        stamp: Stamp,
        day: &mut Day,
    ) -> anyhow::Result<()> {
        if instrument.is_whole {
            let what =
                "cancels of orders that did not come, whose books are stale from there on (C)";
            self.report.left_out.count(what);
            return instrument.doubt(stamp, day);
        }
        let what = "cancels of orders from before the file, told as deletes (C)";
        self.report.altered.count(what);
        day.tell(instrument.symbol, stamp, Action::Delete(order_id))
    }

    /// Tells the fills of an order that wait, up to so many shares, and says how many they were.
    fn execute(
        &mut self,
        instrument: &mut Instrument,
        order_id: OrderId,
        most: u32,
        stamp: Stamp,
        day: &mut Day,
    ) -> anyhow::Result<u32> {
        let mut told = 0;
        while let Some(fill) = instrument.event.next_fill(order_id, most - told) {
            told += fill.qty;
            let trade = self.trade_of(fill);
            let action = Action::Execute {
                order_id,
                trade,
                printable: true,
            };
            day.tell(instrument.symbol, stamp, action)?;
        }
        Ok(told)
    }

    /// `F`: a resting order trades; what becomes of it follows.
    pub(super) fn fill(
        &mut self,
        instrument: &mut Instrument,
        order_id: OrderId,
        shares: Shares,
        stamp: Stamp,
        day: &mut Day,
    ) -> anyhow::Result<()> {
        instrument.event.account(shares);
        let is_known = self.live.get(instrument.symbol, order_id).is_some();
        if is_known {
            let pushed_out = instrument.event.fill(order_id, shares);
            return self.tell_trades(instrument.symbol, pushed_out, stamp, day);
        }
        if instrument.is_whole {
            return self.tell_trades(instrument.symbol, [shares], stamp, day);
        }
        let trade = self.trade_of(shares);
        let action = Action::Execute {
            order_id,
            trade,
            printable: true,
        };
        day.tell(instrument.symbol, stamp, action)
    }

    /// `T`: an order that came has traded.
    pub(super) fn trade(
        &mut self,
        instrument: &mut Instrument,
        shares: Shares,
        stamp: Stamp,
        day: &mut Day,
    ) -> anyhow::Result<()> {
        let pushed_out = instrument.event.trade(shares);
        self.tell_trades(instrument.symbol, pushed_out, stamp, day)
    }

    /// `R`: the instrument has no orders, and those that follow are all.
    pub(super) fn clear(
        &mut self,
        instrument: &mut Instrument,
        stamp: Stamp,
        day: &mut Day,
    ) -> anyhow::Result<()> {
        self.end_event(instrument, stamp, day)?;
        self.live.clear(instrument.symbol);
        instrument.is_whole = true;
        instrument.is_doubted = false;
        day.tell(instrument.symbol, stamp, Action::Clear)
    }

    /// The event of an instrument is over.
    pub(super) fn end_event(
        &mut self,
        instrument: &mut Instrument,
        stamp: Stamp,
        day: &mut Day,
    ) -> anyhow::Result<()> {
        if instrument.event.is_empty() {
            return Ok(());
        }
        let left = instrument.event.end();
        self.tell_trades(instrument.symbol, left, stamp, day)
    }

    /// Trades that the book never showed.
    fn tell_trades(
        &mut self,
        symbol: SymbolIndex,
        trades: impl IntoIterator<Item = Shares>,
        stamp: Stamp,
        day: &mut Day,
    ) -> anyhow::Result<()> {
        for shares in trades {
            let trade = self.trade_of(shares);
            day.tell(symbol, stamp, Action::Trade(trade))?;
        }
        Ok(())
    }

    fn trade_of(&mut self, shares: Shares) -> Trade {
        self.trades = self.trades.wrapping_add(1);
        Trade {
            id: TradeId::from_raw(self.trades),
            price: shares.price,
            qty: shares.quantity(),
        }
    }
}

/// An order as a record tells it.
pub(super) fn order(id: u64, side: oxberry_core::units::Side, price: i64, size: u32) -> Order {
    Order {
        id: OrderId::from_raw(id),
        side,
        price: oxberry_core::units::Price::from_raw(price),
        qty: Qty::from_raw(size),
        firm: FirmId::default(),
    }
}

const fn resting(order: Order) -> Resting {
    Resting {
        side: order.side,
        price: order.price,
        qty: order.qty,
    }
}
