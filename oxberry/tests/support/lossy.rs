//! The lines of a channel as a bad network brings them.

use oxberry_core::xdp::PacketRef;
use oxberry_sim::random::Random;

use crate::capture::Frame;

/// How late a line may be, in nanoseconds.
const LATEST: u64 = 20_000_000;

/// When a packet was sent, in nanoseconds.
pub(crate) fn sent(packet: &[u8]) -> u64 {
    PacketRef::new(packet).unwrap().header().send_time.raw()
}

/// Both lines of a channel, each of which loses, repeats and delays packets on its own, but never
/// the same one.
pub(crate) fn lossy_lines(
    random: &mut Random,
    packets: &[Vec<u8>],
    groups: [u8; 2],
) -> [Vec<Frame>; 2] {
    let mut lines = [vec![], vec![]];
    for packet in packets {
        let loses = random.below(10);
        for (line, (frames, group)) in (0..).zip(lines.iter_mut().zip(groups)) {
            if loses == line {
                continue;
            }
            for _ in 0..=u64::from(random.chance(50)) {
                let at = sent(packet) + random.below(LATEST);
                frames.push((at, group, packet.clone()));
            }
        }
    }
    lines
}
