//! Captures in the newer format: sections of blocks, each interface described in its section.
//!
//! The walk from block to block is our own: a block may be longer than the window, and one that
//! cannot be read is passed over by its length and does not end the rest.

use oxberry_core::units::UnixNanos;
use pcap_parser::{
    EPB_MAGIC, EnhancedPacketBlock, IDB_MAGIC, InterfaceDescriptionBlock, OptionCode, PcapError,
    SHB_MAGIC, SPB_MAGIC, SimplePacketBlock,
    nom::{Err, IResult},
    parse_enhancedpacketblock_be, parse_enhancedpacketblock_le, parse_interfacedescriptionblock_be,
    parse_interfacedescriptionblock_le, parse_sectionheaderblock, parse_simplepacketblock_be,
    parse_simplepacketblock_le,
};

use super::{
    capture::{self, Frame, Next},
    counters::{CaptureCounters, PassedOver},
    error::Fault,
    link::LinkLayer,
    magic,
    reader::Stop,
    window::{CAPACITY, Window},
};

/// The packet block that enhanced packets replaced; nothing has written it for long.
const OLD_PACKET: u32 = 2;

/// Type and length before the body of a block.
const BLOCK_HEAD: usize = 8;
/// With the length again after the body.
const LEAST_BLOCK: usize = 12;
/// Type, length, interface, time stamp and the two lengths before the frame of a block.
const ENHANCED_HEAD: usize = 28;
/// Type, length and the length on the line.
const SIMPLE_HEAD: usize = 12;

/// Interfaces of one section that are remembered, so that memory stays bounded.
const MOST_INTERFACES: usize = 4_096;

const NANOS_PER_SECOND: u64 = 1_000_000_000;
const MICROSECONDS: u64 = 1_000_000;

type Parsed<'a, T> = IResult<&'a [u8], T, PcapError<&'a [u8]>>;

/// What the sections and blocks so far say.
#[derive(Debug)]
pub(super) struct Pcapng {
    is_big_endian: bool,
    interfaces: Vec<Interface>,
}

/// What a packet block needs to know of its interface.
#[derive(Clone, Copy, Debug)]
struct Interface {
    link: Result<LinkLayer, PassedOver>,
    /// The most bytes captured of a frame; 0 is no limit.
    snapshot_length: u32,
    /// Units of its time stamps in a second.
    ticks_per_second: u64,
    /// Added to the seconds of its time stamps.
    offset_seconds: u64,
}

/// A frame in its block.
struct Found {
    interface: u32,
    /// Where it begins in the block.
    start: usize,
    length: usize,
    missing: usize,
    ticks: Option<u64>,
}

impl Pcapng {
    /// Reads nothing yet: the first block is a section header.
    pub(super) fn new() -> Self {
        Self {
            is_big_endian: false,
            interfaces: Vec::new(),
        }
    }

    /// Finds the next frame that can be read, and counts those that cannot.
    pub(super) fn advance(
        &mut self,
        window: &mut Window,
        counters: &mut CaptureCounters,
    ) -> Result<Option<Next>, Stop> {
        loop {
            let block = window.offset();
            if !window.require(BLOCK_HEAD)? {
                return capture::end(window, block);
            }
            // Reads the same in both byte orders.
            let kind = self.u32(window.ahead(), 0);
            if kind == SHB_MAGIC {
                self.begin_section(window)?;
                continue;
            }
            let length = self.u32(window.ahead(), 4);
            let length = usize::try_from(length)
                .ok()
                .filter(|length| *length >= LEAST_BLOCK)
                .ok_or(Stop::Fault {
                    offset: block,
                    fault: Fault::RecordLength { length },
                })?;
            if length <= CAPACITY && matches!(kind, EPB_MAGIC | SPB_MAGIC | IDB_MAGIC) {
                if !window.require(length)? {
                    return capture::end(window, block);
                }
                match self.block(window, kind, length) {
                    Ok(Some(frame)) => return Ok(Some(Next::Frame(frame))),
                    Ok(None) => {}
                    Err(reason) => counters.pass_over(reason),
                }
                continue;
            }
            if magic::is_pcap(window.ahead()) {
                return Ok(Some(Next::Capture));
            }
            if !window.skip(length as u64)? {
                return Err(Stop::Fault {
                    offset: block,
                    fault: Fault::CutCapture,
                });
            }
            match kind {
                EPB_MAGIC | SPB_MAGIC => counters.pass_over(PassedOver::TooLong),
                OLD_PACKET => counters.pass_over(PassedOver::OldBlock),
                // The interfaces after it must keep their numbers.
                IDB_MAGIC => self.add_interface(Interface::unreadable()),
                _ => {}
            }
        }
    }

    fn begin_section(&mut self, window: &mut Window) -> Result<(), Stop> {
        let block = window.offset();
        let fault = |fault| Stop::Fault {
            offset: block,
            fault,
        };
        loop {
            let ahead = window.ahead();
            match parse_sectionheaderblock(ahead) {
                Ok((rest, header)) => {
                    self.is_big_endian = header.big_endian();
                    self.interfaces.clear();
                    let length = ahead.len() - rest.len();
                    window.take(length);
                    return Ok(());
                }
                Err(Err::Incomplete(needed)) => {
                    let needed = capture::needed(ahead, needed);
                    if needed > CAPACITY {
                        let length = u32::try_from(needed).unwrap_or(u32::MAX);
                        return Err(fault(Fault::RecordLength { length }));
                    }
                    if !window.require(needed)? {
                        return Err(fault(Fault::CutCapture));
                    }
                }
                Err(Err::Error(PcapError::HeaderNotRecognized)) => {
                    return Err(fault(Fault::ByteOrder));
                }
                Err(Err::Error(_) | Err::Failure(_)) => {
                    let length = self.u32(ahead, 4);
                    return Err(fault(Fault::RecordLength { length }));
                }
            }
        }
    }

    /// Reads a block of `length` bytes that lies whole in the window.
    fn block(
        &mut self,
        window: &mut Window,
        kind: u32,
        length: usize,
    ) -> Result<Option<Frame>, PassedOver> {
        let offset = window.offset();
        let taken = window.take(length);
        let bytes = window.bytes(taken.clone());
        if kind == IDB_MAGIC {
            let interface = self
                .describe(bytes)
                .map_or_else(Interface::unreadable, |found| Interface::new(&found));
            self.add_interface(interface);
            return Ok(None);
        }
        let found = if kind == EPB_MAGIC {
            self.enhanced(bytes)
        } else {
            self.simple(bytes)
        };
        let found = found.ok_or(PassedOver::Damaged)?;
        let interface = usize::try_from(found.interface)
            .ok()
            .and_then(|number| self.interfaces.get(number))
            .ok_or(PassedOver::NoInterface)?;
        let start = taken.start + found.start;
        Ok(Some(Frame {
            bytes: start..start + found.length,
            offset: offset + found.start as u64,
            link: interface.link?,
            captured: found.ticks.map(|ticks| interface.time(ticks)),
            missing: found.missing,
        }))
    }

    fn describe<'a>(&self, block: &'a [u8]) -> Option<InterfaceDescriptionBlock<'a>> {
        whole(if self.is_big_endian {
            parse_interfacedescriptionblock_be(block)
        } else {
            parse_interfacedescriptionblock_le(block)
        })
    }

    fn enhanced(&self, block: &[u8]) -> Option<Found> {
        let block: EnhancedPacketBlock<'_> = whole(if self.is_big_endian {
            parse_enhancedpacketblock_be(block)
        } else {
            parse_enhancedpacketblock_le(block)
        })?;
        let length = usize::try_from(block.caplen).ok()?;
        Some(Found {
            interface: block.if_id,
            start: ENHANCED_HEAD,
            length: length.min(block.data.len()),
            missing: missing(block.origlen, length),
            ticks: Some(u64::from(block.ts_high) << 32 | u64::from(block.ts_low)),
        })
    }

    /// A simple packet is of the first interface, whose snapshot length tells how much is there.
    fn simple(&self, block: &[u8]) -> Option<Found> {
        let block: SimplePacketBlock<'_> = whole(if self.is_big_endian {
            parse_simplepacketblock_be(block)
        } else {
            parse_simplepacketblock_le(block)
        })?;
        let snapshot = match self.interfaces.first()?.snapshot_length {
            0 => u32::MAX,
            length => length,
        };
        let length = usize::try_from(block.origlen.min(snapshot)).ok()?;
        let length = length.min(block.data.len());
        Some(Found {
            interface: 0,
            start: SIMPLE_HEAD,
            length,
            missing: missing(block.origlen, length),
            ticks: None,
        })
    }

    fn add_interface(&mut self, interface: Interface) {
        if self.interfaces.len() < MOST_INTERFACES {
            self.interfaces.push(interface);
        }
    }

    /// The number at `at` bytes; 0 beyond the end, which callers exclude by a look at the length.
    fn u32(&self, bytes: &[u8], at: usize) -> u32 {
        let number = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
        let number = number.copied().unwrap_or_default();
        if self.is_big_endian {
            u32::from_be_bytes(number)
        } else {
            u32::from_le_bytes(number)
        }
    }
}

impl Interface {
    fn new(described: &InterfaceDescriptionBlock<'_>) -> Self {
        let link = capture::link_number(described.linktype);
        Self {
            link: LinkLayer::from_wire(link).ok_or(PassedOver::LinkType(link)),
            snapshot_length: described.snaplen,
            ticks_per_second: ticks_per_second(described.if_tsresol),
            offset_seconds: offset_seconds(described),
        }
    }

    /// What stands for an interface whose description cannot be read.
    fn unreadable() -> Self {
        Self {
            link: Err(PassedOver::NoInterface),
            snapshot_length: 0,
            ticks_per_second: MICROSECONDS,
            offset_seconds: 0,
        }
    }

    fn time(&self, ticks: u64) -> UnixNanos {
        let seconds = (ticks / self.ticks_per_second).wrapping_add(self.offset_seconds);
        let part = u128::from(ticks % self.ticks_per_second) * u128::from(NANOS_PER_SECOND)
            / u128::from(self.ticks_per_second);
        // The part is below a second, so below 2^64.
        let part = u64::try_from(part).unwrap_or_default();
        UnixNanos::from_raw(seconds.wrapping_mul(NANOS_PER_SECOND).wrapping_add(part))
    }
}

/// What a block holds that lies whole before the parser, so that nothing can be missing.
fn whole<T>(parsed: Parsed<'_, T>) -> Option<T> {
    parsed.ok().map(|(_, block)| block)
}

fn missing(on_the_line: u32, captured: usize) -> usize {
    usize::try_from(on_the_line)
        .unwrap_or(usize::MAX)
        .saturating_sub(captured)
}

/// A power of ten, or of two when the highest bit is set; at most what 64 bits hold.
fn ticks_per_second(resolution: u8) -> u64 {
    let exponent = u32::from(resolution & 0x7f);
    let base: u64 = if resolution & 0x80 == 0 { 10 } else { 2 };
    base.saturating_pow(exponent)
}

/// The option itself, since the parser's own field reads it in one byte order only.
fn offset_seconds(described: &InterfaceDescriptionBlock<'_>) -> u64 {
    let is_big_endian = described.block_type != IDB_MAGIC;
    let option = described
        .options
        .iter()
        .find(|option| option.code == OptionCode::IfTsoffset)
        .and_then(|option| option.value.first_chunk());
    // A negative offset wraps here and back again when it is added.
    option.map_or(0, |bytes| {
        if is_big_endian {
            u64::from_be_bytes(*bytes)
        } else {
            u64::from_le_bytes(*bytes)
        }
    })
}
