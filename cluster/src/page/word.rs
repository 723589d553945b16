//! How good a word is, and what is newer than what.

use oxberry_core::book::Trust;
use oxberry_core::units::{ChannelId, Position};

/// The rank of a live book.
pub(super) const BEST_WORD: u8 = 0;

/// The rank of a node of whom something was missed, or that is dead.
pub(super) const NO_WORD: u8 = 4;

/// How good a word is: lower is better.
pub(super) const fn rank(trust: Trust) -> u8 {
    match trust {
        Trust::Live => BEST_WORD,
        Trust::Recovering => 1,
        Trust::Partial => 2,
        Trust::Stale => 3,
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
