//! What belongs together in an event of a venue.
//!
//! A trade comes as several records: `T` of the order that came, `F` of each resting order that it met,
//! and what became of those, `C` or `M`. `T` and `F` change no book. So fills wait for the record that
//! takes their shares from the book, and trades for the fills that they are the sum of; what is left of
//! both at the end of the event is told as trades that the book never showed.

use oxberry_core::units::{OrderId, Price, Qty};

/// Fills or trades of one instrument that may wait. More than a venue matches at once; where the ends of
/// events are not told, the oldest are told instead.
const MOST_WAITING: usize = 4_096;

/// Shares at a price that are not told yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shares {
    pub(super) price: Price,
    pub(super) qty: u32,
}

/// The event of an instrument so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Event {
    fills: Vec<(OrderId, Shares)>,
    trades: Vec<Shares>,
}

impl Event {
    /// An order traded; gives what was pushed out by it.
    pub(super) fn trade(&mut self, shares: Shares) -> Option<Shares> {
        self.trades.push(shares);
        (self.trades.len() > MOST_WAITING).then(|| self.trades.remove(0))
    }

    /// A resting order was filled: as many shares of the trades are accounted for.
    pub(super) fn account(&mut self, filled: Shares) {
        let mut left = filled.qty;
        for trade in &mut self.trades {
            if trade.price == filled.price {
                let part = trade.qty.min(left);
                trade.qty -= part;
                left -= part;
            }
        }
        self.trades.retain(|trade| trade.qty > 0);
    }

    /// A fill waits; gives what was pushed out by it.
    pub(super) fn fill(&mut self, order: OrderId, shares: Shares) -> Option<Shares> {
        self.fills.push((order, shares));
        (self.fills.len() > MOST_WAITING).then(|| self.fills.remove(0).1)
    }

    /// The next fill of an order, of at most so many shares.
    pub(super) fn next_fill(&mut self, order: OrderId, most: u32) -> Option<Shares> {
        let at = self.fills.iter().position(|(of, _)| *of == order)?;
        let (_, shares) = self.fills.get_mut(at)?;
        let qty = shares.qty.min(most);
        let fill = Shares { qty, ..*shares };
        shares.qty -= qty;
        if shares.qty == 0 {
            self.fills.remove(at);
        }
        (qty > 0).then_some(fill)
    }

    /// The shares of an order that were filled and wait.
    pub(super) fn filled(&self, order: OrderId) -> u64 {
        let fills = self.fills.iter().filter(|(of, _)| *of == order);
        fills.map(|(_, shares)| u64::from(shares.qty)).sum()
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.fills.is_empty() && self.trades.is_empty()
    }

    /// What is left of the event.
    pub(super) fn end(&mut self) -> Vec<Shares> {
        let fills = self.fills.drain(..).map(|(_, shares)| shares);
        fills.chain(self.trades.drain(..)).collect()
    }
}

impl Shares {
    pub(super) const fn quantity(self) -> Qty {
        Qty::from_raw(self.qty)
    }
}
