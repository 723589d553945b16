//! What one message means (docs/wire-format.md, 5.5); the state is the normalizer's.

use super::{Action, ExecutionEffect, TradeSessions};
use crate::units::{OrderId, Qty, RawPrice, TradeId};
use crate::xdp::{
    AsideForm, Body as _, ControlForm, Dialect, ExecutionReason, LegacyAddOrder,
    LegacyAddOrderRefresh, LegacyDeleteOrder, LegacyModifyOrder, LegacyOrderExecution,
    LegacySymbolIndexMapping, LegacyTrade, Message, MessageRef, ModifyReason, NumberedForm as Form,
    PartitionTimeReference, PositionChange, PrintableFlag, RefreshHeaderShort, SecurityStatus,
    SecurityStatusCode, SequenceNumberReset, SideCode, SymbolClear, SymbolTimeReference,
    TradeSession, TradingSessionChange, WireError, XdpAddOrder, XdpAddOrderRefresh, XdpCrossTrade,
    XdpDeleteOrder, XdpModifyOrder, XdpNonDisplayedTrade, XdpOrderExecutionV20, XdpReplaceOrder,
};

/// Takes what a message with a number within its symbol means.
///
/// Called where the action is made, so that nothing copies it about, which costs more than all the
/// rest of a message. Every function that takes an outlet is inlined, so that what it holds can stay
/// in registers.
pub(super) trait Outlet {
    /// Something happened. Comes once at most.
    fn action(&mut self, action: Action);

    /// A code is not listed (docs/wire-format.md, 4); the meaning is clear all the same.
    fn unlisted(&mut self);

    /// A value that decides is not listed (docs/wire-format.md, 4); there will be no action.
    fn bad_value(&mut self);
}

/// What a message means that others are read by.
#[derive(Clone, Copy, Debug)]
pub(super) enum Control {
    /// The channel starts again.
    Reset,
    /// The second of a symbol, and has a number there.
    SymbolTime(SymbolTimeReference),
    /// The second of a partition.
    PartitionTime(PartitionTimeReference),
    /// The symbol is defined.
    Define(LegacySymbolIndexMapping),
    /// The symbol starts again.
    Clear(SymbolClear),
}

/// The meaning of a message that has a [`Head`](crate::xdp::Head) and so is of this form. Forms that
/// begin with all that has a meaning in another one are read as that.
#[inline(always)]
pub(super) fn translate(
    dialect: Dialect,
    form: Form,
    message: MessageRef<'_>,
    out: &mut impl Outlet,
) -> Result<(), WireError> {
    match form {
        Form::LegacyAddOrder | Form::LegacyAttributedAddOrder => legacy_add(message, out),
        Form::LegacyModifyOrder => legacy_modify(message, out),
        Form::LegacyDeleteOrder => legacy_delete(message, out),
        Form::LegacyOrderExecution => legacy_execution(message, out),
        Form::LegacyTrade | Form::NyseTrade => legacy_trade(message, out),
        Form::LegacyAddOrderRefresh | Form::LegacyAttributedAddOrderRefresh => {
            legacy_refreshed_order(message, out)
        }
        Form::TradingSessionChange => session_change(message, out),
        Form::XdpAddOrder | Form::PillarAddOrder => add(message, out),
        Form::XdpModifyOrder | Form::PillarModifyOrder => modify(message, out),
        Form::XdpDeleteOrder | Form::PillarDeleteOrder => delete(message, out),
        Form::XdpOrderExecutionV20 | Form::XdpOrderExecution | Form::PillarOrderExecution => {
            execution(message, out)
        }
        Form::XdpReplaceOrder | Form::PillarReplaceOrder => replace(message, out),
        Form::XdpNonDisplayedTrade | Form::PillarNonDisplayedTrade => hidden_trade(message, out),
        Form::XdpAddOrderRefresh | Form::PillarAddOrderRefresh => refreshed_order(message, out),
        Form::XdpCrossTrade | Form::PillarCrossTrade => auction_print(message, out),
        Form::SecurityStatus => security_status(dialect, message, out),
        Form::Pbbo
        | Form::LegacyImbalance
        | Form::XdpImbalanceV20
        | Form::XdpImbalanceV21
        | Form::XdpImbalance
        | Form::PillarImbalance
        | Form::TradeCancel
        | Form::CrossCorrection
        | Form::RetailPriceImprovement
        | Form::TradeCancelOrBust
        | Form::LegacyTradeCorrection
        | Form::NyseTradeCorrection => neither_book_nor_tape(dialect, message, out),
    }
}

#[inline(always)]
fn legacy_add(message: MessageRef<'_>, out: &mut impl Outlet) -> Result<(), WireError> {
    let m = LegacyAddOrder::parse(message)?;
    let order_id = OrderId::legacy(m.order_id, m.order_id_gtc_indicator.is_gtc());
    let sessions = sessions(out, m.trade_session);
    join(out, m.side, order_id, m.price, m.volume, sessions);
    Ok(())
}

#[inline(always)]
fn legacy_refreshed_order(message: MessageRef<'_>, out: &mut impl Outlet) -> Result<(), WireError> {
    let m = LegacyAddOrderRefresh::parse(message)?;
    let order_id = OrderId::legacy(m.order_id, m.order_id_gtc_indicator.is_gtc());
    let sessions = sessions(out, m.trade_session);
    join(out, m.side, order_id, m.price, m.volume, sessions);
    Ok(())
}

/// Without a reason the rule of the later dialects holds, which the book applies: the same price
/// keeps the place, another one loses it.
#[inline(always)]
fn legacy_modify(message: MessageRef<'_>, out: &mut impl Outlet) -> Result<(), WireError> {
    let m = LegacyModifyOrder::parse(message)?;
    note(out, m.reason_code.meaning());
    out.action(Action::Modify {
        order_id: OrderId::legacy(m.order_id, m.order_id_gtc_indicator.is_gtc()),
        price: m.price,
        qty: m.volume,
        loses_place: m.reason_code == ModifyReason::CHANGE,
    });
    Ok(())
}

/// Whatever the reason, the order leaves.
#[inline(always)]
fn legacy_delete(message: MessageRef<'_>, out: &mut impl Outlet) -> Result<(), WireError> {
    let m = LegacyDeleteOrder::parse(message)?;
    note(out, m.reason_code.meaning());
    let order_id = OrderId::legacy(m.order_id, m.order_id_gtc_indicator.is_gtc());
    out.action(Action::Delete { order_id });
    Ok(())
}

#[inline(always)]
fn legacy_execution(message: MessageRef<'_>, out: &mut impl Outlet) -> Result<(), WireError> {
    let m = LegacyOrderExecution::parse(message)?;
    note(out, m.reason_code.meaning());
    out.action(Action::Execute {
        order_id: OrderId::legacy(m.order_id, m.order_id_gtc_indicator.is_gtc()),
        price: m.price,
        qty: m.volume,
        trade_id: m.trade_id,
        // A reduction, followed by whatever 101 or 102 may follow, ends at the right book, so it is
        // the choice for a reason that is not listed (docs/wire-format.md, 4).
        effect: match m.reason_code {
            ExecutionReason::NOT_POPULATED => ExecutionEffect::None,
            ExecutionReason::FILLED => ExecutionEffect::Fill,
            _ => ExecutionEffect::Reduce,
        },
        // The tape of this dialect is type 220, which repeats every execution.
        printable: false,
    });
    Ok(())
}

#[inline(always)]
fn legacy_trade(message: MessageRef<'_>, out: &mut impl Outlet) -> Result<(), WireError> {
    let m = LegacyTrade::parse(message)?;
    trade(out, m.price, m.volume, m.trade_id, true);
    Ok(())
}

#[inline(always)]
fn session_change(message: MessageRef<'_>, out: &mut impl Outlet) -> Result<(), WireError> {
    let m = TradingSessionChange::parse(message)?;
    note(out, m.trading_session.meaning());
    out.action(if m.trading_session.meaning().is_some() {
        Action::Session {
            session: TradeSessions::from_wire(m.trading_session.raw()),
        }
    } else {
        Action::Other
    });
    Ok(())
}

#[inline(always)]
fn add(message: MessageRef<'_>, out: &mut impl Outlet) -> Result<(), WireError> {
    let m = XdpAddOrder::parse(message)?;
    let sessions = TradeSessions::ALL;
    join(out, m.side, m.order_id, m.price, m.volume, sessions);
    Ok(())
}

#[inline(always)]
fn refreshed_order(message: MessageRef<'_>, out: &mut impl Outlet) -> Result<(), WireError> {
    let m = XdpAddOrderRefresh::parse(message)?;
    let sessions = TradeSessions::ALL;
    join(out, m.side, m.order_id, m.price, m.volume, sessions);
    Ok(())
}

#[inline(always)]
fn modify(message: MessageRef<'_>, out: &mut impl Outlet) -> Result<(), WireError> {
    let m = XdpModifyOrder::parse(message)?;
    note(out, m.position_change.meaning());
    out.action(Action::Modify {
        order_id: m.order_id,
        price: m.price,
        qty: m.volume,
        loses_place: m.position_change == PositionChange::LOST,
    });
    Ok(())
}

#[inline(always)]
fn delete(message: MessageRef<'_>, out: &mut impl Outlet) -> Result<(), WireError> {
    let order_id = XdpDeleteOrder::parse(message)?.order_id;
    out.action(Action::Delete { order_id });
    Ok(())
}

/// The short form has all that matters.
#[inline(always)]
fn execution(message: MessageRef<'_>, out: &mut impl Outlet) -> Result<(), WireError> {
    let m = XdpOrderExecutionV20::parse(message)?;
    let printable = printable(m.printable_flag, out);
    out.action(Action::Execute {
        order_id: m.order_id,
        price: m.price,
        qty: m.volume,
        trade_id: m.trade_id,
        effect: ExecutionEffect::Reduce,
        printable,
    });
    Ok(())
}

#[inline(always)]
fn replace(message: MessageRef<'_>, out: &mut impl Outlet) -> Result<(), WireError> {
    let m = XdpReplaceOrder::parse(message)?;
    out.action(Action::Replace {
        order_id: m.order_id,
        new_order_id: m.new_order_id,
        price: m.price,
        qty: m.volume,
    });
    Ok(())
}

#[inline(always)]
fn hidden_trade(message: MessageRef<'_>, out: &mut impl Outlet) -> Result<(), WireError> {
    let m = XdpNonDisplayedTrade::parse(message)?;
    let printable = printable(m.printable_flag, out);
    trade(out, m.price, m.volume, m.trade_id, printable);
    Ok(())
}

#[inline(always)]
fn auction_print(message: MessageRef<'_>, out: &mut impl Outlet) -> Result<(), WireError> {
    let m = XdpCrossTrade::parse(message)?;
    trade(out, m.price, m.volume, TradeId::from_raw(m.cross_id), true);
    Ok(())
}

/// Whether a trade counts towards volume.
#[inline(always)]
fn printable(flag: PrintableFlag, out: &mut impl Outlet) -> bool {
    note(out, flag.meaning());
    flag != PrintableFlag::NOT_PRINTED
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
fn join(
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
#[inline(always)]
fn security_status(
    dialect: Dialect,
    message: MessageRef<'_>,
    out: &mut impl Outlet,
) -> Result<(), WireError> {
    let status = SecurityStatus::parse(message)?.security_status;
    let is_session = matches!(
        status,
        SecurityStatusCode::EARLY_SESSION
            | SecurityStatusCode::CORE_SESSION
            | SecurityStatusCode::LATE_SESSION
    );
    if dialect == Dialect::Legacy && is_session {
        // In 2014 these letters told of restrictions and openings, not of sessions.
        out.action(Action::Other);
        return Ok(());
    }
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
    Ok(())
}

#[inline(always)]
fn neither_book_nor_tape(
    dialect: Dialect,
    message: MessageRef<'_>,
    out: &mut impl Outlet,
) -> Result<(), WireError> {
    complete(dialect, message)?;
    out.action(Action::Other);
    Ok(())
}

/// The meaning of a message of this form, which others are read by.
pub(super) fn control(form: ControlForm, message: MessageRef<'_>) -> Result<Control, WireError> {
    Ok(match form {
        ControlForm::SequenceNumberReset => {
            SequenceNumberReset::parse(message)?;
            Control::Reset
        }
        ControlForm::SymbolTimeReference => {
            Control::SymbolTime(SymbolTimeReference::parse(message)?)
        }
        ControlForm::PartitionTimeReference => {
            Control::PartitionTime(PartitionTimeReference::parse(message)?)
        }
        // All forms begin with the shortest one.
        ControlForm::LegacySymbolIndexMapping
        | ControlForm::BloombergSymbolIndexMapping
        | ControlForm::SymbolIndexMapping => {
            Control::Define(LegacySymbolIndexMapping::parse(message)?)
        }
        ControlForm::SymbolClear => Control::Clear(SymbolClear::parse(message)?),
    })
}

/// Whether a message that says nothing of books has the length of its type.
pub(super) fn aside(
    dialect: Dialect,
    form: AsideForm,
    message: MessageRef<'_>,
) -> Result<(), WireError> {
    match form {
        // Means something in a refresh alone, and then its start may be enough.
        AsideForm::RefreshHeader | AsideForm::RefreshHeaderShort => {
            RefreshHeaderShort::parse(message).map(|_| ())
        }
        AsideForm::RetransmissionRequest
        | AsideForm::RequestResponse
        | AsideForm::HeartbeatResponse
        | AsideForm::SymbolIndexMappingRequest
        | AsideForm::RefreshRequest
        | AsideForm::MessageUnavailable
        | AsideForm::StockSummary => complete(dialect, message),
    }
}

/// Whether a message of which nothing is wanted has the length of its type.
fn complete(dialect: Dialect, message: MessageRef<'_>) -> Result<(), WireError> {
    Message::parse(dialect, message).map(|_| ())
}
