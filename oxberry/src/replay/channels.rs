//! The channels that the sources turn out to hold.

use std::net::SocketAddrV4;

use oxberry_controller::source::{ChannelFile, MappingFile, Source};
use oxberry_core::{
    feed::{Channel, SymbolSlot, TooManySymbols},
    xdp::Dialect,
};

/// Slots of a channel's symbol table for each symbol, so that searches stay short.
const SLOTS_A_SYMBOL: usize = 2;
/// Slots beyond those, for symbols that only the feed knows.
const SPARE_SLOTS: usize = 1_024;

/// A channel, and what messages call it.
#[derive(Debug)]
pub(super) struct NamedChannel {
    pub(super) name: String,
    pub(super) channel: Channel<Box<[SymbolSlot]>>,
}

/// The channels of one source: one in a channel file, one for each group in a capture.
#[derive(Debug)]
pub(super) struct SourceChannels {
    source: String,
    pub(super) dialect: Dialect,
    by_group: Vec<(Option<SocketAddrV4>, NamedChannel)>,
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
            by_group: Vec::new(),
        }
    }

    /// The channel of the group, which begins with its first packet.
    ///
    /// # Errors
    ///
    /// When the symbols find no room, which the number of slots excludes.
    pub(super) fn of_group(
        &mut self,
        group: Option<SocketAddrV4>,
        mapping: &MappingFile,
    ) -> Result<&mut NamedChannel, TooManySymbols> {
        // Captures hold few groups, and most sources just one.
        let known = self.by_group.iter().position(|(known, _)| *known == group);
        let place = match known {
            Some(place) => place,
            None => {
                self.by_group.push((group, self.open(group, mapping)?));
                self.by_group.len() - 1
            }
        };
        self.by_group
            .get_mut(place)
            .map(|(_, channel)| channel)
            .ok_or(TooManySymbols)
    }

    /// All channels.
    pub(super) fn iter(&self) -> impl Iterator<Item = &NamedChannel> {
        self.by_group.iter().map(|(_, channel)| channel)
    }

    fn open(
        &self,
        group: Option<SocketAddrV4>,
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
        let name = match group {
            Some(group) => format!("{}, group {group}", self.source),
            None => self.source.clone(),
        };
        Ok(NamedChannel { name, channel })
    }
}
