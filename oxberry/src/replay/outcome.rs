//! What a replay came to.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use oxberry_core::{
    book::{Books, Digest, SymbolSlot, Trust},
    units::SymbolIndex,
};

use oxberry_net::FirstFew;

use crate::{console::Console, findings::Findings, reading::Reading};

/// Stale books that the summary names.
const STALE_NAMED: u64 = 10;

/// The books at the end of a replay, and what was odd on the way.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(super) digests: BTreeMap<SymbolIndex, Digest>,
    /// The symbols that two channels claim, by their names.
    pub(super) contested: BTreeSet<String>,
    /// Names of symbols whose books cannot be trusted.
    pub(super) stale: Vec<String>,
    /// Books that lack what was before a start in the middle of a day, and nothing else.
    pub(super) partial: usize,
    /// Whether every symbol was live at every row and at the end.
    pub(super) always_live: bool,
    pub(super) resting: u32,
    pub(super) packets: u64,
    pub(super) messages: u64,
    pub(super) events: u64,
    pub(super) unknown_types: u64,
    pub(super) duplicates: u64,
    /// What came by the lines of channels that have several, in words.
    pub(super) lines: Vec<String>,
    /// How the inputs were read.
    pub(super) readings: Vec<Reading>,
    pub(super) findings: Findings,
    pub(super) faulty: bool,
    pub(super) took: Duration,
}

impl Outcome {
    /// The digest of every book.
    pub(crate) fn digests(&self) -> &BTreeMap<SymbolIndex, Digest> {
        &self.digests
    }

    /// The names of the symbols that two channels claim, whose events have no common order.
    pub(crate) fn contested(&self) -> &BTreeSet<String> {
        &self.contested
    }

    /// The digest of all books together.
    pub(crate) fn digest(&self) -> Digest {
        self.digests()
            .values()
            .copied()
            .fold(Digest::EMPTY, Digest::combine)
    }

    /// Whether an input could not be read to its end, or had no room in the books, or there was
    /// nothing of the feed in any of them.
    pub(crate) fn is_faulty(&self) -> bool {
        self.faulty || self.has_read_nothing()
    }

    fn has_read_nothing(&self) -> bool {
        self.readings.iter().all(|reading| reading.packets() == 0)
    }

    /// Whether every symbol was live at every row, and at the end.
    pub(crate) fn was_always_live(&self) -> bool {
        self.always_live
    }

    /// Tells it all in a few lines.
    pub(super) fn summarise(&self, console: &Console) {
        let Self {
            packets,
            messages,
            events,
            resting,
            ..
        } = self;
        let milliseconds = self.took.as_millis();
        let rate = u128::from(*messages) * 1_000 / milliseconds.max(1);
        console.say(format_args!(
            "{packets} packets, {messages} messages, {events} events in {milliseconds} ms \
             ({rate} messages/s)"
        ));
        console.say(format_args!(
            "{} symbols, {resting} orders resting, messages of unknown type: {}, packets that came \
             twice: {}",
            self.digests.len(),
            self.unknown_types,
            self.duplicates
        ));
        for lines in &self.lines {
            console.say(lines);
        }
        for reading in &self.readings {
            reading.tell(console);
        }
        if self.has_read_nothing() {
            console.say("not one packet of the feed was read");
        }
        if !self.findings.is_empty() {
            console.say(&self.findings);
        }
        if !self.stale.is_empty() {
            let mut few = FirstFew::of(STALE_NAMED);
            let named = few.among(self.stale.iter().map(String::as_str));
            let more = if few.left_out() > 0 { ", …" } else { "" };
            let (count, names) = (self.stale.len(), named.join(", "));
            console.say(format_args!(
                "stale books, not to be trusted: {count} ({names}{more})"
            ));
        }
        if self.partial > 0 {
            console.say(format_args!(
                "partial books, begun in the middle of a day and right but for orders from before: {}",
                self.partial
            ));
        }
        console.say(format_args!("digest: {}", self.digest()));
    }
}

/// The digests of all books.
pub(super) fn digests(books: &Books<'_>) -> BTreeMap<SymbolIndex, Digest> {
    books
        .slots()
        .map(|slot| (books.symbol_index(slot), books.digest(slot)))
        .collect()
}

/// The symbols whose books cannot be trusted.
pub(super) fn stale(books: &Books<'_>) -> impl Iterator<Item = SymbolIndex> {
    books
        .slots()
        .filter(|slot| matches!(books.trust(*slot), Trust::Stale | Trust::Recovering))
        .map(|slot| books.symbol_index(slot))
}

/// How many books lack what was before a start in the middle of a day.
pub(super) fn partial(books: &Books<'_>) -> usize {
    let is_partial = |slot: &SymbolSlot| books.trust(*slot) == Trust::Partial;
    books.slots().filter(is_partial).count()
}
