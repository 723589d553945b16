//! One seed from its draw to its verdict.

use core::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::marks::Marks;
use super::plan::Plan;
use super::trace::Trace;
use super::world::{CAPACITY, World};

/// The most turns of a world. One that needs more does not get on.
const MOST_STEPS: u64 = 3_000_000;

/// How many processes of Pis a world may see.
const PROCESSES: usize = 64;

/// What came of a seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The seed.
    pub seed: u64,
    /// What was wrong, if anything.
    pub violation: Option<String>,
    /// What happened.
    pub totals: Totals,
    /// The marks that were hit.
    pub marks: Marks,
    /// Stands for every step: equal for equal seeds.
    pub trace: u64,
}

/// What happened, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Turns of machines.
    pub steps: u64,
    /// Faults of machines and connections.
    pub faults: u64,
    /// Messages of the venue.
    pub messages: u64,
    /// Stock events that Pis told.
    pub told: u64,
    /// Events that the page showed.
    pub shown: u64,
}

impl Totals {
    /// What happened elsewhere happened too.
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

/// What a seed draws, in words.
#[must_use]
pub fn options(seed: u64) -> String {
    Plan::draw(seed).to_string()
}

/// Runs a seed.
#[must_use]
pub fn run(seed: u64) -> Verdict {
    run_plan(seed, false).0
}

/// Runs a seed, and tells every step.
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
