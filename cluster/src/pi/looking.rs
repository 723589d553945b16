//! Who looks at symbols here: wishes are noted as they come, and answered between two batches.

use oxberry_core::units::{Instant, UnixNanos};
use oxberry_proto::depth::TellDepth;

use super::depth::Reading;
use super::{Phase, Pi};

impl Pi<'_> {
    /// Somebody looks at a symbol.
    pub(super) fn handle_look(&mut self, now: Instant, wanted: &TellDepth) {
        let TellDepth { run, wish } = *wanted;
        let is_member = !matches!(self.phase, Phase::Joining { .. } | Phase::Over { .. });
        let is_held = self.streams.partition_at(wish.partition).is_some();
        if run != self.run || !is_member || !is_held {
            self.counters.foreign += 1;
        } else if self.depths.ask(now, wish) {
            self.counters.depths_asked += 1;
        } else {
            self.counters.depths_dropped += 1;
        }
    }

    /// Answers one of those who look at symbols, all of whose books are as of what was told by now.
    pub(super) fn answer_a_look(&mut self, wall: UnixNanos) {
        let reading = Reading {
            books: &self.books,
            streams: &self.streams,
            run: self.run,
            node: self.node,
            wall,
        };
        self.depths.answer(&reading, &mut self.telling.outbox);
    }
}
