//! Carries out the faults of the plan, and heals them all when their time is over.

use super::controller_host::ControllerHost;
use super::doubt::Suspects;
use super::edge::Wild;
use super::fault::{Fault, Line, Ways};
use super::marks::Mark;
use super::plan::{NextDay, nanos};
use super::truth::Truth;
use super::venue;
use super::world::World;
use oxberry_core::book::Trust;

/// Bits that are tried until one matters, and how far each is from the one before.
const FLIPS: u64 = 512;
const STRIDE: u64 = 7_919;

impl World<'_> {
    pub(super) fn do_fault(&mut self, fault: Fault) {
        self.faults_done += 1;
        let now = self.now;
        let has_left = |host: &ControllerHost| host.outcome.is_some();
        if self.controller.as_ref().is_some_and(has_left) && fault.is_of_controller() {
            // Nobody starts it again once it has done its work.
            return;
        }
        match fault {
            Fault::Cut {
                pi,
                line,
                ways,
                ns,
                breaks: _,
            } => self.cut(pi, line, ways, now + ns),
            Fault::Break { pi, line } => {
                self.break_off(pi, line, now + self.plan.edges.reconnect_ns);
            }
            Fault::CutSetup { ns } => self.cut_setup(now + ns),
            Fault::StallPi { pi: at, ns } => {
                if let Some(pi) = self.pis.get_mut(at) {
                    pi.stalled_until = pi.stalled_until.max(now + ns);
                }
                self.wake_pi(at, now + ns);
            }
            Fault::RestartPi { pi: at, ns } => {
                if let Some(pi) = self.pis.get_mut(at)
                    && pi.brain.is_some()
                {
                    pi.kill(&mut self.random);
                    pi.starts_at = Some(now + ns);
                }
                self.wake_pi(at, now + ns);
            }
            Fault::LosePi { pi } => self.lose_pi(pi),
            Fault::StallPage { ns } => {
                self.page_stalled_until = self.page_stalled_until.max(now + ns);
                self.wake_page(now + ns);
            }
            Fault::RestartPage { ns } => self.restart_page(now + ns),
            Fault::StallController { ns } => {
                self.controller_stalled_until = self.controller_stalled_until.max(now + ns);
                self.wake_controller(now + ns);
            }
            Fault::RestartController { ns, same_day } => {
                self.restart_controller(now + ns);
                if !same_day {
                    self.begin_another_day();
                }
            }
            Fault::CutPower { ns } => self.cut_power(now + ns),
            Fault::KillController => self.kill_controller_for_good(),
            Fault::Jump { machine, ns } => self.jump(machine, ns),
            Fault::Flip { pi, bit } => self.flip(pi, bit),
        }
    }

    /// Cuts a line of a Pi until that time.
    fn cut(&mut self, at: usize, line: Line, ways: Ways, until: u64) {
        if let Some(pi) = self.pis.get_mut(at) {
            let (from_pi, to_pi) = match line {
                Line::Control => (Some(&mut pi.to_controller), Some(&mut pi.from_controller)),
                Line::Data => (None, Some(&mut pi.data)),
                Line::Stock => (Some(&mut pi.stock), None),
            };
            if let Some(edge) = from_pi.filter(|_| ways != Ways::ToPi) {
                edge.cut_until = edge.cut_until.max(until);
            }
            if let Some(edge) = to_pi.filter(|_| ways != Ways::FromPi) {
                edge.cut_until = edge.cut_until.max(until);
            }
        }
        self.wake_pi(at, until);
        self.wake_controller(until);
        self.wake_page(until);
    }

    /// Cuts the connection between page and controller until that time.
    fn cut_setup(&mut self, until: u64) {
        // A request or an answer on its way is lost; it is asked again.
        for edge in [&mut self.to_setup, &mut self.from_setup] {
            edge.break_off(&mut self.random, false);
            edge.is_up = true;
            edge.cut_until = until;
        }
        self.wake_page(until);
        self.wake_controller(until);
    }

    /// Kills a Pi for good.
    fn lose_pi(&mut self, at: usize) {
        if let Some(pi) = self.pis.get_mut(at) {
            pi.kill(&mut self.random);
            pi.starts_at = None;
            pi.is_lost = true;
            self.marks.hit(Mark::LostPi);
        }
    }

    /// Starts a Pi in the place of each that died for good, as somebody has to where a run can only begin with
    /// all of them.
    fn bring_new_pis(&mut self) {
        let now = self.now;
        for pi in self.pis.iter_mut().filter(|pi| pi.is_lost) {
            pi.is_lost = false;
            pi.starts_at = Some(now);
        }
        self.wake_all_pis(now);
    }

    fn restart_page(&mut self, starts_at: u64) {
        self.page = None;
        self.page_starts_at = Some(starts_at);
        for pi in &mut self.pis {
            if pi.stock_up_at != Some(u64::MAX)
                && pi.break_off(Line::Stock, starts_at, &mut self.random)
            {
                self.marks.hit(Mark::BrokenWithFrames);
            }
        }
        self.from_setup.break_off(&mut self.random, false);
        self.from_setup.is_up = true;
        self.wake_page(starts_at);
        self.wake_all_pis(starts_at);
    }

    fn restart_controller(&mut self, starts_at: u64) {
        self.kill_controller(starts_at);
        self.controller_starts_at = Some(starts_at);
        self.is_dead_for_good = false;
        self.wake_controller(starts_at);
    }

    /// Lets the controller play another day from now on.
    fn begin_another_day(&mut self) {
        self.identity += 1;
        // So that what is of one day is wrong on the other.
        let seed = self.plan.seed ^ u64::from(self.identity) << 40;
        let mut day = venue::day(&self.plan.market, seed);
        let truth = core::mem::replace(&mut day.truth, Truth::new(core::iter::empty()));
        self.oracle.add_day(truth);
        self.day = day;
        self.marks.hit(Mark::AnotherDay);
    }

    /// Kills controller and Pis at once.
    fn cut_power(&mut self, starts_at: u64) {
        self.restart_controller(starts_at);
        for pi in &mut self.pis {
            pi.kill(&mut self.random);
            pi.starts_at = (!pi.is_lost).then_some(starts_at);
        }
        self.wake_all_pis(starts_at);
    }

    fn kill_controller_for_good(&mut self) {
        self.kill_controller(u64::MAX);
        self.controller_starts_at = None;
        self.is_dead_for_good = true;
        self.marks.hit(Mark::DeadController);
    }

    /// Changes a bit of the books of a Pi, the first one from this on that a reading of all books finds.
    fn flip(&mut self, at: usize, bit: u64) {
        let Some(pi) = self.pis.get_mut(at) else {
            return;
        };
        let Some(brain) = &mut pi.brain else {
            return;
        };
        for bit in (0..FLIPS).map(|n| bit + n * STRIDE) {
            brain.flip_bit(bit);
            let books = brain.books();
            let is_wrong = |slot| {
                let is_shown = books.trust(slot) == Trust::Live;
                is_shown && books.scrub(slot, u32::MAX).is_err()
            };
            if books.slots().any(is_wrong) {
                self.marks.hit(Mark::MemoryFlipped);
                self.trace
                    .tell(self.now, || format!("pi {at}: bit {bit} flips"));
                pi.suspects.add(Suspects::in_books(brain.books()));
                pi.has_flipped = true;
                return;
            }
            brain.flip_bit(bit);
        }
    }

    /// Sets the clock of a machine ahead.
    fn jump(&mut self, machine: usize, ns: u64) {
        match machine {
            0 => {
                self.controller_skew += ns;
                self.wake_controller(self.now);
            }
            1 => {
                self.page_skew += ns;
                self.wake_page(self.now);
            }
            pi => {
                if let Some(pi) = self.pis.get_mut(pi - 2) {
                    pi.skew += ns;
                }
                self.wake_pi(pi - 2, self.now);
            }
        }
    }

    fn break_off(&mut self, at: usize, line: Line, up_at: u64) {
        let Some(pi) = self.pis.get_mut(at) else {
            return;
        };
        if pi.brain.is_none() {
            return;
        }
        if pi.break_off(line, up_at, &mut self.random) {
            self.marks.hit(Mark::BrokenWithFrames);
        }
        self.wake_pi(at, up_at);
        self.wake_controller(up_at);
        self.wake_page(up_at);
    }

    fn kill_controller(&mut self, up_at: u64) {
        if let Some(host) = self.controller.take() {
            let ended = host.channels.iter().filter(|channel| channel.has_ended);
            self.ended_before_death = ended.map(|channel| channel.channel).collect();
        }
        for pi in &mut self.pis {
            if pi.brain.is_some() {
                let lost = pi.break_off(Line::Control, up_at, &mut self.random)
                    | pi.break_off(Line::Data, up_at, &mut self.random);
                if lost {
                    self.marks.hit(Mark::BrokenWithFrames);
                }
            }
        }
        self.to_setup.break_off(&mut self.random, false);
        self.to_setup.is_up = true;
        self.wake_all_pis(up_at);
    }

    /// Wakes the Pis that rest from a run when a controller gathers them for another one.
    pub(super) fn begin_again(&mut self) {
        let waits = |host: &ControllerHost| host.started.is_none() && host.outcome.is_none();
        if !self.controller.as_ref().is_some_and(waits) {
            return;
        }
        // It goes on without them where it can.
        if self.controller_since + 2 * nanos(self.plan.limits.adoption()) <= self.now {
            self.bring_new_pis();
        }
        for at in 0..self.pis.len() {
            if let Some(pi) = self.pis.get_mut(at)
                && core::mem::take(&mut pi.is_over)
            {
                self.wake_pi(at, self.now);
            }
        }
    }

    /// Begins the day after a run, with whatever that run has left behind. Returns whether there is one.
    pub(super) fn begin_next_day(&mut self) -> bool {
        let Some(NextDay { is_another, after }) = self.plan.next_day else {
            return false;
        };
        self.trace.tell(self.now, || "the next day".into());
        self.marks.hit(Mark::NextDay);
        self.restart_controller(self.now + after);
        if is_another {
            self.begin_another_day();
        }
        self.is_next_day = true;
        self.bring_new_pis();
        self.are_all_back = false;
        // The page asks twice a second what is played, and would miss a shorter day.
        self.plan.holds = true;
        self.heals.goes_on = self.now + after + self.plan.pause_ns();
        self.heal();
        true
    }

    fn wake_all_pis(&mut self, at: u64) {
        for pi in 0..self.pis.len() {
            self.wake_pi(pi, at);
        }
    }

    /// Heals all faults.
    pub(super) fn heal(&mut self) {
        self.trace
            .tell(self.now, || "all is well from here on".into());
        self.is_healed = true;
        self.healed_at = self.now;
        let now = self.now;
        let soon = now + self.plan.edges.reconnect_ns;
        let is_controller_there = self.controller.is_some() || self.controller_starts_at.is_some();
        for pi in &mut self.pis {
            pi.data.wild = Wild::default();
            pi.stock.wild = Wild::default();
            pi.second.wild = Wild::default();
            for edge in [
                &mut pi.to_controller,
                &mut pi.from_controller,
                &mut pi.data,
                &mut pi.stock,
            ] {
                edge.cut_until = 0;
            }
            // Who does not read would lose batches however well all is.
            pi.data.capacity = 100_000;
            pi.stalled_until = 0;
            if let Some(starts) = &mut pi.starts_at {
                *starts = (*starts).min(soon);
            }
            if pi.brain.is_some() {
                for (up_at, is_reached) in [
                    (&mut pi.control_up_at, is_controller_there),
                    (&mut pi.data_up_at, is_controller_there),
                    (&mut pi.stock_up_at, true),
                ] {
                    if let Some(up_at) = up_at.as_mut().filter(|_| is_reached) {
                        *up_at = (*up_at).min(soon);
                    }
                }
            }
        }
        self.to_setup.cut_until = 0;
        self.from_setup.cut_until = 0;
        self.controller_stalled_until = 0;
        self.page_stalled_until = 0;
        let starts = [&mut self.controller_starts_at, &mut self.page_starts_at];
        for starts in starts.into_iter().flatten() {
            *starts = (*starts).min(soon);
        }
        self.wake_controller(now);
        self.wake_page(now);
        self.wake_all_pis(now);
        self.wake_controller(soon);
        self.wake_page(soon);
        self.wake_all_pis(soon);
    }
}
