//! The dashboard's configuration: as typed, and as it holds.

use std::fmt;
use std::net::{AddrParseError, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::Args;
use oxberry_net::{Endpoint, EndpointError, ports};
use serde::Deserialize;

/// Where the page is, unless said otherwise.
const DEFAULT_HTTP_PORT: u16 = 8080;

/// The options as a person gave them; a flag wins over the environment, the environment over the
/// file, the file over the default.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawConfig {
    /// Where the page is served [default: 127.0.0.1:8080]; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT", env = "OXBERRY_VISUAL_HTTP")]
    http: Option<String>,

    /// Where Pis push stock events to [default: tcp://127.0.0.1:5564]; port 0 takes a free one.
    #[arg(long, value_name = "ENDPOINT", env = "OXBERRY_VISUAL_STOCK")]
    stock: Option<String>,

    /// Where the controller gives out the symbol table [default: tcp://127.0.0.1:5563].
    #[arg(long, value_name = "ENDPOINT", env = "OXBERRY_VISUAL_CONTROLLER")]
    controller: Option<String>,

    /// Print every event that counts to standard output, as CSV.
    #[arg(long, num_args = 0..=1, default_missing_value = "true", env = "OXBERRY_VISUAL_PRINT")]
    print: Option<bool>,

    /// Write every event that counts to this file as CSV, with raw prices, for a program to compare.
    #[arg(long, value_name = "FILE", env = "OXBERRY_VISUAL_EVENTS")]
    events: Option<PathBuf>,

    /// End when all Pis said that no more events come, instead of showing the last state.
    #[arg(long, num_args = 0..=1, default_missing_value = "true", env = "OXBERRY_VISUAL_EXIT_AT_END")]
    exit_at_end: Option<bool>,
}

/// The configuration, complete and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where the page is served.
    pub http: SocketAddr,
    /// Where Pis push stock events to.
    pub stock: Endpoint,
    /// Where the controller gives out the symbol table.
    pub controller: Endpoint,
    /// Whether every event that counts is printed.
    pub print: bool,
    /// Where every event that counts is written, if anywhere.
    pub events: Option<PathBuf>,
    /// Whether the end of the feed is the end of the dashboard.
    pub exit_at_end: bool,
}

/// What is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: the configuration file cannot be read: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is no configuration.
    #[error("{}: {source}", file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// What is wrong with it, and where.
        source: toml::de::Error,
    },
    /// The page's address is none.
    #[error("--http is {value}, but must be ADDRESS:PORT such as 127.0.0.1:8080: {source}")]
    BadAddress {
        /// What was given.
        value: String,
        /// What is wrong with it.
        source: AddrParseError,
    },
    /// An endpoint cannot be used.
    #[error("{option}: {source}")]
    BadEndpoint {
        /// The option.
        option: &'static str,
        /// What is wrong with it.
        source: EndpointError,
    },
}

impl RawConfig {
    /// The options of a TOML file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is not TOML, or has an option that does not exist.
    pub fn of_file(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file).map_err(|source| ConfigError::Unreadable {
            file: file.to_owned(),
            source,
        })?;
        toml::from_str(&text).map_err(|source| ConfigError::Malformed {
            file: file.to_owned(),
            source,
        })
    }

    /// These options, and where one is absent that of `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            http: self.http.or(other.http),
            stock: self.stock.or(other.stock),
            controller: self.controller.or(other.controller),
            print: self.print.or(other.print),
            events: self.events.or(other.events),
            exit_at_end: self.exit_at_end.or(other.exit_at_end),
        }
    }

    /// The configuration that follows, with defaults where nothing was said.
    ///
    /// # Errors
    ///
    /// When an address or endpoint cannot be used.
    pub fn check(self) -> Result<Config, ConfigError> {
        Ok(Config {
            http: self.http.map_or(
                Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_HTTP_PORT))),
                |value| {
                    value
                        .parse()
                        .map_err(|source| ConfigError::BadAddress { value, source })
                },
            )?,
            stock: endpoint("--stock", self.stock.as_deref(), ports::STOCK)?,
            controller: endpoint("--controller", self.controller.as_deref(), ports::SETUP)?,
            print: self.print.unwrap_or(false),
            events: self.events,
            exit_at_end: self.exit_at_end.unwrap_or(false),
        })
    }
}

impl fmt::Display for Config {
    /// The configuration as a file that would give it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            http,
            stock,
            controller,
            print,
            events,
            exit_at_end,
        } = self;
        writeln!(f, "http = \"{http}\"")?;
        writeln!(f, "stock = \"{stock}\"")?;
        writeln!(f, "controller = \"{controller}\"")?;
        writeln!(f, "print = {print}")?;
        if let Some(file) = events {
            // What JSON writes as a string, TOML reads as one.
            let text = file.display().to_string();
            writeln!(f, "events = {}", serde_json::Value::String(text))?;
        }
        writeln!(f, "exit-at-end = {exit_at_end}")
    }
}

fn endpoint(option: &'static str, given: Option<&str>, port: u16) -> Result<Endpoint, ConfigError> {
    given.map_or(Ok(Endpoint::loopback(port)), |given| {
        given
            .parse()
            .map_err(|source| ConfigError::BadEndpoint { option, source })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(toml: &str) -> RawConfig {
        toml::from_str(toml).unwrap()
    }

    #[test]
    fn what_was_said_first_wins_and_the_rest_is_default() {
        let flags = raw("http = '0.0.0.0:80'\nprint = false");
        let file =
            raw("http = '127.0.0.1:1'\nprint = true\nexit-at-end = true\nevents = 'of file'");
        let config = flags.or(file).check().unwrap();
        let expected = Config {
            http: "0.0.0.0:80".parse().unwrap(),
            stock: Endpoint::loopback(5564),
            controller: Endpoint::loopback(5563),
            print: false,
            events: Some("of file".into()),
            exit_at_end: true,
        };
        assert_eq!(config, expected);
        assert_eq!(
            raw("").check().unwrap().http,
            "127.0.0.1:8080".parse().unwrap()
        );
    }

    #[test]
    fn a_value_that_cannot_be_names_its_option() {
        for (toml, option) in [
            ("http = 'localhost'", "--http"),
            ("stock = 'tcp://0.0.0.0:5553'", "--stock"),
            ("controller = '5552'", "--controller"),
        ] {
            let error = raw(toml).check().unwrap_err().to_string();
            assert!(error.contains(option), "{error}");
        }
    }

    #[test]
    fn an_unknown_option_in_the_file_is_an_error() {
        assert!(toml::from_str::<RawConfig>("htpp = '127.0.0.1:80'").is_err());
    }
}
