//! A row of a table, in no format yet.

use oxberry_core::{
    book::Trust,
    feed::Action,
    units::{
        ChannelId, Position, PriceScale, RawPrice, Side, SymbolIndex, SymbolSeqNum, UnixNanos,
    },
};

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Nothing: it is not known, or there is none.
    Absent,
    /// A number, a size, a time or a duration.
    Unsigned(u64),
    /// A price under the scale of the row's symbol.
    Price(RawPrice),
    /// One of a few words.
    Word(&'static str),
    /// Codes of one character each, as the wire has them, without spaces at the end.
    Codes([u8; 4]),
    /// Yes or no.
    Flag(bool),
}

/// Where a row comes from: the message that told it, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The symbol.
    pub(crate) symbol_index: SymbolIndex,
    /// The channel.
    pub(crate) channel: ChannelId,
    /// The message's numbering and number, its identity together with the channel; nothing where no message
    /// told it.
    pub(crate) position: Option<Position>,
    /// The message's number within its symbol.
    pub(crate) symbol_seq_num: Option<SymbolSeqNum>,
    /// When the matching engine did it.
    pub(crate) ts_event: Option<UnixNanos>,
    /// When the packet was sent that told it; nothing where no message did.
    pub(crate) ts_send: Option<UnixNanos>,
    /// What happened to the symbol; nothing where only the trust changed.
    pub(crate) action: Option<Action>,
}

/// A row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    /// What the symbol is called.
    pub(crate) symbol: &'a str,
    /// The scale of its prices.
    pub(crate) scale: PriceScale,
    /// How far its book can be trusted, whether a column tells it or not.
    #[cfg_attr(not(feature = "dbn"), expect(dead_code, reason = "only DBN asks"))]
    pub(crate) trust: Trust,
    /// Where it comes from.
    #[cfg_attr(not(feature = "dbn"), expect(dead_code, reason = "only DBN asks"))]
    pub(crate) origin: &'a Origin,
    /// What stands in the columns behind the symbol.
    pub(crate) values: &'a [Value],
}

impl Origin {
    /// The values of the columns that follow the symbol in tables with the identity of messages.
    pub(crate) fn identity(&self) -> [Value; 6] {
        [
            self.symbol_seq_num.map(|number| number.raw()).into(),
            self.ts_event.into(),
            self.ts_send.into(),
            self.channel.raw().into(),
            self.position.map(|at| at.numbering.raw()).into(),
            self.position.map(|at| at.seq_num.raw()).into(),
        ]
    }
}

impl Value {
    /// The word for the side that an order rests on.
    pub(crate) const fn side(side: Side) -> Self {
        Self::Word(match side {
            Side::Bid => "bid",
            Side::Ask => "ask",
        })
    }

    /// The word for the side that took liquidity.
    pub(crate) const fn aggressor(side: Side) -> Self {
        Self::Word(match side {
            Side::Bid => "buy",
            Side::Ask => "sell",
        })
    }

    /// The word for a trust.
    pub(crate) const fn trust(trust: Trust) -> Self {
        Self::Word(trust.word())
    }
}

/// What a value is, for formats with types.
#[cfg(any(feature = "arrow", feature = "dbn", feature = "parquet"))]
impl Value {
    /// The number, the size, the time or the duration.
    pub(crate) const fn unsigned(self) -> Option<u64> {
        if let Self::Unsigned(number) = self {
            Some(number)
        } else {
            None
        }
    }

    /// The price.
    pub(crate) const fn price(self) -> Option<RawPrice> {
        if let Self::Price(price) = self {
            Some(price)
        } else {
            None
        }
    }

    /// The word.
    #[cfg(feature = "dbn")]
    pub(crate) const fn word(self) -> Option<&'static str> {
        if let Self::Word(word) = self {
            Some(word)
        } else {
            None
        }
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Unsigned(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Unsigned(number.into())
    }
}

impl From<u8> for Value {
    fn from(number: u8) -> Self {
        Self::Unsigned(number.into())
    }
}

impl From<RawPrice> for Value {
    fn from(price: RawPrice) -> Self {
        Self::Price(price)
    }
}

impl From<UnixNanos> for Value {
    fn from(time: UnixNanos) -> Self {
        Self::Unsigned(time.raw())
    }
}

impl<V: Into<Self>> From<Option<V>> for Value {
    fn from(value: Option<V>) -> Self {
        value.map_or(Self::Absent, V::into)
    }
}
