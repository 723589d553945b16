//! Captures in the classic format: a file header, then records.

use oxberry_core::units::UnixNanos;
use pcap_parser::{
    LegacyPcapBlock, PcapError,
    nom::{Err, IResult},
    parse_pcap_frame, parse_pcap_frame_be, parse_pcap_frame_modified, parse_pcap_header,
};

use super::{
    MAGIC_LENGTH,
    capture::{self, Frame, Next},
    error::Fault,
    link::LinkLayer,
    magic,
    reader::Stop,
    window::{CAPACITY, Window},
};

/// Where the file header says the link layer.
const LINK_OFFSET: u64 = 20;
/// What comes before a frame; eight bytes more in the modified format.
const RECORD_HEADER: usize = 16;

const NANOS_PER_MICROSECOND: u32 = 1_000;

/// What the file header says.
#[derive(Debug)]
pub(super) struct Pcap {
    records: Records,
    link: LinkLayer,
    /// What one unit of a record's fraction of a second is worth.
    fraction_ns: u32,
}

/// How the records are written.
#[derive(Clone, Copy, Debug)]
enum Records {
    Little,
    Big,
    /// With some more fields in every record, as Linux distributions patched it in around 2000.
    Modified,
}

impl Pcap {
    /// Reads the file header, if content that starts so is a capture of this format.
    pub(super) fn open(window: &mut Window) -> Result<Option<Self>, Stop> {
        let start = window.offset();
        let (length, header) = loop {
            let ahead = window.ahead();
            match parse_pcap_header(ahead) {
                Ok((rest, header)) => break (ahead.len() - rest.len(), header),
                Err(Err::Incomplete(needed)) => {
                    let needed = capture::needed(ahead, needed);
                    if !window.require(needed)? {
                        if window.ahead().len() < MAGIC_LENGTH {
                            return Ok(None);
                        }
                        return Err(Stop::Fault {
                            offset: start,
                            fault: Fault::CutCapture,
                        });
                    }
                }
                Err(Err::Error(_) | Err::Failure(_)) => return Ok(None),
            }
        };
        window.take(length);
        let link = capture::link_number(header.network);
        let link = LinkLayer::from_wire(link).ok_or(Stop::Fault {
            offset: start + LINK_OFFSET,
            fault: Fault::LinkType { link },
        })?;
        let records = if header.is_modified_format() {
            Records::Modified
        } else if header.is_bigendian() {
            Records::Big
        } else {
            Records::Little
        };
        let fraction_ns = if header.is_nanosecond_precision() {
            1
        } else {
            NANOS_PER_MICROSECOND
        };
        Ok(Some(Self {
            records,
            link,
            fraction_ns,
        }))
    }

    /// Finds the next frame.
    #[inline]
    pub(super) fn advance(&self, window: &mut Window) -> Result<Option<Next>, Stop> {
        let record = window.offset();
        loop {
            let ahead = window.ahead();
            match self.parse(ahead) {
                Ok((rest, block)) => {
                    // A file header reads as a record without a frame.
                    if block.caplen == 0 && magic::is_pcap(ahead) {
                        return Ok(Some(Next::Capture));
                    }
                    let length = ahead.len() - rest.len();
                    let head = length - block.data.len();
                    let fraction = block.ts_usec.saturating_mul(self.fraction_ns);
                    let captured = Some(UnixNanos::from_parts(block.ts_sec, fraction));
                    let missing = block.origlen.saturating_sub(block.caplen);
                    let mut bytes = window.take(length);
                    bytes.start += head;
                    return Ok(Some(Next::Frame(Frame {
                        bytes,
                        offset: record + head as u64,
                        link: self.link,
                        captured,
                        missing: missing as usize,
                    })));
                }
                Err(Err::Incomplete(needed)) => {
                    let needed = capture::needed(ahead, needed);
                    if needed > CAPACITY {
                        return too_long(record, ahead, needed);
                    }
                    if !window.require(needed)? {
                        return capture::end(window, record);
                    }
                }
                // A record has nothing that could be wrong but its length.
                Err(Err::Error(_) | Err::Failure(_)) => return too_long(record, ahead, 0),
            }
        }
    }

    #[inline]
    fn parse<'a>(
        &self,
        ahead: &'a [u8],
    ) -> IResult<&'a [u8], LegacyPcapBlock<'a>, PcapError<&'a [u8]>> {
        match self.records {
            Records::Little => parse_pcap_frame(ahead),
            Records::Big => parse_pcap_frame_be(ahead),
            Records::Modified => parse_pcap_frame_modified(ahead),
        }
    }
}

/// A record that needs more bytes than any frame has; where the next one begins nobody knows, unless
/// it is the section of another capture.
#[cold]
fn too_long(record: u64, ahead: &[u8], needed: usize) -> Result<Option<Next>, Stop> {
    if magic::is_pcapng(ahead) {
        return Ok(Some(Next::Capture));
    }
    let length = u32::try_from(needed.saturating_sub(RECORD_HEADER)).unwrap_or(u32::MAX);
    Err(Stop::Fault {
        offset: record,
        fault: Fault::RecordLength { length },
    })
}
