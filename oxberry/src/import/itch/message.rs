//! Messages of Nasdaq TotalView-ITCH 5.0, as its specification lays them out (sections 1.1 to 1.7 of the
//! edition of 2021, in older ones 4.1 to 4.7). Numbers are big-endian, prices have four decimal places, and
//! text is padded with spaces.

use nom::{
    IResult, Parser as _,
    bytes::complete::take,
    number::complete::{be_u8, be_u16, be_u32, be_u64},
};
use oxberry_core::units::Price;

/// What one unit of a price is worth in 1e-9.
const UNIT: i64 = 100_000;

/// What every message begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// The letter of the message.
    pub(super) kind: u8,
    /// The number of the symbol for the day; 0 in messages of no symbol.
    pub(super) locate: u16,
    /// Nanoseconds since midnight in New York.
    pub(super) timestamp: u64,
}

/// A symbol, padded with spaces.
pub(super) type Stock = [u8; 8];

/// What a message says, as far as something is made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// 1.1, `S`.
    SystemEvent(u8),
    /// 1.2.1, `R`.
    Directory(Directory),
    /// 1.2.2, `H`.
    TradingAction {
        stock: Stock,
        state: u8,
        reason: [u8; 4],
    },
    /// 1.2.3, `Y`.
    RegSho { stock: Stock, action: u8 },
    /// 1.2.8, `h`.
    OperationalHalt {
        stock: Stock,
        market: u8,
        action: u8,
    },
    /// 1.3, `A` and `F`.
    Add(Add),
    /// 1.4.1 and 1.4.2, `E` and `C`.
    Executed(Executed),
    /// 1.4.3, `X`.
    Cancel { reference: u64, shares: u32 },
    /// 1.4.4, `D`.
    Delete { reference: u64 },
    /// 1.4.5, `U`.
    Replace(Replace),
    /// 1.5.1, `P`.
    Trade(HiddenTrade),
    /// 1.5.2, `Q`.
    Cross(Cross),
    /// 1.5.3, `B`.
    BrokenTrade { match_number: u64 },
    /// 1.6, `I`.
    Imbalance(Imbalance),
    /// 1.7, `N`.
    RetailInterest { stock: Stock, flag: u8 },
    /// One that nothing is made of, and what it is called.
    Other(&'static str),
}

/// A symbol of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Directory {
    pub(super) stock: Stock,
    pub(super) market_category: u8,
    pub(super) round_lot: u32,
    pub(super) classification: u8,
    pub(super) is_etp: bool,
}

/// An order that joins, with its firm if it shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Add {
    pub(super) reference: u64,
    pub(super) side: u8,
    pub(super) shares: u32,
    pub(super) stock: Stock,
    pub(super) price: Price,
    pub(super) attribution: Option<[u8; 4]>,
}

/// An order that trades, with the price where it is not that of the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Executed {
    pub(super) reference: u64,
    pub(super) shares: u32,
    pub(super) match_number: u64,
    pub(super) price: Option<Price>,
    pub(super) printable: bool,
}

/// An order in another one's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Replace {
    pub(super) reference: u64,
    pub(super) new_reference: u64,
    pub(super) shares: u32,
    pub(super) price: Price,
}

/// A trade of an order that the book does not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HiddenTrade {
    pub(super) shares: u32,
    pub(super) stock: Stock,
    pub(super) price: Price,
    pub(super) match_number: u64,
}

/// The print of an auction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cross {
    pub(super) shares: u64,
    pub(super) stock: Stock,
    pub(super) price: Price,
    pub(super) match_number: u64,
    pub(super) cross_type: u8,
}

/// How an auction would go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Imbalance {
    pub(super) paired: u64,
    pub(super) imbalance: u64,
    pub(super) direction: u8,
    pub(super) stock: Stock,
    pub(super) far: Price,
    pub(super) near: Price,
    pub(super) reference: Price,
    pub(super) cross_type: u8,
}

/// The bytes that a message of this kind has; `None` for one that the specification does not list.
pub(super) const fn length(kind: u8) -> Option<usize> {
    Some(match kind {
        b'S' | b'W' => 12,
        b'R' => 39,
        b'H' => 25,
        b'Y' | b'N' => 20,
        b'L' => 26,
        b'V' | b'J' | b'U' => 35,
        b'K' => 28,
        b'h' => 21,
        b'A' | b'C' => 36,
        b'F' | b'Q' => 40,
        b'E' => 31,
        b'X' => 23,
        b'D' | b'B' => 19,
        b'P' => 44,
        b'I' => 50,
        b'O' => 48,
        _ => return None,
    })
}

/// What a message begins with; `None` when it is too short even for that.
pub(super) fn head(message: &[u8]) -> Option<Head> {
    let fields = (be_u8, be_u16, be_u16, be_u16, be_u32);
    let (_, (kind, locate, _tracking, high, low)) = read(fields, message)?;
    Some(Head {
        kind,
        locate,
        timestamp: u64::from(high) << 32 | u64::from(low),
    })
}

/// What a message says; `None` when it is shorter than its kind. One that is longer is read as far as it
/// is known.
pub(super) fn body(kind: u8, message: &[u8]) -> Option<Body> {
    const HEAD: usize = 11;
    let rest = message.get(HEAD..)?;
    match kind {
        b'S' | b'R' | b'H' | b'Y' | b'h' => administrative(kind, rest),
        b'A' | b'F' | b'E' | b'C' | b'X' | b'D' | b'U' => order(kind, rest),
        b'P' | b'Q' | b'B' | b'I' | b'N' => trade(kind, rest),
        _ => Some(Body::Other(other(kind))),
    }
}

/// 1.1 and 1.2: events of the system, and what a symbol is and whether it trades.
fn administrative(kind: u8, rest: &[u8]) -> Option<Body> {
    Some(match kind {
        b'S' => Body::SystemEvent(read(be_u8, rest)?.1),
        b'R' => {
            let first = (stock, be_u8, be_u8, be_u32, be_u8, be_u8);
            let (rest, (stock, market_category, _status, round_lot, _only, classification)) =
                read(first, rest)?;
            // Subtype, authenticity, short sale threshold, new issue, tier; then the flag; then two more.
            let second = (text::<2>, text::<4>, be_u8, be_u32, be_u8);
            let (_, (_, _, etp, ..)) = read(second, rest)?;
            Body::Directory(Directory {
                stock,
                market_category,
                round_lot,
                classification,
                is_etp: etp == b'Y',
            })
        }
        b'H' => {
            let (_, (stock, state, _reserved, reason)) = read((stock, be_u8, be_u8, text), rest)?;
            Body::TradingAction {
                stock,
                state,
                reason,
            }
        }
        b'Y' => {
            let (_, (stock, action)) = read((stock, be_u8), rest)?;
            Body::RegSho { stock, action }
        }
        _ => {
            let (_, (stock, market, action)) = read((stock, be_u8, be_u8), rest)?;
            Body::OperationalHalt {
                stock,
                market,
                action,
            }
        }
    })
}

/// 1.3 and 1.4: what becomes of orders.
fn order(kind: u8, rest: &[u8]) -> Option<Body> {
    Some(match kind {
        b'A' | b'F' => {
            let fields = (be_u64, be_u8, be_u32, stock, price);
            let (rest, (reference, side, shares, stock, price)) = read(fields, rest)?;
            let attribution = match kind {
                b'F' => Some(read(text, rest)?.1),
                _ => None,
            };
            Body::Add(Add {
                reference,
                side,
                shares,
                stock,
                price,
                attribution,
            })
        }
        b'E' | b'C' => {
            let (rest, (reference, shares, match_number)) = read((be_u64, be_u32, be_u64), rest)?;
            let (price, printable) = match kind {
                b'C' => {
                    let (_, (printable, price)) = read((be_u8, price), rest)?;
                    (Some(price), printable != b'N')
                }
                _ => (None, true),
            };
            Body::Executed(Executed {
                reference,
                shares,
                match_number,
                price,
                printable,
            })
        }
        b'X' => {
            let (_, (reference, shares)) = read((be_u64, be_u32), rest)?;
            Body::Cancel { reference, shares }
        }
        b'D' => {
            let (_, reference) = read(be_u64, rest)?;
            Body::Delete { reference }
        }
        _ => {
            let fields = (be_u64, be_u64, be_u32, price);
            let (_, (reference, new_reference, shares, price)) = read(fields, rest)?;
            Body::Replace(Replace {
                reference,
                new_reference,
                shares,
                price,
            })
        }
    })
}

/// 1.5 to 1.7: trades, auctions, and retail interest.
fn trade(kind: u8, rest: &[u8]) -> Option<Body> {
    Some(match kind {
        b'P' => {
            let fields = (be_u64, be_u8, be_u32, stock, price, be_u64);
            let (_, (_reference, _side, shares, stock, price, match_number)) = read(fields, rest)?;
            Body::Trade(HiddenTrade {
                shares,
                stock,
                price,
                match_number,
            })
        }
        b'Q' => {
            let fields = (be_u64, stock, price, be_u64, be_u8);
            let (_, (shares, stock, price, match_number, cross_type)) = read(fields, rest)?;
            Body::Cross(Cross {
                shares,
                stock,
                price,
                match_number,
                cross_type,
            })
        }
        b'B' => {
            let (_, match_number) = read(be_u64, rest)?;
            Body::BrokenTrade { match_number }
        }
        b'I' => {
            let fields = (be_u64, be_u64, be_u8, stock, price, price, price, be_u8);
            let (_, (paired, imbalance, direction, stock, far, near, reference, cross_type)) =
                read(fields, rest)?;
            // The price variation comes last.
            Body::Imbalance(Imbalance {
                paired,
                imbalance,
                direction,
                stock,
                far,
                near,
                reference,
                cross_type,
            })
        }
        _ => {
            let (_, (stock, flag)) = read((stock, be_u8), rest)?;
            Body::RetailInterest { stock, flag }
        }
    })
}

/// What a message is called that nothing is made of.
const fn other(kind: u8) -> &'static str {
    match kind {
        // 1.2.4
        b'L' => "positions of market participants (L)",
        // 1.2.5
        b'V' => "levels of the market-wide circuit breaker (V)",
        b'W' => "breaches of the market-wide circuit breaker (W)",
        // 1.2.6
        b'K' => "quoting periods of new issues (K)",
        // 1.2.7
        b'J' => "collars of auctions after a pause (J)",
        // 1.8
        b'O' => "direct listings with a capital raise (O)",
        _ => "messages of kinds that ITCH 5.0 does not list",
    }
}

/// Fields, and what is behind them.
fn read<'a, P>(mut fields: P, from: &'a [u8]) -> Option<(&'a [u8], P::Output)>
where
    P: nom::Parser<&'a [u8], Error = ()>,
{
    fields.parse(from).ok()
}

fn stock(from: &[u8]) -> IResult<&[u8], Stock, ()> {
    text(from)
}

fn text<const N: usize>(from: &[u8]) -> IResult<&[u8], [u8; N], ()> {
    take(N)
        .map_opt(|bytes: &[u8]| bytes.first_chunk().copied())
        .parse(from)
}

fn price(from: &[u8]) -> IResult<&[u8], Price, ()> {
    be_u32
        .map(|raw| Price::from_raw(i64::from(raw) * UNIT))
        .parse(from)
}
