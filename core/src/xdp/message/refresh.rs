//! Messages of a refresh: 35, and every resting order as 106 or 108.

use super::messages;
use crate::units::{OrderId, Qty, RawPrice, SeqNum, SymbolIndex, SymbolSeqNum};
use crate::xdp::{FirmId, GtcIndicator, SideCode, SignedPrice, TradeSession};

messages! {
    /// Starts the first refresh packet of a symbol (X.35).
    35 RefreshHeader "RefreshHeader" 16 {
        4  current_refresh_pkt: u16,          "The index of this packet, from 1, within the symbol.";
        6  total_refresh_pkts: u16,           "The packets of the symbol.";
        8  last_seq_num: SeqNum,              "Channel sequence number the snapshot corresponds to.";
        12 last_symbol_seq_num: SymbolSeqNum, "Symbol sequence number the snapshot corresponds to.";
    }

    /// Starts every later refresh packet of the same symbol (X.35, short form).
    35 RefreshHeaderShort "RefreshHeader" 8 {
        4  current_refresh_pkt: u16,          "The index of this packet, from 1, within the symbol.";
        6  total_refresh_pkts: u16,           "The packets of the symbol.";
    }

    /// A resting order, in a refresh (A.106).
    106 LegacyAddOrderRefresh "AddOrderRefresh" 35 {
        4  source_time: u32,                     "Seconds since 1970 UTC when the matching engine did it.";
        8  source_time_ns: u32,                  "Nanoseconds within `source_time`.";
        12 symbol_index: SymbolIndex,            "The symbol.";
        16 symbol_seq_num: SymbolSeqNum,         "The number of this message within its symbol.";
        20 order_id: u32,                        "The order.";
        24 price: RawPrice,                      "The price.";
        28 volume: Qty,                          "Shares.";
        32 side: SideCode,                       "The side.";
        33 order_id_gtc_indicator: GtcIndicator, "Part of the identity of the order.";
        34 trade_session: TradeSession,          "The sessions in which the order is valid.";
    }

    /// A resting order, in a refresh (B.106).
    106 XdpAddOrderRefresh "AddOrderRefresh" 43 {
        4  source_time: u32,             "Seconds since 1970 UTC when the matching engine did it.";
        8  source_time_ns: u32,          "Nanoseconds within `source_time`.";
        12 symbol_index: SymbolIndex,    "The symbol.";
        16 symbol_seq_num: SymbolSeqNum, "The number of this message within its symbol.";
        20 order_id: OrderId,            "The order.";
        28 price: RawPrice,              "The price.";
        32 volume: Qty,                  "Shares.";
        36 side: SideCode,               "The side.";
        37 firm_id: FirmId,              "The firm that shows its name; spaces for none.";
        42 num_parity_splits: u8,        "Parity splits at the price: 0 for 1 to 4, 255 for more than 254; NYSE only.";
    }

    /// A resting order, in a refresh (C.106).
    106 PillarAddOrderRefresh "AddOrderRefresh" 43 {
        4  source_time: u32,             "Seconds since 1970 UTC when the matching engine did it.";
        8  source_time_ns: u32,          "Nanoseconds within `source_time`.";
        12 symbol_index: SymbolIndex,    "The symbol.";
        16 symbol_seq_num: SymbolSeqNum, "The number of this message within its symbol.";
        20 order_id: OrderId,            "The order.";
        28 price: SignedPrice,           "The price.";
        32 volume: Qty,                  "Shares.";
        36 side: SideCode,               "The side.";
        37 firm_id: FirmId,              "The firm that shows its name; spaces for none.";
        42 reserved1: u8,                "Reserved; kept as it came.";
    }

    /// A resting order with its firm, in a refresh of ArcaBook (A.108).
    108 LegacyAttributedAddOrderRefresh "AttributedAddOrderRefresh" 40 {
        0  base: LegacyAddOrderRefresh, "The fields of a refresh without attribution.";
        35 firm_id: FirmId,             "The firm that shows its name; spaces for none.";
    }
}
