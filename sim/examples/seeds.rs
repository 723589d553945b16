//! Runs seeds of the simulated cluster.
#![expect(clippy::print_stdout, reason = "it is what an example is for")]

use std::num::NonZeroUsize;

use oxberry_sim::cluster::{Mark, options, run_many, run_traced};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = || arguments.next().and_then(|text| text.parse::<u64>().ok());
    let (from, to, jobs) = (number().unwrap_or(0), number(), number().unwrap_or(1));
    let Some(to) = to else {
        print!("{}", options(from));
        let (verdict, words) = run_traced(from);
        for line in words {
            println!("{line}");
        }
        println!("{verdict}");
        return;
    };
    let jobs = usize::try_from(jobs).ok().and_then(NonZeroUsize::new);
    let jobs = jobs.unwrap_or(NonZeroUsize::MIN);
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
}
