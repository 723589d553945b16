//! Things that are reported when they are found, but not without end.

use std::{collections::BTreeMap, fmt, fmt::Display};

use oxberry_net::FirstFew;

use crate::console::Console;

/// Findings of one kind that are shown in full; all are counted.
const SHOWN_OF_A_KIND: u64 = 10;

/// What was found, by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    kinds: BTreeMap<&'static str, FirstFew>,
}

impl Findings {
    /// Counts a finding, and shows it if it is one of the first of its kind.
    pub(crate) fn add(&mut self, console: &Console, kind: &'static str, message: impl Display) {
        let few = self.kinds.entry(kind);
        let few = few.or_insert_with(|| FirstFew::of(SHOWN_OF_A_KIND));
        if few.tells() {
            console.say(message);
        }
        if few.is_used_up() {
            console.say(format_args!("{kind}: the next ones are only counted"));
        }
    }

    /// Whether nothing was found.
    pub(crate) fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }
}

/// The counts in words, for a summary.
impl Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (kind, few)) in self.kinds.iter().enumerate() {
            let separator = if number == 0 { "" } else { ", " };
            write!(f, "{separator}{kind}: {}", few.seen())?;
        }
        Ok(())
    }
}
