//! What can be typed.

use clap::{Parser, Subcommand};

use crate::{
    decode, demo, generate, import, keygen, node, pi_config, replay, sim, size, status, tap,
};

/// NYSE Arca Integrated Feed (XDP): decode it, replay it into order books, make it up.
#[derive(Debug, Parser)]
#[command(
    version,
    propagate_version = true,
    args_conflicts_with_subcommands = true
)]
pub(crate) struct Cli {
    /// What to do; the demonstration unless said otherwise.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run controller, Pis and dashboard on this machine: a made-up market or captured channel files
    Demo(demo::Arguments),
    /// Print every message of channel files and captures as JSON lines or CSV
    Decode(decode::Arguments),
    /// Play channel files and captures into order books and show depth, trades, orders or queues
    Replay(replay::Arguments),
    /// Write the channel files of a market that is made up
    Generate(generate::Arguments),
    /// Make channel files of a day in Nasdaq's ITCH or in DBN
    Import(import::Arguments),
    /// Make the key of a machine, for a cluster of several
    Keygen(keygen::Arguments),
    /// Write the files that make a flashed card a member of a cluster
    PiConfig(pi_config::Arguments),
    /// Simulate the cluster by seed, with all that can go wrong in it
    Sim(sim::Arguments),
    /// Say how a cluster is: its nodes, partitions and channels, as the controller knows them
    Status(status::Arguments),
    /// Write what a running cluster tells, as rows for other programs
    Tap(tap::Arguments),
    /// Say what memory a node takes, and how many Raspberry Pis a market needs
    Size(size::Arguments),
    /// Be one of the processes of the demonstration
    #[command(subcommand, hide = true)]
    Node(node::Node),
}
