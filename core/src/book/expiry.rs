//! With which session orders end.

use crate::feed::TradeSessions;

/// Orders valid up to the same session share a level, so that they can leave together.
#[inline(always)]
pub(super) fn expiry(sessions: TradeSessions) -> u32 {
    const LAST: [u8; 8] = [0, 1, 2, 2, 3, 3, 3, 3];
    u32::from(LAST[usize::from(sessions.to_wire() % 8)])
}

/// The last session of orders with this expiry.
pub(super) fn last_session(expiry: u32) -> TradeSessions {
    TradeSessions::from_wire(if expiry == 0 { 0 } else { 1 << (expiry - 1) })
}
