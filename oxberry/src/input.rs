//! Arguments about inputs that several subcommands have.

use std::net::Ipv4Addr;

use clap::{Args, ValueEnum};
use oxberry_core::xdp::Dialect;
use oxberry_feed::source::Filter;

/// How inputs are read.
#[derive(Clone, Debug, Args)]
pub(crate) struct InputArguments {
    /// The dialect of the feed; `auto` tells it from the first messages
    #[arg(long, value_enum, default_value_t = DialectChoice::Auto)]
    pub(crate) dialect: DialectChoice,
    /// Of captures, read only packets sent to this multicast group; may be given several times
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) group: Vec<Ipv4Addr>,
    /// Of captures, read only packets sent to this UDP port; may be given several times
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Vec<u16>,
}

/// A dialect as it can be typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DialectChoice {
    /// Told from the first messages
    Auto,
    /// Arca XDP, 2011 to 2017
    Legacy,
    /// XDP 2.0 to 2.3, 2015 to 2021
    Xdp,
    /// Pillar 2.4 and later, since 2021
    Pillar,
}

impl DialectChoice {
    /// The dialect, unless it is to be told from the messages.
    pub(crate) fn named(self) -> Option<Dialect> {
        match self {
            Self::Auto => None,
            Self::Legacy => Some(Dialect::Legacy),
            Self::Xdp => Some(Dialect::Xdp),
            Self::Pillar => Some(Dialect::Pillar),
        }
    }
}

impl InputArguments {
    /// The packets of captures that are wanted.
    pub(crate) fn filter(&self) -> Filter {
        Filter {
            groups: self.group.clone(),
            ports: self.port.clone(),
        }
    }
}
