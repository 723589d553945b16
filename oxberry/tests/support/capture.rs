//! Captures that the tests make up.

/// When a packet was captured in nanoseconds, the last byte of the group that it was sent to, and
/// the packet.
pub(crate) type Frame = (u64, u8, Vec<u8>);

/// The packets of a channel file.
pub(crate) fn packets(mut file: &[u8]) -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    while let Some((size, _)) = file.split_first_chunk() {
        let (packet, rest) = file.split_at(usize::from(u16::from_le_bytes(*size)));
        packets.push(packet.to_vec());
        file = rest;
    }
    packets
}

/// A capture in the classic format with times in nanoseconds, in the order of time.
pub(crate) fn pcap(frames: &[Frame]) -> Vec<u8> {
    let mut frames: Vec<_> = frames.iter().collect();
    frames.sort_by_key(|(at, ..)| *at);
    let mut bytes = vec![0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    bytes.extend([0xff, 0xff, 0, 0, 1, 0, 0, 0]);
    for (at, group, packet) in frames {
        let seconds = u32::try_from(at / 1_000_000_000).unwrap();
        let nanoseconds = u32::try_from(at % 1_000_000_000).unwrap();
        let length = u32::try_from(42 + packet.len()).unwrap();
        for number in [seconds, nanoseconds, length, length] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend([0; 12]);
        bytes.extend([8, 0, 0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1]);
        bytes.extend([224, 0, 59, *group, 0, 1, 0x2b, 0x44]);
        bytes.extend(u16::try_from(8 + packet.len()).unwrap().to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(packet);
    }
    bytes
}
