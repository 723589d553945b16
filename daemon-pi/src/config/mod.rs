//! The Pi's configuration: as given, and as it holds.

mod raw;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use oxberry_core::book::Capacity;
use oxberry_net::metrics::{MetricsConfig, MetricsOptionError};
use oxberry_net::{
    ConfigFileError, Endpoint, EndpointOptions, KeyName, KeyRole, Keys, OptionError,
    keys_of_option, options_of_file, ports, quoted,
};
use oxberry_proto::NodeName;
use oxberry_proto::limits::{MAX_NODE_NAME_BYTES, MAX_SYMBOLS};

pub use self::raw::RawConfig;
use crate::limits::{DEFAULT_ORDERS, MAX_ORDERS, MAX_PUSHERS};

/// The configuration that holds, complete and checked. Prints itself as a file that would give it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Its name in the cluster.
    pub name: NodeName,
    /// Where the controller's control socket is.
    pub control: Endpoint,
    /// Where the controller publishes.
    pub data: Endpoint,
    /// Where dashboards and taps take stock events.
    pub stock: Vec<Endpoint>,
    /// Who this machine is and whom it talks to; without, it stays on loopback.
    pub keys: Option<Keys>,
    /// How much its books hold.
    pub capacity: Capacity,
    /// Whether all memory of the process is to be locked.
    pub lock_memory: bool,
    /// Whether stock events are printed.
    pub print: bool,
    /// Whether it ends after one run, instead of waiting for the next.
    pub once: bool,
    /// How long to wait for the controller's first answer; `None` is for ever.
    pub start_timeout: Option<Duration>,
    /// Where metrics are served, if anywhere.
    pub metrics: Option<MetricsConfig>,
    /// For tests: after how many events a bit of the books is flipped.
    pub flip_after: Option<u64>,
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
    /// Metrics cannot be served so.
    #[error(transparent)]
    Metrics(#[from] MetricsOptionError),
    /// A name that cannot be.
    #[error("--name: `{name}`: a name has 1 to {MAX_NODE_NAME_BYTES} bytes")]
    Name {
        /// The name.
        name: String,
    },
    /// A name that is not that of the key.
    #[error(
        "--name: `{name}`: the key in {} is that of `{of_key}`, and a node goes by the name of its key; \
         leave --name out, or make a key of this name with `oxberry keygen`",
        keys.display()
    )]
    NotItsName {
        /// The name.
        name: String,
        /// The name of the key.
        of_key: KeyName,
        /// Where the key is.
        keys: PathBuf,
    },
    /// More receivers of stock events than there can be.
    #[error("--stock: {count} receivers; a node serves {MAX_PUSHERS} at most")]
    Receivers {
        /// How many were named.
        count: usize,
    },
    /// A number outside its range.
    #[error("{option}: {value} is not within 1 to {most}")]
    Range {
        /// The option.
        option: &'static str,
        /// What was asked for.
        value: u32,
        /// The most there can be.
        most: u32,
    },
}

impl Config {
    /// What holds when this was typed or set in the environment, and there is this file.
    ///
    /// # Errors
    ///
    /// When the file cannot be used or a value cannot be.
    pub fn resolve(typed: RawConfig, file: Option<&Path>) -> Result<Self, ConfigError> {
        typed.or(options_of_file(file)?).check()
    }
}

impl RawConfig {
    /// The configuration that follows, with defaults where nothing was said.
    ///
    /// # Errors
    ///
    /// When a value cannot be.
    pub fn check(self) -> Result<Config, ConfigError> {
        let stock = stock_endpoints(self.stock)?;
        let has_page = !stock.is_empty();
        let servers = [KeyRole::Controller, KeyRole::Visual];
        let servers = servers.get(..1 + usize::from(has_page)).unwrap_or_default();
        let keys = keys_of_option(self.keys.as_deref(), KeyRole::Pi, servers)?;
        let name = node_name(self.name, keys.as_ref())?;
        let mut endpoints = EndpointOptions::new(keys.as_ref());
        let mut connects = |option, given: Option<&str>, usual| {
            let endpoint = endpoints.connects(option, given, usual);
            endpoint.map_err(ConfigError::from)
        };
        let orders = self.orders.unwrap_or(DEFAULT_ORDERS);
        let orders = within("--orders", orders, MAX_ORDERS)?;
        let levels = self.levels.unwrap_or(orders.div_ceil(2));
        let symbols = self.symbols.unwrap_or(ALL_SYMBOLS);
        Ok(Config {
            name,
            control: connects("--control", self.control.as_deref(), ports::CONTROL)?,
            data: connects("--data", self.data.as_deref(), ports::DATA)?,
            stock: stock
                .iter()
                .map(|stock| connects("--stock", stock.as_deref(), ports::STOCK))
                .collect::<Result<_, _>>()?,
            keys,
            capacity: Capacity {
                symbols: within("--symbols", symbols, ALL_SYMBOLS)?,
                orders,
                levels: within("--levels", levels, MAX_ORDERS)?,
            },
            lock_memory: self.lock_memory.unwrap_or(true),
            print: self.print.unwrap_or(false),
            once: self.once.unwrap_or(false),
            start_timeout: self.start_timeout.map(Duration::from_secs),
            metrics: MetricsConfig::check(self.metrics.as_deref(), self.metrics_token_file)?,
            log: self.log.unwrap_or_else(|| "info".into()),
            flip_after: None,
        })
    }
}

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stock: Vec<_> = self.stock.iter().map(quoted).collect();
        let stock = match stock.as_slice() {
            [] => quoted("none"),
            [one] => one.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        writeln!(f, "name = {}", quoted(self.name.as_str()))?;
        writeln!(f, "control = \"{}\"", self.control)?;
        writeln!(f, "data = \"{}\"", self.data)?;
        writeln!(f, "stock = {stock}")?;
        if let Some(keys) = &self.keys {
            writeln!(f, "keys = {}", quoted(keys.directory().display()))?;
        }
        writeln!(f, "orders = {}", self.capacity.orders)?;
        writeln!(f, "levels = {}", self.capacity.levels)?;
        writeln!(f, "symbols = {}", self.capacity.symbols)?;
        writeln!(f, "lock-memory = {}", self.lock_memory)?;
        writeln!(f, "print = {}", self.print)?;
        writeln!(f, "once = {}", self.once)?;
        if let Some(timeout) = self.start_timeout {
            writeln!(f, "start-timeout = {}", timeout.as_secs())?;
        }
        f.write_str(&MetricsConfig::lines_of(self.metrics.as_ref()))?;
        writeln!(f, "log = {}", quoted(&self.log))
    }
}

/// The name of a node: that of its key, where it has one.
fn node_name(given: Option<String>, keys: Option<&Keys>) -> Result<NodeName, ConfigError> {
    let of_key = keys.map(Keys::name);
    let name = given.unwrap_or_else(|| of_key.map_or_else(host_name, KeyName::to_string));
    if let Some(keys) = keys
        && keys.name().as_str() != name
    {
        return Err(ConfigError::NotItsName {
            name,
            of_key: keys.name().clone(),
            keys: keys.directory().to_owned(),
        });
    }
    match NodeName::try_from(name.as_str()) {
        Ok(name) if !name.is_empty() => Ok(name),
        _ => Err(ConfigError::Name { name }),
    }
}

/// The endpoints of receivers as given; `None` stands for the usual one.
fn stock_endpoints(given: Option<Vec<String>>) -> Result<Vec<Option<String>>, ConfigError> {
    let Some(given) = given else {
        return Ok(vec![None]);
    };
    let count = given.len();
    match given.as_slice() {
        [only] if only == "none" => Ok(Vec::new()),
        _ if count > MAX_PUSHERS => Err(ConfigError::Receivers { count }),
        _ => Ok(given.into_iter().map(Some).collect()),
    }
}

/// All symbols of a day, as a count of books.
#[expect(clippy::cast_possible_truncation, reason = "a const; 16,384 fits")]
const ALL_SYMBOLS: u32 = MAX_SYMBOLS as u32;

fn within(option: &'static str, value: u32, most: u32) -> Result<u32, ConfigError> {
    if (1..=most).contains(&value) {
        Ok(value)
    } else {
        Err(ConfigError::Range {
            option,
            value,
            most,
        })
    }
}

fn host_name() -> String {
    let uname = rustix::system::uname();
    uname.nodename().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::path::Path;
    use std::time::Duration;

    use oxberry_net::Endpoint;

    use super::{Config, ConfigError, RawConfig};

    fn resolve(settings: RawConfig) -> Result<Config, ConfigError> {
        Config::resolve(settings, None)
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    #[test]
    fn without_settings_everything_has_a_default() {
        let config = resolve(RawConfig::default()).unwrap();
        assert!(!config.name.is_empty());
        assert_eq!(config.control, Endpoint::loopback(5562));
        assert_eq!(config.stock, [Endpoint::loopback(5564)]);
        assert_eq!(config.capacity.levels, 500_000);
    }

    #[test]
    fn what_was_typed_wins_over_the_file_and_that_over_the_default() {
        let file = file("name = \"from-file\"\norders = 10\nstock = \"none\"\nstart-timeout = 3\n");
        let typed = RawConfig {
            name: Some("typed".into()),
            ..RawConfig::default()
        };
        let config = Config::resolve(typed, Some(file.path()));
        let config = config.unwrap();
        assert_eq!(config.name, "typed");
        assert_eq!(config.capacity.orders, 10);
        assert_eq!(config.stock, []);
        assert_eq!(config.start_timeout, Some(Duration::from_secs(3)));
        assert_eq!(config.data, Endpoint::loopback(5561));
    }

    #[test]
    fn receivers_may_be_several_and_are_not_the_same_twice() {
        let stock = |endpoints: &[&str]| RawConfig {
            stock: Some(endpoints.iter().map(ToString::to_string).collect()),
            ..RawConfig::default()
        };
        let two = ["tcp://127.0.0.1:7", "tcp://127.0.0.1:8"];
        let config = resolve(stock(&two)).unwrap();
        assert_eq!(config.stock, [7, 8].map(Endpoint::loopback));
        let file = file(&config.to_string());
        let again = Config::resolve(RawConfig::default(), Some(file.path()));
        assert_eq!(again.unwrap(), config);
        let said = resolve(stock(&["tcp://127.0.0.1:7"; 2])).unwrap_err();
        assert!(
            said.to_string().contains("is that of --stock too"),
            "{said}"
        );
        let said = resolve(stock(&["none", "tcp://127.0.0.1:7"])).unwrap_err();
        assert!(said.to_string().contains("`none` is no endpoint"), "{said}");
        let said = resolve(stock(&["tcp://127.0.0.1:7"; 8])).unwrap_err();
        assert!(
            said.to_string().contains("8 receivers; a node serves 7"),
            "{said}"
        );
    }

    #[test]
    fn printed_settings_are_a_file_that_means_the_same() {
        let config = resolve(RawConfig {
            // Rust would escape the accent in a way that TOML does not have.
            name: Some("a \"quoted\" e\u{301}".into()),
            stock: Some(vec!["none".into()]),
            start_timeout: Some(9),
            lock_memory: Some(false),
            metrics: Some("192.0.2.7:9562".into()),
            metrics_token_file: Some("/etc/oxberry/token".into()),
            print: Some(true),
            once: Some(true),
            ..RawConfig::default()
        });
        let config = config.unwrap();
        let file = file(&config.to_string());
        let again = Config::resolve(RawConfig::default(), Some(file.path()));
        assert_eq!(again.unwrap(), config);
    }

    #[test]
    fn wrong_settings_are_named() {
        let text = |text: &str| Some(String::from(text));
        let cases = [
            (
                RawConfig {
                    name: text(""),
                    ..RawConfig::default()
                },
                "name",
            ),
            (
                RawConfig {
                    name: Some("x".repeat(65)),
                    ..RawConfig::default()
                },
                "64 bytes",
            ),
            (
                RawConfig {
                    control: text("here"),
                    ..RawConfig::default()
                },
                "control: `here`",
            ),
            (
                RawConfig {
                    data: text("tcp://10.0.0.1:5561"),
                    ..RawConfig::default()
                },
                "CURVE",
            ),
            (
                RawConfig {
                    stock: Some(vec!["tcp://127.0.0.1:0".into()]),
                    ..RawConfig::default()
                },
                "stock: port 0",
            ),
            (
                RawConfig {
                    metrics: text("0.0.0.0:9562"),
                    ..RawConfig::default()
                },
                "--metrics-token-file",
            ),
            (
                RawConfig {
                    orders: Some(0),
                    ..RawConfig::default()
                },
                "orders: 0",
            ),
            (
                RawConfig {
                    symbols: Some(16_385),
                    ..RawConfig::default()
                },
                "1 to 16384",
            ),
        ];
        for (settings, expected) in cases {
            let error = resolve(settings).unwrap_err().to_string();
            assert!(
                error.contains(expected),
                "`{error}` does not say `{expected}`"
            );
        }
    }

    #[test]
    fn a_wrong_file_is_named_with_the_place() {
        let resolve = |path: &Path| Config::resolve(RawConfig::default(), Some(path));
        let file = file("name = \"pi\"\nordres = 3\n");
        let error = resolve(file.path()).unwrap_err().to_string();
        assert!(error.contains(file.path().to_str().unwrap()), "{error}");
        assert!(error.contains(":2: `ordres`"), "{error}");
        assert!(error.contains("did you mean `orders`?"), "{error}");

        let error = resolve("/nonexistent/pi.toml".as_ref()).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("/nonexistent/pi.toml"), "{error}");
    }
}
