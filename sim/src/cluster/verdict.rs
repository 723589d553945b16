//! Runs one seed, from its draw to its verdict.

use core::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::marks::Marks;
use super::plan::Plan;
use super::trace::Trace;
use super::world::{CAPACITY, World};

/// The most turns of a simulation. One that needs more makes no progress.
const MOST_STEPS: u64 = 3_000_000;

/// The most Pi processes that a simulation may start.
const PROCESSES: usize = 64;

/// The result of one seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The seed.
    pub seed: u64,
    /// What was wrong, or `None` if nothing was.
    pub violation: Option<String>,
    /// How much happened.
    pub totals: Totals,
    /// How often each mark was hit.
    pub marks: Marks,
    /// A hash of every step: equal for equal seeds.
    pub trace: u64,
}

/// How much happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// The turns that machines took.
    pub steps: u64,
    /// The faults of machines and connections.
    pub faults: u64,
    /// The messages that the venue published.
    pub messages: u64,
    /// The stock events that Pis sent.
    pub told: u64,
    /// The events that the page showed.
    pub shown: u64,
}

impl Totals {
    /// Adds the counts of another run.
    pub fn add(&mut self, other: &Self) {
        self.steps += other.steps;
        self.faults += other.faults;
        self.messages += other.messages;
        self.told += other.told;
        self.shown += other.shown;
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            steps,
            faults,
            messages,
            told,
            shown,
        } = self;
        write!(
            f,
            "{steps} steps, {faults} faults, {messages} messages, {told} events told, {shown} shown"
        )
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            seed,
            violation,
            totals,
            trace,
            ..
        } = self;
        match violation {
            None => write!(f, "seed {seed}: ok, {totals}, trace {trace:016x}"),
            Some(violation) => write!(
                f,
                "seed {seed}: VIOLATION {violation}\n  after {totals}, trace {trace:016x}\n  \
                 again: oxberry sim --seed {seed} --trace"
            ),
        }
    }
}

/// Describes what a seed draws: market, limits and faults.
#[must_use]
pub fn options(seed: u64) -> String {
    Plan::draw(seed).to_string()
}

/// Runs one seed.
#[must_use]
pub fn run(seed: u64) -> Verdict {
    run_plan(seed, false).0
}

/// Runs one seed and returns a line of text for every step.
#[must_use]
pub fn run_traced(seed: u64) -> (Verdict, Vec<String>) {
    run_plan(seed, true)
}

fn run_plan(seed: u64, with_words: bool) -> (Verdict, Vec<String>) {
    let plan = Plan::draw(seed);
    let words = CAPACITY.words();
    let mut memory = vec![0; words * PROCESSES];
    let memories = memory.chunks_exact_mut(words).collect();
    let mut world = World::new(plan, memories, with_words);
    // What the machines assert is a violation like any other.
    let lived = catch_unwind(AssertUnwindSafe(|| live(&mut world)));
    let violation = match lived {
        Ok(result) => result.err(),
        Err(panic) => Some(format!("a machine panicked: {}", words_of(&*panic))),
    };
    let totals = Totals {
        steps: world.steps,
        faults: world.faults_done,
        messages: world.day.messages,
        told: world.oracle.told,
        shown: world.oracle.shown,
    };
    let marks = world.marks.clone();
    let trace = core::mem::replace(&mut world.trace, Trace::new(false));
    let hash = trace.hash();
    let told = trace.into_words();
    let verdict = Verdict {
        seed,
        violation,
        totals,
        marks,
        trace: hash,
    };
    (verdict, told)
}

fn live(world: &mut World<'_>) -> Result<(), String> {
    play(world)?;
    if world.begin_next_day() {
        play(world)?;
    }
    Ok(())
}

/// Plays a run to its end, and judges it.
fn play(world: &mut World<'_>) -> Result<(), String> {
    let mut deadline = world.deadline();
    while world.step()? {
        if world.steps > MOST_STEPS {
            return Err(format!("{MOST_STEPS} steps, and no end"));
        }
        if world.now >= deadline {
            // Another day may be longer.
            deadline = world.deadline();
        }
        if world.is_over() || world.now >= deadline {
            break;
        }
    }
    world.judge_end()
}

fn words_of(panic: &(dyn core::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without words")
}
