//! The dashboard as a program of its own.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use oxberry_net::{Shutdown, log_to_stderr};
use oxberry_visual::{Config, ConfigError, RawConfig, Sockets};

/// What a wrong option or configuration returns.
const USAGE: u8 = 2;

/// What a run that failed returns.
const FAILED: u8 = 1;

/// Shows the best bids and offers of all symbols on a web page.
#[derive(Debug, Parser)]
#[command(name = "oxberry-visual", version)]
struct Args {
    #[command(flatten)]
    config: RawConfig,

    /// A TOML file with any of these options.
    #[arg(long = "config", value_name = "FILE", env = "OXBERRY_VISUAL_CONFIG")]
    file: Option<PathBuf>,

    /// Check the configuration, print what holds, and end.
    #[arg(long)]
    check_config: bool,

    /// End when standard input ends, which it does with the parent process.
    #[arg(long)]
    exit_with_stdin: bool,

    /// What to log, such as info or oxberry_visual=debug.
    #[arg(
        long,
        value_name = "FILTER",
        default_value = "info",
        env = "OXBERRY_VISUAL_LOG"
    )]
    log: String,
}

impl Args {
    fn config(&self) -> Result<Config, ConfigError> {
        let file = self.file.as_deref().map(RawConfig::of_file).transpose()?;
        self.config.clone().or(file.unwrap_or_default()).check()
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let prepared = args.config().map_err(anyhow::Error::from);
    let prepared = prepared.and_then(|config| {
        log_to_stderr(&args.log)?;
        Ok(config)
    });
    let config = match prepared {
        Ok(config) => config,
        Err(error) => return failure(&error, USAGE),
    };
    let outcome = if args.check_config {
        print_config(&config)
    } else {
        run(&config, args.exit_with_stdin)
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure(&error, FAILED),
    }
}

fn failure(error: &anyhow::Error, code: u8) -> ExitCode {
    eprintln!("oxberry-visual: {error:#}");
    ExitCode::from(code)
}

fn print_config(config: &Config) -> anyhow::Result<()> {
    Ok(write!(io::stdout(), "{config}")?)
}

fn run(config: &Config, exit_with_stdin: bool) -> anyhow::Result<()> {
    let shutdown = Shutdown::on_signals()?;
    if exit_with_stdin {
        shutdown.request_with_end_of_stdin()?;
    }
    let sockets = Sockets::open(config)?;
    tracing::info!(?config, "configuration");
    let page = format_args!("http://{}/", sockets.web_address());
    tracing::info!(%page, stock = %sockets.stock_endpoint(), "listening");
    let summary = oxberry_visual::run(config, sockets, &shutdown)?;
    tracing::info!("{summary}");
    Ok(())
}
