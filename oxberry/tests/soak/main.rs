//! A cluster under load for minutes or hours: it stays as it was after its warm-up, in memory, descriptors and threads,
//! keeps its log short, loses nothing, and its Pis write nothing to their cards.
//!
//! ```text
//! .ci/run soak                                    # five minutes
//! OXBERRY_SOAK_SECONDS=1800 .ci/run soak          # half an hour
//! ```
//!
//! The step runs the programs as they are shipped: `OXBERRY_SOAK_PROGRAM` names the command.
//!
//! A made-up market of 1,000 symbols and 100,000 messages a second is played to real processes on loopback:
//! a controller, four Pis and a dashboard with one browser. What [`judge`] holds them to is tested at every `cargo test`.
#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    reason = "a soak reads a clock, and waits between its readings"
)]
#![expect(clippy::float_arithmetic, reason = "rates, for people to read")]

mod browser;
mod cluster;
mod counters;
mod daemon;
mod judge;
mod market;
mod reading;
mod table;

use std::thread;
use std::time::{Duration, Instant};

use cluster::{Cluster, SYMBOLS};
use counters::Counters;
use judge::Record;

/// How long the soak takes, unless `OXBERRY_SOAK_SECONDS` says that it takes longer. In less a heap has not found its
/// size.
const SECONDS: u64 = 300;

/// The time between two readings.
const EVERY: Duration = Duration::from_secs(10);

/// The part of the soak, one in so many, that heaps and queues have to grow to their size.
const WARM_UP: u32 = 4;

/// How many times as long the soak takes at most, when processes seem to leak that may have been busier than before.
const MOST_WATCHED: u32 = 3;

#[test]
#[ignore = "takes minutes: `.ci/run soak`"]
fn a_busy_cluster_stays_as_it_is() {
    let seconds = seconds();
    let mut cluster = Cluster::start();
    let start = Instant::now();
    println!("{SYMBOLS} symbols, {seconds} s, a reading every {EVERY:?}");

    let mut records: Vec<Record> = cluster
        .processes()
        .map(|(name, role)| Record::new(name, role))
        .collect();
    let mut after_warm_up = None;
    let readings = u32::try_from(seconds / EVERY.as_secs()).unwrap();
    let (mut number, mut end) = (0, readings);
    while number < end {
        number += 1;
        let due = start + EVERY * number;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        cluster.assert_alive();
        if number <= readings / WARM_UP {
            continue;
        }
        for (record, reading) in records.iter_mut().zip(cluster.readings(start)) {
            record.readings.push(reading);
        }
        // After the reading, so that its connections are long closed at the next one.
        if after_warm_up.is_none() {
            after_warm_up = Some(Counters::of(&cluster));
        }
        if number == end && end < readings * MOST_WATCHED && watch_again(&mut records) {
            end += readings;
        }
    }
    let counters = Counters::of(&cluster);
    let mut faults: Vec<String> = records.iter().flat_map(Record::faults).collect();
    faults.extend(counters.faults());

    println!("{}", table::of(&records));
    println!("{}", counters.since(&after_warm_up.unwrap()));
    for fault in &faults {
        println!("NOT AS IT SHOULD BE: {fault}");
    }
    if !faults.is_empty() {
        println!("{}", cluster.said_last());
    }
    println!("{}", cluster.end());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Whether some of these seem to leak, who are then to be judged by what comes.
fn watch_again(records: &mut [Record]) -> bool {
    let mut suspected = false;
    for record in records.iter_mut().filter(|record| record.seems_to_leak()) {
        println!("{} may leak: watched for as long once more", record.name);
        record.watch_again();
        suspected = true;
    }
    suspected
}

/// How long the soak is to take.
fn seconds() -> u64 {
    let Ok(text) = std::env::var("OXBERRY_SOAK_SECONDS") else {
        return SECONDS;
    };
    let seconds = text.parse().unwrap_or(0);
    assert!(
        seconds >= SECONDS,
        "OXBERRY_SOAK_SECONDS={text}: not a number of seconds from {SECONDS} on"
    );
    seconds
}
