//! What one message means, by its dialect alone (section 5.5); the state is the normalizer's.

use super::{Action, ExecutionEffect, TradeSessions};
use crate::units::{OrderId, Qty, RawPrice, SymbolIndex, SymbolSeqNum, SystemId, TradeId};
use crate::xdp::{
    Body as _, Dialect, ExecutionReason, LegacyAddOrder, LegacyAddOrderRefresh, LegacyDeleteOrder,
    LegacyModifyOrder, LegacyOrderExecution, LegacySymbolIndexMapping, LegacyTrade, Message,
    MessageRef, ModifyReason, PartitionTimeReference, PositionChange, PrintableFlag,
    RefreshHeaderShort, SecurityStatus, SecurityStatusCode, SequenceNumberReset, SideCode,
    SymbolClear, SymbolTimeReference, TradeSession, TradingSessionChange, WireError, XdpAddOrder,
    XdpAddOrderRefresh, XdpCrossTrade, XdpDeleteOrder, XdpModifyOrder, XdpNonDisplayedTrade,
    XdpOrderExecutionV20, XdpReplaceOrder,
};

/// Takes what a message with a number within its symbol means.
///
/// Called where the action is made, so that nothing copies it about, which costs more than all the
/// rest of a message.
pub(super) trait Outlet {
    /// Something happened. Comes once at most.
    fn action(&mut self, action: Action);

    /// A code is none that the reference lists; the meaning is clear all the same.
    fn unlisted(&mut self);

    /// A value that decides is none that the reference lists; there will be no action.
    fn bad_value(&mut self);
}

/// What a message means that has no number within a symbol, or more to say than an event.
#[derive(Clone, Copy, Debug)]
pub(super) enum Control {
    /// The second of a symbol, and has a number there.
    SymbolTime {
        symbol_index: SymbolIndex,
        symbol_seq_num: SymbolSeqNum,
        seconds: u32,
    },
    /// The second of a partition.
    PartitionTime { system: u32, seconds: u32 },
    /// The symbol starts again.
    Clear {
        symbol_index: SymbolIndex,
        seconds: u32,
        nanoseconds: u32,
        next: SymbolSeqNum,
    },
    /// The symbol is defined.
    Define {
        symbol_index: SymbolIndex,
        system_id: SystemId,
        price_scale_code: u8,
    },
    /// The channel starts again.
    Reset,
    /// Nothing for books: requests, responses, summaries.
    Nothing,
    /// The dialect has no such message.
    Unknown,
}

/// The meaning of a message that has a [`Head`](crate::xdp::Head).
#[inline(always)]
pub(super) fn translate(
    dialect: Dialect,
    message: MessageRef<'_>,
    out: &mut impl Outlet,
) -> Result<(), WireError> {
    match dialect {
        Dialect::Legacy => legacy(message, out),
        Dialect::Xdp | Dialect::Pillar => modern(message, out),
    }
}

/// Table A.
#[inline(always)]
fn legacy(message: MessageRef<'_>, out: &mut impl Outlet) -> Result<(), WireError> {
    match message.msg_type() {
        // 107 is 100 with the firm appended.
        100 | 107 => {
            let m = LegacyAddOrder::parse(message)?;
            let order_id = OrderId::legacy(m.order_id, m.order_id_gtc_indicator.is_gtc());
            let sessions = sessions(out, m.trade_session);
            add(out, m.side, order_id, m.price, m.volume, sessions);
        }
        101 => {
            let m = LegacyModifyOrder::parse(message)?;
            note(out, m.reason_code.meaning());
            // Without a reason the rule of the later dialects holds, which the book applies: the
            // same price keeps the place, another one loses it.
            out.action(Action::Modify {
                order_id: OrderId::legacy(m.order_id, m.order_id_gtc_indicator.is_gtc()),
                price: m.price,
                qty: m.volume,
                loses_place: m.reason_code == ModifyReason::CHANGE,
            });
        }
        102 => {
            let m = LegacyDeleteOrder::parse(message)?;
            // Whatever the reason, the order leaves.
            note(out, m.reason_code.meaning());
            let order_id = OrderId::legacy(m.order_id, m.order_id_gtc_indicator.is_gtc());
            out.action(Action::Delete { order_id });
        }
        103 => {
            let m = LegacyOrderExecution::parse(message)?;
            note(out, m.reason_code.meaning());
            out.action(Action::Execute {
                order_id: OrderId::legacy(m.order_id, m.order_id_gtc_indicator.is_gtc()),
                price: m.price,
                qty: m.volume,
                trade_id: m.trade_id,
                // A reduction, followed by whatever 101 or 102 may follow, ends at the right
                // book, so it is the choice for a reason that the reference does not list.
                effect: match m.reason_code {
                    ExecutionReason::NOT_POPULATED => ExecutionEffect::None,
                    ExecutionReason::FILLED => ExecutionEffect::Fill,
                    _ => ExecutionEffect::Reduce,
                },
                // The tape of this dialect is type 220, which repeats every execution.
                printable: false,
            });
        }
        220 => {
            let m = LegacyTrade::parse(message)?;
            trade(out, m.price, m.volume, m.trade_id, true);
        }
        // 108 is 106 with the firm appended.
        106 | 108 => {
            let m = LegacyAddOrderRefresh::parse(message)?;
            let order_id = OrderId::legacy(m.order_id, m.order_id_gtc_indicator.is_gtc());
            let sessions = sessions(out, m.trade_session);
            add(out, m.side, order_id, m.price, m.volume, sessions);
        }
        33 => {
            let m = TradingSessionChange::parse(message)?;
            note(out, m.trading_session.meaning());
            out.action(if m.trading_session.meaning().is_some() {
                Action::Session {
                    session: TradeSessions::from_wire(m.trading_session.raw()),
                }
            } else {
                Action::Other
            });
        }
        34 => match SecurityStatus::parse(message)?.security_status {
            // In 2014 these letters told of restrictions and openings, not of sessions.
            SecurityStatusCode::EARLY_SESSION
            | SecurityStatusCode::CORE_SESSION
            | SecurityStatusCode::LATE_SESSION => out.action(Action::Other),
            status => security_status(out, status),
        },
        _ => {
            complete(Dialect::Legacy, message)?;
            out.action(Action::Other);
        }
    }
    Ok(())
}

/// Tables B and C: every field that has a meaning here lies at the same place in both.
#[inline(always)]
fn modern(message: MessageRef<'_>, out: &mut impl Outlet) -> Result<(), WireError> {
    match message.msg_type() {
        100 => {
            let m = XdpAddOrder::parse(message)?;
            add(
                out,
                m.side,
                m.order_id,
                m.price,
                m.volume,
                TradeSessions::ALL,
            );
        }
        101 => {
            let m = XdpModifyOrder::parse(message)?;
            note(out, m.position_change.meaning());
            out.action(Action::Modify {
                order_id: m.order_id,
                price: m.price,
                qty: m.volume,
                loses_place: m.position_change == PositionChange::LOST,
            });
        }
        102 => {
            let m = XdpDeleteOrder::parse(message)?;
            out.action(Action::Delete {
                order_id: m.order_id,
            });
        }
        103 => {
            // The short form has all that matters.
            let m = XdpOrderExecutionV20::parse(message)?;
            note(out, m.printable_flag.meaning());
            out.action(Action::Execute {
                order_id: m.order_id,
                price: m.price,
                qty: m.volume,
                trade_id: m.trade_id,
                effect: ExecutionEffect::Reduce,
                printable: m.printable_flag != PrintableFlag::NOT_PRINTED,
            });
        }
        104 => {
            let m = XdpReplaceOrder::parse(message)?;
            out.action(Action::Replace {
                order_id: m.order_id,
                new_order_id: m.new_order_id,
                price: m.price,
                qty: m.volume,
            });
        }
        110 => {
            let m = XdpNonDisplayedTrade::parse(message)?;
            note(out, m.printable_flag.meaning());
            let printable = m.printable_flag != PrintableFlag::NOT_PRINTED;
            trade(out, m.price, m.volume, m.trade_id, printable);
        }
        106 => {
            let m = XdpAddOrderRefresh::parse(message)?;
            add(
                out,
                m.side,
                m.order_id,
                m.price,
                m.volume,
                TradeSessions::ALL,
            );
        }
        111 => {
            let m = XdpCrossTrade::parse(message)?;
            trade(out, m.price, m.volume, TradeId::from_raw(m.cross_id), true);
        }
        34 => security_status(out, SecurityStatus::parse(message)?.security_status),
        _ => {
            complete(Dialect::Pillar, message)?;
            out.action(Action::Other);
        }
    }
    Ok(())
}

/// Whether a message that changes neither book nor tape has the length of its type.
fn complete(dialect: Dialect, message: MessageRef<'_>) -> Result<(), WireError> {
    Message::parse(dialect, message).map(|_| ())
}

/// Notes a code that has no meaning.
#[inline(always)]
fn note(out: &mut impl Outlet, meaning: Option<&'static str>) {
    if meaning.is_none() {
        out.unlisted();
    }
}

/// An add, unless the side is none.
#[inline(always)]
fn add(
    out: &mut impl Outlet,
    side: SideCode,
    order_id: OrderId,
    price: RawPrice,
    qty: Qty,
    sessions: TradeSessions,
) {
    match side.side() {
        Some(side) => out.action(Action::Add {
            order_id,
            side,
            price,
            qty,
            sessions,
        }),
        None => out.bad_value(),
    }
}

/// The sessions of a legacy order. One that names none is taken to be valid in all, so that no
/// session change removes it.
#[inline(always)]
fn sessions(out: &mut impl Outlet, session: TradeSession) -> TradeSessions {
    note(out, session.meaning());
    let sessions = TradeSessions::from_wire(session.raw());
    if sessions.to_wire() == 0 {
        TradeSessions::ALL
    } else {
        sessions
    }
}

#[inline(always)]
fn trade(out: &mut impl Outlet, price: RawPrice, qty: Qty, trade_id: TradeId, printable: bool) {
    out.action(Action::Trade {
        price,
        qty,
        trade_id,
        printable,
    });
}

/// What a security status does to a book.
fn security_status(out: &mut impl Outlet, status: SecurityStatusCode) {
    note(out, status.meaning());
    out.action(match status {
        SecurityStatusCode::HALT
        | SecurityStatusCode::OPENING_DELAY
        | SecurityStatusCode::NO_OPEN => Action::Halt,
        SecurityStatusCode::RESUME => Action::Resume,
        SecurityStatusCode::EARLY_SESSION => Action::Session {
            session: TradeSessions::MORNING,
        },
        SecurityStatusCode::CORE_SESSION => Action::Session {
            session: TradeSessions::CORE,
        },
        SecurityStatusCode::LATE_SESSION => Action::Session {
            session: TradeSessions::LATE,
        },
        SecurityStatusCode::CLOSED => Action::Close,
        _ => Action::Other,
    });
}

/// The meaning of a message that has no [`Head`](crate::xdp::Head).
pub(super) fn control(dialect: Dialect, message: MessageRef<'_>) -> Result<Control, WireError> {
    Ok(match message.msg_type() {
        1 => {
            SequenceNumberReset::parse(message)?;
            Control::Reset
        }
        2 if dialect == Dialect::Legacy => {
            let m = SymbolTimeReference::parse(message)?;
            Control::SymbolTime {
                symbol_index: m.symbol_index,
                symbol_seq_num: m.symbol_seq_num,
                seconds: m.source_time,
            }
        }
        2 => {
            let m = PartitionTimeReference::parse(message)?;
            Control::PartitionTime {
                system: m.id,
                seconds: m.source_time,
            }
        }
        3 => {
            // All forms begin with the shortest one.
            let m = LegacySymbolIndexMapping::parse(message)?;
            Control::Define {
                symbol_index: m.symbol_index,
                system_id: m.system_id,
                price_scale_code: m.price_scale_code,
            }
        }
        32 => {
            let m = SymbolClear::parse(message)?;
            Control::Clear {
                symbol_index: m.symbol_index,
                seconds: m.source_time,
                nanoseconds: m.source_time_ns,
                next: m.next_source_seq_num,
            }
        }
        // Means something in a refresh alone.
        35 => {
            RefreshHeaderShort::parse(message)?;
            Control::Nothing
        }
        // Summaries, requests and responses, and messages too short for their head.
        _ => match Message::parse(dialect, message)? {
            Some(_) => Control::Nothing,
            None => Control::Unknown,
        },
    })
}
