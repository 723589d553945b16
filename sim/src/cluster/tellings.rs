//! What a page leaves out: behind what it told of a row, up to the next event that it tells as live, nothing may
//! have happened to the symbol, unless the page says that it went on without telling it.

use std::collections::{BTreeMap, BTreeSet};

use oxberry_cluster::page::Shown;
use oxberry_core::book::Trust;
use oxberry_core::units::{ChannelId, SymbolIndex};
use oxberry_proto::Run;

use super::oracle::{Oracle, Violation};
use super::truth::{Place, Truth};

/// How far pages have told.
#[derive(Debug, Default)]
pub(super) struct Tellings {
    /// Channels of which something was lost for everybody: what that was nobody can name.
    lost: BTreeSet<ChannelId>,
    /// How far each row was told by what is live, by the seat of the page and the place of the row. Of others
    /// nothing is promised.
    rows: BTreeMap<(usize, usize), Option<(ChannelId, Place)>>,
}

impl Tellings {
    /// A page of this seat starts, or shows another run.
    pub(super) fn begin(&mut self, seat: usize) {
        self.rows.retain(|&(of, _), _| of != seat);
    }

    /// Notes that a channel has lost something for everybody.
    pub(super) fn lose(&mut self, channel: ChannelId) {
        self.lost.insert(channel);
    }

    /// Notes that a row was told up to a place as live, or that it went on to there; or that it is told as
    /// something else.
    pub(super) fn note(&mut self, row: (usize, usize), at: Option<(ChannelId, Place)>) {
        self.rows.insert(row, at);
    }

    /// Judges that a row tells the next event as live.
    pub(super) fn judge(
        &self,
        row: (usize, usize),
        truth: &Truth,
        (channel, symbol_index): (ChannelId, SymbolIndex),
        place: Place,
    ) -> Result<(), Violation> {
        let before = match self.rows.get(&row) {
            // From one numbering to the next, nobody knows how far the former one went.
            Some(Some((of, before))) if *of == channel && before.segment == place.segment => {
                *before
            }
            None if place.segment == 0 => Place::default(),
            Some(_) | None => return Ok(()),
        };
        let claim = (channel, symbol_index);
        match truth.news_between(claim, before, place) {
            Some(news) if !self.lost.contains(&channel) => Err(format!(
                "the page tells live symbol {symbol_index} at {place:?} of channel {channel} and before it at \
                 {before:?}, but {news:?} between them neither as an event nor as passed over"
            )),
            _ => Ok(()),
        }
    }
}

impl Oracle {
    /// Notes that a channel has lost something for everybody.
    pub(super) fn lose(&mut self, channel: ChannelId) {
        self.tellings.lose(channel);
    }

    /// Judges that the page has told everything up to an event.
    pub(super) fn judge_told_before(
        &mut self,
        seat: usize,
        run: Run,
        shown: &Shown,
    ) -> Result<(), Violation> {
        let Some(place) = self.place(run, shown.channel, shown.position) else {
            return Ok(());
        };
        let row = (seat, shown.row);
        let claim = (shown.channel, shown.symbol_index);
        let is_sure = !self.is_doubted(run, claim.0, claim.1, Some(place));
        if let Some(truth) = self.truth(run)
            && is_sure
            && shown.trust == Trust::Live
        {
            self.tellings.judge(row, truth, claim, place)?;
        }
        let is_live = shown.trust == Trust::Live;
        let at = is_live.then_some((shown.channel, place));
        self.tellings.note(row, at);
        Ok(())
    }
}
