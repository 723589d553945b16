//! What the Pis push: batches, beats and the end, and what each says of its node.

use oxberry_core::book::Trust;
use oxberry_core::units::Instant;
use oxberry_proto::depth::Depth;
use oxberry_proto::start::Replica;
use oxberry_proto::stock::{
    EndOfEvents, StockBatch, StockBeat, StreamWord, SymbolState, SymbolTrust,
};
use oxberry_proto::{
    Deltas, NodeId, Partition, ProtoError, Records, Stock, StockRecord, StockTold, StreamId,
};

use super::replica::{Seen, Stream};
use super::word::Rank;
use super::{Page, Report};
use crate::coverage::{Fit, Range};
use crate::limits::REPORTED_REJECTIONS;

impl Page {
    pub(super) fn dispatch(&mut self, now: Instant, stock: Stock<'_>) -> Result<(), ProtoError> {
        match stock {
            Stock::StockBatch(head, records) => {
                if self.is_of_run(now, head.run) {
                    self.note_end_broken(head.node);
                    self.handle_batch(now, &head, records)?;
                }
            }
            Stock::StockBeat(head, words) => {
                if self.is_of_run(now, head.run) {
                    self.note_end_broken(head.node);
                    self.handle_beat(now, &head, words)?;
                }
            }
            Stock::Depth(Depth { run, node, .. }, _) => {
                // Whoever asked for it reads it; here it is a sign of life.
                if self.is_of_run(now, run) {
                    self.note_end_broken(node);
                    self.hear(now, node);
                }
            }
            Stock::EndOfEvents(EndOfEvents { run, node }) => {
                if self.is_of_run(now, run) {
                    self.handle_end(now, node);
                }
            }
        }
        Ok(())
    }

    fn handle_batch(
        &mut self,
        now: Instant,
        head: &StockBatch,
        records: Records<'_, StockRecord>,
    ) -> Result<(), ProtoError> {
        let partition = head.stream.partition;
        let range = Range {
            numbering: head.numbering,
            after: head.after,
            through: head.through,
            begins: head.begins,
        };
        let node = self.hear(now, head.node);
        let stream = node.streams.entry(head.stream).or_default();
        let fit = range.fit(stream.position);
        let part = node.part(partition);
        let (was_pending, had_missed) = (part.pending, part.has_missed);
        if !part.hear(head.trust, fit == Fit::Copy) {
            self.counters.repeated += 1;
            return Ok(());
        }
        if fit == Fit::Hole {
            part.miss();
        }
        let is_pending_otherwise = part.pending != was_pending;
        if fit == Fit::Hole {
            // What it did not tell there nobody will tell any better.
            self.settle_withheld(|one| one == partition);
        }
        let (result, is_whole) = self.handle_records(now, head, records);
        // Only now: until its last record was heard, the node's word is not right as of the end.
        let stream = self.hear(now, head.node).streams.entry(head.stream);
        let stream = stream.or_default();
        stream.position = stream.position.max(range.end());
        let has_missed = self.part(head.node, partition).has_missed;
        if has_missed && !had_missed {
            self.note_missed(head.node, partition);
        }
        if is_pending_otherwise || is_whole || has_missed != had_missed {
            self.restate(partition);
        }
        self.settle_withheld(|one| one == partition);
        self.settle_owed();
        self.ask_for_states(now);
        result
    }

    /// Takes the records of a batch as far as they can be read; says also whether the telling of a
    /// state ended with one of them.
    fn handle_records(
        &mut self,
        now: Instant,
        head: &StockBatch,
        records: Records<'_, StockRecord>,
    ) -> (Result<(), ProtoError>, bool) {
        let (id, partition) = (head.node, head.stream.partition);
        let mut deltas = Deltas::new(head.numbering, head.after);
        let mut is_whole = false;
        for record in records {
            let told = match record {
                Ok(record) => deltas.stock_told(record),
                Err(error) => {
                    // What follows is unknown.
                    self.part(id, partition).miss();
                    return (Err(error), is_whole);
                }
            };
            match told {
                StockTold::Event(event) => {
                    self.handle_event(id, head.stream, head.numbering, &event);
                }
                StockTold::Trust(trust) => {
                    self.part(id, partition).count();
                    self.take_trust(now, id, partition, &trust);
                }
                StockTold::State(state) => {
                    let part = self.part(id, partition);
                    part.tell();
                    // Where something was missed it counts at the end of the telling. Where nothing was,
                    // another receiver has asked, and nothing but the trust can be news.
                    if part.has_missed {
                        self.handle_state(now, id, partition, &state);
                    } else {
                        self.take_trust(now, id, partition, &state.trust);
                    }
                }
                StockTold::Rebuilt(state) => {
                    self.part(id, partition).count();
                    self.handle_state(now, id, partition, &state);
                }
                StockTold::StateEnd(symbols) => {
                    self.part(id, partition).end_telling(symbols);
                    is_whole = true;
                }
            }
        }
        (Ok(()), is_whole)
    }

    /// Takes the trust in a symbol as a node tells it.
    fn take_trust(&mut self, now: Instant, id: NodeId, partition: Partition, trust: &SymbolTrust) {
        let row = self.row_of(trust.symbol_index, partition);
        let shown = self.rows.get(row).and_then(|row| row.at);
        let node = self.hear(now, id);
        // Who has come past what is shown has told it, unless it came late and numbers have begun anew.
        let is_past = shown.is_some_and(|(channel, position)| {
            node.position(StreamId { channel, partition }) >= position
        });
        let cell = node.cell_mut(row);
        (cell.trust, cell.status) = (trust.trust, trust.status);
        cell.has_lapsed |= trust.trust != Trust::Live;
        if trust.trust == Trust::Live && cell.seen.is_none() && is_past {
            // It vouches for a book of which it has told nothing.
            self.part(id, partition).miss();
        }
        if trust.trust != Trust::Live {
            self.doubt(id, row, Rank::Of(trust.trust));
            self.note_not_live(row, partition);
        }
        self.release(row);
        // Of one symbol: the others of the partition stand as before.
        self.owed.insert(row);
        self.note_restated(partition);
    }

    /// Takes the state of a symbol as a node tells it.
    fn handle_state(
        &mut self,
        now: Instant,
        id: NodeId,
        partition: Partition,
        state: &SymbolState,
    ) {
        let row = self.row_of(state.trust.symbol_index, partition);
        let node = self.hear(now, id);
        let cell = node.cell_mut(row);
        (cell.trust, cell.status) = (state.trust.trust, state.trust.status);
        cell.has_lapsed = state.trust.trust != Trust::Live;
        cell.seen = Some(Seen {
            at: state.at,
            ts_event: None,
            view: state.view,
            last_trade: state.last_trade,
            rank: Rank::Of(state.trust.trust),
        });
        if let Some(at) = state.at {
            node.note_jump(row, at);
        }
        if state.trust.trust != Trust::Live {
            self.note_not_live(row, partition);
        }
        self.owed.insert(row);
        self.note_restated(partition);
    }

    fn handle_beat(
        &mut self,
        now: Instant,
        head: &StockBeat,
        words: Records<'_, StreamWord>,
    ) -> Result<(), ProtoError> {
        let mut restated = Vec::new();
        let mut missed = Vec::new();
        let node = self.hear(now, head.node);
        for word in words {
            let word = word?;
            let partition = word.stream.partition;
            let range = Range {
                numbering: word.numbering,
                after: word.after,
                through: word.through,
                begins: None,
            };
            let stream = node.streams.entry(word.stream).or_default();
            let fit = range.fit(stream.position);
            let before = (stream.recovering, stream.silent);
            *stream = Stream {
                position: stream.position.max(range.end()),
                recovering: word.recovering,
                silent: word.silent,
                ended: word.ended,
            };
            let is_changed = before != (stream.recovering, stream.silent);
            let part = node.part(partition);
            let (was_pending, had_missed) = (part.pending, part.has_missed);
            // A beat is in the order of the queue, so a node has told no more and no less by then.
            if part.hear(word.trust, false) && fit == Fit::Hole {
                part.miss();
            }
            if part.has_missed && !had_missed {
                missed.push(partition);
            }
            if is_changed || part.pending != was_pending || part.has_missed != had_missed {
                restated.push(partition);
            }
        }
        for partition in missed {
            self.note_missed(head.node, partition);
        }
        for partition in restated {
            self.restate(partition);
        }
        self.settle_withheld(|_| true);
        self.settle_owed();
        self.ask_for_states(now);
        Ok(())
    }

    /// A node has told everything. Its last beat said so of every stream; whoever lacks that lacks
    /// something, and will never hear it.
    fn handle_end(&mut self, now: Instant, id: NodeId) {
        let node = self.hear(now, id);
        if core::mem::replace(&mut node.has_ended, true) {
            self.counters.repeated += 1;
        }
        let node = self.hear(now, id);
        let held: Vec<_> = node.partitions.keys().copied().collect();
        for partition in held {
            let node = self.hear(now, id);
            let mut streams = node.streams.iter();
            let lacks_its_end = streams.any(|(id, one)| id.partition == partition && !one.ended);
            let part = self.part(id, partition);
            if lacks_its_end && !core::mem::replace(&mut part.has_missed, true) {
                self.note_missed(id, partition);
            }
            // What was not told by now never is.
            self.restate(partition);
        }
    }

    /// A node speaks: not one that has ended.
    fn note_end_broken(&mut self, id: NodeId) {
        if self.nodes.get(&id).is_some_and(|node| node.has_ended) {
            self.counters.after_end += 1;
            if self.counters.after_end <= REPORTED_REJECTIONS {
                self.report(Report::SpokeAfterEnd(id));
            }
        }
    }

    fn note_missed(&mut self, node: NodeId, partition: Partition) {
        self.counters.missed += 1;
        self.report(Report::Missed(Replica { node, partition }));
    }
}
