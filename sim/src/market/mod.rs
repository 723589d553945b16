//! A made-up market with a consistent feed: every message that the venue publishes reports a decision
//! of its own matching engine.
//!
//! A [`Market`] is a set of stocks on one or more channels, all derived from a seed. Each
//! [`ChannelGenerator`] produces the packets of one channel. `docs/market-generator.md` says what is
//! modelled, and on which data.
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

/// The market to generate. Equal configurations give equal bytes on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketConfig {
    /// The number of stocks, from 1 to [`MarketConfig::MOST_SYMBOLS`].
    pub symbols: u32,
    /// The number of channels that carry the stocks, from 1 to 255.
    pub channels: u8,
    /// The number of messages of all types on all channels together; `None` for an endless feed.
    pub messages: Option<u64>,
    /// The dialect of the feed.
    pub dialect: Dialect,
    /// The seed that everything else is derived from.
    pub seed: u64,
}

impl MarketConfig {
    /// The largest number of stocks: there are no more tickers.
    pub const MOST_SYMBOLS: u32 = 10_000;

    /// The largest number of messages of a feed that ends: sequence numbers have 32 bits, and one
    /// channel may carry nearly all messages.
    pub const MOST_MESSAGES: u64 = u32::MAX as u64;
}

impl Default for MarketConfig {
    /// Returns the market of the demonstration: 200 stocks on 4 channels, without end.
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

/// Why a market cannot be generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MarketError {
    /// There are too many or too few stocks.
    #[error("a market has 1 to {most} symbols, not {0}", most = MarketConfig::MOST_SYMBOLS)]
    Symbols(u32),
    /// There is no channel.
    #[error("a market needs at least one channel")]
    NoChannels,
    /// There are too few messages for a sequence number reset on every channel.
    #[error("{channels} channels need at least {channels} messages, not {messages}")]
    TooFewMessages {
        /// The number of channels.
        channels: u8,
        /// The number of messages.
        messages: u64,
    },
    /// There are more messages than one channel can number.
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
    /// Generates the stocks of a market.
    ///
    /// # Errors
    /// Fails if a value of the configuration is out of bounds.
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

    /// Returns the configuration of the market.
    #[must_use]
    pub const fn config(&self) -> &MarketConfig {
        &self.config
    }

    /// Returns the stocks, sorted by symbol. Each prints as its line of the mapping file.
    #[must_use]
    pub fn listings(&self) -> &[Listing] {
        &self.listings
    }

    /// Returns the trading day as `YYYYMMDD`: a day on which feeds used the dialect.
    #[must_use]
    pub const fn date(&self) -> &'static str {
        match self.config.dialect {
            Dialect::Legacy => "20130515",
            Dialect::Xdp => "20180516",
            Dialect::Pillar => "20240515",
        }
    }

    /// Returns when the feed starts: at 9:30 in New York, as the core session does.
    #[must_use]
    pub const fn start(&self) -> UnixNanos {
        let second = match self.config.dialect {
            Dialect::Legacy => 1_368_624_600,
            Dialect::Xdp => 1_526_477_400,
            Dialect::Pillar => 1_715_779_800,
        };
        UnixNanos::from_parts(second, 0)
    }

    /// Returns a generator for each channel, at its first packet.
    pub fn channels(&self) -> impl Iterator<Item = ChannelGenerator> {
        (1..=self.config.channels).filter_map(|channel| self.channel(ChannelId::from_raw(channel)))
    }

    /// Returns the generator for one channel, at its first packet, or `None` if the market has no such
    /// channel.
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

    /// Returns how many messages a channel gets: one for the reset that every channel starts with, and a
    /// share of the others by the activity of its stocks. Rounding keeps the sum exact.
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

    /// Returns how many orders a stock may open with: at most a quarter of a short feed fills the books.
    fn most_opening_orders(&self) -> u64 {
        self.config.messages.map_or(u64::MAX, |messages| {
            (messages / u64::from(self.config.symbols) / 4).max(8)
        })
    }
}
