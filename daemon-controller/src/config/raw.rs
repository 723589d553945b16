//! What was typed, set in the environment or written in the file: nothing checked, all optional.

use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;

/// The options as a person gave them; a flag wins over the environment, the environment over the
/// file, the file over the default.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawConfig {
    /// The directory of channel files, `<date>-ARCA_XDP_IBF_<n>.dat`.
    #[arg(env = "OXBERRY_CONTROLLER_DIR")]
    pub dir: Option<PathBuf>,

    /// The symbol mapping file [default: ARCASymbolMapping.txt in the directory].
    #[arg(long, value_name = "FILE", env = "OXBERRY_CONTROLLER_SYMBOLS")]
    pub symbols: Option<PathBuf>,

    /// The dialect of the feed: auto, legacy, xdp or pillar [default: auto].
    #[arg(long, value_name = "NAME", env = "OXBERRY_CONTROLLER_DIALECT")]
    pub dialect: Option<String>,

    /// How many times faster than recorded, or max [default: 1].
    #[arg(long, value_name = "X|max", env = "OXBERRY_CONTROLLER_SPEED")]
    pub speed: Option<String>,

    /// How many Pis to wait for [default: 4].
    #[arg(long, value_name = "N", env = "OXBERRY_CONTROLLER_PIS")]
    pub pis: Option<usize>,

    /// How many Pis hold each partition [default: 2].
    #[arg(long, value_name = "N", env = "OXBERRY_CONTROLLER_REPLICAS")]
    pub replicas: Option<usize>,

    /// How many partitions the symbols are cut into [default: 4 for each Pi].
    #[arg(long, value_name = "N", env = "OXBERRY_CONTROLLER_PARTITIONS")]
    pub partitions: Option<usize>,

    /// After how many seconds other Pis take what a dead one held [default: 60].
    #[arg(long, value_name = "SECONDS", env = "OXBERRY_CONTROLLER_REPLACE_AFTER")]
    pub replace_after: Option<u64>,

    /// Start only after the visualisation has asked for the symbols.
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true",
        env = "OXBERRY_CONTROLLER_AWAIT_VISUAL")]
    pub await_visual: Option<bool>,

    /// Play the day from its beginning, also when Pis still hold an unfinished run of it.
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true",
        env = "OXBERRY_CONTROLLER_FRESH")]
    pub fresh: Option<bool>,

    /// Where Pis subscribe [default: tcp://127.0.0.1:5561]; port 0 takes a free one.
    #[arg(long, value_name = "ENDPOINT", env = "OXBERRY_CONTROLLER_DATA")]
    pub data: Option<String>,

    /// Where Pis say Hello and acknowledge [default: tcp://127.0.0.1:5562].
    #[arg(long, value_name = "ENDPOINT", env = "OXBERRY_CONTROLLER_CONTROL")]
    pub control: Option<String>,

    /// Where the visualisation asks for the symbols [default: tcp://127.0.0.1:5563].
    #[arg(long, value_name = "ENDPOINT", env = "OXBERRY_CONTROLLER_SETUP")]
    pub setup: Option<String>,

    /// The directory of this machine's key and of the list of those it lets in; needed beyond loopback.
    #[arg(long, value_name = "DIR", env = "OXBERRY_CONTROLLER_KEYS")]
    pub keys: Option<PathBuf>,

    /// Where to serve metrics for Prometheus, or none [default: none]; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT", env = "OXBERRY_CONTROLLER_METRICS")]
    pub metrics: Option<String>,

    /// The file with the token that scrapers must send; needed where other machines can reach them.
    #[arg(
        long,
        value_name = "FILE",
        env = "OXBERRY_CONTROLLER_METRICS_TOKEN_FILE"
    )]
    pub metrics_token_file: Option<PathBuf>,

    /// What to log: error, warn, info, debug or trace, also by part, such as
    /// info,oxberry_net=debug [default: info].
    #[arg(long, value_name = "FILTER", env = "OXBERRY_CONTROLLER_LOG")]
    pub log: Option<String>,
}

impl RawConfig {
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
            replace_after: self.replace_after.or(other.replace_after),
            await_visual: self.await_visual.or(other.await_visual),
            fresh: self.fresh.or(other.fresh),
            data: self.data.or(other.data),
            control: self.control.or(other.control),
            setup: self.setup.or(other.setup),
            keys: self.keys.or(other.keys),
            metrics: self.metrics.or(other.metrics),
            metrics_token_file: self.metrics_token_file.or(other.metrics_token_file),
            log: self.log.or(other.log),
        }
    }
}
