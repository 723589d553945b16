//! Which dialect an input is in.

use std::ops::ControlFlow;

use oxberry_controller::source::Source;
use oxberry_core::xdp::{Dialect, PacketRef};

use crate::{console::Console, input::DialectChoice};

/// The dialect that the user named, or else that of the first messages.
pub(crate) fn choose(choice: DialectChoice, source: &mut Source, console: &Console) -> Dialect {
    if let Some(dialect) = choice.named() {
        return dialect;
    }
    let _ = console;
    let mut found = Dialect::Pillar;
    source.look_ahead(|packet| {
        let Ok(packet) = PacketRef::new(packet.bytes) else {
            return ControlFlow::Continue(());
        };
        for message in packet.messages().flatten() {
            match (message.msg_type(), message.size()) {
                (100, 31) | (3, 38) => found = Dialect::Legacy,
                (100, 39) => found = Dialect::Pillar,
                _ => continue,
            }
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    found
}
