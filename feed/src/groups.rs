//! Which groups of captures carry the same channel, as its lines A and B do.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use oxberry_core::units::{ChannelId, SeqNum, SymbolIndex};
use oxberry_core::xdp::{Body as _, Dialect, PacketRef, ProductId, SequenceNumberReset};

use crate::lines;
use crate::source::Source;

/// Packets of a group that are remembered, to be compared with those of others.
const REMEMBERED: usize = 1_024;

/// Groups whose numbers are further apart than this are not lines of one channel.
const NEAR: u32 = 50_000;

/// A group in a source, by the source's number.
pub(crate) type SourceGroup = (usize, SocketAddr);

/// What the venue calls a channel.
pub(crate) type Identity = (ProductId, ChannelId);

/// Groups that carry one channel, in the order in which they were seen.
#[derive(Clone, Debug)]
pub(crate) struct LineGroups {
    pub(crate) groups: Vec<SourceGroup>,
    dialect: Dialect,
    identity: Option<Identity>,
    symbols: BTreeSet<SymbolIndex>,
    /// What the first packets hold, by their first numbers: how many messages, and which.
    packets: BTreeMap<SeqNum, (u8, u64)>,
}

/// Looks at how the captures among the sources begin, and tells which of their groups belong
/// together.
pub(crate) fn find(sources: &mut [Source], dialects: &[Dialect]) -> Vec<LineGroups> {
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
pub(crate) fn identity(packet: &PacketRef<'_>) -> Option<Identity> {
    let first = packet.messages().next()?.ok()?;
    if first.msg_type() != SequenceNumberReset::MSG_TYPE {
        return None;
    }
    let reset = SequenceNumberReset::parse(first).ok()?;
    Some((reset.product_id, reset.channel_id))
}

impl LineGroups {
    /// Whether the group is among them.
    pub(crate) fn contain(&self, group: SourceGroup) -> bool {
        self.groups.contains(&group)
    }

    fn new(group: SourceGroup, dialect: Dialect) -> Self {
        Self {
            groups: vec![group],
            dialect,
            identity: None,
            symbols: BTreeSet::new(),
            packets: BTreeMap::new(),
        }
    }

    /// Takes note of what a packet tells.
    fn see(&mut self, packet: &PacketRef<'_>) {
        self.identity = self.identity.or_else(|| identity(packet));
        let messages = packet.messages().flatten();
        self.symbols
            .extend(messages.filter_map(|message| message.symbol_index(self.dialect)));
        if self.packets.len() < REMEMBERED && packet.missing() == 0 {
            let header = packet.header();
            let content = (header.number_msgs, fingerprint(packet));
            self.packets.insert(header.seq_num, content);
        }
    }

    /// Whether both carry one channel. A symbol is in one channel of a feed, but other feeds of the
    /// same venue, and other venues, have it too, with channels and numbers of their own.
    fn are(&self, other: &Self) -> bool {
        self.dialect == other.dialect
            && match (self.identity, other.identity) {
                (Some(own), Some(other)) => own == other,
                _ => !self.symbols.is_disjoint(&other.symbols) && self.numbers_fit(other),
            }
    }

    /// Whether the numbers may be of one channel: under the same number both have the same, or they
    /// are not far apart.
    fn numbers_fit(&self, other: &Self) -> bool {
        let (mut same, mut different) = (0_usize, 0_usize);
        for (number, (count, content)) in &self.packets {
            if let Some((other_count, other_content)) = other.packets.get(number)
                && count == other_count
            {
                same += usize::from(content == other_content);
                different += usize::from(content != other_content);
            }
        }
        if same + different > 0 {
            return same > different;
        }
        let range = |lines: &Self| {
            let (first, _) = lines.packets.first_key_value()?;
            let (last, _) = lines.packets.last_key_value()?;
            Some((first.raw(), last.raw()))
        };
        let (Some((first, last)), Some((other_first, other_last))) = (range(self), range(other))
        else {
            return true;
        };
        first <= other_last.saturating_add(NEAR) && other_first <= last.saturating_add(NEAR)
    }

    /// These behind those that were seen earlier.
    fn joined_to(self, mut earlier: Self) -> Self {
        earlier.groups.extend(self.groups);
        earlier.identity = earlier.identity.or(self.identity);
        earlier.symbols.extend(self.symbols);
        earlier.packets.extend(self.packets);
        earlier
    }
}

/// A number that stands for the messages of a packet (FNV-1a); its header differs by line.
fn fingerprint(packet: &PacketRef<'_>) -> u64 {
    let messages = packet.messages().flatten();
    let bytes = messages.flat_map(|message| message.bytes().iter());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
