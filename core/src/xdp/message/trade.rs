//! The tape, which touches no order: 104 of 2011, 110, 112, 114 and 220 to 223.

use super::messages;
use crate::units::{Qty, RawPrice, SymbolIndex, SymbolSeqNum, TradeId};
use crate::xdp::{
    LiquidityIndicator, PrintableFlag, RpiIndicator, SignedPrice, TradeCond1, TradeCond2,
    TradeCond3, TradeCond4, TradeThroughExempt,
};

messages! {
    /// The best bid and offer of the protected market; from a single source, unverified (A.104).
    104 Pbbo "Pbbo" 28 {
        4  source_time: u32,             "Seconds since 1970 UTC when the matching engine did it.";
        8  source_time_ns: u32,          "Nanoseconds within `source_time`.";
        12 symbol_index: SymbolIndex,    "The symbol.";
        16 symbol_seq_num: SymbolSeqNum, "The number of this message within its symbol.";
        20 bid_price: RawPrice,          "The best bid.";
        24 ask_price: RawPrice,          "The best ask.";
    }

    /// A trade of two hidden orders (B.110).
    110 XdpNonDisplayedTrade "NonDisplayedTrade" 33 {
        4  source_time_ns: u32,           "Nanoseconds of the event time; the seconds are in the latest type 2.";
        8  symbol_index: SymbolIndex,     "The symbol.";
        12 symbol_seq_num: SymbolSeqNum,  "The number of this message within its symbol.";
        16 trade_id: TradeId,             "The trade.";
        20 price: RawPrice,               "The price.";
        24 volume: Qty,                   "Shares.";
        28 printable_flag: PrintableFlag, "Whether it was reported to the consolidated tape.";
        29 db_exec_id: u32,               "Set by NYSE only; 0 elsewhere.";
    }

    /// A trade of two hidden orders (C.110).
    110 PillarNonDisplayedTrade "NonDisplayedTrade" 33 {
        4  source_time_ns: u32,           "Nanoseconds of the event time; the seconds are in the latest type 2.";
        8  symbol_index: SymbolIndex,     "The symbol.";
        12 symbol_seq_num: SymbolSeqNum,  "The number of this message within its symbol.";
        16 trade_id: TradeId,             "The trade.";
        20 price: SignedPrice,            "The price.";
        24 volume: Qty,                   "Shares.";
        28 printable_flag: PrintableFlag, "Whether it was reported to the consolidated tape.";
        29 trade_cond1: TradeCond1,       "Settlement condition.";
        30 trade_cond2: TradeCond2,       "Reason for exemption from the trade-through rule.";
        31 trade_cond3: TradeCond3,       "Extended hours or out of sequence.";
        32 trade_cond4: TradeCond4,       "The exchange's own detail.";
    }

    /// Cancels an execution or a trade (BC.112).
    112 TradeCancel "TradeCancel" 20 {
        4  source_time_ns: u32,          "Nanoseconds of the event time; the seconds are in the latest type 2.";
        8  symbol_index: SymbolIndex,    "The symbol.";
        12 symbol_seq_num: SymbolSeqNum, "The number of this message within its symbol.";
        16 trade_id: TradeId,            "The execution or trade that is cancelled.";
    }

    /// Retail interest inside the spread (BC.114).
    114 RetailPriceImprovement "RetailPriceImprovement" 17 {
        4  source_time_ns: u32,          "Nanoseconds of the event time; the seconds are in the latest type 2.";
        8  symbol_index: SymbolIndex,    "The symbol.";
        12 symbol_seq_num: SymbolSeqNum, "The number of this message within its symbol.";
        16 rpi_indicator: RpiIndicator,  "Where there is retail interest.";
    }

    /// A trade, with its conditions and the quote at the time (A.220).
    220 LegacyTrade "Trade" 54 {
        4  source_time: u32,                             "Seconds since 1970 UTC when the matching engine did it.";
        8  source_time_ns: u32,                          "Nanoseconds within `source_time`.";
        12 symbol_index: SymbolIndex,                    "The symbol.";
        16 symbol_seq_num: SymbolSeqNum,                 "The number of this message within its symbol.";
        20 trade_id: TradeId,                            "The trade.";
        24 price: RawPrice,                              "The price.";
        28 volume: Qty,                                  "Shares.";
        32 trade_cond1: TradeCond1,                      "Settlement condition.";
        33 trade_cond2: TradeCond2,                      "Reason for exemption from the trade-through rule.";
        34 trade_cond3: TradeCond3,                      "Extended hours or out of sequence.";
        35 trade_cond4: TradeCond4,                      "The exchange's own detail.";
        36 trade_through_exempt: TradeThroughExempt,     "Whether it was exempt from rule 611.";
        37 liquidity_indicator_flag: LiquidityIndicator, "Which side provided liquidity.";
        38 ask_price: RawPrice,                          "The best ask at the trade.";
        42 ask_volume: Qty,                              "Its shares.";
        46 bid_price: RawPrice,                          "The best bid at the trade.";
        50 bid_volume: Qty,                              "Its shares.";
    }

    /// A trade, form of NYSE Trades 2.1, 2013 (A.220).
    220 NyseTrade "Trade" 61 {
        0 base: LegacyTrade, "The fields of the Arca form.";
        54 transaction_id: u32, "Transaction.";
        58 tick: u8, "Tick.";
        59 seller_days: u8, "Days until the seller delivers.";
        60 stop_stock_indicator: u8, "Stop stock indicator.";
    }

    /// Cancels a trade (A.221).
    221 TradeCancelOrBust "TradeCancelOrBust" 24 {
        4  source_time: u32,             "Seconds since 1970 UTC when the matching engine did it.";
        8  source_time_ns: u32,          "Nanoseconds within `source_time`.";
        12 symbol_index: SymbolIndex,    "The symbol.";
        16 symbol_seq_num: SymbolSeqNum, "The number of this message within its symbol.";
        20 original_trade_id: TradeId,   "The trade to remove.";
    }

    /// Replaces a trade (A.222).
    222 LegacyTradeCorrection "TradeCorrection" 41 {
        4  source_time: u32,                         "Seconds since 1970 UTC when the matching engine did it.";
        8  source_time_ns: u32,                      "Nanoseconds within `source_time`.";
        12 symbol_index: SymbolIndex,                "The symbol.";
        16 symbol_seq_num: SymbolSeqNum,             "The number of this message within its symbol.";
        20 original_trade_id: TradeId,               "The trade to replace.";
        24 trade_id: TradeId,                        "The new trade.";
        28 price: RawPrice,                          "The price.";
        32 volume: Qty,                              "Shares.";
        36 trade_cond1: TradeCond1,                  "Settlement condition.";
        37 trade_cond2: TradeCond2,                  "Reason for exemption from the trade-through rule.";
        38 trade_cond3: TradeCond3,                  "Extended hours or out of sequence.";
        39 trade_cond4: TradeCond4,                  "The exchange's own detail.";
        40 trade_through_exempt: TradeThroughExempt, "Whether it was exempt from rule 611.";
    }

    /// Replaces a trade, form of NYSE Trades 2.1, 2013 (A.222).
    222 NyseTradeCorrection "TradeCorrection" 48 {
        0 base: LegacyTradeCorrection, "The fields of the Arca form.";
        41 transaction_id: u32, "Transaction.";
        45 tick: u8, "Tick.";
        46 seller_days: u8, "Days until the seller delivers.";
        47 stop_stock_indicator: u8, "Stop stock indicator.";
    }

    /// Prices and volume of the day so far (ABC.223). It has a channel of its own.
    223 StockSummary "StockSummary" 36 {
        4  source_time: u32,          "Seconds since 1970 UTC when the matching engine did it.";
        8  source_time_ns: u32,       "Nanoseconds within `source_time`.";
        12 symbol_index: SymbolIndex, "The symbol.";
        16 high_price: RawPrice,      "The high of the day.";
        20 low_price: RawPrice,       "The low of the day.";
        24 open: RawPrice,            "The opening price.";
        28 close: RawPrice,           "The closing price; 0 until set.";
        32 total_volume: u32,         "Shares traded so far.";
    }
}
