//! The Pi's brain: joins the cluster, applies batches to its books, and says what changed.
//!
//! What a batch covers is checked before anything of it is applied, so that what is missing takes the
//! books' trust away before an event could be wrong. Once it took its assignment, nothing here
//! allocates: every buffer is made by then, and frames are read in place.

mod control_mail;
mod data;
mod depth;
mod giver;
mod healing;
mod held;
mod hole;
mod joining;
mod looking;
mod membership;
mod mending;
mod news;
mod outbox;
mod output;
mod receivers;
mod ring;
mod round;
mod scrubbing;
mod standing;
mod streams;
mod taker;
mod taking;
mod telling;

use std::collections::VecDeque;

use oxberry_core::book::Books;
use oxberry_core::units::{Instant, Position, SymbolIndex, UnixNanos};
use oxberry_proto::flow::Finish;
use oxberry_proto::limits::{MAX_BATCH_BYTES, MAX_PARTITIONS};
use oxberry_proto::membership::TellMembership;
use oxberry_proto::start::{Refused, SayHello, TellState};
use oxberry_proto::status::NodeBeat;
use oxberry_proto::{
    Health, Kind, Libzmq, NodeId, NodeName, Partition, ProtoError, Run, StreamId, ToPi,
};

use self::control_mail::ControlMail;
use self::depth::Depths;
use self::giver::Giver;
use self::held::Held;
use self::joining::Waiting;
use self::membership::Introducing;
pub use self::output::{Command, Counters, Report};
pub use self::receivers::ReceiverStanding;
use self::receivers::Receivers;
use self::scrubbing::Scrubbing;
pub use self::standing::Standing;
use self::streams::Streams;
use self::taker::Taker;
use self::telling::Telling;
use crate::limits::{Limits, REPORTED_REJECTIONS};

/// What a Pi is.
#[derive(Clone, Debug)]
pub struct PiConfig {
    /// The name a person gave to it; unique in the cluster.
    pub name: NodeName,
    /// How many orders its books hold.
    pub max_orders: u32,
    /// How many symbols its books hold.
    pub max_symbols: u32,
    /// How many receivers take its stock events, at most [`MAX_RECEIVERS`](crate::limits::MAX_RECEIVERS).
    pub receivers: usize,
    /// The ZeroMQ library of its program.
    pub libzmq: Libzmq,
    /// What it keeps to.
    pub limits: Limits,
}

/// How far the Pi is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Joining {
        next_hello: Instant,
    },
    Pinging,
    Running,
    Ended,
    /// Everything is to be taken by the receivers that take anything, or the time to be over.
    Finishing {
        equal: bool,
        until: Instant,
    },
    /// Everything was said. The books stay as they were at the end until the next run is asked for.
    Over {
        until: Instant,
    },
}

/// A Pi.
#[derive(Debug)]
pub struct Pi<'s> {
    config: PiConfig,
    books: Books<'s>,
    phase: Phase,
    run: Run,
    /// Its number in the run.
    node: NodeId,
    /// Partitions of the cluster, for symbols that only the feed defines.
    partitions: u16,
    /// Whether the feed ran already when it came.
    came_late: bool,
    /// What it tells a controller that asks who it is.
    introducing: Introducing,
    streams: Streams,
    /// What came behind holes.
    held: Held,
    /// Where a frame of those is read.
    mended: Box<[u8]>,
    telling: Telling,
    mail: ControlMail,
    giver: Giver,
    /// Who looks at its books.
    depths: Depths,
    taker: Taker,
    scrubbing: Scrubbing,
    /// The symbols of every partition, in the order of the partitions.
    symbols: Vec<(Partition, SymbolIndex)>,
    /// Whether a ping of the partition came, in the order of the partitions.
    pinged: Vec<bool>,
    /// Whether a ping came since the last beat: somebody is not ready yet, as far as the controller
    /// knows.
    is_pinged: bool,
    is_silent: bool,
    /// How its machine is, as the rim last said.
    health: Health,
    /// When the receivers are to hear the next sign of life.
    next_beat: Instant,
    beat_due: bool,
    /// Whether the receivers are still to hear that no more events follow.
    end_due: bool,
    waiting: Waiting,
    /// After the end: when books that are still not live are reported as they are.
    heals_until: Option<Instant>,
    counters: Counters,
    /// Events that were applied before this run.
    events_before: u64,
    commands: VecDeque<Command>,
}

impl<'s> Pi<'s> {
    /// A Pi with empty books that is about to say Hello.
    #[must_use]
    pub fn new(config: PiConfig, books: Books<'s>, now: Instant) -> Self {
        let (run, node) = (Run::default(), NodeId::from_raw(0));
        let receivers = Receivers::new(config.receivers, &config.limits);
        Self {
            phase: Phase::Joining { next_hello: now },
            run,
            node,
            partitions: 0,
            came_late: false,
            introducing: Introducing::Nothing,
            streams: Streams::new(Vec::new(), 0, config.limits),
            held: Held::new(config.limits.held_bytes),
            mended: vec![0; MAX_BATCH_BYTES].into_boxed_slice(),
            telling: Telling::new(run, node, 0, config.limits, receivers),
            mail: ControlMail::new(config.max_symbols),
            giver: Giver::new(config.limits.snapshot_orders),
            depths: Depths::new(),
            taker: Taker::new(config.limits),
            scrubbing: Scrubbing::default(),
            symbols: Vec::new(),
            pinged: Vec::new(),
            is_pinged: false,
            is_silent: false,
            health: Health::default(),
            next_beat: now,
            beat_due: false,
            end_due: false,
            waiting: Waiting::new(now),
            heals_until: None,
            counters: Counters::default(),
            events_before: 0,
            // Subscriptions come all at once; later commands are few and rare.
            commands: VecDeque::with_capacity(MAX_PARTITIONS + 64),
            books,
            config,
        }
    }

    /// Totals since the start.
    #[must_use]
    pub fn counters(&self) -> Counters {
        Counters {
            stock_frames_dropped: self.telling.outbox.receivers.dropped(),
            ..self.counters
        }
    }

    /// The books.
    #[must_use]
    pub const fn books(&self) -> &Books<'s> {
        &self.books
    }

    /// The run that it takes part in, from its assignment until it leaves; none has the default.
    #[must_use]
    pub const fn run(&self) -> Run {
        self.run
    }

    /// Up to where its books hold a stream, if it holds its partition.
    #[must_use]
    pub fn position(&self, stream: StreamId) -> Option<Position> {
        self.streams.get(stream).map(|one| one.position)
    }

    /// How the machine is, to be told with the next heartbeats.
    pub const fn set_health(&mut self, health: Health) {
        self.health = health;
    }

    /// The next thing to do, if any.
    pub fn next_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let (message, other) = match self.phase {
            Phase::Joining { next_hello } => (Some(next_hello), self.waiting.due()),
            Phase::Over { until } => (None, Some(until)),
            Phase::Pinging | Phase::Running | Phase::Ended => {
                (self.streams.ack_due(), Some(self.next_beat))
            }
            Phase::Finishing { until, .. } => (None, Some(until.min(self.next_beat))),
        };
        // While a message cannot be sent, no other one is due: the rim waits for the socket instead.
        let message = message.filter(|_| !self.mail.is_waiting());
        let receivers = self.telling.outbox.receivers.poll_timeout();
        let others = other.into_iter().chain(self.mend_due()).chain(receivers);
        let others = others.chain(self.scrub_due());
        message.into_iter().chain(others).min()
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.wait_for_run(now);
        self.scrub(now);
        if self.next_beat <= now {
            self.next_beat = now.after(self.config.limits.beat);
            let is_member = !matches!(self.phase, Phase::Joining { .. } | Phase::Over { .. });
            let has_ended = matches!(self.phase, Phase::Finishing { .. }) && !self.end_due;
            self.beat_due |= is_member && !has_ended;
            if is_member {
                self.mail.beat_due = true;
                // The first one may have been lost. Without partitions there is nothing that would show
                // that the feed has started; and when it runs already, pings show that one is missing.
                let is_ready = matches!(self.phase, Phase::Running | Phase::Ended);
                let is_pinged = core::mem::take(&mut self.is_pinged);
                self.mail.ready_due |= is_ready && (is_pinged || !self.streams.have_begun());
                self.streams.owe_all(now);
                self.look_after_holes(now);
                self.listen(now);
                self.give_up_overdue_wishes(now);
                self.taker.round.beat();
            }
        }
        if let Phase::Finishing { equal, until } = self.phase
            && until <= now
        {
            self.over(now, equal);
        }
        self.report_detached(now);
    }

    /// The message for the controller that is due by now, if any; call
    /// [`control_sent`](Self::control_sent) once it is on its way.
    pub fn control_message(&mut self, now: Instant) -> Option<&[u8]> {
        if !self.mail.is_waiting() {
            self.compose(now);
        }
        self.mail.waiting()
    }

    /// The message for the controller is on its way.
    pub fn control_sent(&mut self, now: Instant) {
        let was_farewell = self.mail.sent();
        if was_farewell && let Phase::Finishing { equal, .. } = self.phase {
            self.over(now, equal);
        }
    }

    /// The frame that a receiver takes next, if there is one; call [`stock_sent`](Self::stock_sent) once
    /// it is on its way, or [`stock_refused`](Self::stock_refused) when it cannot be now.
    ///
    /// Receivers are numbered from 0. Each has a place of its own in the queue.
    pub fn stock_frame(&mut self, receiver: usize, wall: UnixNanos) -> Option<&[u8]> {
        self.tell_what_is_due(wall);
        self.telling.outbox.front(receiver)
    }

    /// Brings books that have come to an end, and puts into the queue what is to be told.
    fn tell_what_is_due(&mut self, wall: UnixNanos) {
        self.settle_snapshots(wall);
        let Self {
            telling,
            streams,
            books,
            symbols,
            ..
        } = self;
        telling.tell_pending(streams, books, symbols, wall);
        telling.flush(streams, wall);
        self.answer_a_look(wall);
        let Self {
            telling, streams, ..
        } = self;
        // The last beat says how far everything came, so that it comes behind all else.
        let may_beat = !(self.end_due && telling.is_pending());
        if self.beat_due && may_beat && telling.outbox.has_room_for_a_beat() {
            self.beat_due = !telling.beat(streams, wall);
        }
        let is_all_told = !self.beat_due && self.depths.is_idle();
        if self.end_due && is_all_told && telling.outbox.has_room_for_a_beat() {
            self.end_due = false;
            telling.outbox.push_end();
        }
    }

    /// Tells, to nobody, what nobody takes: books that have come are whole then, and nothing is pending.
    pub(super) fn tell_nobody(&mut self, wall: UnixNanos) {
        if self.config.receivers == 0 {
            self.tell_what_is_due(wall);
        }
    }

    /// The frame for a receiver is on its way.
    pub fn stock_sent(&mut self, receiver: usize) {
        let news = self.telling.outbox.taken(receiver);
        self.counters.receivers_back += u64::from(news.is_back);
        if let Some(report) = news.report {
            self.report(report);
        }
        self.say_farewell_when_all_is_taken();
    }

    /// A receiver does not take the frame that there is for it. After
    /// [`receiver_patience`](Limits::receiver_patience) without any progress nothing waits for it until
    /// it takes one again; a receiver that is never said to refuse is waited for as long as it takes.
    pub fn stock_refused(&mut self, receiver: usize, now: Instant) {
        if self.telling.outbox.receivers.refused(receiver, now) {
            self.counters.receivers_detached += 1;
            self.report_detached(now);
            self.say_farewell_when_all_is_taken();
        }
    }

    /// How a receiver stands; `None` if there is none of that number.
    #[must_use]
    pub fn receiver(&self, receiver: usize) -> Option<ReceiverStanding> {
        self.telling.outbox.standing(receiver)
    }

    /// Whether the next data frame may be handed in. It may not while frames pile up for a receiver that
    /// is waited for: one that reads too slowly slows the replay instead of losing events.
    #[must_use]
    pub fn can_take_data(&self) -> bool {
        self.telling.outbox.has_room_for_a_batch()
    }

    /// The controller sent something.
    pub fn handle_control(&mut self, now: Instant, wall: UnixNanos, message: &[u8]) {
        if let Err(error) = self.dispatch_control(now, wall, message) {
            self.bad_frame(error);
        }
    }

    /// A published frame came. [`can_take_data`](Self::can_take_data) must hold.
    pub fn handle_data(&mut self, now: Instant, wall: UnixNanos, frame: &[u8]) {
        debug_assert!(self.can_take_data(), "the rim asks before it reads");
        if let Err(error) = self.dispatch_data(now, wall, frame) {
            self.bad_frame(error);
        }
        self.go_on(now, wall);
    }

    fn dispatch_control(
        &mut self,
        now: Instant,
        wall: UnixNanos,
        message: &[u8],
    ) -> Result<(), ProtoError> {
        match ToPi::decode(message)? {
            ToPi::SetupPi(setup, assignments) => {
                if let Phase::Joining { .. } = self.phase {
                    self.handle_setup(now, &setup, assignments)?;
                } else if setup.run != self.run {
                    self.out_of_place(Kind::SetupPi);
                }
                // Another one answers a Hello that was repeated while the first was on its way.
            }
            ToPi::TakePartition(head, symbols) => self.handle_take(&head, symbols)?,
            ToPi::Refused(Refused { reason }) => self.handle_refusal(now, reason),
            ToPi::SayHello(SayHello { run }) => self.handle_another_run(now, run),
            ToPi::TellMembership(TellMembership { run }) => self.introduce(now, run),
            ToPi::TellState(TellState { run, partition }) => {
                let at = self.streams.partition_at(partition);
                let is_over = matches!(self.phase, Phase::Over { .. });
                match at.filter(|_| run == self.run && !is_over) {
                    Some(at) => self.telling.tell_state(at),
                    None => self.counters.foreign += 1,
                }
            }
            ToPi::TellDepth(wanted) => self.handle_look(now, &wanted),
            ToPi::SnapshotWish(wish, positions) => self.handle_wish(&wish, positions)?,
            ToPi::Snapshot(head, records) => self.handle_snapshot(now, wall, &head, records)?,
            ToPi::SnapshotRefused(refused) => self.handle_no_snapshot(&refused),
            ToPi::SnapshotUnderWay(under_way) => self.handle_under_way(now, &under_way),
            ToPi::Finish(Finish { run, equal }) => {
                self.handle_finish(now, run, equal);
            }
        }
        Ok(())
    }

    /// Notes silence, and its end.
    fn listen(&mut self, now: Instant) {
        self.streams.handle_timeout(now);
        let mut n = 0;
        let mut is_silent = false;
        while let Some((_, stream)) = self.streams.known(n) {
            is_silent |= stream.silent;
            n += 1;
        }
        if is_silent != self.is_silent {
            self.is_silent = is_silent;
            self.report(if is_silent {
                Report::Silent
            } else {
                Report::Heard
            });
        }
    }

    fn ready_when_pinged(&mut self, now: Instant) {
        if self.phase == Phase::Pinging && self.pinged.iter().all(|&pinged| pinged) {
            self.phase = Phase::Running;
            self.mail.ready_due = true;
            self.report(Report::Ready);
            // With more Pis than partitions have replicas, one may have nothing to wait for.
            self.end_when_over(now);
        }
    }

    /// After the last end of a stream nothing more happens to the books.
    fn end_when_over(&mut self, now: Instant) {
        if self.phase == Phase::Running && self.streams.have_ended() {
            self.phase = Phase::Ended;
            self.heals_until = None;
            self.taker.round.begin_last();
            self.scrubbing.begin_last(now);
            self.report(Report::Ended {
                events: self.events_of_run(),
            });
        }
    }

    fn handle_finish(&mut self, now: Instant, run: Run, equal: bool) {
        match self.phase {
            _ if run != self.run => self.counters.foreign += 1,
            Phase::Ended => self.finish(now, equal),
            // One that is repeated is answered by the farewell that is on its way.
            Phase::Finishing { .. } => {}
            // Unless that was lost.
            Phase::Over { .. } => self.mail.farewell_due = true,
            Phase::Joining { .. } | Phase::Pinging | Phase::Running => {
                self.out_of_place(Kind::Finish);
            }
        }
    }

    /// Everything that waits for receivers leaves, then its end.
    fn finish(&mut self, now: Instant, equal: bool) {
        self.beat_due = true;
        self.end_due = true;
        self.depths.ask_again(now);
        let until = now.after(self.config.limits.end_timeout);
        self.phase = Phase::Finishing { equal, until };
        self.say_farewell_when_all_is_taken();
    }

    /// Says farewell when every receiver that takes anything has taken the end. The others get it if they
    /// come back before the run is left.
    fn say_farewell_when_all_is_taken(&mut self) {
        let outbox = &self.telling.outbox;
        let is_told = !self.end_due && outbox.is_taken();
        if matches!(self.phase, Phase::Finishing { .. })
            && (is_told || !outbox.receivers.is_any_attached())
        {
            self.mail.farewell_due = true;
        }
    }

    /// Everything that this Pi had to say in its run was said, or nobody would hear it.
    fn over(&mut self, now: Instant, equal: bool) {
        let until = now.after(self.config.limits.patience());
        self.phase = Phase::Over { until };
        self.waiting = Waiting::for_next_run(now);
        self.report(Report::Finished { equal });
    }

    /// Events that were applied since the start of the run.
    const fn events_of_run(&self) -> u64 {
        self.counters.events - self.events_before
    }

    /// Writes the message for the controller that is due.
    fn compose(&mut self, now: Instant) {
        match &mut self.phase {
            Phase::Joining { next_hello } => {
                if *next_hello <= now {
                    *next_hello = now.after(self.waiting.hello_interval(&self.config.limits));
                    let hello = self.mail.hello(&self.config);
                    self.mail.write(&hello);
                }
            }
            Phase::Over { .. } => self.mail.compose_farewell(),
            Phase::Pinging | Phase::Running | Phase::Ended | Phase::Finishing { .. } => {
                if self.compose_introduction() {
                    return;
                }
                self.digest_when_healed(now);
                let beat = self.mail.beat_due.then(|| self.beat());
                self.mail.compose(now, &mut self.streams, beat);
                self.compose_healing(now);
            }
        }
    }

    /// What it says of itself with a heartbeat.
    fn beat(&self) -> NodeBeat {
        NodeBeat {
            events: self.events_of_run(),
            orders: self.books.order_count(),
            trust: self.trust_totals(),
            health: self.health,
        }
    }

    /// Tells of receivers that were detached, as far as it is time.
    fn report_detached(&mut self, now: Instant) {
        while let Some(report) = self.telling.outbox.receivers.report(now) {
            self.report(report);
        }
    }

    fn out_of_place(&mut self, kind: Kind) {
        self.counters.out_of_place += 1;
        if self.counters.out_of_place <= REPORTED_REJECTIONS {
            self.report(Report::OutOfPlace(kind));
        }
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
