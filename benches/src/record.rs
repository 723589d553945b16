//! The messages that make up nearly all of a feed, read without a branch on their type.

use oxberry_core::units::{Qty, RawPrice, SymbolIndex, SymbolSeqNum, TradeId};
use oxberry_core::xdp::{
    Body, Dialect, LegacyAddOrder, LegacyDeleteOrder, LegacyModifyOrder, LegacyOrderExecution,
    MessageRef, PillarAddOrder, PillarDeleteOrder, PillarModifyOrder, PillarNonDisplayedTrade,
    PillarOrderExecution, PillarReplaceOrder,
};

/// An order message or hidden trade as one flat record, for those who fill columns.
///
/// Types come in no order that a processor could foresee, so to branch on them costs more than to
/// read the fields. A record is read by a table of offsets instead, which takes half the time of
/// matching on the type. Fields that the type does not have are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderRecord {
    /// MsgType: 100 to 103; in the later dialects also 104 and 110.
    pub msg_type: u16,
    /// Nanoseconds of the event time; the seconds are in the latest type 2.
    pub source_time_ns: u32,
    /// The symbol.
    pub symbol_index: SymbolIndex,
    /// The number of the message within its symbol.
    pub symbol_seq_num: SymbolSeqNum,
    /// The order as the wire has it, in `Legacy` without its GTC indicator.
    pub order_id: u64,
    /// The order that a replace makes.
    pub new_order_id: u64,
    /// The price.
    pub price: RawPrice,
    /// The quantity.
    pub volume: Qty,
    /// The trade.
    pub trade_id: TradeId,
    /// The bytes of all other fields, in the order of the wire from the lowest byte up.
    pub codes: u64,
}

/// Where the fields of a type lie.
///
/// Absent fields are read at offset 0 and masked away. Codes are what stands between the wider
/// fields and the end, or, in a legacy execution, between them.
#[derive(Clone, Copy)]
struct Shape {
    /// MsgSize; 0 for types that are no records.
    size: u8,
    /// Of eight bytes. The short ones of `Legacy` are not in the table: all lie at the same place.
    order_id: u8,
    order_id_mask: u64,
    new_order_id: u8,
    new_order_id_mask: u64,
    /// Price, and volume after it.
    price: u8,
    price_mask: u64,
    trade_id: u8,
    trade_id_mask: u32,
    /// The eight bytes that end with the codes.
    codes: u8,
    codes_shift: u8,
}

/// No record.
const NONE: Shape = Shape {
    size: 0,
    order_id: 0,
    order_id_mask: 0,
    new_order_id: 0,
    new_order_id_mask: 0,
    price: 0,
    price_mask: 0,
    trade_id: 0,
    trade_id_mask: 0,
    codes: 0,
    codes_shift: 0,
};

impl OrderRecord {
    /// The record of a message; `None` for other types, and for messages that are shorter or longer
    /// than their type.
    #[must_use]
    #[inline]
    pub fn read(dialect: Dialect, message: MessageRef<'_>) -> Option<Self> {
        let (shapes, is_legacy) = match dialect {
            Dialect::Legacy => (&LEGACY, true),
            Dialect::Xdp | Dialect::Pillar => (&MODERN, false),
        };
        let msg_type = message.msg_type();
        let shape = shapes.get(usize::from(msg_type.wrapping_sub(FIRST)))?;
        let bytes = message.bytes();
        if bytes.len() != usize::from(shape.size) {
            return None;
        }
        let [symbol_index, source_time_ns] = halves(eight(bytes, 4));
        let [volume, price] = halves(eight(bytes, shape.price) & shape.price_mask);
        let order_id = if is_legacy {
            u64::from(four(bytes, 16))
        } else {
            eight(bytes, shape.order_id) & shape.order_id_mask
        };
        Some(Self {
            msg_type,
            source_time_ns,
            symbol_index: SymbolIndex::from_raw(symbol_index),
            symbol_seq_num: SymbolSeqNum::from_raw(four(bytes, 12)),
            order_id,
            new_order_id: eight(bytes, shape.new_order_id) & shape.new_order_id_mask,
            price: RawPrice::from_raw(price),
            volume: Qty::from_raw(volume),
            trade_id: TradeId::from_raw(four(bytes, shape.trade_id) & shape.trade_id_mask),
            codes: eight(bytes, shape.codes) >> shape.codes_shift,
        })
    }
}

/// The number of eight bytes at the offset; 0 if it is not there, which a table rules out.
#[inline(always)]
fn eight(bytes: &[u8], offset: u8) -> u64 {
    let offset = usize::from(offset);
    let bytes = bytes.get(offset..offset + 8).and_then(<[u8]>::first_chunk);
    bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// The number of four bytes at the offset; 0 if it is not there, which a table rules out.
#[inline(always)]
fn four(bytes: &[u8], offset: u8) -> u32 {
    let offset = usize::from(offset);
    let bytes = bytes.get(offset..offset + 4).and_then(<[u8]>::first_chunk);
    bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// The high and the low half.
#[inline(always)]
const fn halves(eight: u64) -> [u32; 2] {
    let [a, b, c, d, e, f, g, h] = eight.to_le_bytes();
    [
        u32::from_le_bytes([e, f, g, h]),
        u32::from_le_bytes([a, b, c, d]),
    ]
}

impl Shape {
    /// A message of this size whose codes are its bytes from `codes` to `codes_end`.
    const fn new(size: usize, codes: u8, codes_end: u8) -> Self {
        // Every message is shorter than 256 bytes.
        let [size, ..] = size.to_le_bytes();
        let codes_shift = 64 - (codes_end - codes) * 8;
        Self {
            size,
            codes: codes_end - 8,
            codes_shift,
            ..NONE
        }
    }

    const fn order_id(self, order_id: u8) -> Self {
        Self {
            order_id,
            order_id_mask: u64::MAX,
            ..self
        }
    }

    const fn new_order_id(self, new_order_id: u8) -> Self {
        Self {
            new_order_id,
            new_order_id_mask: u64::MAX,
            ..self
        }
    }

    const fn price(self, price: u8) -> Self {
        Self {
            price,
            price_mask: u64::MAX,
            ..self
        }
    }

    const fn trade_id(self, trade_id: u8) -> Self {
        Self {
            trade_id,
            trade_id_mask: u32::MAX,
            ..self
        }
    }
}

/// The type of the first shape.
const FIRST: u16 = LegacyAddOrder::MSG_TYPE;

/// Shapes by MsgType less [`FIRST`], for 16 types.
type Shapes = [Shape; 16];

/// Table A.
static LEGACY: Shapes = {
    let mut shapes = [NONE; 16];
    shapes[0] = Shape::new(LegacyAddOrder::SIZE, 28, 31).price(20);
    shapes[1] = Shape::new(LegacyModifyOrder::SIZE, 28, 31).price(20);
    shapes[2] = Shape::new(LegacyDeleteOrder::SIZE, 20, 23);
    shapes[3] = Shape::new(LegacyOrderExecution::SIZE, 28, 30)
        .price(20)
        .trade_id(30);
    shapes
};

/// Tables B and C, where the fields lie at the same places.
static MODERN: Shapes = {
    let mut shapes = [NONE; 16];
    shapes[0] = Shape::new(PillarAddOrder::SIZE, 32, 39)
        .order_id(16)
        .price(24);
    shapes[1] = Shape::new(PillarModifyOrder::SIZE, 32, 35)
        .order_id(16)
        .price(24);
    shapes[2] = Shape::new(PillarDeleteOrder::SIZE, 24, 25).order_id(16);
    shapes[3] = Shape::new(PillarOrderExecution::SIZE, 36, 42)
        .order_id(16)
        .price(28)
        .trade_id(24);
    shapes[4] = Shape::new(PillarReplaceOrder::SIZE, 40, 42)
        .order_id(16)
        .new_order_id(24)
        .price(32);
    shapes[10] = Shape::new(PillarNonDisplayedTrade::SIZE, 28, 33)
        .price(20)
        .trade_id(16);
    shapes
};

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    reason = "fields have the size of their type"
)]
mod tests {
    use oxberry_core::xdp::{FieldValue, Message};

    use super::*;

    /// What the tables of single messages say of the same bytes.
    fn by_table(dialect: Dialect, message: MessageRef<'_>) -> OrderRecord {
        let mut record = OrderRecord {
            msg_type: message.msg_type(),
            source_time_ns: 0,
            symbol_index: SymbolIndex::default(),
            symbol_seq_num: SymbolSeqNum::default(),
            order_id: 0,
            new_order_id: 0,
            price: RawPrice::default(),
            volume: Qty::default(),
            trade_id: TradeId::default(),
            codes: 0,
        };
        let mut at = 0;
        let mut code = |bytes: &[u8]| {
            for &byte in bytes {
                record.codes |= u64::from(byte) << at;
                at += 8;
            }
        };
        let parsed = Message::parse(dialect, message).unwrap().unwrap();
        parsed.fields(&mut |name, value| {
            let number = match value {
                FieldValue::Unsigned(number) => number,
                FieldValue::Signed(number) => u64::from((number as i32).cast_unsigned()),
                FieldValue::Char(byte) => byte.into(),
                FieldValue::Text(text) => return code(text),
            };
            let short = number as u32;
            match name {
                "source_time_ns" => record.source_time_ns = short,
                "symbol_index" => record.symbol_index = SymbolIndex::from_raw(short),
                "symbol_seq_num" => record.symbol_seq_num = SymbolSeqNum::from_raw(short),
                "order_id" => record.order_id = number,
                "new_order_id" => record.new_order_id = number,
                "price" => record.price = RawPrice::from_raw(short),
                "volume" => record.volume = Qty::from_raw(short),
                "trade_id" => record.trade_id = TradeId::from_raw(short),
                "db_exec_id" => code(&short.to_le_bytes()),
                _ => code(&[number as u8]),
            }
        });
        record
    }

    #[test]
    fn a_record_has_every_field_that_the_messages_table_has() {
        let mut bytes = [0; 64];
        let mut records = 0;
        for dialect in Dialect::ALL {
            for msg_type in 0..256_u16 {
                for size in 4..64_u8 {
                    for (byte, value) in bytes.iter_mut().zip(101..) {
                        *byte = value;
                    }
                    bytes[..2].copy_from_slice(&u16::from(size).to_le_bytes());
                    bytes[2..4].copy_from_slice(&msg_type.to_le_bytes());
                    let message = MessageRef::new(&bytes).unwrap();
                    if let Some(record) = OrderRecord::read(dialect, message) {
                        assert_eq!(record, by_table(dialect, message));
                        records += 1;
                    }
                }
            }
        }
        assert_eq!(records, 4 + 6 + 6);
    }
}
