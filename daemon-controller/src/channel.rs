//! The thread of one channel: packets to events to batches, at the pace of the feed and of the Pis.

use core::fmt;
use std::sync::Arc;

use oxberry_cluster::partition::PartitionTable;
use oxberry_core::feed::{Channel, Follower, SymbolSlot};
use oxberry_core::line::Sequence;
use oxberry_core::units::{ChannelId, Instant, Position, SeqNum, UnixNanos};
use oxberry_core::xdp::{Dialect, PacketRef};
use oxberry_feed::lines::{LineCounters, Lines, Turn};
use oxberry_feed::mapping::MappingFile;
use oxberry_feed::source::Source;
use oxberry_net::{Clock, NetError, Pipe, SynchronizedPublisher};
use oxberry_proto::limits::MAX_SYMBOLS;
use oxberry_proto::{Partition, Run};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::day::ChannelFeed;
use crate::outlet::{Outlet, Waited};
use crate::pace::Speed;

/// Gaps and bad packets that are told one by one; the others are only counted.
const TOLD_ONE_BY_ONE: usize = 8;

/// Slots of the normalizer's table of symbols: twice the most symbols, so that probing stays short.
const SYMBOL_SLOTS: usize = MAX_SYMBOLS * 2;

/// Main thread to channel thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ToChannel {
    /// Play: what was sent at `first_sent` is due at `now`.
    Start {
        /// The run that is played.
        run: Run,
        /// The first send time of all channels.
        first_sent: UnixNanos,
        /// The instant that stands for it.
        now: Instant,
    },
    /// All replicas of the partition are at this position of the channel.
    Credit {
        /// The partition.
        partition: Partition,
        /// The position.
        acked: Position,
    },
    /// Nobody holds the partition any more, so its stream waits for nobody.
    Unheld {
        /// The partition.
        partition: Partition,
    },
    /// Stop where you are.
    Stop,
}

/// Bytes of the largest message between the threads.
pub(crate) const MESSAGE_BYTES: usize = 48;

impl ToChannel {
    /// Sends it down the pipe.
    pub(crate) fn send(&self, pipe: &mut Pipe) -> Result<(), NetError> {
        let mut buffer = [0; MESSAGE_BYTES];
        let message = postcard::to_slice(self, &mut buffer).expect("MESSAGE_BYTES holds it");
        pipe.send(message)
    }
}

/// What a channel did.
#[derive(Clone, Debug)]
pub struct ChannelSummary {
    /// The channel.
    pub channel: ChannelId,
    /// What came by each line, if they came from a capture.
    pub lines: Vec<LineCounters>,
    /// Packets read.
    pub packets: u64,
    /// Messages in them.
    pub messages: u64,
    /// Events published.
    pub events: u64,
    /// Up to where the channel was read, or given up.
    pub covered: Position,
    /// What a person should look at.
    pub warnings: Vec<String>,
    /// Whether the source was read to its end and everything in it was sound.
    pub is_complete: bool,
}

/// A channel cannot go on.
#[derive(Debug, Error)]
#[error("channel {channel}: {error}")]
pub struct ChannelError {
    /// The channel.
    pub channel: ChannelId,
    /// What failed.
    pub error: NetError,
}

/// One channel, ready to be played in a thread of its own.
#[derive(Debug)]
pub(crate) struct ChannelPublisher {
    source: Source,
    lines: Lines<u64>,
    reader: Reader,
    outlet: Outlet,
    speed: Speed,
    packets: u64,
}

/// From packets in order to events, and what is odd on the way.
#[derive(Debug)]
struct Reader {
    feed: Channel<Vec<SymbolSlot>>,
    warnings: Warnings,
    /// Whether everything was sound so far.
    is_sound: bool,
}

/// The first few things to look at, and how many more there were.
#[derive(Debug, Default)]
struct Warnings {
    told: Vec<String>,
    left_out: usize,
}

impl ChannelPublisher {
    pub(crate) fn new(
        feed: ChannelFeed,
        mapping: &MappingFile,
        table: Arc<PartitionTable>,
        publisher: SynchronizedPublisher,
        pipe: Pipe,
        (clock, speed): (Clock, Speed),
    ) -> Self {
        let ChannelFeed {
            channel,
            source,
            dialect,
            lines,
            ..
        } = feed;
        Self {
            source,
            lines,
            reader: Reader {
                feed: known_symbols(dialect, mapping),
                warnings: Warnings::default(),
                is_sound: true,
            },
            outlet: Outlet::new(channel, table, publisher, pipe, clock),
            speed,
            packets: 0,
        }
    }

    /// Waits for the start, plays everything, ends the streams. Gives the way out back, so that the
    /// main thread can speak into its pipe until it knows of the end, and repeat the end.
    pub(crate) fn run(mut self) -> (Result<ChannelSummary, ChannelError>, Outlet) {
        let channel = self.outlet.channel();
        match self.play() {
            Ok(is_complete) => {
                let (summary, outlet) = self.summary(is_complete);
                (Ok(summary), outlet)
            }
            Err(error) => (Err(ChannelError { channel, error }), self.outlet),
        }
    }

    /// Plays; says whether the source was read to its end and everything in it was sound.
    fn play(&mut self) -> Result<bool, NetError> {
        let Some(pace) = self.outlet.await_start(self.speed)? else {
            return Ok(false);
        };
        let Self {
            source,
            lines,
            reader,
            outlet,
            ..
        } = self;
        loop {
            match source.advance() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    reader.fail(&error);
                    break;
                }
            }
            self.packets += 1;
            let captured = source.packet();
            let (file, offset) = (source.name(), captured.offset);
            let packet = match PacketRef::new(captured.bytes) {
                Ok(packet) => packet,
                Err(error) => {
                    reader.fail(format_args!("{}: {error}", Place { file, offset }));
                    continue;
                }
            };
            let tracker = reader.feed.tracker();
            if outlet.wait_until(pace.due(packet.header().send_time))? == Waited::Stop {
                return Ok(false);
            }
            match lines.handle_packet(captured.group, captured.captured, &packet, offset, tracker) {
                Turn::Now => reader.read(&packet, Place { file, offset }, outlet),
                Turn::Later | Turn::Never => {}
                Turn::Damaged => reader.warnings.push(format_args!(
                    "{}: it is cut off, and left to the other lines",
                    Place { file, offset }
                )),
            }
            lines
                .release(&mut |packet, offset| reader.read(packet, Place { file, offset }, outlet));
            if outlet.publish_waiting(reader.covered())? == Waited::Stop {
                return Ok(false);
            }
        }
        let file = source.name();
        lines.finish(&mut |packet, offset| reader.read(packet, Place { file, offset }, outlet));
        if outlet.publish_waiting(reader.covered())? == Waited::Stop {
            return Ok(false);
        }
        Ok(outlet.end()? == Waited::GoOn && reader.is_sound)
    }

    fn summary(self, is_complete: bool) -> (ChannelSummary, Outlet) {
        let Self {
            lines,
            reader: Reader {
                feed, mut warnings, ..
            },
            outlet,
            packets,
            ..
        } = self;
        let counters = feed.normalizer().counters();
        let channel = outlet.channel();
        if let Some(symbol) = counters.first_unknown_symbol {
            let messages = counters.unknown_symbols;
            warnings.told.push(format!(
                "channel {channel}: {messages} messages are about symbols that the mapping file \
                 does not have, the first about symbol index {symbol}; they were left out"
            ));
        }
        if warnings.left_out > 0 {
            let more = warnings.left_out;
            warnings.told.push(format!(
                "channel {channel}: {more} further problems of this kind"
            ));
        }
        let lines = lines.counters().to_vec();
        let summary = ChannelSummary {
            channel,
            lines,
            packets,
            messages: counters.messages(),
            events: outlet.events(),
            covered: outlet.covered(),
            warnings: warnings.told,
            is_complete,
        };
        (summary, outlet)
    }
}

impl Reader {
    /// Reads a packet whose turn has come.
    fn read(&mut self, packet: &PacketRef<'_>, place: Place<'_>, out: &mut impl Follower) {
        match self.feed.packet(packet, out) {
            Ok(Sequence::Gap { expected, missing }) => self.warnings.push(format_args!(
                "{place}: {missing} messages from number {expected} on are missing before this \
                 packet; the symbols of the channel are stale until they are cleared"
            )),
            Ok(_) => {}
            Err(error) => self.fail(format_args!(
                "{place}: {error}; the rest of the packet is lost and the symbols of the channel \
                 are stale until they are cleared"
            )),
        }
    }

    /// All numbers up to this one were read.
    fn covered(&self) -> SeqNum {
        SeqNum::from_raw(self.feed.tracker().next().raw().saturating_sub(1))
    }

    /// Something is not as it should be.
    fn fail(&mut self, what: impl fmt::Display) {
        self.warnings.push(what);
        self.is_sound = false;
    }
}

impl Warnings {
    fn push(&mut self, warning: impl fmt::Display) {
        if self.told.len() < TOLD_ONE_BY_ONE {
            self.told.push(warning.to_string());
        } else {
            self.left_out += 1;
        }
    }
}

/// A packet's place, for messages.
#[derive(Clone, Copy)]
struct Place<'a> {
    file: &'a str,
    offset: u64,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: packet at byte {}", self.file, self.offset)
    }
}

/// A channel that knows the symbols of the mapping file.
fn known_symbols(dialect: Dialect, mapping: &MappingFile) -> Channel<Vec<SymbolSlot>> {
    let mut channel = Channel::new(dialect, vec![SymbolSlot::EMPTY; SYMBOL_SLOTS]);
    for (&symbol_index, symbol) in &mapping.symbols {
        let known = channel.define(symbol_index, symbol.system_id, symbol.price_scale);
        known.expect("SYMBOL_SLOTS holds more than MAX_SYMBOLS");
    }
    channel
}
