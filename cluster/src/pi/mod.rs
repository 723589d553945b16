//! The Pi's brain: joins the cluster, applies batches to its books, and says what changed.
//!
//! Once it took its assignment, nothing here allocates: every buffer is made by then, and frames are
//! read in place.

mod news;
mod outbox;
mod streams;

use std::collections::VecDeque;

use oxberry_core::book::{Books, Digest, Rejection, SymbolSlot, Trust};
use oxberry_core::feed::FeedEvent;
use oxberry_core::units::{ChannelId, Instant, SymbolIndex, SymbolSeqNum, UnixNanos};
use oxberry_proto::flow::{Batch, Digests, EndOfStream, Finish, Heartbeat, PartitionDigest};
use oxberry_proto::limits::{MAX_BATCH_BYTES, MAX_LIST_HEAD_BYTES, MAX_PARTITIONS};
use oxberry_proto::start::{Hello, Ping, Ready, Refused, RefusedReason, SetupPi};
use oxberry_proto::{
    EventNum, Kind, NodeId, NodeName, Partition, ProtoError, RecordsWriter, SCHEMA_FINGERPRINT,
    StreamId, Topic, decode, decode_list, encode, kind_of,
};

use self::outbox::Outbox;
use self::streams::{Arrival, Streams};
use crate::limits::{HEARTBEAT_INTERVAL, HELLO_INTERVAL, WAITING_REPORT_INTERVAL};

/// Bytes of one partition's digest in postcard, at most.
const MAX_DIGEST_BYTES: usize = 28;

/// Bytes of the largest message that a Pi sends to the controller: its digests.
const MAX_SENT_BYTES: usize = MAX_LIST_HEAD_BYTES + MAX_PARTITIONS * MAX_DIGEST_BYTES;

const _: () = assert!(MAX_SENT_BYTES >= MAX_BATCH_BYTES);

/// Events that are read before they are applied together.
const GROUP: usize = 64;

/// Rejections, and unreadable frames, that are reported one by one; the others are only counted.
const REPORTED_REJECTIONS: u64 = 8;

/// What a Pi is.
#[derive(Clone, Debug)]
pub struct PiConfig {
    /// The name a person gave to it; unique in the cluster.
    pub name: NodeName,
    /// How many orders its books hold.
    pub max_orders: u32,
    /// How many symbols its books hold.
    pub max_symbols: u32,
}

/// What the rim is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Subscribe to a topic.
    Subscribe(Topic),
    /// Tell a person.
    Report(Report),
    /// All is over: everything was sent.
    Stop(Stop),
}

/// What a person should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// The controller has not answered yet.
    AwaitingController,
    /// The assignment came.
    Assigned {
        /// The node's number.
        node: NodeId,
        /// How many partitions.
        partitions: usize,
        /// How many symbols.
        symbols: usize,
    },
    /// Pings of all partitions came through.
    Ready,
    /// Events are missing in a stream: the symbols of its partition are stale.
    StreamGap {
        /// The stream.
        stream: StreamId,
        /// The event that was expected.
        expected: EventNum,
        /// How many are missing.
        missing: u64,
    },
    /// A frame could not be read; what it held is missing.
    BadFrame(ProtoError),
    /// The books refused an event. Only the first few are reported, all are counted.
    Rejected {
        /// The symbol.
        symbol_index: SymbolIndex,
        /// The number of the message within its symbol.
        symbol_seq_num: Option<SymbolSeqNum>,
        /// Why.
        rejection: Rejection,
    },
    /// All streams have ended.
    Ended {
        /// Events applied.
        events: u64,
    },
}

/// Why a Pi stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The feed is over.
    Finished {
        /// Whether all replicas were equal.
        equal: bool,
    },
    /// The controller does not want it.
    Refused(RefusedReason),
}

/// Totals since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Events applied to the books.
    pub events: u64,
    /// Events that the books refused, each of which left its symbol stale or changed nothing.
    pub rejected: u64,
    /// Batches applied.
    pub batches: u64,
    /// Events that came again and were skipped.
    pub duplicates: u64,
    /// Events missing in streams.
    pub missing: u64,
    /// Frames that could not be read.
    pub bad_frames: u64,
    /// Stock events pushed.
    pub stock_events: u64,
}

/// How far the Pi is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Joining { next_hello: Instant },
    Pinging,
    Running,
    Ended,
    Finishing { equal: bool },
    Over,
}

/// A Pi.
#[derive(Debug)]
pub struct Pi<'s> {
    config: PiConfig,
    books: Books<'s>,
    phase: Phase,
    node: NodeId,
    streams: Streams,
    /// The symbols of every partition, in the order of the partitions.
    symbols: Vec<(Partition, SymbolIndex)>,
    /// Whether a ping of the partition came, in the order of the partitions.
    pinged: Vec<bool>,
    /// Symbols still to be marked stale after a gap: a range of `symbols`.
    sweep: core::ops::Range<usize>,
    outbox: Outbox,
    /// The message that is to be sent to the controller next.
    sending: Box<[u8]>,
    sending_len: usize,
    ready_due: bool,
    digests_due: bool,
    next_heartbeat: Instant,
    /// When the visualisation is to hear the next sign of life.
    next_beat: Instant,
    beat_due: bool,
    next_report: Instant,
    counters: Counters,
    /// The number of the last stock event of every symbol, by slot.
    event_nums: Box<[EventNum]>,
    commands: VecDeque<Command>,
}

impl<'s> Pi<'s> {
    /// A Pi with empty books that is about to say Hello.
    #[must_use]
    pub fn new(config: PiConfig, books: Books<'s>, now: Instant) -> Self {
        Self {
            config,
            books,
            phase: Phase::Joining { next_hello: now },
            node: NodeId::from_raw(0),
            streams: Streams::new(Vec::new(), 0),
            symbols: Vec::new(),
            pinged: Vec::new(),
            sweep: 0..0,
            outbox: Outbox::new(),
            sending: vec![0; MAX_SENT_BYTES].into_boxed_slice(),
            sending_len: 0,
            ready_due: false,
            digests_due: false,
            next_heartbeat: now,
            next_beat: now,
            beat_due: false,
            next_report: now.after(WAITING_REPORT_INTERVAL),
            counters: Counters::default(),
            event_nums: Box::default(),
            // Subscriptions come all at once; later commands are few and rare.
            commands: VecDeque::with_capacity(MAX_PARTITIONS + 64),
        }
    }

    /// Totals since the start.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// The books.
    #[must_use]
    pub const fn books(&self) -> &Books<'s> {
        &self.books
    }

    /// The next thing to do, if any.
    pub fn next_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let (message, other) = match self.phase {
            Phase::Joining { next_hello } => (Some(next_hello), self.next_report),
            Phase::Over => return None,
            Phase::Pinging | Phase::Running | Phase::Ended | Phase::Finishing { .. } => {
                let due = [Some(self.next_heartbeat), self.streams.ack_due()];
                (due.into_iter().flatten().min(), self.next_beat)
            }
        };
        // While a message cannot be sent, no other one is due: the rim waits for the socket instead.
        let message = message.filter(|_| self.sending_len == 0);
        Some(message.map_or(other, |message| message.min(other)))
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        if let Phase::Joining { .. } = self.phase
            && self.next_report <= now
        {
            self.next_report = now.after(WAITING_REPORT_INTERVAL);
            self.report(Report::AwaitingController);
        }
        if self.next_beat <= now {
            self.next_beat = now.after(HEARTBEAT_INTERVAL);
            self.beat_due = matches!(self.phase, Phase::Pinging | Phase::Running | Phase::Ended);
        }
    }

    /// The message for the controller that is due by now, if any; call
    /// [`control_sent`](Self::control_sent) once it is on its way.
    #[expect(
        clippy::missing_panics_doc,
        reason = "MAX_SENT_BYTES holds every message"
    )]
    pub fn control_message(&mut self, now: Instant) -> Option<&[u8]> {
        if self.sending_len == 0 {
            self.sending_len = self
                .compose(now)
                .expect("MAX_SENT_BYTES holds every message");
        }
        (self.sending_len > 0).then(|| self.sending.get(..self.sending_len))?
    }

    /// The message for the controller is on its way.
    pub const fn control_sent(&mut self) {
        self.sending_len = 0;
    }

    /// The frame of stock events that waits to be pushed, if any; call
    /// [`stock_sent`](Self::stock_sent) once it is on its way.
    pub fn stock_frame(&mut self, now: UnixNanos) -> Option<&[u8]> {
        self.sweep_stale(now);
        self.outbox.flush(self.node, now);
        if core::mem::take(&mut self.beat_due) && self.outbox.is_empty() {
            self.outbox.push_batch(self.node, now);
        }
        self.outbox.front()
    }

    /// The frame of stock events is on its way.
    pub fn stock_sent(&mut self) {
        self.outbox.pop();
        if let Phase::Finishing { equal } = self.phase
            && self.outbox.is_empty()
        {
            self.phase = Phase::Over;
            self.commands
                .push_back(Command::Stop(Stop::Finished { equal }));
        }
    }

    /// Whether the next data frame may be handed in. It may not while stock events pile up: who
    /// does not read the visualisation's end slows the replay instead of losing events.
    #[must_use]
    pub fn can_take_data(&self) -> bool {
        self.sweep.is_empty() && self.outbox.has_room_for_a_batch()
    }

    /// The controller sent something.
    pub fn handle_control(&mut self, now: Instant, message: &[u8]) {
        if let Err(error) = self.dispatch_control(now, message) {
            self.bad_frame(error);
        }
    }

    /// A published frame came. [`can_take_data`](Self::can_take_data) must hold.
    pub fn handle_data(&mut self, now: Instant, wall: UnixNanos, frame: &[u8]) {
        debug_assert!(self.can_take_data(), "the rim asks before it reads");
        if let Err(error) = self.dispatch_data(now, wall, frame) {
            self.bad_frame(error);
        }
    }

    fn dispatch_control(&mut self, now: Instant, message: &[u8]) -> Result<(), ProtoError> {
        match (kind_of(message)?, self.phase) {
            (Kind::SetupPi, Phase::Joining { .. }) => self.handle_setup(now, message),
            // The answer to a Hello that was repeated while it was on its way.
            (Kind::SetupPi, _) => Ok(()),
            (Kind::Refused, _) => {
                let Refused { reason } = decode(message)?;
                self.phase = Phase::Over;
                self.commands
                    .push_back(Command::Stop(Stop::Refused(reason)));
                Ok(())
            }
            (Kind::Finish, Phase::Ended) => {
                let Finish { equal } = decode(message)?;
                self.outbox.push_end(self.node, UnixNanos::default());
                self.phase = Phase::Finishing { equal };
                Ok(())
            }
            (kind, _) => Err(ProtoError::BadKind { kind: kind as u8 }),
        }
    }

    /// Takes the assignment: makes the books of its symbols and all buffers.
    fn handle_setup(&mut self, now: Instant, message: &[u8]) -> Result<(), ProtoError> {
        let (setup, assignments) = decode_list::<SetupPi>(message)?;
        let assignments = assignments.collect::<Result<Vec<_>, _>>()?;
        for assignment in &assignments {
            if self
                .books
                .define(assignment.symbol_index, assignment.scale)
                .is_err()
            {
                // The controller knows our capacity and refuses us when it is too small, so this
                // symbol is one too many by its mistake; its events will be refused and counted.
                self.counters.rejected += 1;
            }
        }
        self.symbols = assignments
            .iter()
            .map(|one| (one.partition, one.symbol_index))
            .collect();
        self.symbols.sort_unstable();
        self.event_nums = vec![EventNum::NONE; self.books.slots().len()].into_boxed_slice();
        let mut partitions: Vec<_> = self
            .symbols
            .iter()
            .map(|&(partition, _)| partition)
            .collect();
        partitions.dedup();
        let topics = partitions.iter().map(|&partition| Topic { partition });
        self.commands.extend(topics.map(Command::Subscribe));
        self.pinged = vec![false; partitions.len()];
        self.report(Report::Assigned {
            node: setup.node,
            partitions: partitions.len(),
            symbols: self.symbols.len(),
        });
        self.node = setup.node;
        self.streams = Streams::new(partitions, usize::from(setup.channels));
        self.phase = Phase::Pinging;
        self.next_heartbeat = now;
        self.ready_when_pinged();
        Ok(())
    }

    fn dispatch_data(
        &mut self,
        now: Instant,
        wall: UnixNanos,
        frame: &[u8],
    ) -> Result<(), ProtoError> {
        let (_, message) = Topic::split(frame)?;
        let kind = kind_of(message)?;
        if kind == Kind::Ping {
            let Ping { partition } = decode(message)?;
            if let Ok(at) = self.streams.partitions().binary_search(&partition)
                && let Some(pinged) = self.pinged.get_mut(at)
            {
                *pinged = true;
                self.ready_when_pinged();
            }
            Ok(())
        } else if kind == Kind::Batch {
            self.handle_batch(now, wall, message)
        } else if kind == Kind::EndOfStream {
            let EndOfStream { stream, last } = decode(message)?;
            let missing = self.streams.end(stream, last);
            if missing > 0 {
                let expected = EventNum::from_raw(last.raw() - missing).next();
                self.gap(stream, expected, missing);
            }
            self.end_when_over();
            Ok(())
        } else {
            Err(ProtoError::BadKind { kind: kind as u8 })
        }
    }

    fn handle_batch(
        &mut self,
        now: Instant,
        wall: UnixNanos,
        message: &[u8],
    ) -> Result<(), ProtoError> {
        let (head, events) = decode_list::<Batch>(message)?;
        let skip = match self.streams.arrive(head.stream, head.first, head.events) {
            Arrival::InOrder { skip } => skip,
            Arrival::Gap { missing } => {
                let expected = EventNum::from_raw(head.first.raw() - missing);
                self.gap(head.stream, expected, missing);
                0
            }
            Arrival::Duplicate => {
                self.counters.duplicates += u64::from(head.events);
                return Ok(());
            }
            // Subscribed topics are ours alone; a batch of another partition is nobody's loss.
            Arrival::Foreign => return Ok(()),
        };
        self.counters.duplicates += skip;
        let last = head.first.plus(u64::from(head.events).saturating_sub(1));
        let mut result = Ok(());
        let channel = head.stream.channel;
        let mut group = heapless::Vec::<FeedEvent, GROUP>::new();
        for event in events.skip(usize::try_from(skip).unwrap_or(usize::MAX)) {
            if group.is_full() {
                self.apply(wall, channel, &group);
                group.clear();
            }
            match event {
                Ok(event) => group.extend([event]),
                Err(error) => result = Err(error),
            }
        }
        self.apply(wall, channel, &group);
        if result.is_err() {
            // What followed the unreadable event is lost: say so rather than be wrong.
            self.stale_partition(head.stream.partition);
        }
        self.counters.batches += 1;
        self.streams.applied(now, head.stream, last);
        result
    }

    /// Applies events, and says what they changed.
    fn apply(&mut self, wall: UnixNanos, channel: ChannelId, events: &[FeedEvent]) {
        let Self {
            books,
            node,
            outbox,
            counters,
            event_nums,
            commands,
            ..
        } = self;
        books.apply_batch(channel, events, |books, event, applied| {
            counters.events += 1;
            let Ok(applied) = applied else {
                // Not one of our symbols: a batch holds only those of its partition, all defined.
                counters.rejected += 1;
                return;
            };
            if let Some(rejection) = applied.rejection {
                counters.rejected += 1;
                if counters.rejected <= REPORTED_REJECTIONS {
                    commands.push_back(Command::Report(Report::Rejected {
                        symbol_index: event.symbol_index,
                        symbol_seq_num: event.symbol_seq_num,
                        rejection,
                    }));
                }
            }
            if applied.is_news() {
                let number = count(event_nums, applied.slot);
                outbox.push(
                    *node,
                    wall,
                    &news::stock_event(books, number, applied.slot, event.ts_event, applied.trade),
                );
                counters.stock_events += 1;
            }
        });
    }

    /// Events are missing: counts and reports them, and marks the partition's symbols stale.
    fn gap(&mut self, stream: StreamId, expected: EventNum, missing: u64) {
        self.counters.missing += missing;
        self.report(Report::StreamGap {
            stream,
            expected,
            missing,
        });
        self.stale_partition(stream.partition);
    }

    fn stale_partition(&mut self, partition: Partition) {
        let start = self
            .symbols
            .partition_point(|&(known, _)| known < partition);
        let end = self
            .symbols
            .partition_point(|&(known, _)| known <= partition);
        // Two gaps before the first sweep is over make one sweep over both partitions and what
        // lies between: a needlessly stale symbol is harmless, one wrongly called live is not.
        self.sweep = if self.sweep.is_empty() {
            start..end
        } else {
            start.min(self.sweep.start)..end.max(self.sweep.end)
        };
    }

    /// Marks as many symbols stale as the outbox has room for.
    fn sweep_stale(&mut self, wall: UnixNanos) {
        while self.outbox.has_room_for_a_batch()
            && let Some(at) = self.sweep.next()
        {
            let Some(&(_, symbol_index)) = self.symbols.get(at) else {
                break;
            };
            let Some(slot) = self.books.slot(symbol_index) else {
                continue;
            };
            // The channel is that of the symbol, whichever it is.
            let channel = self.books.channel(slot).unwrap_or_default();
            if self.books.lost(slot, channel) {
                let number = count(&mut self.event_nums, slot);
                let news = news::stock_event(&self.books, number, slot, None, None);
                self.outbox.push(self.node, wall, &news);
                self.counters.stock_events += 1;
            }
        }
    }

    fn ready_when_pinged(&mut self) {
        if self.phase == Phase::Pinging && self.pinged.iter().all(|&pinged| pinged) {
            self.phase = Phase::Running;
            self.ready_due = true;
            self.report(Report::Ready);
            // With more Pis than partitions have replicas, one may have nothing to wait for.
            self.end_when_over();
        }
    }

    /// After the last end of a stream the books are final.
    fn end_when_over(&mut self) {
        if self.phase == Phase::Running && self.streams.have_ended() {
            self.phase = Phase::Ended;
            self.digests_due = true;
            self.report(Report::Ended {
                events: self.counters.events,
            });
        }
    }

    /// Writes the message that is due into `sending` and returns its length, 0 if none is.
    fn compose(&mut self, now: Instant) -> Result<usize, ProtoError> {
        if let Phase::Joining { next_hello } = &mut self.phase {
            if now < *next_hello {
                return Ok(0);
            }
            *next_hello = now.after(HELLO_INTERVAL);
            let hello = Hello {
                name: self.config.name.clone(),
                schema: SCHEMA_FINGERPRINT,
                max_orders: self.config.max_orders,
                max_symbols: self.config.max_symbols,
            };
            return encode(&hello, &mut self.sending);
        }
        if self.phase == Phase::Over {
            return Ok(0);
        }
        let node = self.node;
        if core::mem::take(&mut self.ready_due) {
            return encode(&Ready { node }, &mut self.sending);
        }
        if self.streams.ack_due().is_some_and(|due| due <= now) {
            let ack = self.streams.ack(node)?;
            let sending = self
                .sending
                .get_mut(..ack.len())
                .ok_or(ProtoError::NoRoom)?;
            sending.copy_from_slice(ack);
            return Ok(ack.len());
        }
        if self.next_heartbeat <= now {
            self.next_heartbeat = now.after(HEARTBEAT_INTERVAL);
            let heartbeat = Heartbeat {
                node,
                events: self.counters.events,
                orders: self.books.order_count(),
                stale_symbols: self.stale_symbols(0..self.symbols.len()),
            };
            return encode(&heartbeat, &mut self.sending);
        }
        // The digests are of the final books: a sweep that goes on would still change them.
        if self.digests_due && self.sweep.is_empty() {
            self.digests_due = false;
            return self.compose_digests();
        }
        Ok(0)
    }

    fn compose_digests(&mut self) -> Result<usize, ProtoError> {
        let mut start = 0;
        // After the end of all streams, so this one allocation is not in the loop of a live feed.
        let mut digests = RecordsWriter::<_, Digests>::new(vec![0; MAX_SENT_BYTES]);
        for of_partition in self.symbols.chunk_by(|(one, _), (next, _)| one == next) {
            let Some(&(partition, _)) = of_partition.first() else {
                break;
            };
            let end = start + of_partition.len();
            let slots = of_partition
                .iter()
                .filter_map(|&(_, symbol)| self.books.slot(symbol));
            let record = PartitionDigest {
                partition,
                digest: slots
                    .map(|slot| self.books.digest(slot))
                    .fold(Digest::default(), Digest::combine)
                    .raw(),
                events: self.streams.applied_of(partition),
                stale_symbols: self.stale_symbols(start..end),
            };
            digests.push(&record)?;
            start = end;
        }
        let message = digests.finish(
            &[],
            Digests {
                node: self.node,
                partitions: 0,
            },
        )?;
        let sending = self
            .sending
            .get_mut(..message.len())
            .ok_or(ProtoError::NoRoom)?;
        sending.copy_from_slice(message);
        Ok(message.len())
    }

    /// How many of these symbols have books that cannot be trusted.
    fn stale_symbols(&self, range: core::ops::Range<usize>) -> u32 {
        let symbols = self.symbols.get(range).unwrap_or_default();
        let slots = symbols
            .iter()
            .filter_map(|&(_, symbol)| self.books.slot(symbol));
        let stale = slots
            .filter(|&slot| self.books.trust(slot) != Trust::Live)
            .count();
        u32::try_from(stale).unwrap_or(u32::MAX)
    }

    fn bad_frame(&mut self, error: ProtoError) {
        self.counters.bad_frames += 1;
        if self.counters.bad_frames <= REPORTED_REJECTIONS {
            self.report(Report::BadFrame(error));
        }
    }

    fn report(&mut self, report: Report) {
        self.commands.push_back(Command::Report(report));
    }
}

/// The number of the next stock event of a symbol.
fn count(event_nums: &mut [EventNum], slot: SymbolSlot) -> EventNum {
    let at = usize::try_from(slot.raw()).unwrap_or(usize::MAX);
    let Some(number) = event_nums.get_mut(at) else {
        return EventNum::NONE;
    };
    *number = number.next();
    *number
}
