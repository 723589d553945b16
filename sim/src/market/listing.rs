//! The made-up stocks of a market.

use std::fmt;

use oxberry_core::units::{ChannelId, PriceScale, SymbolIndex, SystemId};

use super::MarketConfig;
use super::distribution::{Distribution, span};
use super::profile::Profile;
use crate::random::Random;

/// One stock, as the symbol mapping file and message type 3 describe it.
///
/// It prints as its line of the mapping file, without the line end.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The symbol in NYSE symbology, such as `BELO` or `BELO A`.
    pub symbol: String,
    /// The symbol of the consolidated tape, such as `BELO` or `BELO.A`.
    pub cqs_symbol: String,
    /// The number that messages use for the symbol.
    pub symbol_index: SymbolIndex,
    /// The channel that carries the stock.
    pub channel: ChannelId,
    /// The matching-engine partition that trades the stock.
    pub system: SystemId,
    /// The listing market: `N`, `P` or `Q`.
    pub listed_market: char,
    /// The number of decimal places of its prices: 4, or 6 for some stocks.
    pub scale: PriceScale,
    /// The closing price of the day before, in cents.
    pub(super) close_ticks: u64,
    /// The average number of messages in 1,000 seconds.
    pub(super) messages_per_1000_s: u64,
}

/// The messages of an average stock in 1,000 seconds: as many as GOOG and AMZN had on one market in
/// 2012.
const MEAN_MESSAGES_PER_1000_S: u64 = 8_000;

/// Activity falls as 1 / (rank + this): a Zipf law with a blunted head, so that no stock has more than
/// a few per cent of a large market.
const ZIPF_OFFSET: u64 = 3;

/// The matching-engine partitions of the venue, as in its mapping file.
const SYSTEMS: u64 = 20;

/// Closing prices, in cents.
const CLOSES: Distribution = Distribution::new(&[
    span(300, 999, 120),
    span(1_000, 2_999, 300),
    span(3_000, 5_999, 290),
    span(6_000, 11_999, 180),
    span(12_000, 29_999, 80),
    span(30_000, 70_000, 30),
]);

/// The number of tickers in use. Each is a consonant, a vowel, a consonant and a vowel.
pub(super) const TICKERS: u64 = 5 * 20 * 20 * 5;

/// Generates the stocks of a market, sorted by symbol.
pub(super) fn listings(config: &MarketConfig) -> Vec<Listing> {
    let mut random = Random::new(config.seed, 0);
    let count = u64::from(config.symbols);
    let mut ranks: Vec<u64> = (0..count).collect();
    random.shuffle(&mut ranks);
    let mut tickers: Vec<u64> = (0..TICKERS).collect();
    random.shuffle(&mut tickers);
    tickers.truncate(ranks.len());
    tickers.sort_unstable();

    let weight = |rank: u64| (1 << 40) / (rank + ZIPF_OFFSET);
    let weights: u64 = (0..count).map(weight).sum();
    let channels = u64::from(config.channels);
    let systems_of_channel = (SYSTEMS / channels).max(1);
    let mut index = 0_u32;
    ranks
        .into_iter()
        .zip(tickers)
        .map(|(rank, number)| {
            let ticker = ticker(number);
            // Indexes of the real file are those that are left of many more.
            index += u32::from(byte(random.between(1, 8)));
            let (suffix, cqs_suffix) = if random.chance(15) {
                (" A", ".A")
            } else {
                ("", "")
            };
            let channel = rank % channels;
            let system = channel * systems_of_channel + rank / channels % systems_of_channel;
            Listing {
                symbol: format!("{ticker}{suffix}"),
                cqs_symbol: format!("{ticker}{cqs_suffix}"),
                symbol_index: SymbolIndex::from_raw(index),
                channel: ChannelId::from_raw(byte(1 + channel)),
                system: SystemId::from_raw(byte(1 + system)),
                listed_market: match random.below(100) {
                    0..42 => 'N',
                    42..78 => 'Q',
                    _ => 'P',
                },
                scale: if random.chance(150) {
                    SIX_DECIMALS
                } else {
                    FOUR_DECIMALS
                },
                close_ticks: CLOSES.sample(&mut random),
                messages_per_1000_s: u64::try_from(
                    u128::from(MEAN_MESSAGES_PER_1000_S * count) * u128::from(weight(rank))
                        / u128::from(weights),
                )
                .unwrap_or(u64::MAX),
            }
        })
        .collect()
}

const FOUR_DECIMALS: PriceScale = PriceScale::new(4).expect("a valid scale");
const SIX_DECIMALS: PriceScale = PriceScale::new(6).expect("a valid scale");

/// Channels and systems are at most 255, which [`Market::new`](super::Market::new) sees to.
fn byte(number: u64) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

/// Returns the ticker with that number, counted in alphabetical order.
fn ticker(number: u64) -> String {
    let mut number = usize::try_from(number).unwrap_or(0);
    let mut letters = [' '; 4];
    for (place, letter) in letters.iter_mut().enumerate().rev() {
        let set = if place % 2 == 0 {
            "BCDFGHJKLMNPQRSTVWXYZ"
        } else {
            "AEIOU"
        };
        *letter = set.chars().nth(number % set.len()).unwrap_or('X');
        number /= set.len();
    }
    letters.iter().collect()
}

impl Listing {
    /// Returns the raw value of one cent.
    pub(super) fn tick(&self) -> u64 {
        10_u64.pow(u32::from(self.scale.code()) - 2)
    }

    pub(super) fn profile(&self) -> &'static Profile {
        Profile::of(self.close_ticks)
    }
}

impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tape = match self.listed_market {
            'N' => 'A',
            'Q' => 'C',
            _ => 'B',
        };
        write!(
            f,
            "{}|{}|{}|P|{}|{tape}|100|{}|{}|||",
            self.symbol,
            self.cqs_symbol,
            self.symbol_index,
            self.listed_market,
            self.scale.code(),
            self.system,
        )
    }
}
