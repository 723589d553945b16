//! Early packets, held until their turn.

use super::epoch_seq::EpochSeq;
use crate::units::SeqNum;
use crate::xdp::{MAX_PACKET, PacketRef};

/// Room for one early packet.
///
/// A [`LineArbiter`](super::LineArbiter) is given as many as the machine can spare: each packet that
/// arrives while a gap is open takes one.
#[derive(Clone)]
pub struct Slot {
    first: EpochSeq,
    count: u32,
    /// The slot after this one, in its list.
    next: Option<u16>,
    length: u16,
    bytes: [u8; MAX_PACKET],
}

/// The list of early packets by number, and the list of free slots, in storage handed in.
#[derive(Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Held<S> {
    slots: S,
    head: Option<u16>,
    tail: Option<u16>,
    free: Option<u16>,
    len: usize,
}

/// The lowest of the early packets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lowest {
    slot: u16,
    pub(super) first: EpochSeq,
    pub(super) count: u32,
}

impl Slot {
    /// An empty slot.
    pub const EMPTY: Self = Self {
        first: EpochSeq {
            epoch: 0,
            number: SeqNum::from_raw(0),
        },
        count: 0,
        next: None,
        length: 0,
        bytes: [0; MAX_PACKET],
    };
}

impl core::fmt::Debug for Slot {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Slot")
            .field("first", &self.first)
            .field("count", &self.count)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Slot {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(
            f,
            "Slot {{ first: {}, count: {}, length: {}, .. }}",
            self.first,
            self.count,
            self.length
        );
    }
}

impl<S: AsRef<[Slot]> + AsMut<[Slot]>> Held<S> {
    /// Over these slots, of which 65,535 at most are used.
    pub(super) fn new(mut slots: S) -> Self {
        let mut free = None;
        for (index, slot) in (0..u16::MAX).zip(slots.as_mut()).rev() {
            slot.next = free;
            free = Some(index);
        }
        Self {
            slots,
            head: None,
            tail: None,
            free,
            len: 0,
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) const fn is_full(&self) -> bool {
        self.free.is_none()
    }

    /// Keeps a copy. Returns whether there was room: a free slot, and no more than 1,400 bytes.
    pub(super) fn insert(&mut self, first: EpochSeq, packet: &PacketRef<'_>) -> bool {
        let Some(index) = self.free else { return false };
        let bytes = packet.bytes();
        let before = self.before(first);
        let after = match before {
            Some(before) => self.slot(before).and_then(|slot| slot.next),
            None => self.head,
        };
        let Some(slot) = self.slots.as_mut().get_mut(usize::from(index)) else {
            return false;
        };
        let Some(room) = slot.bytes.get_mut(..bytes.len()) else {
            return false;
        };
        room.copy_from_slice(bytes);
        slot.length = packet.header().pkt_size;
        slot.first = first;
        slot.count = u32::from(packet.header().number_msgs);
        self.free = slot.next;
        slot.next = after;
        match before.and_then(|before| self.slots.as_mut().get_mut(usize::from(before))) {
            Some(before) => before.next = Some(index),
            None => self.head = Some(index),
        }
        if after.is_none() {
            self.tail = Some(index);
        }
        self.len += 1;
        true
    }

    /// The lowest packet.
    pub(super) fn lowest(&self) -> Option<Lowest> {
        let slot = self.head?;
        let packet = self.slot(slot)?;
        Some(Lowest {
            slot,
            first: packet.first,
            count: packet.count,
        })
    }

    /// Frees the slot of the lowest packet. Its bytes stay readable until the next insertion.
    pub(super) fn remove_lowest(&mut self) {
        let Some(index) = self.head else { return };
        let Some(slot) = self.slots.as_mut().get_mut(usize::from(index)) else {
            return;
        };
        self.head = slot.next;
        slot.next = self.free;
        self.free = Some(index);
        if self.head.is_none() {
            self.tail = None;
        }
        self.len -= 1;
    }

    /// The packet of what was just the lowest.
    pub(super) fn packet(&self, lowest: Lowest) -> Option<PacketRef<'_>> {
        let slot = self.slot(lowest.slot)?;
        PacketRef::new(slot.bytes.get(..usize::from(slot.length))?).ok()
    }

    fn slot(&self, index: u16) -> Option<&Slot> {
        self.slots.as_ref().get(usize::from(index))
    }

    /// The last packet that starts no later; early packets mostly come in order, so the tail is
    /// looked at first.
    fn before(&self, first: EpochSeq) -> Option<u16> {
        let starts_no_later =
            |index: &u16| self.slot(*index).is_some_and(|slot| slot.first <= first);
        if let Some(tail) = self.tail.filter(starts_no_later) {
            return Some(tail);
        }
        let mut found = None;
        let mut next = self.head;
        while let Some(index) = next.filter(starts_no_later) {
            found = Some(index);
            next = self.slot(index).and_then(|slot| slot.next);
        }
        found
    }
}
