//! Units, packets and messages, symbols, and the dialect told from content.

use core::fmt::{self, Write};
use core::hint::black_box;

use oxberry_core::symbol::MappingLine;
use oxberry_core::units::{PriceScale, RawPrice, SeqNum, UnixNanos};
use oxberry_core::xdp::{DeliveryFlag, Detector, Dialect, Message, PacketBuilder, PacketRef};

/// Formats into nothing, so that formatting is linked.
pub(crate) struct Nowhere;

impl Write for Nowhere {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        black_box(text);
        Ok(())
    }
}

pub(crate) fn touch(bytes: &[u8]) {
    let mut detector = Detector::new();
    match PacketRef::new(bytes) {
        Ok(packet) => {
            detector.packet(&packet);
            for dialect in [Dialect::Legacy, Dialect::Xdp, Dialect::Pillar] {
                again(dialect, &packet);
            }
        }
        Err(error) => {
            let _ = write!(Nowhere, "{error}{error:?}");
        }
    }
    black_box(detector.is_settled());
    let _ = write!(Nowhere, "{:?}", detector.verdict());
    let text = core::str::from_utf8(bytes).unwrap_or_default();
    let _ = write!(Nowhere, "{:?}", MappingLine::parse(text));
    if let Some(scale) = PriceScale::new(black_box(4)) {
        let _ = write!(
            Nowhere,
            "{:?}",
            RawPrice::from_raw(black_box(1)).scaled(scale)
        );
    }
}

/// Reads, shows and writes again every message of the packet.
fn again(dialect: Dialect, packet: &PacketRef<'_>) {
    let mut buffer = [0; 1400];
    let Ok(mut builder) = PacketBuilder::new(&mut buffer) else {
        return;
    };
    for message in packet.messages().flatten() {
        black_box(message.symbol_index(dialect));
        if let Ok(Some(message)) = Message::parse(dialect, message) {
            let _ = write!(Nowhere, "{message:?}");
            message.fields(&mut |name, value| {
                let _ = write!(Nowhere, "{name}{value:?}");
            });
            black_box(builder.push_message(&message).is_ok());
        }
    }
    let flag = DeliveryFlag::ORIGINAL;
    black_box(builder.finish(flag, SeqNum::from_raw(1), UnixNanos::from_parts(1, 1)));
}
