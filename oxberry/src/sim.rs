//! `oxberry sim`: the simulated cluster, by seed.

use std::{
    io::{self, Write as _},
    num::NonZeroUsize,
    ops::Range,
    path::PathBuf,
    thread::available_parallelism,
};

use clap::Args;
use oxberry_sim::cluster::{Mark, Summary, Verdict, options, run_many, run_traced};

use crate::{console::Console, failure::Failure, output::Output};

/// Seeds from which on every mark must have been hit: each rare branch runs in a few hundred.
const SEEDS_FOR_ALL_MARKS: u64 = 5_000;

const EXAMPLES: &str = "\
Examples:
  oxberry sim --seed 7 --trace
  oxberry sim --seeds 0..10000 --jobs 2
  oxberry sim --seeds 0..50000 --ledger sim.ledger

Controller, Pis, page and feed run in one thread on a fake clock, over a network that loses, repeats,
delays and cuts, and every event is compared with what is right. The same seed does the same on every
machine. A run with a ledger goes on where it was stopped.";

/// What `oxberry sim` can be told.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// One seed: what it draws, and what came of it
    #[arg(
        long,
        value_name = "N",
        required_unless_present = "seeds",
        conflicts_with = "seeds"
    )]
    seed: Option<u64>,
    /// Many seeds, the last one not included
    #[arg(long, value_name = "A..B", value_parser = range)]
    seeds: Option<Range<u64>>,
    /// Threads; as many as there are cores unless said otherwise
    #[arg(long, value_name = "N", requires = "seeds")]
    jobs: Option<NonZeroUsize>,
    /// Where to note each seed that was run, and to read which were
    #[arg(long, value_name = "FILE", requires = "seeds")]
    ledger: Option<PathBuf>,
    /// Print every step
    #[arg(long, requires = "seed")]
    trace: bool,
}

/// Runs the seeds that the arguments name.
///
/// # Errors
///
/// When a seed fails, when many seeds leave a mark unhit, or when the ledger is of no use.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    match (arguments.seed, &arguments.seeds) {
        (Some(seed), _) => one(seed, arguments.trace),
        (None, Some(seeds)) => many(seeds.clone(), arguments),
        (None, None) => Err(Failure::Usage("either --seed or --seeds is needed".into())),
    }
}

fn one(seed: u64, with_trace: bool) -> Result<(), Failure> {
    let mut out = Output::new();
    let mut printed = write!(out, "{}", options(seed)).and_then(|()| out.flush());
    let verdict = if with_trace {
        let (verdict, steps) = run_traced(seed);
        printed = printed.and_then(|()| {
            let mut steps = steps.iter();
            steps.try_for_each(|step| writeln!(out, "{step}"))
        });
        verdict
    } else {
        oxberry_sim::cluster::run(seed)
    };
    printed = printed.and_then(|()| writeln!(out, "{verdict}"));
    let printed = printed.and_then(|()| out.flush());
    ended(verdict.violation.is_none(), printed)
}

/// How it ends: by what came of the seeds, whoever reads that.
fn ended(is_good: bool, printed: io::Result<()>) -> Result<(), Failure> {
    if !is_good {
        return Err(Failure::FaultyInput);
    }
    printed.map_err(Failure::of_output)
}

fn many(seeds: Range<u64>, arguments: &Arguments) -> Result<(), Failure> {
    let cores = || available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let jobs = arguments.jobs.unwrap_or_else(cores);
    let mut console = Console::new(false);
    console.watch_seeds(seeds.end.saturating_sub(seeds.start));
    let summary = run_many(
        seeds,
        jobs,
        arguments.ledger.as_deref(),
        |verdict: &Verdict| {
            console.advance(1);
            if verdict.violation.is_some() {
                console.say(verdict);
            }
        },
    );
    let summary = summary.map_err(anyhow::Error::from)?;
    drop(console);
    tell(&summary)
}

/// Says what came of many seeds.
fn tell(summary: &Summary) -> Result<(), Failure> {
    let missing: Vec<Mark> = summary.marks.missing().collect();
    let must_hit_all = summary.seeds >= SEEDS_FOR_ALL_MARKS;
    let is_good = summary.violations.is_empty() && (missing.is_empty() || !must_hit_all);
    ended(is_good, print(summary, &missing))
}

fn print(summary: &Summary, missing: &[Mark]) -> io::Result<()> {
    let mut out = Output::new();
    for (seed, verdict) in &summary.violations {
        match verdict {
            Some(verdict) => writeln!(out, "{verdict}")?,
            None => writeln!(out, "seed {seed}: VIOLATION, as the ledger says")?,
        }
    }
    writeln!(
        out,
        "{} seeds, {} of them from the ledger, {} violations: {}",
        summary.seeds,
        summary.remembered,
        summary.violations.len(),
        summary.totals
    )?;
    for mark in missing {
        writeln!(out, "never: {mark}")?;
    }
    out.flush()
}

fn range(text: &str) -> Result<Range<u64>, String> {
    let (first, end) = text.split_once("..").ok_or("expected A..B")?;
    let number = |text: &str| {
        let number = text.parse::<u64>();
        number.map_err(|error| format!("{text:?}: {error}"))
    };
    let range = number(first)?..number(end)?;
    if range.is_empty() {
        return Err("there is no seed in it".into());
    }
    Ok(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_seeds_has_two_ends_and_something_in_it() {
        assert_eq!(range("3..9"), Ok(3..9));
        for wrong in ["3", "9..3", "3..3", "a..b", ".."] {
            assert!(range(wrong).is_err(), "{wrong}");
        }
    }
}
