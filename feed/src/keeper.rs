//! Keeps the books of channels, event by event.

use oxberry_core::book::{Applied, Books};
use oxberry_core::feed::{Action, Beginning, FeedEvent, Follower, Lost};
use oxberry_core::units::{ChannelId, SeqNum};
use oxberry_core::xdp::PacketRef;

use crate::handler::{Dropped, Listener, Read};

/// Listens to handlers and keeps the books: of every symbol that they hold, and of those that the
/// feed itself defines, as long as there is room.
#[derive(Debug)]
pub struct Keeper<'s, F> {
    /// The channel to which is listened now.
    pub channel: ChannelId,
    /// The books.
    pub books: Books<'s>,
    /// Events of symbols that have no book.
    pub unknown: u64,
    after: F,
}

impl<'s, F: FnMut(&Books<'s>, &FeedEvent, &Applied)> Keeper<'s, F> {
    /// Keeps these books, and calls `after` when an event was applied.
    pub const fn new(books: Books<'s>, after: F) -> Self {
        let channel = ChannelId::from_raw(0);
        Self {
            channel,
            books,
            unknown: 0,
            after,
        }
    }
}

impl<'s, F: FnMut(&Books<'s>, &FeedEvent, &Applied)> Follower for Keeper<'s, F> {
    fn event(&mut self, event: FeedEvent) {
        if let Action::Scale { scale } = event.action
            && self.books.slot(event.symbol_index).is_none()
            && self.books.define(event.symbol_index, scale).is_err()
        {
            self.unknown += 1;
            return;
        }
        match self.books.apply(self.channel, &event) {
            Ok(applied) => (self.after)(&self.books, &event, &applied),
            Err(_) => self.unknown += 1,
        }
    }

    fn begins(&mut self, beginning: Beginning) {
        for slot in self.books.slots() {
            self.books.begins(slot, self.channel, &beginning);
        }
    }

    fn lost(&mut self, _: Lost) {
        for slot in self.books.slots() {
            self.books.lost(slot, self.channel);
        }
    }

    fn settled(&mut self, _: SeqNum) {
        for slot in self.books.slots() {
            self.books.settled(slot, self.channel);
        }
    }
}

impl<'s, P, F: FnMut(&Books<'s>, &FeedEvent, &Applied)> Listener<P> for Keeper<'s, F> {
    fn turn(&mut self, _: &PacketRef<'_>, _: P) {}

    fn done(&mut self, _: &PacketRef<'_>, _: P, _: &Read) {}

    fn dropped(&mut self, _: &PacketRef<'_>, _: P, _: Dropped) {}
}
