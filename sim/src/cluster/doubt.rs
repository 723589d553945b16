//! What may be wrong although it is called live: what a Pi told since its memory changed by itself, until it has
//! read all its books.

use oxberry_cluster::pi::Pi;
use oxberry_core::units::{ChannelId, Position, SymbolIndex};
use oxberry_proto::Run;

use super::oracle::Oracle;
use super::truth::Place;

impl Oracle {
    /// Notes that whatever a Pi has told so far may be wrong.
    pub(super) fn doubt(&mut self, pi: &Pi<'_>) {
        let run = pi.run();
        for slot in pi.books().slots() {
            let symbol_index = pi.books().symbol_index(slot);
            for (stream, position) in pi.positions() {
                if let Some(place) = self.place(run, stream.channel, position) {
                    let claim = (run, stream.channel, symbol_index);
                    let doubt = self.doubts.entry(claim).or_default();
                    *doubt = place.max(*doubt);
                }
            }
        }
    }

    /// Whether what is shown of a symbol there may be what a Pi told whose memory had changed by itself.
    pub(super) fn is_doubted(
        &self,
        run: Run,
        channel: ChannelId,
        symbol: SymbolIndex,
        at: Option<Place>,
    ) -> bool {
        let doubt = self.doubts.get(&(run, channel, symbol));
        doubt.zip(at).is_some_and(|(doubt, at)| at <= *doubt)
    }

    /// Whether the row of a symbol that stands there may be wrong, since a Pi told it whose memory had
    /// changed by itself.
    pub(super) fn may_be_wrong(
        &self,
        run: Run,
        symbol_index: SymbolIndex,
        (channel, position): (ChannelId, Position),
    ) -> bool {
        let place = self.place(run, channel, position);
        self.is_doubted(run, channel, symbol_index, place)
    }
}
