//! A made-up market whose feed is consistent: what its venue publishes is what its own matching
//! engine decided, message by message.
//!
//! A [`Market`] is a set of stocks on some channels, all made up from a seed. Each
//! [`ChannelGenerator`] makes the packets of one channel. What is modelled, and after which data,
//! is told in `docs/market-generator.md`.
//!
//! ```
//! use oxberry_core::units::ChannelId;
//! use oxberry_sim::market::{Market, MarketConfig};
//!
//! let config = MarketConfig { symbols: 8, messages: Some(1_000), ..MarketConfig::default() };
//! let market = Market::new(config)?;
//! let mut packets = 0;
//! let mut buffer = [0; 1400];
//! for mut channel in market.channels() {
//!     while let Some(length) = channel.next_packet(&mut buffer) {
//!         assert!(length > 16);
//!         packets += 1;
//!     }
//! }
//! assert!(packets > 10);
//! # Ok::<(), oxberry_sim::market::MarketError>(())
//! ```

mod capture;
mod channel;
mod directory;
mod distribution;
mod encode;
mod flow;
mod lifetime;
mod listing;
mod pace;
mod placement;
mod profile;
mod venue;

use oxberry_core::units::{ChannelId, UnixNanos};
use oxberry_core::xdp::Dialect;

pub use channel::{ChannelGenerator, Stock};
pub use directory::{FileFormat, WriteError, Written, channel_file_name, write_directory};
pub use listing::Listing;

use crate::random::Random;

/// What kind of market to make up. Equal configurations give equal bytes on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketConfig {
    /// How many stocks, 1 to [`MarketConfig::MOST_SYMBOLS`].
    pub symbols: u32,
    /// Over how many channels they are spread, 1 to 255.
    pub channels: u8,
    /// How many messages all channels have together, of whatever type; `None` for no end.
    pub messages: Option<u64>,
    /// The dialect of the feed.
    pub dialect: Dialect,
    /// What everything else is made from.
    pub seed: u64,
}

impl MarketConfig {
    /// The most stocks that there are names for.
    pub const MOST_SYMBOLS: u32 = 10_000;

    /// The most messages of a market that ends: sequence numbers have 32 bits, and one channel may
    /// carry nearly all.
    pub const MOST_MESSAGES: u64 = u32::MAX as u64;
}

impl Default for MarketConfig {
    /// The market of the demonstration: 200 stocks on 4 channels without end.
    fn default() -> Self {
        Self {
            symbols: 200,
            channels: 4,
            messages: None,
            dialect: Dialect::Pillar,
            seed: 1,
        }
    }
}

/// Why a market cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MarketError {
    /// Too many or too few stocks.
    #[error("a market has 1 to {most} symbols, not {0}", most = MarketConfig::MOST_SYMBOLS)]
    Symbols(u32),
    /// No channel to carry them.
    #[error("a market needs at least one channel")]
    NoChannels,
    /// Not even a sequence number reset for every channel.
    #[error("{channels} channels need at least {channels} messages, not {messages}")]
    TooFewMessages {
        /// The channels.
        channels: u8,
        /// The messages.
        messages: u64,
    },
    /// More messages than a channel can number.
    #[error("a market that ends has at most {most} messages, as a channel can number, not {0}",
        most = MarketConfig::MOST_MESSAGES)]
    TooManyMessages(u64),
}

/// A made-up market.
#[derive(Clone, Debug)]
pub struct Market {
    config: MarketConfig,
    listings: Vec<Listing>,
}

impl Market {
    /// Makes up the stocks of a market.
    ///
    /// # Errors
    /// When the configuration is out of bounds.
    pub fn new(config: MarketConfig) -> Result<Self, MarketError> {
        if config.symbols == 0 || config.symbols > MarketConfig::MOST_SYMBOLS {
            return Err(MarketError::Symbols(config.symbols));
        }
        if config.channels == 0 {
            return Err(MarketError::NoChannels);
        }
        if let Some(messages) = config.messages
            && messages > MarketConfig::MOST_MESSAGES
        {
            return Err(MarketError::TooManyMessages(messages));
        }
        if let Some(messages) = config.messages
            && messages < u64::from(config.channels)
        {
            return Err(MarketError::TooFewMessages {
                channels: config.channels,
                messages,
            });
        }
        Ok(Self {
            config,
            listings: listing::listings(&config),
        })
    }

    /// The configuration that the market was made from.
    #[must_use]
    pub const fn config(&self) -> &MarketConfig {
        &self.config
    }

    /// The stocks, in the order of their symbols. Each prints as its line of the mapping file.
    #[must_use]
    pub fn listings(&self) -> &[Listing] {
        &self.listings
    }

    /// The trading day as year, month and day: one on which the dialect was spoken.
    #[must_use]
    pub const fn date(&self) -> &'static str {
        match self.config.dialect {
            Dialect::Legacy => "20130515",
            Dialect::Xdp => "20180516",
            Dialect::Pillar => "20240515",
        }
    }

    /// When the feed starts: the core session, 9:30 in New York.
    #[must_use]
    pub const fn start(&self) -> UnixNanos {
        let second = match self.config.dialect {
            Dialect::Legacy => 1_368_624_600,
            Dialect::Xdp => 1_526_477_400,
            Dialect::Pillar => 1_715_779_800,
        };
        UnixNanos::from_parts(second, 0)
    }

    /// The channels, each from its first packet on.
    pub fn channels(&self) -> impl Iterator<Item = ChannelGenerator> {
        (1..=self.config.channels).filter_map(|channel| self.channel(ChannelId::from_raw(channel)))
    }

    /// One channel from its first packet on; `None` if the market has no channel of that number.
    #[must_use]
    pub fn channel(&self, channel: ChannelId) -> Option<ChannelGenerator> {
        let is_carried = |listing: &&Listing| listing.channel == channel;
        if !(1..=self.config.channels).contains(&channel.raw()) {
            return None;
        }
        Some(ChannelGenerator::new(
            self.config.dialect,
            channel,
            self.listings.iter().filter(is_carried).cloned(),
            self.start(),
            self.config
                .messages
                .map(|messages| self.share(channel, messages)),
            self.most_opening_orders(),
            Random::new(self.config.seed, channel.raw().into()),
        ))
    }

    /// The messages of a channel: the reset that every channel starts with, and of the others a
    /// share by the activity of its stocks, rounded so that all add up.
    fn share(&self, channel: ChannelId, messages: u64) -> u64 {
        let activity = |is_counted: &dyn Fn(ChannelId) -> bool| -> u128 {
            let counted = self
                .listings
                .iter()
                .filter(|listing| is_counted(listing.channel));
            counted
                .map(|listing| u128::from(listing.messages_per_1000_s))
                .sum()
        };
        let others = u128::from(messages - u64::from(self.config.channels));
        let all = activity(&|_| true).max(1);
        let up_to = |activity: u128| others * activity / all;
        let share =
            up_to(activity(&|other| other <= channel)) - up_to(activity(&|other| other < channel));
        1 + u64::try_from(share).unwrap_or(u64::MAX)
    }

    /// How many orders a stock may open with: of a short feed at most a quarter opens the books.
    fn most_opening_orders(&self) -> u64 {
        self.config.messages.map_or(u64::MAX, |messages| {
            (messages / u64::from(self.config.symbols) / 4).max(8)
        })
    }
}
