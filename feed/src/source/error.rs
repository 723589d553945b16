//! What can go wrong with a source.

use std::io;

use thiserror::Error;

use super::content::Content;

/// Why a source gives no further packet. Every packet before the fault was given out.
///
/// Offsets count the bytes of the uncompressed content from 0.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The input cannot be opened.
    #[error("{file}: cannot be opened: {error}")]
    Open {
        /// The input.
        file: String,
        /// What the system said.
        error: io::Error,
    },
    /// The input cannot be read on, or its compression is damaged.
    #[error("{file}: cannot be read on at byte {offset}: {error}")]
    Read {
        /// The input.
        file: String,
        /// Where the next packet would begin.
        offset: u64,
        /// What the system or the decompressor said.
        error: io::Error,
    },
    /// The content is not what it should be.
    #[error("{file}: at byte {offset}: {fault}")]
    Content {
        /// The input.
        file: String,
        /// Where the faulty packet, record or block begins.
        offset: u64,
        /// What is wrong.
        fault: Fault,
    },
}

/// What is wrong with the content of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Fault {
    /// A packet of a channel file says an impossible length, so the next packet cannot be found.
    #[error(
        "PktSize is {size}, not 16 to 1400; the packets before it were read, the rest of the file \
         cannot be: check that it is an uncut channel file"
    )]
    PacketSize {
        /// What it says.
        size: u16,
    },
    /// The input is nothing that is read.
    #[error(
        "this is neither a channel file nor a capture: it looks like {}; {}",
        .0.what, .0.remedy
    )]
    OtherContent(Content),
    /// The input ends inside a packet.
    #[error(
        "the file ends inside a packet: {needed} bytes needed, {got} there; the packets before it \
         were read: the file was cut or is still being written"
    )]
    CutPacket {
        /// The length of the packet, or of its header when that is cut.
        needed: usize,
        /// The bytes that are there.
        got: usize,
    },
    /// The input ends inside a header, record or block of a capture.
    #[error(
        "the capture ends inside a record; the packets before it were read: the file was cut or is \
         still being written"
    )]
    CutCapture,
    /// A length in a capture is impossible.
    #[error(
        "a record of the capture says an impossible length, {length}; the packets before it were \
         read: the capture is damaged"
    )]
    RecordLength {
        /// What it says.
        length: u32,
    },
    /// A pcapng section begins without its byte order mark.
    #[error("a pcapng section has no valid byte order mark: the capture is damaged")]
    ByteOrder,
    /// Frames of this link layer are not understood.
    #[error(
        "link type {link} is not supported; supported are Ethernet (1), raw IP (12, 14, 101, 228, 229), Linux cooked \
         (113, 276) and loopback (0, 108)"
    )]
    LinkType {
        /// The number of the link layer.
        link: u32,
    },
}
