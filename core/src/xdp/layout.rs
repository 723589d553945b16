//! Where the routing field of every message type lies, as one table a dialect.

use super::Dialect;

/// Marks types that name no symbol: an offset past every message.
const NONE: u16 = u16::MAX;

/// Message types from here on are in no table.
const TYPES: usize = 224;

/// Offsets of SymbolIndex by message type.
type Offsets = [u16; TYPES];

/// The types whose SymbolIndex lies at the same place in every dialect.
const fn common() -> Offsets {
    let mut at = [NONE; TYPES];
    at[3] = 4;
    at[13] = 4;
    at[15] = 4;
    at[32] = 12;
    at[34] = 12;
    at[105] = 12;
    at[106] = 12;
    at[223] = 12;
    at[100] = 8;
    at[101] = 8;
    at[102] = 8;
    at[103] = 8;
    at
}

/// Table A.
const LEGACY: Offsets = {
    let mut at = common();
    at[2] = 4;
    at[33] = 12;
    at[104] = 12;
    at[107] = 8;
    at[108] = 12;
    at[220] = 12;
    at[221] = 12;
    at[222] = 12;
    at
};

/// Tables B and C.
const MODERN: Offsets = {
    let mut at = common();
    at[104] = 8;
    at[110] = 8;
    at[111] = 8;
    at[112] = 8;
    at[113] = 8;
    at[114] = 8;
    at
};

/// Where SymbolIndex lies in a message of this type, past every message when it has none.
#[inline]
pub(super) fn symbol_index_offset(dialect: Dialect, msg_type: u16) -> u16 {
    let table = match dialect {
        Dialect::Legacy => &LEGACY,
        Dialect::Xdp | Dialect::Pillar => &MODERN,
    };
    table.get(usize::from(msg_type)).copied().unwrap_or(NONE)
}
