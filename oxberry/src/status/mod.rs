//! `oxberry status`: how a cluster is, as its controller knows it.

mod ask;
mod json;
mod table;

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use oxberry_net::{Context, EndpointOptions, KeyRole, OptionError, keys_of_client, ports};

pub(crate) use self::ask::ask;
use crate::{failure::Failure, output::Output};

const AFTER_HELP: &str = "\
Examples:
  oxberry status                                       the cluster of this machine
  oxberry status --controller tcp://127.0.0.1:5563     that of another controller
  oxberry status --json                                for a program to read
  oxberry status --keys /etc/oxberry/keys              a cluster with keys, from the controller or dashboard

ORDERS are those that rest and how much that is of what the node can hold; LAG is how many numbers of
the channels a replica is behind what was published. docs/operations.md explains the rest.
Exit codes: 0 done, 1 the controller does not answer, 2 usage.";

/// What `oxberry status` can be told.
#[derive(Clone, Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// The controller's setup socket [default: tcp://127.0.0.1:5563]
    #[arg(long, value_name = "ENDPOINT")]
    controller: Option<String>,
    /// The keys of a controller, dashboard or tap, for a cluster that has keys
    #[arg(long, value_name = "DIR", env = "OXBERRY_KEYS")]
    keys: Option<PathBuf>,
    /// How long to wait for the answer
    #[arg(long, value_name = "SECONDS", default_value_t = 5,
        value_parser = clap::value_parser!(u64).range(1..=3_600))]
    timeout: u64,
}

/// Asks the controller, and prints what it says.
///
/// # Errors
///
/// When the controller does not answer, or something else than it should.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let usage = |error: OptionError| Failure::Usage(error.to_string());
    let keys = keys_of_client(arguments.keys.as_deref(), KeyRole::Controller).map_err(usage)?;
    let given = arguments.controller.as_deref();
    let controller = EndpointOptions::new(keys.as_ref())
        .connects("--controller", given, ports::SETUP)
        .map_err(usage)?;
    let patience = Duration::from_secs(arguments.timeout);
    let context = Context::of(keys.as_ref())?;
    let cluster = ask(&context, arguments.keys.as_deref(), controller, patience)?;
    let mut output = Output::new();
    let written = if arguments.json {
        writeln!(output, "{}", json::of(controller, &cluster))
    } else {
        let table = table::Table {
            controller,
            cluster: &cluster,
        };
        write!(output, "{table}")
    };
    written
        .and_then(|()| output.flush())
        .map_err(Failure::of_output)
}
