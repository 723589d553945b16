//! Captures of a made-up channel that comes by two lines over bad networks.

use oxberry_core::units::ChannelId;
use oxberry_core::xdp::{Dialect, MAX_PACKET};
use oxberry_sim::market::{Market, MarketConfig};
use oxberry_sim::random::Random;

use crate::plain::Came;

const MILLISECOND: u64 = 1_000_000;
/// When the first packet is sent.
const START: u64 = 1_715_779_800_000_000_000;
/// The pause of the venue before its numbering starts again: longer than any line is late.
const TAKEOVER: u64 = 2_000 * MILLISECOND;

/// How bad the lines are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Profile {
    /// Packets of a thousand that a line loses.
    loss: u64,
    /// That come twice.
    repeats: u64,
    /// That change places with the one after them.
    swaps: u64,
    /// That are delayed, and by how much at most.
    delays: u64,
    latest: u64,
    /// No packet is lost by both lines.
    one_at_a_time: bool,
    lines: usize,
    /// Each line in a capture of its own.
    apart: bool,
    /// The reading begins in the middle of the day.
    late: bool,
    /// The numbering starts again.
    restarts: bool,
    /// Somebody asks for what both lines lost, now and then in time.
    asks: bool,
    /// The most time between two packets.
    pace: u64,
}

impl Profile {
    /// The profile of a seed.
    pub(crate) fn of(seed: u64) -> Self {
        let mut random = Random::new(seed, 1);
        let gentle = random.chance(400);
        let (late, restarts) = (random.chance(200), random.chance(200));
        let lines = if random.chance(150) && !gentle { 1 } else { 2 };
        Self {
            loss: random.below(if gentle { 150 } else { 200 }),
            repeats: random.below(50),
            swaps: random.below(100),
            delays: random.below(300),
            latest: if gentle { 40 } else { 180 } * MILLISECOND,
            one_at_a_time: gentle,
            lines,
            apart: random.chance(300),
            late,
            restarts,
            asks: !late && !restarts && random.chance(500),
            pace: if gentle { 2 } else { 12 } * MILLISECOND,
        }
    }

    /// Whether both lines together bring everything in time.
    pub(crate) const fn union_is_whole(&self) -> bool {
        self.one_at_a_time
    }
}

/// A capture, or one of each line.
#[derive(Debug)]
pub(crate) struct Capture {
    /// The mapping file.
    pub(crate) mapping: String,
    /// Symbol index, scale and partition of each symbol.
    pub(crate) symbols: Vec<(u32, u8, u8)>,
    /// The files.
    pub(crate) files: Vec<Vec<u8>>,
    /// What the venue sent, as if it came at once.
    pub(crate) sent: Vec<Came>,
    /// When the second numbering began.
    restarted: u64,
}

impl Capture {
    pub(crate) fn make(seed: u64, profile: &Profile) -> Self {
        let mut random = Random::new(seed, 2);
        let market = |seed, messages| {
            Market::new(MarketConfig {
                symbols: 4,
                channels: 1,
                messages: Some(messages),
                dialect: Dialect::Pillar,
                seed,
            })
            .unwrap()
        };
        let first = market(seed, 60 + random.below(300));
        let mut mapping = String::new();
        let mut symbols = Vec::new();
        for listing in first.listings() {
            let line = listing.to_string();
            let columns: Vec<&str> = line.split('|').collect();
            let number = |at: usize| columns[at].parse::<u8>().unwrap();
            symbols.push((listing.symbol_index.raw(), number(7), number(8)));
            mapping += &line;
            mapping.push('\n');
        }
        let mut now = START;
        let mut restarted = u64::MAX;
        let mut sent = Vec::new();
        let epochs = 1 + u32::from(profile.restarts);
        for epoch in 1..=epochs {
            let of_epoch = if epoch == 1 {
                packets(&first)
            } else {
                now += TAKEOVER;
                restarted = now;
                packets(&market(seed, 40 + random.below(100)))
            };
            for mut bytes in of_epoch {
                stamp(&mut bytes, now);
                sent.push(Came {
                    at: now,
                    epoch,
                    bytes,
                });
                now += random.between(MILLISECOND / 20, profile.pace);
            }
        }
        if profile.late {
            let skip = usize::try_from(random.between(5, 40)).unwrap();
            sent.drain(..skip.min(sent.len() / 3));
        }
        let files = lines(&mut random, profile, &sent);
        Self {
            mapping,
            symbols,
            files,
            sent,
            restarted,
        }
    }

    /// The numbering of a packet, in truth.
    pub(crate) fn epoch_of(&self, bytes: &[u8]) -> u32 {
        let word = |at: usize| u64::from(u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()));
        let sent = word(8) * 1_000_000_000 + word(12);
        1 + u32::from(sent >= self.restarted)
    }
}

/// The packets of the one channel of a market.
fn packets(market: &Market) -> Vec<Vec<u8>> {
    let mut channel = market.channel(ChannelId::from_raw(1)).unwrap();
    let mut buffer = [0; MAX_PACKET];
    let mut packets = Vec::new();
    while let Some(length) = channel.next_packet(&mut buffer) {
        packets.push(buffer[..length].to_vec());
    }
    packets
}

/// Whether a packet starts the numbering again.
fn is_reset(packet: &[u8]) -> bool {
    packet[2] == 12
}

/// A packet without messages.
fn heartbeat(at: u64) -> Vec<u8> {
    let mut bytes = vec![0; 16];
    bytes[0] = 16;
    bytes[2] = 1;
    bytes[4] = 1;
    stamp(&mut bytes, at);
    bytes
}

/// Writes when a packet was sent; a reset happened then.
fn stamp(bytes: &mut [u8], at: u64) {
    let second = u32::try_from(at / 1_000_000_000).unwrap();
    let nanosecond = u32::try_from(at % 1_000_000_000).unwrap();
    let mut places = vec![8];
    if is_reset(bytes) {
        places.push(20);
    }
    for place in places {
        bytes[place..place + 4].copy_from_slice(&second.to_le_bytes());
        bytes[place + 4..place + 8].copy_from_slice(&nanosecond.to_le_bytes());
    }
}

/// The files that the lines make of what was sent.
fn lines(random: &mut Random, profile: &Profile, sent: &[Came]) -> Vec<Vec<u8>> {
    let mut frames: [Vec<(u64, u8, Vec<u8>)>; 2] = [vec![], vec![]];
    let mut lost_by_a = vec![false; sent.len()];
    let mut lost = vec![0; sent.len()];
    for (line, frames) in frames.iter_mut().enumerate().take(profile.lines) {
        let group = if line == 0 { 64 } else { 192 };
        let mut times: Vec<u64> = Vec::new();
        for packet in sent {
            let delayed = random.chance(profile.delays);
            let delay = if delayed {
                random.below(profile.latest)
            } else {
                random.below(500_000)
            };
            times.push(packet.at + delay);
        }
        for at in 1..times.len() {
            if random.chance(profile.swaps) {
                times[at - 1] = times[at - 1].max(times[at] + 1);
            }
        }
        for (number, (packet, mut at)) in sent.iter().zip(times).enumerate() {
            let loses = random.chance(profile.loss);
            let is_reset = is_reset(&packet.bytes);
            if is_reset {
                at = packet.at;
            }
            if random.chance(20) {
                frames.push((at, group, heartbeat(at)));
            }
            // A reset tells where the numbers begin, and the first packet where the reading does.
            let must_come = is_reset || number == 0 && profile.one_at_a_time;
            let other_lost = line == 1 && profile.one_at_a_time && lost_by_a[number];
            if loses && !must_come && !other_lost {
                lost[number] += 1;
                lost_by_a[number] |= line == 0;
                continue;
            }
            for _ in 0..=u64::from(random.chance(profile.repeats)) {
                frames.push((at, group, packet.bytes.clone()));
                at += random.below(3 * MILLISECOND);
            }
        }
    }
    for (packet, lost) in sent.iter().zip(lost) {
        if profile.asks && lost == profile.lines && random.chance(700) {
            let at = packet.at + random.between(20, 180) * MILLISECOND;
            let mut bytes = packet.bytes.clone();
            bytes[2] = 13;
            stamp(&mut bytes, at);
            frames[0].push((at, 9, bytes));
        }
    }
    let [mut a, b] = frames;
    if profile.apart && !b.is_empty() {
        return vec![pcap(a), pcap(b)];
    }
    a.extend(b);
    vec![pcap(a)]
}

/// A capture in the classic format with times in nanoseconds, in the order of time.
fn pcap(mut frames: Vec<(u64, u8, Vec<u8>)>) -> Vec<u8> {
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
        bytes.extend([224, 0, 59, group, 0, 1, 0x2b, 0x44]);
        bytes.extend(u16::try_from(8 + packet.len()).unwrap().to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(packet);
    }
    bytes
}
