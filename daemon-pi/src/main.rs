//! `oxberry-pi`: the daemon on a Raspberry Pi.

use std::process::ExitCode;

use clap::Parser;
use oxberry_net::arguments;
use oxberry_pi::Arguments;

/// The OxBerry Pi: keeps the order books of its partitions and says what changes.
#[derive(Debug, Parser)]
#[command(name = "oxberry-pi", version, after_help = Arguments::AFTER_HELP)]
struct Cli {
    #[command(flatten)]
    arguments: Arguments,
}

fn main() -> ExitCode {
    oxberry_pi::launch(&arguments::<Cli>().arguments)
}
