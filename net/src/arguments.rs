//! The command line of a program, and the environment below it.

use std::env;

use clap::builder::Resettable;
use clap::{Command, Parser};

use crate::libzmq::libzmq;

/// What was typed, or else set in the environment. A variable that is set to nothing counts as not
/// set: that is how units, containers and scripts write a variable that they leave open.
///
/// Ends the process, as clap does, when the command line is wrong or asks for help.
pub fn arguments<A: Parser>() -> A {
    let mut command = with_libzmq(without_empty_variables(A::command()));
    let mut matches = command.clone().get_matches();
    A::from_arg_matches_mut(&mut matches).unwrap_or_else(|error| error.format(&mut command).exit())
}

/// `--version` says which libzmq the program runs with; `-V` stays a line.
fn with_libzmq(command: Command) -> Command {
    let version = command.get_version().unwrap_or_default();
    let long = format!("{version}\n{}", libzmq());
    command.long_version(long)
}

fn without_empty_variables(command: Command) -> Command {
    let command = command.mut_args(|argument| {
        let variable = argument.get_env().and_then(env::var_os);
        if variable.is_some_and(|value| value.is_empty()) {
            argument.env(Resettable::Reset)
        } else {
            argument
        }
    });
    command.mut_subcommands(without_empty_variables)
}
