//! `oxberry-pi`: the daemon on a Raspberry Pi.

use std::process::ExitCode;

use oxberry_net::arguments;
use oxberry_pi::Cli;

fn main() -> ExitCode {
    arguments::<Cli>().execute()
}
