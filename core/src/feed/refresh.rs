//! The refresh of one symbol, put together from its packets (docs/wire-format.md, 1.8).

use super::{Action, FeedEvent, Follower};
use crate::units::{PriceScale, SeqNum, SymbolIndex, SymbolSeqNum, UnixNanos};
use crate::xdp::{Body as _, MessageRef, RefreshHeader, RefreshHeaderShort};

/// The refresh that is under way. One at a time: the venue sends the packets of a symbol back to
/// back.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Refresh {
    part: Option<Part>,
}

/// The latest packet of a refresh of which none was missing so far.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Part {
    /// The first message that names one tells it.
    symbol_index: Option<SymbolIndex>,
    last: SymbolSeqNum,
    through: SeqNum,
    /// As its definition of the symbol says.
    scale: Option<PriceScale>,
    number: u16,
    total: u16,
}

/// What a message of a refresh is to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Belongs {
    /// It is the first one that names the symbol.
    First,
    /// It goes on with the symbol.
    Further,
    /// Its refresh is not read.
    No,
}

impl Refresh {
    /// Something of it is missing or cannot be understood: no order more is of use. Says whether
    /// there was one.
    pub(super) const fn abandon(&mut self) -> bool {
        self.part.take().is_some()
    }

    /// Whether there is one.
    pub(super) const fn is_under_way(&self) -> bool {
        self.part.is_some()
    }

    /// The header of a packet of a refresh. Says whether it can be read on.
    pub(super) fn start_part(&mut self, header: MessageRef<'_>) -> bool {
        self.part = self.next_part(header);
        self.part.is_some()
    }

    fn next_part(&self, header: MessageRef<'_>) -> Option<Part> {
        // The short form is the start of the full one.
        let RefreshHeaderShort {
            current_refresh_pkt: number,
            total_refresh_pkts: total,
        } = RefreshHeaderShort::parse(header).ok()?;
        if number > total {
            return None;
        }
        if number == 1 {
            let header = RefreshHeader::parse(header).ok()?;
            return Some(Part {
                symbol_index: None,
                last: header.last_symbol_seq_num,
                through: header.last_seq_num,
                scale: None,
                number,
                total,
            });
        }
        let before = self.part?;
        let follows = before.number.checked_add(1) == Some(number) && before.total == total;
        follows.then_some(Part { number, ..before })
    }

    /// Whose message this is.
    pub(super) fn belongs(&mut self, symbol_index: SymbolIndex) -> Belongs {
        let Some(part) = &mut self.part else {
            return Belongs::No;
        };
        match part.symbol_index {
            None => {
                part.symbol_index = Some(symbol_index);
                Belongs::First
            }
            Some(known) if known == symbol_index => Belongs::Further,
            Some(_) => {
                self.part = None;
                Belongs::No
            }
        }
    }

    /// Whether the message of the channel with this number is in it.
    pub(super) fn holds(&self, seq_num: SeqNum) -> bool {
        self.part.is_some_and(|part| seq_num <= part.through)
    }

    /// Notes the scale that the refresh defines its symbol with.
    pub(super) const fn define(&mut self, scale: PriceScale) {
        if let Some(part) = &mut self.part {
            part.scale = Some(scale);
        }
    }

    /// Says that the refresh begins.
    pub(super) fn begin(&self, read: SeqNum, out: &mut impl Follower) {
        let Some(Part {
            last,
            through,
            scale,
            ..
        }) = self.part
        else {
            return;
        };
        let begins = Action::Refresh {
            last,
            through,
            scale,
        };
        self.event(read, None, begins, out);
    }

    /// What a message of the refresh says of its symbol, if a book has a use for it: orders, and
    /// the status. Of a session only that there is trading: what ended with it is not repeated.
    pub(super) fn tell(
        &self,
        read: SeqNum,
        ts_event: Option<UnixNanos>,
        action: Action,
        out: &mut impl Follower,
    ) -> bool {
        let action = match action {
            Action::Add {
                order_id,
                side,
                price,
                qty,
                sessions,
            } => Action::RefreshAdd {
                order_id,
                side,
                price,
                qty,
                sessions,
            },
            Action::Session { .. } => Action::Resume,
            Action::Halt | Action::Resume | Action::Close => action,
            Action::Modify { .. }
            | Action::Delete { .. }
            | Action::Execute { .. }
            | Action::Replace { .. }
            | Action::Trade { .. }
            | Action::Clear { .. }
            | Action::Define { .. }
            | Action::Unreadable
            | Action::Refresh { .. }
            | Action::RefreshAdd { .. }
            | Action::Refreshed
            | Action::Other => return false,
        };
        self.event(read, ts_event, action, out)
    }

    /// The packet of the refresh is over. Says whether the refresh is complete now.
    pub(super) fn end_part(&mut self, read: SeqNum, out: &mut impl Follower) -> bool {
        let Some(part) = self.part else { return false };
        if part.number < part.total {
            return false;
        }
        let complete = self.event(read, None, Action::Refreshed, out);
        self.part = None;
        complete
    }

    fn event(
        &self,
        seq_num: SeqNum,
        ts_event: Option<UnixNanos>,
        action: Action,
        out: &mut impl Follower,
    ) -> bool {
        let Some(symbol_index) = self.part.and_then(|part| part.symbol_index) else {
            return false;
        };
        out.event(FeedEvent {
            seq_num,
            symbol_index,
            symbol_seq_num: None,
            ts_event,
            action,
        });
        true
    }
}
