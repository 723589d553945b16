//! What can be typed.

use clap::{Parser, Subcommand};

use crate::{decode, generate, replay};

/// NYSE Arca Integrated Feed (XDP): decode it, replay it into order books, make it up.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print every message of channel files and captures as JSON lines or CSV
    Decode(decode::Arguments),
    /// Play channel files and captures into order books and print their depth as CSV
    Replay(replay::Arguments),
    /// Write the channel files of a market that is made up
    Generate(generate::Arguments),
}
