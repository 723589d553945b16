//! `oxberry-controller`: the controller as a daemon.

use std::process::ExitCode;

use clap::Parser as _;
use oxberry_controller::Cli;

fn main() -> ExitCode {
    Cli::parse().execute()
}
