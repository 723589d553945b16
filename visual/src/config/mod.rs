//! The dashboard's configuration: as given, and as it holds.

mod raw;

use std::fmt;
use std::net::{AddrParseError, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use oxberry_net::{
    Endpoint, EndpointOptions, KeyRole, Keys, OptionError, keys_of_option, options_of_file, ports,
    quoted,
};

pub use self::raw::RawConfig;

/// Where the page is, unless said otherwise.
const DEFAULT_HTTP_PORT: u16 = 8080;

/// The configuration that holds, complete and checked. Prints itself as a file that would give it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where the page is served.
    pub http: SocketAddr,
    /// Where Pis push stock events to.
    pub stock: Endpoint,
    /// Where the controller gives out the symbol table.
    pub controller: Endpoint,
    /// Who this machine is and whom it talks to; without, it stays on loopback.
    pub keys: Option<Keys>,
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
    /// The file, the keys or an endpoint cannot be used.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// The page's address is none.
    #[error("--http is {value}, but must be ADDRESS:PORT such as 127.0.0.1:8080: {source}")]
    BadAddress {
        /// What was given.
        value: String,
        /// What is wrong with it.
        source: AddrParseError,
    },
}

impl Config {
    /// What holds when this was typed or set in the environment, and there is this file.
    ///
    /// # Errors
    ///
    /// When the file, the keys, an address or an endpoint cannot be used.
    pub fn resolve(typed: RawConfig, file: Option<&Path>) -> Result<Self, ConfigError> {
        typed.or(options_of_file(file)?).check()
    }
}

impl RawConfig {
    /// The configuration that follows, with defaults where nothing was said.
    ///
    /// # Errors
    ///
    /// When an address or endpoint cannot be used.
    pub fn check(self) -> Result<Config, ConfigError> {
        let servers = [KeyRole::Controller];
        let keys = keys_of_option(self.keys.as_deref(), KeyRole::Visual, &servers)?;
        let mut endpoints = EndpointOptions::new(keys.as_ref());
        Ok(Config {
            http: self.http.map_or(
                Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_HTTP_PORT))),
                |value| {
                    value
                        .parse()
                        .map_err(|source| ConfigError::BadAddress { value, source })
                },
            )?,
            stock: endpoints.listens("--stock", self.stock.as_deref(), ports::STOCK)?,
            controller: endpoints.connects(
                "--controller",
                self.controller.as_deref(),
                ports::SETUP,
            )?,
            keys,
            print: self.print.unwrap_or(false),
            events: self.events,
            exit_at_end: self.exit_at_end.unwrap_or(false),
        })
    }
}

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            http,
            stock,
            controller,
            keys,
            print,
            events,
            exit_at_end,
        } = self;
        writeln!(f, "http = \"{http}\"")?;
        writeln!(f, "stock = \"{stock}\"")?;
        writeln!(f, "controller = \"{controller}\"")?;
        if let Some(keys) = keys {
            writeln!(f, "keys = {}", quoted(keys.directory().display()))?;
        }
        writeln!(f, "print = {print}")?;
        if let Some(file) = events {
            writeln!(f, "events = {}", quoted(file.display()))?;
        }
        writeln!(f, "exit-at-end = {exit_at_end}")
    }
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
            keys: None,
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

    #[test]
    fn what_is_printed_is_a_file_that_means_the_same() {
        for toml in [
            "",
            "http = '0.0.0.0:80'\nstock = 'tcp://127.0.0.1:0'\ncontroller = 'tcp://127.0.0.1:1'\n\
             print = true\nevents = 'a \"b\"'\nexit-at-end = true",
        ] {
            let config = raw(toml).check().unwrap();
            assert_eq!(raw(&config.to_string()).check().unwrap(), config);
        }
    }

    #[test]
    fn the_controller_has_a_port() {
        let said = raw("controller = 'tcp://127.0.0.1:0'").check().unwrap_err();
        assert!(
            said.to_string().starts_with("--controller: port 0"),
            "{said}"
        );
    }
}
