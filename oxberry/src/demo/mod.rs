//! `oxberry demo`: controller, Pis and dashboard as processes of this machine.

mod bill;
mod check;
mod child;
mod cluster;
mod command_line;
mod events;
mod fault;
mod input;
mod interrupt;
mod market;
mod notice;
mod scratch;
mod supervisor;

use std::{io::Write as _, path::PathBuf};

use clap::{Args, Parser};
use oxberry_controller::pace::Speed;

use self::{
    cluster::Cluster,
    fault::{Fault, What},
    input::Input,
    interrupt::Interrupt,
    scratch::Scratch,
};
use crate::{failure::Failure, output::Output};

const EXAMPLES: &str = "\
Examples:
  oxberry demo                               a made-up market, until Ctrl-C
  oxberry demo --symbols 2000 --seed 7       a larger one
  oxberry demo DIR --speed 60                captured channel files, a minute in a second
  oxberry demo --fault kill:pi-2@5           a Pi dies after 5 s and is started again
  oxberry demo DIR --check --speed 1 --fault kill:controller@3
                                             the controller dies, and goes on where the Pis are
  oxberry demo DIR --check                   compare every replica with `oxberry replay`

DIR holds <date>-ARCA_XDP_IBF_<channel>.dat, .pcap or .pcapng files and ARCASymbolMapping.txt.
Ctrl-C stops everything; so does the end of this process, however it ends.";

/// What `oxberry demo` can be told.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A directory of captured channel files; without it a market is made up
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
    /// How many Pi processes
    #[arg(long, value_name = "N", default_value_t = 4,
        value_parser = clap::value_parser!(u16).range(1..=64))]
    pis: u16,
    /// How many symbols the made-up market has
    #[arg(long, value_name = "N", default_value_t = 200,
        value_parser = clap::value_parser!(u32).range(1..=10_000))]
    symbols: u32,
    /// How many times faster than recorded, or max [default: 1, and max with --check]
    #[arg(long, value_name = "X|max")]
    speed: Option<String>,
    /// What the made-up market is made from
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Kill a Pi or the controller, or pause it, so many seconds after the start, and start it again, or let
    /// it go on, so many later [default: 1 and 8]; may be given several times
    #[arg(long = "fault", value_name = "WHAT:NODE@SECONDS[+SECONDS]")]
    faults: Vec<Fault>,
    /// Run to the end of the feed and compare every replica, and every event that the page merged, with
    /// `oxberry replay`; a made-up market then ends after 200,000 messages
    #[arg(long)]
    check: bool,
    /// Write the event stream that the page merges to a file, as `oxberry replay --events` does
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
    /// The dashboard's port; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
}

impl Arguments {
    /// How fast to play: nobody watches a check.
    fn speed(&self) -> &str {
        let default = if self.check { "max" } else { "1" };
        self.speed.as_deref().unwrap_or(default)
    }
}

impl Default for Arguments {
    /// What holds when nothing was typed.
    fn default() -> Self {
        Parsed::parse_from(["oxberry demo"]).arguments
    }
}

/// [`Arguments`] as a command line of their own.
#[derive(Parser)]
struct Parsed {
    #[command(flatten)]
    arguments: Arguments,
}

/// Runs the demonstration.
///
/// # Errors
///
/// When it cannot start, a part of it fails, or a check does not hold.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let speed = arguments.speed();
    if speed.parse::<Speed>().is_err() {
        return Err(Failure::Usage(format!(
            "--speed is {speed}, but must be {}",
            Speed::MUST_BE
        )));
    }
    let is_there = |fault: &&Fault| {
        fault.node == fault::CONTROLLER
            || (1..=arguments.pis).any(|n| fault.node == format!("pi-{n}"))
    };
    if let Some(fault) = arguments.faults.iter().find(|fault| !is_there(fault)) {
        let (node, pis) = (&fault.node, arguments.pis);
        return Err(Failure::Usage(format!(
            "--fault names {node}, but there are a controller and pi-1 to pi-{pis} (--pis)"
        )));
    }
    let kills_controller =
        |fault: &Fault| fault.what == What::Kill && fault.node == fault::CONTROLLER;
    let is_endless = arguments.dir.is_none() && !arguments.check;
    if is_endless && arguments.faults.iter().any(kills_controller) {
        return Err(Failure::Usage(
            "--fault kill:controller: a controller that is started again cannot go on with the made-up market \
             without end, which comes through pipes; name a DIR, or --check for a market that ends"
                .to_owned(),
        ));
    }
    let interrupt = Interrupt::listen()?;
    let input = Input::prepare(arguments, &interrupt)?;
    let scratch = arguments.check.then(Scratch::make).transpose()?;
    if let Some(scratch) = &scratch {
        interrupt.remove_at_end(scratch.path());
    }
    let own_events = scratch
        .as_ref()
        .map(|scratch| scratch.path().join("page.csv"));
    let events = arguments.events.clone().or(own_events);
    let mut cluster = Cluster::start(arguments, &input, events.as_deref(), &interrupt)?;
    let mut output = Output::new();
    let printed = writeln!(output, "dashboard: {}", cluster.page()).and_then(|()| output.flush());
    // A check goes on without a page that can be found, and says at its end how it went.
    if !arguments.check {
        printed.map_err(Failure::of_output)?;
    }
    let outcome = cluster.play()?;
    drop(cluster);
    match outcome {
        Some(outcome) if arguments.check => {
            let replayed = scratch
                .as_ref()
                .map(|scratch| scratch.path().join("replay.csv"));
            let events = events.as_deref().zip(replayed.as_deref());
            check::compare(&outcome, input.directory(), events, arguments)
        }
        // Stopped by the one who watches.
        _ if !arguments.check => Ok(()),
        _ => Err(anyhow::anyhow!("stopped before the end of the feed: nothing was checked").into()),
    }
}
