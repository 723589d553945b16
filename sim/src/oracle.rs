//! Compares books built from a feed with those of the venue that published it.

use std::fmt;

use oxberry_core::book::{Books, Trust};
use oxberry_core::matching::LimitOrder;
use oxberry_core::units::{Side, SymbolIndex};

use crate::market::ChannelGenerator;

/// A difference between the books and the venue.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// The books do not know the symbol.
    UnknownSymbol {
        /// The symbol.
        symbol: SymbolIndex,
    },
    /// The symbol's book is not live.
    Trust {
        /// The symbol.
        symbol: SymbolIndex,
        /// The trust that the books report.
        trust: Trust,
    },
    /// A side has other orders, or the same ones in another sequence.
    Orders {
        /// The symbol.
        symbol: SymbolIndex,
        /// The side.
        side: Side,
        /// How many orders at the front of the queue are equal.
        equal: usize,
        /// The venue's first order that differs, if it has one.
        venue: Option<LimitOrder>,
        /// The books' first order that differs, if they have one.
        books: Option<LimitOrder>,
    },
}

/// Checks that the books of a channel's stocks hold the same orders as the venue, in the same queue
/// positions. Call it when the channel [is settled](ChannelGenerator::is_settled) and the books have
/// taken every packet.
///
/// # Errors
/// Returns the first difference found.
pub fn compare(channel: &ChannelGenerator, books: &Books<'_>) -> Result<(), Difference> {
    for stock in channel.stocks() {
        let symbol = stock.listing().symbol_index;
        let slot = books
            .slot(symbol)
            .ok_or(Difference::UnknownSymbol { symbol })?;
        let trust = books.trust(slot);
        if trust != Trust::Live {
            return Err(Difference::Trust { symbol, trust });
        }
        for side in Side::BOTH {
            let mut kept = books.orders(slot, side).map(|order| LimitOrder {
                id: order.order_id,
                side,
                price: order.price,
                qty: order.qty,
            });
            let mut rest = stock.orders(side);
            let mut equal = 0;
            loop {
                match (rest.next(), kept.next()) {
                    (None, None) => break,
                    (venue, books) if venue == books => equal += 1,
                    (venue, books) => {
                        return Err(Difference::Orders {
                            symbol,
                            side,
                            equal,
                            venue,
                            books,
                        });
                    }
                }
            }
        }
    }
    Ok(())
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownSymbol { symbol } => write!(f, "symbol {symbol} is unknown to the books"),
            Self::Trust { symbol, trust } => write!(f, "symbol {symbol} is {trust}"),
            Self::Orders {
                symbol,
                side,
                equal,
                venue,
                books,
            } => write!(
                f,
                "symbol {symbol}, {side:?}: after {equal} equal orders the venue has {venue:?} \
                 and the books have {books:?}"
            ),
        }
    }
}

impl std::error::Error for Difference {}
