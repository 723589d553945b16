//! The XDP wire format: packets, messages and their fields, in all three dialects.
//!
//! A packet is read in place: [`PacketRef`] checks its lengths once and walks its messages as
//! [`MessageRef`]s, whose bytes become a [`Message`] when all fields are wanted. The same tables
//! write messages, and [`PacketBuilder`] puts them into packets.
//!
//! ```
//! use oxberry_core::units::{SeqNum, SymbolIndex, UnixNanos};
//! use oxberry_core::xdp::{
//!     DeliveryFlag, Dialect, Message, PacketBuilder, PacketRef, PillarDeleteOrder,
//! };
//!
//! let delete = PillarDeleteOrder { symbol_index: SymbolIndex::from_raw(9), ..Default::default() };
//! let mut buffer = [0; 1400];
//! let mut packet = PacketBuilder::new(&mut buffer).expect("a header fits");
//! packet.push(&delete).expect("one message fits");
//! let sent = packet.finish(DeliveryFlag::ORIGINAL, SeqNum::from_raw(1), UnixNanos::from_raw(0));
//!
//! let packet = PacketRef::new(sent)?;
//! for message in packet.messages() {
//!     let message = message?;
//!     assert_eq!(message.symbol_index(Dialect::Pillar), Some(SymbolIndex::from_raw(9)));
//!     assert_eq!(
//!         Message::parse(Dialect::Pillar, message)?,
//!         Some(Message::PillarDeleteOrder(delete))
//!     );
//! }
//! # Ok::<(), oxberry_core::xdp::WireError>(())
//! ```
//!
//! Numbers of tables and sections in this module are those of `docs/wire-format.md`.

mod builder;
mod code;
mod delivery;
mod detect;
mod dialect;
mod error;
mod field;
mod layout;
mod message;
mod packet;

pub use builder::{MAX_MESSAGES, MAX_PACKET, PacketBuilder, PacketFull};
pub use code::*;
pub use detect::{Certainty, Detection, Detector, Reason};
pub use dialect::Dialect;
pub use error::{WireError, WireErrorKind};
pub use field::{Ascii, FieldValue, FirmId, SignedPrice};
pub use layout::Head;
pub use message::*;
pub use packet::{HEADER_SIZE, MESSAGE_HEADER_SIZE, MessageRef, Messages, PacketHeader, PacketRef};
