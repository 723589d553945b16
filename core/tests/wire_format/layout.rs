//! Where the code reads its fields: found by changing one byte after the other.

use oxberry_core::xdp::{
    Dialect, FieldValue, HEADER_SIZE, MESSAGE_HEADER_SIZE, Message, MessageRef, PacketRef,
};

/// The largest message: what a packet of 1400 bytes has room for.
const LARGEST: usize = 1384;

/// A form of a message that the code reads.
#[derive(Debug)]
pub(crate) struct Form {
    pub(crate) dialect: Dialect,
    pub(crate) msg_type: u16,
    pub(crate) name: &'static str,
    pub(crate) size: usize,
    pub(crate) fields: Vec<Field>,
}

/// A field.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) offset: usize,
    pub(crate) size: usize,
    /// As the document names types.
    pub(crate) kind: String,
}

/// The value of a field.
#[derive(Clone, PartialEq, Debug)]
enum Value {
    Number(u64),
    Signed(i64),
    Character(u8),
    Text(Vec<u8>),
}

/// Every form of every message of every dialect.
pub(crate) fn messages() -> Vec<Form> {
    let mut forms = Vec::new();
    for dialect in Dialect::ALL {
        for msg_type in 0..=u16::MAX {
            if parse(dialect, &message(msg_type, LARGEST)).is_none() {
                continue;
            }
            let mut sizes: Vec<_> = (MESSAGE_HEADER_SIZE..=LARGEST)
                .filter_map(|size| parse(dialect, &message(msg_type, size)))
                .map(|parsed| parsed.size())
                .collect();
            sizes.sort_unstable();
            sizes.dedup();
            for size in sizes {
                let bytes = message(msg_type, size);
                let read = |bytes: &[u8]| values(&parse(dialect, bytes).unwrap());
                forms.push(Form {
                    dialect,
                    msg_type,
                    name: parse(dialect, &bytes).unwrap().name(),
                    size,
                    fields: fields(&bytes, MESSAGE_HEADER_SIZE..size, read),
                });
            }
        }
    }
    forms
}

/// The fields of the packet header.
pub(crate) fn packet_header() -> Vec<Field> {
    fields(&[1; HEADER_SIZE], 0..HEADER_SIZE, |bytes| {
        let header = PacketRef::new(bytes).unwrap().header();
        let (seconds, nanoseconds) = header.send_time.to_parts();
        vec![
            ("pkt_size", Value::Number(header.pkt_size.into())),
            (
                "delivery_flag",
                Value::Number(header.delivery_flag.raw().into()),
            ),
            ("number_msgs", Value::Number(header.number_msgs.into())),
            ("seq_num", Value::Number(header.seq_num.raw().into())),
            ("send_time", Value::Number(seconds.into())),
            ("send_time_ns", Value::Number(nanoseconds.into())),
        ]
    })
}

/// The fields of the message header.
pub(crate) fn message_header() -> Vec<Field> {
    fields(&[1; LARGEST], 0..MESSAGE_HEADER_SIZE, |bytes| {
        let message = MessageRef::new(bytes).unwrap();
        vec![
            ("msg_size", Value::Number(message.size() as u64)),
            ("msg_type", Value::Number(message.msg_type().into())),
        ]
    })
}

/// A message of the type and size with a body of letters, so that no text in it ends early.
pub(crate) fn message(msg_type: u16, size: usize) -> Vec<u8> {
    let mut bytes: Vec<_> = (b'a'..=b'y').cycle().take(size).collect();
    bytes[..2].copy_from_slice(&u16::try_from(size).unwrap().to_le_bytes());
    bytes[2..4].copy_from_slice(&msg_type.to_le_bytes());
    bytes
}

/// The number that bytes from `offset` on are on the wire.
pub(crate) fn number(bytes: &[u8], offset: usize, size: usize) -> u64 {
    let bytes = bytes[offset..offset + size].iter().rev();
    bytes.fold(0, |number, &byte| number << 8 | u64::from(byte))
}

fn parse(dialect: Dialect, bytes: &[u8]) -> Option<Message> {
    Message::parse(dialect, MessageRef::new(bytes).unwrap()).ok()?
}

fn values(message: &Message) -> Vec<(&'static str, Value)> {
    let mut values = Vec::new();
    message.fields(&mut |name, value| {
        let value = match value {
            FieldValue::Unsigned(number) => Value::Number(number),
            FieldValue::Signed(number) => Value::Signed(number),
            FieldValue::Char(code) => Value::Character(code),
            FieldValue::Text(text) => Value::Text(text.to_owned()),
        };
        values.push((name, value));
    });
    values
}

/// Where each field lies: those bytes of the range whose change changes it, and it alone.
fn fields(
    bytes: &[u8],
    range: std::ops::Range<usize>,
    read: impl Fn(&[u8]) -> Vec<(&'static str, Value)>,
) -> Vec<Field> {
    let before = read(bytes);
    let mut fields: Vec<Field> = Vec::new();
    for at in range {
        let mut changed = bytes.to_vec();
        changed[at] += 1;
        let after = read(&changed);
        let differ: Vec<_> = before.iter().zip(&after).filter(|(a, b)| a != b).collect();
        let &[(&(name, _), _)] = differ.as_slice() else {
            panic!("byte {at} changes {differ:?}");
        };
        match fields.last_mut() {
            Some(field) if field.name == name => field.size += 1,
            _ => fields.push(Field {
                name,
                offset: at,
                size: 1,
                kind: String::new(),
            }),
        }
    }
    let names: Vec<_> = before.iter().map(|(name, _)| *name).collect();
    let found: Vec<_> = fields.iter().map(|field| field.name).collect();
    assert_eq!(
        found, names,
        "a field is in no byte, in two places or out of order"
    );
    for (field, (_, value)) in fields.iter_mut().zip(before) {
        let (offset, size) = (field.offset, field.size);
        let (kind, as_read) = match value {
            Value::Number(number) => (format!("u{}", size * 8), number),
            Value::Signed(number) => (format!("i{}", size * 8), number.try_into().unwrap()),
            Value::Character(code) => ("char".to_owned(), code.into()),
            Value::Text(text) => {
                assert_eq!(text, bytes[offset..offset + size]);
                field.kind = format!("ascii[{size}]");
                continue;
            }
        };
        assert_eq!(number(bytes, offset, size), as_read, "{}", field.name);
        field.kind = kind;
    }
    fields
}
