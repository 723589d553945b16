//! The simulated world: controller, Pis, page and feed in one thread, on one simulated clock.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use oxberry_cluster::page::Page;
use oxberry_core::book::{Capacity, Trust};
use oxberry_core::units::{ChannelId, Instant};
use oxberry_proto::Run;

use super::candour::Candour;
use super::controller_host::{ControllerHost, Heals};
use super::edge::{Edge, Frame, Wild};
use super::fault::FaultAt;
use super::marks::{Mark, Marks};
use super::members::Members;
use super::oracle::{Oracle, Violation};
use super::pi_host::PiHost;
use super::plan::{Plan, nanos};
use super::recording::Shared;
use super::second_page::SecondPage;
use super::trace::Trace;
use super::truth::Truth;
use super::venue::{self, Day};
use crate::random::Random;

/// The capacity of a Pi's books.
pub(super) const CAPACITY: Capacity = Capacity {
    symbols: 16,
    orders: 1_024,
    levels: 512,
};

/// The least time between two turns of a machine that has more to do.
pub(super) const TICK_NS: u64 = 5_000;

/// The time at which the machines' clocks start.
const EPOCH: u64 = 1_000_000_000;

/// The scheduler's numbers of the machines.
pub(super) const CONTROLLER: usize = 0;
pub(super) const PAGE: usize = 1;
/// Faults and checks.
const WORLD: usize = 2;
/// The first Pi.
pub(super) const PIS: usize = 3;

/// All machines and connections, and the scheduler.
pub(super) struct World<'m> {
    pub(super) plan: Plan,
    pub(super) day: Day,
    pub(super) heals: Heals,
    pub(super) now: u64,
    queue: BinaryHeap<Reverse<(u64, usize)>>,
    /// When each machine takes its next turn.
    wakes: Vec<u64>,
    /// How many times in a row each machine wanted its next turn at once.
    hasty: Vec<u32>,
    pub(super) random: Random,
    pub(super) controller: Option<ControllerHost>,
    pub(super) controller_skew: u64,
    pub(super) controller_stalled_until: u64,
    pub(super) controller_starts_at: Option<u64>,
    /// When the controller started last.
    pub(super) controller_since: u64,
    /// What the source of each channel has brought in each run.
    pub(super) sources: BTreeMap<(Run, usize), Shared>,
    /// Which day is played.
    pub(super) identity: u32,
    /// Greater for every new process of the controller.
    pub(super) generation: u32,
    pub(super) pis: Vec<PiHost<'m>>,
    pub(super) memories: Vec<&'m mut [u32]>,
    pub(super) page: Option<Page>,
    pub(super) page_skew: u64,
    pub(super) page_stalled_until: u64,
    pub(super) page_starts_at: Option<u64>,
    /// The page on another machine, if there is one.
    pub(super) second: Option<SecondPage>,
    pub(super) to_setup: Edge,
    pub(super) from_setup: Edge,
    pub(super) faults: std::vec::IntoIter<FaultAt>,
    pub(super) next_fault: Option<FaultAt>,
    next_check: u64,
    pub(super) oracle: Oracle,
    pub(super) members: Members,
    pub(super) candour: Candour,
    pub(super) marks: Marks,
    pub(super) trace: Trace,
    pub(super) steps: u64,
    pub(super) faults_done: u64,
    pub(super) is_healed: bool,
    /// When all faults were healed last.
    pub(super) healed_at: u64,
    /// The Pis that the controller took for dead, by their names.
    pub(super) buried: BTreeSet<String>,
    pub(super) is_dead_for_good: bool,
    /// Whether it was looked who is there again after the faults.
    pub(super) are_all_back: bool,
    /// Whether the day after the first run has begun, on which all is well.
    pub(super) is_next_day: bool,
    /// The channels that had ended when the controller was killed.
    pub(super) ended_before_death: Vec<ChannelId>,
    pub(super) out: Vec<Frame>,
}

impl<'m> World<'m> {
    // A table: where each part begins.
    pub(super) fn new(plan: Plan, memories: Vec<&'m mut [u32]>, with_words: bool) -> Self {
        let mut day = venue::day(&plan.market, plan.seed);
        let truth = core::mem::replace(&mut day.truth, Truth::new(core::iter::empty()));
        let listed = day.symbols.iter().filter(|one| one.in_file);
        let listed = listed.map(|one| one.symbol_index);
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
            controller_since: 0,
            sources: BTreeMap::new(),
            identity: 1,
            generation: 1,
            pis: (0..plan.nodes).map(|_| PiHost::new(&edges)).collect(),
            memories,
            page: None,
            page_skew: 0,
            page_stalled_until: 0,
            page_starts_at: Some(0),
            second: SecondPage::of_plan(&plan),
            to_setup: setup(),
            from_setup: setup(),
            faults,
            next_fault,
            next_check: 0,
            oracle: Oracle::new(truth, listed),
            members: Members::default(),
            candour: Candour::default(),
            marks: Marks::default(),
            trace: Trace::new(with_words),
            steps: 0,
            faults_done: 0,
            is_healed: plan.heals_at == 0,
            healed_at: 0,
            buried: BTreeSet::new(),
            is_dead_for_good: false,
            are_all_back: false,
            is_next_day: false,
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

    /// Schedules a turn of a machine, unless an earlier one is scheduled.
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

    /// Gives the next machine its turn. Returns false when no machine will ever take one again.
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
            PAGE => {
                self.turn_page()?;
                self.turn_second_page()?;
            }
            WORLD => self.turn_world()?,
            pi => self.turn_pi(pi - PIS)?,
        }
        Ok(true)
    }

    /// Returns the time on a clock that is `skew` ahead.
    pub(super) fn local(&self, skew: u64) -> Instant {
        Instant::from_raw(EPOCH + self.now + skew)
    }

    /// Returns the simulated time at which a clock that is `skew` ahead shows `local`.
    pub(super) fn global(&self, local: Instant, skew: u64) -> u64 {
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
            self.begin_again();
        }
        if self.is_healed && self.heals.goes_on <= self.now && !self.are_all_back {
            self.are_all_back = true;
            self.judge_return()?;
            self.judge_replicas()?;
        }
        let next = self.next_fault.map_or(u64::MAX, |next| next.at);
        let heals = if self.is_healed {
            u64::MAX
        } else {
            self.heals.at
        };
        let goes_on = if self.are_all_back {
            u64::MAX
        } else {
            self.heals.goes_on
        };
        self.wake(WORLD, next.min(heals).min(goes_on).min(self.next_check));
        Ok(())
    }

    /// Fails if a machine keeps wanting its next turn at once, since it would never sleep.
    pub(super) fn watch_haste(&mut self, machine: usize, is_hasty: bool) -> Result<(), Violation> {
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
                Trust::Partial => self.marks.hit(Mark::RowPartial),
                Trust::Recovering => self.marks.hit(Mark::RowRecovering),
                Trust::Live | Trust::Stale => {}
            }
        }
        Ok(())
    }
}
