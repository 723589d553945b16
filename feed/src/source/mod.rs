//! Where packets come from: channel files and captures, plain or compressed, or standard input.
//!
//! A [`Source`] shows one packet at a time, in place, and needs the same memory for any length of
//! input. What an input is, is told by its content: gzip and zstd are undone, pcap and pcapng are
//! recognised, anything else is a channel file of packets back to back. Inputs are only read
//! forwards, so a pipe does as well as a file.
//!
//! Records and blocks of captures are read by `pcap-parser`, and the headers in their frames by
//! `etherparse`, both in the one window, without copying. The window is our own, since it knows the
//! place of every fault, and so is the walk over blocks, which goes on behind a bad one.
//!
//! Every frame of a capture is given out, or counted by the reason why it is not: see
//! [`CaptureCounters`].
//!
//! ```no_run
//! use oxberry_feed::source::{Filter, Source};
//!
//! let mut source = Source::open("20111219-ARCA_XDP_IBF_1.dat".as_ref(), Filter::default())?;
//! while source.advance()? {
//!     let packet = source.packet();
//!     println!("{} bytes at {}", packet.bytes.len(), packet.offset);
//! }
//! # Ok::<(), oxberry_feed::source::SourceError>(())
//! ```

mod ahead;
mod capture;
mod content;
mod counters;
mod dat;
mod error;
mod filter;
mod frame;
mod header;
mod link;
mod magic;
mod pcap;
mod pcapng;
mod reader;
mod tunnel;
mod window;

use std::{io::Read, net::SocketAddr, ops::ControlFlow, path::Path};

use oxberry_core::units::UnixNanos;

use crate::input::{self, Decompressed};

use self::{
    ahead::{Ahead, Held},
    capture::{Frame, Next},
    frame::Datagram,
    pcap::Pcap,
    pcapng::Pcapng,
    reader::{Located, Stop},
    window::Window,
};
pub use self::{
    content::Content,
    counters::{CaptureCounters, PassedOver},
    error::{Fault, SourceError},
    filter::Filter,
};
pub use crate::input::Progress;

/// The bytes that tell the formats apart.
const MAGIC_LENGTH: usize = 4;

/// One packet of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// The packet, from its header on.
    pub bytes: &'a [u8],
    /// Where its first byte lies in the uncompressed content.
    pub offset: u64,
    /// To whom a captured packet was sent; `None` in a channel file.
    pub group: Option<SocketAddr>,
    /// When it was captured, where that is known.
    pub captured: Option<UnixNanos>,
}

/// A source of packets, which shows one at a time.
#[derive(Debug)]
pub struct Source {
    name: String,
    window: Window,
    format: Format,
    filter: Filter,
    counters: CaptureCounters,
    progress: Progress,
    /// What was read before its time.
    ahead: Ahead,
    /// The packet that was found last. It has its place here and is not handed about, which would
    /// take as long as all that is read of a packet in a channel file.
    found: Located,
    current: Current,
    packets: u64,
    is_empty: bool,
}

/// The packet that a source shows.
#[derive(Debug)]
enum Current {
    None,
    /// The one that was found last.
    Window,
    Held(Held),
}

#[derive(Debug)]
enum Format {
    /// Nothing was read yet.
    Unknown,
    Dat,
    Pcap(Pcap),
    Pcapng(Pcapng),
}

impl Source {
    /// Opens a file, or standard input for `-`. Reads nothing before [`Source::advance`].
    ///
    /// # Errors
    ///
    /// When it cannot be opened.
    pub fn open(path: &Path, filter: Filter) -> Result<Self, SourceError> {
        let name = if path == Path::new("-") {
            "standard input".to_owned()
        } else {
            path.display().to_string()
        };
        match input::open(path) {
            Ok((input, progress)) => Ok(Self::over(name, input, progress, filter)),
            Err(error) => Err(SourceError::Open { file: name, error }),
        }
    }

    /// A source over any input, compressed or not; `name` is for messages.
    #[must_use]
    pub fn from_reader(
        name: impl Into<String>,
        input: impl Read + Send + 'static,
        filter: Filter,
    ) -> Self {
        Self::over(
            name.into(),
            Decompressed::new(input),
            Progress::default(),
            filter,
        )
    }

    fn over(name: String, input: Decompressed, progress: Progress, filter: Filter) -> Self {
        Self {
            name,
            window: Window::new(Box::new(input)),
            format: Format::Unknown,
            filter,
            counters: CaptureCounters::default(),
            progress,
            ahead: Ahead::default(),
            found: Located::NOTHING,
            current: Current::None,
            packets: 0,
            is_empty: false,
        }
    }

    /// Shows packets before their time, from the next one on, until `visit` breaks off, the input
    /// ends, or as much as may be held was read. [`Source::advance`] then goes to each of them as
    /// if nothing had happened, and tells of a fault in its place.
    pub fn look_ahead(&mut self, mut visit: impl FnMut(Packet<'_>) -> ControlFlow<()>) {
        if self.ahead.packets().any(|packet| visit(packet).is_break()) {
            return;
        }
        while self.ahead.has_room() {
            match self.find_next() {
                Ok(true) => {
                    let packet = located(&self.window, &self.found);
                    self.ahead.hold(packet);
                    if visit(packet).is_break() {
                        return;
                    }
                }
                Ok(false) => return,
                Err(stop) => return self.ahead.stop = Some(stop),
            }
        }
    }

    /// Goes to the next packet; `false` at the end of the input.
    ///
    /// # Errors
    ///
    /// When the input cannot be read on, or its content is not what it should be. The source is
    /// over then.
    pub fn advance(&mut self) -> Result<bool, SourceError> {
        if let Some(held) = self.ahead.release() {
            self.current = Current::Held(held);
            self.packets += 1;
            return Ok(true);
        }
        if let Some(stop) = self.ahead.stop.take() {
            return Err(self.stop(stop));
        }
        match self.find_next() {
            Ok(true) => {
                self.show_found();
                self.packets += 1;
                Ok(true)
            }
            Ok(false) => {
                self.current = Current::None;
                self.is_empty = self.window.offset() == 0;
                Ok(false)
            }
            Err(stop) => Err(self.stop(stop)),
        }
    }

    #[inline]
    fn show_found(&mut self) {
        // Mostly it is what was shown before.
        if !matches!(self.current, Current::Window) {
            self.current = Current::Window;
        }
    }

    #[cold]
    fn stop(&mut self, stop: Stop) -> SourceError {
        self.current = Current::None;
        let file = self.name.clone();
        match stop {
            Stop::Io(error) => SourceError::Read {
                file,
                offset: self.window.offset(),
                error,
            },
            Stop::Fault { offset, fault } => SourceError::Content {
                file,
                offset,
                fault,
            },
        }
    }

    /// The packet that [`Source::advance`] found; empty when it found none.
    #[must_use]
    #[inline]
    pub fn packet(&self) -> Packet<'_> {
        match &self.current {
            Current::Window => located(&self.window, &self.found),
            Current::Held(held) => held.packet(),
            Current::None => Packet {
                bytes: &[],
                offset: self.window.offset(),
                group: None,
                captured: None,
            },
        }
    }

    /// What messages call this input.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many packets it has shown.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.packets
    }

    /// Whether it came to its end without a single byte.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// What became of the frames of a capture; all zero for a channel file.
    #[must_use]
    pub fn capture_counters(&self) -> &CaptureCounters {
        &self.counters
    }

    /// How much was read; stays connected while the source goes on.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// Finds the next packet; `false` at the end.
    fn find_next(&mut self) -> Result<bool, Stop> {
        if let Format::Unknown = self.format {
            self.format = recognise(&mut self.window)?;
        }
        loop {
            let next = match &mut self.format {
                Format::Unknown | Format::Dat => {
                    return dat::advance(&mut self.window, &mut self.found);
                }
                Format::Pcap(pcap) => pcap.advance(&mut self.window)?,
                Format::Pcapng(pcapng) => pcapng.advance(&mut self.window, &mut self.counters)?,
            };
            match next {
                Some(Next::Frame(frame)) if self.find_in(&frame) => return Ok(true),
                Some(Next::Frame(_)) => {}
                Some(Next::Capture) => self.format = recognise(&mut self.window)?,
                None => return Ok(false),
            }
        }
    }

    /// Finds the packet of the feed in a frame; one that holds none is counted by the reason.
    #[inline]
    fn find_in(&mut self, frame: &Frame) -> bool {
        let bytes = self.window.bytes(frame.bytes.clone());
        let datagram = match frame.link.datagram(bytes, frame.missing) {
            Ok(datagram) => datagram,
            Err(reason) => {
                self.counters.pass_over(reason);
                return false;
            }
        };
        let Datagram {
            payload,
            length,
            group,
        } = datagram;
        if !self.filter.lets_through(group) {
            self.counters.pass_over(PassedOver::Filtered);
            return false;
        }
        let captured = bytes.get(payload.clone()).unwrap_or_default();
        let Some(size) = header::packet_size(captured, length) else {
            if captured.len() < length.min(header::SIZE_LENGTH) {
                self.counters.pass_over(PassedOver::CutOff);
            } else {
                self.counters.pass_over_traffic(group);
            }
            return false;
        };
        self.counters.frames += 1;
        self.counters.packets += 1;
        self.counters.cut += u64::from(captured.len() < size);
        if length > size {
            self.counters.short += 1;
            self.counters.bytes_behind += (length - size) as u64;
        }
        let start = frame.bytes.start;
        self.found = Located {
            bytes: start + payload.start..start + payload.end,
            offset: frame.offset + payload.start as u64,
            group: Some(group),
            captured: frame.captured,
        };
        true
    }
}

#[inline]
fn located<'a>(window: &'a Window, found: &Located) -> Packet<'a> {
    Packet {
        bytes: window.bytes(found.bytes.clone()),
        offset: found.offset,
        group: found.group,
        captured: found.captured,
    }
}

fn recognise(window: &mut Window) -> Result<Format, Stop> {
    window.require(MAGIC_LENGTH)?;
    if magic::is_pcapng(window.ahead()) {
        return Ok(Format::Pcapng(Pcapng::new()));
    }
    Ok(Pcap::open(window)?.map_or(Format::Dat, Format::Pcap))
}

#[cfg(test)]
mod tests;
