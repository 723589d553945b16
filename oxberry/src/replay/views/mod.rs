//! The tables that a replay can show: each makes its rows of what happens to the books.

mod bbo;
mod best_levels;
mod depth;
mod instant;
mod orders;
mod queue;
mod trades;

use oxberry_core::{
    book::{Applied, Books, Rejection},
    feed::{Action, FeedEvent},
    xdp::{Dialect, PacketRef},
};

pub(super) use self::{
    bbo::BestPrices,
    depth::{Choice, DepthRows},
    instant::{BooksAt, Shown},
    orders::OrderRows,
    queue::QueueRows,
    trades::TradeRows,
};
use super::sink::Sink;
use crate::export::{Origin, Schema};

/// Something that happened to a symbol.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told<'a, 'b> {
    pub(super) event: &'a FeedEvent,
    /// What it did to the book.
    pub(super) applied: &'a Applied,
    /// The books after it.
    pub(super) books: &'a Books<'b>,
    pub(super) origin: Origin,
}

/// Makes the rows of a table.
pub(super) trait View {
    /// The columns, without trust and samples.
    fn schema(&self) -> Schema;

    /// Takes up a symbol that the mapping file does not have, behind all others.
    fn add_symbol(&mut self) {}

    /// Looks at a packet before its events come.
    fn expect(&mut self, _packet: &PacketRef<'_>, _dialect: Dialect) {}

    /// Looks at the books before an event changes them.
    fn before(&mut self, _event: &FeedEvent, _books: &Books<'_>) {}

    /// Makes the rows of an event.
    fn after(&mut self, told: &Told<'_, '_>, sink: &mut Sink);

    /// Makes the rows of what happened to a whole channel, which changes trust and nothing else.
    fn shaken(&mut self, _origin: &Origin, _books: &Books<'_>, _sink: &mut Sink) {}

    /// Makes the rows of the end.
    fn end(&mut self, _books: &Books<'_>, _sink: &mut Sink) {}

    /// What is to be said at the end.
    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }
}

impl Told<'_, '_> {
    /// Whether the book took it for a message of this symbol, if perhaps for one that contradicts.
    fn is_of_the_book(&self) -> bool {
        !matches!(
            self.applied.rejection,
            Some(Rejection::OldMessage | Rejection::OtherChannel)
        )
    }
}

/// Whether an action is of an order or a trade, whose messages usually get a row each.
pub(super) const fn is_of_order_or_trade(action: Action) -> bool {
    matches!(
        action,
        Action::Add { .. }
            | Action::Modify { .. }
            | Action::Delete { .. }
            | Action::Execute { .. }
            | Action::Replace { .. }
            | Action::Trade { .. }
    )
}
