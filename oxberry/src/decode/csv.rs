//! Comma-separated values: one header for all messages.

use std::io::Write as _;

use oxberry_core::xdp::{DeliveryFlag, FieldValue, Message, MessageRef};

use super::{Lines, Place};

/// The columns before the fields.
const HEAD: &str = "packet,seq,type,size,name,delivery_flag";

/// Every field of any message, in the order of docs/wire-format.md.
const FIELDS: [&str; 107] = [
    "source_time",
    "source_time_ns",
    "product_id",
    "channel_id",
    "symbol_index",
    "symbol_seq_num",
    "id",
    "symbol",
    "reserved1",
    "market_id",
    "system_id",
    "exchange_code",
    "price_scale_code",
    "security_type",
    "lot_size",
    "prev_close_price",
    "prev_close_volume",
    "price_resolution",
    "round_lot",
    "bloomberg_company",
    "bloomberg_security_id",
    "bloomberg_symbol",
    "mpv",
    "unit_of_trade",
    "reserved2",
    "next_source_seq_num",
    "trading_session",
    "security_status",
    "halt_condition",
    "reserved4",
    "price1",
    "price2",
    "ssr_triggering_exchange_id",
    "ssr_triggering_volume",
    "time",
    "ssr_state",
    "market_state",
    "session_state",
    "order_id",
    "price",
    "volume",
    "side",
    "order_id_gtc_indicator",
    "trade_session",
    "firm_id",
    "num_parity_splits",
    "reason_code",
    "position_change",
    "prev_price_parity_splits",
    "new_price_parity_splits",
    "trade_id",
    "printable_flag",
    "db_exec_id",
    "trade_cond1",
    "trade_cond2",
    "trade_cond3",
    "trade_cond4",
    "new_order_id",
    "bid_price",
    "ask_price",
    "rpi_indicator",
    "trade_through_exempt",
    "liquidity_indicator_flag",
    "ask_volume",
    "bid_volume",
    "transaction_id",
    "tick",
    "seller_days",
    "stop_stock_indicator",
    "original_trade_id",
    "high_price",
    "low_price",
    "open",
    "close",
    "total_volume",
    "reference_price",
    "paired_qty",
    "total_imbalance_qty",
    "market_imbalance_qty",
    "auction_time",
    "auction_type",
    "imbalance_side",
    "continuous_book_clearing_price",
    "closing_only_clearing_price",
    "ssr_filing_price",
    "auction_interest_clearing_price",
    "indicative_match_price",
    "upper_collar",
    "lower_collar",
    "auction_status",
    "freeze_status",
    "num_extensions",
    "unpaired_qty",
    "unpaired_side",
    "significant_imbalance",
    "cross_id",
    "cross_type",
    "current_refresh_pkt",
    "total_refresh_pkts",
    "last_seq_num",
    "last_symbol_seq_num",
    "begin_seq_num",
    "end_seq_num",
    "source_id",
    "request_seq_num",
    "status",
    "retransmit_method",
];

/// Messages as rows; the header is the first.
#[derive(Debug)]
pub(super) struct CsvLines {
    text: Vec<u8>,
    /// The fields of the row that is being made.
    cells: Vec<Vec<u8>>,
}

impl CsvLines {
    pub(super) fn new() -> Self {
        let mut text = HEAD.as_bytes().to_vec();
        for field in FIELDS {
            text.push(b',');
            text.extend_from_slice(field.as_bytes());
        }
        text.push(b'\n');
        Self {
            text,
            cells: vec![Vec::new(); FIELDS.len()],
        }
    }

    /// Writes what comes before the fields. Writing to memory does not fail.
    fn head(&mut self, place: Place, message: MessageRef<'_>, name: &str) {
        let (msg_type, size) = (message.msg_type(), message.size());
        let Place { packet, seq } = place;
        let _ = write!(self.text, "{packet},{seq},{msg_type},{size},{name},");
    }

    /// Writes the cells and empties them.
    fn end_row(&mut self) {
        for cell in &mut self.cells {
            self.text.push(b',');
            self.text.append(cell);
        }
        self.text.push(b'\n');
    }
}

impl Lines for CsvLines {
    fn message(&mut self, place: Place, message: MessageRef<'_>, decoded: &Message) {
        self.head(place, message, decoded.name());
        decoded.fields(&mut |name, value| {
            // Every field has a column, which a test makes sure of.
            let column = FIELDS.iter().position(|field| *field == name);
            if let Some(cell) = column.and_then(|column| self.cells.get_mut(column)) {
                fill(cell, value);
            }
        });
        self.end_row();
    }

    fn unknown(&mut self, place: Place, message: MessageRef<'_>) {
        self.head(place, message, "");
        self.end_row();
    }

    fn empty_packet(&mut self, place: Place, delivery_flag: DeliveryFlag) {
        let Place { packet, seq } = place;
        let _ = write!(self.text, "{packet},{seq},,,,{}", delivery_flag.raw());
        self.end_row();
    }

    fn text(&mut self) -> &mut Vec<u8> {
        &mut self.text
    }
}

fn fill(cell: &mut Vec<u8>, value: FieldValue<'_>) {
    // Writing to memory does not fail.
    let _ = match value {
        FieldValue::Unsigned(number) => write!(cell, "{number}"),
        FieldValue::Signed(number) => write!(cell, "{number}"),
        FieldValue::Char(0) => Ok(()),
        FieldValue::Char(byte) => quote(cell, &[byte]),
        FieldValue::Text(bytes) => quote(cell, bytes),
    };
}

/// Writes text, in quotes where it must be, or where spaces would be lost to the eye. Bytes that
/// are not ASCII, which no code or name should hold, count as Latin-1.
fn quote(cell: &mut Vec<u8>, bytes: &[u8]) -> std::io::Result<()> {
    if bytes
        .iter()
        .all(|byte| byte.is_ascii_graphic() && !b",\"".contains(byte))
    {
        return cell.write_all(bytes);
    }
    let text: String = bytes.iter().copied().map(char::from).collect();
    write!(cell, "\"{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use oxberry_core::xdp::Dialect;

    use super::*;

    #[test]
    fn every_field_of_every_message_has_a_column_and_every_column_a_field() {
        let mut fields = BTreeSet::new();
        for (kind, size) in (0..=300u16).flat_map(|kind| (4..=128u16).map(move |size| (kind, size)))
        {
            let mut bytes = vec![0; usize::from(size)];
            bytes[..2].copy_from_slice(&size.to_le_bytes());
            bytes[2..4].copy_from_slice(&kind.to_le_bytes());
            let message = MessageRef::new(&bytes).unwrap();
            for dialect in Dialect::ALL {
                if let Ok(Some(decoded)) = Message::parse(dialect, message) {
                    decoded.fields(&mut |name, _| fields.extend([name]));
                }
            }
        }
        assert_eq!(fields, BTreeSet::from(FIELDS));
    }

    #[test]
    fn text_that_would_break_the_row_is_quoted() {
        let cell = |bytes: &[u8]| {
            let mut cell = Vec::new();
            quote(&mut cell, bytes).unwrap();
            String::from_utf8(cell).unwrap()
        };
        assert_eq!(cell(b"BRK B"), "\"BRK B\"");
        assert_eq!(cell(b"GOOG"), "GOOG");
        assert_eq!(cell(b"a\",b"), "\"a\"\",b\"");
        assert_eq!(cell(&[0xa8]), "\"\u{a8}\"");
        assert_eq!(cell(b""), "");
    }
}
