//! Counts of what a channel's normalizer has seen.

use crate::units::SymbolIndex;

/// Totals of one channel since its start.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct FeedCounters {
    /// Messages by type; the last is for all types from 255 on.
    pub by_type: [u64; 256],
    /// Packets by delivery flag; the last is for all flags from 63 on.
    pub by_flag: [u64; 64],
    /// Events told.
    pub events: u64,
    /// Messages skipped because the dialect has no such type.
    pub unknown_types: u64,
    /// Packets with a delivery flag that is not listed (docs/wire-format.md, 1.2); treated as live data.
    pub unknown_flags: u64,
    /// Packets and messages with a wrong length.
    pub malformed: u64,
    /// Messages dropped because a required field has an unlisted value, such as a side that is
    /// neither buy nor sell; their symbol becomes stale.
    pub bad_values: u64,
    /// Messages with a code that is not listed (docs/wire-format.md, 4), where the meaning is still clear.
    pub unlisted_codes: u64,
    /// Messages of symbols that nobody defined.
    pub unknown_symbols: u64,
    /// The symbol of the first such message.
    pub first_unknown_symbol: Option<SymbolIndex>,
    /// Symbols for which there was no room.
    pub symbols_without_room: u64,
    /// Refreshes of a symbol that were read completely.
    pub refreshes: u64,
    /// Refreshes of a symbol that were incomplete or could not be understood.
    pub refreshes_abandoned: u64,
    /// Events whose time is unknown, since their second was not told.
    pub times_unknown: u64,
    /// Price scales above 9, which were ignored.
    pub bad_scales: u64,
    /// Sequence number resets.
    pub resets: u64,
    /// Bytes after the last message of a packet that belong to no message.
    pub unclaimed_bytes: u64,
}

impl Default for FeedCounters {
    fn default() -> Self {
        Self::new()
    }
}

impl FeedCounters {
    /// Nothing counted.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            by_type: [0; 256],
            by_flag: [0; 64],
            events: 0,
            unknown_types: 0,
            unknown_flags: 0,
            malformed: 0,
            bad_values: 0,
            unlisted_codes: 0,
            unknown_symbols: 0,
            first_unknown_symbol: None,
            symbols_without_room: 0,
            refreshes: 0,
            refreshes_abandoned: 0,
            times_unknown: 0,
            bad_scales: 0,
            resets: 0,
            unclaimed_bytes: 0,
        }
    }

    /// All messages.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.by_type.iter().sum()
    }

    /// All packets.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.by_flag.iter().sum()
    }

    /// Counts by message type, for types below 255, without those that did not come.
    pub fn types(&self) -> impl Iterator<Item = (u16, u64)> {
        (0..).zip(self.by_type).filter(|&(_, count)| count > 0)
    }
}

/// Adds one to the counter at the index, or to the last one.
#[inline]
pub(super) fn count_at<const N: usize>(counters: &mut [u64; N], index: usize) {
    if let Some(counter) = counters.get_mut(index.min(N - 1)) {
        *counter += 1;
    }
}

/// Adds one to a counter of what hardly ever happens.
#[cold]
pub(super) fn count_rare(counter: &mut u64) {
    *counter += 1;
}
