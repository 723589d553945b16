//! How good a word is, and what is newer than what.

use oxberry_core::book::Trust;
use oxberry_core::units::{ChannelId, Position};

/// How good the word of a node on a symbol is: the better, the less. It follows the order of [`Trust`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// Its book is so far what the venue's is.
    Of(Trust),
    /// Something was missed of the node, or it is dead.
    NoWord,
}

impl Rank {
    /// Of a live book.
    pub(super) const BEST: Self = Self::Of(Trust::Live);

    /// How far what was told on such a word can be trusted.
    pub(super) const fn trust(self) -> Trust {
        match self {
            Self::Of(trust) => trust,
            Self::NoWord => Trust::Stale,
        }
    }
}

/// Whether something is newer than what is shown. Of two channels that claim one symbol the lower
/// number owns it.
pub(super) fn is_newer(at: (ChannelId, Position), shown: Option<(ChannelId, Position)>) -> bool {
    let Some((channel, position)) = shown else {
        return true;
    };
    if at.0 == channel {
        at.1 > position
    } else {
        at.0 < channel
    }
}
