//! The OxBerry command: one module a subcommand, and what they share.
//!
//! Exit codes: 0 done, 1 the run failed or its input was faulty, 2 usage.

mod channel_files;
mod cli;
mod console;
mod decode;
mod demo;
mod dialect;
mod export;
mod failure;
mod findings;
mod generate;
mod import;
mod input;
mod keygen;
mod nearest;
mod new_york;
mod node;
mod output;
mod pi_config;
mod reading;
mod replay;
mod sim;
mod size;
mod status;
mod tap;
mod whole_file;

use std::process::ExitCode;

use clap::CommandFactory as _;
use oxberry_net::arguments;

use self::cli::{Cli, Command};

/// What can be typed: for the manual pages and the completions of shells.
#[must_use]
pub fn command_line() -> clap::Command {
    Cli::command()
}

/// Reads the command line, does what it says, and says how it went.
#[must_use]
pub fn main() -> ExitCode {
    let command = arguments::<Cli>()
        .command
        .unwrap_or_else(|| Command::Demo(demo::Arguments::default()));
    let result = match command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Node(node) => return node::run(node),
        Command::Decode(arguments) => decode::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Generate(arguments) => generate::run(&arguments),
        Command::Import(arguments) => import::run(&arguments),
        Command::Keygen(arguments) => keygen::run(arguments),
        Command::PiConfig(arguments) => pi_config::run(&arguments),
        Command::Sim(arguments) => sim::run(&arguments),
        Command::Size(arguments) => size::run(&arguments),
        Command::Status(arguments) => status::run(&arguments),
        Command::Tap(arguments) => tap::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
