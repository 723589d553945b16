//! The thread of one channel: packets to events to batches, at the pace of the feed and of the Pis.

use core::fmt;
use std::sync::Arc;

use oxberry_cluster::channel::ChannelStreams;
use oxberry_cluster::partition::PartitionTable;
use oxberry_core::feed::{Action, Beginning, Channel, FeedEvent, Follower, Lost, SymbolSlot};
use oxberry_core::line::Sequence;
use oxberry_core::units::{ChannelId, Instant, SeqNum, SymbolIndex, UnixNanos};
use oxberry_core::xdp::{Dialect, PacketRef};
use oxberry_feed::lines::{LineCounters, Lines, Turn};
use oxberry_feed::mapping::MappingFile;
use oxberry_feed::source::Source;
use oxberry_net::{Clock, Interest, NetError, Pipe, SynchronizedPublisher, wait};
use oxberry_proto::limits::MAX_SYMBOLS;
use oxberry_proto::{EventNum, Partition, StreamId};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::day::ChannelFeed;
use crate::pace::{Pace, Speed};

/// Gaps and bad packets that are told one by one; the others are only counted.
const TOLD_ONE_BY_ONE: usize = 8;

/// Slots of the normalizer's table of symbols: twice the most symbols, so that probing stays short.
const SYMBOL_SLOTS: usize = MAX_SYMBOLS * 2;

/// Main thread to channel thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ToChannel {
    /// Play: what was sent at `first_sent` is due at `now`.
    Start {
        /// The first send time of all channels.
        first_sent: UnixNanos,
        /// The instant that stands for it.
        now: Instant,
    },
    /// All replicas of the partition applied the channel's events up to here.
    Credit {
        /// The partition.
        partition: Partition,
        /// The last event.
        acked: EventNum,
    },
    /// Stop where you are.
    Stop,
}

/// Bytes of the largest message between the threads.
const MESSAGE_BYTES: usize = 32;

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
    /// The last event of every stream.
    pub lasts: Vec<(StreamId, EventNum)>,
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

/// How a wait for the main thread ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waited {
    /// The time has come, or credit has.
    GoOn,
    /// The main thread wants no more.
    Stop,
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
    /// What came and was not published yet.
    events: Vec<FeedEvent>,
    /// The symbols of the mapping file.
    symbols: Vec<SymbolIndex>,
    warnings: Warnings,
    /// Whether everything was sound so far.
    is_sound: bool,
}

/// Where events leave: streams, the socket, and the pipe that credit comes through.
#[derive(Debug)]
struct Outlet {
    streams: ChannelStreams,
    table: Arc<PartitionTable>,
    publisher: SynchronizedPublisher,
    pipe: Pipe,
    clock: Clock,
    events: u64,
    /// Events of symbols that only the channel itself defined, so that nobody keeps them.
    unplaced: u64,
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
        let streams = ChannelStreams::new(channel, table.partitions());
        let (events, unplaced) = (0, 0);
        Self {
            source,
            lines,
            reader: Reader {
                feed: known_symbols(dialect, mapping),
                events: Vec::new(),
                symbols: mapping.symbols.keys().copied().collect(),
                warnings: Warnings::default(),
                is_sound: true,
            },
            outlet: Outlet {
                streams,
                table,
                publisher,
                pipe,
                clock,
                events,
                unplaced,
            },
            speed,
            packets: 0,
        }
    }

    /// Waits for the start, plays everything, ends the streams. Gives the pipe back, so that the
    /// main thread can speak into it until it knows of the end.
    pub(crate) fn run(mut self) -> (Result<ChannelSummary, ChannelError>, Pipe) {
        let channel = self.outlet.streams.channel();
        match self.play() {
            Ok(is_complete) => {
                let (summary, pipe) = self.summary(is_complete);
                (Ok(summary), pipe)
            }
            Err(error) => (Err(ChannelError { channel, error }), self.outlet.pipe),
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
            match lines.handle_packet(captured.group, captured.captured, &packet, offset, tracker) {
                Turn::Now => reader.read(&packet, Place { file, offset }),
                Turn::Later | Turn::Never => {}
                Turn::Damaged => reader.warnings.push(format_args!(
                    "{}: it is cut off, and left to the other lines",
                    Place { file, offset }
                )),
            }
            lines.release(&mut |packet, offset| reader.read(packet, Place { file, offset }));
            let due = pace.due(packet.header().send_time);
            if outlet.wait_until(due)? == Waited::Stop
                || outlet.publish_all(&mut reader.events)? == Waited::Stop
            {
                return Ok(false);
            }
        }
        let file = source.name();
        lines.finish(&mut |packet, offset| reader.read(packet, Place { file, offset }));
        if outlet.publish_all(&mut reader.events)? == Waited::Stop {
            return Ok(false);
        }
        Ok(outlet.end()? == Waited::GoOn && reader.is_sound)
    }

    fn summary(self, is_complete: bool) -> (ChannelSummary, Pipe) {
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
        let channel = outlet.streams.channel();
        if let Some(symbol) = counters.first_unknown_symbol {
            let messages = counters.unknown_symbols;
            warnings.told.push(format!(
                "channel {channel}: {messages} messages are about symbols that the mapping file \
                 does not have, the first about symbol index {symbol}; they were left out"
            ));
        }
        if outlet.unplaced > 0 {
            let events = outlet.unplaced;
            warnings.told.push(format!(
                "channel {channel}: {events} events are of symbols that only the feed itself \
                 defines, not the mapping file; they were left out"
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
            events: outlet.events,
            lasts: outlet.streams.lasts().collect(),
            warnings: warnings.told,
            is_complete,
        };
        (summary, outlet.pipe)
    }
}

impl Reader {
    /// Reads a packet whose turn has come.
    fn read(&mut self, packet: &PacketRef<'_>, place: Place<'_>) {
        let mut told = Told {
            events: &mut self.events,
            lost: None,
        };
        let before = told.events.len();
        let result = self.feed.packet(packet, &mut told);
        if let Some(lost) = told.lost {
            self.tell_loss(before, lost);
        }
        match result {
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

    /// Tells every symbol of the channel that messages are lost, before the events from `before` on.
    fn tell_loss(&mut self, before: usize, lost: Lost) {
        let Self { feed, symbols, .. } = &*self;
        let carried = symbols
            .iter()
            .filter(|symbol| feed.normalizer().carries(**symbol));
        let stale = carried.map(|&symbol_index| FeedEvent {
            seq_num: lost.last,
            symbol_index,
            symbol_seq_num: None,
            ts_event: None,
            action: Action::Unreadable,
        });
        let stale: Vec<_> = stale.collect();
        let at = before.min(self.events.len());
        self.events.splice(at..at, stale);
    }

    /// Something is not as it should be.
    fn fail(&mut self, what: impl fmt::Display) {
        self.warnings.push(what);
        self.is_sound = false;
    }
}

/// What a packet tells: its events, and what is lost before them or in the rest of the packet.
struct Told<'e> {
    events: &'e mut Vec<FeedEvent>,
    lost: Option<Lost>,
}

impl Follower for Told<'_> {
    fn event(&mut self, event: FeedEvent) {
        self.events.push(event);
    }

    fn begins(&mut self, _: Beginning) {}

    fn lost(&mut self, lost: Lost) {
        self.lost = Some(lost);
    }

    fn settled(&mut self, _: SeqNum) {}
}

impl Outlet {
    /// Waits for the word to begin; `None` when there will be none.
    fn await_start(&mut self, speed: Speed) -> Result<Option<Pace>, NetError> {
        loop {
            wait(&self.clock, None, [self.pipe.poll_item(Interest::Read)])?;
            match self.hear()? {
                Some(ToChannel::Start { first_sent, now }) => {
                    return Ok(Some(Pace::new(speed, first_sent, now)));
                }
                Some(ToChannel::Stop) => return Ok(None),
                Some(ToChannel::Credit { .. }) | None => {}
            }
        }
    }

    /// Waits until a packet is due. What was published before leaves first: nobody waits for
    /// events that are there already.
    fn wait_until(&mut self, due: Option<Instant>) -> Result<Waited, NetError> {
        let Some(due) = due else {
            return self.take_credit();
        };
        if due > self.clock.now() {
            self.flush()?;
        }
        while due > self.clock.now() {
            wait(
                &self.clock,
                Some(due),
                [self.pipe.poll_item(Interest::Read)],
            )?;
            if self.take_credit()? == Waited::Stop {
                return Ok(Waited::Stop);
            }
            self.flush()?;
        }
        self.take_credit()
    }

    /// Publishes events, when the window allows it, and leaves none.
    fn publish_all(&mut self, events: &mut Vec<FeedEvent>) -> Result<Waited, NetError> {
        for event in events.drain(..) {
            if self.publish(&event)? == Waited::Stop {
                return Ok(Waited::Stop);
            }
        }
        Ok(Waited::GoOn)
    }

    /// Publishes an event, when the window allows it.
    fn publish(&mut self, event: &FeedEvent) -> Result<Waited, NetError> {
        let Some(partition) = self.table.partition_of(event.symbol_index) else {
            self.unplaced += 1;
            return Ok(Waited::GoOn);
        };
        self.events += 1;
        loop {
            let now = self.clock.wall();
            let mut sent = Ok(());
            let Self {
                streams, publisher, ..
            } = self;
            let pushed = streams.push(partition, event, now, &mut |frame| {
                sent = publisher.publish(frame);
            });
            sent?;
            if pushed.is_ok() {
                return Ok(Waited::GoOn);
            }
            if self.await_credit()? == Waited::Stop {
                return Ok(Waited::Stop);
            }
        }
    }

    /// Sends everything that waits, then the end of every stream.
    fn end(&mut self) -> Result<Waited, NetError> {
        self.flush()?;
        while !self.streams.is_flushed() {
            if self.await_credit()? == Waited::Stop {
                return Ok(Waited::Stop);
            }
            self.flush()?;
        }
        let mut sent = Ok(());
        let Self {
            streams, publisher, ..
        } = self;
        streams.end(&mut |frame| {
            if sent.is_ok() {
                sent = publisher.publish(frame);
            }
        });
        sent.map(|()| Waited::GoOn)
    }

    fn flush(&mut self) -> Result<(), NetError> {
        let now = self.clock.wall();
        let mut sent = Ok(());
        let Self {
            streams, publisher, ..
        } = self;
        streams.flush(now, &mut |frame| {
            if sent.is_ok() {
                sent = publisher.publish(frame);
            }
        });
        sent
    }

    /// Waits for the main thread, then takes all that it said.
    fn await_credit(&mut self) -> Result<Waited, NetError> {
        wait(&self.clock, None, [self.pipe.poll_item(Interest::Read)])?;
        self.take_credit()
    }

    /// Takes what the main thread has said, without waiting.
    fn take_credit(&mut self) -> Result<Waited, NetError> {
        loop {
            match self.hear()? {
                Some(ToChannel::Credit { partition, acked }) => {
                    self.streams.handle_credit(partition, acked);
                }
                Some(ToChannel::Stop) => return Ok(Waited::Stop),
                Some(ToChannel::Start { .. }) => {}
                None => return Ok(Waited::GoOn),
            }
        }
    }

    fn hear(&mut self) -> Result<Option<ToChannel>, NetError> {
        let mut buffer = [0; MESSAGE_BYTES];
        let message = self.pipe.recv(&mut buffer)?;
        Ok(message.map(|bytes| postcard::from_bytes(bytes).expect("our own thread wrote it")))
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
