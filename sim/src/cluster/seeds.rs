//! Runs many seeds on several threads, with a ledger from which a later run continues.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

use super::marks::{Mark, Marks};
use super::verdict::{self, Totals, Verdict};

/// Why many seeds could not be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SeedsError {
    /// The ledger cannot be read or written.
    #[error("the ledger: {0}")]
    Ledger(#[from] io::Error),
    /// The ledger is from another version, whose seeds draw something else.
    #[error("the ledger was written by another version: its seeds do not draw what these do")]
    AnotherVersion,
    /// A line of the ledger cannot be read; the number is that of the line.
    #[error("line {0} of the ledger makes no sense")]
    BadLine(usize),
}

/// The result of many seeds.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// The number of seeds, including those that the ledger has.
    pub seeds: u64,
    /// The number of seeds that the ledger has.
    pub remembered: u64,
    /// How much happened.
    pub totals: Totals,
    /// How often each mark was hit. A seed from the ledger counts once, since the ledger says only whether
    /// it hit a mark.
    pub marks: Marks,
    /// The seeds that failed, in order. Those from the ledger have no verdict.
    pub violations: BTreeMap<u64, Option<Verdict>>,
}

impl Summary {
    fn add(&mut self, verdict: Verdict) {
        self.seeds += 1;
        self.totals.add(&verdict.totals);
        self.marks.add(&verdict.marks);
        if verdict.violation.is_some() {
            self.violations.insert(verdict.seed, Some(verdict));
        }
    }
}

/// Runs the seeds that the ledger does not have, adds each to the ledger, and calls `each` with its
/// verdict.
///
/// # Errors
///
/// Fails if the ledger cannot be read or written, or if another version wrote it.
pub fn run_many(
    seeds: Range<u64>,
    jobs: NonZeroUsize,
    ledger: Option<&Path>,
    mut each: impl FnMut(&Verdict),
) -> Result<Summary, SeedsError> {
    let mut summary = Summary::default();
    let mut known = BTreeMap::new();
    let mut book = None;
    if let Some(path) = ledger {
        known = read(path)?;
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        if file.metadata()?.len() == 0 {
            writeln!(file, "{}", head())?;
        }
        book = Some(file);
    }
    known.retain(|seed, _| seeds.contains(seed));
    for (&seed, line) in &known {
        summary.seeds += 1;
        summary.remembered += 1;
        summary.totals.add(&line.totals);
        for &mark in Mark::ALL {
            if line.marks >> (mark as u128) & 1 == 1 {
                summary.marks.hit(mark);
            }
        }
        if !line.is_ok {
            summary.violations.insert(seed, None);
        }
    }
    let next = AtomicU64::new(seeds.start);
    let (end, known, next) = (seeds.end, &known, &next);
    let (tell, told) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..jobs.get() {
            let tell = tell.clone();
            scope.spawn(move || {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    if !known.contains_key(&seed) && tell.send(verdict::run(seed)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(tell);
        for verdict in told {
            if let Some(file) = &mut book {
                writeln!(file, "{}", line_of(&verdict))?;
            }
            each(&verdict);
            summary.add(verdict);
        }
        Ok(summary)
    })
}

/// What the ledger says of a seed.
#[derive(Clone, Copy, Debug)]
struct Line {
    is_ok: bool,
    totals: Totals,
    /// One bit for each mark.
    marks: u128,
}

const _: () = assert!(Mark::ALL.len() <= 128);

/// Returns the first line of a ledger: a hash (FNV-1a) of what a few seeds draw.
fn head() -> String {
    let drawn = (0..8).map(verdict::options).collect::<String>();
    let hash = drawn.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("oxberry sim ledger {hash:016x}")
}

fn line_of(verdict: &Verdict) -> String {
    let Totals {
        steps,
        faults,
        messages,
        told,
        shown,
    } = verdict.totals;
    let word = if verdict.violation.is_none() {
        "ok"
    } else {
        "VIOLATION"
    };
    let is_hit = |mark: &&Mark| verdict.marks.of(**mark) > 0;
    let marks = Mark::ALL.iter().filter(is_hit);
    let marks = marks.fold(0_u128, |bits, &mark| bits | 1 << (mark as u128));
    format!(
        "{} {word} {steps} {faults} {messages} {told} {shown} {marks:x}",
        verdict.seed
    )
}

fn read(path: &Path) -> Result<BTreeMap<u64, Line>, SeedsError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error.into()),
    };
    let mut known = BTreeMap::new();
    for (at, line) in BufReader::new(file).lines().enumerate() {
        let line = line?;
        if at == 0 {
            if line != head() {
                return Err(SeedsError::AnotherVersion);
            }
            continue;
        }
        let (seed, line) = parse(&line).ok_or(SeedsError::BadLine(at + 1))?;
        known.insert(seed, line);
    }
    Ok(known)
}

fn parse(line: &str) -> Option<(u64, Line)> {
    let mut words = line.split(' ');
    let number = |words: &mut std::str::Split<'_, char>| words.next()?.parse::<u64>().ok();
    let seed = number(&mut words)?;
    let is_ok = words.next()? == "ok";
    let totals = Totals {
        steps: number(&mut words)?,
        faults: number(&mut words)?,
        messages: number(&mut words)?,
        told: number(&mut words)?,
        shown: number(&mut words)?,
    };
    let marks = u128::from_str_radix(words.next()?, 16).ok()?;
    let line = Line {
        is_ok,
        totals,
        marks,
    };
    Some((seed, line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_goes_on_where_its_ledger_ends_and_comes_to_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        let jobs = NonZeroUsize::new(2).unwrap();
        run_many(0..4, jobs, Some(&path), |_| {}).unwrap();
        let both = run_many(0..8, jobs, Some(&path), |_| {}).unwrap();
        let once = run_many(0..8, jobs, None, |_| {}).unwrap();
        assert_eq!((both.seeds, both.remembered), (8, 4));
        assert_eq!(both.totals, once.totals);
        assert!(both.marks.missing().eq(once.marks.missing()));
        std::fs::write(&path, "oxberry sim ledger of yore\n").unwrap();
        let error = run_many(0..8, jobs, Some(&path), |_| {}).unwrap_err();
        assert!(matches!(error, SeedsError::AnotherVersion));
    }
}
