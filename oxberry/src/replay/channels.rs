//! The channels that the sources turn out to hold.

use std::net::SocketAddrV4;

use oxberry_controller::source::{ChannelFile, MappingFile, Source};
use oxberry_core::{
    feed::{Channel, SymbolSlot, TooManySymbols},
    units::ChannelId,
    xdp::{Body as _, Dialect, PacketRef, ProductId, SequenceNumberReset},
};

/// Slots of a channel's symbol table for each symbol, so that searches stay short.
const SLOTS_A_SYMBOL: usize = 2;
/// Slots beyond those, for symbols that only the feed knows.
const SPARE_SLOTS: usize = 1_024;

/// A channel, and what messages call it.
#[derive(Debug)]
pub(super) struct NamedChannel {
    pub(super) name: String,
    /// What the venue calls it, once a reset told.
    identity: Option<(ProductId, ChannelId)>,
    pub(super) channel: Channel<Box<[SymbolSlot]>>,
}

/// The channels of one source: one in a channel file, one or more in a capture.
///
/// A capture holds groups. Those that carry the same channel, as its lines A and B do, are one
/// channel here, so that the first copy of a packet counts and the others are dropped.
#[derive(Debug)]
pub(super) struct SourceChannels {
    source: String,
    pub(super) dialect: Dialect,
    /// Which of the channels a group carries.
    groups: Vec<(Option<SocketAddrV4>, usize)>,
    channels: Vec<NamedChannel>,
}

impl SourceChannels {
    pub(super) fn new(source: &Source, dialect: Dialect) -> Self {
        let name = source.name();
        let source = match ChannelFile::channel_of(name.as_ref()) {
            Some(channel) => format!("channel {channel} ({name})"),
            None => name.to_owned(),
        };
        Self {
            source,
            dialect,
            groups: Vec::new(),
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
        group: Option<SocketAddrV4>,
        packet: &PacketRef<'_>,
        mapping: &MappingFile,
    ) -> Result<Option<&mut NamedChannel>, TooManySymbols> {
        // Captures hold few groups, and most sources just one.
        let known = self.groups.iter().find(|(known, _)| *known == group);
        let place = match known {
            Some((_, place)) => *place,
            None if packet.header().number_msgs == 0 => return Ok(None),
            None => self.place_group(group, packet, mapping)?,
        };
        Ok(self.channels.get_mut(place))
    }

    /// All channels.
    pub(super) fn iter(&self) -> impl Iterator<Item = &NamedChannel> {
        self.channels.iter()
    }

    /// Finds the channel that a new group carries, or opens it.
    fn place_group(
        &mut self,
        group: Option<SocketAddrV4>,
        packet: &PacketRef<'_>,
        mapping: &MappingFile,
    ) -> Result<usize, TooManySymbols> {
        let identity = identity(packet);
        let symbol = packet
            .messages()
            .flatten()
            .find_map(|message| message.symbol_index(self.dialect));
        let carries_the_same = |channel: &NamedChannel| match symbol {
            Some(symbol_index) => channel.channel.normalizer().carries(symbol_index),
            None => identity.is_some() && channel.identity == identity,
        };
        let place = match self.channels.iter().position(carries_the_same) {
            Some(place) => place,
            None => {
                self.channels.push(self.open(identity, mapping)?);
                self.channels.len() - 1
            }
        };
        if let (Some(group), Some(channel)) = (group, self.channels.get_mut(place)) {
            channel.name += &format!(", group {group}");
        }
        self.groups.push((group, place));
        Ok(place)
    }

    fn open(
        &self,
        identity: Option<(ProductId, ChannelId)>,
        mapping: &MappingFile,
    ) -> Result<NamedChannel, TooManySymbols> {
        let slots = mapping.symbols.len() * SLOTS_A_SYMBOL + SPARE_SLOTS;
        let mut channel = Channel::new(
            self.dialect,
            vec![SymbolSlot::EMPTY; slots].into_boxed_slice(),
        );
        for (symbol_index, symbol) in &mapping.symbols {
            channel.define(*symbol_index, symbol.system_id, symbol.price_scale)?;
        }
        Ok(NamedChannel {
            name: self.source.clone(),
            identity,
            channel,
        })
    }
}

/// The channel that a sequence number reset is for, if the packet begins with one.
fn identity(packet: &PacketRef<'_>) -> Option<(ProductId, ChannelId)> {
    let first = packet.messages().next()?.ok()?;
    if first.msg_type() != SequenceNumberReset::MSG_TYPE {
        return None;
    }
    let reset = SequenceNumberReset::parse(first).ok()?;
    Some((reset.product_id, reset.channel_id))
}
