//! Any sequence of packets, answers and pauses, put in order.

use oxberry_core::line::{Arrival, Command, Config, Line, LineArbiter, Slot, Source};
use oxberry_core::units::{Instant, SeqNum, UnixNanos};
use oxberry_core::xdp::{
    DeliveryFlag, MessageUnavailable, PacketBuilder, PacketRef, PillarDeleteOrder, RefreshHeader,
    RequestResponse, RequestStatus, SequenceNumberReset,
};

/// Bytes of one step.
const STEP: usize = 6;

/// Nanoseconds in a millisecond.
const MILLISECOND: u64 = 1_000_000;

/// Steps without a packet after which nothing may be missing any more.
const PATIENCE: usize = 10_000;

/// Plays the bytes, six a step; panics when a promise is broken.
pub(crate) fn run(bytes: &[u8]) {
    let mut play = Play {
        now: 0,
        channel: LineArbiter::new(Instant::from_raw(0), config(bytes), [Slot::EMPTY; 4]),
    };
    for step in bytes.chunks_exact(STEP) {
        let &[kind, number, high, count, pause, more] = step else {
            unreachable!("chunks are of that size")
        };
        play.wait(u64::from(pause) * u64::from(pause) * MILLISECOND / 16);
        play.step(kind, u16::from_le_bytes([number, high]), count, more);
    }
    play.come_to_rest();
}

/// One of the usual kinds of channel.
fn config(bytes: &[u8]) -> Config {
    match bytes.first().map(|first| first >> 6) {
        Some(0) => Config::FILE,
        Some(1) => Config {
            two_lines: false,
            expected: SeqNum::from_raw(40),
            ..Config::LIVE
        },
        _ => Config {
            believed_jump: 1_000,
            ..Config::LIVE
        },
    }
}

struct Play {
    now: u64,
    channel: LineArbiter<[Slot; 4]>,
}

impl Play {
    fn step(&mut self, kind: u8, number: u16, count: u8, more: u8) {
        let number = SeqNum::from_raw(u32::from(number) + 1);
        let mut buffer = [0; 1400];
        let source = match kind % 16 {
            0..5 => Source::Line(Line::A),
            5..9 => Source::Line(Line::B),
            9..12 => Source::Retransmission,
            12..14 => Source::Refresh,
            14 => return self.respond(number, count, more),
            _ => {
                self.channel
                    .handle_refresh_wanted(Instant::from_raw(self.now));
                return self.drain();
            }
        };
        let sent = UnixNanos::from_raw(1_700_000_000_000_000_000 + self.now);
        let packet = packet(&mut buffer, source, number, count, more, sent);
        let before = self.channel.expected();
        let arrival = self
            .channel
            .handle_packet(Instant::from_raw(self.now), source, &packet);
        assert_ne!(arrival, Arrival::NoRoom, "the commands are always drained");
        if let Arrival::Deliver { skip } = arrival
            && source != Source::Refresh
        {
            next_is(before, &packet, skip);
        }
        self.drain();
    }

    fn respond(&mut self, number: SeqNum, count: u8, more: u8) {
        let response = RequestResponse {
            begin_seq_num: if more > 127 {
                SeqNum::from_raw(0)
            } else {
                number
            },
            end_seq_num: number.plus(u32::from(count)),
            status: RequestStatus::from_raw(b'0' + more % 11),
            ..Default::default()
        };
        self.channel
            .handle_request_response(Instant::from_raw(self.now), &response);
        self.drain();
    }

    /// Lets time pass, and every deadline with it.
    fn wait(&mut self, pause: u64) {
        let until = self.now + pause;
        while let Some(deadline) = self.channel.poll_timeout().filter(|at| at.raw() <= until) {
            self.now = self.now.max(deadline.raw());
            self.channel.handle_timeout(Instant::from_raw(self.now));
            self.drain();
        }
        self.now = until;
    }

    /// Nothing comes any more: all that is missing must be given up in time.
    fn come_to_rest(&mut self) {
        for _ in 0..PATIENCE {
            if self.channel.gaps().next().is_none() && self.channel.held_packets() == 0 {
                return;
            }
            let deadline = self
                .channel
                .poll_timeout()
                .expect("what is missing has a deadline");
            self.now = self.now.max(deadline.raw());
            self.channel.handle_timeout(Instant::from_raw(self.now));
            self.drain();
        }
        panic!("something is waited for without end");
    }

    fn drain(&mut self) {
        let mut before = self.channel.expected();
        let mut commands = 0;
        while let Some(command) = self.channel.next_command() {
            match command {
                Command::Deliver { packet, skip } => next_is(before, &packet, skip),
                Command::Lost(gap) => {
                    assert!(gap.messages() > 0, "nothing is lost: {gap}");
                    assert!(starts(before, gap.first), "{gap} is not next, {before} is");
                }
                Command::RequestRetransmission(gap) => {
                    assert!((1..=1_000).contains(&gap.messages()), "{gap}");
                }
                Command::RequestRefresh
                | Command::State(_)
                | Command::LineSilent(_)
                | Command::LineHeard(_) => {}
            }
            commands += 1;
            assert!(commands < 100, "commands without end");
            before = self.channel.expected();
        }
    }
}

/// The packet goes on where the channel was, or starts a new numbering.
fn next_is(before: SeqNum, packet: &PacketRef<'_>, skip: usize) {
    let header = packet.header();
    assert!(
        skip < usize::from(header.number_msgs),
        "nothing new is delivered"
    );
    let first = header.seq_num.plus(u32::try_from(skip).expect("one byte"));
    assert!(
        starts(before, first),
        "{first} is delivered, {before} is next"
    );
}

fn starts(before: SeqNum, first: SeqNum) -> bool {
    first == before || first == SeqNum::from_raw(1)
}

/// A packet as it may come by that way.
fn packet<'b>(
    buffer: &'b mut [u8],
    source: Source,
    number: SeqNum,
    count: u8,
    more: u8,
    sent: UnixNanos,
) -> PacketRef<'b> {
    let mut packet = PacketBuilder::new(buffer).expect("a header fits");
    let mut number = number;
    let mut flag = DeliveryFlag::from_raw(more % 24);
    if source == Source::Refresh {
        let header = RefreshHeader {
            current_refresh_pkt: u16::from(count % 4),
            total_refresh_pkts: u16::from(count / 4 % 4),
            ..Default::default()
        };
        packet.push(&header).expect("it fits");
    } else if source == Source::Retransmission && more > 200 {
        let message = MessageUnavailable {
            begin_seq_num: number,
            end_seq_num: number.plus(u32::from(count)),
            ..Default::default()
        };
        packet.push(&message).expect("it fits");
        flag = DeliveryFlag::MESSAGE_UNAVAILABLE;
    } else if more > 245 {
        packet
            .push(&SequenceNumberReset::default())
            .expect("it fits");
        number = SeqNum::from_raw(1);
        flag = DeliveryFlag::SEQUENCE_RESET;
    } else {
        // More than fits is left out.
        for _ in 0..count {
            let _ = packet.push(&PillarDeleteOrder::default());
        }
        if flag == DeliveryFlag::SEQUENCE_RESET {
            flag = DeliveryFlag::ORIGINAL;
        }
    }
    let bytes = packet.finish(flag, number, sent);
    PacketRef::new(bytes).expect("a whole header")
}
