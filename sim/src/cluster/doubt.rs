//! What may be wrong although it is called live: what a Pi told since its memory changed by itself, until it has
//! read all its books.

use std::collections::BTreeSet;

use oxberry_cluster::pi::Pi;
use oxberry_core::book::{Books, Harm};
use oxberry_core::units::{ChannelId, Position, SymbolIndex};
use oxberry_proto::Run;

use super::oracle::Oracle;
use super::truth::Place;

/// Whose books may be wrong at a Pi some of whose memory has changed by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Suspects {
    /// Those of these symbols: only values changed.
    Symbols(BTreeSet<SymbolIndex>),
    /// All: what leads to books or from one part of them to the next has changed.
    All,
}

impl Suspects {
    /// Nobody.
    pub(super) const NONE: Self = Self::Symbols(BTreeSet::new());

    /// Whose memory is not what was written.
    pub(super) fn in_books(books: &Books<'_>) -> Self {
        let mut symbols = BTreeSet::new();
        for slot in books.slots() {
            match books.scrub(slot, u32::MAX) {
                Ok(_) => {}
                Err(damage) if damage.harm == Harm::Values => {
                    symbols.insert(damage.symbol_index);
                }
                Err(_) => return Self::All,
            }
        }
        Self::Symbols(symbols)
    }

    /// Adds others.
    pub(super) fn add(&mut self, others: Self) {
        match (self, others) {
            (Self::All, _) => {}
            (Self::Symbols(own), Self::Symbols(others)) => own.extend(others),
            (own, Self::All) => *own = Self::All,
        }
    }

    /// Whether there is anybody.
    pub(super) fn is_any(&self) -> bool {
        *self != Self::NONE
    }

    /// Whether the book of a symbol may be wrong.
    pub(super) fn has(&self, symbol_index: SymbolIndex) -> bool {
        match self {
            Self::Symbols(symbols) => symbols.contains(&symbol_index),
            Self::All => true,
        }
    }
}

impl Oracle {
    /// Notes that what a Pi has told so far of these books may be wrong.
    pub(super) fn doubt(&mut self, pi: &Pi<'_>, suspects: &Suspects) {
        let run = pi.run();
        let symbols: BTreeSet<_> = match suspects {
            Suspects::Symbols(symbols) => symbols.clone(),
            Suspects::All => self.all_symbols(),
        };
        for symbol_index in symbols {
            for (stream, position) in pi.positions() {
                if let Some(place) = self.place(run, stream.channel, position) {
                    let claim = (run, stream.channel, symbol_index);
                    let doubt = self.doubts.entry(claim).or_default();
                    *doubt = place.max(*doubt);
                }
            }
        }
    }

    /// Whether what is shown of a symbol there may be what a Pi told whose memory had changed by itself.
    pub(super) fn is_doubted(
        &self,
        run: Run,
        channel: ChannelId,
        symbol: SymbolIndex,
        at: Option<Place>,
    ) -> bool {
        let doubt = self.doubts.get(&(run, channel, symbol));
        doubt.zip(at).is_some_and(|(doubt, at)| at <= *doubt)
    }

    /// Whether the row of a symbol that stands there may be wrong, since a Pi told it whose memory had
    /// changed by itself.
    pub(super) fn may_be_wrong(
        &self,
        run: Run,
        symbol_index: SymbolIndex,
        (channel, position): (ChannelId, Position),
    ) -> bool {
        let place = self.place(run, channel, position);
        self.is_doubted(run, channel, symbol_index, place)
    }
}
