//! From packets as they come, twice, late or not at all, to messages in order.
//!
//! A channel is sent in two copies, lines A and B, over a network that loses. A [`LineArbiter`] takes
//! the packets of both and hands each message on once, in order: the first copy of a number wins;
//! what is missing is awaited from the other line, then asked of the venue by retransmission; what
//! cannot be had is given up in time, said to be lost, and all books are renewed by a refresh.
//!
//! It is a machine without a socket or clock: packets and the time go in; packets in order, what to
//! ask for, and the next deadline come out. In-order packets are not copied.
//!
//! * [`LineArbiter`]: the machine, with its [`Arrival`]s, [`Command`]s and [`LineCounters`],
//! * [`Config`], [`limits`]: how long to wait, and what may be asked for,
//! * [`Gap`]: a range of missing numbers,
//! * [`GapDetector`]: says what each packet is to its channel, and never waits,
//! * [`Tracker`]: the next expected number.
//!
//! ```
//! use oxberry_core::line::{Arrival, Command, Config, Line, LineArbiter, Slot, Source};
//! use oxberry_core::units::{Instant, SeqNum, UnixNanos};
//! use oxberry_core::xdp::{DeliveryFlag, PacketBuilder, PacketRef, PillarDeleteOrder};
//!
//! fn send<'b>(buffer: &'b mut [u8], number: u32) -> PacketRef<'b> {
//!     let mut packet = PacketBuilder::new(buffer).expect("a header fits");
//!     packet.push(&PillarDeleteOrder::default()).expect("one message fits");
//!     let number = SeqNum::from_raw(number);
//!     let sent = packet.finish(DeliveryFlag::ORIGINAL, number, UnixNanos::from_raw(0));
//!     PacketRef::new(sent).expect("whole")
//! }
//!
//! let now = Instant::from_raw(0);
//! let mut channel = LineArbiter::new(now, Config::LIVE, [Slot::EMPTY; 4]);
//! let mut buffer = [0; 1400];
//! let (a, b) = (Source::Line(Line::A), Source::Line(Line::B));
//!
//! let first = channel.handle_packet(now, a, &send(&mut buffer, 1));
//! assert_eq!(first, Arrival::Deliver { skip: 0 });
//! // Line A loses 2 …
//! let third = channel.handle_packet(now, a, &send(&mut buffer, 3));
//! assert_eq!(third, Arrival::Held);
//! assert!(channel.next_command().is_none());
//! // … and line B has it.
//! let second = channel.handle_packet(now, b, &send(&mut buffer, 2));
//! assert_eq!(second, Arrival::Deliver { skip: 0 });
//! let Some(Command::Deliver { packet, .. }) = channel.next_command() else { panic!() };
//! assert_eq!(packet.header().seq_num, SeqNum::from_raw(3));
//! ```
//!
//! One thing cannot be told from the numbers: when neither line brings anything while the venue
//! starts its numbering again and counts beyond the number last seen, that looks like a gap.
//!
//! Numbers of sections in this module are those of `docs/wire-format.md`.

mod arbiter;
mod assembler;
mod config;
mod counters;
mod epoch_seq;
mod epochs;
mod gap;
mod gap_detector;
mod held;
pub mod limits;
mod refresh;
mod request;
mod silence;
mod tracker;

pub use arbiter::{Arrival, Command, LineArbiter, State};
pub use config::{Config, Line, RefreshConfig, RetransmissionConfig, Source};
pub use counters::LineCounters;
pub use gap::Gap;
pub use gap_detector::{Continuity, GapDetector};
pub use held::Slot;
pub use tracker::{Numbered, Tracker, Verdict};
