//! What happened to whole channels, for symbols that are defined later.

use super::books::Books;
use super::symbol::SymbolSlot;
use crate::feed::Beginning;
use crate::units::{ChannelId, Numbering, SeqNum};

/// What happened to a whole channel, which a symbol that is defined later may have been meant by. Keep
/// one for each channel, and tell it what the books are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ChannelPast {
    numbering: Numbering,
    /// Where the numbering was begun: not 0 in the middle of a day.
    after: SeqNum,
    /// Whether the venue builds all books anew.
    failover: bool,
    /// The last number that is lost or was passed over, if one is.
    lost: Option<SeqNum>,
}

impl ChannelPast {
    /// As [`Books::begins`], for all symbols of the channel that are to come.
    pub fn begins(&mut self, beginning: &Beginning) {
        let &Beginning {
            numbering,
            after,
            failover,
        } = beginning;
        self.numbering = numbering;
        self.failover = failover;
        // A failover tells again what there was before, but not to those who come into its midst, and
        // not of symbols that it does not name.
        if !failover || after > SeqNum::from_raw(0) {
            self.after = after;
        }
        self.lost = self.lost.filter(|_| failover).map(|_| after);
    }

    /// As [`Books::lost`].
    pub fn lost(&mut self, last: SeqNum) {
        self.lost = Some(last);
    }

    /// An event with this number was of a symbol that is not defined, and was passed over.
    pub fn passed_over(&mut self, number: SeqNum) {
        self.lost = self.lost.max(Some(number));
    }

    /// The present numbering.
    #[must_use]
    pub const fn numbering(&self) -> Numbering {
        self.numbering
    }

    /// As [`Books::settled`].
    pub const fn settled(&mut self) {
        self.failover = false;
    }
}

impl Books<'_> {
    /// Tells a new symbol what happened to its channel.
    pub(super) fn catch_up(&mut self, slot: SymbolSlot, channel: ChannelId, past: &ChannelPast) {
        let &ChannelPast {
            numbering,
            after,
            failover,
            lost,
        } = past;
        if failover || after > SeqNum::from_raw(0) {
            let beginning = Beginning {
                numbering,
                after,
                failover,
            };
            self.begins(slot, channel, &beginning);
        }
        if let Some(last) = lost
            && !failover
        {
            self.lost(slot, channel, last);
        }
    }
}
