//! Which messages a naive book takes, and what whole channels tell it.

use oxberry_core::book::{Rejection, TradingStatus, Trust};
use oxberry_core::feed::{Action, Beginning, FeedEvent};
use oxberry_core::units::{ChannelId, SeqNum};

use super::symbol::{NaiveSymbol, Owner, Refresh};

/// What becomes of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// It is applied, with so many messages missing before it.
    Apply(u32),
    /// It says nothing to the book.
    Ignore,
    /// It is not applied, and should have been.
    Refuse(Rejection),
}

impl NaiveSymbol {
    pub(super) fn belongs_to(&self) -> Option<ChannelId> {
        match self.owner {
            Owner::Nobody | Owner::Perhaps(_) => None,
            Owner::Channel(channel) => Some(channel),
        }
    }

    pub(super) fn distrust(&mut self) {
        self.trust = Trust::Stale;
        self.refresh = Refresh::None;
    }

    /// Trust, which a symbol that two channels claim never has.
    pub(super) fn set_trust(&mut self, trust: Trust) {
        if trust == Trust::Stale || self.contested || self.unscaled {
            self.distrust();
        } else {
            self.trust = trust;
        }
    }

    pub(super) fn admit(&mut self, channel: ChannelId, event: &FeedEvent) -> Admission {
        // Does it say what is known, of a symbol that may be another channel's?
        let is_own = match self.owner {
            Owner::Nobody => false,
            Owner::Perhaps(owner) | Owner::Channel(owner) => owner == channel,
        };
        if let Action::Define {
            scale,
            is_whole: true,
        } = event.action
            && scale == self.scale
            && !is_own
        {
            self.unscaled &= matches!(self.owner, Owner::Channel(_));
            return Admission::Ignore;
        }

        // Whose is it?
        match self.owner {
            Owner::Channel(owner) if owner != channel => {
                self.contested = true;
                self.distrust();
                if channel > owner {
                    return Admission::Refuse(Rejection::OtherChannel);
                }
                let scale = self.scale;
                *self = Self::new(scale);
                self.contested = true;
                self.distrust();
            }
            Owner::Perhaps(owner) if owner != channel => {
                self.failover = None;
                self.distrust();
            }
            Owner::Nobody | Owner::Perhaps(_) | Owner::Channel(_) => {}
        }
        self.owner = Owner::Channel(channel);

        // Is it in the book already, or of a refresh that is not wanted?
        if let Action::Refresh { .. } = event.action {
            return Admission::Apply(0);
        }
        let is_order = matches!(event.action, Action::RefreshAdd { .. } | Action::Refreshed);
        let is_status = matches!(event.action, Action::Halt | Action::Resume | Action::Close);
        if is_order || is_status && event.symbol_seq_num.is_none() {
            return match self.refresh {
                Refresh::None => Admission::Ignore,
                Refresh::UnderWay => Admission::Apply(0),
            };
        }
        if self.ahead {
            if event.seq_num <= self.since {
                return Admission::Ignore;
            }
            self.ahead = false;
        }
        let keeps_orders = matches!(
            event.action,
            Action::Other | Action::Trade { .. } | Action::Halt | Action::Resume
        );
        if self.refresh == Refresh::UnderWay && !keeps_orders {
            self.distrust();
        }

        // Does it come too late for the refresh that a clear announced?
        let awaits_refresh = self.trust == Trust::Recovering
            && self.failover.is_none()
            && self.refresh == Refresh::None;
        if awaits_refresh && event.seq_num.raw() > self.since.raw() + 100_000 {
            self.trust = Trust::Partial;
        }

        // Is it the next one?
        let Some(number) = event.symbol_seq_num else {
            return Admission::Apply(0);
        };
        let number = number.raw();
        if self.trust == Trust::Recovering {
            let old = number <= self.last && self.refresh == Refresh::None;
            if old || self.failover.is_some() {
                self.last = self.last.max(number);
                return Admission::Apply(0);
            }
        }
        if number == 0 {
            self.distrust();
            return Admission::Refuse(Rejection::OldMessage);
        }
        let unsure = matches!(self.trust, Trust::Partial | Trust::Stale);
        if self.reset || number == 1 && self.last == 0 && unsure {
            self.reset = false;
            self.orders.clear();
            self.expired = false;
            self.last = number;
            let is_whole = number == 1 && !self.unannounced;
            if is_whole {
                // It is whole, whatever a failover was still to tell.
                self.failover = None;
            }
            self.set_trust(if is_whole { Trust::Live } else { Trust::Stale });
            return Admission::Apply(number - 1);
        }
        if number <= self.last {
            self.distrust();
            return Admission::Refuse(Rejection::OldMessage);
        }
        let mut missing = number - self.last - 1;
        if self.trust == Trust::Partial && self.last == 0 {
            missing = 0;
        }
        self.last = number;
        if missing > 0 {
            self.distrust();
        }
        Admission::Apply(missing)
    }

    pub(super) fn begins(&mut self, channel: ChannelId, beginning: &Beginning) {
        if !self.listens(channel) {
            return;
        }
        let content = self.last != 0 || !self.orders.is_empty();
        self.refresh = Refresh::None;
        self.ahead = false;
        self.failover = None;
        let is_own = self.owner == Owner::Channel(channel);
        self.unscaled &= !is_own || beginning.after.raw() > 0;
        let before = if is_own {
            SeqNum::from_raw(0)
        } else {
            self.since
        };
        self.since = beginning.after.max(before);
        self.reset |= content;
        self.unannounced = content && !beginning.is_announced;
        if beginning.failover {
            self.failover = Some(false);
            if self.owner == Owner::Nobody {
                self.owner = Owner::Perhaps(channel);
            }
            self.set_trust(Trust::Recovering);
            return;
        }
        if content {
            self.distrust();
            self.status = TradingStatus::Unknown;
        }
        if self.trust == Trust::Recovering {
            self.distrust();
        }
        if self.trust == Trust::Live && beginning.after.raw() > 0 {
            self.trust = Trust::Partial;
        }
    }

    pub(super) fn lost(&mut self, channel: ChannelId, last: SeqNum) {
        if self.listens(channel) {
            // Number 1 is the reset itself, and behind it the venue defines all symbols.
            self.unscaled |= last.raw() > 1;
            self.since = self.since.max(last);
            self.distrust();
        }
    }

    pub(super) fn settled(&mut self, channel: ChannelId) {
        if !self.listens(channel) {
            return;
        }
        let Some(cleared) = self.failover.take() else {
            return;
        };
        if let Owner::Perhaps(_) = self.owner {
            self.owner = Owner::Nobody;
        }
        if cleared && self.trust == Trust::Recovering {
            self.trust = Trust::Live;
        } else {
            self.distrust();
        }
    }

    /// Whether the symbol may be one of the channel.
    fn listens(&mut self, channel: ChannelId) -> bool {
        match self.owner {
            Owner::Nobody => true,
            Owner::Channel(owner) => owner == channel,
            Owner::Perhaps(owner) => {
                if owner != channel {
                    self.owner = Owner::Nobody;
                    self.failover = None;
                    self.distrust();
                }
                true
            }
        }
    }
}
