//! What holds: every setting checked, none left open.

use std::path::PathBuf;
use std::time::Duration;
use std::{fmt, fs, io};

use oxberry_core::book::Capacity;
use oxberry_net::{Endpoint, EndpointError, ports};
use oxberry_proto::NodeName;
use oxberry_proto::limits::{MAX_NODE_NAME_BYTES, MAX_SYMBOLS};

use crate::arguments::{Arguments, Settings};
use crate::limits::{DEFAULT_ORDERS, MAX_ORDERS};

/// Everything that a Pi must know before it starts. Prints itself as a settings file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Its name in the cluster.
    pub name: NodeName,
    /// Where the controller's control socket is.
    pub control: Endpoint,
    /// Where the controller publishes.
    pub data: Endpoint,
    /// Where the visualisation takes stock events, if there is one.
    pub stock: Option<Endpoint>,
    /// How much its books hold.
    pub capacity: Capacity,
    /// Whether stock events are printed.
    pub print: bool,
    /// How long to wait for the controller's answer; `None` is for ever.
    pub start_timeout: Option<Duration>,
    /// What is logged.
    pub log: String,
}

/// Why settings cannot hold.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the settings file {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is not what it should be.
    #[error("{}: {source}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: toml::de::Error,
    },
    /// A name that cannot be.
    #[error("name `{name}`: a name has 1 to {MAX_NODE_NAME_BYTES} bytes")]
    Name {
        /// The name.
        name: String,
    },
    /// An endpoint that cannot be.
    #[error("{setting}: {source}")]
    Endpoint {
        /// Which setting.
        setting: &'static str,
        /// What is wrong with it.
        source: EndpointError,
    },
    /// Port 0, where somebody else must be found.
    #[error("{setting}: port 0 is no port to connect to")]
    NoPort {
        /// Which setting.
        setting: &'static str,
    },
    /// A number outside its range.
    #[error("{setting}: {value} is not within 1 to {most}")]
    Range {
        /// Which setting.
        setting: &'static str,
        /// What was asked for.
        value: u32,
        /// The most there can be.
        most: u32,
    },
}

impl Config {
    /// The settings that hold: flag over environment over file over default.
    ///
    /// # Errors
    ///
    /// The first setting that cannot hold, and why.
    pub fn resolve(arguments: &Arguments) -> Result<Self, ConfigError> {
        let typed = arguments.settings.clone();
        let Some(path) = &arguments.config else {
            return Self::checked(typed);
        };
        let text = fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            path: path.clone(),
            source,
        })?;
        let file = toml::from_str(&text).map_err(|source| ConfigError::Malformed {
            path: path.clone(),
            source,
        })?;
        Self::checked(typed.or(file))
    }

    fn checked(settings: Settings) -> Result<Self, ConfigError> {
        let name = settings.name.unwrap_or_else(host_name);
        let name = match NodeName::try_from(name.as_str()) {
            Ok(name) if !name.is_empty() => name,
            _ => return Err(ConfigError::Name { name }),
        };
        let stock = match settings.stock.as_deref() {
            Some("none") => None,
            stock => Some(peer("stock", stock, ports::STOCK)?),
        };
        let orders = within(
            "orders",
            settings.orders.unwrap_or(DEFAULT_ORDERS),
            MAX_ORDERS,
        )?;
        let levels = settings.levels.unwrap_or(orders.div_ceil(2));
        let symbols = settings.symbols.unwrap_or(ALL_SYMBOLS);
        Ok(Self {
            name,
            control: peer("control", settings.control.as_deref(), ports::CONTROL)?,
            data: peer("data", settings.data.as_deref(), ports::DATA)?,
            stock,
            capacity: Capacity {
                symbols: within("symbols", symbols, ALL_SYMBOLS)?,
                orders,
                levels: within("levels", levels, MAX_ORDERS)?,
            },
            print: settings.print.unwrap_or(false),
            start_timeout: settings.start_timeout.map(Duration::from_secs),
            log: settings.log.unwrap_or_else(|| "info".into()),
        })
    }
}

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stock = self
            .stock
            .map_or_else(|| "none".into(), |at| at.to_string());
        writeln!(f, "name = {:?}", self.name.as_str())?;
        writeln!(f, "control = \"{}\"", self.control)?;
        writeln!(f, "data = \"{}\"", self.data)?;
        writeln!(f, "stock = \"{stock}\"")?;
        writeln!(f, "orders = {}", self.capacity.orders)?;
        writeln!(f, "levels = {}", self.capacity.levels)?;
        writeln!(f, "symbols = {}", self.capacity.symbols)?;
        writeln!(f, "print = {}", self.print)?;
        if let Some(timeout) = self.start_timeout {
            writeln!(f, "start-timeout = {}", timeout.as_secs())?;
        }
        writeln!(f, "log = {:?}", self.log)
    }
}

/// All symbols of a day, as a count of books.
#[expect(clippy::cast_possible_truncation, reason = "a const; 16,384 fits")]
const ALL_SYMBOLS: u32 = MAX_SYMBOLS as u32;

/// The endpoint of somebody who listens: as set, or on this machine at its usual port.
fn peer(setting: &'static str, text: Option<&str>, usual: u16) -> Result<Endpoint, ConfigError> {
    let endpoint = text.map_or(Ok(Endpoint::loopback(usual)), str::parse);
    match endpoint {
        Ok(endpoint) if endpoint.port() == 0 => Err(ConfigError::NoPort { setting }),
        Ok(endpoint) => Ok(endpoint),
        Err(source) => Err(ConfigError::Endpoint { setting, source }),
    }
}

fn within(setting: &'static str, value: u32, most: u32) -> Result<u32, ConfigError> {
    if (1..=most).contains(&value) {
        Ok(value)
    } else {
        Err(ConfigError::Range {
            setting,
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
    use std::time::Duration;

    use oxberry_net::Endpoint;

    use super::{Config, ConfigError};
    use crate::arguments::{Arguments, Settings};

    fn resolve(settings: Settings) -> Result<Config, ConfigError> {
        Config::resolve(&Arguments {
            settings,
            ..Arguments::default()
        })
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    #[test]
    fn without_settings_everything_has_a_default() {
        let config = resolve(Settings::default()).unwrap();
        assert!(!config.name.is_empty());
        assert_eq!(config.control, Endpoint::loopback(5562));
        assert_eq!(config.stock, Some(Endpoint::loopback(5564)));
        assert_eq!(config.capacity.levels, 500_000);
    }

    #[test]
    fn what_was_typed_wins_over_the_file_and_that_over_the_default() {
        let file = file("name = \"from-file\"\norders = 10\nstock = \"none\"\nstart-timeout = 3\n");
        let config = Config::resolve(&Arguments {
            config: Some(file.path().into()),
            settings: Settings {
                name: Some("typed".into()),
                ..Settings::default()
            },
            ..Arguments::default()
        });
        let config = config.unwrap();
        assert_eq!(config.name, "typed");
        assert_eq!(config.capacity.orders, 10);
        assert_eq!(config.stock, None);
        assert_eq!(config.start_timeout, Some(Duration::from_secs(3)));
        assert_eq!(config.data, Endpoint::loopback(5561));
    }

    #[test]
    fn printed_settings_are_a_file_that_means_the_same() {
        let config = resolve(Settings {
            name: Some("a \"quoted\" name".into()),
            stock: Some("none".into()),
            start_timeout: Some(9),
            print: Some(true),
            ..Settings::default()
        });
        let config = config.unwrap();
        let file = file(&config.to_string());
        let again = Config::resolve(&Arguments {
            config: Some(file.path().into()),
            ..Arguments::default()
        });
        assert_eq!(again.unwrap(), config);
    }

    #[test]
    fn wrong_settings_are_named() {
        let text = |text: &str| Some(String::from(text));
        let cases = [
            (
                Settings {
                    name: text(""),
                    ..Settings::default()
                },
                "name",
            ),
            (
                Settings {
                    name: Some("x".repeat(65)),
                    ..Settings::default()
                },
                "64 bytes",
            ),
            (
                Settings {
                    control: text("here"),
                    ..Settings::default()
                },
                "control: `here`",
            ),
            (
                Settings {
                    data: text("tcp://10.0.0.1:5561"),
                    ..Settings::default()
                },
                "CURVE",
            ),
            (
                Settings {
                    stock: text("tcp://127.0.0.1:0"),
                    ..Settings::default()
                },
                "stock: port 0",
            ),
            (
                Settings {
                    orders: Some(0),
                    ..Settings::default()
                },
                "orders: 0",
            ),
            (
                Settings {
                    symbols: Some(16_385),
                    ..Settings::default()
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
        let path = |file: &tempfile::NamedTempFile| Arguments {
            config: Some(file.path().into()),
            ..Arguments::default()
        };
        let file = file("name = \"pi\"\nordres = 3\n");
        let error = Config::resolve(&path(&file)).unwrap_err().to_string();
        assert!(error.contains(file.path().to_str().unwrap()), "{error}");
        assert!(error.contains("line 2"), "{error}");
        assert!(error.contains("ordres"), "{error}");

        let missing = Arguments {
            config: Some("/nonexistent/pi.toml".into()),
            ..Arguments::default()
        };
        let error = Config::resolve(&missing).unwrap_err().to_string();
        assert!(error.contains("/nonexistent/pi.toml"), "{error}");
    }
}
