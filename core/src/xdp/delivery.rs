//! What a delivery flag says of the packet's messages and their numbers (docs/wire-format.md, 1.2).

use super::DeliveryFlag;

impl DeliveryFlag {
    /// Whether it is of a refresh, which has numbers of its own.
    #[must_use]
    pub const fn is_refresh(self) -> bool {
        matches!(
            self,
            Self::REFRESH_ONLY | Self::REFRESH_START | Self::REFRESH_PART | Self::REFRESH_END
        )
    }

    /// Whether it is of a failover, in which the venue builds all books anew.
    #[must_use]
    pub const fn is_failover(self) -> bool {
        matches!(self, Self::FAILOVER | Self::COMPACTED_FAILOVER)
    }

    /// Whether it is of a retransmission, which repeats messages under their numbers.
    #[must_use]
    pub const fn is_retransmission(self) -> bool {
        matches!(self, Self::RETRANSMISSION_ONLY | Self::RETRANSMISSION_PART)
    }

    /// Whether the packet is not numbered as the channel's messages are: a refresh has its own
    /// numbers, and "message unavailable" stands for the messages it names.
    #[must_use]
    pub const fn is_numbered_apart(self) -> bool {
        self.is_refresh()
            || matches!(
                self,
                Self::MESSAGE_UNAVAILABLE | Self::MESSAGE_UNAVAILABLE_2014
            )
    }
}
