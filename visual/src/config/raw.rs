//! What was typed, set in the environment or written in the file: nothing checked, all optional.

use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;

/// The options as a person gave them; a flag wins over the environment, the environment over the
/// file, the file over the default.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawConfig {
    /// Where the page is served [default: 127.0.0.1:8080]; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT", env = "OXBERRY_VISUAL_HTTP")]
    pub http: Option<String>,

    /// A file with the token that opens the page; needed where other machines reach it.
    #[arg(long, value_name = "FILE", env = "OXBERRY_VISUAL_HTTP_TOKEN_FILE")]
    pub http_token_file: Option<PathBuf>,

    /// Names under which the page is asked for, besides addresses and localhost.
    #[arg(
        long,
        visible_alias = "http-host",
        value_name = "NAME",
        value_delimiter = ',',
        env = "OXBERRY_VISUAL_HTTP_HOSTS"
    )]
    pub http_hosts: Option<Vec<String>>,

    /// Where Pis push stock events to [default: tcp://127.0.0.1:5564]; port 0 takes a free one.
    #[arg(long, value_name = "ENDPOINT", env = "OXBERRY_VISUAL_STOCK")]
    pub stock: Option<String>,

    /// Where the controller gives out the symbol table [default: tcp://127.0.0.1:5563].
    #[arg(long, value_name = "ENDPOINT", env = "OXBERRY_VISUAL_CONTROLLER")]
    pub controller: Option<String>,

    /// The directory of this machine's key and of the list of those it talks to; needed beyond loopback.
    #[arg(long, value_name = "DIR", env = "OXBERRY_VISUAL_KEYS")]
    pub keys: Option<PathBuf>,

    /// Print every event that counts to standard output, as CSV.
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true",
        env = "OXBERRY_VISUAL_PRINT")]
    pub print: Option<bool>,

    /// Write every event that counts to this file as CSV, with raw prices, for a program to compare.
    #[arg(long, value_name = "FILE", env = "OXBERRY_VISUAL_EVENTS")]
    pub events: Option<PathBuf>,

    /// End when all Pis said that no more events come, instead of showing the last state.
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true",
        env = "OXBERRY_VISUAL_EXIT_AT_END")]
    pub exit_at_end: Option<bool>,

    /// What kind of feed the cluster plays, which the page says: live, delayed, replay or made-up.
    #[arg(long, value_name = "KIND", env = "OXBERRY_VISUAL_SOURCE")]
    pub source: Option<String>,

    /// What to log: error, warn, info, debug or trace, also by part, such as
    /// info,oxberry_net=debug [default: info].
    #[arg(long, value_name = "FILTER", env = "OXBERRY_VISUAL_LOG")]
    pub log: Option<String>,
}

impl RawConfig {
    /// These options, and where one is absent that of `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            http: self.http.or(other.http),
            http_token_file: self.http_token_file.or(other.http_token_file),
            http_hosts: self.http_hosts.or(other.http_hosts),
            stock: self.stock.or(other.stock),
            controller: self.controller.or(other.controller),
            keys: self.keys.or(other.keys),
            print: self.print.or(other.print),
            events: self.events.or(other.events),
            exit_at_end: self.exit_at_end.or(other.exit_at_end),
            source: self.source.or(other.source),
            log: self.log.or(other.log),
        }
    }
}
