//! Everything that crosses a process border in OxBerry, and nothing else.
//!
//! A message is two bytes, version and [`Kind`], then one postcard value, the head, then for kinds
//! that carry a list that many postcard records back to back. Readers walk the records in place, so
//! neither side allocates. A frame on the publish socket has a [`Topic`] in front of the message.
//!
//! Layers, lowest to highest:
//!
//! * [`limits`]: the most that a message may hold,
//! * [`name`](Partition) types: partitions, streams, nodes, [runs](Run),
//! * [`Kind`], [`encode`], [`decode`]: the envelope,
//! * [`Deltas`]: records told from those before them, which makes them short,
//! * what a node says of its [machine](Health),
//! * the messages, by when they are said: [`start`], [`membership`], [`taking`], [`flow`], [`snapshot`],
//!   [`stock`], [`status`],
//! * who says them to whom: [`FromPi`], [`ToPi`], [`Data`], [`Stock`], [`Question`],
//!   [`Answer`].
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod conversation;
mod deltas;
pub mod depth;
mod envelope;
mod event_record;
pub mod flow;
pub mod limits;
mod machine;
pub mod membership;
mod name;
mod records;
mod room;
mod run;
pub mod snapshot;
pub mod start;
pub mod status;
pub mod stock;
mod stock_record;
pub mod taking;
mod topic;
mod view;

pub use conversation::{Answer, Data, FromPi, Question, Stock, ToPi};
pub use deltas::Deltas;
pub use envelope::{Head, Kind, Listed, ProtoError, VERSION, decode, encode, kind_of};
pub use event_record::{EventRecord, Recorded};
pub use machine::{Health, Libzmq, Throttling};
pub use name::{NodeId, NodeName, Partition, StreamId, SymbolName};
pub use oxberry_core::feed::FeedEvent;
pub use records::{Records, RecordsWriter, decode_list};
pub use run::Run;
pub use stock_record::{StockRecord, StockTold};
pub use topic::Topic;

/// The schema as one number: FNV-1a over the golden bytes of every message kind.
///
/// Hello carries it, so that a program with other messages is refused with a clear word before it
/// misreads anything. The golden test says the new value when the schema changes.
pub const SCHEMA_FINGERPRINT: u64 = 0xa941_63de_49a6_78b6;
