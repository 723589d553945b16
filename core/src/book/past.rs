//! What happened to whole channels, for symbols that are defined later.

use crate::feed::Beginning;
use crate::units::{Numbering, SeqNum};

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
    /// As [`Books::begins`](super::Books::begins), for all symbols of the channel that are to come.
    pub fn begins(&mut self, beginning: &Beginning) {
        let &Beginning {
            numbering,
            after,
            is_announced: _,
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

    /// As [`Books::lost`](super::Books::lost).
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

    /// As [`Books::settled`](super::Books::settled).
    pub const fn settled(&mut self) {
        self.failover = false;
    }

    /// What a symbol that is defined now is told to have begun, if that is not the day.
    pub(super) fn beginning(&self) -> Option<Beginning> {
        let &Self {
            numbering,
            after,
            failover,
            lost: _,
        } = self;
        let beginning = Beginning {
            numbering,
            after,
            is_announced: true,
            failover,
        };
        (failover || after > SeqNum::from_raw(0)).then_some(beginning)
    }

    /// The last number that it is told to be lost. While the venue builds all books anew, what was
    /// lost before does not matter.
    pub(super) fn loss(&self) -> Option<SeqNum> {
        self.lost.filter(|_| !self.failover)
    }
}
