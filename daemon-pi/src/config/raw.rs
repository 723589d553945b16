//! What was typed, set in the environment or written in the file: nothing checked, all optional.

use std::path::PathBuf;

use clap::Args;
use oxberry_net::one_or_several;
use serde::Deserialize;

/// The options as a person gave them; a flag wins over the environment, the environment over the
/// file, the file over the default.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawConfig {
    /// Name of this node, unique in the cluster [default: that of its key, or the host's name]
    #[arg(long, value_name = "NAME", env = "OXBERRY_PI_NAME")]
    pub name: Option<String>,

    /// The controller's control socket [default: tcp://127.0.0.1:5562]
    #[arg(long, value_name = "ENDPOINT", env = "OXBERRY_PI_CONTROL")]
    pub control: Option<String>,

    /// The controller's publish socket [default: tcp://127.0.0.1:5561]
    #[arg(long, value_name = "ENDPOINT", env = "OXBERRY_PI_DATA")]
    pub data: Option<String>,

    /// A dashboard's socket for stock events, or `none`; several for several dashboards or taps
    /// [default: tcp://127.0.0.1:5564]
    #[arg(
        long,
        value_name = "ENDPOINT",
        value_delimiter = ',',
        env = "OXBERRY_PI_STOCK"
    )]
    #[serde(default, deserialize_with = "one_or_several")]
    pub stock: Option<Vec<String>>,

    /// Directory of this machine's key and of the list of those it talks to; needed beyond loopback
    #[arg(long, value_name = "DIR", env = "OXBERRY_PI_KEYS")]
    pub keys: Option<PathBuf>,

    /// Orders that may rest at once, over all symbols; about 100 bytes each with their levels, taken
    /// at start [default: 1000000]
    #[arg(long, value_name = "N", env = "OXBERRY_PI_ORDERS")]
    pub orders: Option<u32>,

    /// Price levels that may exist at once, over all symbols [default: half as many as orders]
    #[arg(long, value_name = "N", env = "OXBERRY_PI_LEVELS")]
    pub levels: Option<u32>,

    /// Symbols that this node can keep [default: 16384]
    #[arg(long, value_name = "N", env = "OXBERRY_PI_SYMBOLS")]
    pub symbols: Option<u32>,

    /// Keep all memory of this process from being swapped out; a warning where the system does not allow
    /// it [default: true]
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", env = "OXBERRY_PI_LOCK_MEMORY")]
    pub lock_memory: Option<bool>,

    /// Print every stock event as a line on standard output
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", env = "OXBERRY_PI_PRINT")]
    pub print: Option<bool>,

    /// End after one run, or when the controller refuses this node, instead of waiting for the next
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", env = "OXBERRY_PI_ONCE")]
    pub once: Option<bool>,

    /// Give up when the controller has not answered after so long [default: wait for ever]
    #[arg(long, value_name = "SECONDS", env = "OXBERRY_PI_START_TIMEOUT")]
    pub start_timeout: Option<u64>,

    /// Where to serve metrics for Prometheus, `ADDRESS:PORT` or `none` [default: none]
    #[arg(long, value_name = "ADDRESS:PORT", env = "OXBERRY_PI_METRICS")]
    pub metrics: Option<String>,

    /// The file with the token that scrapers must send; needed where other machines can reach them
    #[arg(long, value_name = "FILE", env = "OXBERRY_PI_METRICS_TOKEN_FILE")]
    pub metrics_token_file: Option<PathBuf>,

    /// What to log: error, warn, info, debug or trace, also by part, such as
    /// info,oxberry_net=debug [default: info]
    #[arg(long, value_name = "FILTER", env = "OXBERRY_PI_LOG")]
    pub log: Option<String>,
}

impl RawConfig {
    /// These options, and where one is absent that of `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            name: self.name.or(other.name),
            control: self.control.or(other.control),
            data: self.data.or(other.data),
            stock: self.stock.or(other.stock),
            keys: self.keys.or(other.keys),
            orders: self.orders.or(other.orders),
            levels: self.levels.or(other.levels),
            symbols: self.symbols.or(other.symbols),
            lock_memory: self.lock_memory.or(other.lock_memory),
            print: self.print.or(other.print),
            once: self.once.or(other.once),
            start_timeout: self.start_timeout.or(other.start_timeout),
            metrics: self.metrics.or(other.metrics),
            metrics_token_file: self.metrics_token_file.or(other.metrics_token_file),
            log: self.log.or(other.log),
        }
    }
}
