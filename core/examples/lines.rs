//! Line arbitration: line A loses a packet, line B brings it, and all come out in order.
#![expect(clippy::print_stdout, reason = "it is what an example is for")]

use oxberry_core::line::{Arrival, Command, Config, Line, LineArbiter, Slot, Source};
use oxberry_core::units::{Instant, SeqNum, UnixNanos};
use oxberry_core::xdp::{DeliveryFlag, PacketBuilder, PacketRef, PillarDeleteOrder};

/// A packet of one message with this number.
fn packet(number: u32, buffer: &mut [u8]) -> Result<PacketRef<'_>, Box<dyn std::error::Error>> {
    let mut packet = PacketBuilder::new(buffer)?;
    packet.push(&PillarDeleteOrder::default())?;
    let (number, sent) = (SeqNum::from_raw(number), UnixNanos::from_raw(0));
    Ok(PacketRef::new(packet.finish(
        DeliveryFlag::ORIGINAL,
        number,
        sent,
    ))?)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let now = Instant::from_raw(0);
    let mut arbiter = LineArbiter::new(now, Config::LIVE, [Slot::EMPTY; 4]);
    for (line, number) in [
        (Line::A, 1),
        (Line::A, 3),
        (Line::B, 1),
        (Line::B, 2),
        (Line::B, 3),
    ] {
        let mut buffer = [0; 100];
        let packet = packet(number, &mut buffer)?;
        let arrival = arbiter.handle_packet(now, Source::Line(line), &packet);
        println!("line {line:?} brings {number}: {arrival:?}");
        if matches!(arrival, Arrival::Deliver { .. }) {
            println!("  {number} is delivered");
        }
        while let Some(command) = arbiter.next_command() {
            if let Command::Deliver { packet, .. } = command {
                println!("  {} is delivered", packet.header().seq_num);
            }
        }
    }
    Ok(())
}
