//! All that happened on a channel, in numbers and in words.

use core::fmt;

use oxberry_core::feed::{Channel, FeedSymbol};
use oxberry_core::line;

/// Totals of one channel, or of several together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Packets that came.
    pub packets: u64,
    /// Messages that were read.
    pub messages: u64,
    /// Messages in which something happened to a symbol.
    pub events: u64,
    /// Packets all of whose messages had come before.
    pub copies: u64,
    /// Packets that came when their messages were given up.
    pub late: u64,
    /// Packets that came before their turn and waited for it.
    pub early: u64,
    /// Packets cut off in the capture and left to the other line.
    pub cut: u64,
    /// Packets with numbers that could not be believed.
    pub unbelievable: u64,
    /// Packets with lengths that lie.
    pub malformed: u64,
    /// Times that messages were missing for good.
    pub gaps: u64,
    /// Messages missing in those.
    pub missing: u64,
    /// Numberings that began with a reset.
    pub resets: u64,
    /// Numberings that began without one.
    pub restarts: u64,
    /// Retransmissions that filled a gap.
    pub retransmissions: u64,
    /// Retransmissions that were skipped: of numbers ahead of the channel, or of another channel.
    pub retransmissions_unused: u64,
    /// Refreshes of a symbol that were read to their end.
    pub refreshes: u64,
    /// Refreshes of a symbol of which something was missing.
    pub refreshes_abandoned: u64,
    /// Messages of types that the dialect does not have.
    pub unknown_types: u64,
    /// Messages of symbols that nobody defined.
    pub unknown_symbols: u64,
    /// Messages with a value that makes no sense.
    pub bad_values: u64,
    /// Symbols that the feed defined and for which there was no room.
    pub symbols_without_room: u64,
}

impl Totals {
    pub(super) fn of(
        packets: u64,
        (unbelievable, refreshes_given_up): (u64, u64),
        lines: &line::LineCounters,
        channel: &Channel<Box<[FeedSymbol]>>,
    ) -> Self {
        let (sequence, read) = (channel.counters(), channel.normalizer().counters());
        Self {
            packets,
            messages: read.messages(),
            events: read.events,
            copies: lines.duplicates + sequence.duplicates,
            late: lines.late,
            early: lines.held,
            cut: lines.damaged,
            unbelievable,
            malformed: read.malformed,
            gaps: sequence.gaps,
            missing: sequence.messages_missing,
            resets: sequence.resets,
            restarts: sequence.restarts,
            retransmissions: lines.filled_by_retransmission,
            retransmissions_unused: lines.unwanted,
            refreshes: read.refreshes,
            refreshes_abandoned: read.refreshes_abandoned
                + sequence.old_refreshes
                + refreshes_given_up,
            unknown_types: read.unknown_types,
            unknown_symbols: read.unknown_symbols,
            bad_values: read.bad_values,
            symbols_without_room: read.symbols_without_room,
        }
    }

    /// These and those together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            packets: self.packets + other.packets,
            messages: self.messages + other.messages,
            events: self.events + other.events,
            copies: self.copies + other.copies,
            late: self.late + other.late,
            early: self.early + other.early,
            cut: self.cut + other.cut,
            unbelievable: self.unbelievable + other.unbelievable,
            malformed: self.malformed + other.malformed,
            gaps: self.gaps + other.gaps,
            missing: self.missing + other.missing,
            resets: self.resets + other.resets,
            restarts: self.restarts + other.restarts,
            retransmissions: self.retransmissions + other.retransmissions,
            retransmissions_unused: self.retransmissions_unused + other.retransmissions_unused,
            refreshes: self.refreshes + other.refreshes,
            refreshes_abandoned: self.refreshes_abandoned + other.refreshes_abandoned,
            unknown_types: self.unknown_types + other.unknown_types,
            unknown_symbols: self.unknown_symbols + other.unknown_symbols,
            bad_values: self.bad_values + other.bad_values,
            symbols_without_room: self.symbols_without_room + other.symbols_without_room,
        }
    }

    /// What a person should look at, with its words, in a fixed order; all of it may be 0.
    fn odd(&self) -> [(u64, &'static str); 14] {
        [
            (self.missing, "messages missing"),
            (self.late, "packets too late"),
            (self.cut, "packets cut off"),
            (self.unbelievable, "packets with numbers of long ago"),
            (self.restarts, "numberings begun without a reset"),
            (self.early, "packets early"),
            (self.retransmissions, "gaps filled by retransmissions"),
            (
                self.retransmissions_unused,
                "retransmissions passed over, of numbers that the channel had not come to",
            ),
            (self.refreshes, "refreshes"),
            (self.refreshes_abandoned, "refreshes incomplete"),
            (self.malformed, "packets or messages malformed"),
            (self.bad_values, "messages without a meaning"),
            (self.unknown_symbols, "messages of unknown symbols"),
            (self.symbols_without_room, "symbols without room"),
        ]
    }

    /// Whether anything happened that a person should look at.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.odd().iter().all(|(count, _)| *count == 0)
    }
}

/// What a person should look at, in words: nothing at all when it [is plain](Totals::is_plain).
impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let odd = self.odd();
        let odd = odd.iter().filter(|(count, _)| *count > 0);
        for (number, (count, words)) in odd.enumerate() {
            let separator = if number == 0 { "" } else { ", " };
            write!(f, "{separator}{words}: {count}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_happened_is_put_in_words() {
        assert_eq!(Totals::default().to_string(), "");
        let totals = Totals {
            packets: 5,
            copies: 3,
            missing: 2,
            restarts: 1,
            ..Totals::default()
        };
        assert!(!totals.is_plain());
        assert_eq!(
            totals.plus(totals).to_string(),
            "messages missing: 4, numberings begun without a reset: 2"
        );
    }
}
