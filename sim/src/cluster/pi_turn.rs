//! A turn of a Pi: it takes as much of what arrived as it can at once, and sends what it has to say.

use oxberry_cluster::pi::{
    Command as PiCommand, Counters as PiCounters, Pi, PiConfig, Report as PiReport,
};
use oxberry_core::book::{Books, Harm};
use oxberry_core::units::{Instant, Position, UnixNanos};
use oxberry_proto::{Kind, Libzmq, kind_of};

use super::audience::{Audience, PAGE_SEAT, PAGES, SEATS, WITNESS_SEAT};
use super::doubt::Suspects;
use super::edge::{Frame, Sent};
use super::marks::Mark;
use super::oracle::Violation;
use super::plan::nanos;
use super::quiet::quietly;
use super::trace::Words;
use super::world::{CAPACITY, CONTROLLER, PAGE, PIS, TICK_NS, World};

impl<'m> World<'m> {
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
            receivers: SEATS,
            libzmq: Libzmq::default(),
            limits: self.plan.limits,
        };
        self.trace.tell(self.now, || format!("pi {at} starts"));
        if let Some(pi) = self.pis.get_mut(at) {
            pi.brain = Some(Pi::new(config, books, local));
            pi.is_over = false;
            pi.audience = Audience::default();
            pi.process += 1;
            pi.control_up_at = Some(self.now);
            pi.data_up_at = Some(self.now);
            pi.stock_up_at = Some(self.now);
        }
    }

    /// Ends a process, which starts again after a beat.
    fn crash(&mut self, at: usize) {
        let starts_at = self.now + nanos(self.plan.limits.beat);
        if let Some(pi) = self.pis.get_mut(at) {
            pi.kill(&mut self.random);
            pi.starts_at = Some(starts_at);
        }
        self.wake_pi(at, starts_at);
    }

    pub(super) fn turn_pi(&mut self, at: usize) -> Result<(), Violation> {
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
        if !pi.suspects.is_any() {
            let result = self.run_pi(at, &mut brain);
            if let Some(pi) = self.pis.get_mut(at) {
                pi.brain = Some(brain);
            }
            return result;
        }
        self.run_flipped(at, brain)
    }

    /// A turn of a Pi some of whose memory has changed by itself. Where that leads it out of its memory, the
    /// process ends, and starts again.
    fn run_flipped(&mut self, at: usize, mut brain: Pi<'m>) -> Result<(), Violation> {
        let ran = quietly(|| self.run_pi(at, &mut brain));
        let Some(pi) = self.pis.get_mut(at) else {
            return Ok(());
        };
        self.oracle.doubt(&brain, &pi.suspects);
        match ran {
            Ok(result) if !pi.must_end => {
                pi.brain = Some(brain);
                return result;
            }
            Ok(_) => self.marks.hit(Mark::NamesDamaged),
            Err(_) => self.marks.hit(Mark::CrashedByMemory),
        }
        self.crash(at);
        Ok(())
    }

    fn run_pi(&mut self, at: usize, brain: &mut Pi<'m>) -> Result<(), Violation> {
        let Some(pi) = self.pis.get(at).filter(|pi| !pi.is_over) else {
            return Ok(());
        };
        let skew = pi.skew;
        let local = self.local(skew);
        let before = brain.counters();
        brain.handle_timeout(local);
        self.hear_controller(at, brain, local);
        let taken = self.take_data(at, brain, local);
        self.tell_receivers(at, brain, local)?;
        self.tell_controller(at, brain, local);
        if brain.counters().scrubs > before.scrubs
            && let Some(pi) = self.pis.get_mut(at)
            && pi.suspects.is_any()
        {
            // What was told so far may have been wrong, and what follows is not.
            self.oracle.doubt(brain, &pi.suspects);
            pi.suspects = Suspects::NONE;
        }
        let mut next = self.next_input(at, brain, taken);
        self.count_turn(before, brain.counters());
        let suspects = self
            .pis
            .get(at)
            .map_or(Suspects::NONE, |pi| pi.suspects.clone());
        if brain.counters().bad_frames > before.bad_frames {
            return Err(format!("pi {at} cannot read a frame"));
        }
        if brain.counters().out_of_place > before.out_of_place && suspects != Suspects::All {
            return Err(format!("pi {at} was told what makes no sense to it"));
        }
        self.obey_pi(at, brain)?;
        if let Some(table) = self.controller.as_ref().map(|host| &host.table) {
            let brain = (&*brain, &suspects);
            self.oracle.judge_books(at, brain, table, &mut self.marks)?;
        }
        if let Some(due) = brain.poll_timeout() {
            self.watch_haste(PIS + at, due <= local)?;
            next = next.min(self.global(due, skew));
        }
        let pi = self.pis.get(at);
        let to_controller = pi.and_then(|pi| pi.to_controller.next_at());
        let to_page = pi.map(|pi| [pi.stock.next_at(), pi.second.next_at()]);
        let to_page = to_page.into_iter().flatten().flatten().min();
        self.wake(CONTROLLER, to_controller.unwrap_or(u64::MAX));
        self.wake(PAGE, to_page.unwrap_or(u64::MAX));
        self.wake_pi(at, next.max(self.now + TICK_NS));
        Ok(())
    }

    /// Takes everything that has arrived from the controller.
    fn hear_controller(&mut self, at: usize, brain: &mut Pi<'m>, local: Instant) {
        let (now, wall) = (self.now, self.wall());
        while let Some(pi) = self.pis.get_mut(at)
            && let Some(message) = pi.from_controller.take(now)
        {
            self.trace.note(now, b'm', &message);
            self.trace
                .tell(now, || format!("pi {at} < {}", Words(&message)));
            brain.handle_control(local, wall, &message);
        }
    }

    /// Takes as many batches as one turn allows, and returns how many.
    fn take_data(&mut self, at: usize, brain: &mut Pi<'m>, local: Instant) -> usize {
        let (now, wall) = (self.now, self.wall());
        let mut taken = 0;
        while taken < self.plan.pi_burst
            && brain.can_take_data()
            && let Some(pi) = self.pis.get_mut(at)
            && let Some(frame) = pi.data.take(now)
        {
            self.trace.note(now, b'd', &frame);
            self.candour.takes(now, (at, pi.process), &frame);
            self.trace
                .tell(now, || format!("pi {at} < {}", Words(&frame)));
            brain.handle_data(local, wall, &frame);
            taken += 1;
        }
        brain.mend(local, wall);
        taken
    }

    /// Pushes frames to the pages while their queues have room. The oracle judges each.
    fn tell_receivers(
        &mut self,
        at: usize,
        brain: &mut Pi<'m>,
        local: Instant,
    ) -> Result<(), Violation> {
        if let Some(pi) = self.pis.get_mut(at) {
            pi.audience.follow(brain.run());
        }
        // What one takes, or no longer holds, makes room, and in that there may be more for the others.
        let mut is_more = true;
        while core::mem::take(&mut is_more) {
            for seat in PAGES {
                is_more |= self.tell_page(at, brain, seat, local)?;
                is_more |= self.tell_witness(at, brain)?;
            }
        }
        let patience = nanos(self.plan.limits.receiver_patience);
        let pi = self.pis.get(at);
        pi.map_or(Ok(()), |pi| {
            pi.audience.judge_waits(brain, self.now, patience)
        })
        .map_err(|what| format!("pi {at}: {what}"))
    }

    /// Lets the witness take everything that the Pi says; returns whether that was anything.
    fn tell_witness(&mut self, at: usize, brain: &mut Pi<'m>) -> Result<bool, Violation> {
        let (now, wall) = (self.now, self.wall());
        let mut has_taken = false;
        while let Some(pi) = self.pis.get_mut(at)
            && let Some(frame) = brain.stock_frame(WITNESS_SEAT, wall)
        {
            self.trace.note(now, b's', frame);
            self.trace
                .tell(now, || format!("pi {at} > {}", Words(frame)));
            let process = (at, pi.process);
            (self.oracle).pi_tells(process, &pi.suspects, frame, &mut self.marks)?;
            self.candour.judge((at, pi.process), frame)?;
            pi.audience.note(frame.into());
            brain.stock_sent(WITNESS_SEAT);
            has_taken = true;
        }
        Ok(has_taken)
    }

    /// Pushes frames to the page of a seat while its queue has room; returns whether it took any.
    fn tell_page(
        &mut self,
        at: usize,
        brain: &mut Pi<'m>,
        seat: usize,
        local: Instant,
    ) -> Result<bool, Violation> {
        let (now, wall) = (self.now, self.wall());
        let mut has_taken = false;
        while brain.stock_frame(seat, wall).is_some() {
            // It may have been made just now.
            self.tell_witness(at, brain)?;
            let Some(pi) = self.pis.get_mut(at) else {
                break;
            };
            if pi.edge_to(seat).is_full() {
                self.marks.hit(Mark::StockQueueFull);
                pi.audience.refuses(seat, now);
                brain.stock_refused(seat, local);
                break;
            }
            let Some(frame) = brain.stock_frame(seat, wall) else {
                break;
            };
            let frame: Frame = frame.into();
            pi.audience
                .judge_taken(seat, brain, &frame)
                .map_err(|what| format!("pi {at}: {what}"))?;
            if kind_of(&frame) == Ok(Kind::EndOfEvents) {
                pi.audience.note_end(seat);
            }
            brain.stock_sent(seat);
            has_taken = true;
            let random = if seat == PAGE_SEAT {
                Some(&mut self.random)
            } else {
                self.second.as_mut().map(|second| &mut second.random)
            };
            let Some(random) = random else {
                // Nobody is there, and nobody misses it.
                continue;
            };
            let sent = pi.edge_to(seat).send(now, random, frame);
            match sent {
                Sent::Lost => self.marks.hit(Mark::FrameLost),
                Sent::Twice => self.marks.hit(Mark::FrameTwice),
                Sent::Overtaken => self.marks.hit(Mark::FrameOvertaken),
                Sent::OnItsWay | Sent::Full => {}
            }
        }
        Ok(has_taken)
    }

    /// Sends messages to the controller while the queue has room.
    fn tell_controller(&mut self, at: usize, brain: &mut Pi<'m>, local: Instant) {
        let Some(pi) = self.pis.get_mut(at) else {
            return;
        };
        while let Some(message) = brain.control_message(local) {
            if pi.to_controller.is_full() {
                break;
            }
            pi.to_controller
                .send(self.now, &mut self.random, message.into());
            brain.control_sent(local);
        }
    }

    /// Returns when the Pi, which took so many batches in this turn, has more to take.
    fn next_input(&self, at: usize, brain: &Pi<'m>, taken: usize) -> u64 {
        let Some(pi) = self.pis.get(at) else {
            return u64::MAX;
        };
        let mut next = u64::MAX;
        if taken > 0 || brain.can_take_data() {
            let more = pi.data.next_at().unwrap_or(u64::MAX);
            next = more.max(self.now + self.plan.pi_turn_ns * taken as u64);
        }
        next = next.min(pi.from_controller.next_at().unwrap_or(u64::MAX));
        next.min(pi.next_connect().unwrap_or(u64::MAX))
    }

    /// Counts the marks that a turn hit.
    fn count_turn(&mut self, before: PiCounters, after: PiCounters) {
        for (mark, times) in [
            (Mark::Hole, after.holes - before.holes),
            (
                Mark::RepairAsked,
                after.repairs_asked - before.repairs_asked,
            ),
            (
                Mark::RepairFilled,
                after.repairs_filled - before.repairs_filled,
            ),
            (
                Mark::RepairGivenUp,
                after.repairs_given_up - before.repairs_given_up,
            ),
            (Mark::HeldFull, after.held_full - before.held_full),
            (Mark::LossTold, after.losses - before.losses),
            (Mark::CopyDropped, after.copies - before.copies),
            (Mark::Rejected, after.rejected - before.rejected),
            (
                Mark::BookAsked,
                after.snapshots_asked - before.snapshots_asked,
            ),
            (
                Mark::BookTaken,
                after.snapshots_taken - before.snapshots_taken,
            ),
            (
                Mark::BookRefused,
                after.snapshots_refused - before.snapshots_refused,
            ),
            (
                Mark::BookGivenUp,
                after.snapshots_given_up - before.snapshots_given_up,
            ),
            (Mark::Foreign, after.foreign - before.foreign),
            (
                Mark::ReceiverDetached,
                after.receivers_detached - before.receivers_detached,
            ),
            (
                Mark::ReceiverBack,
                after.receivers_back - before.receivers_back,
            ),
            (
                Mark::StockOverwritten,
                after.stock_frames_dropped - before.stock_frames_dropped,
            ),
        ] {
            self.marks.count(mark, times);
        }
    }

    /// Returns the time of day, on which all machines agree.
    fn wall(&self) -> UnixNanos {
        UnixNanos::from_raw(self.now + 1)
    }

    fn obey_pi(&mut self, at: usize, brain: &mut Pi<'m>) -> Result<(), Violation> {
        let delay = self.plan.edges.delay_ns.1;
        while let Some(command) = brain.next_command() {
            if let PiCommand::Report(PiReport::Hole { from, .. }) = command {
                self.judge_given_up(at, brain, from)?;
            }
            let Some(pi) = self.pis.get_mut(at) else {
                break;
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
                        PiReport::Repaired { from, to, .. } if from.numbering != to.numbering => {
                            self.marks.hit(Mark::RepairAcrossReset);
                        }
                        PiReport::Damaged(damage) => match damage.harm {
                            Harm::Values => self.marks.hit(Mark::DamageFound),
                            Harm::Links => self.marks.hit(Mark::LinksDamaged),
                            Harm::Names => pi.must_end = true,
                        },
                        PiReport::Silent => self.marks.hit(Mark::PiSilent),
                        PiReport::Heard => self.marks.hit(Mark::PiHeard),
                        PiReport::AnotherRun { .. } => self.marks.hit(Mark::PiChangesRun),
                        PiReport::Finished { .. } => pi.is_over = true,
                        PiReport::Refused(reason) if reason.passes() => {
                            self.marks.hit(Mark::PiRefused);
                        }
                        // No two Pis have one name, so that nobody but its former self had it.
                        PiReport::Refused(reason) => {
                            return Err(format!("pi {at} is sent away for good: {reason:?}"));
                        }
                        PiReport::AwaitingController
                        | PiReport::Fenced
                        | PiReport::Assigned { .. }
                        | PiReport::Ready
                        | PiReport::Takes { .. }
                        | PiReport::Hole { .. }
                        | PiReport::Repaired { .. }
                        | PiReport::Lost { .. }
                        | PiReport::BadFrame(_)
                        | PiReport::OutOfPlace(_)
                        | PiReport::Rejected { .. }
                        | PiReport::ReceiverDetached { .. }
                        | PiReport::ReceiverBack { .. }
                        | PiReport::Ended { .. } => {}
                    }
                }
            }
        }
        Ok(())
    }

    /// Checks that a Pi that all could hear for long enough, and that counts as a replica, got what it
    /// lacked: what it has not acknowledged is kept.
    fn judge_given_up(&self, at: usize, brain: &Pi<'_>, from: Position) -> Result<(), Violation> {
        let limits = &self.plan.limits;
        let needs = nanos(limits.beat) * 2 + self.plan.edges.reconnect_ns + self.plan.slack_ns();
        let is_well = self.is_healed && self.healed_at + needs <= self.now;
        let run = self.controller.as_ref().and_then(|host| host.started);
        let is_replica = run.is_some_and(|(run, _)| run == brain.run())
            && !self.buried.contains(&format!("pi-{at}"));
        let is_patient = nanos(limits.repair_timeout) >= needs;
        if from == Position::default() || !is_well || !is_replica || !is_patient {
            return Ok(());
        }
        Err(format!(
            "pi {at} gave up what it lacked from {from} on, although nothing was in its way"
        ))
    }
}
