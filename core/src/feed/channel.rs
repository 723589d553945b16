//! One channel of a feed, from packets in the order of their arrival to events.

use super::{FeedEvent, Normalizer, SymbolSlot, TooManySymbols};
use crate::line::{Sequence, SequenceTracker};
use crate::units::{PriceScale, SymbolIndex, SystemId};
use crate::xdp::{Dialect, PacketRef, WireError};

/// A channel whose packets come from one source that does not reorder them: a capture, or a line
/// behind an arbiter.
///
/// Copies are dropped, missing messages make the books stale; nothing waits and nothing is asked
/// for again.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
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
        if packet.header().delivery_flag.is_numbered_apart() {
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

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use super::*;
    use crate::feed::{Action, StaleReason};
    use crate::units::{SeqNum, SymbolSeqNum, UnixNanos};
    use crate::xdp::{
        Body, DeliveryFlag, LegacySymbolIndexMapping, PacketBuilder, PillarDeleteOrder,
    };

    fn with_packet(seq_num: u32, message: &impl Body, handle: impl FnOnce(&PacketRef<'_>)) {
        let mut buffer = [0; 1_400];
        let mut packet = PacketBuilder::new(&mut buffer).unwrap();
        packet.push(message).unwrap();
        let seq_num = SeqNum::from_raw(seq_num);
        let bytes = packet.finish(DeliveryFlag::ORIGINAL, seq_num, UnixNanos::from_raw(0));
        handle(&PacketRef::new(bytes).unwrap());
    }

    #[test]
    fn a_gap_makes_the_symbols_of_its_channel_stale_and_no_others() {
        let [defined, heard, elsewhere] = [1, 2, 3].map(SymbolIndex::from_raw);
        let mut channel = Channel::new(Dialect::Pillar, [SymbolSlot::EMPTY; 8]);
        let scale = PriceScale::new(4).unwrap();
        for symbol_index in [defined, heard, elsewhere] {
            channel
                .define(symbol_index, SystemId::from_raw(1), scale)
                .unwrap();
        }
        let mut nothing = |_: FeedEvent| {};
        let mapping = LegacySymbolIndexMapping {
            symbol_index: defined,
            price_scale_code: 4,
            ..Default::default()
        };
        with_packet(1, &mapping, |packet| {
            channel.packet(packet, &mut nothing).unwrap();
        });
        let delete = |number| PillarDeleteOrder {
            symbol_index: heard,
            symbol_seq_num: SymbolSeqNum::from_raw(number),
            ..Default::default()
        };
        with_packet(2, &delete(1), |packet| {
            channel.packet(packet, &mut nothing).unwrap();
        });

        let carried = [defined, heard, elsewhere].map(|s| channel.normalizer().carries(s));
        assert_eq!(carried, [true, true, false]);

        let mut stale = Vec::new();
        with_packet(5, &delete(2), |packet| {
            let sequence = channel.packet(packet, &mut |event| {
                if let Action::Stale { reason } = event.action {
                    stale.push((event.symbol_index, reason));
                }
            });
            let gap = Sequence::Gap {
                expected: SeqNum::from_raw(3),
                missing: 2,
            };
            assert_eq!(sequence, Ok(gap));
        });
        stale.sort_by_key(|(symbol_index, _)| *symbol_index);
        assert_eq!(
            stale,
            [defined, heard].map(|symbol| (symbol, StaleReason::ChannelGap))
        );
    }
}
