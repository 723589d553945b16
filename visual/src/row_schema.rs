//! The fields of a row, as the page gets them: a list of names at first, then only cells in its order.
//!
//! The page reads cells by these names and knows no positions, so this is the one place for a new field.

use oxberry_core::book::{TradingStatus, Trust};
use oxberry_core::units::Decimal;
use serde::{Serialize, Serializer};

use crate::json_text::{Text, price};
use crate::row::{BestPrice, Direction, Mid};
use crate::screen::ShownRow;
use crate::state::{STATES, State, pauses};

/// Name and content of each field.
const FIELDS: &[(&str, Content)] = &[
    ("slot", |shown| {
        u64::try_from(shown.slot).ok().map(Cell::Number)
    }),
    ("state", |shown| Some(Cell::State(shown.state.state()))),
    // Nothing before the first event; it stays when the symbol falls silent.
    ("trust", |shown| {
        shown.state.trust.map(Text).map(Cell::Trust)
    }),
    ("status", |shown| {
        Some(Cell::Status(Text(shown.state.status)))
    }),
    ("last", |shown| {
        shown.row.last.map(|last| Cell::Price(price(last.price)))
    }),
    ("direction", |shown| {
        shown.row.last?.direction.map(Cell::Direction)
    }),
    ("last_qty", |shown| {
        Some(Cell::Number(shown.row.last?.qty?.raw().into()))
    }),
    ("mid", |shown| shown.row.mid().map(Text).map(Cell::Mid)),
    ("spread", |shown| {
        shown.row.spread().map(price).map(Cell::Price)
    }),
    ("bid", |shown| shown.row.bid().map(price_of)),
    ("bid_qty", |shown| shown.row.bid().map(qty_of)),
    ("bid_orders", |shown| shown.row.bid().map(orders_of)),
    ("ask", |shown| shown.row.ask().map(price_of)),
    ("ask_qty", |shown| shown.row.ask().map(qty_of)),
    ("ask_orders", |shown| shown.row.ask().map(orders_of)),
    ("trades", |shown| Some(Cell::Number(shown.row.trades))),
    ("volume", |shown| Some(Cell::Number(shown.row.volume))),
    ("change", |shown| {
        Some(Cell::Price(price(shown.row.figures?.change.by)))
    }),
    ("change_bp", |shown| {
        shown.row.figures?.change.basis_points.map(Cell::Signed)
    }),
    ("vwap", |shown| {
        Some(Cell::Price(price(shown.row.figures?.vwap)))
    }),
    ("median", |shown| {
        Some(Cell::Price(price(shown.row.figures?.median)))
    }),
    ("high", |shown| {
        Some(Cell::Price(price(shown.row.figures?.high)))
    }),
    ("low", |shown| {
        Some(Cell::Price(price(shown.row.figures?.low)))
    }),
    ("events", |shown| Some(Cell::Number(shown.row.events))),
    ("may_lack_trades", |shown| {
        Some(Cell::Flag(shown.row.may_lack_trades))
    }),
];

type Content = fn(&ShownRow) -> Option<Cell>;

/// What a field can hold. Prices are decimal texts, exact to the last digit.
#[derive(Serialize)]
#[serde(untagged)]
enum Cell {
    Number(u64),
    Signed(i64),
    Flag(bool),
    State(State),
    Trust(Text<Trust>),
    Status(Text<TradingStatus>),
    Direction(Direction),
    Price(Text<Decimal>),
    Mid(Text<Mid>),
}

fn price_of(quote: BestPrice) -> Cell {
    Cell::Price(price(quote.price))
}

fn qty_of(quote: BestPrice) -> Cell {
    Cell::Number(quote.qty)
}

fn orders_of(quote: BestPrice) -> Cell {
    Cell::Number(quote.orders.into())
}

/// The cells of a row.
pub(crate) struct RowCells<'a>(pub(crate) &'a ShownRow);

impl Serialize for RowCells<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(cells(self.0))
    }
}

fn cells(shown: &ShownRow) -> impl Iterator<Item = Option<Cell>> {
    FIELDS.iter().map(|(_, content)| content(shown))
}

/// What the page has to know before its first row.
#[derive(Serialize)]
pub(crate) struct Schema {
    /// The names of a row's cells, in order.
    fields: Vec<&'static str>,
    /// The cells of a row that nothing has happened to.
    empty: Vec<Option<Cell>>,
    /// All states of a row's numbers, from the least doubtful to the most.
    states: Vec<StateWords>,
    /// The trading statuses that keep a symbol from trading.
    pauses: Vec<PauseWords>,
}

/// How the page shows a state, and what it takes it for.
#[derive(Serialize)]
struct StateWords {
    word: State,
    label: String,
    title: &'static str,
    is_live: bool,
    is_doubtful: bool,
}

/// How the page shows a trading status.
#[derive(Serialize)]
struct PauseWords {
    word: Text<TradingStatus>,
    title: &'static str,
}

impl Schema {
    /// That of this program.
    pub(crate) fn of_rows() -> Self {
        Self {
            fields: FIELDS.iter().map(|(name, _)| *name).collect(),
            empty: cells(&ShownRow::empty(0)).collect(),
            states: STATES.iter().copied().map(StateWords::from).collect(),
            pauses: pauses()
                .map(|(status, title)| PauseWords {
                    word: Text(status),
                    title,
                })
                .collect(),
        }
    }
}

impl From<State> for StateWords {
    fn from(state: State) -> Self {
        let label = state.label();
        Self {
            word: state,
            label: label.map_or_else(|| state.to_string(), str::to_owned),
            title: state.title(),
            is_live: state.is_live(),
            is_doubtful: state.is_doubtful(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_field_has_a_name_of_its_own_and_a_cell_in_every_row() {
        let Schema { fields, empty, .. } = Schema::of_rows();
        let names: BTreeSet<_> = fields.iter().collect();
        assert_eq!(names.len(), fields.len());
        let row = serde_json::to_value(RowCells(&ShownRow::empty(7))).unwrap();
        assert_eq!(row.as_array().unwrap().len(), fields.len());
        assert_eq!((row[0].as_u64(), fields[0]), (Some(7), "slot"));
        assert_eq!(
            serde_json::to_value(&empty).unwrap().as_array().unwrap()[1..],
            row.as_array().unwrap()[1..]
        );
    }

    /// The page's own tests run without this program.
    #[test]
    fn the_tests_of_the_page_have_the_schema_of_this_program() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/page/schema.json");
        let schema = serde_json::to_string_pretty(&Schema::of_rows()).unwrap() + "\n";
        if std::env::var_os("OXBERRY_WRITE_SCHEMA").is_some() {
            std::fs::write(file, &schema).unwrap();
        }
        let known = std::fs::read_to_string(file).unwrap_or_default();
        assert!(
            known == schema,
            "visual/tests/page/schema.json is another one; OXBERRY_WRITE_SCHEMA=1 writes it anew"
        );
    }
}
