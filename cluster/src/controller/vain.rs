//! Symbols whose books were not live by the feed either, and when they are looked for again.

use core::time::Duration;
use std::collections::BTreeMap;

use oxberry_core::units::{Instant, SymbolIndex};
use oxberry_proto::flow::StreamPosition;

use super::wishes::Wished;
use crate::limits::BEATS_IN_VAIN;

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Vain(BTreeMap<SymbolIndex, Sought>);

/// One that was looked for in vain.
#[derive(Debug)]
struct Sought {
    /// Where it was not live.
    from: Vec<StreamPosition>,
    /// In beats, how long it is not looked for again.
    pause: u32,
    until: Instant,
}

impl Vain {
    /// Whether a symbol was looked for not long ago, or, once nothing follows, as of the same positions.
    pub(super) fn holds(&self, now: Instant, wished: &Wished, has_ended: bool) -> bool {
        let sought = self.0.get(&wished.symbol_index);
        sought
            .is_some_and(|sought| sought.from == wished.from || (now < sought.until && !has_ended))
    }

    /// A symbol was looked for in vain.
    pub(super) fn note(
        &mut self,
        now: Instant,
        beat: Duration,
        symbol_index: SymbolIndex,
        from: Vec<StreamPosition>,
    ) {
        let [least, most] = BEATS_IN_VAIN;
        let before = self.0.get(&symbol_index);
        let pause = before.map_or(least, |sought| (sought.pause * 2).min(most));
        let until = now.after(beat * pause);
        self.0.insert(symbol_index, Sought { from, pause, until });
    }

    /// A symbol was found.
    pub(super) fn forget(&mut self, symbol_index: SymbolIndex) {
        self.0.remove(&symbol_index);
    }
}
