//! The whole program: settings, log, sockets, loop, exit code.

use std::process::ExitCode;

use oxberry_net::{Context, NetError, Shutdown, log_to_stderr, print, say};

use crate::arguments::Arguments;
use crate::config::Config;
use crate::daemon::{Ended, PiError, Summary, run};
use crate::report;
use crate::sockets::Sockets;

/// Wrong settings.
const USAGE: u8 = 2;

/// Runs the program with these arguments and returns its exit code: 0 when it did its work or was
/// asked to end, 1 when it failed or replicas differed, 2 when the settings are wrong.
#[must_use]
pub fn launch(arguments: &Arguments) -> ExitCode {
    let config = match Config::resolve(arguments) {
        Ok(config) => config,
        Err(error) => return complain(&error, ExitCode::from(USAGE)),
    };
    if arguments.check_config {
        return match print(&config) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => complain(&error, ExitCode::FAILURE),
        };
    }
    if let Err(error) = log_to_stderr(&config.log) {
        return complain(&error, ExitCode::from(USAGE));
    }
    match connect_and_run(&config, arguments.exit_with_stdin) {
        Ok(summary) => exit_code(&summary),
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
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
        stock = config.stock.map(tracing::field::display),
        orders = config.capacity.orders,
        levels = config.capacity.levels,
        symbols = config.capacity.symbols,
        "starts"
    );
    let context = Context::new();
    let sockets = Sockets::connect(&context, config)?;
    let summary = run(config, sockets, &shutdown)?;
    close(context, &shutdown)?;
    Ok(summary)
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
        rejected = counters.rejected,
        copies = counters.copies,
        holes = counters.holes,
        losses = counters.losses,
        refreshes_missed = counters.refreshes_missed,
        bad_frames = counters.bad_frames,
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
