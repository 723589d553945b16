//! The channels of a day, read again from their start as their threads read them, into the books of one
//! partition.

use std::slice;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use oxberry_cluster::channel::{Occurrence, Occurrences};
use oxberry_cluster::rebuild::{BookAnswer, Rebuild, RebuildOrder};
use oxberry_core::feed::{Beginning, FeedEvent, Follower, Lost};
use oxberry_core::units::{ChannelId, SeqNum};
use oxberry_core::xdp::PacketRef;
use oxberry_feed::channels::{Channels, HandledChannel};
use oxberry_feed::handler::{Dropped, Listener, Read};
use oxberry_feed::mapping::MappingFile;
use oxberry_feed::source::{Filter, Source};
use oxberry_proto::Partition;

use super::{ChannelSource, Feed, NotRead, Shared};

/// The books of one partition, and how far the channels were read for them.
#[derive(Debug)]
pub(super) struct Reread {
    rebuild: Rebuild,
    channels: Vec<ChannelReread>,
}

/// A channel that is read again.
#[derive(Debug)]
struct ChannelReread {
    channel: ChannelId,
    source: Source,
    channels: Channels<()>,
    mapping: Arc<MappingFile>,
    /// What was read and is beyond where the books are to be.
    waiting: Occurrences,
    has_ended: bool,
    /// Why it ended, if not because it was over.
    failure: Option<String>,
}

/// Keeps of what a channel tells what concerns the books.
struct Gathering<'a> {
    rebuild: &'a Rebuild,
    waiting: &'a mut Occurrences,
}

impl Reread {
    /// Opens the channels. Reads nothing yet.
    pub(super) fn open(feed: &Feed, order: &RebuildOrder) -> Result<Self, NotRead> {
        let open = |source| ChannelReread::open(source, &feed.mapping);
        let channels: Result<_, NotRead> = feed.channels.iter().map(open).collect();
        Ok(Self {
            channels: channels?,
            rebuild: Rebuild::new(&feed.day, order),
        })
    }

    /// Whether these are the books of a partition.
    pub(super) fn is_of(&self, partition: Partition) -> bool {
        self.rebuild.partition() == partition
    }

    /// Reads on to where the books are to be. Fails when that is not wanted any more.
    pub(super) fn read(
        &mut self,
        order: &RebuildOrder,
        shared: &Shared,
    ) -> Result<Vec<BookAnswer>, String> {
        let Self { rebuild, channels } = self;
        rebuild.aim(&order.streams);
        for channel in channels {
            channel.read(rebuild, shared)?;
        }
        Ok(rebuild.answer(order))
    }
}

impl ChannelReread {
    fn open(of: &ChannelSource, mapping: &Arc<MappingFile>) -> Result<Self, NotRead> {
        let path = of.path.display();
        let failed = |error| NotRead::Failed(format!("{path}: it cannot be read: {error}"));
        let metadata = of.path.metadata().map_err(failed)?;
        if !metadata.is_file() {
            return Err(NotRead::IsNoFile(format!(
                "{path} is no file and can be read once only; play the day from files to have that"
            )));
        }
        let opened = Source::open(&of.path, Filter::default());
        let mut source = opened.map_err(|error| NotRead::Failed(error.to_string()))?;
        Ok(Self {
            channel: of.channel,
            channels: Channels::new(slice::from_mut(&mut source), &[of.dialect]),
            source,
            mapping: Arc::clone(mapping),
            waiting: Occurrences::default(),
            has_ended: false,
            failure: None,
        })
    }

    /// Reads on until the books have all that they are to have of this channel.
    fn read(&mut self, rebuild: &mut Rebuild, shared: &Shared) -> Result<(), String> {
        loop {
            rebuild.take(self.channel, &mut self.waiting);
            if self.waiting.is_empty()
                && let Some(HandledChannel { handler, .. }) = self.channels.iter().next()
            {
                rebuild.read_through(self.channel, handler.covered());
            }
            if rebuild.has_passed(self.channel) {
                return Ok(());
            }
            if self.has_ended {
                // Where it was read first it may have ended so, too.
                let is_short = !rebuild.has_reached(self.channel);
                let failure = self.failure.clone().filter(|_| is_short);
                return failure.map_or(Ok(()), Err);
            }
            if shared.is_unwanted.load(Ordering::Relaxed) {
                return Err("it is not wanted any more".into());
            }
            self.read_packet(rebuild);
            shared.packets.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Reads the next packet as the thread of the channel does, which tells what is odd.
    fn read_packet(&mut self, rebuild: &Rebuild) {
        let Self {
            source,
            channels,
            mapping,
            waiting,
            has_ended,
            failure,
            ..
        } = self;
        let mut out = Gathering { rebuild, waiting };
        let is_there = source.advance().unwrap_or_else(|error| {
            // Whatever cannot be read ends the channel there.
            *failure = Some(error.to_string());
            false
        });
        if !is_there {
            *has_ended = true;
            if let Some(HandledChannel { handler, .. }) = channels.iter_mut().next() {
                handler.finish(&mut out);
            }
            return;
        }
        let captured = source.packet();
        let Ok(packet) = PacketRef::new(captured.bytes) else {
            return;
        };
        let (group, at) = (captured.group, captured.captured);
        if let Ok(Some((0, HandledChannel { handler, .. }))) =
            channels.of_packet(0, group, &packet, mapping)
        {
            handler.handle_packet(group, at, &packet, (), &mut out);
        }
    }
}

impl Gathering<'_> {
    fn take(&mut self, occurrence: Occurrence) {
        if self.rebuild.concerns(&occurrence) {
            self.waiting.push(occurrence);
        }
    }
}

impl Follower for Gathering<'_> {
    fn event(&mut self, event: FeedEvent) {
        self.take(Occurrence::Event(event));
    }

    fn begins(&mut self, beginning: Beginning) {
        self.take(Occurrence::Begins(beginning));
    }

    fn lost(&mut self, lost: Lost) {
        self.take(Occurrence::Lost(lost));
    }

    fn settled(&mut self, before: SeqNum) {
        self.take(Occurrence::Settled(before));
    }
}

impl Listener<()> for Gathering<'_> {
    fn turn(&mut self, _: &PacketRef<'_>, (): ()) {}

    fn done(&mut self, _: &PacketRef<'_>, (): (), _: &Read) {}

    fn dropped(&mut self, _: &PacketRef<'_>, (): (), _: Dropped) {}
}
