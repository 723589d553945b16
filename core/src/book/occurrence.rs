//! What happens to a whole channel, told to one symbol at a time.

use super::books::Books;
use super::past::ChannelPast;
use super::slot::SymbolSlot;
use super::state::{TradingStatus, Trust};
use super::symbol::{SymbolRecord, flag};
use crate::feed::Beginning;
use crate::units::{ChannelId, SeqNum};

impl Books<'_> {
    /// A numbering of the channel begins. Says whether trust or trading status changed.
    ///
    /// * At its first number a symbol with content is stale until it is cleared or its numbers start
    ///   again, of which only the former counts where no reset was read; one without is as it was.
    /// * In the middle of a day a symbol without content is partial from now on.
    /// * In a failover every symbol is recovering, until [`settled`](Self::settled).
    ///
    /// Nothing happens to a symbol that belongs to another channel.
    pub fn begins(&mut self, slot: SymbolSlot, channel: ChannelId, beginning: &Beginning) -> bool {
        self.happens(slot, channel, |record| {
            let has_content = record.has_content();
            record.unset(flag::REFRESHING | flag::AHEAD | flag::FAILOVER | flag::CLEARED);
            record.unset(flag::UNANNOUNCED);
            let is_own = record.channel() == Some(channel) && !record.has(flag::TENTATIVE);
            // A refresh that lacks what was not read is of no use. What is nobody's yet may have lost
            // something in another channel, whose numbers go on.
            let before = if is_own {
                SeqNum::from_raw(0)
            } else {
                record.since()
            };
            record.set_since(beginning.after.max(before));
            if has_content {
                record.set(flag::RESET);
                if !beginning.is_announced {
                    record.set(flag::UNANNOUNCED);
                }
            }
            if is_own && beginning.after == SeqNum::from_raw(0) {
                // The venue defines all symbols first.
                record.unset(flag::UNSCALED);
            }
            if beginning.failover {
                record.set(flag::FAILOVER);
                if record.channel().is_none() {
                    record.set(flag::TENTATIVE);
                    record.set_channel(Some(channel));
                }
                record.set_trust(Trust::Recovering);
            } else if has_content {
                record.set_trust(Trust::Stale);
                record.set_trading_status(TradingStatus::Unknown);
            } else if record.trust() == Trust::Recovering {
                record.set_trust(Trust::Stale);
            } else if beginning.after > SeqNum::from_raw(0) && record.trust() == Trust::Live {
                record.set_trust(Trust::Partial);
            }
        })
    }

    /// Messages of the channel up to number `last` are lost: any symbol may have been meant, to be
    /// changed, cleared or given a new scale. Says whether trust or trading status changed. Nothing
    /// happens to a symbol that belongs to another channel.
    pub fn lost(&mut self, slot: SymbolSlot, channel: ChannelId, last: SeqNum) -> bool {
        self.happens(slot, channel, |record| {
            // Number 1 is the reset itself.
            if last > SeqNum::from_raw(1) {
                record.set(flag::UNSCALED);
            }
            record.set_since(record.since().max(last));
            record.set_trust(Trust::Stale);
        })
    }

    /// A failover of the channel is over: a symbol that it cleared and that missed nothing since is
    /// live, others are stale. Says whether trust or trading status changed. Nothing happens to a
    /// symbol that belongs to another channel.
    pub fn settled(&mut self, slot: SymbolSlot, channel: ChannelId) -> bool {
        self.happens(slot, channel, |record| {
            if !record.has(flag::FAILOVER) {
                return;
            }
            let is_built = record.has(flag::CLEARED) && record.trust() == Trust::Recovering;
            record.unset(flag::FAILOVER | flag::CLEARED);
            if record.has(flag::TENTATIVE) {
                record.unset(flag::TENTATIVE);
                record.set_channel(None);
            }
            record.set_trust(if is_built { Trust::Live } else { Trust::Stale });
        })
    }

    /// Something is missing of what refreshes of the channel tell: the one that is under way will not
    /// be whole. Says whether trust or trading status changed.
    pub fn refresh_broken(&mut self, slot: SymbolSlot, channel: ChannelId) -> bool {
        self.happens(slot, channel, |record| {
            if record.has(flag::REFRESHING) {
                record.set_trust(Trust::Stale);
            }
        })
    }

    /// Tells a new symbol what happened to its channel.
    pub(super) fn catch_up(&mut self, slot: SymbolSlot, channel: ChannelId, past: &ChannelPast) {
        if let Some(beginning) = past.beginning() {
            self.begins(slot, channel, &beginning);
        }
        if let Some(last) = past.loss() {
            self.lost(slot, channel, last);
        }
    }

    fn happens(
        &mut self,
        slot: SymbolSlot,
        channel: ChannelId,
        change: impl FnOnce(&mut SymbolRecord<'_>),
    ) -> bool {
        let mut record = self.symbols.record(slot);
        let is_anothers = record.channel().is_some_and(|owner| owner != channel);
        if is_anothers && !record.has(flag::TENTATIVE) {
            return false;
        }
        let before = (record.trust(), record.trading_status());
        if is_anothers {
            // Two channels build anew what may be of either.
            record.release();
        }
        record.note();
        change(&mut record);
        record.mark();
        (record.trust(), record.trading_status()) != before
    }
}
