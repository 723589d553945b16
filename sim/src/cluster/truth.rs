//! The truth: the venue's own view of every symbol after every message.

use std::collections::BTreeMap;

use oxberry_core::units::{ChannelId, PriceScale, SymbolIndex};
use oxberry_proto::stock::{TradePrint, View};

/// Where a message stands in the day of its channel, by the venue's own count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The numbering, counted from 0.
    pub(super) segment: u32,
    /// The sequence number within the numbering.
    pub(super) number: u32,
}

/// What is right immediately after a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Right {
    pub(super) view: View,
    pub(super) trade: Option<TradePrint>,
}

/// A symbol as one channel has it. Two channels may claim one symbol, each with a book of its own.
type Claim = (ChannelId, SymbolIndex);

/// Everything that is right on one day.
#[derive(Debug)]
pub(super) struct Truth {
    /// The scales at the start of the day.
    scales: BTreeMap<SymbolIndex, PriceScale>,
    says: BTreeMap<Claim, Vec<(Place, Right)>>,
}

impl Truth {
    pub(super) fn new(scales: impl Iterator<Item = (SymbolIndex, PriceScale)>) -> Self {
        Self {
            scales: scales.collect(),
            says: BTreeMap::new(),
        }
    }

    /// Notes what is right from a place on.
    pub(super) fn says(&mut self, claim: Claim, place: Place, right: Right) {
        self.says.entry(claim).or_default().push((place, right));
    }

    /// Returns what the message at a place led to, if it was about the symbol.
    pub(super) fn at(&self, claim: Claim, place: Place) -> Option<Right> {
        let says = self.says.get(&claim)?;
        let at = says.binary_search_by_key(&place, |&(at, _)| at).ok()?;
        says.get(at).map(|&(_, right)| right)
    }

    /// Returns the view after everything up to a place.
    pub(super) fn as_of(&self, claim: Claim, place: Place) -> Option<View> {
        let says = self.says.get(&claim).map_or(&[][..], Vec::as_slice);
        let after = says.partition_point(|&(at, _)| at <= place);
        let Some(&(_, right)) = after.checked_sub(1).and_then(|at| says.get(at)) else {
            return Some(View {
                scale: *self.scales.get(&claim.1)?,
                bid: None,
                ask: None,
            });
        };
        Some(right.view)
    }

    /// Returns the first place between two others at which the view of the symbol changes or a trade prints.
    pub(super) fn news_between(&self, claim: Claim, after: Place, before: Place) -> Option<Place> {
        let says = self.says.get(&claim).map_or(&[][..], Vec::as_slice);
        let from = says.partition_point(|&(at, _)| at <= after);
        let shown = |right: Right| (right.view.bid, right.view.ask);
        let mut last = from.checked_sub(1).and_then(|at| says.get(at));
        let between = says.iter().skip(from).take_while(|(at, _)| *at < before);
        for said in between {
            let (place, right) = *said;
            let was = last.map_or((None, None), |&(_, right)| shown(right));
            let is_news = was != shown(right) || right.trade.is_some();
            // A numbering that begins is no message of the symbol.
            if place.number > 0 && is_news {
                return Some(place);
            }
            last = Some(said);
        }
        None
    }

    /// Returns the places at which the view of the symbol changes or a trade prints, in order.
    pub(super) fn news(&self, claim: Claim) -> impl Iterator<Item = (Place, Right)> + '_ {
        let says = self.says.get(&claim).map_or(&[][..], Vec::as_slice);
        let mut before = None;
        says.iter().copied().filter(move |&(place, right)| {
            let is_other = before
                .is_none_or(|view: View| (view.bid, view.ask) != (right.view.bid, right.view.ask));
            let is_first_empty =
                before.is_none() && right.view.bid.is_none() && right.view.ask.is_none();
            before = Some(right.view);
            // A numbering that begins is no message of the symbol.
            place.number > 0 && (is_other && !is_first_empty || right.trade.is_some())
        })
    }

    /// Returns all claims.
    pub(super) fn claims(&self) -> impl Iterator<Item = Claim> + '_ {
        self.says.keys().copied()
    }
}
