//! Auctions: imbalances (105) in all their forms, auction prints (111) and corrections (113).

use super::messages;
use crate::units::{Qty, RawPrice, SymbolIndex, SymbolSeqNum};
use crate::xdp::{
    AuctionStatus, AuctionType, CrossType, FreezeStatus, ImbalanceSide, SignedPrice,
    SignificantImbalance,
};

messages! {
    /// State of an auction; side by sign (A.105).
    105 LegacyImbalance "Imbalance" 52 {
        4  source_time: u32,                         "Seconds since 1970 UTC when the matching engine did it.";
        8  source_time_ns: u32,                      "Nanoseconds within `source_time`.";
        12 symbol_index: SymbolIndex,                "The symbol.";
        16 symbol_seq_num: SymbolSeqNum,             "The number of this message within its symbol.";
        20 reference_price: RawPrice,                "Reference price.";
        24 paired_qty: Qty,                          "Paired shares.";
        28 total_imbalance_qty: i32,                 "Shares in imbalance; negative for the sell side.";
        32 market_imbalance_qty: i32,                "Their part in market orders; negative for the sell side.";
        36 auction_time: u16,                        "Projected time of the auction, decimal hhmm.";
        38 auction_type: AuctionType,                "The auction.";
        39 imbalance_side: ImbalanceSide,            "Not supported by Arca then.";
        40 continuous_book_clearing_price: RawPrice, "Price at which the continuous book would clear.";
        44 closing_only_clearing_price: RawPrice,    "Price at which closing-only interest would clear.";
        48 ssr_filing_price: RawPrice,               "Set by NYSE only.";
    }

    /// State of an auction, form of NYSE 1.0 and 2.0 (B0.105).
    105 XdpImbalanceV20 "Imbalance" 52 {
        4  source_time: u32,                          "Seconds since 1970 UTC when the matching engine did it.";
        8  source_time_ns: u32,                       "Nanoseconds within `source_time`.";
        12 symbol_index: SymbolIndex,                 "The symbol.";
        16 symbol_seq_num: SymbolSeqNum,              "The number of this message within its symbol.";
        20 reference_price: RawPrice,                 "Reference price.";
        24 paired_qty: Qty,                           "Paired shares.";
        28 total_imbalance_qty: Qty,                  "Shares in imbalance.";
        32 market_imbalance_qty: Qty,                 "Their part in market orders.";
        36 auction_time: u16,                         "Projected time of the auction, decimal hhmm.";
        38 auction_type: AuctionType,                 "The auction.";
        39 imbalance_side: ImbalanceSide,             "The side of the imbalance.";
        40 continuous_book_clearing_price: RawPrice,  "Price at which the continuous book would clear.";
        44 auction_interest_clearing_price: RawPrice, "Price at which auction interest would clear.";
        48 ssr_filing_price: RawPrice,                "Set by NYSE only.";
    }

    /// State of an auction, form of 2.1a to 2.1g (B1.105).
    105 XdpImbalanceV21 "Imbalance" 67 {
        0  base: XdpImbalanceV20,            "The fields of the 52-byte form.";
        52 indicative_match_price: RawPrice, "Indicative match price.";
        56 upper_collar: RawPrice,           "Upper price collar.";
        60 lower_collar: RawPrice,           "Lower price collar.";
        64 auction_status: AuctionStatus,    "Whether the auction will run.";
        65 freeze_status: FreezeStatus,      "Whether the imbalance freeze is on.";
        66 num_extensions: u8,               "Extensions of the halt.";
    }

    /// State of an auction, form of 2.2 to 2.3a (B.105).
    105 XdpImbalance "Imbalance" 73 {
        0  base: XdpImbalanceV21,                       "The fields of the 67-byte form.";
        67 unpaired_qty: Qty,                           "Unpaired shares; NYSE closing auction only.";
        71 unpaired_side: ImbalanceSide,                "Their side.";
        72 significant_imbalance: SignificantImbalance, "Whether the imbalance is significant.";
    }

    /// State of an auction (C.105).
    105 PillarImbalance "Imbalance" 73 {
        4  source_time: u32,                             "Seconds since 1970 UTC when the matching engine did it.";
        8  source_time_ns: u32,                          "Nanoseconds within `source_time`.";
        12 symbol_index: SymbolIndex,                    "The symbol.";
        16 symbol_seq_num: SymbolSeqNum,                 "The number of this message within its symbol.";
        20 reference_price: SignedPrice,                 "Reference price.";
        24 paired_qty: Qty,                              "Paired shares.";
        28 total_imbalance_qty: Qty,                     "Shares in imbalance.";
        32 market_imbalance_qty: Qty,                    "Their part in market orders.";
        36 auction_time: u16,                            "Projected time of the auction, decimal hhmm.";
        38 auction_type: AuctionType,                    "The auction.";
        39 imbalance_side: ImbalanceSide,                "The side of the imbalance.";
        40 continuous_book_clearing_price: SignedPrice,  "Price at which the continuous book would clear.";
        44 auction_interest_clearing_price: SignedPrice, "Price at which auction interest would clear.";
        48 ssr_filing_price: SignedPrice,                "Set by NYSE only.";
        52 indicative_match_price: SignedPrice,          "Indicative match price.";
        56 upper_collar: SignedPrice,                    "Upper price collar.";
        60 lower_collar: SignedPrice,                    "Lower price collar.";
        64 auction_status: AuctionStatus,                "Whether the auction will run.";
        65 freeze_status: FreezeStatus,                  "Whether the imbalance freeze is on.";
        66 num_extensions: u8,                           "Extensions of the halt.";
        67 unpaired_qty: Qty,                            "Unpaired shares; NYSE closing auction only.";
        71 unpaired_side: ImbalanceSide,                 "Their side.";
        72 reserved1: u8,                                "Reserved; kept as it came.";
    }

    /// Bulk print of an auction (B.111).
    111 XdpCrossTrade "CrossTrade" 29 {
        4  source_time_ns: u32,          "Nanoseconds of the event time; the seconds are in the latest type 2.";
        8  symbol_index: SymbolIndex,    "The symbol.";
        12 symbol_seq_num: SymbolSeqNum, "The number of this message within its symbol.";
        16 cross_id: u32,                "The print; type 113 refers to it.";
        20 price: RawPrice,              "The auction price.";
        24 volume: Qty,                  "The auction volume.";
        28 cross_type: CrossType,        "The auction.";
    }

    /// Bulk print of an auction (C.111).
    111 PillarCrossTrade "CrossTrade" 29 {
        4  source_time_ns: u32,          "Nanoseconds of the event time; the seconds are in the latest type 2.";
        8  symbol_index: SymbolIndex,    "The symbol.";
        12 symbol_seq_num: SymbolSeqNum, "The number of this message within its symbol.";
        16 cross_id: u32,                "The print; type 113 refers to it.";
        20 price: SignedPrice,           "The auction price.";
        24 volume: Qty,                  "The auction volume.";
        28 cross_type: CrossType,        "The auction.";
    }

    /// A new volume for an auction print (BC.113).
    113 CrossCorrection "CrossCorrection" 24 {
        4  source_time_ns: u32,          "Nanoseconds of the event time; the seconds are in the latest type 2.";
        8  symbol_index: SymbolIndex,    "The symbol.";
        12 symbol_seq_num: SymbolSeqNum, "The number of this message within its symbol.";
        16 cross_id: u32,                "The print that is corrected.";
        20 volume: Qty,                  "Its corrected volume.";
    }
}
