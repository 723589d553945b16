//! What was not carried as it was told, counted by kind.

use std::{collections::BTreeMap, fmt};

/// Counts by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    kinds: BTreeMap<&'static str, u64>,
}

impl Tally {
    /// Counts one of a kind.
    pub(super) fn count(&mut self, kind: &'static str) {
        *self.kinds.entry(kind).or_default() += 1;
    }

    /// Whether nothing was counted.
    pub(super) fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }
}

/// The counts in words, for a summary.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (kind, count)) in self.kinds.iter().enumerate() {
            let separator = if number == 0 { "" } else { ", " };
            write!(f, "{separator}{kind}: {count}")?;
        }
        Ok(())
    }
}

/// What became of a file besides what was carried.
#[derive(Clone, Debug, Default)]
pub(super) struct Report {
    /// What is not in the channel files.
    pub(super) left_out: Tally,
    /// What is in them, but not just as it was told.
    pub(super) altered: Tally,
}
