//! What was typed, set in the environment, or written in the file: nothing checked, all optional.

use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;

/// The command line, with the environment below it.
#[derive(Args, Clone, Debug, Default)]
pub struct Arguments {
    /// Read settings from this TOML file
    #[arg(long, value_name = "FILE", env = "OXBERRY_PI_CONFIG")]
    pub config: Option<PathBuf>,

    /// What the file may hold too; a flag wins over the environment, and that over the file.
    #[command(flatten)]
    pub settings: Settings,

    /// Print the settings that hold, as a settings file, and exit
    #[arg(long)]
    pub check_config: bool,

    /// End when standard input ends, as it does when the parent process dies
    #[arg(long)]
    pub exit_with_stdin: bool,
}

/// Settings that flags, environment and file share.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Name of this node, unique in the cluster [default: the host's name]
    #[arg(long, value_name = "NAME", env = "OXBERRY_PI_NAME")]
    pub name: Option<String>,

    /// The controller's control socket [default: tcp://127.0.0.1:5562]
    #[arg(long, value_name = "ENDPOINT", env = "OXBERRY_PI_CONTROL")]
    pub control: Option<String>,

    /// The controller's publish socket [default: tcp://127.0.0.1:5561]
    #[arg(long, value_name = "ENDPOINT", env = "OXBERRY_PI_DATA")]
    pub data: Option<String>,

    /// The visualisation's socket for stock events, or `none` [default: tcp://127.0.0.1:5564]
    #[arg(long, value_name = "ENDPOINT", env = "OXBERRY_PI_STOCK")]
    pub stock: Option<String>,

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

    /// Print every stock event as a line on standard output
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", env = "OXBERRY_PI_PRINT")]
    pub print: Option<bool>,

    /// Give up when the controller has not answered after so long [default: wait for ever]
    #[arg(long, value_name = "SECONDS", env = "OXBERRY_PI_START_TIMEOUT")]
    pub start_timeout: Option<u64>,

    /// What to log: error, warn, info, debug or trace [default: info]
    #[arg(long, value_name = "LEVEL", env = "OXBERRY_PI_LOG")]
    pub log: Option<String>,
}

impl Arguments {
    /// What `--help` says after the list of flags.
    pub const AFTER_HELP: &str = "\
A flag wins over its environment variable, that over the file, that over the default.
The file holds the same names without dashes in front, for example:

    name = \"pi-7\"
    control = \"tcp://127.0.0.1:5562\"
    orders = 2000000

Without CURVE only loopback addresses are allowed.
Exit codes: 0 done, 1 the run failed or replicas differed, 2 wrong settings.";
}

impl Settings {
    /// These settings, and where they say nothing, `below`.
    #[must_use]
    pub(crate) fn or(self, below: Self) -> Self {
        Self {
            name: self.name.or(below.name),
            control: self.control.or(below.control),
            data: self.data.or(below.data),
            stock: self.stock.or(below.stock),
            orders: self.orders.or(below.orders),
            levels: self.levels.or(below.levels),
            symbols: self.symbols.or(below.symbols),
            print: self.print.or(below.print),
            start_timeout: self.start_timeout.or(below.start_timeout),
            log: self.log.or(below.log),
        }
    }
}
