//! How a Pi stands at a moment, beside its totals: for whoever looks on.

use oxberry_core::book::Trust;
use oxberry_core::units::Position;
use oxberry_proto::StreamId;
use oxberry_proto::status::TrustTotals;

use super::{Phase, Pi};

/// How a Pi stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether it has an assignment.
    pub is_member: bool,
    /// Whether it heard the pings of all its partitions.
    pub is_ready: bool,
    /// Whether some stream has been silent for three beats.
    pub is_silent: bool,
    /// Partitions that it holds.
    pub partitions: usize,
    /// Streams of which something was heard.
    pub streams: usize,
    /// Those of them of which something is missing that may still come.
    pub streams_recovering: usize,
    /// Those of them that nothing was heard of for three beats.
    pub streams_silent: usize,
    /// Those of them that have ended.
    pub streams_ended: usize,
    /// Frames that wait for the slowest receiver that is waited for.
    pub stock_frames: usize,
    /// For how many more there is room.
    pub stock_frames_room: usize,
    /// Whether a receiver that is waited for has refused what it was offered.
    pub is_stock_held: bool,
    /// Symbols by the trust in their books. What a stream is like comes on top: of a live book whose
    /// stream recovers nobody says that it is live.
    pub symbols: TrustTotals,
}

impl Pi<'_> {
    /// How it stands. It takes a look at every symbol and every stream, so ask for it now and then.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let is_member = !matches!(self.phase, Phase::Joining { .. } | Phase::Over { .. });
        let mut standing = Standing {
            is_member,
            is_ready: is_member && self.phase != Phase::Pinging,
            is_silent: self.is_silent,
            partitions: self.streams.partitions().len(),
            stock_frames: self.telling.outbox.waiting(),
            stock_frames_room: self.telling.outbox.room(),
            is_stock_held: self.telling.outbox.receivers.is_any_refusing(),
            symbols: self.trust_totals(),
            ..Standing::default()
        };
        let mut n = 0;
        while let Some((id, stream)) = self.streams.known(n) {
            standing.streams_recovering += usize::from(self.streams.is_recovering(id));
            standing.streams_silent += usize::from(stream.silent);
            standing.streams_ended += usize::from(stream.ended);
            n += 1;
        }
        standing.streams = n;
        standing
    }

    /// Up to where its books hold the streams of which something was heard.
    pub fn positions(&self) -> impl Iterator<Item = (StreamId, Position)> + '_ {
        let known = (0..).map_while(|n| self.streams.known(n));
        known.map(|(id, stream)| (id, stream.position))
    }

    /// Its books by how far they can be trusted.
    pub(super) fn trust_totals(&self) -> TrustTotals {
        let mut totals = TrustTotals::default();
        for slot in self.books.slots() {
            let count = match self.books.trust(slot) {
                Trust::Live => &mut totals.live,
                Trust::Recovering => &mut totals.recovering,
                Trust::Partial => &mut totals.partial,
                Trust::Stale => &mut totals.stale,
            };
            *count += 1;
        }
        totals
    }
}
