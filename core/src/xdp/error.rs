//! What can be wrong with bytes.

use core::fmt;

/// Malformed bytes: where, in which message, and what.
///
/// A wrong MsgSize ends the walk of its packet, since the next message cannot be found; a message
/// shorter than its type needs loses only itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct WireError {
    /// Bytes from the start of the packet to the header or message that is wrong.
    pub offset: u16,
    /// The type of the message, where it could be read.
    pub msg_type: Option<u16>,
    /// What is wrong.
    pub kind: WireErrorKind,
}

/// What is wrong with a packet or message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum WireErrorKind {
    /// Fewer bytes than the packet header, message header or message type needs.
    TooShort {
        /// Bytes needed.
        needed: u16,
        /// Bytes there.
        got: u16,
    },
    /// PktSize or MsgSize is less than its own header.
    BadLength {
        /// The length that was declared.
        declared: u16,
        /// The least that is possible.
        least: u16,
    },
    /// MsgSize reaches past the end of the packet.
    PastEnd {
        /// The length that was declared.
        declared: u16,
        /// Bytes left in the packet.
        left: u16,
    },
}

impl WireError {
    pub(super) const fn new(offset: u16, msg_type: Option<u16>, kind: WireErrorKind) -> Self {
        Self {
            offset,
            msg_type,
            kind,
        }
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {} of the packet", self.offset)?;
        if let Some(msg_type) = self.msg_type {
            write!(f, ", message type {msg_type}")?;
        }
        write!(f, ": {}", self.kind)
    }
}

impl fmt::Display for WireErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { needed, got } => write!(f, "{needed} bytes needed, {got} there"),
            Self::BadLength { declared, least } => {
                write!(f, "declares {declared} bytes, at least {least} are needed")
            }
            Self::PastEnd { declared, left } => {
                write!(f, "declares {declared} bytes, the packet has {left} left")
            }
        }
    }
}

impl core::error::Error for WireError {}

const _: () = assert!(size_of::<WireError>() <= 16);
