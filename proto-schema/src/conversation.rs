//! Who says what to whom: an enum for each direction of a conversation, with its reader.
//!
//! A receiver matches its direction exhaustively, so that a new message is a compile error where it is
//! not thought of. A message of another direction is a [`ProtoError::BadKind`]. Lists stay in the
//! message and are read record by record.

use crate::depth::{Depth, DepthAsked, DepthRecord, DepthRequest, TellDepth};
use crate::envelope::{Kind, ProtoError, decode, kind_of};
use crate::event_record::EventRecord;
use crate::flow::{
    Ack, Batch, Coverage, Digests, Farewell, Finish, Heartbeat, Refresh, RepairGone, RepairWish,
    StreamPosition, SymbolDigest,
};
use crate::membership::{Introduction, Membership, TellMembership};
use crate::name::Partition;
use crate::records::{Records, decode_list};
use crate::snapshot::{Snapshot, SnapshotRecord, SnapshotRefused, SnapshotUnderWay, SnapshotWish};
use crate::start::{
    Hello, Ping, Ready, Refused, SayHello, SetupPi, SetupVisual, SetupVisualRequest,
    SymbolAssignment, SymbolEntry, TellState,
};
use crate::status::{Status, StatusRecord, StatusRequest};
use crate::stock::{EndOfEvents, StockBatch, StockBeat, StreamWord};
use crate::stock_record::StockRecord;
use crate::taking::{TakePartition, Taken};

/// Declares a direction: its messages, and the record of those with a list.
macro_rules! direction {
    (
        $(#[$doc:meta])*
        $direction:ident { $($(#[$about:meta])* $message:ident $(of $record:ident)?;)* }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        pub enum $direction<'a> {
            $($(#[$about])* $message($message $(, Records<'a, $record>)?),)*
        }

        impl<'a> $direction<'a> {
            /// Reads a message of this direction.
            ///
            /// # Errors
            ///
            /// What is wrong with the bytes; a message that is not said in this direction is a
            /// [`ProtoError::BadKind`].
            #[inline]
            pub fn decode(message: &'a [u8]) -> Result<Self, ProtoError> {
                let kind = kind_of(message)?;
                $(if kind == Kind::$message {
                    return direction!(read message as $message $($record)?);
                })*
                Err(ProtoError::BadKind { kind: kind as u8 })
            }

            /// Which message it is.
            #[must_use]
            pub const fn kind(&self) -> Kind {
                match self {
                    $(Self::$message(..) => Kind::$message,)*
                }
            }
        }
    };
    (read $bytes:ident as $message:ident) => {
        decode($bytes).map(Self::$message)
    };
    (read $bytes:ident as $message:ident $record:ident) => {
        decode_list($bytes).map(|(head, records)| Self::$message(head, records))
    };
}

direction! {
    /// Pi to controller.
    FromPi {
        /// Here I am.
        Hello;
        /// This is who I am.
        Introduction;
        /// This is what I am in a run.
        Membership of Partition;
        /// I hear all my partitions.
        Ready;
        /// I hold the partition that I was to take, or have no room for it.
        Taken;
        /// This is how far I am.
        Ack of StreamPosition;
        /// This is missing here.
        RepairWish;
        /// I am alive.
        Heartbeat;
        /// These are my books.
        Digests of SymbolDigest;
        /// I would like to have a book.
        SnapshotWish of StreamPosition;
        /// Somebody wished for this book.
        Snapshot of SnapshotRecord;
        /// Somebody wished for a book that I cannot give.
        SnapshotRefused;
        /// All that I said was taken.
        Farewell;
    }
}

direction! {
    /// Controller to one Pi.
    ToPi {
        /// These are your partitions.
        SetupPi of SymbolAssignment;
        /// I do not want you.
        Refused;
        /// I do not know you.
        SayHello;
        /// I do not know you, but may know your run.
        TellMembership;
        /// Hold this partition too.
        TakePartition of SymbolAssignment;
        /// Tell the visualisation what you know.
        TellState;
        /// Tell the visualisation how deep a book is.
        TellDepth;
        /// Another node would like to have a book.
        SnapshotWish of StreamPosition;
        /// You wished for this book.
        Snapshot of SnapshotRecord;
        /// You wished for a book that nobody can give.
        SnapshotRefused;
        /// You wished for a book that is being made.
        SnapshotUnderWay;
        /// It is over.
        Finish;
    }
}

direction! {
    /// Controller to all who hold a partition, behind its [`Topic`](crate::Topic).
    Data {
        /// This happened.
        Batch of EventRecord;
        /// Nothing else happened.
        Coverage;
        /// This is told again.
        Refresh of EventRecord;
        /// This is nowhere any more.
        RepairGone;
        /// Can you hear this?
        Ping;
    }
}

direction! {
    /// Pi to visualisation.
    Stock {
        /// This changed.
        StockBatch of StockRecord;
        /// This is how far I am.
        StockBeat of StreamWord;
        /// This deep is a book.
        Depth of DepthRecord;
        /// No more events follow.
        EndOfEvents;
    }
}

direction! {
    /// Controller to whoever asked a [`Question`]. One that cannot be read is answered as the
    /// visualisation's, whose answer begins with the schema.
    Answer {
        /// These are the symbols.
        SetupVisual of SymbolEntry;
        /// This is how the cluster is.
        Status of StatusRecord;
        /// The wish was passed on, or not.
        DepthAsked;
        /// I do not want you.
        Refused;
    }
}

/// Whoever asks the controller for something, and waits for its [`Answer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Question {
    /// The visualisation: which symbols are there?
    SetupVisualRequest(SetupVisualRequest),
    /// Anybody: how is the cluster?
    StatusRequest(StatusRequest),
    /// The visualisation: have a node tell how deep a book is.
    DepthRequest(DepthRequest),
}

impl Question {
    /// Reads a question.
    ///
    /// # Errors
    ///
    /// What is wrong with the bytes; a message that is no question is a [`ProtoError::BadKind`].
    pub fn decode(message: &[u8]) -> Result<Self, ProtoError> {
        let kind = kind_of(message)?;
        if kind == Kind::SetupVisualRequest {
            decode(message).map(Self::SetupVisualRequest)
        } else if kind == Kind::StatusRequest {
            decode(message).map(Self::StatusRequest)
        } else if kind == Kind::DepthRequest {
            decode(message).map(Self::DepthRequest)
        } else {
            Err(ProtoError::BadKind { kind: kind as u8 })
        }
    }

    /// Which question it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::SetupVisualRequest(_) => Kind::SetupVisualRequest,
            Self::StatusRequest(_) => Kind::StatusRequest,
            Self::DepthRequest(_) => Kind::DepthRequest,
        }
    }
}
