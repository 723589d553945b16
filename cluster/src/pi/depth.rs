//! Tells how deep a book is, to whoever looks at its symbol.
//!
//! Wishes wait in a short queue and are answered where there is room beside what the feed may need, so
//! that no event waits for anybody who looks. An answer is read between two batches, all its parts at
//! once: they are of one moment. Who wished lately is told once more when the run is over, since the books
//! are emptied then.

use std::collections::VecDeque;

use oxberry_core::book::{Books, SymbolSlot, Trust};
use oxberry_core::units::{ChannelId, Instant, Position, Side, UnixNanos};
use oxberry_proto::depth::{Depth, DepthPart, DepthRecord, DepthWish, LevelName};
use oxberry_proto::limits::{MAX_BATCH_BYTES, MAX_DEPTH_LEVELS};
use oxberry_proto::stock::Quote;
use oxberry_proto::{NodeId, RecordsWriter, Run, StreamId};

use super::news::quote;
use super::outbox::Outbox;
use super::streams::Streams;
use crate::limits::{DEPTH_QUEUE, DEPTH_RECENT};

/// The wishes, and where an answer is written.
#[derive(Debug)]
pub(super) struct Depths {
    /// In the order in which they came, each once.
    asked: VecDeque<DepthWish>,
    /// Those that came lately, answered or not.
    recent: Vec<(DepthWish, Instant)>,
    writer: RecordsWriter<Box<[u8]>, Depth>,
}

/// The books that are read, and who reads them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading<'a> {
    pub(super) books: &'a Books<'a>,
    pub(super) streams: &'a Streams,
    pub(super) run: Run,
    pub(super) node: NodeId,
    pub(super) wall: UnixNanos,
}

impl Depths {
    /// Nobody looks.
    pub(super) fn new() -> Self {
        Self {
            asked: VecDeque::with_capacity(DEPTH_QUEUE),
            recent: Vec::with_capacity(DEPTH_QUEUE),
            writer: RecordsWriter::new(vec![0; MAX_BATCH_BYTES].into_boxed_slice()),
        }
    }

    /// Forgets all wishes, since the run is left.
    pub(super) fn leave(&mut self) {
        self.asked.clear();
        self.recent.clear();
    }

    /// Notes a wish; false if there is no room for it.
    pub(super) fn ask(&mut self, now: Instant, wish: DepthWish) -> bool {
        self.remember(now, wish);
        self.enqueue(wish)
    }

    /// Nothing more will happen in this run: who looked lately is told once more.
    pub(super) fn ask_again(&mut self, now: Instant) {
        let recent = core::mem::take(&mut self.recent);
        for &(wish, at) in &recent {
            if now.since(at) <= DEPTH_RECENT {
                self.enqueue(wish);
            }
        }
        self.recent = recent;
    }

    /// Whether every wish was answered.
    pub(super) fn is_idle(&self) -> bool {
        self.asked.is_empty()
    }

    /// Answers the first wish if there is room for all of it; returns whether there was one with room.
    pub(super) fn answer(&mut self, from: &Reading<'_>, outbox: &mut Outbox) -> bool {
        let Some(&wish) = self.asked.front() else {
            return false;
        };
        if !outbox.has_room_for_frames(1 + wish.queues.iter().flatten().count()) {
            return false;
        }
        self.asked.pop_front();
        let Some(slot) = from.books.slot(wish.symbol_index) else {
            // It is listed, and its books could not take it.
            return true;
        };
        self.tell_levels(from, slot, wish, outbox);
        for &level in wish.queues.iter().flatten() {
            self.tell_queue(from, slot, wish, level, outbox);
        }
        true
    }

    fn enqueue(&mut self, wish: DepthWish) -> bool {
        let is_known = self.asked.contains(&wish);
        let has_room = is_known || self.asked.len() < DEPTH_QUEUE;
        if has_room && !is_known {
            self.asked.push_back(wish);
        }
        has_room
    }

    fn remember(&mut self, now: Instant, wish: DepthWish) {
        if let Some((_, at)) = self.recent.iter_mut().find(|(known, _)| *known == wish) {
            *at = now;
        } else if self.recent.len() < DEPTH_QUEUE {
            self.recent.push((wish, now));
        } else if let Some(oldest) = self.recent.iter_mut().min_by_key(|(_, at)| *at) {
            *oldest = (wish, now);
        }
    }

    fn tell_levels(
        &mut self,
        from: &Reading<'_>,
        slot: SymbolSlot,
        wish: DepthWish,
        outbox: &mut Outbox,
    ) {
        let most = wish.levels.min(MAX_DEPTH_LEVELS).into();
        let [mut bids, mut asks] = Side::BOTH.map(|side| {
            let levels = from.books.depth(slot, side).map(quote);
            levels.fuse().peekable()
        });
        // One of each side in turn, so that a frame that is full has both as deep.
        for _ in 0..most {
            let is_told = self.tell_level(&mut bids, DepthRecord::Bid)
                && self.tell_level(&mut asks, DepthRecord::Ask);
            if !is_told {
                break;
            }
        }
        let part = DepthPart::Levels {
            more_bids: bids.peek().is_some(),
            more_asks: asks.peek().is_some(),
        };
        self.finish(from, slot, wish, part, outbox);
    }

    /// Writes the next level of a side, if there is one; false when it finds no room.
    fn tell_level(
        &mut self,
        levels: &mut core::iter::Peekable<impl Iterator<Item = Quote>>,
        record: impl Fn(Quote) -> DepthRecord,
    ) -> bool {
        let Some(&level) = levels.peek() else {
            return true;
        };
        let is_told = self.writer.push(&record(level)).is_ok();
        if is_told {
            levels.next();
        }
        is_told
    }

    fn tell_queue(
        &mut self,
        from: &Reading<'_>,
        slot: SymbolSlot,
        wish: DepthWish,
        name: LevelName,
        outbox: &mut Outbox,
    ) {
        let LevelName { side, price } = name;
        let level = from.books.level(slot, side, price);
        for order in from.books.level_orders(slot, side, price) {
            let (order_id, qty) = (order.order_id, order.qty);
            let record = DepthRecord::Order { order_id, qty };
            if self.writer.push(&record).is_err() {
                break;
            }
        }
        let part = DepthPart::Queue {
            level: name,
            orders: level.map_or(0, |level| level.orders),
            qty: level.map_or(0, |level| level.qty),
        };
        self.finish(from, slot, wish, part, outbox);
    }

    fn finish(
        &mut self,
        from: &Reading<'_>,
        slot: SymbolSlot,
        wish: DepthWish,
        part: DepthPart,
        outbox: &mut Outbox,
    ) {
        let (at, trust) = from.standing(slot, wish);
        let head = Depth {
            run: from.run,
            node: from.node,
            symbol_index: wish.symbol_index,
            at,
            trust,
            status: from.books.trading_status(slot),
            scale: from.books.scale(slot),
            part,
            ts_sent: from.wall,
            records: 0,
        };
        let frame = self.writer.finish(&[], head);
        outbox.push_frame(frame.expect("MAX_LIST_HEAD_BYTES holds every head"));
    }
}

impl Reading<'_> {
    /// Where the stream of a symbol is, and how far its book can be trusted there.
    fn standing(
        &self,
        slot: SymbolSlot,
        wish: DepthWish,
    ) -> (Option<(ChannelId, Position)>, Trust) {
        let trust = self.books.trust(slot);
        let partition = wish.partition;
        let stream = (self.books.channel(slot)).map(|channel| StreamId { channel, partition });
        let Some(stream) = stream else {
            return (None, trust);
        };
        let position = self.streams.get(stream).map(|one| one.position);
        let trust = if self.streams.is_recovering(stream) {
            trust.max(Trust::Recovering)
        } else {
            trust
        };
        (position.map(|at| (stream.channel, at)), trust)
    }
}
