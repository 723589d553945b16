//! Where a channel leaves: streams, the socket, and the pipe that credit comes through.

use core::time::Duration;
use std::sync::Arc;

use oxberry_cluster::channel::{ChannelStreams, Occurrence, Occurrences};
use oxberry_cluster::limits::Limits;
use oxberry_cluster::partition::PartitionTable;
use oxberry_core::feed::{Beginning, FeedEvent, Follower, Lost};
use oxberry_core::units::{ChannelId, Instant, Position, SeqNum, UnixNanos};
use oxberry_net::metrics::Readings;
use oxberry_net::{Clock, Interest, NetError, Pipe, SynchronizedPublisher, wait};
use oxberry_proto::status::ChannelStatus;
use oxberry_proto::{Partition, Run};

use crate::channel::{MESSAGE_BYTES, ToChannel};
use crate::metrics::OutletReadings;
use crate::pace::{Pace, Skipped, Speed};
use crate::progress::Progress;

/// How a wait for the main thread ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    /// The time has come, or credit has.
    GoOn,
    /// The main thread wants no more.
    Stop,
}

/// Packets between two looks at the clocks while none is waited for: they take some tens of
/// microseconds together, and a look costs as much as an event.
const PACKETS_A_LOOK: u32 = 32;

/// The way out of one channel.
#[derive(Debug)]
pub(crate) struct Outlet {
    streams: ChannelStreams,
    /// Whether what comes next may have been published by the controller before.
    is_behind: bool,
    table: Arc<PartitionTable>,
    publisher: SynchronizedPublisher,
    pipe: Pipe,
    clock: Clock,
    /// When coverage is to be told again.
    next_coverage: Instant,
    /// Where the main thread finds how far it is.
    progress: Progress,
    /// The wall clock when the present packet came, or not many before it.
    now: UnixNanos,
    /// Packets that were not waited for.
    turn: u32,
    /// What the window did not let out yet.
    waiting: Occurrences,
    /// Why a frame could not be sent.
    failed: Option<NetError>,
    counters: Counters,
    /// When the replay's clock was looked at last.
    looked_at: Instant,
    /// How far the replay was behind its pace then.
    behind: Duration,
    /// Where its metrics go, if anybody may read them.
    left: Option<Arc<Readings<OutletReadings>>>,
}

/// What left, and what was waited for.
#[derive(Clone, Copy, Debug, Default)]
struct Counters {
    events: u64,
    /// Packets that were awaited.
    packets: u64,
    losses: u64,
    lost_messages: u64,
    batches: u64,
    bytes: u64,
    waits: u64,
    waited: Duration,
    /// Times that coverage was told.
    beats: u64,
    /// Times that a replica lacked something.
    repairs: u64,
    /// Those of them for which some of it was not there any more.
    repairs_gone: u64,
    /// What was published again.
    repeated_batches: u64,
    repeated_bytes: u64,
}

impl Counters {
    fn sent(&mut self, frame: &[u8]) {
        self.batches += 1;
        self.bytes += frame.len() as u64;
    }
}

/// What a channel brings leaves at once as long as the window allows it.
impl Follower for Outlet {
    fn event(&mut self, event: FeedEvent) {
        self.take(Occurrence::Event(event));
    }

    fn begins(&mut self, beginning: Beginning) {
        self.take(Occurrence::Begins(beginning));
    }

    fn lost(&mut self, lost: Lost) {
        self.counters.losses += 1;
        self.counters.lost_messages += u64::from(lost.messages());
        self.take(Occurrence::Lost(lost));
    }

    fn settled(&mut self, before: SeqNum) {
        self.take(Occurrence::Settled(before));
    }
}

impl Outlet {
    pub(crate) fn new(
        channel: ChannelId,
        table: Arc<PartitionTable>,
        publisher: SynchronizedPublisher,
        pipe: Pipe,
        (clock, progress): (Clock, Progress),
        left: Option<Arc<Readings<OutletReadings>>>,
    ) -> Self {
        let partitions = table.partitions();
        // The run is known when the feed starts.
        let streams = ChannelStreams::new(Run::default(), channel, partitions, Limits::DEFAULT);
        Self {
            streams,
            is_behind: false,
            table,
            publisher,
            pipe,
            clock,
            next_coverage: Instant::default(),
            progress,
            now: UnixNanos::default(),
            turn: 0,
            waiting: Occurrences::default(),
            failed: None,
            counters: Counters::default(),
            looked_at: Instant::default(),
            behind: Duration::ZERO,
            left,
        }
    }

    /// The channel.
    pub(crate) const fn channel(&self) -> ChannelId {
        self.streams.channel()
    }

    /// Events published.
    pub(crate) const fn events(&self) -> u64 {
        self.counters.events
    }

    /// Times that coverage was told.
    pub(crate) const fn beats(&self) -> u64 {
        self.counters.beats
    }

    /// When the clock was looked at last.
    pub(crate) const fn looked_at(&self) -> Instant {
        self.looked_at
    }

    /// Up to where the channel was read, or given up.
    pub(crate) const fn covered(&self) -> Position {
        self.streams.covered()
    }

    /// Waits for the word to begin; `None` when there will be none.
    pub(crate) fn await_start(
        &mut self,
        speed: Speed,
        skipped: Skipped,
    ) -> Result<Option<Pace>, NetError> {
        loop {
            wait(&self.clock, None, [self.pipe.poll_item(Interest::Read)])?;
            match self.hear()? {
                Some(ToChannel::Start {
                    run,
                    first_sent,
                    now,
                }) => {
                    self.streams.set_run(run);
                    self.is_behind = self.streams.is_behind();
                    self.next_coverage = self.clock.now();
                    return Ok(Some(Pace::new(speed, first_sent, now, skipped)));
                }
                // Of a run that is gone on with: who is waited for, and how far they are.
                Some(message) => drop(self.obey(message)?),
                None => {}
            }
        }
    }

    /// The time, as the replay counts it.
    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Whether all who hold a partition have had what comes next, which then has no time. It is not asked
    /// again once it is not so.
    pub(crate) fn is_behind(&mut self) -> bool {
        self.is_behind = self.is_behind && self.streams.is_behind();
        self.is_behind
    }

    /// Waits until a packet is due. What was published before leaves first: nobody waits for
    /// events that are there already.
    pub(crate) fn wait_until(&mut self, due: Option<Instant>) -> Result<Waited, NetError> {
        self.counters.packets += 1;
        if due.is_none() {
            self.turn = self.turn.wrapping_add(1);
            if !self.turn.is_multiple_of(PACKETS_A_LOOK) {
                return self.take_credit();
            }
        }
        let now = self.clock.now();
        self.now = self.clock.wall();
        self.leave_progress(false);
        self.looked_at = now;
        self.behind = due.map_or(Duration::ZERO, |due| now.since(due));
        self.tell_coverage_when_due(now)?;
        let Some(due) = due else {
            return self.take_credit();
        };
        if due > now {
            self.flush()?;
        }
        while due > self.clock.now() {
            if self.wait_for_credit(Some(due))? == Waited::Stop {
                return Ok(Waited::Stop);
            }
            self.flush()?;
        }
        self.take_credit()
    }

    /// Publishes what could not leave at once, when the window allows it, and leaves none. All up to
    /// `through` was read; what was seen of the feed reaches up to `seen`.
    pub(crate) fn publish_waiting(
        &mut self,
        through: SeqNum,
        seen: SeqNum,
    ) -> Result<Waited, NetError> {
        while let Some(&occurrence) = self.waiting.front() {
            if self.push(&occurrence) {
                self.waiting.pop_front();
            } else if self.wait_for_window()? == Waited::Stop {
                return Ok(Waited::Stop);
            } else {
                self.now = self.clock.wall();
            }
        }
        self.streams.cover(through);
        self.streams.set_seen(seen);
        self.failed.take().map_or(Ok(Waited::GoOn), Err)
    }

    /// Publishes an occurrence, or lets it wait.
    fn take(&mut self, occurrence: Occurrence) {
        if !self.waiting.is_empty() || !self.push(&occurrence) {
            self.waiting.push(occurrence);
        }
    }

    /// Publishes an occurrence; false when the window does not allow it.
    fn push(&mut self, occurrence: &Occurrence) -> bool {
        let Self {
            streams,
            publisher,
            table,
            failed,
            counters,
            ..
        } = self;
        let pushed = streams.push(occurrence, table, self.now, &mut |frame| {
            if failed.is_none() {
                counters.sent(frame);
                *failed = publisher.publish(frame).err();
            }
        });
        let is_taken = pushed.is_ok();
        self.counters.events += u64::from(is_taken && matches!(occurrence, Occurrence::Event(_)));
        is_taken
    }

    /// Sends everything that waits, then the end of every stream.
    pub(crate) fn end(&mut self) -> Result<Waited, NetError> {
        self.flush()?;
        while !self.streams.is_flushed() {
            if self.wait_for_window()? == Waited::Stop {
                return Ok(Waited::Stop);
            }
            self.flush()?;
        }
        let mut sent = Ok(());
        let Self {
            streams, publisher, ..
        } = self;
        streams.end(&mut |frame| {
            if sent.is_ok() {
                sent = publisher.publish(frame);
            }
        });
        self.leave_progress(true);
        sent.map(|()| Waited::GoOn)
    }

    /// Leaves how far it is for the main thread to find.
    fn leave_progress(&self, ended: bool) {
        let Counters {
            events,
            packets,
            losses,
            lost_messages,
            ..
        } = self.counters;
        self.progress.set(ChannelStatus {
            channel: self.channel(),
            position: self.covered(),
            ended,
            packets,
            events,
            losses,
            lost_messages,
        });
    }

    /// When [`tell_coverage_when_due`](Self::tell_coverage_when_due) has something to tell.
    pub(crate) const fn poll_timeout(&self) -> Instant {
        self.next_coverage
    }

    fn flush(&mut self) -> Result<(), NetError> {
        let now = self.clock.wall();
        let mut sent = Ok(());
        let Self {
            streams,
            publisher,
            counters,
            ..
        } = self;
        streams.flush(now, &mut |frame| {
            if sent.is_ok() {
                counters.sent(frame);
                sent = publisher.publish(frame);
            }
        });
        sent
    }

    /// Says again how far every stream is, when it is time; of a channel that has ended whoever holds
    /// its way out goes on with that, since the end of a stream may be lost.
    pub(crate) fn tell_coverage_when_due(&mut self, now: Instant) -> Result<(), NetError> {
        if now < self.next_coverage {
            return Ok(());
        }
        self.next_coverage = now.after(Limits::DEFAULT.beat);
        self.counters.beats += 1;
        self.leave_metrics(now);
        // Batches leave first, as those that they are.
        self.flush()?;
        let mut sent = Ok(());
        let Self {
            streams,
            publisher,
            clock,
            ..
        } = self;
        streams.tell_coverage(clock.wall(), &mut |frame| {
            if sent.is_ok() {
                sent = publisher.publish(frame);
            }
        });
        sent
    }

    /// Waits until the main thread says that more may leave.
    fn wait_for_window(&mut self) -> Result<Waited, NetError> {
        let since = self.clock.now();
        let waited = self.wait_for_credit(None)?;
        self.counters.waits += 1;
        self.counters.waited += self.clock.now().since(since);
        Ok(waited)
    }

    /// Leaves what the channel is like for others to read.
    fn leave_metrics(&self, now: Instant) {
        let Some(left) = &self.left else { return };
        let Counters {
            events,
            batches,
            bytes,
            waits,
            waited,
            repairs,
            repairs_gone,
            repeated_batches,
            repeated_bytes,
            ..
        } = self.counters;
        let nanos = |duration: Duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let readings = OutletReadings {
            events,
            batches,
            bytes,
            waits,
            waited_ns: nanos(waited),
            repairs,
            repairs_gone,
            repeated_batches,
            repeated_bytes,
            bytes_in_flight: self.streams.bytes_in_flight(),
            batches_in_flight: self.streams.batches_in_flight(),
            waiting: self.waiting.len(),
            covered: self.covered().seq_num.raw(),
            behind_ns: nanos(self.behind),
        };
        left.leave(now, &readings);
    }

    /// Waits for the main thread, or until `due`, then takes all that it said. Whoever waits says
    /// all the while how far the streams are.
    fn wait_for_credit(&mut self, due: Option<Instant>) -> Result<Waited, NetError> {
        self.leave_progress(false);
        let until = due.map_or(self.next_coverage, |due| due.min(self.next_coverage));
        let item = [self.pipe.poll_item(Interest::Read)];
        wait(&self.clock, Some(until), item)?;
        self.tell_coverage_when_due(self.clock.now())?;
        self.take_credit()
    }

    /// Takes what the main thread has said, without waiting.
    fn take_credit(&mut self) -> Result<Waited, NetError> {
        loop {
            let Some(message) = self.hear()? else {
                return Ok(Waited::GoOn);
            };
            if self.obey(message)? == Waited::Stop {
                return Ok(Waited::Stop);
            }
        }
    }

    /// Does what the main thread says.
    pub(crate) fn obey(&mut self, message: ToChannel) -> Result<Waited, NetError> {
        match message {
            ToChannel::Credit { partition, acked } => self.streams.handle_credit(partition, acked),
            ToChannel::Repair {
                partition,
                from,
                to,
            } => self.repair(partition, from, to)?,
            ToChannel::Held { partition, is_held } => self.streams.set_held(partition, is_held),
            ToChannel::Stop => return Ok(Waited::Stop),
            ToChannel::Start { .. } => {}
        }
        Ok(Waited::GoOn)
    }

    /// Publishes again what a replica lacks.
    fn repair(
        &mut self,
        partition: Partition,
        from: Position,
        to: Position,
    ) -> Result<(), NetError> {
        let mut sent = Ok(());
        let Self {
            streams, publisher, ..
        } = self;
        let repaired = streams.repair(partition, from, to, &mut |frame| {
            if sent.is_ok() {
                sent = publisher.publish(frame);
            }
        });
        self.counters.repairs += 1;
        self.counters.repairs_gone += u64::from(repaired.is_gone);
        self.counters.repeated_batches += repaired.batches;
        self.counters.repeated_bytes += repaired.bytes;
        sent
    }

    fn hear(&mut self) -> Result<Option<ToChannel>, NetError> {
        let mut buffer = [0; MESSAGE_BYTES];
        let message = self.pipe.recv(&mut buffer)?;
        Ok(message.map(|bytes| postcard::from_bytes(bytes).expect("our own thread wrote it")))
    }
}
