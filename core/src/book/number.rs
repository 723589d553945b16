//! Whether a message is the next one of its symbol, and what follows if it is not.

use super::applied::Applied;
use super::apply::Target;
use super::books::Books;
use super::rejection::Rejection;
use super::slot::SymbolSlot;
use super::state::{TradingStatus, Trust};
use super::symbol::{SymbolRecord, flag};
use crate::feed::{Action, FeedEvent};
use crate::units::{ChannelId, SeqNum, SymbolSeqNum};

/// Numbers of the channel within which the refresh begins that follows a clear in the middle of the
/// day: five seconds of a busy channel. Behind them the book goes on without the orders from before.
const REFRESH_WITHIN: u32 = 100_000;

/// What becomes of an event.
enum Admitted {
    /// It is applied; so many messages are missing before it.
    Taken { missing: u32 },
    /// It is applied to a book that has no orders and no number any more.
    TakenAnew { trust: Trust, missing: u32 },
    /// It is in the book already, or says nothing to it.
    PassedOver,
    /// It is not applied.
    Refused(Rejection),
}

impl Books<'_> {
    /// Applies an event that is not simply the next message of its symbol.
    #[cold]
    pub(super) fn apply_odd(
        &mut self,
        target: Target,
        channel: ChannelId,
        event: &FeedEvent,
    ) -> Applied {
        let slot = target.slot;
        let before = self.symbols.shown(slot);
        let mut applied = Applied::nothing(slot);
        match self.admit(slot, channel, event) {
            Admitted::Taken { missing } => {
                applied = self.apply_admitted(target, event);
                applied.missing = missing;
            }
            Admitted::TakenAnew { trust, missing } => {
                self.start_anew(slot, trust);
                applied = self.apply_admitted(target, event);
                applied.missing = missing;
            }
            Admitted::PassedOver => {}
            Admitted::Refused(rejection) => {
                self.counters.reject(rejection);
                self.symbols.record(slot).set_trust(Trust::Stale);
                applied.rejection = Some(rejection);
            }
        }
        if applied.missing > 0 {
            self.counters.symbol_gaps += 1;
            self.counters.symbol_messages_missing += u64::from(applied.missing);
        }
        self.symbols.record(slot).mark();
        applied.compare(before, self.symbols.shown(slot));
        applied
    }

    /// Makes all orders of a symbol void that its numbers start without.
    fn start_anew(&mut self, slot: SymbolSlot, trust: Trust) {
        self.void_all(slot);
        let mut record = self.symbols.record(slot);
        record.unset(flag::RESET | flag::EXPIRED);
        if trust == Trust::Live {
            // Whatever a failover was to tell of it, it is whole from here on. Whoever missed the end
            // of that failover would wait for it for ever.
            record.unset(flag::FAILOVER | flag::CLEARED);
        }
        record.set_trust(trust);
    }

    fn admit(&mut self, slot: SymbolSlot, channel: ChannelId, event: &FeedEvent) -> Admitted {
        if self.symbols.record(slot).defines_again(channel, event) {
            return Admitted::PassedOver;
        }
        if let Some(refused) = self.claim(slot, channel) {
            return refused;
        }
        let mut record = self.symbols.record(slot);
        if let Action::Refresh { .. } = event.action {
            return Admitted::Taken { missing: 0 };
        }
        if event.is_of_refresh() {
            return if record.has(flag::REFRESHING) {
                Admitted::Taken { missing: 0 }
            } else {
                Admitted::PassedOver
            };
        }
        if record.has(flag::AHEAD) {
            if event.seq_num <= record.since() {
                return Admitted::PassedOver;
            }
            record.unset(flag::AHEAD);
        }
        if record.has(flag::REFRESHING) && !leaves_orders_alone(event) {
            // Orders that are still to be told would come behind it, or after it took them away.
            record.set_trust(Trust::Stale);
        }
        if record.awaits_refresh() && event.seq_num > record.since().plus(REFRESH_WITHIN) {
            record.set_trust(Trust::Partial);
        }
        match event.symbol_seq_num {
            None => Admitted::Taken { missing: 0 },
            Some(number) => admit_number(&mut record, number),
        }
    }

    /// Makes the symbol one of the channel, if it is of none. Between two the lower one has it,
    /// whichever came first, so that the book does not depend on that.
    fn claim(&mut self, slot: SymbolSlot, channel: ChannelId) -> Option<Admitted> {
        let mut record = self.symbols.record(slot);
        let owner = record.channel();
        if owner != Some(channel) && record.has(flag::TENTATIVE) {
            record.release();
        }
        record.unset(flag::TENTATIVE);
        match record.channel() {
            Some(owner) if owner == channel => {}
            None => record.set_channel(Some(channel)),
            Some(owner) => {
                record.set(flag::CONTESTED);
                if owner < channel {
                    return Some(Admitted::Refused(Rejection::OtherChannel));
                }
                record.set_channel(Some(channel));
                record.set_last(0);
                record.set_since(SeqNum::from_raw(0));
                record.unset(flag::FAILOVER | flag::CLEARED | flag::AHEAD);
                record.set_trading_status(TradingStatus::Unknown);
                self.start_anew(slot, Trust::Stale);
                self.tapes.reset(slot);
            }
        }
        None
    }
}

impl SymbolRecord<'_> {
    /// Takes note of a definition that says of a symbol what is known. It makes the symbol nobody's,
    /// since a venue may define one where it has no messages; says whether it is one.
    fn defines_again(&mut self, channel: ChannelId, event: &FeedEvent) -> bool {
        let Action::Define { scale, is_whole } = event.action else {
            return false;
        };
        let owner = self.channel().filter(|_| !self.has(flag::TENTATIVE));
        if self.channel() == Some(channel) || scale != self.scale() || !is_whole {
            return false;
        }
        if owner.is_none() {
            self.unset(flag::UNSCALED);
        }
        true
    }

    /// The symbol is of another channel than that whose failover was taken to be its own.
    pub(super) fn release(&mut self) {
        self.unset(flag::TENTATIVE | flag::FAILOVER | flag::CLEARED);
        self.set_channel(None);
        self.set_trust(Trust::Stale);
    }
}

/// What a number means to a book, of which it becomes the last unless it is refused.
fn admit_number(record: &mut SymbolRecord<'_>, number: SymbolSeqNum) -> Admitted {
    let (number, last, trust) = (number.raw(), record.last(), record.trust());
    // While the venue builds a book anew it repeats messages under their old numbers: in a failover
    // before it goes on with new ones, after a clear among them. A refresh has numbers of its own.
    let repeats = record.has(flag::FAILOVER) || !record.has(flag::REFRESHING) && number <= last;
    if trust == Trust::Recovering && repeats {
        record.set_last(last.max(number));
        return Admitted::Taken { missing: 0 };
    }
    if number == 0 {
        return Admitted::Refused(Rejection::OldMessage);
    }
    let is_reset = record.has(flag::RESET);
    let starts = last == 0 && matches!(trust, Trust::Partial | Trust::Stale);
    if number == 1 && (is_reset || starts) {
        record.set_last(1);
        return Admitted::TakenAnew {
            trust: if record.has(flag::UNANNOUNCED) {
                Trust::Stale
            } else {
                Trust::Live
            },
            missing: 0,
        };
    }
    if is_reset {
        record.set_last(number);
        return Admitted::TakenAnew {
            trust: Trust::Stale,
            missing: number - 1,
        };
    }
    let Some(above) = number.checked_sub(last).filter(|&above| above > 0) else {
        return Admitted::Refused(Rejection::OldMessage);
    };
    record.set_last(number);
    // Whoever begins in the middle of a day does not miss what was before.
    if above == 1 || last == 0 && trust == Trust::Partial {
        return Admitted::Taken { missing: 0 };
    }
    record.set_trust(Trust::Stale);
    Admitted::Taken { missing: above - 1 }
}

/// Whether the event changes no order.
const fn leaves_orders_alone(event: &FeedEvent) -> bool {
    matches!(
        event.action,
        Action::Other | Action::Trade { .. } | Action::Halt | Action::Resume
    )
}
