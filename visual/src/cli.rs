//! The dashboard as a program: what can be typed, and what comes of it.

use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use oxberry_net::{Shutdown, in_words, log_to_stderr, print, say};

use crate::config::{Config, ConfigError, RawConfig};
use crate::{Notice, Sockets};

/// What a wrong option or configuration returns.
const USAGE: u8 = 2;

/// What a run that failed returns.
const FAILED: u8 = 1;

/// Shows the best bids and offers of all symbols on a web page.
#[derive(Debug, Parser)]
#[command(name = "oxberry-visual", version)]
pub struct Cli {
    #[command(flatten)]
    options: RawConfig,

    /// A TOML file with any of these options.
    #[arg(long, value_name = "FILE", env = "OXBERRY_VISUAL_CONFIG")]
    config: Option<PathBuf>,

    /// Check the configuration, print what holds, and end.
    #[arg(long)]
    check_config: bool,

    /// End when standard input ends, which it does with the parent process.
    #[arg(long)]
    exit_with_stdin: bool,

    /// Print as a JSON line on standard output where the dashboard listens, for a program to read.
    #[arg(long)]
    json_notices: bool,

    /// Whoever started this kills and pauses these when somebody wants it on the page, and reads that as
    /// JSON lines on standard output.
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        hide = true,
        requires = "json_notices"
    )]
    faults: Vec<String>,

    /// What messages call --http: a program that starts this one has options of its own.
    #[arg(
        long,
        value_name = "OPTION",
        default_value = "--http",
        hide = true,
        allow_hyphen_values = true
    )]
    http_option: String,
}

impl Cli {
    /// Runs the dashboard; the exit code is 0 when it was stopped or the feed ended, 1 when it
    /// failed, 2 for a bad configuration.
    #[must_use]
    pub fn execute(self) -> ExitCode {
        let prepared = self.effective_config().map_err(anyhow::Error::from);
        let prepared = prepared.and_then(|config| {
            log_to_stderr(&config.log)?;
            Ok(config)
        });
        let config = match prepared {
            Ok(config) => config,
            Err(error) => return failure(&error, USAGE),
        };
        let outcome = if self.check_config {
            if let Some(taken) = taken_port(&config) {
                say("oxberry-visual", taken);
            }
            print(&config).map_err(Into::into)
        } else {
            self.run(&config)
        };
        match outcome {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failure(&error, FAILED),
        }
    }

    fn run(&self, config: &Config) -> anyhow::Result<()> {
        let shutdown = Shutdown::on_signals()?;
        if self.exit_with_stdin {
            shutdown.request_with_end_of_stdin()?;
        }
        let sockets =
            Sockets::open(config).map_err(|error| error.with_http_option(&self.http_option))?;
        tracing::info!(?config, "configuration");
        let (web, stock) = (sockets.web_address(), sockets.stock_endpoint());
        tracing::info!(page = %format_args!("http://{web}/"), %stock, "listening");
        if config.http_token.is_none() && !config.http_hosts.is_empty() {
            tracing::warn!(
                "there is no token, and names that others may know: whoever a proxy lets in sees the \
                 page (--http-token-file)"
            );
        }
        if self.json_notices {
            let notice = Notice::Listening {
                web: web.to_string(),
                stock: stock.to_string(),
            };
            notice.write(io::stdout())?;
        }
        let summary = crate::run(config, sockets, &shutdown)?;
        tracing::info!("{summary}");
        Ok(())
    }

    fn effective_config(&self) -> Result<Config, ConfigError> {
        let config = Config::resolve(self.options.clone(), self.config.as_deref())?;
        Ok(Config {
            faults: self.faults.clone(),
            ..config
        })
    }
}

/// What to say when somebody listens where the page is to be, as the dashboard itself does if it runs.
fn taken_port(config: &Config) -> Option<String> {
    let address = config.http;
    let error = TcpListener::bind(address).err()?;
    Some(format!(
        "the page cannot be served at {address} now ({error}), unless it is this dashboard that \
         already does"
    ))
}

fn failure(error: &anyhow::Error, code: u8) -> ExitCode {
    say("oxberry-visual", in_words(error.as_ref()));
    ExitCode::from(code)
}
