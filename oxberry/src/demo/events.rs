//! Compares the event stream that the page merged with that of one process.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

/// What a page writes in the column of trust where it has passed something over.
const MISSED: &str = "missed";

/// What it writes there where it vouches for the row.
const LIVE: &str = "live";

/// Symbols with holes that are named; the others are counted.
const NAMED: usize = 10;

/// How the two streams lie to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    /// Every event is in both, symbol by symbol in the same order, but for what the page says that it has
    /// missed.
    Equal {
        /// How many.
        events: usize,
        /// What the page says that it has missed.
        holes: Holes,
        /// Symbols that were left out, since two channels claim them: their events have no common order,
        /// and nothing of them is live.
        left_out: Vec<String>,
    },
    /// The first difference, of the symbols in the order of their names.
    Different {
        /// The symbol.
        symbol: String,
        /// How many of its events are equal before.
        equal: usize,
        /// What the page has then.
        page: Option<String>,
        /// What the replay has then.
        replay: Option<String>,
    },
}

/// What the page says that it has missed, and indeed has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Holes {
    /// Events of the replay that the page does not have, or does not call live.
    events: usize,
    /// In how many pieces.
    holes: usize,
    /// Of which symbols.
    symbols: Vec<String>,
}

/// Compares two files of events. What the page says that it has missed is no difference where something
/// `may_be_missed`, and is counted.
///
/// # Errors
///
/// When one of them cannot be read.
pub(super) fn compare(
    page: &Path,
    replay: &Path,
    contested: &BTreeSet<String>,
    may_be_missed: bool,
) -> anyhow::Result<Comparison> {
    let read = |path: &Path| {
        let path: PathBuf = path.into();
        fs::read_to_string(&path).with_context(|| format!("{}: cannot be read", path.display()))
    };
    let (page, replay) = (read(page)?, read(replay)?);
    Ok(compare_texts(&page, &replay, contested, may_be_missed))
}

fn compare_texts(
    page: &str,
    replay: &str,
    contested: &BTreeSet<String>,
    may_be_missed: bool,
) -> Comparison {
    let (page, replay) = (by_symbol(page), by_symbol(replay));
    let mut events = 0;
    let mut holes = Holes::default();
    let symbols: BTreeSet<_> = page.keys().chain(replay.keys()).copied().collect();
    for symbol in symbols {
        if contested.contains(symbol) {
            continue;
        }
        let of_page = page.get(symbol).map_or(&[][..], Vec::as_slice);
        let of_replay = replay.get(symbol).map_or(&[][..], Vec::as_slice);
        let compared = SymbolRows::compare(of_page, of_replay, may_be_missed);
        match compared {
            Ok(of_symbol) => {
                events += of_symbol.equal;
                if of_symbol.missed > 0 {
                    holes.events += of_symbol.missed;
                    holes.holes += of_symbol.holes;
                    holes.symbols.push(symbol.to_owned());
                }
            }
            Err((equal, page, replay)) => {
                let text = |row: Option<&Row<'_>>| row.map(|row| row.text.to_owned());
                return Comparison::Different {
                    symbol: symbol.to_owned(),
                    equal,
                    page: text(page),
                    replay: text(replay),
                };
            }
        }
    }
    Comparison::Equal {
        events,
        holes,
        left_out: contested.iter().cloned().collect(),
    }
}

/// A line of a file of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row<'t> {
    text: &'t str,
    /// Numbering and number.
    at: (u64, u64),
    trust: &'t str,
    /// What it says of best prices and trade.
    says: &'t str,
}

impl<'t> Row<'t> {
    fn of(text: &'t str) -> Self {
        // symbol,channel,numbering,seq,time,trust,…
        let mut columns = text.splitn(7, ',').skip(2);
        let mut number = || columns.next().and_then(|word| word.parse().ok());
        let at = (number().unwrap_or(0), number().unwrap_or(0));
        let trust = columns.nth(1).unwrap_or_default();
        let says = columns.next().unwrap_or_default();
        Self {
            text,
            at,
            trust,
            says,
        }
    }

    /// Whether the page has passed over what is up to here.
    fn is_hole(&self) -> bool {
        self.trust == MISSED
    }
}

/// How far the rows of a symbol were compared.
#[derive(Clone, Copy, Debug, Default)]
struct SymbolRows {
    equal: usize,
    missed: usize,
    holes: usize,
    /// Rows of the replay that were looked at.
    of_replay: usize,
    /// Whether nothing was equal since something was missed.
    is_in_hole: bool,
    /// Whether the last row of the page said that something was passed over.
    is_behind_hole: bool,
}

/// How many rows are equal before the first difference, and what either has then.
type Difference<'r, 't> = (usize, Option<&'r Row<'t>>, Option<&'r Row<'t>>);

impl SymbolRows {
    fn compare<'r, 't>(
        page: &'r [Row<'t>],
        replay: &'r [Row<'t>],
        may_be_missed: bool,
    ) -> Result<Self, Difference<'r, 't>> {
        let mut so_far = Self::default();
        for row in page {
            let next = replay.get(so_far.of_replay);
            if row.is_hole() {
                so_far.is_behind_hole = true;
                if may_be_missed {
                    so_far.pass_over(replay, row.at);
                }
            } else if next.is_some_and(|next| next.text == row.text) {
                so_far.equal += 1;
                so_far.of_replay += 1;
                (so_far.is_behind_hole, so_far.is_in_hole) = (false, false);
            } else if so_far.repeats(row, replay) {
                so_far.is_behind_hole = false;
            } else if may_be_missed && row.trust != LIVE {
                // The page claims nothing of it.
                so_far.pass_over(replay, row.at);
            } else {
                return Err((so_far.equal, Some(row), next));
            }
        }
        match replay.get(so_far.of_replay) {
            Some(next) => Err((so_far.equal, None, Some(next))),
            None => Ok(so_far),
        }
    }

    /// What the replay has up to there is missed.
    fn pass_over(&mut self, replay: &[Row<'_>], through: (u64, u64)) {
        let rest = replay.get(self.of_replay..).unwrap_or_default();
        let missed = rest.iter().take_while(|row| row.at <= through).count();
        self.of_replay += missed;
        self.missed += missed;
        if missed > 0 && !core::mem::replace(&mut self.is_in_hole, true) {
            self.holes += 1;
        }
    }

    /// Whether a row of the page, behind a hole, says no more than the replay said in it: the page writes
    /// its first event there whatever that changed.
    fn repeats(&self, row: &Row<'_>, replay: &[Row<'_>]) -> bool {
        let before = self.of_replay.checked_sub(1).and_then(|at| replay.get(at));
        let next = replay.get(self.of_replay);
        let has_no_trade = row.says.ends_with(",,");
        let prices = |row: &Row<'_>| row.says.split(',').take(4).map(str::to_owned).collect();
        let is_same = |before: &Row<'_>| {
            let (one, other): (Vec<_>, Vec<_>) = (prices(before), prices(row));
            before.trust == row.trust && one == other
        };
        self.is_behind_hole
            && has_no_trade
            && next.is_none_or(|next| next.at > row.at)
            && before.is_some_and(is_same)
    }
}

/// The rows of each symbol, without the header.
fn by_symbol(text: &str) -> BTreeMap<&str, Vec<Row<'_>>> {
    let mut rows: BTreeMap<&str, Vec<Row<'_>>> = BTreeMap::new();
    for row in text.lines().skip(1) {
        let symbol = row.split_once(',').map_or(row, |(symbol, _)| symbol);
        rows.entry(symbol).or_default().push(Row::of(row));
    }
    rows
}

impl Comparison {
    pub(super) const fn is_equal(&self) -> bool {
        matches!(self, Self::Equal { .. })
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equal {
                events,
                holes,
                left_out,
            } => {
                write!(f, "events: {events} equal")?;
                if holes.events > 0 {
                    write!(
                        f,
                        "; {} that the page says it has missed, in {} holes of {} symbols: ",
                        holes.events,
                        holes.holes,
                        holes.symbols.len(),
                    )?;
                    let named = holes.symbols.iter().take(NAMED).cloned();
                    f.write_str(&named.collect::<Vec<_>>().join(", "))?;
                    if holes.symbols.len() > NAMED {
                        f.write_str(", …")?;
                    }
                }
                if !left_out.is_empty() {
                    let symbols = left_out.join(", ");
                    write!(f, "; left out, since two channels claim them: {symbols}")?;
                }
                Ok(())
            }
            Self::Different {
                symbol,
                equal,
                page,
                replay,
            } => {
                let shown = |row: &Option<String>| row.clone().unwrap_or_else(|| "nothing".into());
                write!(
                    f,
                    "events: {symbol} DIFFERENT after {equal} equal ones: the page has {}; the \
                     replay has {}",
                    shown(page),
                    shown(replay)
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of these lines: symbol, number, trust, and the price of the best bid.
    fn file(rows: &[(&str, u32, &str, u32)]) -> String {
        let rows = rows.iter().map(|(symbol, number, trust, bid)| {
            let bid = if *trust == MISSED {
                ",".to_owned()
            } else {
                format!("{bid},1")
            };
            format!("{symbol},1,7,{number},,{trust},{bid},,,,\n")
        });
        let header = "symbol,channel,numbering,seq,ts_event_ns,trust,bid_px\n".to_owned();
        header + &rows.collect::<String>()
    }

    fn compared(
        page: &[(&str, u32, &str, u32)],
        replay: &[(&str, u32, &str, u32)],
        may_be_missed: bool,
    ) -> String {
        let nobody = BTreeSet::new();
        compare_texts(&file(page), &file(replay), &nobody, may_be_missed).to_string()
    }

    #[test]
    fn streams_are_equal_when_every_symbol_has_the_same_rows_in_the_same_order() {
        let page = [
            ("A", 1, "live", 5),
            ("B", 1, "live", 5),
            ("A", 2, "live", 6),
        ];
        let replay = [
            ("B", 1, "live", 5),
            ("A", 1, "live", 5),
            ("A", 2, "live", 6),
        ];
        assert_eq!(compared(&page, &replay, false), "events: 3 equal");
        assert_eq!(compared(&page, &replay, true), "events: 3 equal");
    }

    #[test]
    fn the_first_difference_of_a_symbol_is_told_with_both_rows() {
        let page = [("A", 1, "live", 5), ("A", 3, "live", 6)];
        let replay = [
            ("A", 1, "live", 5),
            ("A", 2, "live", 7),
            ("A", 3, "live", 6),
            ("C", 9, "live", 1),
        ];
        for may_be_missed in [false, true] {
            assert_eq!(
                compared(&page, &replay, may_be_missed),
                "events: A DIFFERENT after 1 equal ones: the page has A,1,7,3,,live,6,1,,,,; the \
                 replay has A,1,7,2,,live,7,1,,,,"
            );
            assert_eq!(
                compared(&[], &replay[3..], may_be_missed),
                "events: C DIFFERENT after 0 equal ones: the page has nothing; the replay has \
                 C,1,7,9,,live,1,1,,,,"
            );
        }
    }

    #[test]
    fn what_the_page_says_that_it_missed_is_counted_and_nothing_else() {
        let replay: Vec<_> = (1..=9)
            .map(|number| ("A", number, "live", number))
            .collect();
        let with = |rows: &[(&'static str, u32, &'static str, u32)]| {
            let mut page = replay.clone();
            page.splice(3..6, rows.iter().copied());
            page
        };
        let hole = with(&[("A", 6, MISSED, 0)]);
        assert_eq!(
            compared(&hole, &replay, true),
            "events: 6 equal; 3 that the page says it has missed, in 1 holes of 1 symbols: A"
        );
        let stale = with(&[("A", 4, "stale", 1), ("A", 6, MISSED, 0)]);
        assert!(compared(&stale, &replay, true).contains("; 3 that the page says"));
        // A hole that is shorter, none, or a wrong event that is called live, is a difference.
        for page in [
            with(&[("A", 5, MISSED, 0)]),
            with(&[]),
            with(&[("A", 5, "live", 4), ("A", 6, MISSED, 0)]),
        ] {
            assert!(compared(&page, &replay, true).contains("DIFFERENT"));
        }
        // And so is any where nothing can have been missed.
        assert!(compared(&hole, &replay, false).contains("A DIFFERENT after 3"));
    }

    #[test]
    fn the_first_event_behind_a_hole_may_say_what_the_replay_said_in_it() {
        let replay = [
            ("A", 1, "live", 1),
            ("A", 3, "live", 2),
            ("A", 9, "live", 3),
        ];
        let page = |bid| {
            [
                ("A", 1, "live", 1),
                ("A", 4, MISSED, 0),
                ("A", 5, "live", bid),
                ("A", 9, "live", 3),
            ]
        };
        assert!(!compared(&page(2), &replay, true).contains("DIFFERENT"));
        assert!(compared(&page(1), &replay, true).contains("DIFFERENT"));
    }

    #[test]
    fn symbols_of_two_channels_are_left_out_and_named() {
        let contested = BTreeSet::from(["B".to_owned()]);
        let page = file(&[("A", 1, "live", 1), ("B", 1, "live", 1)]);
        let replay = file(&[("B", 2, "live", 1), ("A", 1, "live", 1)]);
        assert_eq!(
            compare_texts(&page, &replay, &contested, false).to_string(),
            "events: 1 equal; left out, since two channels claim them: B"
        );
        assert!(!compare_texts(&page, &replay, &BTreeSet::new(), true).is_equal());
    }
}
