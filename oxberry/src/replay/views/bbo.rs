//! Best bid and offer: a row when a best price, its size or the trust in the book changes.

use oxberry_core::{
    book::{Books, Level, SymbolSlot, Trust},
    units::RawPrice,
};

use super::{Told, View};
use crate::{
    export::{BEST_PRICES, Origin, Schema, Value},
    replay::sink::Sink,
};

/// Makes rows, and knows what each symbol's last one showed.
#[derive(Debug, Default)]
pub(in crate::replay) struct BestPrices {
    /// By slot; those behind the end have empty books and are live.
    shown: Vec<Shown>,
    values: Vec<Value>,
}

/// What a row shows. By itself it is what holds before anything was shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Shown {
    best: [Option<(RawPrice, u64)>; 2],
    trust: Trust,
}

impl BestPrices {
    /// Makes a row if it shows anything new.
    fn show(&mut self, slot: SymbolSlot, origin: &Origin, books: &Books<'_>, sink: &mut Sink) {
        let bbo = books.bbo(slot);
        let of_level = |level: Level| (level.price, level.qty);
        let best = [bbo.bid.map(of_level), bbo.ask.map(of_level)];
        let trust = books.trust(slot);
        // A slot is a number below the number of symbols.
        let at = usize::try_from(slot.raw()).unwrap_or(usize::MAX);
        if at >= self.shown.len() {
            self.shown.resize(at + 1, Shown::default());
        }
        let Some(shown) = self.shown.get_mut(at) else {
            return;
        };
        if core::mem::replace(shown, Shown { best, trust }) == (Shown { best, trust }) {
            return;
        }
        self.values.clear();
        self.values.extend(origin.identity());
        for level in best {
            self.values.push(level.map(|(price, _)| price).into());
            self.values.push(level.map(|(_, size)| size).into());
        }
        sink.row((slot, 0), origin, books, &mut self.values);
    }
}

impl View for BestPrices {
    fn schema(&self) -> Schema {
        Schema::identified(&BEST_PRICES)
    }

    fn after(&mut self, told: &Told<'_, '_>, sink: &mut Sink) {
        if told.applied.bbo_changed | told.applied.trust_changed {
            self.show(told.applied.slot, &told.origin, told.books, sink);
        }
    }

    fn shaken(&mut self, origin: &Origin, books: &Books<'_>, sink: &mut Sink) {
        for slot in books.slots() {
            let symbol_index = books.symbol_index(slot);
            let origin = Origin {
                symbol_index,
                ..*origin
            };
            self.show(slot, &origin, books, sink);
        }
    }
}
