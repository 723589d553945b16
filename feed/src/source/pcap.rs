//! Captures in the classic format: a file header, then records.

use oxberry_core::units::UnixNanos;

use super::{
    capture::{self, ByteOrder, Frame},
    error::Fault,
    frame::LinkLayer,
    reader::Stop,
    window::{CAPACITY, Window},
};

const FILE_HEADER: usize = 24;
const RECORD_HEADER: usize = 16;
const MAGIC_MICROSECONDS: u32 = 0xa1b2_c3d4;
const MAGIC_NANOSECONDS: u32 = 0xa1b2_3c4d;

/// What the file header says.
#[derive(Debug)]
pub(super) struct Pcap {
    order: ByteOrder,
    link: LinkLayer,
    /// What one unit of a record's fraction of a second is worth.
    fraction_ns: u32,
}

impl Pcap {
    /// Whether content that starts so is a capture of this format.
    pub(super) fn recognise(start: &[u8]) -> Option<(ByteOrder, u32)> {
        [ByteOrder::Little, ByteOrder::Big]
            .into_iter()
            .find_map(|order| match order.u32(start, 0) {
                MAGIC_MICROSECONDS => Some((order, 1_000)),
                MAGIC_NANOSECONDS => Some((order, 1)),
                _ => None,
            })
    }

    /// Reads the file header of recognised content.
    pub(super) fn open(
        window: &mut Window,
        (order, fraction_ns): (ByteOrder, u32),
    ) -> Result<Self, Stop> {
        let header = capture::take(window, 0, FILE_HEADER)?;
        let link = order.u32(window.bytes(header), 20);
        let link = LinkLayer::from_wire(link).ok_or(Stop::Fault {
            offset: 20,
            fault: Fault::LinkType {
                link: link & 0xffff,
            },
        })?;
        Ok(Self {
            order,
            link,
            fraction_ns,
        })
    }

    /// Finds the next frame.
    pub(super) fn advance(&self, window: &mut Window) -> Result<Option<Frame>, Stop> {
        let record = window.offset();
        if !window.require(RECORD_HEADER)? && window.ahead().is_empty() {
            return Ok(None);
        }
        let header = capture::take(window, record, RECORD_HEADER)?;
        let header = window.bytes(header);
        let seconds = self.order.u32(header, 0);
        let fraction = self.order.u32(header, 4);
        let length = self.order.u32(header, 8);
        let on_the_line = self.order.u32(header, 12);
        let captured = UnixNanos::from_parts(seconds, fraction.saturating_mul(self.fraction_ns));
        let frame = frame_length(record, length)?;
        let offset = window.offset();
        let bytes = capture::take(window, record, frame)?;
        Ok(Some(Frame {
            bytes,
            offset,
            link: self.link,
            captured: Some(captured),
            cut: length < on_the_line,
        }))
    }
}

/// The length of a frame; more than the window holds is more than any frame has.
pub(super) fn frame_length(record: u64, length: u32) -> Result<usize, Stop> {
    usize::try_from(length)
        .ok()
        .filter(|&length| length <= CAPACITY)
        .ok_or(Stop::Fault {
            offset: record,
            fault: Fault::RecordLength { length },
        })
}
