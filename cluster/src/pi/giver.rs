//! Gives books to other replicas: one at a time, read between two batches and sent in parts.
//!
//! Whoever wishes for a book keeps what happens to it from the positions on that it names. So a wish
//! waits until these books have come as far.

use std::collections::VecDeque;

use oxberry_core::book::{Books, Order, SnapshotHead, SymbolSlot, Trust};
use oxberry_core::units::{Position, Side, SymbolIndex};
use oxberry_proto::flow::StreamPosition;
use oxberry_proto::limits::MAX_BATCH_BYTES;
use oxberry_proto::snapshot::{
    NoSnapshot, Snapshot, SnapshotRecord, SnapshotRefused, SnapshotWish,
};
use oxberry_proto::{NodeId, Partition, ProtoError, Records, RecordsWriter, Run, StreamId, encode};

use super::streams::Streams;
use crate::limits::{SNAPSHOT_QUEUE, SNAPSHOT_STREAMS};

/// The wishes of other nodes, and the book that is on its way to one of them.
#[derive(Debug)]
pub(super) struct Giver {
    asked: VecDeque<Asked>,
    /// The orders of the book that is sent: bids, then asks.
    orders: Vec<Order>,
    sending: Option<Sending>,
    writer: RecordsWriter<Box<[u8]>, Snapshot>,
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

/// A book that is sent.
#[derive(Debug)]
struct Sending {
    /// What the next part says of itself.
    head: Snapshot,
    /// What the book is beside its orders, until it was sent.
    book: Option<SnapshotHead>,
    /// Orders that were sent.
    sent: usize,
}

impl Giver {
    /// Nobody wishes for anything; room for a book of so many orders.
    pub(super) fn new(orders: usize) -> Self {
        Self {
            asked: VecDeque::with_capacity(SNAPSHOT_QUEUE),
            orders: Vec::with_capacity(orders),
            sending: None,
            writer: RecordsWriter::new(vec![0; MAX_BATCH_BYTES].into_boxed_slice()),
        }
    }

    /// Forgets all wishes, since the run is left.
    pub(super) fn leave(&mut self) {
        self.asked.clear();
        self.sending = None;
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
        if self.sending.is_none() {
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
        (self.write_part(to), is_new)
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
        let orders = |side| books.depth(slot, side).map(|level| level.orders).sum();
        let [bids, asks]: [u32; 2] = Side::BOTH.map(orders);
        let orders = usize::try_from(bids.saturating_add(asks)).unwrap_or(usize::MAX);
        if orders > self.orders.capacity() {
            return Err(NoSnapshot::TooLarge);
        }
        let (book, _) = books.snapshot(slot);
        self.orders.clear();
        for side in Side::BOTH {
            self.orders.extend(books.orders(slot, side));
        }
        let at = book.channel.map(|channel| {
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
        self.sending = Some(Sending {
            head,
            book: Some(book),
            sent: 0,
        });
        Ok(())
    }

    /// Writes the next part of the book that is sent, and returns its length.
    fn write_part(&mut self, to: &mut [u8]) -> usize {
        let Some(sending) = &mut self.sending else {
            return 0;
        };
        if let Some(book) = sending.book.take() {
            for record in SnapshotRecord::of_head(&book) {
                let pushed = self.writer.push(&record);
                pushed.expect("a part has room for the head of a book");
            }
        }
        let rest = self.orders.get(sending.sent..).unwrap_or_default();
        for order in rest {
            if self.writer.push(&SnapshotRecord::Order(*order)).is_err() {
                break;
            }
            sending.sent += 1;
        }
        sending.head.is_last = sending.sent == self.orders.len();
        let (head, is_last) = (sending.head, sending.head.is_last);
        sending.head.part += 1;
        let message = self.writer.finish(&[], head);
        let message = message.expect("MAX_LIST_HEAD_BYTES holds every head");
        for (to, from) in to.iter_mut().zip(message) {
            *to = *from;
        }
        if is_last {
            self.sending = None;
        }
        message.len()
    }
}

/// The book that somebody wishes for, if it is here and can be trusted.
fn trusted(books: &Books<'_>, streams: &Streams, asked: &Asked) -> Option<SymbolSlot> {
    streams.partition_at(asked.partition)?;
    let slot = books.slot(asked.symbol_index)?;
    (books.trust(slot) == Trust::Live).then_some(slot)
}
