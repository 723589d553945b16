//! Finds out which channels the sources hold.

use std::net::SocketAddr;
use std::path::Path;

use oxberry_core::feed::TooManySymbols;
use oxberry_core::units::ChannelId;
use oxberry_core::xdp::{Dialect, PacketRef};

use crate::directory::ChannelFile;
use crate::groups::{self, Identity, LineGroups, SourceGroup};
use crate::handler::Handler;
use crate::mapping::MappingFile;
use crate::source::Source;

/// A channel, and its names in messages to people.
#[derive(Debug)]
pub struct NamedChannel {
    /// The number that books know it by: that of its file's name, or else one that is free.
    pub id: ChannelId,
    /// Its file, or the groups that carry it.
    pub name: String,
    /// The dialect of its messages.
    pub dialect: Dialect,
}

/// A channel and its handler.
#[derive(Debug)]
pub struct HandledChannel<P> {
    /// The channel.
    pub named: NamedChannel,
    /// Its handler.
    pub handler: Handler<P>,
    /// Its number at the venue, once a reset told it.
    identity: Option<Identity>,
    /// The groups that carry it; a channel file has none.
    groups: Vec<SourceGroup>,
}

/// The channels of all sources: one for each channel file, one or more for captures. `P` notes where
/// a packet lies.
///
/// A capture holds groups. Those that carry the same channel, as its lines A and B do, are one
/// channel here, be they in one capture or in several.
#[derive(Debug)]
pub struct Channels<P> {
    sources: Vec<SourceGroups>,
    /// Groups that belong together, as far as the captures' first packets tell.
    lines: Vec<LineGroups>,
    channels: Vec<HandledChannel<P>>,
}

/// Which of the channels the groups of a source carry.
#[derive(Debug)]
struct SourceGroups {
    /// The channel that the file's name tells.
    channel: Option<ChannelId>,
    name: String,
    dialect: Dialect,
    groups: Vec<(Option<SocketAddr>, usize)>,
}

impl<P: Copy> Channels<P> {
    /// Looks at the beginnings of the sources, which must not have been advanced yet.
    pub fn new(sources: &mut [Source], dialects: &[Dialect]) -> Self {
        let lines = groups::find(sources, dialects);
        let sources = sources.iter().zip(dialects);
        Self {
            sources: sources
                .map(|(source, &dialect)| SourceGroups::new(source, dialect))
                .collect(),
            lines,
            channels: Vec::new(),
        }
    }

    /// The channel of a packet that was sent to the group, with the number of its place among them;
    /// `None` while the group had nothing but packets without messages, which tell nothing.
    ///
    /// # Errors
    ///
    /// When the symbols find no room, which the number of slots excludes.
    pub fn of_packet(
        &mut self,
        source: usize,
        group: Option<SocketAddr>,
        packet: &PacketRef<'_>,
        mapping: &MappingFile,
    ) -> Result<Option<(usize, &mut HandledChannel<P>)>, TooManySymbols> {
        let Some(of_source) = self.sources.get_mut(source) else {
            return Ok(None);
        };
        // Captures hold few groups, and most sources just one.
        let known = of_source.groups.iter().find(|(known, _)| *known == group);
        if let Some(&(_, place)) = known {
            let channel = self.channels.get_mut(place);
            return Ok(channel.map(|channel| (place, channel)));
        }
        if packet.header().number_msgs == 0 {
            return Ok(None);
        }
        let dialect = of_source.dialect;
        let known =
            group.and_then(|group| find(&mut self.channels, dialect, (source, group), packet));
        // What was asked for is of a channel that is there, or of none.
        if known.is_none() && group.is_some() && is_asked_for(packet) {
            return Ok(None);
        }
        let place = known.unwrap_or(self.channels.len());
        of_source.groups.push((group, place));
        if known.is_none() {
            self.open(source, group, packet, mapping)?;
        }
        let channel = self.channels.get_mut(place);
        Ok(channel.map(|channel| (place, channel)))
    }

    /// All channels, in the order of their first packets.
    pub fn iter(&self) -> impl Iterator<Item = &HandledChannel<P>> {
        self.channels.iter()
    }

    /// All channels, mutable, to tell what still waits in them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut HandledChannel<P>> {
        self.channels.iter_mut()
    }

    fn open(
        &mut self,
        source: usize,
        group: Option<SocketAddr>,
        packet: &PacketRef<'_>,
        mapping: &MappingFile,
    ) -> Result<(), TooManySymbols> {
        let Some(of_source) = self.sources.get(source) else {
            return Ok(());
        };
        let mut opened = HandledChannel {
            named: NamedChannel {
                id: self.free_id(of_source.channel),
                name: of_source.name.clone(),
                dialect: of_source.dialect,
            },
            handler: Handler::new(of_source.dialect, mapping)?,
            identity: groups::identity(packet),
            groups: Vec::new(),
        };
        let group = group.map(|group| (source, group));
        let belongs = |lines: &&LineGroups| group.is_some_and(|group| lines.contain(group));
        let lines = self.lines.iter().find(belongs);
        for group in lines.map_or(group.as_slice(), |lines| &lines.groups) {
            opened.add(*group);
            opened.handler.expect(group.1);
        }
        self.channels.push(opened);
        Ok(())
    }

    /// What books are to know a channel by: the number that its file's name tells, unless another
    /// channel of the file has it, or else the least that nobody has. Beyond 255 channels the last
    /// one serves.
    fn free_id(&self, told: Option<ChannelId>) -> ChannelId {
        let is_free = |id: &ChannelId| self.channels.iter().all(|channel| channel.named.id != *id);
        let is_told = |id: &ChannelId| self.sources.iter().any(|other| other.channel == Some(*id));
        let mut others = (1..=u8::MAX).map(ChannelId::from_raw);
        told.filter(is_free)
            .or_else(|| others.find(|id| is_free(id) && !is_told(id)))
            .unwrap_or(ChannelId::from_raw(u8::MAX))
    }
}

/// The channel that a group is known to carry, or turns out to.
fn find<P: Copy>(
    channels: &mut [HandledChannel<P>],
    dialect: Dialect,
    group: SourceGroup,
    packet: &PacketRef<'_>,
) -> Option<usize> {
    let known = channels
        .iter()
        .position(|channel| channel.groups.contains(&group));
    if known.is_some() {
        return known;
    }
    let identity = groups::identity(packet);
    let symbol = packet
        .messages()
        .flatten()
        .find_map(|message| message.symbol_index(dialect));
    let of_captures = |channel: &HandledChannel<P>| {
        channel.named.dialect == dialect && !channel.groups.is_empty()
    };
    // A refresh is numbered apart; all else must be near what came.
    let is_refresh = packet.header().delivery_flag.is_numbered_apart();
    let carries_the_same = |channel: &HandledChannel<P>| match symbol {
        Some(symbol_index) => {
            channel.handler.channel().normalizer().carries(symbol_index)
                && (is_refresh || channel.handler.is_near(packet))
        }
        None => identity.is_some() && channel.identity == identity,
    };
    let carrying = channels
        .iter()
        .position(|channel| of_captures(channel) && carries_the_same(channel));
    let place = carrying.or_else(|| {
        // A retransmission may be the first to bring a symbol; its numbers tell whose it is, unless
        // there are several of such numbers.
        if !packet.header().delivery_flag.is_retransmission() {
            return None;
        }
        let is_near = |channel: &&HandledChannel<P>| channel.handler.is_near(packet);
        let only = channels.iter().filter(is_near).count() == 1;
        let place = channels.iter().position(|channel| is_near(&channel));
        place.filter(|_| only)
    })?;
    channels.get_mut(place)?.add(group);
    Some(place)
}

/// Whether a packet is of a retransmission or a refresh.
fn is_asked_for(packet: &PacketRef<'_>) -> bool {
    let flag = packet.header().delivery_flag;
    flag.is_retransmission() || flag.is_numbered_apart()
}

impl SourceGroups {
    fn new(source: &Source, dialect: Dialect) -> Self {
        let name = source.name();
        let channel = ChannelFile::channel_of(Path::new(name));
        let name = match channel {
            Some(channel) => format!("channel {channel} ({name})"),
            None => name.to_owned(),
        };
        Self {
            channel,
            name,
            dialect,
            groups: Vec::new(),
        }
    }
}

impl<P> HandledChannel<P> {
    /// The group carries it, too.
    fn add(&mut self, (source, group): SourceGroup) {
        // Two captures may hold the same line.
        if self.groups.iter().all(|(_, known)| *known != group) {
            self.named.name += &format!(", group {group}");
        }
        self.groups.push((source, group));
    }
}
