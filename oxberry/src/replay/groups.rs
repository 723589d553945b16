//! Which groups of captures carry the same channel, as its lines A and B do.

use std::{collections::BTreeSet, net::SocketAddr};

use oxberry_core::{
    units::{ChannelId, SymbolIndex},
    xdp::{Body as _, Dialect, PacketRef, ProductId, SequenceNumberReset},
};
use oxberry_feed::{lines, source::Source};

/// A group in a source, by the source's number.
pub(super) type SourceGroup = (usize, SocketAddr);

/// What the venue calls a channel.
pub(super) type Identity = (ProductId, ChannelId);

/// Groups that carry one channel, in the order in which they were seen.
#[derive(Clone, Debug)]
pub(super) struct LineGroups {
    pub(super) groups: Vec<SourceGroup>,
    dialect: Dialect,
    identity: Option<Identity>,
    symbols: BTreeSet<SymbolIndex>,
}

/// Looks at how the captures among the sources begin, and tells which of their groups belong
/// together.
pub(super) fn find(sources: &mut [Source], dialects: &[Dialect]) -> Vec<LineGroups> {
    let mut seen: Vec<LineGroups> = Vec::new();
    for (number, (source, &dialect)) in sources.iter_mut().zip(dialects).enumerate() {
        lines::look_ahead(source, |group, packet| {
            let group = (number, group);
            let known = seen.iter().position(|lines| lines.contain(group));
            let place = known.unwrap_or_else(|| {
                seen.push(LineGroups::new(group, dialect));
                seen.len() - 1
            });
            if let Some(lines) = seen.get_mut(place) {
                lines.see(packet);
            }
        });
    }
    let mut found: Vec<LineGroups> = Vec::new();
    for mut lines in seen {
        // One group may tell that two that were found before are the same.
        let (same, others) = found.into_iter().partition(|other| lines.are(other));
        found = others;
        for other in Vec::into_iter(same).rev() {
            lines = lines.joined_to(other);
        }
        found.push(lines);
    }
    found
}

/// The channel that a sequence number reset is for, if the packet begins with one.
pub(super) fn identity(packet: &PacketRef<'_>) -> Option<Identity> {
    let first = packet.messages().next()?.ok()?;
    if first.msg_type() != SequenceNumberReset::MSG_TYPE {
        return None;
    }
    let reset = SequenceNumberReset::parse(first).ok()?;
    Some((reset.product_id, reset.channel_id))
}

impl LineGroups {
    /// Whether the group is among them.
    pub(super) fn contain(&self, group: SourceGroup) -> bool {
        self.groups.contains(&group)
    }

    fn new(group: SourceGroup, dialect: Dialect) -> Self {
        Self {
            groups: vec![group],
            dialect,
            identity: None,
            symbols: BTreeSet::new(),
        }
    }

    /// Takes note of what a packet tells.
    fn see(&mut self, packet: &PacketRef<'_>) {
        self.identity = self.identity.or_else(|| identity(packet));
        let messages = packet.messages().flatten();
        self.symbols
            .extend(messages.filter_map(|message| message.symbol_index(self.dialect)));
    }

    /// Whether both carry one channel. A symbol is in one channel of a feed, but other feeds of the
    /// same venue, with channels of their own, have it too.
    fn are(&self, other: &Self) -> bool {
        self.dialect == other.dialect
            && match (self.identity, other.identity) {
                (Some(own), Some(other)) => own == other,
                _ => !self.symbols.is_disjoint(&other.symbols),
            }
    }

    /// These behind those that were seen earlier.
    fn joined_to(self, mut earlier: Self) -> Self {
        earlier.groups.extend(self.groups);
        earlier.identity = earlier.identity.or(self.identity);
        earlier.symbols.extend(self.symbols);
        earlier
    }
}
