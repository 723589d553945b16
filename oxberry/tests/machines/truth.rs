//! What is right: the events of one process that reads the same feed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use oxberry_core::units::{PriceScale, RawPrice};
use serde_json::Value;

use super::support::oxberry;

/// Where an event is in the feed: channel, numbering, number.
type Place = (u64, u64, u64);

/// Best prices and sizes, as the page writes them.
type Best = [Option<(String, u64)>; 2];

/// All events of a day.
pub(crate) struct Truth {
    /// By symbol.
    events: BTreeMap<String, BTreeMap<Place, Best>>,
    /// The rows of each symbol in their order.
    rows: BTreeMap<String, Vec<String>>,
    /// The digest of all books at the end.
    pub(crate) digest: u64,
}

impl Truth {
    /// Replays a day.
    pub(crate) fn of(day: &Path, scratch: &Path) -> Self {
        let file = scratch.join("truth.csv");
        let mapping = fs::read_to_string(day.join("ARCASymbolMapping.txt")).unwrap();
        let [day, events] = [day, &file].map(|path| path.to_str().unwrap());
        let run = oxberry(["replay", day, "--digest", "--events", events]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let rows = rows(&fs::read_to_string(&file).unwrap());
        let scales = scales(&mapping);
        let events = rows.iter().map(|(symbol, rows)| {
            let scale = scales[symbol];
            let events = rows.iter().map(|row| event(row, scale));
            (symbol.clone(), events.collect())
        });
        Self {
            events: events.collect(),
            rows: rows.clone(),
            digest: u64::from_str_radix(run.stdout.trim(), 16).unwrap(),
        }
    }

    /// How many events a day has.
    pub(crate) fn events(&self) -> usize {
        self.rows.values().map(Vec::len).sum()
    }

    /// Whether a page wrote the same events.
    pub(crate) fn assert_same_events(&self, file: &Path) {
        let page = rows(&fs::read_to_string(file).unwrap());
        assert_eq!(
            page.keys().collect::<Vec<_>>(),
            self.rows.keys().collect::<Vec<_>>()
        );
        for (symbol, rows) in &self.rows {
            for (at, (of_page, right)) in page[symbol].iter().zip(rows).enumerate() {
                assert_eq!(of_page, right, "event {at} of {symbol}");
            }
            assert_eq!(page[symbol].len(), rows.len(), "events of {symbol}");
        }
    }

    /// What is wrong in a symbol of the page's state that is called live, if anything.
    pub(crate) fn fault_of(&self, symbol: &Value) -> Option<String> {
        let position = symbol.get("position").filter(|place| !place.is_null())?;
        let number = |name: &str| position[name].as_u64().unwrap();
        let place = (number("channel"), number("numbering"), number("seq"));
        let name = symbol["symbol"].as_str().unwrap();
        // A state that was told again stands where its replica did, behind its last event.
        let of_numbering = (place.0, place.1, 0)..=place;
        let right = (self.events.get(name))
            .and_then(|events| events.range(of_numbering).next_back())
            .map(|(_, right)| right);
        let shown = [&symbol["bid"], &symbol["ask"]].map(shown);
        (right != Some(&shown))
            .then(|| format!("{name} at {place:?}: {shown:?}, right is {right:?}"))
    }
}

/// The rows of each symbol, without the header.
fn rows(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut rows: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in text.lines().skip(1) {
        let (symbol, _) = row.split_once(',').unwrap();
        rows.entry(symbol.into()).or_default().push(row.into());
    }
    rows
}

/// The price scale of each symbol, by its CQS name.
fn scales(mapping: &str) -> BTreeMap<String, PriceScale> {
    let lines = mapping
        .lines()
        .map(|line| line.split('|').collect::<Vec<_>>());
    let of_line = |cells: Vec<&str>| {
        let scale = PriceScale::new(cells[7].parse().unwrap()).unwrap();
        (cells[1].to_owned(), scale)
    };
    lines.map(of_line).collect()
}

/// Where an event is, and what is best after it.
fn event(row: &str, scale: PriceScale) -> (Place, Best) {
    let cells: Vec<&str> = row.split(',').collect();
    let number = |at: usize| cells[at].parse().unwrap();
    let quote = |at: usize| {
        let raw = cells[at].parse().ok()?;
        let price = RawPrice::from_raw(raw).scaled(scale);
        Some((price.decimal().to_string(), number(at + 1)))
    };
    ((number(1), number(2), number(3)), [quote(6), quote(8)])
}

/// A quote as the page tells it.
fn shown(quote: &Value) -> Option<(String, u64)> {
    let price = quote.get("price")?.as_str()?.to_owned();
    Some((price, quote["qty"].as_u64()?))
}
