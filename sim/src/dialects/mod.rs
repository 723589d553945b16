//! Encodes what happens to the orders of a symbol as messages of each dialect.
//!
//! Both the made-up market and the simulated cluster use it, and their oracles stay independent of it:
//! each venue keeps its own books and applies its decisions to them directly, never through a message.

mod event;
mod legacy;
mod modern;

use oxberry_core::units::OrderId;
use oxberry_core::xdp::{Dialect, Message};

pub(crate) use event::{OrderEvent, OrderFields, Stamp};
pub(crate) use legacy::trade as legacy_trade;

/// Returns the message of an event.
pub(crate) fn message(dialect: Dialect, stamp: Stamp, event: OrderEvent) -> Message {
    match dialect {
        Dialect::Legacy => legacy::message(stamp, event),
        Dialect::Xdp => modern::xdp::message(stamp, event),
        Dialect::Pillar => modern::pillar::message(stamp, event),
    }
}

/// Returns the message by which one order replaces another, or `None` for the legacy dialect, which has
/// no such message.
pub(crate) fn replacement(
    dialect: Dialect,
    stamp: Stamp,
    old: OrderId,
    new: OrderFields,
) -> Option<Message> {
    match dialect {
        Dialect::Legacy => None,
        Dialect::Xdp => Some(modern::xdp::replacement(stamp, old, new)),
        Dialect::Pillar => Some(modern::pillar::replacement(stamp, old, new)),
    }
}
