//! The venue: it generates a day of packets on a few channels, and the truth after each message.

mod channel;
mod day;
mod packets;
mod renewal;
mod symbol;
mod trading;

use oxberry_core::units::{ChannelId, SymbolIndex};

use super::plan::{Habit, Market};
use super::truth::Truth;
use crate::random::Random;
use channel::Channel;
use symbol::{Symbol, usual_scale};

pub(super) use day::{Day, Listed, Packet};

/// Generates the day of a market.
pub(super) fn day(market: &Market, seed: u64) -> Day {
    let mut random = Random::new(seed, 11);
    let symbols = symbols(market);
    let mut truth = Truth::new(symbols.iter().map(|one| (one.symbol_index, one.scale)));
    let mut channels = Vec::new();
    let mut messages = 0;
    for n in 0..market.channels {
        let channel = ChannelId::from_raw(n + 1);
        let own = symbols.iter().enumerate();
        let own = own.filter(|&(at, _)| trades_on(market, at, n));
        let own = own.map(|(_, one)| (one.symbol_index, Symbol::new(one.scale, one.in_file)));
        let random = Random::new(random.next(), n.into());
        let mut made = Channel::new(market, channel, random, own.collect(), &mut truth);
        made.run();
        messages += made.messages;
        channels.push((channel, made.packets));
    }
    Day {
        symbols,
        channels,
        truth,
        messages,
    }
}

/// Returns the symbols of the mapping file, and those that only the feed defines.
fn symbols(market: &Market) -> Vec<Listed> {
    let listed = |number, in_file| Listed {
        symbol_index: SymbolIndex::from_raw(number),
        scale: usual_scale(),
        in_file,
    };
    // Every second number, so that those of the feed alone lie in between.
    let in_file = (0..market.symbols).map(|n| listed(100 + 2 * n, true));
    let unlisted = (0..market.unlisted).map(|n| listed(101 + 2 * n, false));
    in_file.chain(unlisted).collect()
}

/// Returns whether a channel has the symbol at this place. All channels may share the first one.
fn trades_on(market: &Market, at: usize, channel: u8) -> bool {
    let is_shared = market.has(Habit::SharedSymbol) && at == 0;
    at % usize::from(market.channels) == usize::from(channel) || is_shared
}
