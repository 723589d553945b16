//! What is done with wishes and books as they come: see [`giver`](super::giver) and [`taker`](super::taker).

use oxberry_core::book::{SymbolSlot, Trust, UnknownSymbol};
use oxberry_core::feed::FeedEvent;
use oxberry_core::units::{ChannelId, Instant, Position, SymbolIndex, UnixNanos};
use oxberry_proto::flow::StreamPosition;
use oxberry_proto::snapshot::{
    HeadReader, Snapshot, SnapshotRecord, SnapshotRefused, SnapshotUnderWay, SnapshotWish,
};
use oxberry_proto::{Partition, ProtoError, Records, StreamId};

use super::taker::{Keep, Stage, Wish, is_ill};
use super::{Phase, Pi};

impl Pi<'_> {
    /// Another node would like to have a book.
    pub(super) fn handle_wish(
        &mut self,
        head: &SnapshotWish,
        positions: Records<'_, StreamPosition>,
    ) -> Result<(), ProtoError> {
        let is_member = matches!(self.phase, Phase::Running | Phase::Ended);
        if head.run != self.run || !is_member {
            // It will be made again.
            self.counters.foreign += 1;
        } else if !self.giver.ask(head, positions)? {
            self.counters.wishes_dropped += 1;
        }
        Ok(())
    }

    /// Nobody can give a book that was asked for.
    pub(super) fn handle_no_snapshot(&mut self, refused: &SnapshotRefused) {
        let SnapshotRefused { run, to, wish, .. } = *refused;
        if run == self.run && to == self.node && self.taker.refused(wish) {
            self.counters.snapshots_refused += 1;
        } else {
            self.counters.foreign += 1;
        }
    }

    /// A book that was asked for is made out of the feed, which may take longer than a replica would.
    pub(super) fn handle_under_way(&mut self, now: Instant, under_way: &SnapshotUnderWay) {
        let SnapshotUnderWay { run, to, wish } = *under_way;
        let is_ours = run == self.run && to == self.node;
        if is_ours && self.taker.hear(now, wish).is_some() {
            if self.phase == Phase::Ended {
                let timeout = self.config.limits.end_timeout;
                self.heals_until = Some(now.after(timeout));
            }
        } else {
            self.counters.foreign += 1;
        }
    }

    /// A part of a book that was asked for.
    pub(super) fn handle_snapshot(
        &mut self,
        now: Instant,
        wall: UnixNanos,
        head: &Snapshot,
        records: Records<'_, SnapshotRecord>,
    ) -> Result<(), ProtoError> {
        let is_ours = head.run == self.run && head.to == self.node;
        let Some(wish) = is_ours.then(|| self.taker.hear(now, head.wish)).flatten() else {
            // It was given up.
            self.counters.foreign += 1;
            return Ok(());
        };
        let is_next = match &wish.stage {
            Stage::Asked => head.part == 0,
            Stage::Coming { parts, .. } => head.part == *parts,
            Stage::Whole { .. } | Stage::Failed => false,
        };
        let taken = if is_next {
            self.take_part(wall, head, records)
        } else {
            Ok(false)
        };
        if taken != Ok(true) {
            self.give_up_one(head.wish);
        }
        taken.map(|_| ())
    }

    /// Puts a part into the book; false if it does not fit.
    fn take_part(
        &mut self,
        wall: UnixNanos,
        head: &Snapshot,
        records: Records<'_, SnapshotRecord>,
    ) -> Result<bool, ProtoError> {
        if head.part == 0 && !self.begin_book(wall, head, records.clone())? {
            return Ok(false);
        }
        let Self { taker, books, .. } = self;
        let Some(wish) = taker.of_id(head.wish) else {
            return Ok(true);
        };
        let Stage::Coming { restore, parts, .. } = &mut wish.stage else {
            return Ok(false);
        };
        for record in records {
            if let SnapshotRecord::Order(order) = record?
                && restore.write(books, &[order]).is_err()
            {
                return Ok(false);
            }
        }
        *parts = head.part.wrapping_add(1);
        if head.is_last {
            wish.become_whole();
        }
        Ok(true)
    }

    /// Begins to replace a book by the one whose head the first part has; false if that is of no use.
    fn begin_book(
        &mut self,
        wall: UnixNanos,
        head: &Snapshot,
        records: Records<'_, SnapshotRecord>,
    ) -> Result<bool, ProtoError> {
        let mut reader = HeadReader::default();
        for record in records {
            if !reader.take(&record?) {
                break;
            }
        }
        let Some((wish, book)) = self.taker.of_id(head.wish).zip(reader.head()) else {
            return Ok(false);
        };
        let (slot, partition) = (wish.slot, wish.partition);
        let is_whole = book.symbol_index == wish.symbol_index
            && book.conditions.trust == Trust::Live
            && book.channel == head.at.map(|(channel, _)| channel);
        // It may have become live by what the venue said.
        let is_needed = self.books.trust(slot) != Trust::Live;
        if !is_whole || !is_needed || !self.telling.outbox.has_room_for_a_frame() {
            return Ok(false);
        }
        let Ok(restore) = self.books.restore(&book) else {
            return Ok(false);
        };
        if let Some(wish) = self.taker.of_id(head.wish) {
            wish.stage = Stage::Coming {
                restore,
                at: head.at,
                parts: 0,
            };
        }
        self.tell_healed(wall, partition, slot);
        Ok(true)
    }

    /// Brings to an end what has come: a book is what it is elsewhere as soon as this Pi is as far, and
    /// what happened to it since is applied.
    pub(super) fn settle_snapshots(&mut self, wall: UnixNanos) {
        while !self.taker.is_idle()
            && self.telling.outbox.has_room_for_a_frame()
            && let Some(mut wish) = self.taker.take_settled(&self.streams)
        {
            if let Stage::Whole { restore, at } = wish.take_stage() {
                if restore.finish(&mut self.books).is_ok() {
                    self.counters.snapshots_taken += 1;
                    self.taker.round.helped();
                    self.apply_held(&wish, at);
                } else {
                    self.counters.snapshots_given_up += 1;
                    self.taker.has_lost = true;
                    self.taker.round.broken();
                }
            }
            self.taker.forget_held();
            self.tell_healed(wall, wish.partition, wish.slot);
        }
    }

    /// Applies what happened to a symbol behind the position of its book.
    fn apply_held(&mut self, wish: &Wish, at: Option<(ChannelId, Position)>) {
        let Self {
            taker,
            books,
            counters,
            ..
        } = self;
        for (channel, event) in taker.held(wish) {
            let is_in_book =
                at.is_some_and(|(of, position)| of == channel && event.seq_num <= position.seq_num);
            if is_in_book {
                continue;
            }
            let applied: Result<_, UnknownSymbol> = books.apply(channel, event);
            let is_refused = applied.is_ok_and(|applied| applied.rejection.is_some());
            counters.rejected += u64::from(is_refused);
        }
    }

    /// Keeps what happens to symbols whose books are asked for; says whether it is to be applied now.
    pub(super) fn keep_for_wishes(&mut self, channel: ChannelId, event: &FeedEvent) -> bool {
        match self.taker.keep(channel, event) {
            Keep::Apply => true,
            Keep::Later => false,
            Keep::NoRoom => {
                self.give_up_wishes(|_| true);
                true
            }
        }
    }

    /// What happened to all symbols of a partition is in no book that is on its way.
    pub(super) fn give_up_wishes_of(&mut self, partition: Partition) {
        self.give_up_wishes(|wish| wish.partition == partition);
        self.taker.round.hurry();
    }

    /// Gives up wishes that nobody answers.
    pub(super) fn give_up_overdue_wishes(&mut self, now: Instant) {
        let Self { taker, books, .. } = self;
        self.counters.snapshots_given_up += u64::from(taker.give_up_overdue(now, books));
    }

    pub(super) fn give_up_wish_for(&mut self, event: &FeedEvent) {
        self.give_up_wish_for_symbol(event.symbol_index);
    }

    pub(super) fn give_up_wish_for_symbol(&mut self, symbol_index: SymbolIndex) {
        self.give_up_wishes(|wish| wish.symbol_index == symbol_index);
    }

    pub(super) fn give_up_all_wishes(&mut self) {
        self.give_up_wishes(|_| true);
    }

    fn give_up_one(&mut self, id: u32) {
        self.give_up_wishes(|wish| wish.id() == id);
    }

    fn give_up_wishes(&mut self, is_meant: impl Fn(&Wish) -> bool) {
        let Self { taker, books, .. } = self;
        self.counters.snapshots_given_up += u64::from(taker.give_up(books, is_meant));
    }

    /// Reports the books at the end, once all that can be had was had, or it took too long.
    pub(super) fn digest_when_healed(&mut self, now: Instant) {
        if self.phase != Phase::Ended || self.mail.has_digests() {
            return;
        }
        let timeout = self.config.limits.end_timeout;
        let until = *self.heals_until.get_or_insert_with(|| now.after(timeout));
        let is_read = self.scrubbing.is_over();
        if is_read && (self.is_sound() || self.taker.round.is_done()) || until <= now {
            self.give_up_wishes(|_| true);
            self.taker.round.finish();
            self.mail.digest(&self.books, &self.symbols);
        }
    }

    /// There is a controller again: what could not be had without one is asked for once more before the
    /// books are reported.
    pub(super) fn heal_once_more(&mut self) {
        self.heals_until = None;
        self.taker.round.begin_last();
        self.mail.forget_digests();
    }

    /// Whether no book could be better by a snapshot.
    fn is_sound(&self) -> bool {
        let slots = self.symbols.iter();
        let mut slots = slots.filter_map(|&(_, symbol_index)| self.books.slot(symbol_index));
        self.taker.is_idle() && !slots.any(|slot| is_ill(&self.books, slot, true))
    }

    /// Writes a wish, or a part of a book that somebody else wished for.
    pub(super) fn compose_healing(&mut self, now: Instant) {
        if !matches!(self.phase, Phase::Running | Phase::Ended) || self.mail.is_waiting() {
            return;
        }
        let who = (self.run, self.node);
        while let Some(symbol) = self.taker.next_symbol(&self.books, &self.symbols) {
            if let Some(message) = self.taker.wish(now, who, &self.streams, symbol) {
                self.counters.snapshots_asked += 1;
                return self.mail.put(message);
            }
        }
        let Self {
            giver,
            books,
            streams,
            mail,
            counters,
            ..
        } = self;
        mail.fill(|to| {
            let (length, is_new) = giver.write(books, streams, who, to);
            counters.snapshots_given += u64::from(is_new);
            length
        });
    }

    /// Tells the trust in a symbol whose book is replaced, and when that is live all there is to see.
    fn tell_healed(&mut self, wall: UnixNanos, partition: Partition, slot: SymbolSlot) {
        let of_channel = self
            .books
            .channel(slot)
            .map(|channel| StreamId { channel, partition });
        let known = of_channel.filter(|&stream| self.streams.is_known(stream));
        let part = self.streams.partition_at(partition);
        let Some((stream, part)) = known.or_else(|| self.streams.any_of(partition)).zip(part)
        else {
            return;
        };
        self.telling
            .begin_batch(&mut self.streams, wall, stream, part);
        self.telling
            .rebuilt(&self.streams, &self.books, wall, partition, slot);
    }
}
