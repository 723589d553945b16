//! JSON lines. Written by hand, since the names and shapes are few and known: a tenth of the time
//! of a general writer.

use oxberry_core::xdp::{DeliveryFlag, FieldValue, Message, MessageRef};

use super::{Lines, Place};

/// Messages as JSON objects, one a line.
#[derive(Default)]
pub(super) struct JsonLines {
    text: Vec<u8>,
    digits: itoa::Buffer,
}

impl JsonLines {
    fn literal(&mut self, literal: &str) {
        self.text.extend_from_slice(literal.as_bytes());
    }

    fn integer(&mut self, integer: impl itoa::Integer) {
        self.text
            .extend_from_slice(self.digits.format(integer).as_bytes());
    }

    fn place(&mut self, place: Place) {
        self.literal("{\"packet\":");
        self.integer(place.packet);
        self.literal(",\"seq\":");
        self.integer(place.seq);
    }

    fn head(&mut self, place: Place, message: MessageRef<'_>) {
        self.place(place);
        self.literal(",\"type\":");
        self.integer(message.msg_type());
        self.literal(",\"size\":");
        self.integer(message.size());
    }

    fn field(&mut self, name: &'static str, value: FieldValue<'_>) {
        self.literal(",\"");
        self.literal(name);
        self.literal("\":");
        match value {
            FieldValue::Unsigned(number) => self.integer(number),
            FieldValue::Signed(number) => self.integer(number),
            FieldValue::Char(byte) => self.string(&[byte]),
            FieldValue::Text(bytes) => self.string(bytes),
        }
    }

    /// A string; bytes that are not ASCII, which no code or name should hold, count as Latin-1.
    fn string(&mut self, bytes: &[u8]) {
        self.text.push(b'"');
        for &byte in bytes {
            match byte {
                b'"' | b'\\' => self.text.extend_from_slice(&[b'\\', byte]),
                b' '..=b'~' => self.text.push(byte),
                _ => {
                    const HEX: &[u8; 16] = b"0123456789abcdef";
                    let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied();
                    self.literal("\\u00");
                    self.text.extend(digit(byte >> 4));
                    self.text.extend(digit(byte & 0xf));
                }
            }
        }
        self.text.push(b'"');
    }
}

impl Lines for JsonLines {
    fn message(&mut self, place: Place, message: MessageRef<'_>, decoded: &Message) {
        self.head(place, message);
        self.literal(",\"name\":\"");
        self.literal(decoded.name());
        self.text.push(b'"');
        decoded.fields(&mut |name, value| self.field(name, value));
        self.literal("}\n");
    }

    fn unknown(&mut self, place: Place, message: MessageRef<'_>) {
        self.head(place, message);
        self.literal(",\"name\":null}\n");
    }

    fn empty_packet(&mut self, place: Place, delivery_flag: DeliveryFlag) {
        self.place(place);
        self.literal(",\"type\":null,\"delivery_flag\":");
        self.integer(delivery_flag.raw());
        self.literal("}\n");
    }

    fn text(&mut self) -> &mut Vec<u8> {
        &mut self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_becomes_a_string_that_json_reads_back() {
        for byte in 0..=u8::MAX {
            let mut lines = JsonLines::default();
            lines.string(&[byte, b'x']);
            let read: String = serde_json::from_slice(lines.text()).unwrap();
            assert_eq!(read, [char::from(byte), 'x'].iter().collect::<String>());
        }
    }
}
