//! What can be said of a symbol in one word: of its numbers, and of its trading.
//!
//! Each state stands in one list, here. The page gets the words, titles and order with the schema of a
//! row; metrics and totals count by the same list. A trust is called what [`Trust`] prints, here as in
//! the file of events.

use std::fmt::{self, Display};

use oxberry_core::book::{TradingStatus, Trust};
use serde::ser::{Serialize, Serializer};

/// What can be said of a symbol's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing has happened to the symbol yet.
    Waiting,
    /// The symbol is heard, and its book can be trusted this far.
    Heard(Trust),
    /// Nothing is heard of the symbol any more.
    Silent,
}

/// Makes the list of all states of a type, and the function that says what the page shows for one. A
/// list that lacks a state does not compile.
macro_rules! list {
    (
        $(#[$doc:meta])*
        $list:ident, $title:ident($of:ty) -> $shown:ty:
        $([$($state:tt)+] => $text:expr,)+
    ) => {
        $(#[$doc])*
        pub const $list: &[$of] = &[$($($state)+),+];

        const fn $title(state: $of) -> $shown {
            match state {
                $($($state)+ => $text,)+
            }
        }
    };
}

list! {
    /// All states of a symbol's numbers, from the least doubtful to the most. The order is for a reader, to
    /// whom numbers that lack older orders say more than those of a book that is being rebuilt.
    STATES, state_title(State) -> &'static str:
    [State::Waiting] => "Nothing has happened to this symbol yet",
    [State::Heard(Trust::Live)] => "This book matches the venue's",
    [State::Heard(Trust::Partial)] => "This book began in the middle of the day: older orders are missing",
    [State::Heard(Trust::Recovering)] => "This book is being rebuilt: the numbers are late",
    [State::Heard(Trust::Stale)] => "Messages are missing: the numbers may be wrong",
    [State::Silent] => "No Pi reports this symbol any more: the numbers are old",
}

list! {
    /// Every trading status. One with a title keeps its symbol from trading.
    STATUSES, pause_title(TradingStatus) -> Option<&'static str>:
    [TradingStatus::Unknown] => None,
    [TradingStatus::Open] => None,
    [TradingStatus::Halted] => Some("The venue halted trading"),
    [TradingStatus::Closed] => Some("Trading is over for the day"),
}

impl State {
    /// What the page shows as help for the state.
    #[must_use]
    pub const fn title(self) -> &'static str {
        state_title(self)
    }

    /// What a cell of the page says, where that is not the word itself.
    #[must_use]
    pub const fn label(self) -> Option<&'static str> {
        match self {
            Self::Waiting => Some("no event yet"),
            Self::Heard(_) | Self::Silent => None,
        }
    }

    /// Whether the symbol's numbers match the venue's.
    #[must_use]
    pub fn is_live(self) -> bool {
        self == Self::Heard(Trust::Live)
    }

    /// Whether there are numbers that may be wrong or old.
    #[must_use]
    pub fn is_doubtful(self) -> bool {
        self != Self::Waiting && !self.is_live()
    }
}

impl Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting => f.write_str("waiting"),
            Self::Heard(trust) => trust.fmt(f),
            Self::Silent => f.write_str("silent"),
        }
    }
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The statuses that keep a symbol from trading, each with what the page shows as help.
pub fn pauses() -> impl Iterator<Item = (TradingStatus, &'static str)> {
    let titled = |&status| Some((status, pause_title(status)?));
    STATUSES.iter().filter_map(titled)
}

/// How many symbols are in each state, each in one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateCounts([u32; STATES.len()]);

/// How many symbols have each trading status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatusCounts([u32; STATUSES.len()]);

impl StateCounts {
    /// Counts one more symbol.
    pub(crate) fn count(&mut self, state: State) {
        count(STATES, &mut self.0, state);
    }

    /// All states with the number of their symbols.
    pub fn iter(&self) -> impl Iterator<Item = (State, u32)> {
        STATES.iter().copied().zip(self.0)
    }

    /// How many symbols are in a state.
    #[must_use]
    pub fn of(&self, state: State) -> u32 {
        self.iter()
            .find(|(each, _)| *each == state)
            .map_or(0, |(_, symbols)| symbols)
    }
}

impl StatusCounts {
    /// Counts one more symbol.
    pub(crate) fn count(&mut self, status: TradingStatus) {
        count(STATUSES, &mut self.0, status);
    }

    /// The statuses that keep a symbol from trading, with the number of their symbols.
    pub fn paused(&self) -> impl Iterator<Item = (TradingStatus, u32)> {
        let counted = STATUSES.iter().copied().zip(self.0);
        counted.filter(|(status, _)| pause_title(*status).is_some())
    }
}

fn count<T: PartialEq>(list: &[T], counts: &mut [u32], state: T) {
    let place = list.iter().position(|each| *each == state);
    if let Some(count) = place.and_then(|place| counts.get_mut(place)) {
        *count += 1;
    }
}

/// As an object, from word to number.
impl Serialize for StateCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// As an object, from word to number, of those that keep a symbol from trading.
impl Serialize for StatusCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let named = |(status, symbols): (TradingStatus, u32)| (status.to_string(), symbols);
        serializer.collect_map(self.paused().map(named))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_state_has_a_word_of_its_own_and_counts_alone() {
        let words: BTreeSet<_> = STATES.iter().map(State::to_string).collect();
        assert_eq!(words.len(), STATES.len());
        for &state in STATES {
            let mut counts = StateCounts::default();
            counts.count(state);
            for (each, symbols) in counts.iter() {
                assert_eq!(symbols, u32::from(each == state), "{state}: {each}");
            }
            assert_eq!(counts.of(state), 1, "{state}");
        }
    }

    #[test]
    fn only_what_is_live_or_waits_is_not_doubtful() {
        let calm = STATES.iter().filter(|state| !state.is_doubtful());
        let calm: Vec<_> = calm.map(State::to_string).collect();
        assert_eq!(calm, ["waiting", "live"]);
        assert_eq!(STATES.last(), Some(&State::Silent));
    }

    #[test]
    fn only_a_halt_and_the_end_of_the_day_keep_a_symbol_from_trading() {
        let mut counts = StatusCounts::default();
        for &status in STATUSES {
            counts.count(status);
        }
        let json = serde_json::to_string(&counts).unwrap();
        assert_eq!(json, r#"{"halted":1,"closed":1}"#);
    }
}
