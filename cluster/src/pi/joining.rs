//! How a Pi comes into a run and out of it: Hello, refusals, the assignment, another run.

use oxberry_core::units::{ChannelId, Instant, SeqNum};
use oxberry_proto::start::{RefusedReason, SetupPi, SymbolAssignment};
use oxberry_proto::{Kind, NodeId, ProtoError, Records, Run, Topic};

use super::membership::Introducing;
use super::scrubbing::Scrubbing;
use super::streams::Streams;
use super::{Command, Phase, Pi, Report};
use crate::limits::Limits;
use crate::reminder::Reminder;

/// What a Pi without a run waits for, and when it says so again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    /// Why it has to wait; `None` until the controller answers.
    reason: Option<RefusedReason>,
    reminder: Reminder,
}

impl Waiting {
    /// Nothing was heard of the controller yet.
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            reason: None,
            reminder: Reminder::new(now),
        }
    }

    /// The run is over, and the next one may be days away.
    pub(super) const fn for_next_run(now: Instant) -> Self {
        Self {
            reason: Some(RefusedReason::NextRun),
            reminder: Reminder::new(now),
        }
    }

    /// When it is to be said that nobody answers. Of a refusal it is said when that comes again.
    pub(super) fn due(&self) -> Option<Instant> {
        self.reason.is_none().then(|| self.reminder.due())
    }

    /// How often Hello is said. One that was not answered says it as often as it is to be heard.
    pub(super) fn hello_interval(&self, limits: &Limits) -> core::time::Duration {
        if self.reason.is_some() {
            limits.patience()
        } else {
            limits.beat
        }
    }

    /// Notes a refusal; says whether a person is to be told.
    fn is_news(&mut self, now: Instant, reason: RefusedReason) -> bool {
        match self.reason.replace(reason) {
            None => {
                self.reminder = Reminder::new(now);
                true
            }
            Some(said) if said == reason => !reason.passes() && self.reminder.take(now),
            Some(_) => {
                self.reminder.hurry();
                self.reminder.take(now)
            }
        }
    }
}

impl Pi<'_> {
    /// Time has passed: asks for the next run, and says that nobody answers.
    pub(super) fn wait_for_run(&mut self, now: Instant) {
        if let Phase::Over { until } = self.phase
            && until <= now
        {
            self.leave(now);
        }
        if let Phase::Joining { .. } = self.phase
            && self.waiting.due().is_some()
            && self.waiting.reminder.take(now)
        {
            self.report(Report::AwaitingController);
        }
    }

    /// The controller does not take this Pi, which asks again less often.
    pub(super) fn handle_refusal(&mut self, now: Instant, reason: RefusedReason) {
        match &mut self.phase {
            Phase::Joining { next_hello } => {
                *next_hello = now.after(self.config.limits.patience());
                if self.waiting.is_news(now, reason) {
                    self.report(Report::Refused(reason));
                }
            }
            Phase::Pinging
            | Phase::Running
            | Phase::Ended
            | Phase::Finishing { .. }
            | Phase::Over { .. } => self.out_of_place(Kind::Refused),
        }
    }

    /// Takes the assignment: makes the books of its symbols and all buffers.
    pub(super) fn handle_setup(
        &mut self,
        now: Instant,
        setup: &SetupPi,
        assignments: Records<'_, SymbolAssignment>,
    ) -> Result<(), ProtoError> {
        let assignments = assignments.collect::<Result<Vec<_>, _>>()?;
        let limits = self.config.limits;
        let room = usize::try_from(self.config.max_symbols).unwrap_or(usize::MAX);
        self.run = setup.run;
        self.node = setup.node;
        self.events_before = self.counters.events;
        self.waiting = Waiting::new(now);
        self.partitions = setup.partitions;
        self.came_late = setup.feed_runs;
        self.mail.join(setup.run, setup.node);
        self.symbols = Vec::with_capacity(room);
        let mut partitions: Vec<_> = assignments.iter().map(|one| one.partition).collect();
        partitions.sort_unstable();
        partitions.dedup();
        self.telling
            .begin_anew(setup.run, setup.node, partitions.len());
        self.telling.reserve(room);
        for assignment in &assignments {
            let symbol_index = assignment.symbol_index;
            match self.books.define(symbol_index, assignment.scale) {
                Ok(slot) => {
                    self.telling.define(slot, true);
                    self.symbols.push((assignment.partition, symbol_index));
                }
                // The controller knows our capacity and refuses us when it is too small, so this
                // symbol is one too many by its mistake; its events will be refused and counted.
                Err(_) => self.counters.rejected += 1,
            }
        }
        self.symbols.sort_unstable();
        if setup.feed_runs {
            self.miss_what_was(partitions.len());
        }
        let topics = partitions.iter().map(|&partition| Topic { partition });
        self.commands.extend(topics.map(Command::Subscribe));
        self.pinged = vec![false; partitions.len()];
        self.report(Report::Assigned {
            run: setup.run,
            node: setup.node,
            partitions: partitions.len(),
            symbols: self.symbols.len(),
        });
        self.streams = Streams::new(partitions, usize::from(setup.channels), limits);
        self.phase = Phase::Pinging;
        self.next_beat = now;
        self.ready_when_pinged(now);
        Ok(())
    }

    /// The feed runs already: all symbols may have been spoken of. Their books are stale, and nothing is
    /// told of a partition before that.
    ///
    /// What a stream lacks is seen when something of it is heard. Until then, the streams of another
    /// channel must not vouch for its symbols.
    fn miss_what_was(&mut self, partitions: usize) {
        self.taker.has_lost = true;
        // No book belongs to a channel yet, and no number is known.
        let (any, unknown) = (ChannelId::from_raw(0), SeqNum::default());
        for &(_, symbol_index) in &self.symbols {
            if let Some(slot) = self.books.slot(symbol_index) {
                self.books.lost(slot, any, unknown);
            }
        }
        for part in 0..partitions {
            self.telling.sweep(part);
        }
    }

    /// The controller does not know this Pi: it plays another run, or it took this Pi for dead.
    pub(super) fn handle_another_run(&mut self, now: Instant, played: Run) {
        if matches!(self.phase, Phase::Joining { .. }) {
            return;
        }
        let left = self.run;
        self.report(if left == played {
            Report::Fenced
        } else {
            Report::AnotherRun { left, played }
        });
        self.waiting = Waiting::new(now);
        self.leave(now);
    }

    /// Empties the books and forgets the run, to say Hello at that time.
    fn leave(&mut self, next_hello: Instant) {
        let topics = self.streams.partitions().iter();
        let topics = topics.map(|&partition| Topic { partition });
        self.commands.extend(topics.map(Command::Unsubscribe));
        self.books.reset();
        self.symbols.clear();
        self.run = Run::default();
        self.streams = Streams::new(Vec::new(), 0, self.config.limits);
        self.telling.begin_anew(self.run, NodeId::from_raw(0), 0);
        self.held.clear();
        self.mail.leave();
        self.introducing = Introducing::Nothing;
        self.giver.leave();
        self.depths.leave();
        self.taker.leave();
        self.scrubbing = Scrubbing::default();
        self.pinged.clear();
        self.is_pinged = false;
        self.is_silent = false;
        self.beat_due = false;
        self.end_due = false;
        self.phase = Phase::Joining { next_hello };
    }
}
