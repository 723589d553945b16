//! `oxberry replay`: captured channels into books, in one process.
//!
//! What a cluster computes must equal this, down to the digest of every book.

mod events;
mod inputs;
mod outcome;
mod player;
mod rows;
mod table;

use std::{
    io::{self, Write as _},
    path::PathBuf,
};

use clap::{Args, ValueEnum};
use oxberry_core::book::Capacity;

use self::rows::{Choice, Rows};
pub(crate) use self::{
    events::EventRows,
    inputs::Inputs,
    outcome::Outcome,
    player::{Plan, play},
};
use crate::{
    console::Console,
    failure::Failure,
    input::{InputArguments, refuse_repeated_pipes, refuse_to_overwrite},
    output::Output,
};

const EXAMPLES: &str = "\
Examples:
  oxberry replay captured/ --depth 10 > depth.csv
  oxberry replay 20111219-ARCA_XDP_IBF_1.dat --symbols ARCASymbolMapping.txt --every-message
  oxberry replay captured/ --digest

A row is written when something within the best N levels of a symbol changed; with --every-message
after every order or trade message (types 100-104, 106, 110 and 220). Prices are raw, an absent
level is 0,0, times are nanoseconds since 1970 UTC and empty while unknown.

Everything odd is told on standard error with its symbol and sequence number, the first ones of
each kind in full, and counted in the summary. A book that missed something or contradicts the feed
is stale, and named as such, until the feed clears or refreshes it. A book begun in the middle of a
day is partial: it lacks orders from before.

Exit codes: 0 done, 1 an input could not be read or has faults, 2 usage, 3 done, but some symbol was
not live at a row or at the end.";

/// What `oxberry replay` can be told.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Channel files or captures, plain, .gz or .zst, - for standard input, or a directory of
    /// *_IBF_<channel>.dat, .pcap or .pcapng files; all are merged by send time
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The symbol mapping file; may be left out where ARCASymbolMapping.txt lies in the directory or
    /// beside the files
    #[arg(long, value_name = "FILE")]
    symbols: Option<PathBuf>,
    #[command(flatten)]
    input: InputArguments,
    /// Levels of each side in a row
    #[arg(long, value_name = "N", default_value_t = 1,
        value_parser = clap::value_parser!(u16).range(1..=1_000))]
    depth: u16,
    /// Write a row after every order or trade message
    #[arg(long)]
    every_message: bool,
    /// Tell in each row whether the book can be trusted: live, recovering, partial or stale
    #[arg(long)]
    trust: bool,
    /// Write a row to FILE for each message that changed the best price, its size or the trust of a
    /// symbol, or printed a trade: what a page of a cluster would merge
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
    /// Print only the digest of all books
    #[arg(long)]
    digest: bool,
    /// How to print rows
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// Orders that may rest at once, over all symbols; memory is taken for them at start
    #[arg(long, value_name = "N", default_value_t = 1_000_000,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(Capacity::MOST)))]
    orders: u32,
}

/// How rows are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Comma-separated values
    Csv,
}

/// Replays what the arguments name.
///
/// # Errors
///
/// When output cannot be written, an input cannot be read or has faults, or the books had no room;
/// everything that is good is used before.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut console = Console::new(!arguments.digest);
    let plan = plan(arguments, &console)?;
    let Format::Csv = arguments.format;
    let events = arguments.events.as_deref();
    let mut events = events.map(EventRows::create).transpose()?;
    let mut rows = if arguments.digest {
        None
    } else {
        Some(rows(arguments, &plan.inputs)?)
    };
    let outcome = play(&plan, rows.as_mut(), events.as_mut(), &mut console)?;
    drop(rows);
    if let Some(events) = &mut events {
        events.flush()?;
    }
    outcome.summarise(&console);
    let printed = if arguments.digest {
        print_digest(&outcome)
    } else {
        Ok(())
    };
    // All was read, so a digest that nobody wants changes nothing about how it went.
    if outcome.is_faulty() {
        return Err(Failure::FaultyInput);
    }
    printed.map_err(Failure::of_output)?;
    if outcome.was_always_live() {
        Ok(())
    } else {
        Err(Failure::NotLive)
    }
}

/// What is to be played. Refuses paths that cannot be read twice, or would be read and written.
fn plan(arguments: &Arguments, console: &Console) -> Result<Plan, Failure> {
    let named = arguments.paths.iter().chain(&arguments.symbols);
    refuse_repeated_pipes(named.map(PathBuf::as_path))?;
    let inputs = Inputs::resolve(&arguments.paths, arguments.symbols.as_deref(), console)?;
    if let Some(events) = &arguments.events {
        let read = inputs.files.iter().chain([&inputs.symbols]);
        refuse_to_overwrite("--events", events, read.map(PathBuf::as_path))?;
    }
    Ok(Plan {
        inputs,
        dialect: arguments.input.dialect,
        filter: arguments.input.filter(),
        orders: arguments.orders,
        has_options: true,
    })
}

/// The rows of the depth, on standard output.
fn rows(arguments: &Arguments, inputs: &Inputs) -> Result<Rows, Failure> {
    let choice = if arguments.every_message {
        Choice::EveryMessage
    } else {
        Choice::Changes
    };
    let symbols = inputs.mapping.symbols.values();
    let names = symbols.map(|symbol| symbol.cqs_symbol.clone());
    Ok(Rows::new(
        Output::new(),
        arguments.depth.into(),
        choice,
        names.collect(),
        arguments.trust,
    )?)
}

fn print_digest(outcome: &Outcome) -> io::Result<()> {
    let mut output = Output::new();
    writeln!(output, "{}", outcome.digest())?;
    output.flush()
}
