//! One channel of the feed: takes packets in order and tells what they mean.

use super::{Beginning, FeedSymbol, Follower, Lost, Normalizer, TooManySymbols};
use crate::line::{Continuity, GapDetector};
use crate::units::{Position, SeqNum, SymbolIndex, SystemId, UnixNanos};
use crate::xdp::{DeliveryFlag, Dialect, PacketRef, WireError};

/// A channel whose packets come from one source that does not reorder them: a channel file, or a
/// line behind an arbiter.
///
/// Duplicates are dropped and gaps are lost at once: nothing waits and nothing is requested again. The
/// follower hears of a numbering before anything in it, of lost messages before what comes after them,
/// and of the end of a failover before the first message after it.
///
/// ```
/// use oxberry_core::feed::{Action, Channel, EventsOnly, FeedEvent, FeedSymbol};
/// use oxberry_core::units::{OrderId, SeqNum, SymbolIndex, SymbolSeqNum, SystemId, UnixNanos};
/// use oxberry_core::xdp::{DeliveryFlag, Dialect, PacketBuilder, PacketRef, PillarDeleteOrder};
///
/// let symbol_index = SymbolIndex::from_raw(9280);
/// let delete = PillarDeleteOrder {
///     symbol_index,
///     symbol_seq_num: SymbolSeqNum::from_raw(1),
///     order_id: OrderId::from_raw(7),
///     ..Default::default()
/// };
/// let mut buffer = [0; 1400];
/// let mut packet = PacketBuilder::new(&mut buffer).expect("a header fits");
/// packet.push(&delete).expect("one message fits");
/// let sent = packet.finish(DeliveryFlag::ORIGINAL, SeqNum::from_raw(1), UnixNanos::from_raw(0));
///
/// let mut channel = Channel::new(Dialect::Pillar, [FeedSymbol::EMPTY; 16]);
/// channel.define(symbol_index, SystemId::from_raw(1)).expect("there is room");
/// let mut told = Vec::new();
/// channel.packet(&PacketRef::new(sent)?, &mut EventsOnly(|event: FeedEvent| told.push(event.action)))?;
/// assert_eq!(told, [Action::Delete { order_id: OrderId::from_raw(7) }]);
/// # Ok::<(), oxberry_core::xdp::WireError>(())
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Channel<S> {
    detector: GapDetector,
    normalizer: Normalizer<S>,
    /// The venue builds all books anew.
    failover: bool,
    /// The number after the last packet of refreshes, and when that was sent.
    refreshed: Option<(SeqNum, UnixNanos)>,
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
    /// Packets of which only some messages were new.
    pub straddling: u64,
    /// Gaps.
    pub gaps: u64,
    /// Messages missing in those gaps.
    pub messages_missing: u64,
    /// Sequence resets.
    pub resets: u64,
    /// Restarts of the numbering whose reset did not come.
    pub restarts: u64,
    /// Refresh packets that came before, or were sent before the present numbering began.
    pub old_refreshes: u64,
}

impl<S: AsRef<[FeedSymbol]> + AsMut<[FeedSymbol]>> Channel<S> {
    /// Starts with no symbols and expects whatever comes first; what is in the storage is
    /// overwritten.
    pub fn new(dialect: Dialect, storage: S) -> Self {
        Self {
            detector: GapDetector::new(),
            normalizer: Normalizer::new(dialect, storage),
            failover: false,
            refreshed: None,
            counters: SequenceCounters::default(),
        }
    }

    /// Continues after the last message of an earlier run; what was sent between is lost.
    pub fn after(position: Position, dialect: Dialect, storage: S) -> Self {
        Self {
            detector: GapDetector::after(position),
            ..Self::new(dialect, storage)
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
    ) -> Result<(), TooManySymbols> {
        self.normalizer.define(symbol_index, system_id)
    }

    /// Tells `out` what the new messages of the packet mean. Returns what the packet's number showed.
    ///
    /// # Errors
    ///
    /// As [`Normalizer::packet`]; the channel can go on with the next packet.
    pub fn packet(
        &mut self,
        packet: &PacketRef<'_>,
        out: &mut impl Follower,
    ) -> Result<Continuity, WireError> {
        let header = packet.header();
        if header.delivery_flag.is_numbered_apart() {
            return self.numbered_apart(packet, out);
        }
        let sequence = self.detector.advance(packet);
        let seen = match sequence {
            Continuity::Heartbeat => {
                self.counters.heartbeats += 1;
                0
            }
            Continuity::InOrder => 0,
            Continuity::Duplicate => {
                self.counters.duplicates += 1;
                return Ok(sequence);
            }
            Continuity::Straddles { seen } => {
                self.counters.straddling += 1;
                seen
            }
            Continuity::Gap { expected, missing } => {
                self.lose(expected, missing, out);
                0
            }
            Continuity::Joined | Continuity::Reset => {
                self.counters.resets += u64::from(sequence == Continuity::Reset);
                let after = SeqNum::from_raw(header.seq_num.raw().saturating_sub(1));
                self.begin(after, true, header.delivery_flag, out);
                0
            }
            Continuity::Restart { missing } => {
                self.counters.restarts += 1;
                self.begin(SeqNum::from_raw(0), false, header.delivery_flag, out);
                if missing > 0 {
                    self.lose(SeqNum::from_raw(1), missing, out);
                }
                0
            }
        };
        if self.failover && header.delivery_flag == DeliveryFlag::ORIGINAL {
            self.failover = false;
            out.settled(header.seq_num.plus(u32::from(seen)));
        }
        self.normalizer.packet(packet, seen, out)?;
        Ok(sequence)
    }

    fn numbered_apart(
        &mut self,
        packet: &PacketRef<'_>,
        out: &mut impl Follower,
    ) -> Result<Continuity, WireError> {
        let header = packet.header();
        let begun = self.detector.begun();
        // The other line's copy has known numbers and was not sent later.
        let is_copy = |(end, sent)| header.seq_num < end && header.send_time <= sent;
        let old = begun.is_some_and(|begun| header.send_time < begun)
            || self.refreshed.is_some_and(is_copy);
        if !header.delivery_flag.is_refresh() || old {
            self.counters.old_refreshes += u64::from(old);
            self.normalizer.pass_over(packet);
        } else {
            let end = header.seq_num.plus(u32::from(header.number_msgs));
            self.refreshed = Some((end, header.send_time));
            let read = self.detector.position().seq_num;
            self.normalizer.refresh_packet(packet, read, out)?;
        }
        Ok(Continuity::InOrder)
    }

    #[cold]
    fn begin(
        &mut self,
        after: SeqNum,
        is_announced: bool,
        flag: DeliveryFlag,
        out: &mut impl Follower,
    ) {
        self.normalizer.begin();
        self.failover = flag.is_failover();
        out.begins(Beginning {
            numbering: self.detector.position().numbering,
            after,
            is_announced,
            failover: self.failover,
        });
    }

    #[cold]
    fn lose(&mut self, first: SeqNum, missing: u32, out: &mut impl Follower) {
        self.counters.gaps += 1;
        self.counters.messages_missing += u64::from(missing);
        self.normalizer.forget_seconds();
        let last = first.plus(missing.saturating_sub(1));
        out.lost(Lost { first, last });
    }

    /// The normalizer, which knows what messages mean.
    #[must_use]
    pub const fn normalizer(&self) -> &Normalizer<S> {
        &self.normalizer
    }

    /// The gap detector, which knows the next number.
    #[must_use]
    pub const fn detector(&self) -> &GapDetector {
        &self.detector
    }

    /// What the sequence numbers showed so far.
    #[must_use]
    pub const fn counters(&self) -> &SequenceCounters {
        &self.counters
    }
}

#[cfg(test)]
mod tests;
