//! Channel files that the tests make up.

use oxberry_core::{
    units::{ChannelId, OrderId, Qty, SeqNum, SymbolIndex, SymbolSeqNum, SystemId, UnixNanos},
    xdp::{
        Ascii, Body, DeliveryFlag, LegacySymbolIndexMapping, MAX_PACKET, PacketBuilder,
        PartitionTimeReference, PillarAddOrder, PillarAddOrderRefresh, PillarDeleteOrder,
        RefreshHeader, SequenceNumberReset, SideCode, SignedPrice, SymbolIndexMapping,
    },
};

/// The second in which everything happens.
pub(crate) const SECOND: u32 = 1_340_285_400;

/// The symbols of [`MAPPING`].
pub(crate) const GOOG: SymbolIndex = SymbolIndex::from_raw(1_753);
pub(crate) const MSFT: SymbolIndex = SymbolIndex::from_raw(2_633);

/// A mapping file of two symbols.
pub(crate) const MAPPING: &str =
    "GOOG|GOOG|1753|P|Q|C|100|4|13|||\nMSFT|MSFT.Q|2633|P|Q|C|100|4|13|||\n";

/// What [`MAPPING`] calls a symbol.
fn name_of(symbol: SymbolIndex) -> &'static str {
    match symbol {
        GOOG => "GOOG",
        MSFT => "MSFT",
        _ => "OTHER",
    }
}

/// What the feed says of a symbol.
pub(crate) fn definition(symbol_index: SymbolIndex) -> SymbolIndexMapping {
    let base = LegacySymbolIndexMapping {
        symbol_index,
        symbol: Ascii::new(name_of(symbol_index).as_bytes()).unwrap(),
        system_id: SystemId::from_raw(13),
        price_scale_code: 4,
        ..Default::default()
    };
    SymbolIndexMapping {
        base,
        ..Default::default()
    }
}

/// Writes the packets of one channel in the Pillar dialect, one message each.
#[derive(Clone)]
pub(crate) struct ChannelWriter {
    /// The packets, back to back.
    pub(crate) bytes: Vec<u8>,
    next: u32,
}

impl ChannelWriter {
    /// Starts channel 1 with the reset, the symbols given, and the second.
    pub(crate) fn start(symbols: &[SymbolIndex]) -> Self {
        Self::on_channel(1, symbols)
    }

    /// Starts any channel.
    pub(crate) fn on_channel(number: u8, symbols: &[SymbolIndex]) -> Self {
        let mut channel = Self {
            bytes: Vec::new(),
            next: 1,
        };
        channel.message(&SequenceNumberReset {
            channel_id: ChannelId::from_raw(number),
            ..Default::default()
        });
        for &symbol_index in symbols {
            channel.message(&definition(symbol_index));
        }
        channel.message(&PartitionTimeReference {
            id: 13,
            source_time: SECOND,
            ..Default::default()
        });
        channel
    }

    /// The numbers of channel 1 begin again, and so do those of the symbols.
    pub(crate) fn begin_again(&mut self) -> &mut Self {
        self.next = 1;
        self.message(&SequenceNumberReset {
            source_time: SECOND + 1,
            channel_id: ChannelId::from_raw(1),
            ..Default::default()
        })
    }

    /// All packets so far are sent so many hours later.
    pub(crate) fn hours_later(&mut self, hours: u32) -> &mut Self {
        let mut at = 0;
        while let Some(size) = self.bytes.get(at..at + 2) {
            let size = u16::from_le_bytes(size.try_into().unwrap());
            let sent = (SECOND + hours * 3_600).to_le_bytes();
            self.bytes[at + 8..at + 12].copy_from_slice(&sent);
            at += usize::from(size);
        }
        self
    }

    /// A packet with this message.
    pub(crate) fn message<M: Body>(&mut self, message: &M) -> &mut Self {
        let is_reset = M::MSG_TYPE == SequenceNumberReset::MSG_TYPE;
        let flag = if is_reset {
            DeliveryFlag::SEQUENCE_RESET
        } else {
            DeliveryFlag::ORIGINAL
        };
        let mut buffer = [0; MAX_PACKET];
        let mut packet = PacketBuilder::new(&mut buffer).unwrap();
        packet.push(message).unwrap();
        let sent = UnixNanos::from_parts(SECOND, self.next);
        let packet = packet.finish(flag, SeqNum::from_raw(self.next), sent);
        self.bytes.extend_from_slice(packet);
        self.next += 1;
        self
    }

    /// An order of 100 shares joins the bids.
    pub(crate) fn bid(
        &mut self,
        symbol: SymbolIndex,
        number: u32,
        order: u64,
        price: i32,
    ) -> &mut Self {
        self.message(&PillarAddOrder {
            source_time_ns: number,
            symbol_index: symbol,
            symbol_seq_num: SymbolSeqNum::from_raw(number),
            order_id: OrderId::from_raw(order),
            price: SignedPrice::from_raw(price),
            volume: Qty::from_raw(100),
            side: SideCode::BUY,
            ..Default::default()
        })
    }

    /// An order leaves.
    pub(crate) fn delete(&mut self, symbol: SymbolIndex, number: u32, order: u64) -> &mut Self {
        self.message(&PillarDeleteOrder {
            source_time_ns: number,
            symbol_index: symbol,
            symbol_seq_num: SymbolSeqNum::from_raw(number),
            order_id: OrderId::from_raw(order),
            ..Default::default()
        })
    }

    /// Messages are lost before they are written.
    pub(crate) fn lose(&mut self, count: u32) -> &mut Self {
        self.next += count;
        self
    }

    /// The venue tells GOOG again, numbered apart: as of number `through` of the channel, which was the
    /// symbol's `last`, with bids of 100 shares.
    pub(crate) fn refresh(&mut self, through: u32, last: u32, bids: &[(u64, i32)]) -> &mut Self {
        let mut buffer = [0; MAX_PACKET];
        let mut packet = PacketBuilder::new(&mut buffer).unwrap();
        let header = RefreshHeader {
            current_refresh_pkt: 1,
            total_refresh_pkts: 1,
            last_seq_num: SeqNum::from_raw(through),
            last_symbol_seq_num: SymbolSeqNum::from_raw(last),
        };
        packet.push(&header).unwrap();
        packet.push(&definition(GOOG)).unwrap();
        for &(order, price) in bids {
            let order = PillarAddOrderRefresh {
                source_time: SECOND,
                symbol_index: GOOG,
                order_id: OrderId::from_raw(order),
                price: SignedPrice::from_raw(price),
                volume: Qty::from_raw(100),
                side: SideCode::BUY,
                ..Default::default()
            };
            packet.push(&order).unwrap();
        }
        let sent = UnixNanos::from_parts(SECOND, through + 1);
        let flag = DeliveryFlag::REFRESH_ONLY;
        let packet = packet.finish(flag, SeqNum::from_raw(1), sent);
        self.bytes.extend_from_slice(packet);
        self
    }
}
