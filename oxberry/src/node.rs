//! `oxberry node`: the daemons as processes of the demonstration. Not for people: they start
//! `oxberry-controller`, `oxberry-pi` and `oxberry-visual`.

use std::process::ExitCode;

use clap::Subcommand;

/// Which daemon.
#[derive(Debug, Subcommand)]
pub(crate) enum Node {
    /// The controller
    Controller(Box<oxberry_controller::Cli>),
    /// A Pi
    Pi(Box<oxberry_pi::Cli>),
    /// The dashboard
    Visual(Box<oxberry_visual::Cli>),
}

/// Runs the chosen daemon.
pub(crate) fn run(node: Node) -> ExitCode {
    match node {
        Node::Controller(cli) => cli.execute(),
        Node::Pi(cli) => cli.execute(),
        Node::Visual(cli) => cli.execute(),
    }
}
