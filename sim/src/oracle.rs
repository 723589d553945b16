//! Compares books that were made from a feed with those of the venue that made it.

use std::fmt;

use oxberry_core::book::{Books, Trust};
use oxberry_core::matching::LimitOrder;
use oxberry_core::units::{Side, SymbolIndex};

use crate::market::ChannelGenerator;

/// Where the books are not the venue's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// The books do not have the symbol.
    UnknownSymbol {
        /// The symbol.
        symbol: SymbolIndex,
    },
    /// The books do not trust the symbol.
    Trust {
        /// The symbol.
        symbol: SymbolIndex,
        /// What they say of it.
        trust: Trust,
    },
    /// A queue differs, in its orders or in their order.
    Orders {
        /// The symbol.
        symbol: SymbolIndex,
        /// The side.
        side: Side,
        /// How many orders from the front are the same.
        equal: usize,
        /// The first that differs, at the venue.
        venue: Option<LimitOrder>,
        /// The first that differs, in the books.
        books: Option<LimitOrder>,
    },
}

/// Whether the books of all stocks of a channel are those of the venue, order by order and place by
/// place. Ask when the channel [is settled](ChannelGenerator::is_settled), with books that have seen
/// every packet.
///
/// # Errors
/// The first difference.
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
