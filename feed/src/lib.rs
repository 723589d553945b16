//! Reads the feed's packets from files and captures and puts them in order. No ZeroMQ.
//!
//! Layers, lowest to highest:
//!
//! * [`input`]: files and pipes, plain or compressed,
//! * [`source`]: packets from channel files and captures,
//! * [`dialect`]: what dialect they are in,
//! * [`directory`]: the channel files of a day,
//! * [`mapping`]: the venue's symbol mapping file,
//! * [`contradiction`]: where the feed names a symbol otherwise,
//! * [`merge`]: several sources in the order of their times,
//! * [`lines`]: the lines A and B by which a channel comes in captures,
//! * [`handler`]: the packets of one channel to what they mean, in order,
//! * [`channels`]: which channels the sources hold,
//! * [`keeper`]: the books of channels.
//!
//! From a capture to the best bid and offer; `cargo run -p oxberry-feed --example books_from_pcap FILE`
//! runs it:
//!
//! ```no_run
//! use oxberry_core::book::{Books, Capacity};
//! use oxberry_feed::keeper::Keeper;
//! use oxberry_feed::mapping::MappingFile;
//! use oxberry_feed::source::{Filter, Source};
//!
//! let capacity = Capacity { symbols: 16_000, orders: 2_000_000, levels: 500_000 };
//! let mut memory = vec![0; capacity.words()];
//! let books = Books::new(capacity, &mut memory)?;
//! let mut keeper = Keeper::new(books, |books, event, applied| {
//!     if applied.is_news() {
//!         let bbo = books.bbo(applied.slot).decimal(books.scale(applied.slot));
//!         println!("{}: {bbo} ({})", event.symbol_index, books.trust(applied.slot));
//!     }
//! });
//! let source = Source::open("arca.pcap".as_ref(), Filter::default())?;
//! keeper.read(source, &MappingFile::default())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod channels;
pub mod contradiction;
pub mod dialect;
pub mod directory;
mod groups;
pub mod handler;
pub mod input;
pub mod keeper;
pub mod lines;
pub mod mapping;
pub mod merge;
pub mod source;
