//! The controller's configuration: as typed, and as it holds.

use std::path::{Path, PathBuf};

use clap::Args;
use oxberry_cluster::limits::PARTITIONS_PER_NODE;
use oxberry_core::xdp::Dialect;
use oxberry_net::{Endpoint, EndpointError, ports};
use oxberry_proto::limits::{MAX_NODES, MAX_PARTITIONS};
use serde::Deserialize;
use thiserror::Error;

use crate::pace::Speed;

/// The name of the mapping file beside the channel files of a day.
pub const MAPPING_FILE_NAME: &str = "ARCASymbolMapping.txt";

/// Into how many partitions the symbols are cut for so many Pis, unless said otherwise.
#[must_use]
pub const fn partitions_for(pis: usize) -> usize {
    pis * PARTITIONS_PER_NODE
}

/// The options as a person gave them; a flag wins over the environment, the environment over the
/// file, the file over the default.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawConfig {
    /// The directory of channel files, `<date>-ARCA_XDP_IBF_<n>.dat`.
    #[arg(env = "OXBERRY_CONTROLLER_DIR")]
    dir: Option<PathBuf>,

    /// The symbol mapping file [default: ARCASymbolMapping.txt in the directory].
    #[arg(long, value_name = "FILE", env = "OXBERRY_CONTROLLER_SYMBOLS")]
    symbols: Option<PathBuf>,

    /// The dialect of the feed: auto, legacy, xdp or pillar [default: auto].
    #[arg(long, env = "OXBERRY_CONTROLLER_DIALECT")]
    dialect: Option<String>,

    /// How many times faster than recorded, or max [default: 1].
    #[arg(long, value_name = "X|max", env = "OXBERRY_CONTROLLER_SPEED")]
    speed: Option<String>,

    /// How many Pis to wait for [default: 4].
    #[arg(long, value_name = "N", env = "OXBERRY_CONTROLLER_PIS")]
    pis: Option<usize>,

    /// How many Pis hold each partition [default: 2].
    #[arg(long, value_name = "N", env = "OXBERRY_CONTROLLER_REPLICAS")]
    replicas: Option<usize>,

    /// How many partitions the symbols are cut into [default: 4 for each Pi].
    #[arg(long, value_name = "N", env = "OXBERRY_CONTROLLER_PARTITIONS")]
    partitions: Option<usize>,

    /// Start only after the visualisation has asked for the symbols.
    #[arg(long, num_args = 0..=1, default_missing_value = "true", env = "OXBERRY_CONTROLLER_AWAIT_VISUAL")]
    await_visual: Option<bool>,

    /// Where Pis subscribe [default: tcp://127.0.0.1:5561]; port 0 takes a free one.
    #[arg(long, value_name = "ENDPOINT", env = "OXBERRY_CONTROLLER_DATA")]
    data: Option<String>,

    /// Where Pis say Hello and acknowledge [default: tcp://127.0.0.1:5562].
    #[arg(long, value_name = "ENDPOINT", env = "OXBERRY_CONTROLLER_CONTROL")]
    control: Option<String>,

    /// Where the visualisation asks for the symbols [default: tcp://127.0.0.1:5563].
    #[arg(long, value_name = "ENDPOINT", env = "OXBERRY_CONTROLLER_SETUP")]
    setup: Option<String>,
}

/// The configuration, complete and checked.
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
    /// Whether the visualisation comes first.
    pub await_visual: bool,
    /// Where Pis subscribe.
    pub data: String,
    /// Where Pis say Hello and acknowledge.
    pub control: String,
    /// Where the visualisation asks for the symbols.
    pub setup: String,
}

/// What is wrong with the configuration.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: the configuration file cannot be read: {error}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The file is no configuration.
    #[error("{}: {error}", file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// What is wrong with it, and where.
        error: toml::de::Error,
    },
    /// No directory was given.
    #[error(
        "no directory of channel files was given: name it as the argument, or `dir` in the file"
    )]
    NoDirectory,
    /// An endpoint that cannot be used.
    #[error("{option}: {error}")]
    BadEndpoint {
        /// The option.
        option: &'static str,
        /// What is wrong with it.
        error: EndpointError,
    },
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

impl RawConfig {
    /// The options of a TOML file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is not TOML, or has an option that does not exist.
    pub fn of_file(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file).map_err(|error| ConfigError::Unreadable {
            file: file.to_owned(),
            error,
        })?;
        toml::from_str(&text).map_err(|error| ConfigError::Malformed {
            file: file.to_owned(),
            error,
        })
    }

    /// These options, and where one is absent that of `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            dir: self.dir.or(other.dir),
            symbols: self.symbols.or(other.symbols),
            dialect: self.dialect.or(other.dialect),
            speed: self.speed.or(other.speed),
            pis: self.pis.or(other.pis),
            replicas: self.replicas.or(other.replicas),
            partitions: self.partitions.or(other.partitions),
            await_visual: self.await_visual.or(other.await_visual),
            data: self.data.or(other.data),
            control: self.control.or(other.control),
            setup: self.setup.or(other.setup),
        }
    }

    /// The configuration that follows, with defaults where nothing was said.
    ///
    /// # Errors
    ///
    /// When the directory is missing or a value cannot be.
    pub fn check(self) -> Result<Config, ConfigError> {
        let dir = self.dir.ok_or(ConfigError::NoDirectory)?;
        let pis = within("--pis", self.pis.unwrap_or(4), MAX_NODES, "1 to 64")?;
        let partitions = self.partitions.unwrap_or_else(|| partitions_for(pis));
        Ok(Config {
            symbols: self.symbols.unwrap_or_else(|| dir.join(MAPPING_FILE_NAME)),
            dialect: dialect(self.dialect.as_deref().unwrap_or("auto"))?,
            speed: self.speed.as_deref().unwrap_or("1").parse().map_err(|_| {
                ConfigError::BadValue {
                    option: "--speed",
                    value: self.speed.clone().unwrap_or_default(),
                    must: Speed::MUST_BE,
                }
            })?,
            replicas: within(
                "--replicas",
                self.replicas.unwrap_or(2),
                MAX_NODES,
                "1 to 64",
            )?,
            partitions: within("--partitions", partitions, MAX_PARTITIONS, "1 to 256")?,
            await_visual: self.await_visual.unwrap_or(false),
            data: endpoint("--data", self.data, ports::DATA)?,
            control: endpoint("--control", self.control, ports::CONTROL)?,
            setup: endpoint("--setup", self.setup, ports::SETUP)?,
            pis,
            dir,
        })
    }
}

fn endpoint(option: &'static str, given: Option<String>, port: u16) -> Result<String, ConfigError> {
    let endpoint = given.unwrap_or_else(|| format!("tcp://127.0.0.1:{port}"));
    match endpoint.parse::<Endpoint>() {
        Ok(_) => Ok(endpoint),
        Err(error) => Err(ConfigError::BadEndpoint { option, error }),
    }
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

fn dialect(name: &str) -> Result<Option<Dialect>, ConfigError> {
    match name {
        "auto" => Ok(None),
        "legacy" => Ok(Some(Dialect::Legacy)),
        "xdp" => Ok(Some(Dialect::Xdp)),
        "pillar" => Ok(Some(Dialect::Pillar)),
        _ => Err(ConfigError::BadValue {
            option: "--dialect",
            value: name.to_owned(),
            must: "auto, legacy, xdp or pillar",
        }),
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
        assert_eq!(config.control, "tcp://127.0.0.1:5562");
    }

    #[test]
    fn a_value_that_cannot_be_names_its_option() {
        for (toml, option) in [
            ("dir = '/'\npis = 0", "--pis"),
            ("dir = '/'\nspeed = '-1'", "--speed"),
            ("dir = '/'\nspeed = 'fast'", "--speed"),
            ("dir = '/'\ndialect = 'itch'", "--dialect"),
            ("dir = '/'\npartitions = 257", "--partitions"),
            ("dir = '/'\ndata = 'tcp://127.0.0.1:65536'", "--data"),
            ("dir = '/'\nsetup = 'here'", "--setup"),
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
}
