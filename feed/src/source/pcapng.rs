//! Captures in the newer format: sections of blocks, each interface described in its section.

use oxberry_core::units::UnixNanos;

use super::{
    capture::{self, ByteOrder, Frame},
    error::Fault,
    frame::LinkLayer,
    pcap::frame_length,
    reader::Stop,
    window::{CAPACITY, Window},
};

/// Reads the same in both byte orders.
const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;

/// Type and length before the body of a block.
const BLOCK_HEAD: usize = 8;
/// The length again, after the body.
const BLOCK_TAIL: usize = 4;
/// What a section header's body holds at least: byte order, version, section length.
const SECTION_BODY: usize = 16;
/// Link type, two reserved bytes and the snapshot length; options follow.
const INTERFACE_BODY: usize = 8;
/// Interface, time stamp and the two lengths; the frame follows.
const ENHANCED_BODY: usize = 20;
/// The length on the line; the frame follows.
const SIMPLE_BODY: usize = 4;

const OPTION_END: u16 = 0;
const OPTION_TIME_RESOLUTION: u16 = 9;
const OPTION_TIME_OFFSET: u16 = 14;

/// Interfaces of one section that are remembered, so that memory stays bounded.
const MOST_INTERFACES: usize = 4_096;

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// What the sections and blocks so far say.
#[derive(Debug)]
pub(super) struct Pcapng {
    order: ByteOrder,
    interfaces: Vec<Interface>,
}

/// What a packet block needs to know of its interface.
#[derive(Clone, Copy, Debug)]
struct Interface {
    /// The number of the link layer; an unsupported one is a fault only once a packet uses it.
    link: u32,
    /// The most bytes captured of a frame; 0 is no limit.
    snapshot_length: u32,
    /// Units of its time stamps in a second.
    ticks_per_second: u64,
    /// Added to the seconds of its time stamps.
    offset_seconds: u64,
}

impl Pcapng {
    /// Whether content that starts so is a capture of this format.
    pub(super) fn recognise(start: &[u8]) -> bool {
        ByteOrder::Little.u32(start, 0) == SECTION_HEADER
    }

    /// Reads nothing yet: the first block is a section header.
    pub(super) fn new() -> Self {
        Self {
            order: ByteOrder::Little,
            interfaces: Vec::new(),
        }
    }

    /// Finds the next frame.
    pub(super) fn advance(&mut self, window: &mut Window) -> Result<Option<Frame>, Stop> {
        loop {
            let block = window.offset();
            if !window.require(BLOCK_HEAD)? && window.ahead().is_empty() {
                return Ok(None);
            }
            let head = capture::take(window, block, BLOCK_HEAD)?;
            let head = window.bytes(head);
            let kind = self.order.u32(head, 0);
            let length_field: [u8; 4] = head.last_chunk().copied().unwrap_or_default();
            if kind == SECTION_HEADER {
                self.begin_section(window, block, length_field)?;
                continue;
            }
            let body = self.body_length(block, length_field)?;
            match kind {
                INTERFACE_DESCRIPTION => self.describe_interface(window, block, body)?,
                ENHANCED_PACKET => return self.enhanced_packet(window, block, body).map(Some),
                SIMPLE_PACKET => return self.simple_packet(window, block, body).map(Some),
                _ => skip(window, block, body)?,
            }
        }
    }

    fn begin_section(
        &mut self,
        window: &mut Window,
        block: u64,
        length_field: [u8; 4],
    ) -> Result<(), Stop> {
        let fixed = capture::take(window, block, SECTION_BODY)?;
        let fixed = window.bytes(fixed);
        self.order = [ByteOrder::Little, ByteOrder::Big]
            .into_iter()
            .find(|order| order.u32(fixed, 0) == BYTE_ORDER_MAGIC)
            .ok_or(Stop::Fault {
                offset: block,
                fault: Fault::ByteOrder,
            })?;
        self.interfaces.clear();
        let body = self.body_length(block, length_field)?;
        let options = body
            .checked_sub(SECTION_BODY)
            .ok_or_else(|| self.bad_length(block, length_field))?;
        skip(window, block, options)
    }

    fn describe_interface(
        &mut self,
        window: &mut Window,
        block: u64,
        body: usize,
    ) -> Result<(), Stop> {
        if !(INTERFACE_BODY..=CAPACITY - BLOCK_TAIL).contains(&body)
            || self.interfaces.len() == MOST_INTERFACES
        {
            let length = u32::try_from(body).unwrap_or(u32::MAX);
            return Err(Stop::Fault {
                offset: block,
                fault: Fault::RecordLength { length },
            });
        }
        let bytes = capture::take(window, block, body + BLOCK_TAIL)?;
        let bytes = window.bytes(bytes).get(..body).unwrap_or_default();
        let mut interface = Interface {
            link: self.order.u16(bytes, 0).into(),
            snapshot_length: self.order.u32(bytes, 4),
            ticks_per_second: 1_000_000,
            offset_seconds: 0,
        };
        let mut options = bytes.get(INTERFACE_BODY..).unwrap_or_default();
        while options.len() >= 4 {
            let code = self.order.u16(options, 0);
            let length = usize::from(self.order.u16(options, 2));
            let value = options.get(4..4 + length).unwrap_or_default();
            match (code, value) {
                (OPTION_END, _) => break,
                (OPTION_TIME_RESOLUTION, [resolution, ..]) => {
                    interface.ticks_per_second = ticks_per_second(*resolution);
                }
                (OPTION_TIME_OFFSET, value) if value.len() >= 8 => {
                    let (first, second) = (self.order.u32(value, 0), self.order.u32(value, 4));
                    let (low, high) = match self.order {
                        ByteOrder::Little => (first, second),
                        ByteOrder::Big => (second, first),
                    };
                    // A negative offset wraps here and back again when it is added.
                    interface.offset_seconds = u64::from(high) << 32 | u64::from(low);
                }
                _ => {}
            }
            options = options
                .get(4 + length.next_multiple_of(4)..)
                .unwrap_or_default();
        }
        self.interfaces.push(interface);
        Ok(())
    }

    fn enhanced_packet(&self, window: &mut Window, block: u64, body: usize) -> Result<Frame, Stop> {
        let fixed = capture::take(window, block, ENHANCED_BODY)?;
        let fixed = window.bytes(fixed);
        let number = self.order.u32(fixed, 0);
        let ticks = u64::from(self.order.u32(fixed, 4)) << 32 | u64::from(self.order.u32(fixed, 8));
        let length = self.order.u32(fixed, 12);
        let on_the_line = self.order.u32(fixed, 16);
        let (interface, link) = self.interface(block, number)?;
        let frame = frame_length(block, length)?;
        let rest = body.checked_sub(ENHANCED_BODY + frame).ok_or(Stop::Fault {
            offset: block,
            fault: Fault::RecordLength { length },
        })?;
        let captured = Some(interface.time(ticks));
        take_frame(
            window,
            block,
            frame,
            rest,
            link,
            captured,
            length < on_the_line,
        )
    }

    fn simple_packet(&self, window: &mut Window, block: u64, body: usize) -> Result<Frame, Stop> {
        let fixed = capture::take(window, block, SIMPLE_BODY)?;
        let on_the_line = self.order.u32(window.bytes(fixed), 0);
        let (interface, link) = self.interface(block, 0)?;
        let snapshot = match interface.snapshot_length {
            0 => u32::MAX,
            length => length,
        };
        let length = on_the_line.min(snapshot);
        let frame = frame_length(block, length)?;
        let rest = body.checked_sub(SIMPLE_BODY + frame).ok_or(Stop::Fault {
            offset: block,
            fault: Fault::RecordLength { length },
        })?;
        take_frame(window, block, frame, rest, link, None, length < on_the_line)
    }

    fn interface(&self, block: u64, number: u32) -> Result<(Interface, LinkLayer), Stop> {
        let fault = |fault| Stop::Fault {
            offset: block,
            fault,
        };
        let interface = usize::try_from(number)
            .ok()
            .and_then(|number| self.interfaces.get(number))
            .ok_or(fault(Fault::Interface { interface: number }))?;
        let link = LinkLayer::from_wire(interface.link).ok_or(fault(Fault::LinkType {
            link: interface.link,
        }))?;
        Ok((*interface, link))
    }

    /// The bytes between head and tail of a block.
    fn body_length(&self, block: u64, length_field: [u8; 4]) -> Result<usize, Stop> {
        usize::try_from(self.order.u32(&length_field, 0))
            .ok()
            .and_then(|length| length.checked_sub(BLOCK_HEAD + BLOCK_TAIL))
            .ok_or_else(|| self.bad_length(block, length_field))
    }

    fn bad_length(&self, block: u64, length_field: [u8; 4]) -> Stop {
        let length = self.order.u32(&length_field, 0);
        Stop::Fault {
            offset: block,
            fault: Fault::RecordLength { length },
        }
    }
}

impl Interface {
    fn time(&self, ticks: u64) -> UnixNanos {
        let seconds = (ticks / self.ticks_per_second).wrapping_add(self.offset_seconds);
        let part = u128::from(ticks % self.ticks_per_second) * u128::from(NANOS_PER_SECOND)
            / u128::from(self.ticks_per_second);
        // The part is below a second, so below 2^64.
        let part = u64::try_from(part).unwrap_or_default();
        UnixNanos::from_raw(seconds.wrapping_mul(NANOS_PER_SECOND).wrapping_add(part))
    }
}

/// A power of ten, or of two when the highest bit is set; at most what 64 bits hold.
fn ticks_per_second(resolution: u8) -> u64 {
    let exponent = u32::from(resolution & 0x7f);
    let base: u64 = if resolution & 0x80 == 0 { 10 } else { 2 };
    base.saturating_pow(exponent)
}

/// Takes a frame whose block goes on for `rest` bytes after it. The rest is skipped before the
/// frame is looked at, so it must lie in the window together with it.
fn take_frame(
    window: &mut Window,
    block: u64,
    frame: usize,
    rest: usize,
    link: LinkLayer,
    captured: Option<UnixNanos>,
    cut: bool,
) -> Result<Frame, Stop> {
    let behind = frame.saturating_add(rest).saturating_add(BLOCK_TAIL);
    if behind > CAPACITY {
        let length = u32::try_from(behind).unwrap_or(u32::MAX);
        return Err(Stop::Fault {
            offset: block,
            fault: Fault::RecordLength { length },
        });
    }
    let offset = window.offset();
    let bytes = capture::take(window, block, behind)?;
    Ok(Frame {
        bytes: bytes.start..bytes.start + frame,
        offset,
        link,
        captured,
        cut,
    })
}

/// Passes over what is left of a block, and its tail.
fn skip(window: &mut Window, block: u64, rest: usize) -> Result<(), Stop> {
    if window.skip(rest as u64 + BLOCK_TAIL as u64)? {
        Ok(())
    } else {
        Err(Stop::Fault {
            offset: block,
            fault: Fault::CutCapture,
        })
    }
}
