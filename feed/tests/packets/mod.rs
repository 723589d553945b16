//! Packets of one symbol's channel.

use oxberry_core::units::{OrderId, Qty, RawPrice, SeqNum, SymbolIndex, SymbolSeqNum, UnixNanos};
use oxberry_core::xdp::{
    DeliveryFlag, PacketBuilder, PillarAddOrder, SequenceNumberReset, SideCode,
};
use oxberry_feed::mapping::MappingFile;

/// Nanoseconds in a millisecond.
pub(crate) const MILLISECOND: u64 = 1_000_000;
/// When the day begins.
pub(crate) const START: u64 = 1_700_000_000_000_000_000;

pub(crate) const SYMBOL: SymbolIndex = SymbolIndex::from_raw(1);
pub(crate) const MAPPING: &str = "AAA|AAA|1|P|Q|C|100|4|1|||\nBBB|BBB|2|P|Q|C|100|4|1|||\n";

/// The symbols of the tests.
pub(crate) fn mapping() -> MappingFile {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("symbols.txt");
    std::fs::write(&file, MAPPING).unwrap();
    MappingFile::read(&file).unwrap()
}

/// A packet with an order a message, numbered as the channel numbers them.
pub(crate) fn orders(flag: DeliveryFlag, first: u32, count: u32, sent: u64) -> Vec<u8> {
    let mut buffer = [0; 1_400];
    let mut packet = PacketBuilder::new(&mut buffer).unwrap();
    for number in first..first + count {
        let order = PillarAddOrder {
            symbol_index: SYMBOL,
            // The reset has number 1.
            symbol_seq_num: SymbolSeqNum::from_raw(number.saturating_sub(1)),
            order_id: OrderId::from_raw(u64::from(number)),
            price: RawPrice::from_raw(10_000 + number % 50).into(),
            volume: Qty::from_raw(100),
            side: SideCode::BUY,
            ..Default::default()
        };
        packet.push(&order).unwrap();
    }
    let sent = UnixNanos::from_raw(START + sent * MILLISECOND);
    packet.finish(flag, SeqNum::from_raw(first), sent).to_vec()
}

/// The reset of a numbering.
pub(crate) fn reset(sent: u64) -> Vec<u8> {
    let mut buffer = [0; 1_400];
    let mut packet = PacketBuilder::new(&mut buffer).unwrap();
    let sent = UnixNanos::from_raw(START + sent * MILLISECOND);
    let (source_time, source_time_ns) = sent.to_parts();
    let reset = SequenceNumberReset {
        source_time,
        source_time_ns,
        ..Default::default()
    };
    packet.push(&reset).unwrap();
    let flag = DeliveryFlag::SEQUENCE_RESET;
    packet.finish(flag, SeqNum::from_raw(1), sent).to_vec()
}
