//! Whether a datagram can be a packet of the feed.
//!
//! A network carries other traffic than the feed, and a capture of it holds that, too. No number
//! says which is which, but a packet header has little room for chance.

use oxberry_core::xdp::{DeliveryFlag, HEADER_SIZE, MESSAGE_HEADER_SIZE, PacketRef};

/// PktSize lies at the start of the packet.
pub(super) const SIZE_LENGTH: usize = 2;

/// The size that a packet of the feed would have that begins so, in a datagram of `length` bytes;
/// `None` when it cannot be one.
///
/// What was not captured is given the benefit of the doubt: a packet that is cut off is one of the
/// feed as long as nothing of it says otherwise. So is one whose messages contradict each other,
/// which is a fault to be told.
#[inline]
pub(super) fn packet_size(captured: &[u8], length: usize) -> Option<usize> {
    let &[a, b] = captured.first_chunk()?;
    let size = usize::from(u16::from_le_bytes([a, b]));
    if !(HEADER_SIZE..=length).contains(&size) {
        return None;
    }
    let Some(&[_, _, flag, messages]) = captured.first_chunk() else {
        return Some(size);
    };
    let fits = match messages {
        // Nothing is behind a header that announces nothing.
        0 => length == HEADER_SIZE,
        _ => HEADER_SIZE + usize::from(messages) * MESSAGE_HEADER_SIZE <= size,
    };
    let is_flag_known = DeliveryFlag::from_raw(flag).meaning().is_some();
    (fits && (is_flag_known || is_filled(captured))).then_some(size)
}

/// Whether the messages of a packet fill it exactly. Flags beside those of docs/wire-format.md were
/// in use once, and what comes with them must not be lost.
#[cold]
fn is_filled(bytes: &[u8]) -> bool {
    let Ok(packet) = PacketRef::new(bytes) else {
        return false;
    };
    let mut messages = packet.messages();
    packet.header().number_msgs > 0
        && packet.missing() == 0
        && messages.by_ref().all(|message| message.is_ok())
        && messages.rest().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A packet of one message of five bytes.
    const PACKET: [u8; 21] = [
        21, 0, 11, 1, 7, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 5, 0, 3, 0, 9,
    ];

    #[test]
    fn a_packet_is_believed_cut_anywhere_behind_its_size() {
        for captured in 0..=PACKET.len() {
            let size = packet_size(&PACKET[..captured], PACKET.len());
            assert_eq!(size, (captured >= 2).then_some(PACKET.len()));
        }
    }

    #[test]
    fn a_packet_may_be_shorter_than_its_datagram_and_never_longer() {
        assert_eq!(packet_size(&PACKET, 30), Some(21));
        assert_eq!(packet_size(&PACKET, 20), None);
        assert_eq!(packet_size(&[15, 0, 11, 1], 100), None);
    }

    #[test]
    fn an_unlisted_flag_is_believed_only_where_the_messages_fill_the_packet() {
        let mut packet = PACKET;
        packet[2] = 14;
        assert_eq!(packet_size(&packet, 21), Some(21));
        packet[16] = 4;
        assert_eq!(packet_size(&packet, 21), None);
        packet[2] = 11;
        assert_eq!(
            packet_size(&packet, 21),
            Some(21),
            "a fault, but of the feed"
        );
    }

    #[test]
    fn a_header_that_announces_nothing_must_be_alone_and_one_with_messages_hold_them() {
        let mut heartbeat = [0; 16];
        heartbeat[0] = 16;
        heartbeat[2] = 1;
        assert_eq!(packet_size(&heartbeat, 16), Some(16));
        assert_eq!(packet_size(&heartbeat, 17), None);
        let mut packet = PACKET;
        packet[3] = 2;
        assert_eq!(packet_size(&packet, 21), None);
    }
}
