//! Keeps the books of channels, event by event.

use std::collections::BTreeMap;
use std::slice;

use oxberry_core::book::{Applied, Books, ChannelPast};
use oxberry_core::feed::{Beginning, FeedEvent, Follower, Lost, TooManySymbols};
use oxberry_core::units::{ChannelId, SeqNum};
use oxberry_core::xdp::PacketRef;
use thiserror::Error;

use crate::channels::Channels;
use crate::dialect::dialects;
use crate::handler::{Dropped, Listener, Read};
use crate::mapping::MappingFile;
use crate::source::{Source, SourceError};

/// A source cannot be read on.
#[derive(Debug, Error)]
pub enum KeepError {
    /// Its bytes cannot be had, or are not what they should be.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// It has more symbols than a channel can.
    #[error("a channel has too many symbols")]
    Symbols(#[from] TooManySymbols),
}

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
    /// Packets whose bytes are none.
    pub faulty: u64,
    /// What happened to each channel, for symbols that it defines later.
    past: BTreeMap<ChannelId, ChannelPast>,
    after: F,
}

impl<'s, F: FnMut(&Books<'s>, &FeedEvent, &Applied)> Keeper<'s, F> {
    /// Keeps these books, and calls `after` when an event was applied.
    pub fn new(books: Books<'s>, after: F) -> Self {
        let channel = ChannelId::from_raw(0);
        Self {
            channel,
            books,
            unknown: 0,
            faulty: 0,
            past: BTreeMap::new(),
            after,
        }
    }

    /// Reads a source to its end: its dialect is told from what it begins with, and each of its channels
    /// is put in order. Packets whose bytes are none are counted.
    ///
    /// # Errors
    ///
    /// When the source cannot be read on. The books have what came before.
    pub fn read(&mut self, mut source: Source, mapping: &MappingFile) -> Result<(), KeepError> {
        let dialects = dialects(slice::from_mut(&mut source), None);
        let dialects: Vec<_> = dialects.iter().map(|verdict| verdict.dialect).collect();
        let mut channels = Channels::new(slice::from_mut(&mut source), &dialects);
        while source.advance()? {
            let packet = source.packet();
            let Ok(bytes) = PacketRef::new(packet.bytes) else {
                self.faulty += 1;
                continue;
            };
            let channel = channels.of_packet(0, packet.group, &bytes, mapping)?;
            if let Some((_, channel)) = channel {
                self.channel = channel.named.id;
                let (group, captured) = (packet.group, packet.captured);
                (channel.handler).handle_packet(group, captured, &bytes, (), self);
            }
        }
        for channel in channels.iter_mut() {
            self.channel = channel.named.id;
            channel.handler.finish(self);
        }
        Ok(())
    }
}

impl<'s, F: FnMut(&Books<'s>, &FeedEvent, &Applied)> Follower for Keeper<'s, F> {
    fn event(&mut self, event: FeedEvent) {
        let past = self.past.entry(self.channel).or_default();
        if self.books.define_by(self.channel, past, &event).is_err() {
            self.unknown += 1;
            return;
        }
        match self.books.apply(self.channel, &event) {
            Ok(applied) => (self.after)(&self.books, &event, &applied),
            Err(_) => {
                self.unknown += 1;
                past.passed_over(event.seq_num);
            }
        }
    }

    fn begins(&mut self, beginning: Beginning) {
        self.past
            .entry(self.channel)
            .or_default()
            .begins(&beginning);
        for slot in self.books.slots() {
            self.books.begins(slot, self.channel, &beginning);
        }
    }

    fn lost(&mut self, lost: Lost) {
        self.past.entry(self.channel).or_default().lost(lost.last);
        for slot in self.books.slots() {
            self.books.lost(slot, self.channel, lost.last);
        }
    }

    fn settled(&mut self, _: SeqNum) {
        self.past.entry(self.channel).or_default().settled();
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
