//! One book as messages can carry it, and back.
//!
//! A snapshot is a [`SnapshotHead`] and then the orders of both sides in price-time order, which can
//! be read one by one and written in chunks of any size. [`Books::snapshot`] starts to read one,
//! [`Books::restore`] starts to write one; the book that results has the same [`Digest`].

use super::books::Books;
use super::digest::Digest;
use super::engine::{NewOrder, Subject};
use super::queue::{Cursor, Order};
use super::rejection::Rejection;
use super::slot::SymbolSlot;
use super::state::{Conditions, Trust};
use super::statistics::Tape;
use super::symbol::DefineError;
use crate::units::{ChannelId, PriceScale, SeqNum, Side, SymbolIndex, SymbolSeqNum};

/// What a snapshot says of a book before its orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SnapshotHead {
    /// The symbol.
    pub symbol_index: SymbolIndex,
    /// The scale of its prices.
    pub scale: PriceScale,
    /// The channel that it belongs to.
    pub channel: Option<ChannelId>,
    /// What it is beside its orders.
    pub conditions: Conditions,
    /// The number of its last message.
    pub symbol_seq_num: Option<SymbolSeqNum>,
    /// The channel's number of its last clear, change of scale or refresh: an older refresh is of no
    /// use to it.
    pub since: SeqNum,
    /// What it traded.
    pub tape: Tape,
    /// Orders that follow: bids, then asks.
    pub orders: [u32; 2],
    /// The digest of the whole book.
    pub digest: Digest,
}

/// Reads the orders of one book. It borrows nothing, so that events of other symbols can
/// be applied in between.
#[derive(Clone, Debug)]
pub struct SnapshotReader {
    slot: SymbolSlot,
    changes: u32,
    side: Side,
    cursor: Cursor,
}

/// The book changed since its snapshot began, which is void.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Changed;

impl core::fmt::Display for Changed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the book changed since its snapshot began")
    }
}

impl core::error::Error for Changed {}

impl SnapshotReader {
    /// The next order of the snapshot, if there is one.
    ///
    /// # Errors
    ///
    /// When an event was applied to the symbol since the snapshot began.
    pub fn next(&mut self, books: &Books<'_>) -> Result<Option<Order>, Changed> {
        if books.symbols.changes(self.slot) != self.changes {
            return Err(Changed);
        }
        let order = self.cursor.next(books, self.side);
        if order.is_some() || self.side == Side::Ask {
            return Ok(order);
        }
        self.side = Side::Ask;
        self.cursor = books.first_order(self.slot, Side::Ask);
        Ok(self.cursor.next(books, Side::Ask))
    }
}

/// Why a book was not restored. It is stale then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RestoreError {
    /// The symbol has no room.
    Define(DefineError),
    /// An order was refused.
    Rejected(Rejection),
    /// More or fewer orders came than the head announced.
    OrderCount,
    /// What was restored is not what the digest stands for.
    Digest,
}

impl core::fmt::Display for RestoreError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Define(error) => error.fmt(f),
            Self::Rejected(rejection) => rejection.fmt(f),
            Self::OrderCount => f.write_str("another number of orders came than was announced"),
            Self::Digest => f.write_str("the restored book has another digest"),
        }
    }
}

impl core::error::Error for RestoreError {}

/// Restores one book from chunks of orders. Until it ends, the book is
/// [`Trust::Recovering`] and no event is to be applied to it.
#[derive(Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Restore {
    slot: SymbolSlot,
    head: SnapshotHead,
    /// Orders still to come.
    left: [u32; 2],
}

impl Restore {
    /// The symbol.
    #[must_use]
    pub fn slot(&self) -> SymbolSlot {
        self.slot
    }

    /// Adds the next orders.
    ///
    /// # Errors
    ///
    /// When they are too many, or one does not fit.
    pub fn write(&mut self, books: &mut Books<'_>, chunk: &[Order]) -> Result<(), RestoreError> {
        for order in chunk {
            let side = if self.left[0] > 0 {
                Side::Bid
            } else {
                Side::Ask
            };
            let left = &mut self.left[side as usize];
            let Some(rest) = left.checked_sub(1) else {
                return Err(self.fail(books, RestoreError::OrderCount));
            };
            *left = rest;
            let Order {
                order_id,
                price,
                qty,
                last_session,
            } = *order;
            let order = NewOrder {
                side,
                price,
                qty,
                sessions: last_session,
            };
            let mut record = books.symbols.record(self.slot);
            record.note();
            let mut subject = Subject::new(self.slot, record);
            let key = books.engine.orders.key(self.slot, order_id);
            let added = books.engine.add(&mut subject, key, order);
            if let Err(rejection) = added {
                books.counters.reject(rejection);
                return Err(self.fail(books, RestoreError::Rejected(rejection)));
            }
        }
        Ok(())
    }

    /// Ends the restoring: from now on the book is what the snapshot was.
    ///
    /// # Errors
    ///
    /// When orders are missing, or the book is not the one that the digest stands for.
    pub fn finish(self, books: &mut Books<'_>) -> Result<(), RestoreError> {
        if self.left != [0, 0] {
            return Err(self.fail(books, RestoreError::OrderCount));
        }
        books
            .symbols
            .record(self.slot)
            .set_conditions(self.head.conditions);
        if books.digest(self.slot) != self.head.digest {
            return Err(self.fail(books, RestoreError::Digest));
        }
        Ok(())
    }

    /// Gives up, since what is missing will not come: the book is stale.
    pub fn abandon(self, books: &mut Books<'_>) {
        let conditions = Conditions {
            trust: Trust::Stale,
            ..self.head.conditions
        };
        books.symbols.record(self.slot).set_conditions(conditions);
    }

    fn fail(&self, books: &mut Books<'_>, error: RestoreError) -> RestoreError {
        let conditions = Conditions {
            trust: Trust::Stale,
            ..self.head.conditions
        };
        books.symbols.record(self.slot).set_conditions(conditions);
        error
    }
}

impl Books<'_> {
    /// Starts a snapshot of one book; computing the digest walks its orders.
    #[must_use]
    pub fn snapshot(&self, slot: SymbolSlot) -> (SnapshotHead, SnapshotReader) {
        let count = |side| self.depth(slot, side).map(|level| level.orders).sum();
        let head = SnapshotHead {
            symbol_index: self.symbol_index(slot),
            scale: self.scale(slot),
            channel: self.channel(slot),
            conditions: self.symbols.conditions(slot),
            symbol_seq_num: self.symbol_seq_num(slot),
            since: self.symbols.since(slot),
            tape: self.tapes.tape(slot),
            orders: Side::BOTH.map(count),
            digest: self.digest(slot),
        };
        let reader = SnapshotReader {
            slot,
            changes: self.symbols.changes(slot),
            side: Side::Bid,
            cursor: self.first_order(slot, Side::Bid),
        };
        (head, reader)
    }

    /// Starts to restore one book, which loses what it had. Defines the symbol if necessary.
    ///
    /// # Errors
    ///
    /// When the symbol has no room.
    pub fn restore(&mut self, head: &SnapshotHead) -> Result<Restore, RestoreError> {
        let slot = match self.slot(head.symbol_index) {
            Some(slot) => slot,
            None => self
                .define(head.symbol_index, head.scale)
                .map_err(RestoreError::Define)?,
        };
        self.void_all(slot);
        let mut record = self.symbols.record(slot);
        record.drop_broken_flags();
        record.set_scale(head.scale);
        record.note();
        record.set_last(head.symbol_seq_num.map_or(0, SymbolSeqNum::raw));
        record.set_since(head.since);
        record.set_channel(head.channel);
        record.set_conditions(Conditions {
            trust: Trust::Recovering,
            ..Conditions::default()
        });
        self.tapes.set_tape(slot, &head.tape);
        Ok(Restore {
            slot,
            head: *head,
            left: head.orders,
        })
    }
}
