//! Channel files: packets back to back (docs/wire-format.md, 1.9).

use super::{
    content::{self, Content},
    error::Fault,
    reader::{Located, Stop},
    window::Window,
};

/// PktSize lies at the start of the packet.
const PACKET_SIZE_LENGTH: usize = 2;
/// The packet header, the least PktSize.
const LEAST_PACKET: u16 = 16;
/// The largest PktSize (docs/wire-format.md, 1.1).
const LARGEST_PACKET: u16 = 1_400;

/// Finds the next packet; `false` at the end.
#[inline]
pub(super) fn advance(window: &mut Window, found: &mut Located) -> Result<bool, Stop> {
    let offset = window.offset();
    if !window.require(PACKET_SIZE_LENGTH)? && window.ahead().is_empty() {
        return Ok(false);
    }
    let Some(&size) = window.ahead().first_chunk() else {
        return Err(cut(window, offset, usize::from(LEAST_PACKET)));
    };
    let size = u16::from_le_bytes(size);
    let is_possible = (LEAST_PACKET..=LARGEST_PACKET).contains(&size);
    if offset == 0 && (!is_possible || window.ahead().starts_with(content::LZMA)) {
        return Err(other_content(window));
    }
    if !is_possible {
        return Err(Stop::Fault {
            offset,
            fault: Fault::PacketSize { size },
        });
    }
    let needed = usize::from(size);
    if !window.require(needed)? {
        return Err(cut(window, offset, needed));
    }
    found.bytes = window.take(needed);
    found.offset = offset;
    // A channel file knows neither.
    (found.group, found.captured) = (None, None);
    Ok(true)
}

/// No channel file begins so.
#[cold]
fn other_content(window: &mut Window) -> Stop {
    // A shorter input tells what it can.
    if let Err(error) = window.require(content::LOOKED_AT) {
        return error.into();
    }
    let ahead = window.ahead();
    let start = ahead.get(..content::LOOKED_AT).unwrap_or(ahead);
    Stop::Fault {
        offset: 0,
        fault: Fault::OtherContent(Content::of(start)),
    }
}

#[cold]
fn cut(window: &Window, offset: u64, needed: usize) -> Stop {
    Stop::Fault {
        offset,
        fault: Fault::CutPacket {
            needed,
            got: window.ahead().len(),
        },
    }
}
