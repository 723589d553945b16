//! The `oxberry` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    oxberry::main()
}
