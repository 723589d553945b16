//! What pcap and pcapng have in common.

use std::ops::Range;

use oxberry_core::units::UnixNanos;

use super::{error::Fault, frame::LinkLayer, reader::Stop, window::Window};

/// The frames of a capture, told apart by what was done with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaptureCounters {
    /// All frames.
    pub frames: u64,
    /// Frames that are not UDP over IPv4; passed over.
    pub not_udp: u64,
    /// Fragments of datagrams; passed over, since the feed's packets are never fragmented.
    pub fragments: u64,
    /// Datagrams to groups or ports that were not asked for; passed over.
    pub filtered: u64,
    /// Frames that were captured only in part; given out as far as they are there.
    pub cut: u64,
}

/// A frame in the window.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) bytes: Range<usize>,
    /// Where its first byte lies in the content.
    pub(super) offset: u64,
    pub(super) link: LinkLayer,
    pub(super) captured: Option<UnixNanos>,
    /// Whether the frame was longer on the line.
    pub(super) cut: bool,
}

/// The byte order of a capture: that of the machine that wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByteOrder {
    Little,
    Big,
}

impl ByteOrder {
    /// Reads the number at `at` bytes; 0 beyond the end, which callers exclude by a look at the
    /// length.
    pub(super) fn u32(self, bytes: &[u8], at: usize) -> u32 {
        let number = bytes
            .get(at..)
            .and_then(|bytes| bytes.first_chunk())
            .copied();
        match self {
            Self::Little => u32::from_le_bytes(number.unwrap_or_default()),
            Self::Big => u32::from_be_bytes(number.unwrap_or_default()),
        }
    }

    /// The same for two bytes.
    pub(super) fn u16(self, bytes: &[u8], at: usize) -> u16 {
        let number = bytes
            .get(at..)
            .and_then(|bytes| bytes.first_chunk())
            .copied();
        match self {
            Self::Little => u16::from_le_bytes(number.unwrap_or_default()),
            Self::Big => u16::from_be_bytes(number.unwrap_or_default()),
        }
    }
}

/// Takes `count` bytes, at most the window's capacity, of a record that begins at `record`.
pub(super) fn take(window: &mut Window, record: u64, count: usize) -> Result<Range<usize>, Stop> {
    if !window.require(count)? {
        return Err(Stop::Fault {
            offset: record,
            fault: Fault::CutCapture,
        });
    }
    Ok(window.take(count))
}
