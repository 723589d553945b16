//! The controller's configuration: as given, and as it holds.

mod raw;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use oxberry_cluster::limits::{Limits, PARTITIONS_PER_NODE};
use oxberry_core::xdp::Dialect;
use oxberry_net::metrics::{MetricsConfig, MetricsOptionError};
use oxberry_net::{
    ConfigFileError, Endpoint, EndpointOptions, KeyRole, Keys, OptionError, keys_of_option,
    options_of_file, ports, quoted,
};
use oxberry_proto::limits::{MAX_NODES, MAX_PARTITIONS};
use thiserror::Error;

pub use self::raw::RawConfig;
use crate::pace::Speed;

/// The name of the mapping file beside the channel files of a day.
pub const MAPPING_FILE_NAME: &str = "ARCASymbolMapping.txt";

/// Into how many partitions the symbols are cut for so many Pis, unless said otherwise.
#[must_use]
pub const fn partitions_for(pis: usize) -> usize {
    pis * PARTITIONS_PER_NODE
}

/// The configuration that holds, complete and checked. Prints itself as a file that would give it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The directory of channel files.
    pub dir: PathBuf,
    /// The symbol mapping file.
    pub symbols: PathBuf,
    /// The dialect, `None` to find out.
    pub dialect: Option<Dialect>,
    /// How fast to replay.
    pub speed: Speed,
    /// How many Pis to wait for.
    pub pis: usize,
    /// How many Pis hold each partition.
    pub replicas: usize,
    /// How many partitions there are at most.
    pub partitions: usize,
    /// How long a partition has had too few replicas when another Pi takes it.
    pub replace_after: Duration,
    /// Whether the visualisation comes first.
    pub await_visual: bool,
    /// Whether the day is played from its beginning, also when Pis hold an unfinished run of it.
    pub fresh: bool,
    /// Where Pis subscribe.
    pub data: Endpoint,
    /// Where Pis say Hello and acknowledge.
    pub control: Endpoint,
    /// Where the visualisation asks for the symbols.
    pub setup: Endpoint,
    /// Who this machine is and whom it lets in; without, it stays on loopback.
    pub keys: Option<Keys>,
    /// Where metrics are served, if anywhere.
    pub metrics: Option<MetricsConfig>,
    /// What is logged.
    pub log: String,
}

/// What is wrong with the configuration.
#[derive(Debug, Error)]
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
    /// No directory was given.
    #[error(
        "no directory of channel files was given: name it as the argument, or `dir` in the file"
    )]
    NoDirectory,
    /// A value that cannot be.
    #[error("{option} is {value}, but must be {must}")]
    BadValue {
        /// The option.
        option: &'static str,
        /// What was given.
        value: String,
        /// What would do.
        must: &'static str,
    },
}

impl Config {
    /// What holds when this was typed or set in the environment, and there is this file.
    ///
    /// # Errors
    ///
    /// When the file or the keys cannot be used, the directory is missing or a value cannot be.
    pub fn resolve(typed: RawConfig, file: Option<&Path>) -> Result<Self, ConfigError> {
        typed.or(options_of_file(file)?).check()
    }
}

impl RawConfig {
    /// The configuration that follows, with defaults where nothing was said.
    ///
    /// # Errors
    ///
    /// When the directory is missing or a value cannot be.
    pub fn check(self) -> Result<Config, ConfigError> {
        let dir = self.dir.ok_or(ConfigError::NoDirectory)?;
        let pis = within("--pis", self.pis.unwrap_or(4), MAX_NODES, "1 to 64")?;
        let partitions = self.partitions.unwrap_or_else(|| partitions_for(pis));
        let replicas = self.replicas.unwrap_or(2);
        let keys = keys_of_option(self.keys.as_deref(), KeyRole::Controller, &[])?;
        let mut endpoints = EndpointOptions::new(keys.as_ref());
        Ok(Config {
            symbols: self.symbols.unwrap_or_else(|| dir.join(MAPPING_FILE_NAME)),
            dialect: dialect(self.dialect.as_deref().unwrap_or(ANY_DIALECT))?,
            speed: speed(self.speed.as_deref().unwrap_or("1"))?,
            replicas: within("--replicas", replicas, MAX_NODES, "1 to 64")?,
            partitions: within("--partitions", partitions, MAX_PARTITIONS, "1 to 256")?,
            replace_after: replace_after(self.replace_after)?,
            await_visual: self.await_visual.unwrap_or(false),
            fresh: self.fresh.unwrap_or(false),
            data: endpoints.listens("--data", self.data.as_deref(), ports::DATA)?,
            control: endpoints.listens("--control", self.control.as_deref(), ports::CONTROL)?,
            setup: endpoints.listens("--setup", self.setup.as_deref(), ports::SETUP)?,
            keys,
            metrics: MetricsConfig::check(self.metrics.as_deref(), self.metrics_token_file)?,
            log: self.log.unwrap_or_else(|| "info".into()),
            pis,
            dir,
        })
    }
}

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            dir,
            symbols,
            dialect,
            speed,
            pis,
            replicas,
            partitions,
            replace_after,
            await_visual,
            fresh,
            data,
            control,
            setup,
            keys,
            metrics,
            log,
        } = self;
        writeln!(f, "dir = {}", quoted(dir.display()))?;
        writeln!(f, "symbols = {}", quoted(symbols.display()))?;
        let dialect = dialect.map_or(ANY_DIALECT, Dialect::name);
        writeln!(f, "dialect = \"{dialect}\"")?;
        writeln!(f, "speed = \"{speed}\"")?;
        writeln!(f, "pis = {pis}")?;
        writeln!(f, "replicas = {replicas}")?;
        writeln!(f, "partitions = {partitions}")?;
        writeln!(f, "replace-after = {}", replace_after.as_secs())?;
        writeln!(f, "await-visual = {await_visual}")?;
        writeln!(f, "fresh = {fresh}")?;
        writeln!(f, "data = \"{data}\"")?;
        writeln!(f, "control = \"{control}\"")?;
        writeln!(f, "setup = \"{setup}\"")?;
        if let Some(keys) = keys {
            writeln!(f, "keys = {}", quoted(keys.directory().display()))?;
        }
        f.write_str(&MetricsConfig::lines_of(metrics.as_ref()))?;
        writeln!(f, "log = {}", quoted(log))
    }
}

/// The dialect that is found out.
const ANY_DIALECT: &str = "auto";

fn dialect(name: &str) -> Result<Option<Dialect>, ConfigError> {
    let dialect = Dialect::from_name(name);
    if dialect.is_none() && name != ANY_DIALECT {
        return Err(ConfigError::BadValue {
            option: "--dialect",
            value: name.to_owned(),
            must: "auto, legacy, xdp or pillar",
        });
    }
    Ok(dialect)
}

fn speed(text: &str) -> Result<Speed, ConfigError> {
    text.parse().map_err(|_| ConfigError::BadValue {
        option: "--speed",
        value: text.to_owned(),
        must: Speed::MUST_BE,
    })
}

/// The longest time that a partition may have too few replicas: a day, after which it is placed afresh.
const LONGEST_LACK: u64 = 86_400;

fn replace_after(seconds: Option<u64>) -> Result<Duration, ConfigError> {
    let seconds = seconds.unwrap_or(Limits::DEFAULT.replace_after.as_secs());
    if seconds <= LONGEST_LACK {
        return Ok(Duration::from_secs(seconds));
    }
    Err(ConfigError::BadValue {
        option: "--replace-after",
        value: seconds.to_string(),
        must: "0 to 86400 seconds",
    })
}

fn within(
    option: &'static str,
    value: usize,
    most: usize,
    must: &'static str,
) -> Result<usize, ConfigError> {
    if (1..=most).contains(&value) {
        Ok(value)
    } else {
        Err(ConfigError::BadValue {
            option,
            value: value.to_string(),
            must,
        })
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
        let flags = raw("dir = '/flow'\npis = 2");
        let config = flags.or(raw("pis = 9\nspeed = 'max'")).check().unwrap();
        assert_eq!(
            (config.pis, config.partitions, config.speed),
            (2, 8, Speed::Max)
        );
        assert_eq!(config.symbols, Path::new("/flow/ARCASymbolMapping.txt"));
        assert_eq!(config.control, Endpoint::loopback(5562));
    }

    #[test]
    fn a_value_that_cannot_be_names_its_option() {
        for (toml, option) in [
            ("dir = '/'\npis = 0", "--pis"),
            ("dir = '/'\nspeed = '-1'", "--speed"),
            ("dir = '/'\nspeed = 'fast'", "--speed"),
            ("dir = '/'\ndialect = 'itch'", "--dialect"),
            ("dir = '/'\npartitions = 257", "--partitions"),
            ("dir = '/'\nreplace-after = 86401", "--replace-after"),
            ("dir = '/'\ndata = 'tcp://127.0.0.1:65536'", "--data"),
            ("dir = '/'\nsetup = 'here'", "--setup"),
            (
                "dir = '/'\nmetrics = '0.0.0.0:9561'",
                "--metrics-token-file",
            ),
        ] {
            let error = raw(toml).check().unwrap_err().to_string();
            assert!(error.contains(option), "{error}");
        }
        assert!(
            raw("")
                .check()
                .unwrap_err()
                .to_string()
                .contains("directory")
        );
    }

    #[test]
    fn an_unknown_option_in_the_file_is_an_error() {
        assert!(toml::from_str::<RawConfig>("pi = 3").is_err());
    }

    #[test]
    fn what_is_printed_is_a_file_that_means_the_same() {
        for toml in [
            "dir = '/flow'",
            "dir = 'a \"b\"'\nsymbols = 'c'\ndialect = 'xdp'\nspeed = '0.25'\npis = 2\nreplicas = 1\n\
             partitions = 7\nreplace-after = 0\nawait-visual = true\nfresh = true\ndata = 'tcp://127.0.0.1:0'\n\
             metrics = '192.0.2.7:9561'\nmetrics-token-file = '/token'\nlog = 'debug'",
            "dir = '/flow'\nspeed = 'max'",
        ] {
            let config = raw(toml).check().unwrap();
            assert_eq!(raw(&config.to_string()).check().unwrap(), config);
        }
    }

    #[test]
    fn two_sockets_cannot_have_one_endpoint() {
        let shared = "dir = '/'\ndata = 'tcp://127.0.0.1:1'\nsetup = 'tcp://127.0.0.1:1'";
        let said = raw(shared).check().unwrap_err().to_string();
        assert!(
            said.starts_with("--setup: tcp://127.0.0.1:1 is that of --data too"),
            "{said}"
        );
    }
}
