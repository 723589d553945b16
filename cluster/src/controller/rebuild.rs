//! Books that no replica can give are made out of the feed, which the rim reads again from its start.
//!
//! Wishes for one partition are answered together, out of one reading; those that come meanwhile have
//! their turn next, and the reading goes on from where it is. Whoever waits is told with every beat that
//! it is under way, as long as it gets on.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use oxberry_core::units::{Instant, Position};
use oxberry_proto::flow::StreamPosition;
use oxberry_proto::snapshot::{NoSnapshot, SnapshotUnderWay};
use oxberry_proto::{NodeId, Partition, StreamId};

use super::message::plain;
use super::node::Node;
use super::vain::Vain;
use super::wishes::{Wished, Wishes};
use super::{Command, Controller, Phase, RebuildReport, Report};
use crate::limits::{
    BEATS_OF_KEEPING, BEATS_OF_TURN, REBUILD_ORDERS, REBUILT_PARTS, REBUILT_PAUSE,
};
use crate::rebuild::{BookAnswer, RebuildOrder};
use crate::reminder::Reminder;

/// What is made out of the feed, and what was.
#[derive(Debug, Default)]
pub(super) struct Rebuilds {
    /// How many orders were given.
    orders: u32,
    /// The reading that is under way.
    reading: Option<Reading>,
    /// The partition whose books the rim has.
    held: Option<HeldPartition>,
    /// What was not live by the feed either.
    vain: Vain,
    /// Why the feed cannot be read again at all.
    impossible: bool,
    /// When those who wait are to be told that it is under way.
    next_word: Instant,
    /// Parts of books that have not left yet, and for whom.
    parts: VecDeque<(NodeId, Vec<u8>)>,
    /// When the next of them leave.
    next_parts: Instant,
}

/// A reading that is under way.
#[derive(Debug)]
struct Reading {
    order: RebuildOrder,
    /// Packets that were read.
    packets: u64,
    /// When that became more.
    progressed: Instant,
    reminder: Reminder,
}

/// Books that the rim has, and what came of them.
#[derive(Clone, Copy, Debug)]
struct HeldPartition {
    partition: Partition,
    since: Instant,
    books: u64,
    not_live: u64,
}

impl Controller {
    /// No replica can give a book: it is made out of the feed, if that may be of any use.
    pub(super) fn ask_source(&mut self, now: Instant, id: NodeId, wish: u32) {
        let Some(wished) = self.wishes.of(id, wish) else {
            return;
        };
        let reason = if wished.asked > 0 {
            NoSnapshot::NotLive
        } else {
            NoSnapshot::Alone
        };
        wished.is_at_source = true;
        let may_help = self.wishes.of(id, wish).is_some_and(|wished| {
            let has_ended = self.phase == Phase::AwaitDigests;
            let is_running = has_ended || self.phase == Phase::Running;
            // A replica that has not heard all channels yet cannot say from where on it keeps what
            // happens to the symbol.
            let names_all = wished.from.len() == self.config.channels.len();
            let is_vain = self.rebuilds.vain.holds(now, wished, has_ended);
            is_running && wished.has_lost && names_all && !is_vain && !self.rebuilds.impossible
        });
        if may_help {
            self.begin_reading(now);
        } else {
            self.refuse_book(id, wish, reason);
        }
    }

    /// When [`tend_rebuilds`](Self::tend_rebuilds) has something to do.
    pub(super) fn rebuilds_due(&self) -> Option<Instant> {
        let limits = &self.config.limits;
        let is_any = self.wishes.at_source().next().is_some();
        let word = (is_any || self.rebuilds.reading.is_some()).then_some(self.rebuilds.next_word);
        let held = self
            .rebuilds
            .held
            .filter(|_| self.rebuilds.reading.is_none());
        let turn = held.map(|held| held.ends(limits.beat, is_any));
        let parts = (!self.rebuilds.parts.is_empty()).then_some(self.rebuilds.next_parts);
        word.into_iter().chain(turn).chain(parts).min()
    }

    /// Says to those who wait that it is under way, and gives a reading up that does not get on or that
    /// nobody waits for any more.
    pub(super) fn tend_rebuilds(&mut self, now: Instant) {
        self.forget_wishes_of_the_dead();
        self.send_parts(now);
        let beat = self.config.limits.beat;
        let stuck = self.config.limits.end_timeout;
        if self.rebuilds.reading.is_some() && self.rebuilds.is_unwanted(&self.wishes) {
            self.abandon_reading();
        }
        let is_stuck = |reading: &Reading| reading.progressed.after(stuck) <= now;
        if self.rebuilds.reading.as_ref().is_some_and(is_stuck) {
            self.give_up_reading(now, "it does not get on".into());
        }
        if self.rebuilds.next_word <= now {
            self.rebuilds.next_word = now.after(beat);
            self.say_under_way(now);
        }
        let is_any = self.wishes.at_source().next().is_some();
        if let Some(held) = self.rebuilds.held
            && self.rebuilds.reading.is_none()
            && held.ends(beat, is_any) <= now
        {
            self.let_go(held);
        }
        self.begin_reading(now);
    }

    /// The rim has read on.
    pub fn handle_rebuild_progress(&mut self, now: Instant, packets: u64) {
        if let Some(reading) = &mut self.rebuilds.reading
            && reading.packets < packets
        {
            reading.packets = packets;
            reading.progressed = now;
        }
    }

    /// The rim has the books of an order.
    pub fn handle_rebuilt(&mut self, now: Instant, id: u32, answers: Vec<BookAnswer>) {
        if self
            .rebuilds
            .reading
            .as_ref()
            .is_none_or(|reading| reading.order.id != id)
        {
            // It was abandoned.
            return;
        }
        self.rebuilds.reading = None;
        let mut counts = [0, 0];
        for (book, parts) in answers {
            let waits = self.wishes.of(book.to, book.wish);
            let Some(from) = waits
                .filter(|one| one.is_at_source)
                .map(|one| one.from.clone())
            else {
                continue;
            };
            match parts {
                Ok(messages) => {
                    counts[0] += 1;
                    self.rebuilds.vain.forget(book.symbol_index);
                    self.wishes.take(book.to, book.wish);
                    let parts = messages.into_iter().map(|message| (book.to, message));
                    self.rebuilds.parts.extend(parts);
                }
                Err(reason) => {
                    counts[1] += 1;
                    let beat = self.config.limits.beat;
                    self.rebuilds.vain.note(now, beat, book.symbol_index, from);
                    self.refuse_book(book.to, book.wish, reason);
                }
            }
        }
        self.counters.books_rebuilt += counts[0];
        if let Some(held) = &mut self.rebuilds.held {
            held.since = now;
            held.books += counts[0];
            held.not_live += counts[1];
        }
        self.send_parts(now);
        self.begin_reading(now);
    }

    /// Sends as many parts of books as may leave at once.
    fn send_parts(&mut self, now: Instant) {
        if self.rebuilds.parts.is_empty() || self.rebuilds.next_parts > now {
            return;
        }
        self.rebuilds.next_parts = now.after(REBUILT_PAUSE);
        for _ in 0..REBUILT_PARTS {
            let Some((to, message)) = self.rebuilds.parts.pop_front() else {
                break;
            };
            self.pass_on_to(to, &message);
        }
    }

    /// The rim cannot read the feed again: now, or, when it is `for_good`, at all.
    pub fn handle_rebuild_failed(&mut self, now: Instant, id: u32, why: String, for_good: bool) {
        if self
            .rebuilds
            .reading
            .as_ref()
            .is_some_and(|reading| reading.order.id == id)
        {
            self.rebuilds.impossible |= for_good;
            self.give_up_reading(now, why);
        }
    }

    /// Has the feed read for the wishes of a partition, unless it is being read.
    fn begin_reading(&mut self, now: Instant) {
        if self.rebuilds.reading.is_some() {
            return;
        }
        let waiting = |partition| {
            let mut waiting = self.wishes.at_source();
            waiting.any(|one| one.partition == partition)
        };
        let held = self.rebuilds.held.map(|held| held.partition);
        let partition = match held {
            // Others have their turn when nobody has wished for more of these for a while.
            Some(held) => Some(held).filter(|&held| waiting(held)),
            None => self.wishes.at_source().next().map(|one| one.partition),
        };
        let Some(partition) = partition else {
            return;
        };
        self.rebuilds.orders = self.rebuilds.orders.wrapping_add(1);
        let order = self.order(partition);
        if held.is_none() {
            let symbols = order.books.len();
            self.report_rebuild(RebuildReport::Begun { partition, symbols });
            self.rebuilds.held = Some(HeldPartition {
                partition,
                since: now,
                books: 0,
                not_live: 0,
            });
        }
        self.rebuilds.next_word = now;
        self.rebuilds.reading = Some(Reading {
            order: order.clone(),
            packets: 0,
            progressed: now,
            reminder: Reminder::new(now),
        });
        self.commands.push_back(Command::Rebuild(order));
    }

    /// What is to be made for all who wait for books of a partition.
    fn order(&self, partition: Partition) -> RebuildOrder {
        let wishes = self.wishes.at_source();
        let wishes: Vec<_> = wishes.filter(|one| one.partition == partition).collect();
        let mut streams: BTreeMap<StreamId, Position> = BTreeMap::new();
        for one in wishes.iter().flat_map(|wished| &wished.from) {
            let position = streams.entry(one.stream).or_default();
            *position = one.position.max(*position);
        }
        let rooms = wishes.iter().filter_map(|one| self.nodes.get(one.node));
        let room = rooms.map(|node| node.max_orders).max();
        RebuildOrder {
            id: self.rebuilds.orders,
            run: self.run,
            partition,
            streams: streams
                .into_iter()
                .map(|(stream, position)| StreamPosition { stream, position })
                .collect(),
            orders: room.unwrap_or(0).min(REBUILD_ORDERS),
            books: wishes.iter().map(|wished| wished.book()).collect(),
        }
    }

    /// Tells those who wait for a reading that it is under way, and now and then a person.
    fn say_under_way(&mut self, now: Instant) {
        let Some(reading) = &mut self.rebuilds.reading else {
            return;
        };
        let (partition, packets) = (reading.order.partition, reading.packets);
        if reading.reminder.take(now) {
            self.report_rebuild(RebuildReport::UnderWay { partition, packets });
        }
        let run = self.run;
        let waiting = self.wishes.at_source().map(Wished::book);
        for book in waiting.collect::<Vec<_>>() {
            let (to, wish) = (book.to, book.wish);
            self.pass_on_to(to, &plain(&SnapshotUnderWay { run, to, wish }));
        }
    }

    /// The books cannot be made, and those who wait for them need not wait.
    fn give_up_reading(&mut self, now: Instant, why: String) {
        let Some(reading) = self.rebuilds.reading.take() else {
            return;
        };
        let partition = reading.order.partition;
        self.report_rebuild(RebuildReport::Failed { partition, why });
        let beat = self.config.limits.beat;
        for wished in self.wishes.at_source() {
            // Another time it may get on, wherever those who wish are then.
            let vain = &mut self.rebuilds.vain;
            vain.note(now, beat, wished.symbol_index, Vec::new());
        }
        let waiting = self.wishes.at_source().map(Wished::book);
        for book in waiting.collect::<Vec<_>>() {
            self.refuse_book(book.to, book.wish, NoSnapshot::Alone);
        }
        self.forget_books();
    }

    /// Nobody waits any more for what is being read.
    fn abandon_reading(&mut self) {
        if let Some(reading) = self.rebuilds.reading.take() {
            let partition = reading.order.partition;
            self.report_rebuild(RebuildReport::Abandoned { partition });
            self.forget_books();
        }
    }

    /// The books of a partition have not been wished for any more for a while.
    fn let_go(&mut self, held: HeldPartition) {
        self.report_rebuild(RebuildReport::Done {
            partition: held.partition,
            books: held.books,
            not_live: held.not_live,
        });
        self.forget_books();
    }

    fn report_rebuild(&mut self, report: RebuildReport) {
        self.report(Report::Rebuild(report));
    }

    fn forget_books(&mut self) {
        self.rebuilds.held = None;
        self.commands.push_back(Command::ForgetRebuild);
    }

    fn forget_wishes_of_the_dead(&mut self) {
        let Self { nodes, wishes, .. } = self;
        match self.phase {
            Phase::Running | Phase::AwaitDigests => {
                wishes.retain(|id| nodes.get(id).is_some_and(Node::is_alive));
            }
            Phase::AwaitVisual
            | Phase::AwaitNodes
            | Phase::AwaitReady
            | Phase::AwaitFarewell { .. }
            | Phase::Over => {
                wishes.clear();
                self.rebuilds.parts.clear();
            }
        }
    }
}

impl Rebuilds {
    /// Whether none of the wishes that are being read for is left.
    fn is_unwanted(&self, wishes: &Wishes) -> bool {
        let Some(reading) = &self.reading else {
            return false;
        };
        let is_left = |one: &Wished| one.partition == reading.order.partition;
        !wishes.at_source().any(is_left)
    }
}

impl HeldPartition {
    /// When the books are let go, if nobody wishes for any more; sooner when others wait for theirs.
    fn ends(&self, beat: Duration, others_wait: bool) -> Instant {
        let beats = if others_wait {
            BEATS_OF_TURN
        } else {
            BEATS_OF_KEEPING
        };
        self.since.after(beat * beats)
    }
}
