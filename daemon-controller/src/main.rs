//! `oxberry-controller`: the controller as a daemon.

use std::process::ExitCode;

use oxberry_controller::Cli;
use oxberry_net::arguments;

fn main() -> ExitCode {
    arguments::<Cli>().execute()
}
