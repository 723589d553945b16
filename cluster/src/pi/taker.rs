//! Takes over the books of symbols that are not live here from a replica where they are.
//!
//! From the wish on, what happens to the symbol is kept beside. When the book has come, as of a
//! position, what is newer is applied on top. Each symbol heals by itself, while the others go on.

use std::collections::VecDeque;

use oxberry_core::book::{Books, Restore, SymbolSlot, Trust};
use oxberry_core::feed::FeedEvent;
use oxberry_core::units::{ChannelId, Instant, Position, SymbolIndex};
use oxberry_proto::flow::StreamPosition;
use oxberry_proto::limits::MAX_BATCH_BYTES;
use oxberry_proto::snapshot::SnapshotWish;
use oxberry_proto::{NodeId, Partition, RecordsWriter, Run, StreamId};

use super::round::Round;
use super::streams::Streams;
use crate::limits::{Limits, SNAPSHOT_STREAMS};

/// The books that were asked for, and what happened to their symbols since.
#[derive(Debug)]
pub(super) struct Taker {
    limits: Limits,
    wishes: Vec<Wish>,
    held: VecDeque<Held>,
    /// What tells the next wish from the others.
    next_wish: u32,
    pub(super) round: Round,
    /// Whether something of the run never came here, or was spoilt here: what the feed says may be more
    /// than what the books have.
    pub(super) has_lost: bool,
    writer: RecordsWriter<Box<[u8]>, SnapshotWish>,
}

/// A book that was asked for.
#[derive(Debug)]
pub(super) struct Wish {
    id: u32,
    pub(super) symbol_index: SymbolIndex,
    pub(super) partition: Partition,
    pub(super) slot: SymbolSlot,
    /// When something was heard of it, or the wish was made.
    heard: Instant,
    pub(super) stage: Stage,
}

/// How far a book is that was asked for.
#[derive(Debug)]
pub(super) enum Stage {
    /// Nothing of it has come. What happens goes into the book that is here.
    Asked,
    /// Parts of it have come. What happens is only kept.
    Coming {
        restore: Restore,
        at: Option<(ChannelId, Position)>,
        parts: u16,
    },
    /// All has come, as of a position that this Pi may not have reached.
    Whole {
        restore: Restore,
        at: Option<(ChannelId, Position)>,
    },
    /// It will not come, and the book that was here is lost. That is to be told.
    Failed,
}

/// What happened to a symbol since its book was asked for.
#[derive(Clone, Copy, Debug)]
struct Held {
    wish: u32,
    channel: ChannelId,
    event: FeedEvent,
}

/// What is to be done with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// It is to be applied.
    Apply,
    /// It is kept, and not to be applied.
    Later,
    /// It is to be applied, and there was no room to keep it.
    NoRoom,
}

impl Wish {
    /// What tells it from others.
    pub(super) const fn id(&self) -> u32 {
        self.id
    }

    /// All parts have come.
    pub(super) fn become_whole(&mut self) {
        if let Stage::Coming { restore, at, .. } = self.take_stage() {
            self.stage = Stage::Whole { restore, at };
        }
    }

    /// How far it is; from now on it has failed.
    pub(super) const fn take_stage(&mut self) -> Stage {
        core::mem::replace(&mut self.stage, Stage::Failed)
    }
}

impl Taker {
    /// Nothing is asked for.
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            wishes: Vec::with_capacity(limits.snapshot_wishes),
            held: VecDeque::with_capacity(limits.snapshot_events),
            next_wish: 0,
            round: Round::default(),
            has_lost: false,
            writer: RecordsWriter::new(vec![0; MAX_BATCH_BYTES].into_boxed_slice()),
        }
    }

    /// Forgets all wishes, since the run is left and its books with it.
    pub(super) fn leave(&mut self) {
        self.wishes.clear();
        self.held.clear();
        self.round = Round::default();
        self.has_lost = false;
    }

    /// Whether no book is asked for.
    #[inline]
    pub(super) const fn is_idle(&self) -> bool {
        self.wishes.is_empty()
    }

    /// Whether another book may be asked for.
    pub(super) const fn has_room(&self) -> bool {
        self.wishes.len() < self.limits.snapshot_wishes
    }

    /// Whether the book of a symbol is asked for.
    pub(super) fn has(&self, symbol_index: SymbolIndex) -> bool {
        let mut wishes = self.wishes.iter();
        wishes.any(|wish| wish.symbol_index == symbol_index)
    }

    /// Keeps what happens to a symbol whose book is asked for.
    pub(super) fn keep(&mut self, channel: ChannelId, event: &FeedEvent) -> Keep {
        let mut wishes = self.wishes.iter();
        let Some(wish) = wishes.find(|wish| wish.symbol_index == event.symbol_index) else {
            return Keep::Apply;
        };
        let kept = match wish.stage {
            Stage::Asked => Keep::Apply,
            Stage::Coming { .. } | Stage::Whole { .. } => Keep::Later,
            Stage::Failed => return Keep::Apply,
        };
        if self.held.len() == self.limits.snapshot_events {
            return Keep::NoRoom;
        }
        self.held.push_back(Held {
            wish: wish.id,
            channel,
            event: *event,
        });
        kept
    }

    /// Writes a wish for the book of a symbol, and returns the message; `None` if more streams were heard
    /// of its partition than a wish can name.
    pub(super) fn wish(
        &mut self,
        now: Instant,
        (run, node): (Run, NodeId),
        streams: &Streams,
        (partition, symbol_index, slot): (Partition, SymbolIndex, SymbolSlot),
    ) -> Option<&[u8]> {
        let known = (0..).map_while(|n| streams.known(n));
        let of_partition = known.filter(|(id, _)| id.partition == partition);
        if of_partition.clone().count() > SNAPSHOT_STREAMS {
            return None;
        }
        for (stream, known) in of_partition {
            let position = known.position;
            let pushed = self.writer.push(&StreamPosition { stream, position });
            pushed.expect("a message has room for SNAPSHOT_STREAMS positions");
        }
        let id = self.next_wish;
        self.next_wish = id.wrapping_add(1);
        self.wishes.push(Wish {
            id,
            symbol_index,
            partition,
            slot,
            heard: now,
            stage: Stage::Asked,
        });
        self.round.asked();
        let head = SnapshotWish {
            run,
            node,
            wish: id,
            symbol_index,
            partition,
            has_lost: self.has_lost,
            streams: 0,
        };
        let message = self.writer.finish(&[], head);
        Some(message.expect("MAX_LIST_HEAD_BYTES holds every head"))
    }

    /// A wish.
    pub(super) fn of_id(&mut self, id: u32) -> Option<&mut Wish> {
        self.wishes.iter_mut().find(|wish| wish.id == id)
    }

    /// A wish, of which something was heard.
    pub(super) fn hear(&mut self, now: Instant, id: u32) -> Option<&mut Wish> {
        let wish = self.of_id(id)?;
        wish.heard = now;
        Some(wish)
    }

    /// Nobody can give the book.
    pub(super) fn refused(&mut self, id: u32) -> bool {
        let asked = self.wishes.iter().position(|wish| wish.id == id);
        if let Some(at) = asked {
            self.wishes.remove(at);
            self.forget_held();
        }
        asked.is_some()
    }

    /// Gives up wishes; the books that were being replaced are stale. Returns how many.
    pub(super) fn give_up(
        &mut self,
        books: &mut Books<'_>,
        is_meant: impl Fn(&Wish) -> bool,
    ) -> u32 {
        let mut given_up = 0;
        let mut at = 0;
        while let Some(wish) = self.wishes.get_mut(at) {
            if matches!(wish.stage, Stage::Failed) || !is_meant(wish) {
                at += 1;
                continue;
            }
            given_up += 1;
            self.round.broken();
            match wish.take_stage() {
                Stage::Coming { restore, .. } | Stage::Whole { restore, .. } => {
                    restore.abandon(books);
                    self.has_lost = true;
                    at += 1;
                }
                Stage::Asked | Stage::Failed => {
                    self.wishes.remove(at);
                }
            }
        }
        self.forget_held();
        given_up
    }

    /// Gives up what nothing was heard of for too long.
    pub(super) fn give_up_overdue(&mut self, now: Instant, books: &mut Books<'_>) -> u32 {
        let (silence, timeout) = (self.limits.silence(), self.limits.node_timeout);
        self.give_up(books, |wish| {
            let patience = match wish.stage {
                Stage::Asked | Stage::Coming { .. } => silence,
                // What is missing is on this Pi's own way.
                Stage::Whole { .. } | Stage::Failed => timeout,
            };
            wish.heard.after(patience) <= now
        })
    }

    /// A wish that has come to its end: its book is whole and this Pi as far, or it failed.
    pub(super) fn take_settled(&mut self, streams: &Streams) -> Option<Wish> {
        let is_settled = |wish: &Wish| match wish.stage {
            Stage::Asked | Stage::Coming { .. } => false,
            Stage::Failed => true,
            Stage::Whole { at, .. } => at.is_none_or(|(channel, position)| {
                let partition = wish.partition;
                let stream = streams.get(StreamId { channel, partition });
                stream.is_some_and(|stream| stream.position >= position)
            }),
        };
        let at = self.wishes.iter().position(is_settled)?;
        Some(self.wishes.remove(at))
    }

    /// What was kept for a wish, in its order.
    pub(super) fn held(&self, wish: &Wish) -> impl Iterator<Item = (ChannelId, &FeedEvent)> {
        let id = wish.id;
        let held = self.held.iter().filter(move |held| held.wish == id);
        held.map(|held| (held.channel, &held.event))
    }

    /// Forgets what was kept for wishes that are no more.
    pub(super) fn forget_held(&mut self) {
        let Self { wishes, held, .. } = self;
        if wishes.is_empty() {
            held.clear();
        } else {
            held.retain(|held| wishes.iter().any(|wish| wish.id == held.wish));
        }
    }

    /// The next symbol whose book is to be asked for.
    pub(super) fn next_symbol(
        &mut self,
        books: &Books<'_>,
        symbols: &[(Partition, SymbolIndex)],
    ) -> Option<(Partition, SymbolIndex, SymbolSlot)> {
        if !self.has_room() || !self.round.is_under_way() {
            return None;
        }
        let has_ended = self.round.is_last();
        while let Some(&(partition, symbol_index)) = symbols.get(self.round.at()) {
            self.round.advance();
            if let Some(slot) = books.slot(symbol_index)
                && is_ill(books, slot, has_ended)
                && !self.has(symbol_index)
            {
                return Some((partition, symbol_index, slot));
            }
        }
        if self.wishes.is_empty() {
            self.round.end();
        }
        None
    }
}

/// Whether a book is not live, and does not get better by what the venue says next: one that is
/// recovering does, unless nothing follows. Where two channels claim the symbol no replica trusts it.
pub(super) fn is_ill(books: &Books<'_>, slot: SymbolSlot, has_ended: bool) -> bool {
    let is_ill = match books.trust(slot) {
        Trust::Live => false,
        Trust::Recovering => has_ended,
        Trust::Partial | Trust::Stale => true,
    };
    is_ill && !books.is_contested(slot)
}
