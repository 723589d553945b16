//! Compares the books of every replica with those of one process that replays the same feed.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    io::{self, Write as _},
    path::Path,
};

use oxberry_controller::{config::partitions_for, day::partition_table};
use oxberry_core::{book::Digest, units::SymbolIndex};

use super::{Arguments, cluster::RunOutcome, events};
use crate::{
    console::Console,
    failure::Failure,
    input::DialectChoice,
    output::Output,
    replay::{EventRows, Inputs, Outcome, Plan, play},
};

/// Orders that may rest at once in the replay: what all Pis together hold at least.
const ORDERS: u32 = 4_000_000;

/// Prints a line a partition, and one for the events. The streams are that of the page and where that
/// of the replay is to go.
///
/// # Errors
///
/// When a replica differs, a partition has none, or the replay fails.
pub(super) fn compare(
    outcome: &RunOutcome,
    directory: &Path,
    streams: Option<(&Path, &Path)>,
    arguments: &Arguments,
) -> Result<(), Failure> {
    let mut console = Console::new(false);
    let inputs = Inputs::resolve(&[directory.to_owned()], None, &console)?;
    let table = partition_table(&inputs.mapping, partitions_for(arguments.pis.into()));
    let plan = Plan {
        inputs,
        dialect: DialectChoice::Auto,
        filter: oxberry_feed::source::Filter::default(),
        orders: ORDERS,
        has_options: false,
    };
    let mut rows = (streams.map(|(_, path)| EventRows::create(path))).transpose()?;
    let replayed = play(&plan, None, rows.as_mut(), &mut console)?;
    if let Some(mut rows) = rows {
        rows.flush()?;
    }
    let expected = partitions(&replayed, |symbol| table.partition_of(symbol).raw());
    let (mut report, mut all_equal) = compare_partitions(outcome, expected)?;
    if let Some((page, replay)) = streams {
        let comparison = events::compare(
            page,
            replay,
            replayed.contested(),
            !arguments.faults.is_empty(),
        )?;
        writeln!(report, "{comparison}")?;
        all_equal &= comparison.is_equal();
    }
    let printed = print(&report);
    if !all_equal {
        let differ = "not everything equals the replay: see the lines above";
        return Err(anyhow::anyhow!(differ).into());
    }
    match printed {
        // Who stopped reading still wants to know how the check went.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed.map_err(Failure::of_output),
    }
}

/// How many symbols each partition has in the replay, and the digest of their books.
fn partitions(
    replayed: &Outcome,
    partition_of: impl Fn(SymbolIndex) -> u16,
) -> BTreeMap<u16, (u32, Digest)> {
    let mut partitions: BTreeMap<u16, (u32, Digest)> = BTreeMap::new();
    for (&symbol_index, &digest) in replayed.digests() {
        let partition = partition_of(symbol_index);
        let (symbols, sum) = partitions.entry(partition).or_default();
        *symbols += 1;
        *sum = sum.combine(digest);
    }
    partitions
}

/// A line a partition, and whether all of them are equal.
fn compare_partitions(
    outcome: &RunOutcome,
    expected: BTreeMap<u16, (u32, Digest)>,
) -> Result<(String, bool), fmt::Error> {
    let mut report = String::new();
    let mut all_equal = outcome.partitions.len() == expected.len();
    for (partition, (symbols, digest)) in expected {
        let digest = digest.to_string();
        let mut reported = outcome.partitions.iter();
        let reported = reported.find(|end| end.partition == partition);
        let replicas = reported.map_or(&[][..], |end| &end.replicas);
        let good = reported.is_some_and(|end| end.good);
        let equal = good && replicas.iter().all(|replica| replica.digest == digest);
        all_equal &= equal;
        write!(
            report,
            "partition {partition:>3}  {symbols:>5} symbols  replay {digest}"
        )?;
        for replica in replicas {
            write!(report, "  {} {}", replica.node, replica.digest)?;
        }
        writeln!(report, "  {}", if equal { "equal" } else { "DIFFERENT" })?;
    }
    if all_equal {
        let partitions = outcome.partitions.len();
        writeln!(report, "all {partitions} partitions equal the replay")?;
    }
    Ok((report, all_equal))
}

fn print(report: &str) -> io::Result<()> {
    let mut output = Output::new();
    output.write_all(report.as_bytes())?;
    output.flush()
}
