//! A page on another machine, which stalls by a plan of its own and never dies.

use oxberry_cluster::page::Page;

use super::audience::SECOND_SEAT;
use super::edge::{Edge, Wild};
use super::oracle::Violation;
use super::plan::{Plan, SecondPlan};
use super::world::{PAGE, World};
use crate::random::Random;

/// The second page.
#[derive(Debug)]
pub(super) struct SecondPage {
    pub(super) page: Page,
    pub(super) from_setup: Edge,
    /// Of its own, so that the rest of a seed draws the same with and without it.
    pub(super) random: Random,
    plan: SecondPlan,
}

impl SecondPage {
    /// The page that a plan has, if it has one.
    pub(super) fn of_plan(plan: &Plan) -> Option<Self> {
        plan.second.map(|second| Self {
            page: Page::new(plan.limits),
            random: Random::new(plan.seed, 5),
            from_setup: Edge::new(plan.edges.delay_ns, 100, Wild::default()),
            plan: second,
        })
    }

    /// Returns until when it does nothing.
    pub(super) fn stalled_until(&self, now: u64, is_healed: bool) -> Option<u64> {
        let SecondPlan { stalls, until } = self.plan;
        let ends = until.is_some_and(|until| until <= now || is_healed);
        (stalls <= now && !ends).then(|| until.unwrap_or(u64::MAX))
    }

    /// Returns whether it reads to the end.
    pub(super) fn comes_back(&self) -> bool {
        self.plan.until.is_some()
    }
}

impl World<'_> {
    pub(super) fn turn_second_page(&mut self) -> Result<(), Violation> {
        let Some(mut second) = self.second.take() else {
            return Ok(());
        };
        let result = if let Some(until) = second.stalled_until(self.now, self.is_healed) {
            self.wake(PAGE, until);
            Ok(())
        } else {
            self.run_page(SECOND_SEAT, &mut second.page, &mut second.from_setup)
        };
        self.second = Some(second);
        result
    }
}
