//! Looking at one symbol closely: its depth, the queues of its levels, and its tape.
//!
//! Only what somebody looks at is asked for. [`Looks`] is the list of that, which the web fills and the
//! feed reads; [`Asker`] asks a Pi for each symbol on it, however many look at it; [`Tape`]
//! keeps what the merged events tell.

mod answer;
mod asker;
mod looks;
mod price_text;
mod tape;

use std::sync::Arc;

use oxberry_proto::depth::LevelName;

pub(crate) use self::answer::{Levels, OrderQueue, Said};
pub(crate) use self::asker::{Asker, Symbols, Totals};
pub(crate) use self::looks::{Look, LookRefused, Looks};
pub(crate) use self::price_text::raw_price;
pub(crate) use self::tape::{BestChange, Tape, TapeTrade};

/// What there is to see of a symbol that somebody looks at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Why nothing newer is to be seen, if so.
    pub(crate) note: Option<Note>,
    /// Its levels, once a Pi told them.
    pub(crate) levels: Option<Arc<Levels>>,
    /// The queues that were told, by their level.
    pub(crate) queues: Vec<(LevelName, Arc<OrderQueue>)>,
}

/// Why no Pi tells anything of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    /// There is no such symbol in this run.
    Unknown,
    /// No Pi that is heard holds it, or the run is over.
    Unheld,
    /// Those who hold it were asked and do not answer.
    Unanswered,
}

impl Note {
    /// What a person is told.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Unknown => "no such symbol is in this run",
            Self::Unheld => "no Pi that is heard holds this symbol",
            Self::Unanswered => "the Pis that hold this symbol do not answer",
        }
    }
}
