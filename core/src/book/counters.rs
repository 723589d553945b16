//! What happened to the books, by kind.

use super::rejection::Rejection;

/// Counts since the books were made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct BookCounters {
    /// Events handed in.
    pub events: u64,
    /// Events of symbols that are not defined.
    pub unknown_symbols: u64,
    /// Modifies, deletes, executions and replaces of orders that are not there.
    pub unknown_orders: u64,
    /// Deletes of orders that had left with the end of their session or of the day: harmless.
    pub late_deletes: u64,
    /// Adds and replaces with the id of an order that rests.
    pub duplicate_orders: u64,
    /// Events without shares.
    pub zero_quantities: u64,
    /// Executions of more shares than the order had.
    pub excess_executions: u64,
    /// Orders that found all orders of the capacity in use.
    pub orders_full: u64,
    /// Orders that found all levels of the capacity in use.
    pub levels_full: u64,
    /// Orders that found every record their id may take in use.
    pub ids_crowded: u64,
    /// Changes of the price scale that the resting prices could not follow.
    pub scales_lost: u64,
    /// Messages that were not applied, since their symbol was past their number.
    pub old_messages: u64,
    /// Events of a channel that the book does not belong to.
    pub other_channels: u64,
    /// Times that messages of a symbol were missing.
    pub symbol_gaps: u64,
    /// Messages missing in those gaps.
    pub symbol_messages_missing: u64,
    /// Messages that could not be understood.
    pub unreadable: u64,
}

impl BookCounters {
    pub(super) fn reject(&mut self, rejection: Rejection) {
        let count = match rejection {
            Rejection::UnknownOrder => &mut self.unknown_orders,
            Rejection::LateDelete => &mut self.late_deletes,
            Rejection::DuplicateOrder => &mut self.duplicate_orders,
            Rejection::ZeroQuantity => &mut self.zero_quantities,
            Rejection::ExcessExecution => &mut self.excess_executions,
            Rejection::OrdersFull => &mut self.orders_full,
            Rejection::LevelsFull => &mut self.levels_full,
            Rejection::IdsCrowded => &mut self.ids_crowded,
            Rejection::ScaleLost => &mut self.scales_lost,
            Rejection::OldMessage => &mut self.old_messages,
            Rejection::OtherChannel => &mut self.other_channels,
        };
        *count += 1;
    }
}
