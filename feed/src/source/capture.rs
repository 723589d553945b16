//! What pcap and pcapng have in common.

use std::ops::Range;

use oxberry_core::units::UnixNanos;
use pcap_parser::{Linktype, nom::Needed};

use super::{error::Fault, link::LinkLayer, reader::Stop, window::Window};

/// A frame in the window.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) bytes: Range<usize>,
    /// Where its first byte lies in the content.
    pub(super) offset: u64,
    pub(super) link: LinkLayer,
    pub(super) captured: Option<UnixNanos>,
    /// How many bytes it had on the line beyond those that were captured.
    pub(super) missing: usize,
}

/// What comes next in a capture.
#[derive(Debug)]
pub(super) enum Next {
    Frame(Frame),
    /// The header of another capture, which was put behind this one.
    Capture,
}

/// The number of the link layer. The upper bits of a pcap header's field tell of checksums behind
/// the frame.
pub(super) fn link_number(link: Linktype) -> u32 {
    u32::from_ne_bytes(link.0.to_ne_bytes()) & 0xffff
}

/// How many bytes must be ahead before it is worth parsing again.
pub(super) fn needed(ahead: &[u8], more: Needed) -> usize {
    let more = match more {
        Needed::Size(more) => more.get(),
        Needed::Unknown => 1,
    };
    ahead.len().saturating_add(more)
}

/// The input ends where a record or block that begins at `offset` needs more: between two of them,
/// or inside.
pub(super) fn end<T>(window: &Window, offset: u64) -> Result<Option<T>, Stop> {
    if window.ahead().is_empty() && window.offset() == offset {
        return Ok(None);
    }
    Err(Stop::Fault {
        offset,
        fault: Fault::CutCapture,
    })
}
