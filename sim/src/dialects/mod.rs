//! What happens to the orders of a symbol, as the messages of each dialect.
//!
//! The made-up market and the simulated cluster both encode here. What they compare books with never
//! passes through this code: each keeps books of its own and applies to them what its venue did, not
//! what the messages say.

mod event;
mod legacy;
mod modern;

use oxberry_core::units::OrderId;
use oxberry_core::xdp::{Dialect, Message};

pub(crate) use event::{OrderEvent, OrderFields, Stamp};
pub(crate) use legacy::trade as legacy_trade;

/// The message of an event.
pub(crate) fn message(dialect: Dialect, stamp: Stamp, event: OrderEvent) -> Message {
    match dialect {
        Dialect::Legacy => legacy::message(stamp, event),
        Dialect::Xdp => modern::xdp::message(stamp, event),
        Dialect::Pillar => modern::pillar::message(stamp, event),
    }
}

/// The message by which one order leaves and another one joins; the legacy dialect has none.
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
