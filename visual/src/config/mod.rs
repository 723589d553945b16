//! The dashboard's configuration: as given, and as it holds.

mod host_name;
mod raw;

use std::fmt;
use std::net::{AddrParseError, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use oxberry_net::{
    ConfigFileError, Endpoint, EndpointOptions, KeyRole, Keys, OptionError, Token, TokenError,
    TokenFile, keys_of_option, options_of_file, ports, quoted,
};

pub use self::host_name::{HostName, HostNameError};
pub use self::raw::RawConfig;
use crate::source::{Source, SourceError};

/// Where the page is, unless said otherwise.
const DEFAULT_HTTP_PORT: u16 = 8080;

/// The configuration that holds, complete and checked. Prints itself as a file that would give it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where the page is served.
    pub http: SocketAddr,
    /// What opens the page; without it everybody on this machine may see it.
    pub http_token: Option<TokenFile>,
    /// Names under which the page is asked for, besides addresses and `localhost`.
    pub http_hosts: Vec<HostName>,
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
    /// What kind of feed it is, for the page to say.
    pub source: Option<Source>,
    /// Whom faults on purpose may befall: nobody, unless a demonstration started the dashboard.
    pub faults: Vec<String>,
    /// What is logged.
    pub log: String,
}

/// What is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] ConfigFileError),
    /// The keys or an endpoint cannot be used.
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
    /// Other machines reach the page, and nothing keeps them out.
    #[error(
        "--http is {http}, where other machines reach the page, so it wants a token. Make one: {}, and \
         name it: --http-token-file {EXAMPLE_TOKEN_FILE}. Or keep to 127.0.0.1, and let nginx or ssh \
         bring others there",
        Token::command(Path::new(EXAMPLE_TOKEN_FILE))
    )]
    NoToken {
        /// Where the page would be.
        http: SocketAddr,
    },
    /// The file of the token cannot be used.
    #[error("--http-token-file: {0}")]
    Token(#[from] TokenError),
    /// A name is none.
    #[error("--http-hosts: {0}")]
    HostName(#[from] HostNameError),
    /// The kind of feed is none.
    #[error("--source: {0}")]
    Source(#[from] SourceError),
}

/// The file that an error names where nobody has named one.
const EXAMPLE_TOKEN_FILE: &str = "/etc/oxberry/http-token";

impl Config {
    /// What holds when this was typed or set in the environment, and there is this file.
    ///
    /// # Errors
    ///
    /// When the file, the keys, an address, an endpoint, the token or a name cannot be used.
    pub fn resolve(typed: RawConfig, file: Option<&Path>) -> Result<Self, ConfigError> {
        typed.or(options_of_file(file)?).check()
    }
}

impl RawConfig {
    /// The configuration that follows, with defaults where nothing was said.
    ///
    /// # Errors
    ///
    /// When an address, an endpoint, the token or a name cannot be used, or when the token is missing.
    pub fn check(self) -> Result<Config, ConfigError> {
        let servers = [KeyRole::Controller];
        let keys = keys_of_option(self.keys.as_deref(), KeyRole::Visual, &servers)?;
        let mut endpoints = EndpointOptions::new(keys.as_ref());
        let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_HTTP_PORT));
        let http = self.http.map_or(Ok(usual), |value| {
            let parsed = value.parse();
            parsed.map_err(|source| ConfigError::BadAddress { value, source })
        })?;
        let token_file = self.http_token_file.as_deref();
        let http_token = token_file.map(TokenFile::read).transpose()?;
        if http_token.is_none() && !http.ip().to_canonical().is_loopback() {
            return Err(ConfigError::NoToken { http });
        }
        let names = self.http_hosts.unwrap_or_default();
        let names = names.iter().map(|name| name.parse());
        Ok(Config {
            http,
            http_token,
            http_hosts: names.collect::<Result<_, _>>()?,
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
            source: self.source.map(|source| source.parse()).transpose()?,
            faults: Vec::new(),
            log: self.log.unwrap_or_else(|| "info".into()),
        })
    }
}

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            http,
            http_token,
            http_hosts,
            stock,
            controller,
            keys,
            print,
            events,
            exit_at_end,
            source,
            // It is no option that anybody would write down.
            faults: _,
            log,
        } = self;
        writeln!(f, "http = \"{http}\"")?;
        if let Some(file) = http_token {
            writeln!(f, "http-token-file = {}", quoted(file.path.display()))?;
        }
        if !http_hosts.is_empty() {
            let names: Vec<_> = http_hosts.iter().map(quoted).collect();
            writeln!(f, "http-hosts = [{}]", names.join(", "))?;
        }
        writeln!(f, "stock = \"{stock}\"")?;
        writeln!(f, "controller = \"{controller}\"")?;
        if let Some(keys) = keys {
            writeln!(f, "keys = {}", quoted(keys.directory().display()))?;
        }
        writeln!(f, "print = {print}")?;
        if let Some(file) = events {
            writeln!(f, "events = {}", quoted(file.display()))?;
        }
        writeln!(f, "exit-at-end = {exit_at_end}")?;
        if let Some(source) = source {
            writeln!(f, "source = \"{source}\"")?;
        }
        writeln!(f, "log = {}", quoted(log))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn raw(toml: &str) -> RawConfig {
        toml::from_str(toml).unwrap()
    }

    /// A file with a token, which nobody else can read.
    fn token_file() -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"0123456789abcdef\n").unwrap();
        file
    }

    #[test]
    fn what_was_said_first_wins_and_the_rest_is_default() {
        let flags = raw("http = '127.0.0.1:80'\nprint = false");
        let file =
            raw("http = '127.0.0.1:1'\nprint = true\nexit-at-end = true\nevents = 'of file'");
        let config = flags.or(file).check().unwrap();
        let expected = Config {
            http: "127.0.0.1:80".parse().unwrap(),
            http_token: None,
            http_hosts: vec![],
            stock: Endpoint::loopback(5564),
            controller: Endpoint::loopback(5563),
            keys: None,
            print: false,
            events: Some("of file".into()),
            exit_at_end: true,
            source: None,
            faults: vec![],
            log: "info".into(),
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
            ("http-hosts = ['http://here']", "--http-hosts"),
            ("source = 'real'", "--source"),
            ("http-token-file = '/no/such/file'", "--http-token-file"),
        ] {
            let error = raw(toml).check().unwrap_err().to_string();
            assert!(error.contains(option), "{error}");
        }
    }

    #[test]
    fn where_other_machines_reach_the_page_it_wants_a_token() {
        let token = token_file();
        let token = format!("\nhttp-token-file = '{}'", token.path().display());
        for address in ["0.0.0.0:80", "192.0.2.1:80", "[::]:80", "[2001:db8::1]:80"] {
            let http = format!("http = '{address}'");
            let said = raw(&http).check().unwrap_err().to_string();
            assert!(said.contains(address), "{said}");
            assert!(said.contains("/dev/urandom | base64 >"), "{said}");
            raw(&(http + &token)).check().unwrap();
        }
        for address in ["127.0.0.1:80", "127.9.9.9:80", "[::1]:80"] {
            let http = format!("http = '{address}'");
            raw(&http).check().unwrap();
            let config = raw(&(http + &token)).check().unwrap();
            assert!(config.http_token.is_some(), "here it may have one");
        }
    }

    #[test]
    fn an_unknown_option_in_the_file_is_an_error() {
        assert!(toml::from_str::<RawConfig>("htpp = '127.0.0.1:80'").is_err());
    }

    #[test]
    fn what_is_printed_is_a_file_that_means_the_same() {
        let token = token_file();
        let all = format!(
            "http = '0.0.0.0:80'\nhttp-token-file = '{}'\nhttp-hosts = ['a.example', 'b']\n\
             stock = 'tcp://127.0.0.1:0'\ncontroller = 'tcp://127.0.0.1:1'\n\
             print = true\nevents = 'a \"b\"'\nexit-at-end = true\nsource = 'replay'\n\
             log = 'debug'",
            token.path().display()
        );
        for toml in ["", &all] {
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
