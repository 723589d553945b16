//! `oxberry-visual`: the dashboard as a daemon.

use std::process::ExitCode;

use oxberry_net::arguments;
use oxberry_visual::Cli;

fn main() -> ExitCode {
    arguments::<Cli>().execute()
}
