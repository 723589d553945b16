//! The channels that the sources turn out to hold.

use std::{net::SocketAddr, path::Path};

use oxberry_core::{
    feed::{Channel, SymbolSlot, TooManySymbols},
    units::ChannelId,
    xdp::{Dialect, PacketRef},
};
use oxberry_feed::{directory::ChannelFile, lines::Lines, mapping::MappingFile, source::Source};

use super::groups::{self, Identity, LineGroups, SourceGroup};

/// Slots of a channel's symbol table for each symbol, so that searches stay short.
const SLOTS_A_SYMBOL: usize = 2;
/// Slots beyond those, for symbols that only the feed knows.
const SPARE_SLOTS: usize = 1_024;

/// Where a packet lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'f> {
    pub(super) file: &'f str,
    /// Its first byte.
    pub(super) offset: u64,
}

/// A channel, and how it comes.
#[derive(Debug)]
pub(super) struct LinedChannel<'f> {
    /// What the venue calls it, once a reset told.
    identity: Option<Identity>,
    /// The groups that carry it; a channel file has none.
    groups: Vec<SourceGroup>,
    pub(super) lines: Lines<Place<'f>>,
    pub(super) named: NamedChannel,
}

/// A channel, and what messages call it.
#[derive(Debug)]
pub(super) struct NamedChannel {
    /// What books know it by: its number where a file's name tells, else one that no other has.
    pub(super) id: ChannelId,
    pub(super) name: String,
    pub(super) dialect: Dialect,
    pub(super) channel: Channel<Box<[SymbolSlot]>>,
}

/// The channels of all sources: one in each channel file, one or more in captures.
///
/// A capture holds groups. Those that carry the same channel, as its lines A and B do, are one
/// channel here, be they in one capture or in several.
#[derive(Debug)]
pub(super) struct Channels<'f> {
    sources: Vec<SourceGroups>,
    /// Groups that belong together, as far as the captures' first packets tell.
    lines: Vec<LineGroups>,
    channels: Vec<LinedChannel<'f>>,
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

impl<'f> Channels<'f> {
    /// Looks at how the sources begin, which must not have been advanced yet.
    pub(super) fn new(sources: &mut [Source], dialects: &[Dialect]) -> Self {
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

    /// The channel of a packet that was sent to the group; `None` while the group had nothing but
    /// packets without messages, which tell nothing.
    ///
    /// # Errors
    ///
    /// When the symbols find no room, which the number of slots excludes.
    pub(super) fn of_packet(
        &mut self,
        source: usize,
        group: Option<SocketAddr>,
        packet: &PacketRef<'_>,
        mapping: &MappingFile,
    ) -> Result<Option<&mut LinedChannel<'f>>, TooManySymbols> {
        let told: Vec<_> = self
            .sources
            .iter()
            .filter_map(|other| other.channel)
            .collect();
        let Some(of_source) = self.sources.get_mut(source) else {
            return Ok(None);
        };
        // Captures hold few groups, and most sources just one.
        let known = of_source.groups.iter().find(|(known, _)| *known == group);
        if let Some((_, place)) = known {
            return Ok(self.channels.get_mut(*place));
        }
        if packet.header().number_msgs == 0 {
            return Ok(None);
        }
        let known = group.and_then(|group| {
            find(
                &mut self.channels,
                of_source.dialect,
                (source, group),
                packet,
            )
        });
        let place = known.unwrap_or(self.channels.len());
        of_source.groups.push((group, place));
        if known.is_none() {
            let id = id_for(of_source.channel, &told, &self.channels);
            let opened = LinedChannel::open(id, of_source, packet, mapping)?;
            self.channels.push(opened);
            let group = group.map(|group| (source, group));
            let belongs = |lines: &&LineGroups| group.is_some_and(|group| lines.contain(group));
            let lines = self.lines.iter().find(belongs);
            let groups = lines.map_or(group.as_slice(), |lines| &lines.groups);
            if let Some(channel) = self.channels.last_mut() {
                groups.iter().for_each(|group| channel.expect(*group));
            }
        }
        Ok(self.channels.get_mut(place))
    }

    /// All channels.
    pub(super) fn iter(&self) -> impl Iterator<Item = &LinedChannel<'f>> {
        self.channels.iter()
    }

    /// All channels, to play what waits in them.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut LinedChannel<'f>> {
        self.channels.iter_mut()
    }
}

/// The channel that a group is known to carry, or turns out to.
fn find(
    channels: &mut [LinedChannel<'_>],
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
    let of_captures =
        |channel: &LinedChannel<'_>| channel.named.dialect == dialect && !channel.groups.is_empty();
    let carries_the_same = |channel: &LinedChannel<'_>| match symbol {
        Some(symbol_index) => channel.named.channel.normalizer().carries(symbol_index),
        None => identity.is_some() && channel.identity == identity,
    };
    let place = channels
        .iter()
        .position(|channel| of_captures(channel) && carries_the_same(channel))?;
    channels.get_mut(place)?.add(group);
    Some(place)
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

/// What books are to know a channel by: the number that its file tells, unless another channel of the
/// file has it, or else the least that nobody has. Beyond 255 channels the last one serves.
fn id_for(
    file: Option<ChannelId>,
    files: &[ChannelId],
    channels: &[LinedChannel<'_>],
) -> ChannelId {
    let is_free = |id: &ChannelId| channels.iter().all(|channel| channel.named.id != *id);
    let mut others = (1..=u8::MAX).map(ChannelId::from_raw);
    file.filter(is_free)
        .or_else(|| others.find(|id| is_free(id) && !files.contains(id)))
        .unwrap_or(ChannelId::from_raw(u8::MAX))
}

impl LinedChannel<'_> {
    fn open(
        id: ChannelId,
        of_source: &SourceGroups,
        packet: &PacketRef<'_>,
        mapping: &MappingFile,
    ) -> Result<Self, TooManySymbols> {
        let slots = mapping.symbols.len() * SLOTS_A_SYMBOL + SPARE_SLOTS;
        let mut channel = Channel::new(
            of_source.dialect,
            vec![SymbolSlot::EMPTY; slots].into_boxed_slice(),
        );
        for (symbol_index, symbol) in &mapping.symbols {
            channel.define(*symbol_index, symbol.system_id, symbol.price_scale)?;
        }
        Ok(Self {
            identity: groups::identity(packet),
            groups: Vec::new(),
            lines: Lines::new(),
            named: NamedChannel {
                id,
                name: of_source.name.clone(),
                dialect: of_source.dialect,
                channel,
            },
        })
    }

    /// The group is known to carry it before it brings anything.
    fn expect(&mut self, group: SourceGroup) {
        self.add(group);
        self.lines.expect(group.1);
    }

    /// The group carries it, too.
    fn add(&mut self, (source, group): SourceGroup) {
        // Two captures may hold the same line.
        if self.groups.iter().all(|(_, known)| *known != group) {
            self.named.name += &format!(", group {group}");
        }
        self.groups.push((source, group));
    }
}
