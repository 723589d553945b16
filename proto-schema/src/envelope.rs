//! Version, kind and head: what every message begins with.

use core::fmt;

use serde::{Deserialize, Serialize};

/// The version of the schema. A change that old readers would misread raises it.
pub const VERSION: u8 = 2;

/// What a message is; its second byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u8)]
#[non_exhaustive]
pub enum Kind {
    /// [`crate::start::Hello`]
    Hello = 1,
    /// [`crate::start::SetupPi`]
    SetupPi = 2,
    /// [`crate::start::Refused`]
    Refused = 3,
    /// [`crate::start::Ping`]
    Ping = 4,
    /// [`crate::start::Ready`]
    Ready = 5,
    /// [`crate::start::SetupVisualRequest`]
    SetupVisualRequest = 6,
    /// [`crate::start::SetupVisual`]
    SetupVisual = 7,
    /// [`crate::start::SayHello`]
    SayHello = 8,
    /// [`crate::start::TellState`]
    TellState = 9,
    /// [`crate::status::StatusRequest`]
    StatusRequest = 10,
    /// [`crate::status::Status`]
    Status = 11,
    /// [`crate::flow::Batch`]
    Batch = 16,
    /// [`crate::flow::Coverage`]
    Coverage = 17,
    /// [`crate::flow::Ack`]
    Ack = 18,
    /// [`crate::flow::Heartbeat`]
    Heartbeat = 19,
    /// [`crate::flow::Digests`]
    Digests = 20,
    /// [`crate::flow::Finish`]
    Finish = 21,
    /// [`crate::flow::Farewell`]
    Farewell = 22,
    /// [`crate::flow::Refresh`]
    Refresh = 23,
    /// [`crate::flow::RepairWish`]
    RepairWish = 24,
    /// [`crate::flow::RepairGone`]
    RepairGone = 25,
    /// [`crate::snapshot::SnapshotWish`]
    SnapshotWish = 26,
    /// [`crate::snapshot::Snapshot`]
    Snapshot = 27,
    /// [`crate::snapshot::SnapshotRefused`]
    SnapshotRefused = 30,
    /// [`crate::stock::StockBatch`]
    StockBatch = 32,
    /// [`crate::stock::EndOfEvents`]
    EndOfEvents = 33,
    /// [`crate::stock::StockBeat`]
    StockBeat = 34,
    /// [`crate::snapshot::SnapshotUnderWay`]
    SnapshotUnderWay = 35,
    /// [`crate::membership::Membership`]
    Membership = 39,
    /// [`crate::membership::TellMembership`]
    TellMembership = 40,
    /// [`crate::membership::Introduction`]
    Introduction = 41,
    /// [`crate::taking::TakePartition`]
    TakePartition = 48,
    /// [`crate::taking::Taken`]
    Taken = 49,
    /// [`crate::depth::DepthRequest`]
    DepthRequest = 120,
    /// [`crate::depth::DepthAsked`]
    DepthAsked = 121,
    /// [`crate::depth::TellDepth`]
    TellDepth = 122,
    /// [`crate::depth::Depth`]
    Depth = 123,
}

impl Kind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [Self; 37] = [
        Self::Hello,
        Self::SetupPi,
        Self::Refused,
        Self::Ping,
        Self::Ready,
        Self::SetupVisualRequest,
        Self::SetupVisual,
        Self::SayHello,
        Self::TellState,
        Self::StatusRequest,
        Self::Status,
        Self::Batch,
        Self::Coverage,
        Self::Ack,
        Self::Heartbeat,
        Self::Digests,
        Self::Finish,
        Self::Farewell,
        Self::Refresh,
        Self::RepairWish,
        Self::RepairGone,
        Self::SnapshotWish,
        Self::Snapshot,
        Self::SnapshotRefused,
        Self::StockBatch,
        Self::EndOfEvents,
        Self::StockBeat,
        Self::SnapshotUnderWay,
        Self::Membership,
        Self::TellMembership,
        Self::Introduction,
        Self::TakePartition,
        Self::Taken,
        Self::DepthRequest,
        Self::DepthAsked,
        Self::TellDepth,
        Self::Depth,
    ];
}

/// The head of a message: the value that follows version and kind.
pub trait Head: Serialize + for<'de> Deserialize<'de> {
    /// What the message is.
    const KIND: Kind;
}

/// A head that a list of records follows; it says how many.
pub trait Listed: Head {
    /// What the list holds.
    type Record: Serialize + for<'de> Deserialize<'de>;

    /// How many records follow.
    fn count(&self) -> usize;

    /// States how many records follow.
    fn set_count(&mut self, count: usize);
}

/// Why bytes are not the message they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ProtoError {
    /// The bytes end before the message does.
    Truncated,
    /// Bytes are left after the message.
    TrailingBytes {
        /// How many.
        count: usize,
    },
    /// Another version of the schema wrote it.
    BadVersion {
        /// The version found.
        version: u8,
    },
    /// A message of another kind, or of none.
    BadKind {
        /// The kind byte found.
        kind: u8,
    },
    /// A published frame with an unknown topic.
    BadTopic {
        /// The kind byte of the topic.
        kind: u8,
    },
    /// The postcard bytes do not hold the value.
    Malformed,
    /// The buffer is too small for the message.
    NoRoom,
}

impl fmt::Display for ProtoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => write!(f, "the message is cut short"),
            Self::TrailingBytes { count } => write!(f, "{count} bytes follow the message"),
            Self::BadVersion { version } => {
                write!(f, "schema version {version}, this program speaks {VERSION}")
            }
            Self::BadKind { kind } => write!(f, "unexpected message kind {kind}"),
            Self::BadTopic { kind } => write!(f, "unknown topic kind {kind}"),
            Self::Malformed => write!(f, "the message does not decode"),
            Self::NoRoom => write!(f, "the message does not fit its buffer"),
        }
    }
}

impl core::error::Error for ProtoError {}

impl From<postcard::Error> for ProtoError {
    fn from(error: postcard::Error) -> Self {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "postcard's error list is open"
        )]
        match error {
            postcard::Error::SerializeBufferFull => Self::NoRoom,
            postcard::Error::DeserializeUnexpectedEnd => Self::Truncated,
            _ => Self::Malformed,
        }
    }
}

/// Writes a message without records and returns its length.
///
/// # Errors
///
/// [`ProtoError::NoRoom`] when `buffer` is too small.
pub fn encode<H: Head>(head: &H, buffer: &mut [u8]) -> Result<usize, ProtoError> {
    let Some((envelope, body)) = buffer.split_first_chunk_mut::<2>() else {
        return Err(ProtoError::NoRoom);
    };
    *envelope = [VERSION, H::KIND as u8];
    Ok(envelope.len() + postcard::to_slice(head, body)?.len())
}

/// The kind of a message of this version.
///
/// # Errors
///
/// [`ProtoError::Truncated`], [`ProtoError::BadVersion`], or [`ProtoError::BadKind`] for a kind that
/// this version does not know.
pub fn kind_of(message: &[u8]) -> Result<Kind, ProtoError> {
    let Some(&[version, kind]) = message.first_chunk::<2>() else {
        return Err(ProtoError::Truncated);
    };
    if version != VERSION {
        return Err(ProtoError::BadVersion { version });
    }
    Kind::ALL
        .into_iter()
        .find(|known| *known as u8 == kind)
        .ok_or(ProtoError::BadKind { kind })
}

/// Reads a message without records.
///
/// # Errors
///
/// What is wrong with the bytes; see [`ProtoError`].
pub fn decode<H: Head>(message: &[u8]) -> Result<H, ProtoError> {
    match decode_head(message)? {
        (head, []) => Ok(head),
        (_, rest) => Err(ProtoError::TrailingBytes { count: rest.len() }),
    }
}

/// Reads envelope and head, and returns what follows.
pub(crate) fn decode_head<H: Head>(message: &[u8]) -> Result<(H, &[u8]), ProtoError> {
    let kind = kind_of(message)?;
    if kind != H::KIND {
        return Err(ProtoError::BadKind { kind: kind as u8 });
    }
    let body = message.get(2..).unwrap_or_default();
    Ok(postcard::take_from_bytes(body)?)
}
