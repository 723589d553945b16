//! The world: controller, Pis, page and feed in one thread, on one fake clock.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;

use oxberry_cluster::controller::{
    Command as ControllerCommand, Controller, ControllerConfig, Report as ControllerReport, Symbol,
};
use oxberry_cluster::page::{Command as PageCommand, Page, Report as PageReport};
use oxberry_cluster::partition::PartitionTable;
use oxberry_cluster::pi::{Command as PiCommand, Pi, PiConfig, Report as PiReport, Stop};
use oxberry_core::book::{Books, Capacity};
use oxberry_core::units::{ChannelId, Instant, UnixNanos};
use oxberry_proto::flow::{Batch, Coverage};
use oxberry_proto::start::SetupVisualRequest;
use oxberry_proto::{Kind, SCHEMA_FINGERPRINT, Topic, decode, decode_list, encode, kind_of};

use super::controller_host::{ChannelHost, ControllerHost, Heals, Turn};
use super::edge::{Edge, Frame, Sent, Wild};
use super::fault::FaultAt;
use super::marks::{Mark, Marks};
use super::oracle::{Oracle, Violation};
use super::pi_host::PiHost;
use super::plan::{Plan, nanos};
use super::trace::{Trace, Words};
use super::venue::{self, Day};
use crate::random::Random;

/// What the books of a Pi hold.
pub(super) const CAPACITY: Capacity = Capacity {
    symbols: 16,
    orders: 1_024,
    levels: 512,
};

/// The least time between two turns of a machine that has more to do.
const TICK_NS: u64 = 5_000;

/// Where the machines' clocks begin.
const EPOCH: u64 = 1_000_000_000;

/// A machine, as the scheduler knows it.
const CONTROLLER: usize = 0;
const PAGE: usize = 1;
/// Faults and checks.
const WORLD: usize = 2;
/// The first Pi.
const PIS: usize = 3;

/// Everything.
pub(super) struct World<'m> {
    pub(super) plan: Plan,
    pub(super) day: Day,
    pub(super) heals: Heals,
    pub(super) now: u64,
    queue: BinaryHeap<Reverse<(u64, usize)>>,
    /// When each machine takes its next turn.
    wakes: Vec<u64>,
    /// How often in a row each machine wanted its next turn at once.
    hasty: Vec<u32>,
    pub(super) random: Random,
    pub(super) controller: Option<ControllerHost>,
    pub(super) controller_skew: u64,
    pub(super) controller_stalled_until: u64,
    pub(super) controller_starts_at: Option<u64>,
    /// What is played.
    pub(super) identity: u32,
    /// As a clock that goes on: greater for every process of the controller.
    generation: u32,
    pub(super) pis: Vec<PiHost<'m>>,
    memories: Vec<&'m mut [u32]>,
    pub(super) page: Option<Page>,
    pub(super) page_skew: u64,
    pub(super) page_stalled_until: u64,
    pub(super) page_starts_at: Option<u64>,
    pub(super) to_setup: Edge,
    pub(super) from_setup: Edge,
    pub(super) faults: std::vec::IntoIter<FaultAt>,
    pub(super) next_fault: Option<FaultAt>,
    next_check: u64,
    pub(super) oracle: Oracle,
    pub(super) marks: Marks,
    pub(super) trace: Trace,
    pub(super) steps: u64,
    pub(super) faults_done: u64,
    pub(super) is_healed: bool,
    pub(super) is_dead_for_good: bool,
    /// The channels that had ended when the controller was killed.
    pub(super) ended_before_death: Vec<ChannelId>,
    out: Vec<Frame>,
}

impl<'m> World<'m> {
    pub(super) fn new(plan: Plan, memories: Vec<&'m mut [u32]>, with_words: bool) -> Self {
        let mut day = venue::day(&plan.market, plan.seed);
        let truth = core::mem::replace(
            &mut day.truth,
            super::truth::Truth::new(core::iter::empty()),
        );
        let mut faults = plan.faults.clone().into_iter();
        let next_fault = faults.next();
        let heals = Heals {
            at: plan.heals_at,
            goes_on: plan.heals_at + plan.quiet_ns,
        };
        let edges = plan.edges;
        let setup = || Edge::new(edges.delay_ns, 100, Wild::default());
        let mut world = Self {
            random: Random::new(plan.seed, 2),
            heals,
            now: 0,
            queue: BinaryHeap::new(),
            wakes: vec![u64::MAX; PIS + plan.nodes],
            hasty: vec![0; PIS + plan.nodes],
            controller: None,
            controller_skew: 0,
            controller_stalled_until: 0,
            controller_starts_at: Some(0),
            identity: 1,
            generation: 1,
            pis: (0..plan.nodes).map(|_| PiHost::new(&edges)).collect(),
            memories,
            page: None,
            page_skew: 0,
            page_stalled_until: 0,
            page_starts_at: Some(0),
            to_setup: setup(),
            from_setup: setup(),
            faults,
            next_fault,
            next_check: 0,
            oracle: Oracle::new(
                truth,
                day.symbols
                    .iter()
                    .filter(|one| one.in_file)
                    .map(|one| one.symbol_index),
            ),
            marks: Marks::default(),
            trace: Trace::new(with_words),
            steps: 0,
            faults_done: 0,
            is_healed: plan.heals_at == 0,
            is_dead_for_good: false,
            ended_before_death: Vec::new(),
            out: Vec::new(),
            day,
            plan,
        };
        for machine in 0..PIS + world.pis.len() {
            world.wake(machine, 0);
        }
        world
    }

    /// A machine is to take a turn then.
    pub(super) fn wake(&mut self, machine: usize, at: u64) {
        let at = at.max(self.now);
        if let Some(next) = self.wakes.get_mut(machine)
            && at < *next
        {
            *next = at;
            self.queue.push(Reverse((at, machine)));
        }
    }

    pub(super) fn wake_pi(&mut self, at: usize, time: u64) {
        self.wake(PIS + at, time);
    }

    pub(super) fn wake_controller(&mut self, time: u64) {
        self.wake(CONTROLLER, time);
    }

    pub(super) fn wake_page(&mut self, time: u64) {
        self.wake(PAGE, time);
    }

    /// Lets the next machine take a turn; false when nothing will ever happen again.
    pub(super) fn step(&mut self) -> Result<bool, Violation> {
        let (at, machine) = loop {
            let Some(Reverse((at, machine))) = self.queue.pop() else {
                return Ok(false);
            };
            if self.wakes.get(machine) == Some(&at) {
                break (at, machine);
            }
        };
        self.now = at;
        self.steps += 1;
        if let Some(next) = self.wakes.get_mut(machine) {
            *next = u64::MAX;
        }
        match machine {
            CONTROLLER => self.turn_controller()?,
            PAGE => self.turn_page()?,
            WORLD => self.turn_world()?,
            pi => self.turn_pi(pi - PIS)?,
        }
        Ok(true)
    }

    /// The time on a clock that is so far ahead.
    pub(super) fn local(&self, skew: u64) -> Instant {
        Instant::from_raw(EPOCH + self.now + skew)
    }

    /// When a time of such a clock is.
    fn global(&self, local: Instant, skew: u64) -> u64 {
        local.raw().saturating_sub(EPOCH + skew)
    }

    fn turn_world(&mut self) -> Result<(), Violation> {
        while let Some(FaultAt { fault, .. }) = self.next_fault.take_if(|next| next.at <= self.now)
        {
            self.next_fault = self.faults.next();
            self.trace.note(self.now, b'F', &[]);
            self.trace.tell(self.now, || format!("fault {fault:?}"));
            self.do_fault(fault);
        }
        if !self.is_healed && self.heals.at <= self.now {
            self.heal();
        }
        if self.next_check <= self.now {
            self.next_check = self.now + nanos(self.plan.limits.beat);
            self.check_age()?;
        }
        let next = self.next_fault.map_or(u64::MAX, |next| next.at);
        let heals = if self.is_healed {
            u64::MAX
        } else {
            self.heals.at
        };
        self.wake(WORLD, next.min(heals).min(self.next_check));
        Ok(())
    }

    /// Notes whether a machine wants its next turn at once; one that always does burns its processor.
    fn watch_haste(&mut self, machine: usize, is_hasty: bool) -> Result<(), Violation> {
        let Some(hasty) = self.hasty.get_mut(machine) else {
            return Ok(());
        };
        *hasty = if is_hasty { *hasty + 1 } else { 0 };
        if *hasty > 16 {
            return Err(format!(
                "machine {machine} wants its next turn at once, for ever"
            ));
        }
        Ok(())
    }

    fn check_age(&mut self) -> Result<(), Violation> {
        let local = self.local(self.page_skew);
        let Some(page) = &self.page else {
            return Ok(());
        };
        if self.page_stalled_until > self.now {
            return Ok(());
        }
        let limits = self.plan.limits;
        let bound = nanos(limits.silence()) * 2 + nanos(limits.beat) * 2 + self.plan.slack_ns();
        let grace = bound;
        self.oracle
            .judge_age(page, local, self.now, (bound, grace))?;
        for at in 0..page.rows().len() {
            let standing = page.standing(at, local);
            if standing.silent {
                self.marks.hit(Mark::RowSilent);
            }
            match standing.trust {
                oxberry_core::book::Trust::Partial => self.marks.hit(Mark::RowPartial),
                oxberry_core::book::Trust::Recovering => self.marks.hit(Mark::RowRecovering),
                oxberry_core::book::Trust::Live | oxberry_core::book::Trust::Stale => {}
            }
        }
        Ok(())
    }

    // ---- controller ----

    fn start_controller(&mut self) {
        let day = &self.day;
        let listed = || day.symbols.iter().filter(|one| one.in_file);
        let table = PartitionTable::balanced(
            listed().map(|one| (one.symbol_index, 1)),
            self.plan.partitions,
        );
        let symbol = |one: &venue::Listed| Symbol {
            symbol_index: one.symbol_index,
            name: format!("S{}", one.symbol_index)
                .as_str()
                .try_into()
                .expect("a short name"),
            scale: one.scale,
        };
        let config = ControllerConfig {
            nodes: self.plan.nodes,
            replicas: self.plan.replicas,
            await_visual: self.plan.await_visual,
            channels: day.channels.iter().map(|&(channel, _)| channel).collect(),
            symbols: listed().map(symbol).collect(),
            table: table.clone(),
            identity: self.identity,
            generation: self.generation,
            limits: self.plan.limits,
        };
        let plan = &self.plan;
        let channels = (0..day.channels.len()).filter_map(|at| {
            let packets = day.channels.get(at)?.1.len() as u64;
            let next = if at == 0 {
                packets * plan.begun_late / 1_000
            } else {
                0
            };
            ChannelHost::new(plan, day, at, usize::try_from(next).unwrap_or(0))
        });
        let channels = channels.collect();
        self.generation += 1;
        self.controller = Some(ControllerHost {
            brain: Controller::new(config, self.local(self.controller_skew)),
            table,
            channels,
            started: None,
            next_beat: 0,
            outcome: None,
        });
    }

    fn turn_controller(&mut self) -> Result<(), Violation> {
        if let Some(starts) = self.controller_starts_at {
            if starts > self.now {
                self.wake(CONTROLLER, starts);
                return Ok(());
            }
            self.controller_starts_at = None;
            self.trace.tell(self.now, || "controller starts".into());
            self.start_controller();
        }
        if self.controller_stalled_until > self.now {
            self.wake(CONTROLLER, self.controller_stalled_until);
            return Ok(());
        }
        let Some(mut host) = self.controller.take() else {
            return Ok(());
        };
        let result = self.run_controller(&mut host);
        self.controller = Some(host);
        result
    }

    fn run_controller(&mut self, host: &mut ControllerHost) -> Result<(), Violation> {
        let local = self.local(self.controller_skew);
        if host.outcome.is_some() {
            // What is said to it now comes to a closed socket.
            for pi in &mut self.pis {
                while pi.to_controller.take(self.now).is_some() {}
            }
            return Ok(());
        }
        for at in 0..self.pis.len() {
            while let Some(pi) = self.pis.get_mut(at)
                && let Some(message) = pi.to_controller.take(self.now)
            {
                let peer = PiHost::peer(at, pi.process);
                self.trace.note(self.now, b'c', &message);
                self.trace.tell(self.now, || {
                    format!("controller < pi {at}: {}", Words(&message))
                });
                host.brain.handle_message(local, &peer, &message);
            }
        }
        while let Some(request) = self.to_setup.take(self.now) {
            host.brain.handle_visual_request(local, &request);
        }
        if host.brain.poll_timeout().is_some_and(|due| due <= local) {
            host.brain.handle_timeout(local);
        }
        self.obey_controller(host);
        let mut next = u64::MAX;
        if let Some(started) = host.started {
            next = next.min(self.turn_channels(host, started)?);
        }
        self.obey_controller(host);
        if let Some(due) = host.brain.poll_timeout() {
            self.watch_haste(CONTROLLER, due <= local)?;
            next = next.min(self.global(due, self.controller_skew));
        }
        let letters = self.pis.iter().filter_map(|pi| pi.to_controller.next_at());
        let letters = letters.chain(self.to_setup.next_at()).min();
        next = next.min(letters.unwrap_or(u64::MAX));
        self.wake(CONTROLLER, next.max(self.now + TICK_NS));
        Ok(())
    }

    fn turn_channels(
        &mut self,
        host: &mut ControllerHost,
        started: (oxberry_proto::Run, u64),
    ) -> Result<u64, Violation> {
        let local = self.local(self.controller_skew);
        let is_beat = host.next_beat <= self.now;
        if is_beat {
            host.next_beat = self.now + nanos(self.plan.limits.beat);
        }
        let mut next = host.next_beat;
        for channel in &mut host.channels {
            let mut out = core::mem::take(&mut self.out);
            let mut turn = Turn {
                now: self.now,
                plan: &self.plan,
                day: &self.day,
                heals: self.heals,
                random: &mut self.random,
                oracle: &mut self.oracle,
                marks: &mut self.marks,
                out: &mut out,
            };
            let goes_on = channel.turn(&host.table, started, &mut turn);
            if is_beat {
                channel.flush(&mut turn);
                channel.tell_coverage(&mut out);
            }
            for frame in out.drain(..) {
                self.publish(frame);
            }
            self.out = out;
            next = next.min(goes_on?.unwrap_or(u64::MAX));
            if channel.take_end() {
                host.brain.handle_end_of_channel(local, channel.channel);
            }
        }
        Ok(next)
    }

    fn obey_controller(&mut self, host: &mut ControllerHost) {
        while let Some(command) = host.brain.next_command() {
            match command {
                ControllerCommand::Send { peer, message } => {
                    let at = usize::from(peer.first().copied().unwrap_or(0));
                    let (now, random) = (self.now, &mut self.random);
                    if let Some(pi) = self.pis.get_mut(at)
                        && PiHost::peer(at, pi.process) == peer
                        && pi.from_controller.is_up
                    {
                        pi.from_controller.send(now, random, message.into());
                        let arrives = pi.from_controller.next_at();
                        self.wake_pi(at, arrives.unwrap_or(u64::MAX));
                    }
                }
                ControllerCommand::AnswerVisual { message } => {
                    let (now, random) = (self.now, &mut self.random);
                    self.from_setup.send(now, random, message.into());
                    self.wake_page(self.from_setup.next_at().unwrap_or(u64::MAX));
                }
                ControllerCommand::Publish { frame } => self.publish(frame.into()),
                ControllerCommand::Start { run } => {
                    host.started = Some((run, self.now));
                    host.next_beat = self.now;
                    for channel in &mut host.channels {
                        channel.start(run, &host.table, &self.plan);
                    }
                    self.wake(CONTROLLER, self.now + TICK_NS);
                }
                ControllerCommand::Credit { stream, acked } => {
                    let mut channels = host.channels.iter_mut();
                    let channel = channels.find(|one| one.channel == stream.channel);
                    if let Some(streams) = channel.and_then(ChannelHost::streams) {
                        streams.handle_credit(stream.partition, acked);
                    }
                }
                ControllerCommand::Unheld { partition } => {
                    for channel in &mut host.channels {
                        if let Some(streams) = channel.streams() {
                            streams.set_held(partition, false);
                        }
                    }
                }
                ControllerCommand::Report(report) => {
                    self.trace
                        .tell(self.now, || format!("controller: {report:?}"));
                    if let ControllerReport::Died { orphaned, .. } = &report {
                        self.marks.hit(Mark::NodeDied);
                        if !orphaned.is_empty() {
                            self.marks.hit(Mark::Orphaned);
                        }
                    }
                }
                ControllerCommand::Stop(outcome) => {
                    self.trace
                        .tell(self.now, || format!("controller stops: {outcome:?}"));
                    if !outcome.missing.is_empty() {
                        self.marks.hit(Mark::FinishedWithout);
                    }
                    self.marks.hit(if outcome.is_good() {
                        Mark::OutcomeGood
                    } else {
                        Mark::OutcomeBad
                    });
                    host.outcome = Some(outcome);
                }
            }
        }
    }

    /// Puts a frame before all who subscribed to its topic.
    fn publish(&mut self, frame: Frame) {
        self.note_published(&frame);
        self.trace.note(self.now, b'p', &frame);
        self.trace
            .tell(self.now, || format!("published: {}", Words(&frame)));
        let now = self.now;
        for at in 0..self.pis.len() {
            let Some(pi) = self.pis.get_mut(at) else {
                continue;
            };
            if !pi.wants(now, &frame) {
                continue;
            }
            let sent = pi.data.send(now, &mut self.random, Rc::clone(&frame));
            let arrives = pi.data.next_at().unwrap_or(u64::MAX);
            self.note_sent(at, sent, Mark::DataQueueFull);
            self.wake_pi(at, arrives);
        }
    }

    fn note_sent(&mut self, at: usize, sent: Sent, full: Mark) {
        let mark = match sent {
            Sent::OnItsWay => return,
            Sent::Full => full,
            Sent::Lost => Mark::FrameLost,
            Sent::Twice => Mark::FrameTwice,
            Sent::Overtaken => Mark::FrameOvertaken,
        };
        self.marks.hit(mark);
        self.trace.tell(self.now, || format!("  pi {at}: {mark}"));
    }

    fn note_published(&mut self, frame: &[u8]) {
        let Ok((_, message)) = Topic::split(frame) else {
            return;
        };
        let (run, stream, numbering, through) = match kind_of(message) {
            Ok(Kind::Batch) => match decode_list::<Batch>(message) {
                Ok((head, _)) => (head.run, head.stream, head.numbering, head.through),
                Err(_) => return,
            },
            Ok(Kind::Coverage) => match decode::<Coverage>(message) {
                Ok(head) => (head.run, head.stream, head.numbering, head.through),
                Err(_) => return,
            },
            _ => return,
        };
        let through = oxberry_core::units::Position {
            numbering,
            seq_num: through,
        };
        self.oracle.published(self.now, run, stream, through);
    }

    // ---- Pis ----

    fn start_pi(&mut self, at: usize) {
        let Some(memory) = self.memories.pop() else {
            return;
        };
        let skew = self.pis.get(at).map_or(0, |pi| pi.skew);
        let local = self.local(skew);
        let books = Books::new(CAPACITY, memory).expect("the memory is as large as it must be");
        let config = PiConfig {
            name: format!("pi-{at}")
                .as_str()
                .try_into()
                .expect("a short name"),
            max_orders: CAPACITY.orders,
            max_symbols: CAPACITY.symbols,
            limits: self.plan.limits,
        };
        self.trace.tell(self.now, || format!("pi {at} starts"));
        if let Some(pi) = self.pis.get_mut(at) {
            pi.brain = Some(Pi::new(config, books, local));
            pi.stop = None;
            pi.has_told_all = false;
            pi.process += 1;
            pi.control_up_at = Some(self.now);
            pi.data_up_at = Some(self.now);
            pi.stock_up_at = Some(self.now);
        }
    }

    fn turn_pi(&mut self, at: usize) -> Result<(), Violation> {
        let Some(pi) = self.pis.get_mut(at) else {
            return Ok(());
        };
        if let Some(starts) = pi.starts_at {
            if starts > self.now {
                self.wake_pi(at, starts);
                return Ok(());
            }
            pi.starts_at = None;
            self.start_pi(at);
        }
        let Some(pi) = self.pis.get_mut(at) else {
            return Ok(());
        };
        let delay = self.plan.edges.delay_ns.1;
        pi.connect(self.now, delay, &mut self.random);
        if pi.stalled_until > self.now {
            let next = pi
                .next_connect()
                .unwrap_or(u64::MAX)
                .max(self.now + TICK_NS);
            let wakes = pi.stalled_until.min(next);
            self.wake_pi(at, wakes);
            return Ok(());
        }
        let Some(mut brain) = pi.brain.take() else {
            return Ok(());
        };
        let result = self.run_pi(at, &mut brain);
        let is_over = self.pis.get(at).is_some_and(|pi| pi.stop.is_some());
        if let Some(pi) = self.pis.get_mut(at) {
            if is_over {
                self.end_pi(at, brain);
            } else {
                pi.brain = Some(brain);
            }
        }
        result
    }

    /// The process of a Pi has ended by itself. A refused one is started again, as a supervisor does.
    fn end_pi(&mut self, at: usize, brain: Pi<'m>) {
        let Some(pi) = self.pis.get_mut(at) else {
            return;
        };
        match pi.stop {
            // Its last frames are on their way, as with a socket that lingers.
            Some(Stop::Finished { .. }) | None => pi.brain = Some(brain),
            Some(Stop::Refused(_)) => {
                self.marks.hit(Mark::PiRefused);
                pi.kill(&mut self.random);
                let again = self.now + nanos(self.plan.limits.beat) * 4;
                pi.starts_at = Some(again);
                self.wake_pi(at, again);
            }
        }
    }

    fn run_pi(&mut self, at: usize, brain: &mut Pi<'m>) -> Result<(), Violation> {
        let Some(pi) = self.pis.get_mut(at) else {
            return Ok(());
        };
        if pi.stop.is_some() {
            return Ok(());
        }
        let (now, skew, process) = (self.now, pi.skew, pi.process);
        let local = Instant::from_raw(EPOCH + now + skew);
        let wall = UnixNanos::from_raw(now + 1);
        let before = brain.counters();
        brain.handle_timeout(local);
        while let Some(message) = pi.from_controller.take(now) {
            self.trace.note(now, b'm', &message);
            self.trace
                .tell(now, || format!("pi {at} < {}", Words(&message)));
            brain.handle_control(local, &message);
        }
        let mut taken = 0;
        while taken < self.plan.pi_burst
            && brain.can_take_data()
            && let Some(frame) = pi.data.take(now)
        {
            self.trace.note(now, b'd', &frame);
            self.trace
                .tell(now, || format!("pi {at} < {}", Words(&frame)));
            brain.handle_data(local, wall, &frame);
            taken += 1;
        }
        let is_blocked = loop {
            if pi.stock.is_full() {
                break true;
            }
            let Some(frame) = brain.stock_frame(wall) else {
                break false;
            };
            self.trace.note(now, b's', frame);
            self.trace
                .tell(now, || format!("pi {at} > {}", Words(frame)));
            pi.has_told_all |= kind_of(frame) == Ok(Kind::EndOfEvents);
            self.oracle
                .pi_tells((at, process), frame, &mut self.marks)?;
            let sent = pi.stock.send(now, &mut self.random, frame.into());
            brain.stock_sent();
            match sent {
                Sent::Lost => self.marks.hit(Mark::FrameLost),
                Sent::Twice => self.marks.hit(Mark::FrameTwice),
                Sent::Overtaken => self.marks.hit(Mark::FrameOvertaken),
                Sent::OnItsWay | Sent::Full => {}
            }
        };
        while let Some(message) = brain.control_message(local) {
            if pi.to_controller.is_full() {
                break;
            }
            pi.to_controller.send(now, &mut self.random, message.into());
            brain.control_sent();
        }
        let mut next = u64::MAX;
        if is_blocked {
            self.marks.hit(Mark::StockQueueFull);
        }
        if taken > 0 || brain.can_take_data() {
            let more = pi.data.next_at().unwrap_or(u64::MAX);
            next = next.min(more.max(now + self.plan.pi_turn_ns * taken as u64));
        }
        next = next.min(pi.from_controller.next_at().unwrap_or(u64::MAX));
        next = next.min(pi.next_connect().unwrap_or(u64::MAX));
        let to_controller = pi.to_controller.next_at();
        let to_page = pi.stock.next_at();
        let after = brain.counters();
        self.marks.count(Mark::Hole, after.holes - before.holes);
        self.marks
            .count(Mark::LossTold, after.losses - before.losses);
        self.marks
            .count(Mark::CopyDropped, after.copies - before.copies);
        self.marks
            .count(Mark::Rejected, after.rejected - before.rejected);
        self.marks
            .count(Mark::Foreign, after.foreign - before.foreign);
        if after.bad_frames > before.bad_frames {
            return Err(format!("pi {at} cannot read a frame"));
        }
        self.obey_pi(at, brain);
        if let Some(table) = self.controller.as_ref().map(|host| &host.table) {
            self.oracle.judge_books(at, brain, table, &mut self.marks)?;
        }
        if let Some(due) = brain.poll_timeout() {
            self.watch_haste(PIS + at, due <= local)?;
            next = next.min(self.global(due, skew));
        }
        self.wake(CONTROLLER, to_controller.unwrap_or(u64::MAX));
        self.wake(PAGE, to_page.unwrap_or(u64::MAX));
        self.wake_pi(at, next.max(now + TICK_NS));
        Ok(())
    }

    fn obey_pi(&mut self, at: usize, brain: &mut Pi<'m>) {
        let delay = self.plan.edges.delay_ns.1;
        while let Some(command) = brain.next_command() {
            let Some(pi) = self.pis.get_mut(at) else {
                return;
            };
            match command {
                PiCommand::Subscribe(topic) => pi.subscribe(self.now + delay, topic, true),
                PiCommand::Unsubscribe(topic) => pi.subscribe(self.now + delay, topic, false),
                PiCommand::Report(report) => {
                    self.trace.tell(self.now, || format!("pi {at}: {report:?}"));
                    match report {
                        PiReport::Hole { from, to, .. } if from.numbering != to.numbering => {
                            self.marks.hit(Mark::HoleOverReset);
                        }
                        PiReport::Silent => self.marks.hit(Mark::PiSilent),
                        PiReport::Heard => self.marks.hit(Mark::PiHeard),
                        PiReport::AnotherRun { .. } => self.marks.hit(Mark::PiChangesRun),
                        PiReport::AwaitingController
                        | PiReport::Assigned { .. }
                        | PiReport::Ready
                        | PiReport::Hole { .. }
                        | PiReport::Lost { .. }
                        | PiReport::BadFrame(_)
                        | PiReport::Rejected { .. }
                        | PiReport::Ended { .. } => {}
                    }
                }
                PiCommand::Stop(stop) => {
                    self.trace
                        .tell(self.now, || format!("pi {at} stops: {stop:?}"));
                    pi.stop = Some(stop);
                }
            }
        }
    }

    // ---- page ----

    fn turn_page(&mut self) -> Result<(), Violation> {
        if let Some(starts) = self.page_starts_at {
            if starts > self.now {
                self.wake(PAGE, starts);
                return Ok(());
            }
            self.page_starts_at = None;
            self.trace.tell(self.now, || "page starts".into());
            self.page = Some(Page::new(self.plan.limits));
            self.oracle.page_starts();
        }
        if self.page_stalled_until > self.now {
            self.wake(PAGE, self.page_stalled_until);
            return Ok(());
        }
        let Some(mut page) = self.page.take() else {
            return Ok(());
        };
        let result = self.run_page(&mut page);
        self.page = Some(page);
        result
    }

    fn run_page(&mut self, page: &mut Page) -> Result<(), Violation> {
        let (now, local) = (self.now, self.local(self.page_skew));
        let before = page.counters();
        if page.run().is_none() || page.poll_timeout().is_some_and(|due| due <= local) {
            page.handle_timeout(local);
        }
        while let Some(answer) = self.from_setup.take(now) {
            let read = page.handle_symbols(&answer);
            read.map_err(|error| format!("the page cannot read the symbols: {error:?}"))?;
        }
        let mut next = self.from_setup.next_at().unwrap_or(u64::MAX);
        for at in 0..self.pis.len() {
            let mut taken = false;
            while let Some(pi) = self.pis.get_mut(at)
                && let Some(frame) = pi.stock.take(now)
            {
                self.trace.note(now, b'f', &frame);
                self.trace
                    .tell(now, || format!("page < pi {at}: {}", Words(&frame)));
                page.handle_stock(local, &frame);
                taken = true;
                self.oracle.judge_page(page, local)?;
            }
            let arrives = self.pis.get(at).and_then(|pi| pi.stock.next_at());
            next = next.min(arrives.unwrap_or(u64::MAX));
            if taken {
                self.wake_pi(at, now + TICK_NS);
            }
        }
        self.oracle.judge_page(page, local)?;
        self.obey_page(page);
        while page.next_restated().is_some() {}
        let after = page.counters();
        self.marks
            .count(Mark::PageCopy, after.copies - before.copies);
        self.marks
            .count(Mark::PageUntrusted, after.untrusted - before.untrusted);
        self.marks
            .count(Mark::PageForeign, after.foreign - before.foreign);
        if after.bad_frames > before.bad_frames {
            return Err("the page cannot read a frame".into());
        }
        if let Some(due) = page.poll_timeout() {
            self.watch_haste(PAGE, due <= local)?;
            next = next.min(self.global(due, self.page_skew));
        }
        self.wake(PAGE, next.max(now + TICK_NS));
        Ok(())
    }

    fn obey_page(&mut self, page: &mut Page) {
        while let Some(command) = page.next_command() {
            match command {
                PageCommand::Ask { tell } => {
                    let request = SetupVisualRequest {
                        schema: SCHEMA_FINGERPRINT,
                        tell,
                    };
                    let mut buffer = [0; 64];
                    let length = encode(&request, &mut buffer).expect("a request is short");
                    let request = buffer.get(..length).unwrap_or_default();
                    let (now, random) = (self.now, &mut self.random);
                    if self.to_setup.is_up {
                        self.to_setup.send(now, random, request.into());
                        self.wake_controller(self.to_setup.next_at().unwrap_or(u64::MAX));
                    }
                }
                PageCommand::Report(report) => {
                    self.trace.tell(self.now, || format!("page: {report:?}"));
                    match report {
                        PageReport::Missed(_) => self.marks.hit(Mark::PageMissed),
                        PageReport::Died(_) => self.marks.hit(Mark::PageBuries),
                        PageReport::Returned(_) => self.marks.hit(Mark::PageReturns),
                        PageReport::NewRun(_) => self.marks.hit(Mark::PageNewRun),
                        PageReport::BadFrame(_) | PageReport::AnotherSchema => {}
                    }
                }
            }
        }
    }
}
