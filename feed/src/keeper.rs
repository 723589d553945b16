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

/// Why a source could not be read to its end.
#[derive(Debug, Error)]
pub enum KeepError {
    /// Its bytes cannot be read, or are not what they should be.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// It has more symbols than a channel can hold.
    #[error("a channel has too many symbols")]
    Symbols(#[from] TooManySymbols),
}

/// Follows handlers and keeps books: of every symbol already defined in them, and of those that the
/// feed itself defines while there is room.
#[derive(Debug)]
pub struct Keeper<'s, F> {
    /// The channel that is being followed now.
    pub channel: ChannelId,
    /// The books.
    pub books: Books<'s>,
    /// Events of symbols that have no book.
    pub unknown: u64,
    /// Malformed packets.
    pub faulty: u64,
    /// What happened to each channel, for symbols that it defines later.
    past: BTreeMap<ChannelId, ChannelPast>,
    after: F,
}

impl<'s, F: FnMut(&Books<'s>, &FeedEvent, &Applied)> Keeper<'s, F> {
    /// Keeps these books and calls `after` for each applied event.
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

    /// Reads a source to its end: detects its dialect from its first packets and puts each of its
    /// channels in order. Malformed packets are counted.
    ///
    /// # Errors
    ///
    /// When the source fails. The books have everything that came before.
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
