//! Whatever can be decoded can be emitted, and then is what it was.

use oxberry_core::xdp::{Dialect, Message, MessageRef, PacketRef};

/// Decodes all messages of the bytes in every dialect, emits them, and decodes that.
pub(crate) fn run(bytes: &[u8]) {
    let Ok(packet) = PacketRef::new(bytes) else {
        return;
    };
    for dialect in [Dialect::Legacy, Dialect::Xdp, Dialect::Pillar] {
        for message in packet.messages().flatten() {
            if let Ok(Some(parsed)) = Message::parse(dialect, message) {
                again(dialect, message, &parsed);
            }
        }
    }
}

fn again(dialect: Dialect, message: MessageRef<'_>, parsed: &Message) {
    let mut buffer = [0xA5; 256];
    let size = parsed.emit(&mut buffer).expect("no message is that long");
    assert_eq!(size, parsed.size());
    let (emitted, untouched) = buffer.split_at(size);
    assert!(untouched.iter().all(|byte| *byte == 0xA5), "written beyond");
    // The message may be longer than what is known of it, so its size may differ, and no more.
    assert_eq!(Some(&emitted[2..]), message.bytes().get(2..size));
    let emitted = MessageRef::new(emitted).expect("whole");
    let second = Message::parse(dialect, emitted);
    assert_eq!(second.expect("as long as it needs").as_ref(), Some(parsed));
    for shorter in 0..size {
        assert_eq!(parsed.emit(&mut buffer[..shorter]), None);
    }
}
