//! What is said of events that the books reject.

use oxberry_core::{book::Rejection, feed::Action, units::OrderId};

/// What findings of the kind are called.
pub(super) const fn kind(rejection: Rejection) -> &'static str {
    match rejection {
        Rejection::UnknownOrder => "unknown orders",
        Rejection::LateDelete => "deletes of expired orders",
        Rejection::DuplicateOrder => "duplicate orders",
        Rejection::ZeroQuantity => "events without shares",
        Rejection::ExcessExecution => "executions of more than the order has",
        Rejection::OldMessage => "new messages with old numbers",
        Rejection::OtherChannel => "messages of symbols that two channels claim",
        Rejection::OrdersFull | Rejection::LevelsFull | Rejection::IdsCrowded => {
            "orders without room"
        }
        Rejection::ScaleLost | _ => "other contradictions",
    }
}

/// Whether more room would have helped.
pub(super) const fn is_full(rejection: Rejection) -> bool {
    matches!(
        rejection,
        Rejection::OrdersFull | Rejection::LevelsFull | Rejection::IdsCrowded
    )
}

/// The order that a rejection is about: of a replacement the one that joins, unless the one that
/// leaves is not there.
pub(super) fn order_in_question(action: &Action, rejection: Rejection) -> Option<OrderId> {
    if let Action::Replace { new_order_id, .. } = *action
        && rejection != Rejection::UnknownOrder
    {
        return Some(new_order_id);
    }
    action.order_id()
}
