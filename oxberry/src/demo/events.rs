//! Compares the event stream that the page merged with that of one process.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

/// How the two streams lie to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    /// Every event is in both, symbol by symbol in the same order.
    Equal {
        /// How many.
        events: usize,
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

/// Compares two files of events.
///
/// # Errors
///
/// When one of them cannot be read.
pub(super) fn compare(
    page: &Path,
    replay: &Path,
    contested: &BTreeSet<String>,
) -> anyhow::Result<Comparison> {
    let read = |path: &Path| {
        let path: PathBuf = path.into();
        fs::read_to_string(&path).with_context(|| format!("{}: cannot be read", path.display()))
    };
    let (page, replay) = (read(page)?, read(replay)?);
    Ok(compare_texts(&page, &replay, contested))
}

fn compare_texts(page: &str, replay: &str, contested: &BTreeSet<String>) -> Comparison {
    let (page, replay) = (by_symbol(page), by_symbol(replay));
    let mut events = 0;
    for symbol in page.keys().chain(replay.keys()) {
        if contested.contains(*symbol) {
            continue;
        }
        let of_page = page.get(symbol).map_or(&[][..], Vec::as_slice);
        let of_replay = replay.get(symbol).map_or(&[][..], Vec::as_slice);
        if of_page == of_replay {
            events += of_page.len();
            continue;
        }
        let pairs = of_page.iter().zip(of_replay);
        let equal = pairs.take_while(|(one, other)| one == other).count();
        let text = |rows: &[&str]| rows.get(equal).map(|&row| row.to_owned());
        return Comparison::Different {
            symbol: (*symbol).to_owned(),
            equal,
            page: text(of_page),
            replay: text(of_replay),
        };
    }
    // Every symbol of both was counted twice, once for each.
    Comparison::Equal {
        events: events / 2,
        left_out: contested.iter().cloned().collect(),
    }
}

/// The rows of each symbol, without the header.
fn by_symbol(text: &str) -> BTreeMap<&str, Vec<&str>> {
    let mut rows: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in text.lines().skip(1) {
        let symbol = row.split_once(',').map_or(row, |(symbol, _)| symbol);
        rows.entry(symbol).or_default().push(row);
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
            Self::Equal { events, left_out } => {
                write!(f, "events: {events} equal")?;
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

    #[test]
    fn streams_are_equal_when_every_symbol_has_the_same_rows_in_the_same_order() {
        let page = "symbol,seq\nA,1\nB,1\nA,2\n";
        let replay = "symbol,seq\nB,1\nA,1\nA,2\n";
        let equal = compare_texts(page, replay, &BTreeSet::new());
        assert_eq!(
            equal,
            Comparison::Equal {
                events: 3,
                left_out: Vec::new()
            }
        );
        assert!(equal.is_equal());
        assert_eq!(equal.to_string(), "events: 3 equal");
    }

    #[test]
    fn the_first_difference_of_a_symbol_is_told_with_both_rows() {
        let page = "symbol,seq\nA,1\nA,3\n";
        let replay = "symbol,seq\nA,1\nA,2\nA,3\nC,9\n";
        let different = compare_texts(page, replay, &BTreeSet::new());
        assert!(!different.is_equal());
        assert_eq!(
            different.to_string(),
            "events: A DIFFERENT after 1 equal ones: the page has A,3; the replay has A,2"
        );
        let different = compare_texts("symbol,seq\n", "symbol,seq\nC,9\n", &BTreeSet::new());
        assert_eq!(
            different.to_string(),
            "events: C DIFFERENT after 0 equal ones: the page has nothing; the replay has C,9"
        );
    }

    #[test]
    fn symbols_of_two_channels_are_left_out_and_named() {
        let contested = BTreeSet::from(["B".to_owned()]);
        let page = "symbol,seq\nA,1\nB,1\n";
        let replay = "symbol,seq\nB,2\nA,1\n";
        assert_eq!(
            compare_texts(page, replay, &contested).to_string(),
            "events: 1 equal; left out, since two channels claim them: B"
        );
        assert!(!compare_texts(page, replay, &BTreeSet::new()).is_equal());
    }
}
