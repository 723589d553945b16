//! Where the fields lie that many message types share, as one table a dialect.

use super::{Dialect, MessageRef};
use crate::units::{SymbolIndex, SymbolSeqNum};

/// The fields with which every message begins that has a number within its symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Head {
    /// Seconds since 1970 UTC; `None` where a time reference of the channel has them.
    pub source_time: Option<u32>,
    /// Nanoseconds within the second.
    pub source_time_ns: u32,
    /// The symbol.
    pub symbol_index: SymbolIndex,
    /// The number of the message within its symbol.
    pub symbol_seq_num: SymbolSeqNum,
}

impl Head {
    /// The head of a message; `None` for types that have none, and for messages too short.
    #[inline]
    pub(super) fn read(dialect: Dialect, message: MessageRef<'_>) -> Option<Self> {
        let word = |bytes: [u8; 4]| u32::from_le_bytes(bytes);
        match layout(dialect, message.msg_type()).start {
            Start::Nanoseconds => {
                let &[_, _, _, _, a, b, c, d, e, f, g, h, i, j, k, l] =
                    message.bytes().first_chunk()?;
                Some(Self {
                    source_time: None,
                    source_time_ns: word([a, b, c, d]),
                    symbol_index: SymbolIndex::from_raw(word([e, f, g, h])),
                    symbol_seq_num: SymbolSeqNum::from_raw(word([i, j, k, l])),
                })
            }
            Start::FullTime => {
                let (_, rest) = message.bytes().split_first_chunk::<4>()?;
                let &[a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = rest.first_chunk()?;
                Some(Self {
                    source_time: Some(word([a, b, c, d])),
                    source_time_ns: word([e, f, g, h]),
                    symbol_index: SymbolIndex::from_raw(word([i, j, k, l])),
                    symbol_seq_num: SymbolSeqNum::from_raw(word([m, n, o, p])),
                })
            }
            Start::Other => None,
        }
    }
}

/// How messages of a type begin.
#[derive(Clone, Copy)]
struct Layout {
    /// Offset of SymbolIndex.
    symbol_index: u16,
    start: Start,
}

/// What follows the message header.
#[derive(Clone, Copy)]
enum Start {
    /// SourceTimeNS, SymbolIndex, SymbolSeqNum.
    Nanoseconds,
    /// SourceTime, SourceTimeNS, SymbolIndex, SymbolSeqNum.
    FullTime,
    /// Something else.
    Other,
}

/// Names no symbol: the offset lies past every message.
const NO_SYMBOL: Layout = Layout {
    symbol_index: u16::MAX,
    start: Start::Other,
};
/// Begins with nanoseconds.
const NANOSECONDS: Layout = Layout {
    symbol_index: 8,
    start: Start::Nanoseconds,
};
/// Begins with the full time.
const FULL_TIME: Layout = Layout {
    symbol_index: 12,
    start: Start::FullTime,
};
/// Names a symbol at once, and has no number.
const SYMBOL_FIRST: Layout = Layout {
    symbol_index: 4,
    start: Start::Other,
};
/// Begins with the full time and the symbol, and has no number.
const FULL_TIME_ONLY: Layout = Layout {
    symbol_index: 12,
    start: Start::Other,
};

/// Message types from here on are in no table.
const TYPES: usize = 224;

/// Layouts by message type.
type Layouts = [Layout; TYPES];

/// The types that begin the same way in every dialect.
const fn common() -> Layouts {
    let mut layouts = [NO_SYMBOL; TYPES];
    layouts[3] = SYMBOL_FIRST;
    layouts[13] = SYMBOL_FIRST;
    layouts[15] = SYMBOL_FIRST;
    layouts[32] = FULL_TIME_ONLY;
    layouts[34] = FULL_TIME;
    layouts[100] = NANOSECONDS;
    layouts[101] = NANOSECONDS;
    layouts[102] = NANOSECONDS;
    layouts[103] = NANOSECONDS;
    layouts[105] = FULL_TIME;
    layouts[106] = FULL_TIME;
    layouts[223] = FULL_TIME_ONLY;
    layouts
}

/// Table A.
static LEGACY: Layouts = {
    let mut layouts = common();
    layouts[2] = SYMBOL_FIRST;
    layouts[33] = FULL_TIME;
    layouts[104] = FULL_TIME;
    layouts[107] = NANOSECONDS;
    layouts[108] = FULL_TIME;
    layouts[220] = FULL_TIME;
    layouts[221] = FULL_TIME;
    layouts[222] = FULL_TIME;
    layouts
};

/// Tables B and C.
static MODERN: Layouts = {
    let mut layouts = common();
    layouts[104] = NANOSECONDS;
    layouts[110] = NANOSECONDS;
    layouts[111] = NANOSECONDS;
    layouts[112] = NANOSECONDS;
    layouts[113] = NANOSECONDS;
    layouts[114] = NANOSECONDS;
    layouts
};

/// How messages of the type begin.
#[inline]
fn layout(dialect: Dialect, msg_type: u16) -> Layout {
    let layouts = match dialect {
        Dialect::Legacy => &LEGACY,
        Dialect::Xdp | Dialect::Pillar => &MODERN,
    };
    layouts
        .get(usize::from(msg_type))
        .copied()
        .unwrap_or(NO_SYMBOL)
}

/// Where SymbolIndex lies in a message of this type, past every message when it has none.
#[inline]
pub(super) fn symbol_index_offset(dialect: Dialect, msg_type: u16) -> usize {
    usize::from(layout(dialect, msg_type).symbol_index)
}
