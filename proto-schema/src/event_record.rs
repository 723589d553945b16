//! The records of a batch: events, losses, and the end of a failover.

use oxberry_core::feed::{Action, ExecutionEffect, FeedEvent, TradeSessions};
use oxberry_core::units::{
    OrderId, PriceScale, Qty, RawPrice, SeqNum, Side, SymbolIndex, SymbolSeqNum, TradeId,
};
use serde::{Deserialize, Serialize};

use crate::deltas::{Deltas, IdCode};

/// One record of a [`Batch`](crate::flow::Batch), with its number and time told from those of the
/// record before; [`Deltas`] makes it and takes it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct EventRecord(Wire);

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Recorded {
    /// Something happened to one symbol.
    Event(FeedEvent),
    /// Numbers of the channel are lost for good.
    Lost {
        /// The first of them.
        first: SeqNum,
        /// The last of them.
        last: SeqNum,
    },
    /// A failover is over: what comes from this number on is original again.
    Settled {
        /// The number of the first original message.
        before: SeqNum,
    },
}

/// What most records begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Head {
    ahead: u32,
    symbol_index: SymbolIndex,
    /// The number within the symbol plus 1; 0 for none.
    number: u64,
    /// See [`Deltas::time_code`].
    time: u64,
}

/// What most events of orders have, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Order {
    id: IdCode,
    price: RawPrice,
    qty: Qty,
}

/// The record as it is written: usual cases have a kind of their own, so that they need no further
/// bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Wire {
    /// Valid in all sessions, as are asks that follow.
    AddBid(Head, Order),
    AddAsk(Head, Order),
    AddIn(Head, Order, Side, TradeSessions),
    Delete(Head, IdCode),
    Modify(Head, Order),
    ModifyToEnd(Head, Order),
    /// Reduces the order and counts towards volume.
    Execute(Head, Order, TradeId),
    ExecuteAs(Head, Order, TradeId, ExecutionEffect, bool),
    /// With the id of the order that leaves.
    Replace(Head, Order, IdCode),
    Trade(Head, RawPrice, Qty, TradeId, bool),
    Other(Head),
    Clear(Head, SymbolSeqNum),
    Session(Head, TradeSessions),
    Halt(Head),
    Resume(Head),
    Close(Head),
    Define(Head, PriceScale),
    /// Of a symbol that may have had messages before.
    DefineLate(Head, PriceScale),
    Unreadable(Head),
    Refresh(Head, SymbolSeqNum, SeqNum, Option<PriceScale>),
    RefreshAdd(Head, Order, Side, TradeSessions),
    Refreshed(Head),
    /// How far the last lost number is ahead, and how many more there are.
    Lost(u32, u32),
    Settled(u32),
}

impl Deltas {
    /// The record that says this.
    pub fn record(&mut self, recorded: &Recorded) -> EventRecord {
        EventRecord(match *recorded {
            Recorded::Event(ref event) => self.event_record(event),
            Recorded::Lost { first, last } => {
                Wire::Lost(self.ahead(last), last.raw().saturating_sub(first.raw()))
            }
            Recorded::Settled { before } => Wire::Settled(self.ahead(before)),
        })
    }

    #[inline]
    fn event_record(&mut self, event: &FeedEvent) -> Wire {
        let head = Head {
            ahead: self.ahead(event.seq_num),
            symbol_index: event.symbol_index,
            number: event
                .symbol_seq_num
                .map_or(0, |number| u64::from(number.raw()) + 1),
            time: self.time_code(event.ts_event),
        };
        match event.action {
            Action::Trade {
                price,
                qty,
                trade_id,
                printable,
            } => Wire::Trade(head, price, qty, trade_id, printable),
            Action::Clear { next } => Wire::Clear(head, next),
            Action::Session { session } => Wire::Session(head, session),
            Action::Halt => Wire::Halt(head),
            Action::Resume => Wire::Resume(head),
            Action::Close => Wire::Close(head),
            Action::Define { scale, is_whole } if is_whole => Wire::Define(head, scale),
            Action::Define { scale, .. } => Wire::DefineLate(head, scale),
            Action::Unreadable => Wire::Unreadable(head),
            Action::Refresh {
                last,
                through,
                scale,
            } => Wire::Refresh(head, last, through, scale),
            Action::RefreshAdd {
                order_id,
                side,
                price,
                qty,
                sessions,
            } => {
                let order = self.order(order_id, price, qty);
                Wire::RefreshAdd(head, order, side, sessions)
            }
            Action::Refreshed => Wire::Refreshed(head),
            Action::Other => Wire::Other(head),
            Action::Add { .. }
            | Action::Modify { .. }
            | Action::Delete { .. }
            | Action::Execute { .. }
            | Action::Replace { .. } => self.order_record(head, &event.action),
            // What this version cannot tell is told as what it is: something not understood.
            _ => Wire::Unreadable(head),
        }
    }

    /// The record of what happened to one order.
    #[inline]
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "what does not happen to an order does not come here"
    )]
    fn order_record(&mut self, head: Head, action: &Action) -> Wire {
        match *action {
            Action::Add {
                order_id,
                side,
                price,
                qty,
                sessions,
            } => {
                let order = self.order(order_id, price, qty);
                match side {
                    Side::Bid if sessions == TradeSessions::ALL => Wire::AddBid(head, order),
                    Side::Ask if sessions == TradeSessions::ALL => Wire::AddAsk(head, order),
                    Side::Bid | Side::Ask => Wire::AddIn(head, order, side, sessions),
                }
            }
            Action::Modify {
                order_id,
                price,
                qty,
                loses_place,
            } => {
                let order = self.order(order_id, price, qty);
                if loses_place {
                    Wire::ModifyToEnd(head, order)
                } else {
                    Wire::Modify(head, order)
                }
            }
            Action::Delete { order_id } => Wire::Delete(head, self.id_code(order_id)),
            Action::Execute {
                order_id,
                price,
                qty,
                trade_id,
                effect,
                printable,
            } => {
                let order = self.order(order_id, price, qty);
                if effect == ExecutionEffect::Reduce && printable {
                    Wire::Execute(head, order, trade_id)
                } else {
                    Wire::ExecuteAs(head, order, trade_id, effect, printable)
                }
            }
            Action::Replace {
                order_id,
                new_order_id,
                price,
                qty,
            } => {
                let new = self.order(new_order_id, price, qty);
                Wire::Replace(head, new, self.id_code(order_id))
            }
            _ => Wire::Unreadable(head),
        }
    }

    #[inline]
    fn order(&mut self, order_id: OrderId, price: RawPrice, qty: Qty) -> Order {
        let id = self.id_code(order_id);
        Order { id, price, qty }
    }

    /// What a record says; records go through in their order.
    #[inline]
    pub fn recorded(&mut self, record: EventRecord) -> Recorded {
        let (head, action) = match record.0 {
            Wire::Lost(ahead, more) => {
                let last = self.go(ahead);
                let first = SeqNum::from_raw(last.raw().saturating_sub(more));
                return Recorded::Lost { first, last };
            }
            Wire::Settled(ahead) => {
                let before = self.go(ahead);
                return Recorded::Settled { before };
            }
            Wire::AddBid(head, order) => (head, order.add(self, Side::Bid, TradeSessions::ALL)),
            Wire::AddAsk(head, order) => (head, order.add(self, Side::Ask, TradeSessions::ALL)),
            Wire::AddIn(head, order, side, sessions) => (head, order.add(self, side, sessions)),
            Wire::Delete(head, id) => (head, delete(self.id_of(id))),
            Wire::Modify(head, order) => (head, order.modify(self, false)),
            Wire::ModifyToEnd(head, order) => (head, order.modify(self, true)),
            Wire::Execute(head, order, id) => {
                (head, order.execute(self, id, ExecutionEffect::Reduce, true))
            }
            Wire::ExecuteAs(head, order, id, effect, printable) => {
                (head, order.execute(self, id, effect, printable))
            }
            Wire::Replace(head, order, replaced) => (head, order.replace(self, replaced)),
            Wire::Trade(head, price, qty, id, printable) => {
                (head, trade(price, qty, id, printable))
            }
            Wire::Other(head) => (head, Action::Other),
            Wire::Clear(head, next) => (head, Action::Clear { next }),
            Wire::Session(head, session) => (head, Action::Session { session }),
            Wire::Halt(head) => (head, Action::Halt),
            Wire::Resume(head) => (head, Action::Resume),
            Wire::Close(head) => (head, Action::Close),
            Wire::Define(head, scale) => (head, define(scale, true)),
            Wire::DefineLate(head, scale) => (head, define(scale, false)),
            Wire::Unreadable(head) => (head, Action::Unreadable),
            Wire::Refresh(head, last, through, scale) => (head, refresh(last, through, scale)),
            Wire::RefreshAdd(head, order, side, sessions) => {
                (head, order.refresh_add(self, side, sessions))
            }
            Wire::Refreshed(head) => (head, Action::Refreshed),
        };
        Recorded::Event(FeedEvent {
            seq_num: self.go(head.ahead),
            symbol_index: head.symbol_index,
            symbol_seq_num: head.symbol_seq_num(),
            ts_event: self.time_of(head.time),
            action,
        })
    }
}

impl Head {
    fn symbol_seq_num(&self) -> Option<SymbolSeqNum> {
        // Only a writer of another making says more than 32 bits.
        let number = u32::try_from(self.number.checked_sub(1)?).unwrap_or(u32::MAX);
        Some(SymbolSeqNum::from_raw(number))
    }
}

const fn delete(order_id: OrderId) -> Action {
    Action::Delete { order_id }
}

const fn trade(price: RawPrice, qty: Qty, trade_id: TradeId, printable: bool) -> Action {
    Action::Trade {
        price,
        qty,
        trade_id,
        printable,
    }
}

const fn define(scale: PriceScale, is_whole: bool) -> Action {
    Action::Define { scale, is_whole }
}

const fn refresh(last: SymbolSeqNum, through: SeqNum, scale: Option<PriceScale>) -> Action {
    Action::Refresh {
        last,
        through,
        scale,
    }
}

impl Order {
    fn add(self, deltas: &mut Deltas, side: Side, sessions: TradeSessions) -> Action {
        let Self { id, price, qty } = self;
        let order_id = deltas.id_of(id);
        Action::Add {
            order_id,
            side,
            price,
            qty,
            sessions,
        }
    }

    fn modify(self, deltas: &mut Deltas, loses_place: bool) -> Action {
        let Self { id, price, qty } = self;
        let order_id = deltas.id_of(id);
        Action::Modify {
            order_id,
            price,
            qty,
            loses_place,
        }
    }

    fn execute(
        self,
        deltas: &mut Deltas,
        trade_id: TradeId,
        effect: ExecutionEffect,
        printable: bool,
    ) -> Action {
        let Self { id, price, qty } = self;
        let order_id = deltas.id_of(id);
        Action::Execute {
            order_id,
            price,
            qty,
            trade_id,
            effect,
            printable,
        }
    }

    /// With the id of the order that leaves.
    fn replace(self, deltas: &mut Deltas, replaced: IdCode) -> Action {
        let Self { id, price, qty } = self;
        let new_order_id = deltas.id_of(id);
        Action::Replace {
            order_id: deltas.id_of(replaced),
            new_order_id,
            price,
            qty,
        }
    }

    fn refresh_add(self, deltas: &mut Deltas, side: Side, sessions: TradeSessions) -> Action {
        let Self { id, price, qty } = self;
        let order_id = deltas.id_of(id);
        Action::RefreshAdd {
            order_id,
            side,
            price,
            qty,
            sessions,
        }
    }
}
