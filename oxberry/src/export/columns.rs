//! Every column that a table can have: its name, its kind, and what it says.
//!
//! `docs/export.md` shows this table; a test compares the two.

use std::fmt;

/// What kind of value a column holds, and so how each format writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text.
    Text,
    /// A number without a unit, such as an id.
    Number,
    /// Shares, or how many things.
    Size,
    /// A price of the symbol.
    Price,
    /// A time: nanoseconds since 1970 UTC.
    Time,
    /// A duration in nanoseconds.
    Duration,
    /// Yes or no.
    Flag,
}

/// A column as the table of all columns has it.
#[derive(Clone, Copy, Debug)]
struct Meaning {
    /// Its name; N stands for the number of a level.
    name: &'static str,
    kind: Kind,
    #[cfg_attr(not(test), expect(dead_code, reason = "docs/export.md shows it"))]
    text: &'static str,
}

const fn column(name: &'static str, kind: Kind, text: &'static str) -> Meaning {
    Meaning { name, kind, text }
}

/// All columns.
// A table: a line a column.
const COLUMNS: &[Meaning] = &[
    column(
        "symbol",
        Kind::Text,
        "The symbol, as the consolidated tapes write it.",
    ),
    column(
        "symbol_seq_num",
        Kind::Number,
        "The message's number within its symbol; absent where no message of the symbol told the row.",
    ),
    column(
        "ts_event_ns",
        Kind::Time,
        "When the matching engine did it; absent while the second is unknown.",
    ),
    column(
        "ts_send_ns",
        Kind::Time,
        "When the packet was sent that told it (SendTime).",
    ),
    column("channel", Kind::Number, "The channel of the message."),
    column(
        "numbering",
        Kind::Number,
        "The channel's numbering: when its sequence number reset was made, in nanoseconds since 1970 UTC; 1 where the reset was not read.",
    ),
    column(
        "seq",
        Kind::Number,
        "The message's number in that numbering. Channel, numbering and number are its identity.",
    ),
    column(
        "bid_px_N",
        Kind::Price,
        "The price of the Nth best bid; 0 where there is none.",
    ),
    column("bid_sz_N", Kind::Size, "Its shares; 0 where there is none."),
    column(
        "ask_px_N",
        Kind::Price,
        "The price of the Nth best ask; 0 where there is none.",
    ),
    column("ask_sz_N", Kind::Size, "Its shares; 0 where there is none."),
    column(
        "bid_px",
        Kind::Price,
        "The best bid; absent where there is none.",
    ),
    column(
        "bid_sz",
        Kind::Size,
        "Its shares; absent where there is none.",
    ),
    column(
        "ask_px",
        Kind::Price,
        "The best ask; absent where there is none.",
    ),
    column(
        "ask_sz",
        Kind::Size,
        "Its shares; absent where there is none.",
    ),
    column(
        "trade_id",
        Kind::Number,
        "The venue's number of the trade; of an auction that of its print.",
    ),
    column("trade_px", Kind::Price, "The price of the trade."),
    column("trade_sz", Kind::Size, "Its shares."),
    column(
        "aggressor",
        Kind::Text,
        "Who took liquidity, `buy` or `sell`; absent where the feed does not tell, as of hidden trades and auctions.",
    ),
    column(
        "printable",
        Kind::Flag,
        "Whether the trade counts towards volume. In the 2011 dialect an execution never does, since a type 220 prints it.",
    ),
    column(
        "conditions",
        Kind::Text,
        "The four trade conditions, one character each, without spaces at the end; absent where the message has none.",
    ),
    column(
        "cross_type",
        Kind::Text,
        "The kind of auction that printed; absent for other trades.",
    ),
    column(
        "action",
        Kind::Text,
        "What happened: `add`, `modify`, `cancel`, `fill`, `replace` or `clear`.",
    ),
    column(
        "order_id",
        Kind::Number,
        "The order; of a replace the one that joins. In the 2011 dialect bit 32 is the good-till-cancel flag.",
    ),
    column(
        "old_order_id",
        Kind::Number,
        "The order that a replace takes away.",
    ),
    column("old_order_px", Kind::Price, "Its price."),
    column("old_order_sz", Kind::Size, "Its shares."),
    column(
        "side",
        Kind::Text,
        "The side it rests on, `bid` or `ask`; absent for an order that is not known.",
    ),
    column("order_px", Kind::Price, "The price of the order."),
    column(
        "order_sz",
        Kind::Size,
        "Of an add, a modify, a replace and in the queue the shares that rest; of a fill those that traded; of a cancel those that left.",
    ),
    column(
        "left_sz",
        Kind::Size,
        "The shares that rest of the order when it is done; 0 when it left.",
    ),
    column(
        "priority",
        Kind::Number,
        "The `seq` of the message that gave the order its place: of two at one price the lower one trades first.",
    ),
    column(
        "flags",
        Kind::Number,
        "Bits as DBN has them: 128 last row of its message, 32 told by a refresh, 4 the book is not live, 2 (with 4) it is partial.",
    ),
    column(
        "position",
        Kind::Number,
        "The place in the queue of its price: 1 is first. Absent when the order left.",
    ),
    column(
        "shares_ahead",
        Kind::Size,
        "The shares before it in that queue. Absent when the order left.",
    ),
    column(
        "trust",
        Kind::Text,
        "How far the book can be trusted: `live`, `recovering`, `partial` or `stale`.",
    ),
    column(
        "ts_sample_ns",
        Kind::Time,
        "The instant of the sample, a whole multiple of the duration since 1970 UTC.",
    ),
    column(
        "age_ns",
        Kind::Duration,
        "How long before that the packet was sent that told the row.",
    ),
];

/// What a table with the identity of messages begins with.
const IDENTITY: [&str; 7] = [
    "symbol",
    "symbol_seq_num",
    "ts_event_ns",
    "ts_send_ns",
    "channel",
    "numbering",
    "seq",
];

/// What tables of best prices have behind the identity.
pub(crate) const BEST_PRICES: [&str; 4] = ["bid_px", "bid_sz", "ask_px", "ask_sz"];

/// What tables of trades have behind the identity.
pub(crate) const TRADES: [&str; 7] = [
    "trade_id",
    "trade_px",
    "trade_sz",
    "aggressor",
    "printable",
    "conditions",
    "cross_type",
];

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    name: String,
    kind: Kind,
}

/// A column as writers see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// Its kind.
    #[cfg_attr(
        not(any(test, feature = "arrow", feature = "parquet")),
        expect(dead_code, reason = "only formats with types of their own ask for it")
    )]
    pub(crate) kind: Kind,
}

/// The columns of a table, the symbol first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Schema(Vec<Column>);

impl Schema {
    /// A table with these columns.
    pub(crate) fn of(names: &[&str]) -> Self {
        let mut schema = Self::default();
        for name in names {
            schema.push((*name).to_owned());
        }
        schema
    }

    /// A table whose rows begin with the symbol and the identity of a message ([`Origin::identity`]).
    ///
    /// [`Origin::identity`]: super::Origin::identity
    pub(crate) fn identified(more: &[&str]) -> Self {
        Self::of(&[&IDENTITY, more].concat())
    }

    /// Adds a column that [`COLUMNS`] has; the number of a level, if it has one, comes last in its
    /// name.
    pub(crate) fn push(&mut self, name: String) {
        let level = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let is = |meaning: &&Meaning| {
            meaning.name == name || meaning.name.strip_suffix('N') == Some(level)
        };
        let kind = COLUMNS.iter().find(is).map(|meaning| meaning.kind);
        debug_assert!(kind.is_some(), "{name} is not in the table of columns");
        let kind = kind.unwrap_or(Kind::Number);
        self.0.push(Column { name, kind });
    }

    /// The columns, in order.
    pub(crate) fn columns(&self) -> impl ExactSizeIterator<Item = Named<'_>> {
        self.0
            .iter()
            .map(|Column { name, kind }| Named { name, kind: *kind })
    }
}

impl fmt::Display for Kind {
    /// As the document has it: how text formats write it, and how the binary ones do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text | utf8",
            Self::Number => "integer | uint64",
            Self::Size => "integer | uint64",
            Self::Price => "integer, or a decimal number | uint32, or decimal128(19, 9)",
            Self::Time => "nanoseconds since 1970 UTC | timestamp(ns, UTC)",
            Self::Duration => "nanoseconds | uint64",
            Self::Flag => "`true`, `false` | bool",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_shows_this_table() {
        let document = include_str!("../../../docs/export.md");
        let lines: Vec<String> = COLUMNS
            .iter()
            .map(|Meaning { name, kind, text }| format!("| `{name}` | {kind} | {text} |"))
            .collect();
        let table = lines.join("\n");
        assert!(
            document.contains(&table),
            "docs/export.md must have these lines, in this order:\n{table}"
        );
    }

    #[test]
    fn a_column_of_a_level_has_the_kind_of_all() {
        let schema = Schema::of(&["symbol", "bid_px_10", "ask_sz_1", "bid_px"]);
        let kinds: Vec<Kind> = schema.columns().map(|column| column.kind).collect();
        assert_eq!(kinds, [Kind::Text, Kind::Price, Kind::Size, Kind::Price]);
    }
}
