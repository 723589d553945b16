//! The Pi as a program: what can be typed, and what comes of it.

use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use oxberry_net::{Context, Endpoint, NetError, Shutdown, log_to_stderr, print, say};

use crate::config::{Config, ConfigError, RawConfig};
use crate::daemon::{Ended, Summary, run};
use crate::error::PiError;
use crate::machine::{Machine, Mebibytes};
use crate::report;
use crate::sockets::Sockets;

/// What a wrong option or configuration returns.
const USAGE: u8 = 2;

/// What `--help` says after the list of options.
const AFTER_HELP: &str = "\
A flag wins over its environment variable, that over the file, that over the default.
The file holds the same names without dashes in front, for example:

    name = \"pi-7\"
    control = \"tcp://127.0.0.1:5562\"
    orders = 2000000

Without --keys only loopback addresses are allowed.
It stays after the end of a run and takes part in the next one, until a signal ends it.
Exit codes: 0 asked to end, or with --once done; 1 failed, or with --once refused or replicas
differed; 2 wrong configuration.";

/// The OxBerry Pi: keeps the order books of its partitions and says what changes.
#[derive(Debug, Parser)]
#[command(name = "oxberry-pi", version, after_help = AFTER_HELP)]
pub struct Cli {
    /// Read the configuration from this TOML file
    #[arg(long, value_name = "FILE", env = "OXBERRY_PI_CONFIG")]
    config: Option<PathBuf>,

    #[command(flatten)]
    options: RawConfig,

    /// Check the configuration against this machine, print it as a configuration file, and exit
    #[arg(long)]
    check_config: bool,

    /// For tests: flip a bit of the books after so many events, as memory does by itself
    #[arg(long, hide = true, value_name = "EVENTS")]
    test_flip_after: Option<u64>,

    /// End when standard input ends, as it does when the parent process dies
    #[arg(long)]
    exit_with_stdin: bool,
}

impl Cli {
    /// Runs the Pi; the exit code is 0 when it did its work or was asked to end, 1 when it failed or
    /// replicas differed, 2 for a bad configuration.
    #[must_use]
    pub fn execute(self) -> ExitCode {
        let config = match self.effective_config() {
            Ok(config) => config,
            Err(error) => return complain(&error, ExitCode::from(USAGE)),
        };
        if let Err(error) = log_to_stderr(&config.log) {
            return complain(&error, ExitCode::from(USAGE));
        }
        match Machine::this().check(config.capacity) {
            Ok(None) => {}
            Ok(Some(free)) => tracing::warn!(
                free = %Mebibytes(free),
                "the books take more than is free now; the system will swap, or end a process"
            ),
            Err(error) => return complain(&error, ExitCode::from(USAGE)),
        }
        if self.check_config {
            return match print(&config) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => complain(&error, ExitCode::FAILURE),
            };
        }
        match connect_and_run(&config, self.exit_with_stdin) {
            Ok(summary) => exit_code(&summary),
            Err(error) => {
                tracing::error!("{error}");
                ExitCode::FAILURE
            }
        }
    }

    fn effective_config(&self) -> Result<Config, ConfigError> {
        let config = Config::resolve(self.options.clone(), self.config.as_deref())?;
        Ok(Config {
            flip_after: self.test_flip_after,
            ..config
        })
    }
}

fn connect_and_run(config: &Config, exit_with_stdin: bool) -> Result<Summary, PiError> {
    let shutdown = Shutdown::on_signals()?;
    if exit_with_stdin {
        shutdown.request_with_end_of_stdin()?;
    }
    tracing::info!(
        name = %config.name,
        control = %config.control,
        data = %config.data,
        stock = %Listed(&config.stock),
        orders = config.capacity.orders,
        levels = config.capacity.levels,
        symbols = config.capacity.symbols,
        "starts"
    );
    let context = Context::of(config.keys.as_ref())?;
    let sockets = Sockets::connect(&context, config)?;
    let summary = run(config, sockets, &shutdown)?;
    close(context, &shutdown)?;
    Ok(summary)
}

/// Endpoints as the log has them.
struct Listed<'a>(&'a [Endpoint]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for endpoint in self.0 {
            write!(f, "{separator}{endpoint}")?;
            separator = ",";
        }
        if self.0.is_empty() {
            f.write_str("none")
        } else {
            Ok(())
        }
    }
}

/// Waits until what was sent is delivered.
fn close(context: Context, shutdown: &Shutdown) -> Result<(), NetError> {
    if shutdown.is_requested() {
        // Only the short linger of every socket is left to wait for.
        drop(context);
    } else if !context.close(shutdown)? {
        tracing::warn!("ended before everything was delivered");
    }
    Ok(())
}

fn exit_code(summary: &Summary) -> ExitCode {
    let counters = summary.counters;
    tracing::info!(
        events = counters.events,
        batches = counters.batches,
        stock_events = counters.stock_events,
        stock_frames_dropped = counters.stock_frames_dropped,
        rejected = counters.rejected,
        copies = counters.copies,
        holes = counters.holes,
        losses = counters.losses,
        refreshes_missed = counters.refreshes_missed,
        snapshots_taken = counters.snapshots_taken,
        snapshots_given = counters.snapshots_given,
        damages = counters.damages,
        bad_frames = counters.bad_frames,
        out_of_place = counters.out_of_place,
        foreign = counters.foreign,
        "ends"
    );
    match summary.ended {
        Ended::Finished { equal: true } | Ended::Interrupted => ExitCode::SUCCESS,
        Ended::Finished { equal: false } => {
            tracing::error!("the replicas differ; the controller says where");
            ExitCode::FAILURE
        }
        Ended::Refused(reason) => {
            tracing::error!(
                "the controller refuses this node: {}",
                report::refusal(reason)
            );
            ExitCode::FAILURE
        }
    }
}

/// Says what is wrong, before there is a log.
fn complain(error: &dyn std::error::Error, code: ExitCode) -> ExitCode {
    say("oxberry-pi", error);
    code
}
