//! Channels put in order, and their meaning as events.

use core::fmt::Write;
use core::hint::black_box;

use oxberry_core::feed::{Channel, EventsOnly, FeedSymbol, Normalizer};
use oxberry_core::line::{Command, Config, Line, LineArbiter, Slot, Source};
use oxberry_core::units::Instant;
use oxberry_core::xdp::{Dialect, PacketRef, RequestResponse};

use crate::wire::Nowhere;

pub(crate) fn touch(bytes: &[u8]) {
    let now = Instant::from_raw(black_box(0));
    let mut arbiter = LineArbiter::new(now, black_box(Config::LIVE), [Slot::EMPTY; 4]);
    if let Ok(packet) = PacketRef::new(bytes) {
        for source in [
            Source::Line(Line::A),
            Source::Retransmission,
            Source::Refresh,
        ] {
            let _ = black_box(arbiter.handle_packet(now, source, &packet));
        }
        let mut channel = Channel::new(Dialect::Pillar, [FeedSymbol::EMPTY; 4]);
        let _ = write!(
            Nowhere,
            "{:?}",
            channel.packet(
                &packet,
                &mut EventsOnly(|event| {
                    black_box(event);
                })
            )
        );
        let _ = write!(Nowhere, "{:?}{:?}", channel.counters(), channel.detector());
        let mut normalizer = Normalizer::new(Dialect::Legacy, [FeedSymbol::EMPTY; 4]);
        normalizer.forget_seconds();
        black_box(normalizer.counters());
    }
    arbiter.handle_request_response(now, &RequestResponse::default());
    arbiter.handle_refresh_wanted(now);
    arbiter.handle_timeout(now);
    while let Some(command) = arbiter.next_command() {
        if let Command::Deliver { packet, skip } = command {
            black_box((packet.header(), skip));
        }
        let _ = write!(Nowhere, "{command:?}");
    }
    black_box(arbiter.poll_timeout());
    black_box(arbiter.gaps().count());
    let _ = write!(Nowhere, "{:?}{:?}", arbiter.state(), arbiter.counters());
}
