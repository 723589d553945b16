//! The readings as a table.

use std::fmt::Write as _;

use crate::judge::{Record, gained};
use crate::reading::Reading;

/// What is shown of a reading.
type Quantity = (&'static str, fn(&Reading) -> u64);

const QUANTITIES: [Quantity; 8] = [
    ("memory, KiB", |reading| reading.memory / 1_024),
    ("resident, KiB", |reading| reading.resident / 1_024),
    ("descriptors", |reading| reading.descriptors),
    ("threads", |reading| reading.threads),
    ("log, lines", |reading| reading.log_lines),
    ("log, bytes", |reading| reading.log_bytes),
    ("to storage, bytes", |reading| reading.stored),
    ("to descriptors, bytes", |reading| reading.written),
];

/// A row for each quantity of each process: the first reading after the warm-up, the median, the last one and the
/// highest.
pub(crate) fn of(records: &[Record]) -> String {
    let mut table = String::from(
        "| process | | first | median | last | highest | gained |\n|---|---|--:|--:|--:|--:|--:|\n",
    );
    for record in records {
        let mut name = &*record.name;
        for (what, of) in QUANTITIES {
            let values: Vec<u64> = record.readings.iter().map(of).collect();
            let mut sorted = values.clone();
            sorted.sort_unstable();
            let (Some(first), Some(last), Some(highest)) =
                (values.first(), values.last(), sorted.last())
            else {
                continue;
            };
            let median = sorted[sorted.len() / 2];
            write!(
                table,
                "| {name} | {what} | {first} | {median} | {last} | {highest} |"
            )
            .unwrap();
            if what.starts_with("memory") {
                write!(table, " {:+} |", gained(&record.readings).bytes / 1_024).unwrap();
            } else {
                table.push_str(" |");
            }
            table.push('\n');
            name = "";
        }
    }
    table
}
