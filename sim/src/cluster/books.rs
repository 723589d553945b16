//! The books that Pis hold, against the truth.

use std::collections::BTreeSet;

use oxberry_cluster::partition::PartitionTable;
use oxberry_cluster::pi::Pi;
use oxberry_core::book::{Books, Trust};
use oxberry_core::units::{ChannelId, SymbolIndex};
use oxberry_proto::StreamId;
use oxberry_proto::stock::View;

use super::doubt::Suspects;
use super::marks::{Mark, Marks};
use super::oracle::{Oracle, Violation, is_same};
use super::truth::Truth;

impl Oracle {
    /// The symbols of all days, and those that are listed.
    pub(super) fn all_symbols(&self) -> BTreeSet<SymbolIndex> {
        let claims = self.days.iter().flat_map(Truth::claims);
        let claimed = claims.map(|(_, symbol_index)| symbol_index);
        claimed.chain(self.listed.iter().copied()).collect()
    }

    /// Judges the live books of a Pi as they are now, but for those that may be wrong.
    pub(super) fn judge_books(
        &self,
        at: usize,
        (pi, suspects): (&Pi<'_>, &Suspects),
        table: &PartitionTable,
        marks: &mut Marks,
    ) -> Result<(), Violation> {
        let (run, books) = (pi.run(), pi.books());
        for slot in books.slots() {
            if suspects.has(books.symbol_index(slot)) {
                continue;
            }
            if books.is_contested(slot) {
                marks.hit(Mark::Contested);
            }
            if !self.listed.contains(&books.symbol_index(slot)) {
                marks.hit(Mark::FeedDefined);
            }
            if books.trust(slot) != Trust::Live {
                continue;
            }
            let symbol_index = books.symbol_index(slot);
            let Some(channel) = books
                .channel(slot)
                .or_else(|| self.only_claim(symbol_index))
            else {
                continue;
            };
            let stream = StreamId {
                channel,
                partition: table.partition_of(symbol_index),
            };
            let position = pi.position(stream).unwrap_or_default();
            let place = self.place(run, channel, position);
            let right =
                place.and_then(|place| self.truth(run)?.as_of((channel, symbol_index), place));
            let view = view(books, slot);
            if !right.is_some_and(|right| is_same(right, view)) {
                return Err(format!(
                    "pi {at} holds symbol {symbol_index} live at {stream} {position} as {view:?}, but \
                     it is {right:?}"
                ));
            }
        }
        Ok(())
    }

    /// Returns the channel of a symbol, unless two channels claim it.
    pub(super) fn only_claim(&self, symbol_index: SymbolIndex) -> Option<ChannelId> {
        // The same symbols trade every day.
        let mut claims = self
            .days
            .first()?
            .claims()
            .filter(|&(_, symbol)| symbol == symbol_index);
        let (channel, _) = claims.next()?;
        claims.next().is_none().then_some(channel)
    }
}

/// Returns the view of a book.
fn view(books: &Books<'_>, slot: oxberry_core::book::SymbolSlot) -> View {
    let quote = |level: oxberry_core::book::Level| oxberry_proto::stock::Quote {
        price: level.price,
        qty: level.qty,
        orders: level.orders,
    };
    let bbo = books.bbo(slot);
    View {
        scale: books.scale(slot),
        bid: bbo.bid.map(quote),
        ask: bbo.ask.map(quote),
    }
}
