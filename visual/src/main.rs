//! `oxberry-visual`: the dashboard as a daemon.

use std::process::ExitCode;

use clap::Parser as _;
use oxberry_visual::Cli;

fn main() -> ExitCode {
    Cli::parse().execute()
}
