//! `oxberry tap`: what the page of a running cluster takes, as rows for other programs.

mod listener;
mod rows;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use oxberry_net::{
    EndpointOptions, KeyRole, OptionError, Shutdown, keys_of_option, log_to_stderr, ports,
};

use self::{listener::Listener, rows::Rows};
use crate::{
    console::say,
    export::{BEST_PRICES, Format, Prices, TRADES},
    failure::Failure,
    replay::{Period, TypedTime},
};

const AFTER_HELP: &str = "\
Examples:
  oxberry tap --stock tcp://127.0.0.1:5565 --what trades --prices decimal
  oxberry tap --stock tcp://127.0.0.1:5565 --symbol GOOG --format jsonl
  oxberry tap --stock tcp://10.0.0.1:5565 --keys /etc/oxberry/keys --what bbo --format parquet --out bbo.parquet

The nodes push to --stock, so each has to name it among its own: oxberry-pi --stock
tcp://10.0.0.1:5564,tcp://10.0.0.1:5565, the dashboard's first. They never wait for a tap that does not read; what
it misses it asks for, and says so. In a cluster with keys it runs where the dashboard does, with its keys.

Rows are of what the nodes told, merged: each event once, whoever told it first. A row whose trust is `missed` says
that a symbol went on to a state without the events that led to it. Depth, orders and queues do not leave the
nodes: `oxberry replay` has them. It ends with the feed, or by Ctrl-C, with all that came until then.

Exit codes: 0 done, 1 it could not go on, 2 usage, 3 done, but some symbol was not live at a row, or something was
missed. With --out the file is written for 0 and 3 only, and not where it was ended before the symbols came.";

/// What `oxberry tap` can be told.
#[derive(Clone, Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// What rows show
    #[arg(long, value_enum, default_value_t = What::Bbo)]
    what: What,
    /// Rows of this symbol only; may be given several times
    #[arg(long, value_name = "SYMBOL")]
    symbol: Vec<String>,
    /// Leave out rows of what the venue did before
    #[arg(long, value_name = "TIME")]
    from: Option<TypedTime>,
    /// Leave out rows of what the venue did then or later
    #[arg(long, value_name = "TIME")]
    until: Option<TypedTime>,
    /// How prices are written
    #[arg(long, value_enum, default_value_t = Prices::Raw)]
    prices: Prices,
    /// How rows are written
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// Write rows to FILE instead of standard output, whole or not at all
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Where nodes push to; port 0 takes a free one [default: tcp://127.0.0.1:5565]
    #[arg(long, value_name = "ENDPOINT")]
    stock: Option<String>,
    /// Where the controller gives out the symbols [default: tcp://127.0.0.1:5563]
    #[arg(long, value_name = "ENDPOINT")]
    controller: Option<String>,
    /// The keys of the dashboard, for a cluster that has keys
    #[arg(long, value_name = "DIR", env = "OXBERRY_KEYS")]
    keys: Option<PathBuf>,
}

/// What rows show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// Best bid and offer: when a best price, its size or the trust changed
    Bbo,
    /// Each trade that counts towards volume
    Trades,
}

impl What {
    /// The columns between the identity and the trust.
    const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Bbo => &BEST_PRICES,
            Self::Trades => &TRADES,
        }
    }
}

/// Writes rows until the feed or somebody ends it.
///
/// # Errors
///
/// When an option cannot be used, a socket fails, or rows cannot be written.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    log_to_stderr("warn")?;
    let usage = |error: OptionError| Failure::Usage(error.to_string());
    let keys = keys_of_option(
        arguments.keys.as_deref(),
        KeyRole::Visual,
        &[KeyRole::Controller],
    )
    .map_err(usage)?;
    let mut endpoints = EndpointOptions::new(keys.as_ref());
    let stock = endpoints
        .listens("--stock", arguments.stock.as_deref(), ports::STOCK + 1)
        .map_err(usage)?;
    let controller = endpoints
        .connects(
            "--controller",
            arguments.controller.as_deref(),
            ports::SETUP,
        )
        .map_err(usage)?;
    let shutdown = Shutdown::on_signals()?;
    let mut listener = Listener::open(keys.as_ref(), stock, controller)?;
    say(format_args!("nodes push to {}", listener.stock()));
    let Some(symbols) = listener.await_symbols(&shutdown)? else {
        return Ok(());
    };
    let mut rows = Rows::new(arguments, &symbols)?;
    listener.listen(&mut rows, &shutdown)?;
    rows.finish()
}

impl Arguments {
    /// What is shown.
    const fn period(&self) -> Period {
        Period::between(self.from, self.until)
    }
}
