//! Messages that say when, which symbol, and in what state: 1, 2, 3, 32, 33 and 34.

use super::messages;
use crate::units::{ChannelId, Qty, RawPrice, SymbolIndex, SymbolSeqNum, SystemId};
use crate::xdp::{
    Ascii, ExchangeCode, HaltCondition, MarketId, MarketState, PriceResolution, ProductId,
    RoundLot, SecurityStatusCode, SecurityType, SessionState, SsrState, SsrTriggeringExchange,
    TradingSession,
};

messages! {
    /// The channel starts again at 1 (X.1). It is alone in its packet.
    1 SequenceNumberReset "SequenceNumberReset" 14 {
        4  source_time: u32,      "Seconds since 1970 UTC when the matching engine did it.";
        8  source_time_ns: u32,   "Nanoseconds within `source_time`.";
        12 product_id: ProductId, "The feed product.";
        13 channel_id: ChannelId, "The channel.";
    }

    /// The second of the coming messages of one symbol (A.2). It consumes a SymbolSeqNum.
    2 SymbolTimeReference "SourceTimeReference" 16 {
        4  symbol_index: SymbolIndex,    "The symbol.";
        8  symbol_seq_num: SymbolSeqNum, "The number of this message within its symbol.";
        12 source_time: u32,             "Seconds since 1970 UTC, for later messages of the symbol that carry nanoseconds only.";
    }

    /// The second of the coming messages of one matching-engine partition (BC.2).
    2 PartitionTimeReference "SourceTimeReference" 16 {
        4  id: u32,             "The partition: SystemID of type 3.";
        8  symbol_seq_num: u32, "Reserved; kept as it came.";
        12 source_time: u32,    "Seconds since 1970 UTC, for later messages of all symbols of the partition.";
    }

    /// Defines or updates a symbol, form of 2011 (A.3).
    3 LegacySymbolIndexMapping "SymbolIndexMapping" 38 {
        4  symbol_index: SymbolIndex,         "The symbol.";
        8  symbol: Ascii<11>,                 "The symbol in NYSE symbology, with at least one NUL.";
        19 reserved1: u8,                     "Reserved; kept as it came.";
        20 market_id: MarketId,               "Originating market.";
        22 system_id: SystemId,               "Matching-engine partition.";
        23 exchange_code: ExchangeCode,       "Listing market.";
        24 price_scale_code: u8,              "Decimal places of all price fields of this symbol.";
        25 security_type: SecurityType,       "Security type.";
        26 lot_size: u16,                     "Shares of a round lot.";
        28 prev_close_price: RawPrice,        "The previous day's closing price.";
        32 prev_close_volume: u32,            "The previous day's volume.";
        36 price_resolution: PriceResolution, "Price grid.";
        37 round_lot: RoundLot,               "Round lots accepted.";
    }

    /// Defines or updates a symbol, form with Bloomberg's names, about 2012 to 2015 (A2.3).
    3 BloombergSymbolIndexMapping "SymbolIndexMapping" 100 {
        0  base: LegacySymbolIndexMapping,   "The fields of the 38-byte form.";
        38 bloomberg_company: Ascii<12>,     "Company.";
        50 bloomberg_security_id: Ascii<20>, "Security id.";
        70 bloomberg_symbol: Ascii<30>,      "Symbol.";
    }

    /// Defines or updates a symbol (BC.3).
    3 SymbolIndexMapping "SymbolIndexMapping" 44 {
        0  base: LegacySymbolIndexMapping, "The fields of the 38-byte form.";
        38 mpv: u16,                       "The least price variation, in hundredths of a cent.";
        40 unit_of_trade: u16,             "Unit of trade in shares.";
        42 reserved2: u16,                 "Reserved; kept as it came.";
    }

    /// All orders and state of the symbol are void; a refresh follows (X.32).
    32 SymbolClear "SymbolClear" 20 {
        4  source_time: u32,                  "Seconds since 1970 UTC when the matching engine did it.";
        8  source_time_ns: u32,               "Nanoseconds within `source_time`.";
        12 symbol_index: SymbolIndex,         "The symbol.";
        16 next_source_seq_num: SymbolSeqNum, "The SymbolSeqNum of the next message of the symbol.";
    }

    /// A trading session starts; orders valid only in earlier ones leave without a delete (A.33).
    33 TradingSessionChange "TradingSessionChange" 21 {
        4  source_time: u32,                "Seconds since 1970 UTC when the matching engine did it.";
        8  source_time_ns: u32,             "Nanoseconds within `source_time`.";
        12 symbol_index: SymbolIndex,       "The symbol.";
        16 symbol_seq_num: SymbolSeqNum,    "The number of this message within its symbol.";
        20 trading_session: TradingSession, "Session that starts now.";
    }

    /// Halts, sessions, short sale restrictions and price indications of a symbol (ABC.34).
    34 SecurityStatus "SecurityStatus" 46 {
        4  source_time: u32,                                  "Seconds since 1970 UTC when the matching engine did it.";
        8  source_time_ns: u32,                               "Nanoseconds within `source_time`.";
        12 symbol_index: SymbolIndex,                         "The symbol.";
        16 symbol_seq_num: SymbolSeqNum,                      "The number of this message within its symbol.";
        20 security_status: SecurityStatusCode,               "New status.";
        21 halt_condition: HaltCondition,                     "Halt reason.";
        22 reserved4: u32,                                    "Reserved; kept as it came.";
        26 price1: RawPrice,                                  "SSR trigger price (status A) or indication low (G, I).";
        30 price2: RawPrice,                                  "Indication high (G, I).";
        34 ssr_triggering_exchange_id: SsrTriggeringExchange, "Only with status A and local listing.";
        35 ssr_triggering_volume: Qty,                        "Only with status A and local listing.";
        39 time: u32,                                         "SSR trigger time, decimal HHMMSSmmm.";
        43 ssr_state: SsrState,                               "Current SSR state.";
        44 market_state: MarketState,                         "Current market state.";
        45 session_state: SessionState,                       "Unused.";
    }
}
