//! Messages that change a book: 100 to 104 and 107, the three dialects side by side.

use super::messages;
use crate::units::{OrderId, Qty, RawPrice, SymbolIndex, SymbolSeqNum, TradeId};
use crate::xdp::{
    DeleteReason, ExecutionReason, FirmId, GtcIndicator, ModifyReason, PositionChange,
    PrintableFlag, SideCode, SignedPrice, TradeCond1, TradeCond2, TradeCond3, TradeCond4,
    TradeSession,
};

messages! {
    /// An order joins the book (A.100).
    100 LegacyAddOrder "AddOrder" 31 {
        4  source_time_ns: u32,                  "Nanoseconds of the event time; the seconds are in the latest type 2.";
        8  symbol_index: SymbolIndex,            "The symbol.";
        12 symbol_seq_num: SymbolSeqNum,         "The number of this message within its symbol.";
        16 order_id: u32,                        "The order.";
        20 price: RawPrice,                      "The price.";
        24 volume: Qty,                          "Shares.";
        28 side: SideCode,                       "The side.";
        29 order_id_gtc_indicator: GtcIndicator, "Part of the identity of the order.";
        30 trade_session: TradeSession,          "The sessions in which the order is valid.";
    }

    /// An order joins the book (B.100).
    100 XdpAddOrder "AddOrder" 39 {
        4  source_time_ns: u32,          "Nanoseconds of the event time; the seconds are in the latest type 2.";
        8  symbol_index: SymbolIndex,    "The symbol.";
        12 symbol_seq_num: SymbolSeqNum, "The number of this message within its symbol.";
        16 order_id: OrderId,            "The order.";
        24 price: RawPrice,              "The price.";
        28 volume: Qty,                  "Shares.";
        32 side: SideCode,               "The side.";
        33 firm_id: FirmId,              "The firm that shows its name; spaces for none.";
        38 num_parity_splits: u8,        "Parity splits at the price: 0 for 1 to 4, 255 for more than 254; NYSE only.";
    }

    /// An order joins the book (C.100).
    100 PillarAddOrder "AddOrder" 39 {
        4  source_time_ns: u32,          "Nanoseconds of the event time; the seconds are in the latest type 2.";
        8  symbol_index: SymbolIndex,    "The symbol.";
        12 symbol_seq_num: SymbolSeqNum, "The number of this message within its symbol.";
        16 order_id: OrderId,            "The order.";
        24 price: SignedPrice,           "The price.";
        28 volume: Qty,                  "Shares.";
        32 side: SideCode,               "The side.";
        33 firm_id: FirmId,              "The firm that shows its name; spaces for none.";
        38 reserved1: u8,                "Reserved; kept as it came.";
    }

    /// An order has a new price or quantity (A.101).
    101 LegacyModifyOrder "ModifyOrder" 31 {
        4  source_time_ns: u32,                  "Nanoseconds of the event time; the seconds are in the latest type 2.";
        8  symbol_index: SymbolIndex,            "The symbol.";
        12 symbol_seq_num: SymbolSeqNum,         "The number of this message within its symbol.";
        16 order_id: u32,                        "The order.";
        20 price: RawPrice,                      "The new price.";
        24 volume: Qty,                          "The new quantity, absolute.";
        28 side: SideCode,                       "The side.";
        29 order_id_gtc_indicator: GtcIndicator, "Part of the identity of the order.";
        30 reason_code: ModifyReason,            "Why, and so whether it keeps its place.";
    }

    /// An order has a new price or quantity (B.101).
    101 XdpModifyOrder "ModifyOrder" 35 {
        4  source_time_ns: u32,             "Nanoseconds of the event time; the seconds are in the latest type 2.";
        8  symbol_index: SymbolIndex,       "The symbol.";
        12 symbol_seq_num: SymbolSeqNum,    "The number of this message within its symbol.";
        16 order_id: OrderId,               "The order.";
        24 price: RawPrice,                 "The new price.";
        28 volume: Qty,                     "The new quantity, absolute.";
        32 position_change: PositionChange, "What became of its place in the queue.";
        33 prev_price_parity_splits: u8,    "Parity splits at the old price, counted as in an add.";
        34 new_price_parity_splits: u8,     "Parity splits at the new price, counted as in an add.";
    }

    /// An order has a new price or quantity (C.101).
    101 PillarModifyOrder "ModifyOrder" 35 {
        4  source_time_ns: u32,             "Nanoseconds of the event time; the seconds are in the latest type 2.";
        8  symbol_index: SymbolIndex,       "The symbol.";
        12 symbol_seq_num: SymbolSeqNum,    "The number of this message within its symbol.";
        16 order_id: OrderId,               "The order.";
        24 price: SignedPrice,              "The new price.";
        28 volume: Qty,                     "The new quantity, absolute.";
        32 position_change: PositionChange, "What became of its place in the queue.";
        33 side: SideCode,                  "The side; 0 before 2.5.";
        34 reserved2: u8,                   "Reserved; kept as it came.";
    }

    /// An order leaves the book (A.102).
    102 LegacyDeleteOrder "DeleteOrder" 23 {
        4  source_time_ns: u32,                  "Nanoseconds of the event time; the seconds are in the latest type 2.";
        8  symbol_index: SymbolIndex,            "The symbol.";
        12 symbol_seq_num: SymbolSeqNum,         "The number of this message within its symbol.";
        16 order_id: u32,                        "The order.";
        20 side: SideCode,                       "The side.";
        21 order_id_gtc_indicator: GtcIndicator, "Part of the identity of the order.";
        22 reason_code: DeleteReason,            "Why.";
    }

    /// An order leaves the book (B.102).
    102 XdpDeleteOrder "DeleteOrder" 25 {
        4  source_time_ns: u32,          "Nanoseconds of the event time; the seconds are in the latest type 2.";
        8  symbol_index: SymbolIndex,    "The symbol.";
        12 symbol_seq_num: SymbolSeqNum, "The number of this message within its symbol.";
        16 order_id: OrderId,            "The order.";
        24 num_parity_splits: u8,        "Parity splits at the price: 0 for 1 to 4, 255 for more than 254; NYSE only.";
    }

    /// An order leaves the book (C.102).
    102 PillarDeleteOrder "DeleteOrder" 25 {
        4  source_time_ns: u32,          "Nanoseconds of the event time; the seconds are in the latest type 2.";
        8  symbol_index: SymbolIndex,    "The symbol.";
        12 symbol_seq_num: SymbolSeqNum, "The number of this message within its symbol.";
        16 order_id: OrderId,            "The order.";
        24 reserved1: u8,                "Reserved; kept as it came.";
    }

    /// An order traded (A.103).
    103 LegacyOrderExecution "OrderExecution" 34 {
        4  source_time_ns: u32,                  "Nanoseconds of the event time; the seconds are in the latest type 2.";
        8  symbol_index: SymbolIndex,            "The symbol.";
        12 symbol_seq_num: SymbolSeqNum,         "The number of this message within its symbol.";
        16 order_id: u32,                        "The order.";
        20 price: RawPrice,                      "The price of the execution, which may differ from that of the order.";
        24 volume: Qty,                          "Shares executed.";
        28 order_id_gtc_indicator: GtcIndicator, "Part of the identity of the order.";
        29 reason_code: ExecutionReason,         "What it does to the order.";
        30 trade_id: TradeId,                    "The trade.";
    }

    /// An order traded, form of NYSE 1.0 and 2.0 (B0.103).
    103 XdpOrderExecutionV20 "OrderExecution" 38 {
        4  source_time_ns: u32,           "Nanoseconds of the event time; the seconds are in the latest type 2.";
        8  symbol_index: SymbolIndex,     "The symbol.";
        12 symbol_seq_num: SymbolSeqNum,  "The number of this message within its symbol.";
        16 order_id: OrderId,             "The order.";
        24 trade_id: TradeId,             "The trade.";
        28 price: RawPrice,               "The price.";
        32 volume: Qty,                   "Shares.";
        36 printable_flag: PrintableFlag, "Whether it was reported to the consolidated tape.";
        37 num_parity_splits: u8,         "Parity splits at the price: 0 for 1 to 4, 255 for more than 254; NYSE only.";
    }

    /// An order traded (B.103).
    103 XdpOrderExecution "OrderExecution" 42 {
        4  source_time_ns: u32,           "Nanoseconds of the event time; the seconds are in the latest type 2.";
        8  symbol_index: SymbolIndex,     "The symbol.";
        12 symbol_seq_num: SymbolSeqNum,  "The number of this message within its symbol.";
        16 order_id: OrderId,             "The order.";
        24 trade_id: TradeId,             "The trade.";
        28 price: RawPrice,               "The price of the execution, which may differ from that of the order.";
        32 volume: Qty,                   "Shares executed.";
        36 printable_flag: PrintableFlag, "Whether it was reported to the consolidated tape.";
        37 num_parity_splits: u8,         "Parity splits at the price: 0 for 1 to 4, 255 for more than 254; NYSE only.";
        38 db_exec_id: u32,               "Set by NYSE only; 0 elsewhere.";
    }

    /// An order traded (C.103).
    103 PillarOrderExecution "OrderExecution" 42 {
        4  source_time_ns: u32,           "Nanoseconds of the event time; the seconds are in the latest type 2.";
        8  symbol_index: SymbolIndex,     "The symbol.";
        12 symbol_seq_num: SymbolSeqNum,  "The number of this message within its symbol.";
        16 order_id: OrderId,             "The order.";
        24 trade_id: TradeId,             "The trade.";
        28 price: SignedPrice,            "The price of the execution, which may differ from that of the order.";
        32 volume: Qty,                   "Shares executed.";
        36 printable_flag: PrintableFlag, "Whether it was reported to the consolidated tape.";
        37 reserved1: u8,                 "Reserved; kept as it came.";
        38 trade_cond1: TradeCond1,       "Settlement condition.";
        39 trade_cond2: TradeCond2,       "Reason for exemption from the trade-through rule.";
        40 trade_cond3: TradeCond3,       "Extended hours or out of sequence.";
        41 trade_cond4: TradeCond4,       "The exchange's own detail.";
    }

    /// An order leaves and another one joins, same symbol and side (B.104).
    104 XdpReplaceOrder "ReplaceOrder" 42 {
        4  source_time_ns: u32,          "Nanoseconds of the event time; the seconds are in the latest type 2.";
        8  symbol_index: SymbolIndex,    "The symbol.";
        12 symbol_seq_num: SymbolSeqNum, "The number of this message within its symbol.";
        16 order_id: OrderId,            "The order that leaves.";
        24 new_order_id: OrderId,        "The order that joins.";
        32 price: RawPrice,              "The price of the new order.";
        36 volume: Qty,                  "The quantity of the new order.";
        40 prev_price_parity_splits: u8, "Parity splits at the old price, counted as in an add.";
        41 new_price_parity_splits: u8,  "Parity splits at the new price, counted as in an add.";
    }

    /// An order leaves and another one joins, same symbol and side (C.104).
    104 PillarReplaceOrder "ReplaceOrder" 42 {
        4  source_time_ns: u32,          "Nanoseconds of the event time; the seconds are in the latest type 2.";
        8  symbol_index: SymbolIndex,    "The symbol.";
        12 symbol_seq_num: SymbolSeqNum, "The number of this message within its symbol.";
        16 order_id: OrderId,            "The order that leaves.";
        24 new_order_id: OrderId,        "The order that joins.";
        32 price: SignedPrice,           "The price of the new order.";
        36 volume: Qty,                  "The quantity of the new order.";
        40 side: SideCode,               "The side; 0 before 2.5.";
        41 reserved2: u8,                "Reserved; kept as it came.";
    }

    /// An order with its firm joins the book of ArcaBook (A.107).
    107 LegacyAttributedAddOrder "AttributedAddOrder" 36 {
        0  base: LegacyAddOrder, "The fields of an add without attribution.";
        31 firm_id: FirmId,      "The firm that shows its name; spaces for none.";
    }
}
