//! Gives books to other replicas: one at a time, read between two batches and sent in parts.
//!
//! Whoever wishes for a book keeps what happens to it from the positions on that it names. So a wish
//! waits until these books have come as far.

use std::collections::VecDeque;

use oxberry_core::book::{Books, SymbolSlot, Trust};
use oxberry_core::units::{Position, SymbolIndex};
use oxberry_proto::flow::StreamPosition;
use oxberry_proto::snapshot::{NoSnapshot, Snapshot, SnapshotRefused, SnapshotWish};
use oxberry_proto::{NodeId, Partition, ProtoError, Records, Run, StreamId, encode};

use super::streams::Streams;
use crate::limits::{SNAPSHOT_QUEUE, SNAPSHOT_STREAMS};
use crate::parts::Parts;

/// The wishes of other nodes, and the book that is on its way to one of them.
#[derive(Debug)]
pub(super) struct Giver {
    asked: VecDeque<Asked>,
    /// The book that is on its way.
    parts: Parts,
}

/// A wish.
#[derive(Debug)]
struct Asked {
    to: NodeId,
    wish: u32,
    symbol_index: SymbolIndex,
    partition: Partition,
    /// Where the books must be at least.
    from: heapless::Vec<StreamPosition, SNAPSHOT_STREAMS>,
}

impl Giver {
    /// Nobody wishes for anything; room for a book of so many orders.
    pub(super) fn new(orders: usize) -> Self {
        Self {
            asked: VecDeque::with_capacity(SNAPSHOT_QUEUE),
            parts: Parts::new(orders),
        }
    }

    /// Forgets all wishes, since the run is left.
    pub(super) fn leave(&mut self) {
        self.asked.clear();
        self.parts.forget();
    }

    /// Notes a wish; false if there is no room for it. A node that wishes for a book again no longer
    /// waits for the first one.
    pub(super) fn ask(
        &mut self,
        head: &SnapshotWish,
        positions: Records<'_, StreamPosition>,
    ) -> Result<bool, ProtoError> {
        let mut from = heapless::Vec::new();
        for position in positions {
            if from.push(position?).is_err() {
                return Ok(false);
            }
        }
        let is_again =
            |asked: &Asked| asked.to == head.node && asked.symbol_index == head.symbol_index;
        self.asked.retain(|asked| !is_again(asked));
        if self.asked.len() == SNAPSHOT_QUEUE {
            return Ok(false);
        }
        self.asked.push_back(Asked {
            to: head.node,
            wish: head.wish,
            symbol_index: head.symbol_index,
            partition: head.partition,
            from,
        });
        Ok(true)
    }

    /// Writes the next message for somebody who wished, if there is one; returns its length, or 0, and
    /// whether a book was begun with it.
    pub(super) fn write(
        &mut self,
        books: &Books<'_>,
        streams: &Streams,
        (run, node): (Run, NodeId),
        to: &mut [u8],
    ) -> (usize, bool) {
        let mut is_new = false;
        if self.parts.is_idle() {
            let Some(asked) = self.next_wish(books, streams) else {
                return (0, false);
            };
            if let Err(reason) = self.begin(books, streams, (run, node), &asked) {
                let refused = SnapshotRefused {
                    run,
                    to: asked.to,
                    wish: asked.wish,
                    reason,
                };
                let length = encode(&refused, to);
                return (length.expect("a message is shorter than a batch"), false);
            }
            is_new = true;
        }
        (self.parts.write(to), is_new)
    }

    /// The first wish that can be answered now.
    fn next_wish(&mut self, books: &Books<'_>, streams: &Streams) -> Option<Asked> {
        let can_be_answered = |asked: &Asked| {
            let has_come = |one: &StreamPosition| {
                let here = streams.get(one.stream).map(|stream| stream.position);
                here.unwrap_or_default() >= one.position
            };
            trusted(books, streams, asked).is_none() || asked.from.iter().all(has_come)
        };
        let at = self.asked.iter().position(can_be_answered)?;
        self.asked.remove(at)
    }

    /// Reads the book that somebody wished for.
    fn begin(
        &mut self,
        books: &Books<'_>,
        streams: &Streams,
        (run, node): (Run, NodeId),
        asked: &Asked,
    ) -> Result<(), NoSnapshot> {
        let slot = trusted(books, streams, asked).ok_or(NoSnapshot::NotLive)?;
        let at = books.channel(slot).map(|channel| {
            let partition = asked.partition;
            let stream = streams.get(StreamId { channel, partition });
            (
                channel,
                stream.map_or(Position::default(), |one| one.position),
            )
        });
        let head = Snapshot {
            run,
            node,
            to: asked.to,
            wish: asked.wish,
            at,
            part: 0,
            is_last: false,
            records: 0,
        };
        self.parts.begin(books, slot, head)
    }
}

/// The book that somebody wishes for, if it is here and can be trusted.
fn trusted(books: &Books<'_>, streams: &Streams, asked: &Asked) -> Option<SymbolSlot> {
    streams.partition_at(asked.partition)?;
    let slot = books.slot(asked.symbol_index)?;
    (books.trust(slot) == Trust::Live).then_some(slot)
}
