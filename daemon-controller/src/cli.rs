//! The controller as a program: what can be typed, and what comes of it.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use oxberry_net::{Shutdown, in_words, log_to_stderr, print, say};

use crate::config::{Config, ConfigError, RawConfig};
use crate::day::Day;
use crate::notice::Notice;
use crate::run::{Sockets, run};

/// What a wrong option or configuration returns.
const USAGE: u8 = 2;

/// What a run returns that was played to its end and is not all good. There is no sense in playing it
/// again, which whoever looks after the process should know.
const NOT_ALL_GOOD: u8 = 3;

const EXIT_CODES: &str = "\
Exit codes: 0 the day was played and all replicas are equal, or a signal ended it; 1 the run failed;
2 wrong configuration; 3 the day was played, but replicas differ, a partition was lost, or the feed is
not complete.";

/// Read a feed and publish it in partitions to a cluster of Raspberry Pis.
///
/// An option given here wins over the environment (OXBERRY_CONTROLLER_…), that over the file given
/// with --config, and that over the default.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(flatten)]
    options: RawConfig,

    /// Read options from a TOML file, under their long names: `dir = "/srv/feed"`, `pis = 4`.
    #[arg(long, value_name = "FILE", env = "OXBERRY_CONTROLLER_CONFIG")]
    config: Option<PathBuf>,

    /// Check the configuration and that its day is there, print what follows from everything given, and
    /// exit.
    #[arg(long)]
    check_config: bool,

    /// Print every notice as a JSON line on standard output, for a program to read.
    #[arg(long)]
    json_notices: bool,

    /// Stop when standard input ends: for a parent that holds the other end.
    #[arg(long)]
    exit_with_stdin: bool,
}

impl Cli {
    /// Runs the controller; the exit code is 0 when all replicas were equal, 3 when not, 1 when the run
    /// failed, 2 for a bad configuration.
    #[must_use]
    pub fn execute(self) -> ExitCode {
        let config = match self.effective_config() {
            Ok(config) => config,
            Err(error) => return failed(USAGE, &error.into()),
        };
        if let Err(error) = log_to_stderr(&config.log) {
            return failed(2, &error.into());
        }
        if self.check_config {
            if let Err(error) = Day::check(&config) {
                return failed(2, &error.into());
            }
            return match print(&config) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => failed(1, &error.into()),
            };
        }
        match self.play(&config) {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::from(NOT_ALL_GOOD),
            Err(error) => failed(1, &error),
        }
    }

    fn effective_config(&self) -> Result<Config, ConfigError> {
        Config::resolve(self.options.clone(), self.config.as_deref())
    }

    fn play(&self, config: &Config) -> anyhow::Result<bool> {
        tracing::info!(?config, "starting");
        let shutdown = Shutdown::on_signals()?;
        if self.exit_with_stdin {
            shutdown.request_with_end_of_stdin()?;
        }
        let day = Day::open(config)?;
        for bad in &day.mapping.bad_lines {
            tracing::warn!(
                "{}:{}: {}; the line is left out",
                config.symbols.display(),
                bad.number,
                bad.reason
            );
        }
        for channel in &day.missing {
            tracing::warn!(
                "{}: there is no file of channel {channel}",
                config.dir.display()
            );
        }
        for file in &day.unread {
            tracing::warn!(
                "{}: is not read, since it is not named as a channel file is",
                file.display()
            );
        }
        let sockets = Sockets::bind(config, day.channels.len() * day.table.len())?;
        let mut gone = None;
        let mut tell = |notice: Notice| {
            log(&notice);
            if self.json_notices && gone.is_none() {
                gone = print_notice(&notice).err();
            }
        };
        let summary = run(config, day, sockets, &shutdown, &mut tell)?;
        let published: u64 = summary.channels.iter().map(|channel| channel.events).sum();
        tracing::info!(
            channels = summary.channels.len(),
            events = published,
            "published"
        );
        for channel in &summary.channels {
            for line in channel.lines.iter().filter(|_| channel.lines.len() > 1) {
                tracing::info!("channel {}: {line}", channel.channel);
            }
        }
        if let Some(error) = gone {
            return Err(error).context("the reader of the notices is gone");
        }
        let sound =
            summary.channels.iter().all(|channel| channel.is_complete) && !summary.has_lost_books;
        // Stopped before the end by somebody who wanted that is no failure.
        Ok(summary
            .outcome
            .is_none_or(|outcome| outcome.is_good() && sound))
    }
}

/// Writes a notice to the log.
fn log(notice: &Notice) {
    if notice.is_warning() {
        tracing::warn!("{notice}");
    } else {
        tracing::info!("{notice}");
    }
}

/// Writes a notice as a JSON line.
fn print_notice(notice: &Notice) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    serde_json::to_writer(&mut stdout, notice)?;
    stdout.write_all(b"\n")?;
    Ok(stdout.flush()?)
}

fn failed(code: u8, error: &anyhow::Error) -> ExitCode {
    // The log may not have been started yet.
    say("oxberry-controller", in_words(error.as_ref()));
    ExitCode::from(code)
}
