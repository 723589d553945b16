//! Writes a book in parts: read at once, sent message by message.

use oxberry_core::book::{Books, Order, SnapshotHead, SymbolSlot};
use oxberry_core::units::Side;
use oxberry_proto::RecordsWriter;
use oxberry_proto::limits::MAX_BATCH_BYTES;
use oxberry_proto::snapshot::{NoSnapshot, Snapshot, SnapshotRecord};

/// A book that is on its way to somebody, if there is one.
#[derive(Debug)]
pub(crate) struct Parts {
    /// Its orders: bids, then asks.
    orders: Vec<Order>,
    sending: Option<Sending>,
    writer: RecordsWriter<Box<[u8]>, Snapshot>,
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

impl Parts {
    /// None is on its way; room for a book of so many orders.
    pub(crate) fn new(orders: usize) -> Self {
        Self {
            orders: Vec::with_capacity(orders),
            sending: None,
            writer: RecordsWriter::new(vec![0; MAX_BATCH_BYTES].into_boxed_slice()),
        }
    }

    /// Whether no part is left to be written.
    pub(crate) const fn is_idle(&self) -> bool {
        self.sending.is_none()
    }

    /// What is left is not wanted any more.
    pub(crate) fn forget(&mut self) {
        self.sending = None;
    }

    /// Reads a book; `head` is what the first part says of itself.
    ///
    /// # Errors
    ///
    /// When it has more orders than there is room for, or its memory changed by itself, which must not
    /// spread.
    pub(crate) fn begin(
        &mut self,
        books: &Books<'_>,
        slot: SymbolSlot,
        head: Snapshot,
    ) -> Result<(), NoSnapshot> {
        let orders = |side| books.depth(slot, side).map(|level| level.orders).sum();
        let [bids, asks]: [u32; 2] = Side::BOTH.map(orders);
        let orders = usize::try_from(bids.saturating_add(asks)).unwrap_or(usize::MAX);
        if orders > self.orders.capacity() {
            return Err(NoSnapshot::TooLarge);
        }
        let most = u32::try_from(self.orders.capacity()).unwrap_or(u32::MAX);
        if books.scrub(slot, most).is_err() {
            return Err(NoSnapshot::NotLive);
        }
        let (book, _) = books.snapshot(slot);
        self.orders.clear();
        for side in Side::BOTH {
            self.orders.extend(books.orders(slot, side));
        }
        self.sending = Some(Sending {
            head,
            book: Some(book),
            sent: 0,
        });
        Ok(())
    }

    /// Writes the next part, and returns its length; 0 if there is none.
    pub(crate) fn write(&mut self, to: &mut [u8]) -> usize {
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
