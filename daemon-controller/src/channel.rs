//! The thread of one channel: packets to events to batches, at the pace of the feed and of the Pis.

use core::fmt;
use std::sync::Arc;

use oxberry_cluster::partition::PartitionTable;
use oxberry_core::feed::{Beginning, FeedEvent, Follower, Lost};
use oxberry_core::units::{ChannelId, Instant, Position, SeqNum, UnixNanos};
use oxberry_core::xdp::PacketRef;
use oxberry_feed::channels::{Channels, HandledChannel};
use oxberry_feed::contradiction::Contradictions;
use oxberry_feed::handler::{Dropped, Handler, Listener, Read};
use oxberry_feed::lines::LineCounters;
use oxberry_feed::mapping::MappingFile;
use oxberry_feed::source::Source;
use oxberry_net::metrics::Readings;
use oxberry_net::{Clock, FirstFew, NetError, Pipe, SynchronizedPublisher};
use oxberry_proto::{Partition, Run};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::day::ChannelFeed;
use crate::metrics::{ChannelLeft, FeedReadings};
use crate::outlet::{Outlet, Waited};
use crate::pace::{Pace, Skipped, Speed};
use crate::progress::Progress;

/// Gaps and bad packets that are told one by one; the others are only counted.
const TOLD_ONE_BY_ONE: u64 = 8;

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
    /// Publish again what a replica lacks.
    Repair {
        /// The partition.
        partition: Partition,
        /// Where the replica stands.
        from: Position,
        /// Where it can go on.
        to: Position,
    },
    /// Whether anybody is waited for in a stream.
    Held {
        /// The partition.
        partition: Partition,
        /// Whether anybody is.
        is_held: bool,
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
    channels: Channels<u64>,
    mapping: Arc<MappingFile>,
    reader: Reader,
    speed: Speed,
    skipped: Skipped,
    packets: u64,
}

/// Passes on what the channel tells, and notes what is odd on the way.
#[derive(Debug)]
struct Reader {
    /// What messages call the source.
    file: String,
    mapping: Arc<MappingFile>,
    contradictions: Contradictions,
    outlet: Outlet,
    /// Where the metrics of the reading go, if anybody may read them.
    left: Option<Arc<Readings<FeedReadings>>>,
    /// The beat of the outlet in which they were left last.
    left_in_beat: u64,
    /// When the packet was sent that was read last.
    position: UnixNanos,
    warnings: Warnings,
    /// Whether everything was sound so far.
    is_sound: bool,
}

/// The first few things to look at, and how many more there were.
#[derive(Debug)]
struct Warnings {
    told: Vec<String>,
    few: FirstFew,
}

impl ChannelPublisher {
    pub(crate) fn new(
        feed: ChannelFeed,
        mapping: Arc<MappingFile>,
        table: Arc<PartitionTable>,
        publisher: SynchronizedPublisher,
        pipe: Pipe,
        (clock, speed, skipped): (Clock, Speed, Skipped),
        (progress, left): (Progress, Option<ChannelLeft>),
    ) -> Self {
        let ChannelFeed {
            channel,
            source,
            channels,
            ..
        } = feed;
        let (left, outlet_left) = left.map(|left| (left.feed, left.outlet)).unzip();
        Self {
            reader: Reader {
                file: source.name().to_owned(),
                mapping: Arc::clone(&mapping),
                contradictions: Contradictions::new(),
                outlet: Outlet::new(
                    channel,
                    table,
                    publisher,
                    pipe,
                    (clock, progress),
                    outlet_left,
                ),
                left,
                left_in_beat: 0,
                position: UnixNanos::default(),
                warnings: Warnings {
                    told: Vec::new(),
                    few: FirstFew::of(TOLD_ONE_BY_ONE),
                },
                is_sound: true,
            },
            source,
            channels,
            mapping,
            speed,
            skipped,
            packets: 0,
        }
    }

    /// Waits for the start, plays everything, ends the streams. Gives the way out back, so that the
    /// main thread can speak into its pipe until it knows of the end, and repeat the end.
    pub(crate) fn run(mut self) -> (Result<ChannelSummary, ChannelError>, Outlet) {
        let channel = self.reader.outlet.channel();
        match self.play() {
            Ok(is_complete) => {
                let (summary, outlet) = self.summary(is_complete);
                (Ok(summary), outlet)
            }
            Err(error) => (Err(ChannelError { channel, error }), self.reader.outlet),
        }
    }

    /// Plays; says whether the source was read to its end and everything in it was sound.
    fn play(&mut self) -> Result<bool, NetError> {
        let Some(pace) = self
            .reader
            .outlet
            .await_start(self.speed, self.skipped.clone())?
        else {
            return Ok(false);
        };
        let Self {
            source,
            channels,
            mapping,
            reader,
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
            let offset = captured.offset;
            let packet = match PacketRef::new(captured.bytes) {
                Ok(packet) => packet,
                Err(error) => {
                    let place = reader.place(offset).to_string();
                    reader.fail(format_args!("{place}: {error}"));
                    continue;
                }
            };
            let due = due(&pace, &mut reader.outlet, packet.header().send_time);
            if reader.outlet.wait_until(due)? == Waited::Stop {
                return Ok(false);
            }
            let (group, captured) = (captured.group, captured.captured);
            match channels.of_packet(0, group, &packet, mapping) {
                Ok(Some((0, HandledChannel { handler, .. }))) => {
                    handler.handle_packet(group, captured, &packet, offset, reader);
                    if reader.publish(handler, &packet)? == Waited::Stop {
                        return Ok(false);
                    }
                }
                Ok(Some(_)) => reader.another_channel(offset),
                Ok(None) => {}
                Err(error) => reader.fail(error),
            }
        }
        self.finish()
    }

    /// Publishes what is left at the end of the source; says whether everything was sound.
    fn finish(&mut self) -> Result<bool, NetError> {
        let Self {
            channels, reader, ..
        } = self;
        if let Some(HandledChannel { handler, .. }) = channels.iter_mut().next() {
            handler.finish(reader);
            reader.leave_metrics(handler);
            let through = handler.covered();
            if reader.outlet.publish_waiting(through, through)? == Waited::Stop {
                return Ok(false);
            }
        }
        Ok(reader.outlet.end()? == Waited::GoOn && reader.is_sound)
    }

    fn summary(self, is_complete: bool) -> (ChannelSummary, Outlet) {
        let Self {
            source,
            channels,
            reader:
                Reader {
                    mut warnings,
                    outlet,
                    ..
                },
            packets,
            ..
        } = self;
        let handler = channels.iter().next().map(|channel| &channel.handler);
        let totals = handler.map(Handler::totals).unwrap_or_default();
        let channel = outlet.channel();
        let capture = source.capture_counters();
        if !capture.is_all_read() {
            warnings.told.push(format!("{}: {capture}", source.name()));
        }
        if !totals.is_plain() {
            warnings.told.push(format!("channel {channel}: {totals}"));
        }
        let more = warnings.few.left_out();
        if more > 0 {
            warnings.told.push(format!(
                "channel {channel}: {more} further problems of this kind"
            ));
        }
        let lines = handler
            .map(|handler| handler.lines().to_vec())
            .unwrap_or_default();
        let summary = ChannelSummary {
            channel,
            lines,
            packets,
            messages: totals.messages,
            events: outlet.events(),
            covered: outlet.covered(),
            warnings: warnings.told,
            is_complete,
        };
        (summary, outlet)
    }
}

impl Reader {
    fn place(&self, offset: u64) -> Place<'_> {
        let file = &self.file;
        Place { file, offset }
    }

    /// Publishes what a packet brought, once the handler has it.
    fn publish(
        &mut self,
        handler: &Handler<u64>,
        packet: &PacketRef<'_>,
    ) -> Result<Waited, NetError> {
        self.position = packet.header().send_time;
        self.leave_metrics_when_due(handler);
        let (through, seen) = (handler.covered(), end_of(packet));
        // While something is awaited, what comes behind it shows how far the feed is.
        let seen = handler.poll_timeout().map_or(through, |_| seen);
        self.outlet.publish_waiting(through, seen)
    }

    /// Leaves what the handler counted for others to read, once a beat.
    fn leave_metrics_when_due(&mut self, handler: &Handler<u64>) {
        let beats = self.outlet.beats();
        if beats != self.left_in_beat {
            self.left_in_beat = beats;
            self.leave_metrics(handler);
        }
    }

    fn leave_metrics(&self, handler: &Handler<u64>) {
        let Some(left) = &self.left else { return };
        let lines = handler.lines();
        let readings = FeedReadings {
            totals: handler.totals(),
            lines: [0, 1].map(|number| lines.get(number).copied()),
            position: self.position,
        };
        left.leave(self.outlet.looked_at(), &readings);
    }

    /// A packet of the source is of another channel, which has no streams.
    fn another_channel(&mut self, offset: u64) {
        let place = self.place(offset).to_string();
        self.warnings.push(format_args!(
            "{place}: it is of another channel than the first of this file, and left out"
        ));
    }

    /// Something is not as it should be.
    fn fail(&mut self, what: impl fmt::Display) {
        self.warnings.push(what);
        self.is_sound = false;
    }
}

impl Follower for Reader {
    #[inline]
    fn event(&mut self, event: FeedEvent) {
        self.outlet.event(event);
    }

    fn begins(&mut self, beginning: Beginning) {
        self.outlet.begins(beginning);
    }

    fn lost(&mut self, lost: Lost) {
        self.outlet.lost(lost);
        let Lost { first, last } = lost;
        let (file, messages) = (&self.file, lost.messages());
        self.warnings.push(format_args!(
            "{file}: {messages} messages are missing, numbers {first} to {last}; symbols that are \
             not known to be of another channel are stale until they are cleared"
        ));
    }

    fn settled(&mut self, before: SeqNum) {
        self.outlet.settled(before);
    }
}

impl Listener<u64> for Reader {
    fn turn(&mut self, _: &PacketRef<'_>, _: u64) {}

    fn done(&mut self, packet: &PacketRef<'_>, offset: u64, read: &Read) {
        if read.has_definitions {
            let Self {
                file,
                mapping,
                contradictions,
                warnings,
                ..
            } = self;
            contradictions.packet(packet, mapping, &mut |contradiction| {
                warnings.push(format_args!("{file}: {contradiction}"));
            });
        }
        if let Err(error) = read.sequence {
            let place = self.place(offset).to_string();
            self.fail(format_args!(
                "{place}: {error}; the rest of the packet is lost and the symbols of the channel \
                 are stale until they are cleared"
            ));
        }
    }

    fn dropped(&mut self, _: &PacketRef<'_>, offset: u64, why: Dropped) {
        let place = self.place(offset).to_string();
        self.warnings.push(format_args!("{place}: {why}"));
    }
}

impl Warnings {
    fn push(&mut self, warning: impl fmt::Display) {
        if self.few.tells() {
            self.told.push(warning.to_string());
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

/// When a packet is due, `None` for at once. What the controller before has played has no time.
fn due(pace: &Pace, outlet: &mut Outlet, sent: UnixNanos) -> Option<Instant> {
    if outlet.is_behind() {
        pace.pass_by(sent, outlet.now());
        return None;
    }
    pace.due(sent)
}

/// The number of a packet's last message.
fn end_of(packet: &PacketRef<'_>) -> SeqNum {
    let header = packet.header();
    SeqNum::from_raw(
        header
            .seq_num
            .plus(u32::from(header.number_msgs))
            .raw()
            .saturating_sub(1),
    )
}
