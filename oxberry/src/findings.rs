//! Things that are reported when they are found, but not without end.

use std::{collections::BTreeMap, fmt, fmt::Display};

use crate::console::Console;

/// Findings of one kind that are shown in full; all are counted.
const SHOWN_OF_A_KIND: u64 = 10;

/// Counts of what was found, by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    counts: BTreeMap<&'static str, u64>,
}

impl Findings {
    /// Counts a finding, and shows it if it is one of the first of its kind.
    pub(crate) fn add(&mut self, console: &Console, kind: &'static str, message: impl Display) {
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        if *count <= SHOWN_OF_A_KIND {
            console.say(message);
        }
        if *count == SHOWN_OF_A_KIND {
            console.say(format_args!("{kind}: the next ones are only counted"));
        }
    }

    /// Whether nothing was found.
    pub(crate) fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}

/// The counts in words, for a summary.
impl Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (kind, count)) in self.counts.iter().enumerate() {
            let separator = if number == 0 { "" } else { ", " };
            write!(f, "{separator}{kind}: {count}")?;
        }
        Ok(())
    }
}
