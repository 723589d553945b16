//! One channel of a feed, from packets in the order of their arrival to events.

use super::{FeedEvent, Normalizer, SymbolSlot, TooManySymbols};
use crate::line::{Sequence, SequenceTracker};
use crate::units::{PriceScale, SymbolIndex, SystemId};
use crate::xdp::{DeliveryFlag, Dialect, PacketRef, WireError};

/// A channel whose packets come from one source that does not reorder them: a capture, or a line
/// behind an arbiter.
///
/// Copies are dropped, missing messages make the books stale; nothing waits and nothing is asked
/// for again.
#[derive(Clone, Debug)]
pub struct Channel<S> {
    tracker: SequenceTracker,
    normalizer: Normalizer<S>,
    counters: SequenceCounters,
}

/// Counts of what the sequence numbers of a channel showed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct SequenceCounters {
    /// Packets without messages.
    pub heartbeats: u64,
    /// Packets dropped because all of their messages were seen.
    pub duplicates: u64,
    /// Packets of whose messages some were seen.
    pub straddling: u64,
    /// Times that messages were missing.
    pub gaps: u64,
    /// Messages missing in those gaps.
    pub messages_missing: u64,
    /// Times that the venue started numbering again.
    pub resets: u64,
}

impl<S: AsRef<[SymbolSlot]> + AsMut<[SymbolSlot]>> Channel<S> {
    /// Starts with no symbols and expects message 1; what is in the storage is overwritten.
    pub fn new(dialect: Dialect, storage: S) -> Self {
        Self {
            tracker: SequenceTracker::new(),
            normalizer: Normalizer::new(dialect, storage),
            counters: SequenceCounters::default(),
        }
    }

    /// As [`Normalizer::define`].
    ///
    /// # Errors
    ///
    /// When there is no room.
    pub fn define(
        &mut self,
        symbol_index: SymbolIndex,
        system_id: SystemId,
        scale: PriceScale,
    ) -> Result<(), TooManySymbols> {
        self.normalizer.define(symbol_index, system_id, scale)
    }

    /// The events of the packet, as far as its messages are new. Says what its number showed.
    ///
    /// # Errors
    ///
    /// As [`Normalizer::packet`]; the channel can go on with the next packet.
    pub fn packet(
        &mut self,
        packet: &PacketRef<'_>,
        emit: &mut impl FnMut(FeedEvent),
    ) -> Result<Sequence, WireError> {
        if numbered_apart(packet.header().delivery_flag) {
            self.normalizer.packet(packet, 0, emit)?;
            return Ok(Sequence::InOrder);
        }
        let sequence = self.tracker.advance(packet);
        let seen = match sequence {
            Sequence::Heartbeat => {
                self.counters.heartbeats += 1;
                0
            }
            Sequence::InOrder => 0,
            Sequence::Duplicate => {
                self.counters.duplicates += 1;
                return Ok(sequence);
            }
            Sequence::Straddles { seen } => {
                self.counters.straddling += 1;
                seen
            }
            Sequence::Gap { missing, .. } => {
                self.counters.gaps += 1;
                self.counters.messages_missing += u64::from(missing);
                self.normalizer.channel_gap(emit);
                0
            }
            Sequence::Reset => {
                self.counters.resets += 1;
                0
            }
        };
        self.normalizer.packet(packet, seen, emit)?;
        Ok(sequence)
    }

    /// The part that knows what messages mean, and its counters.
    #[must_use]
    pub const fn normalizer(&self) -> &Normalizer<S> {
        &self.normalizer
    }

    /// The part that knows which number comes next.
    #[must_use]
    pub const fn tracker(&self) -> &SequenceTracker {
        &self.tracker
    }

    /// What the sequence numbers showed so far.
    #[must_use]
    pub const fn counters(&self) -> &SequenceCounters {
        &self.counters
    }
}

/// Whether packets with the flag are not numbered as the channel's messages are: refreshes have
/// their own numbers, and "message unavailable" stands for the messages it names.
const fn numbered_apart(flag: DeliveryFlag) -> bool {
    matches!(
        flag,
        DeliveryFlag::REFRESH_ONLY
            | DeliveryFlag::REFRESH_START
            | DeliveryFlag::REFRESH_PART
            | DeliveryFlag::REFRESH_END
            | DeliveryFlag::MESSAGE_UNAVAILABLE
            | DeliveryFlag::MESSAGE_UNAVAILABLE_2014
    )
}
