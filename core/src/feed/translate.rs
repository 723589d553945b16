//! What one message means, by its dialect alone (section 5.5); the state is the normalizer's.

use super::{Action, ExecutionEffect, TradeSessions};
use crate::units::{OrderId, RawPrice, SymbolIndex, SymbolSeqNum, SystemId, TradeId};
use crate::xdp::{
    Body, Dialect, ExecutionReason, LegacyAddOrder, LegacyAddOrderRefresh,
    LegacyAttributedAddOrder, LegacyAttributedAddOrderRefresh, LegacyDeleteOrder, LegacyImbalance,
    LegacyModifyOrder, LegacyOrderExecution, LegacySymbolIndexMapping, LegacyTrade,
    LegacyTradeCorrection, Message, MessageRef, ModifyReason, PartitionTimeReference, Pbbo,
    PositionChange, PrintableFlag, RefreshHeader, RefreshHeaderShort, RetailPriceImprovement,
    SecurityStatus, SecurityStatusCode, SideCode, StockSummary, SymbolClear, SymbolTimeReference,
    TradeCancel, TradeCancelOrBust, TradeSession, TradingSession, TradingSessionChange, WireError,
    XdpAddOrder, XdpAddOrderRefresh, XdpCrossTrade, XdpDeleteOrder, XdpImbalanceV20,
    XdpModifyOrder, XdpNonDisplayedTrade, XdpOrderExecutionV20, XdpReplaceOrder,
};
use crate::xdp::{CrossCorrection, SequenceNumberReset};

/// What a message means to the state of its channel.
#[derive(Clone, Copy, Debug)]
pub(super) enum Meaning {
    /// Something happened to a symbol, and has a number there.
    Event(Numbered),
    /// The second of a symbol, and has a number there.
    SymbolTime(Numbered),
    /// The second of a partition.
    PartitionTime { system: u32, seconds: u32 },
    /// The symbol starts again.
    Clear {
        symbol_index: SymbolIndex,
        time: Time,
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
    /// The first refresh packet of a symbol starts.
    Refresh { last: SymbolSeqNum },
    /// A value without which the message has no meaning is none that the reference lists.
    BadValue { symbol_index: SymbolIndex },
    /// Nothing for books: requests, responses, summaries.
    Nothing,
    /// The dialect has no such message.
    Unknown,
}

/// A message that has a number within its symbol.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbered {
    pub(super) symbol_index: SymbolIndex,
    pub(super) symbol_seq_num: SymbolSeqNum,
    pub(super) time: Time,
    pub(super) action: Action,
    /// A code decided nothing because the reference does not list it.
    pub(super) unlisted: bool,
}

/// The time a message carries.
#[derive(Clone, Copy, Debug)]
pub(super) enum Time {
    /// Complete.
    Full { seconds: u32, nanoseconds: u32 },
    /// Within a second that a time reference named.
    Nanoseconds(u32),
}

/// The meaning of a message.
#[inline]
pub(super) fn translate(dialect: Dialect, message: MessageRef<'_>) -> Result<Meaning, WireError> {
    match dialect {
        Dialect::Legacy => legacy(message),
        Dialect::Xdp | Dialect::Pillar => modern(message),
    }
}

/// A numbered event: the head fields that all such messages have, with the action given.
macro_rules! event {
    ($message:ident full, $action:expr) => {
        event!($message full, $action, unlisted false)
    };
    ($message:ident nanoseconds, $action:expr) => {
        event!($message nanoseconds, $action, unlisted false)
    };
    ($message:ident full, $action:expr, unlisted $unlisted:expr) => {
        event!(
            $message,
            Time::Full { seconds: $message.source_time, nanoseconds: $message.source_time_ns },
            $action,
            $unlisted
        )
    };
    ($message:ident nanoseconds, $action:expr, unlisted $unlisted:expr) => {
        event!($message, Time::Nanoseconds($message.source_time_ns), $action, $unlisted)
    };
    ($message:ident, $time:expr, $action:expr, $unlisted:expr) => {
        Meaning::Event(Numbered {
            symbol_index: $message.symbol_index,
            symbol_seq_num: $message.symbol_seq_num,
            time: $time,
            action: $action,
            unlisted: $unlisted,
        })
    };
}

/// Table A.
fn legacy(message: MessageRef<'_>) -> Result<Meaning, WireError> {
    Ok(match message.msg_type() {
        2 => {
            let m = SymbolTimeReference::parse(message)?;
            Meaning::SymbolTime(Numbered {
                symbol_index: m.symbol_index,
                symbol_seq_num: m.symbol_seq_num,
                time: Time::Full {
                    seconds: m.source_time,
                    nanoseconds: 0,
                },
                action: Action::Other,
                unlisted: false,
            })
        }
        33 => {
            let m = TradingSessionChange::parse(message)?;
            let session = m.trading_session;
            let listed = TradingSession::LISTED.contains(&session);
            let action = if listed {
                Action::Session {
                    session: TradeSessions::from_wire(session.raw()),
                }
            } else {
                Action::Other
            };
            event!(m full, action, unlisted !listed)
        }
        100 => {
            let m = LegacyAddOrder::parse(message)?;
            legacy_add(&m)
        }
        107 => {
            let m = LegacyAttributedAddOrder::parse(message)?;
            legacy_add(&m.base)
        }
        101 => {
            let m = LegacyModifyOrder::parse(message)?;
            // Without a reason the rule of the later dialects holds, which the book applies: the
            // same price keeps the place, another one loses it.
            let action = Action::Modify {
                order_id: OrderId::legacy(m.order_id, m.order_id_gtc_indicator.is_gtc()),
                price: m.price,
                qty: m.volume,
                loses_place: m.reason_code == ModifyReason::CHANGE,
            };
            event!(m nanoseconds, action, unlisted m.reason_code.meaning().is_none())
        }
        102 => {
            let m = LegacyDeleteOrder::parse(message)?;
            // Whatever the reason, the order leaves.
            let order_id = OrderId::legacy(m.order_id, m.order_id_gtc_indicator.is_gtc());
            event!(m nanoseconds, Action::Delete { order_id })
        }
        103 => {
            let m = LegacyOrderExecution::parse(message)?;
            // A reduction, followed by whatever 101 or 102 may follow, ends at the right book,
            // so it is the choice for a reason that the reference does not list.
            let effect = match m.reason_code {
                ExecutionReason::NOT_POPULATED => ExecutionEffect::None,
                ExecutionReason::FILLED => ExecutionEffect::Fill,
                _ => ExecutionEffect::Reduce,
            };
            let action = Action::Execute {
                order_id: OrderId::legacy(m.order_id, m.order_id_gtc_indicator.is_gtc()),
                price: m.price,
                qty: m.volume,
                trade_id: m.trade_id,
                effect,
                // The tape of this dialect is type 220, which repeats every execution.
                printable: false,
            };
            event!(m nanoseconds, action, unlisted m.reason_code.meaning().is_none())
        }
        106 => {
            let m = LegacyAddOrderRefresh::parse(message)?;
            legacy_add_refresh(&m)
        }
        108 => {
            let m = LegacyAttributedAddOrderRefresh::parse(message)?;
            legacy_add_refresh(&m.base)
        }
        220 => {
            let m = LegacyTrade::parse(message)?;
            event!(m full, trade(m.price, m.volume, m.trade_id, true))
        }
        104 => {
            let m = Pbbo::parse(message)?;
            event!(m full, Action::Other)
        }
        105 => {
            let m = LegacyImbalance::parse(message)?;
            event!(m full, Action::Other)
        }
        221 => {
            let m = TradeCancelOrBust::parse(message)?;
            event!(m full, Action::Other)
        }
        222 => {
            let m = LegacyTradeCorrection::parse(message)?;
            event!(m full, Action::Other)
        }
        34 => {
            let m = SecurityStatus::parse(message)?;
            let action = match m.security_status {
                // In 2014 these letters told of restrictions and openings, not of sessions.
                SecurityStatusCode::EARLY_SESSION
                | SecurityStatusCode::CORE_SESSION
                | SecurityStatusCode::LATE_SESSION => Action::Other,
                status => status_action(status),
            };
            event!(m full, action, unlisted m.security_status.meaning().is_none())
        }
        _ => common(Dialect::Legacy, message)?,
    })
}

/// Tables B and C: every field that has a meaning here lies at the same place in both.
fn modern(message: MessageRef<'_>) -> Result<Meaning, WireError> {
    Ok(match message.msg_type() {
        2 => {
            let m = PartitionTimeReference::parse(message)?;
            Meaning::PartitionTime {
                system: m.id,
                seconds: m.source_time,
            }
        }
        100 => {
            let m = XdpAddOrder::parse(message)?;
            match add(m.side, m.order_id, m.price, m.volume, TradeSessions::ALL) {
                Some(action) => event!(m nanoseconds, action),
                None => Meaning::BadValue {
                    symbol_index: m.symbol_index,
                },
            }
        }
        101 => {
            let m = XdpModifyOrder::parse(message)?;
            let action = Action::Modify {
                order_id: m.order_id,
                price: m.price,
                qty: m.volume,
                loses_place: m.position_change == PositionChange::LOST,
            };
            event!(m nanoseconds, action, unlisted m.position_change.meaning().is_none())
        }
        102 => {
            let m = XdpDeleteOrder::parse(message)?;
            event!(m nanoseconds, Action::Delete { order_id: m.order_id })
        }
        103 => {
            // The short form has all that matters.
            let m = XdpOrderExecutionV20::parse(message)?;
            let action = Action::Execute {
                order_id: m.order_id,
                price: m.price,
                qty: m.volume,
                trade_id: m.trade_id,
                effect: ExecutionEffect::Reduce,
                printable: m.printable_flag != PrintableFlag::NOT_PRINTED,
            };
            event!(m nanoseconds, action, unlisted m.printable_flag.meaning().is_none())
        }
        104 => {
            let m = XdpReplaceOrder::parse(message)?;
            let action = Action::Replace {
                order_id: m.order_id,
                new_order_id: m.new_order_id,
                price: m.price,
                qty: m.volume,
            };
            event!(m nanoseconds, action)
        }
        106 => {
            let m = XdpAddOrderRefresh::parse(message)?;
            match add(m.side, m.order_id, m.price, m.volume, TradeSessions::ALL) {
                Some(action) => event!(m full, action),
                None => Meaning::BadValue {
                    symbol_index: m.symbol_index,
                },
            }
        }
        110 => {
            let m = XdpNonDisplayedTrade::parse(message)?;
            let printable = m.printable_flag != PrintableFlag::NOT_PRINTED;
            let action = trade(m.price, m.volume, m.trade_id, printable);
            event!(m nanoseconds, action, unlisted m.printable_flag.meaning().is_none())
        }
        111 => {
            let m = XdpCrossTrade::parse(message)?;
            let trade_id = TradeId::from_raw(m.cross_id);
            event!(m nanoseconds, trade(m.price, m.volume, trade_id, true))
        }
        105 => {
            let m = XdpImbalanceV20::parse(message)?;
            event!(m full, Action::Other)
        }
        112 => {
            let m = TradeCancel::parse(message)?;
            event!(m nanoseconds, Action::Other)
        }
        113 => {
            let m = CrossCorrection::parse(message)?;
            event!(m nanoseconds, Action::Other)
        }
        114 => {
            let m = RetailPriceImprovement::parse(message)?;
            event!(m nanoseconds, Action::Other)
        }
        34 => {
            let m = SecurityStatus::parse(message)?;
            let action = status_action(m.security_status);
            event!(m full, action, unlisted m.security_status.meaning().is_none())
        }
        _ => common(Dialect::Pillar, message)?,
    })
}

/// The same in all dialects.
fn common(dialect: Dialect, message: MessageRef<'_>) -> Result<Meaning, WireError> {
    Ok(match message.msg_type() {
        1 => {
            SequenceNumberReset::parse(message)?;
            Meaning::Reset
        }
        3 => {
            let m = LegacySymbolIndexMapping::parse(message)?;
            Meaning::Define {
                symbol_index: m.symbol_index,
                system_id: m.system_id,
                price_scale_code: m.price_scale_code,
            }
        }
        32 => {
            let m = SymbolClear::parse(message)?;
            Meaning::Clear {
                symbol_index: m.symbol_index,
                time: Time::Full {
                    seconds: m.source_time,
                    nanoseconds: m.source_time_ns,
                },
                next: m.next_source_seq_num,
            }
        }
        35 if message.size() == RefreshHeaderShort::SIZE => Meaning::Nothing,
        35 => {
            let m = RefreshHeader::parse(message)?;
            if m.current_refresh_pkt == 1 {
                Meaning::Refresh {
                    last: m.last_symbol_seq_num,
                }
            } else {
                Meaning::Nothing
            }
        }
        223 => {
            StockSummary::parse(message)?;
            Meaning::Nothing
        }
        other if Message::name_of(dialect, other).is_some() => Meaning::Nothing,
        _ => Meaning::Unknown,
    })
}

fn legacy_add(m: &LegacyAddOrder) -> Meaning {
    let order_id = OrderId::legacy(m.order_id, m.order_id_gtc_indicator.is_gtc());
    match add(
        m.side,
        order_id,
        m.price,
        m.volume,
        sessions(m.trade_session),
    ) {
        Some(action) => {
            event!(m nanoseconds, action, unlisted m.trade_session.meaning().is_none())
        }
        None => Meaning::BadValue {
            symbol_index: m.symbol_index,
        },
    }
}

fn legacy_add_refresh(m: &LegacyAddOrderRefresh) -> Meaning {
    let order_id = OrderId::legacy(m.order_id, m.order_id_gtc_indicator.is_gtc());
    match add(
        m.side,
        order_id,
        m.price,
        m.volume,
        sessions(m.trade_session),
    ) {
        Some(action) => event!(m full, action, unlisted m.trade_session.meaning().is_none()),
        None => Meaning::BadValue {
            symbol_index: m.symbol_index,
        },
    }
}

/// An add; `None` when the side is none.
fn add(
    side: SideCode,
    order_id: OrderId,
    price: RawPrice,
    qty: crate::units::Qty,
    sessions: TradeSessions,
) -> Option<Action> {
    Some(Action::Add {
        order_id,
        side: side.side()?,
        price,
        qty,
        sessions,
    })
}

fn trade(price: RawPrice, qty: crate::units::Qty, trade_id: TradeId, printable: bool) -> Action {
    Action::Trade {
        price,
        qty,
        trade_id,
        printable,
    }
}

/// The sessions of a legacy order; one that names none is taken to be valid in all, so that no
/// session change removes it.
const fn sessions(wire: TradeSession) -> TradeSessions {
    match TradeSessions::from_wire(wire.raw()).to_wire() {
        0 => TradeSessions::ALL,
        mask => TradeSessions::from_wire(mask),
    }
}

/// What a security status does to a book.
const fn status_action(status: SecurityStatusCode) -> Action {
    match status {
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
    }
}
