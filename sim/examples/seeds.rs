//! Runs seeds of the simulated cluster, without building libzmq: `seeds SEED` prints every step of one
//! seed, `seeds FROM TO [JOBS]` runs many, and `seeds --first FROM TO` stops at the first that fails.
#![expect(clippy::print_stdout, reason = "it is what an example is for")]

use std::num::NonZeroUsize;
use std::process::ExitCode;

use oxberry_sim::cluster::{Mark, options, run, run_many, run_traced};

fn main() -> ExitCode {
    let mut words: Vec<_> = std::env::args().skip(1).collect();
    let wants_first = words.first().is_some_and(|word| word == "--first");
    if wants_first {
        words.remove(0);
    }
    let numbers: Vec<u64> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let failed = match *numbers.as_slice() {
        [seed] => tell(seed),
        [from, to] if wants_first => first(from, to),
        [from, to] => many(from, to, 1),
        [from, to, jobs] => many(from, to, usize::try_from(jobs).unwrap_or(1)),
        _ => return ExitCode::from(2),
    };
    ExitCode::from(u8::from(failed))
}

fn tell(seed: u64) -> bool {
    print!("{}", options(seed));
    let (verdict, words) = run_traced(seed);
    for line in words {
        println!("{line}");
    }
    println!("{verdict}");
    verdict.violation.is_some()
}

fn first(from: u64, to: u64) -> bool {
    let verdict = (from..to)
        .map(run)
        .find(|verdict| verdict.violation.is_some());
    if let Some(verdict) = &verdict {
        println!("{verdict}");
    }
    verdict.is_some()
}

fn many(from: u64, to: u64, jobs: usize) -> bool {
    let jobs = NonZeroUsize::new(jobs).unwrap_or(NonZeroUsize::MIN);
    let summary = run_many(from..to, jobs, None, |verdict| {
        if verdict.violation.is_some() {
            println!("{verdict}");
        }
    });
    let summary = summary.expect("there is no ledger that could fail");
    println!("{} bad; {}", summary.violations.len(), summary.totals);
    for &mark in Mark::ALL {
        println!("{:>12} {mark}", summary.marks.of(mark));
    }
    !summary.violations.is_empty()
}
