//! Every message of every dialect (docs/wire-format.md, 2), each stated once; all else is made of this.
//! `declare.rs` says how to read it.

use super::messages;
use crate::units::{
    ChannelId, OrderId, Qty, RawPrice, SeqNum, SymbolIndex, SymbolSeqNum, SystemId, TradeId,
};
use crate::xdp::{
    Ascii, AuctionStatus, AuctionType, CrossType, DeleteReason, ExchangeCode, ExecutionReason,
    FirmId, FreezeStatus, GtcIndicator, HaltCondition, ImbalanceSide, LiquidityIndicator, MarketId,
    MarketState, ModifyReason, PositionChange, PriceResolution, PrintableFlag, ProductId,
    RequestStatus, RetransmitMethod, RoundLot, RpiIndicator, SecurityStatusCode, SecurityType,
    SessionState, SideCode, SignedPrice, SignificantImbalance, SsrState, SsrTriggeringExchange,
    TradeCond1, TradeCond2, TradeCond3, TradeCond4, TradeSession, TradeThroughExempt,
    TradingSession,
};

messages! {
    /// Tells what others are read by: the numbering, seconds, definitions, and where a symbol starts
    /// again.
    Control(ControlForm) {
        /// The channel starts again at 1 (X.1). It is alone in its packet.
        1 SequenceNumberReset "SequenceNumberReset" 14 in Legacy, Xdp, Pillar {
            4  source_time: u32,      "Seconds since 1970 UTC when the matching engine did it.";
            8  source_time_ns: u32,   "Nanoseconds within `source_time`.";
            12 product_id: ProductId, "The feed product.";
            13 channel_id: ChannelId, "The channel.";
        }

        /// The second of the coming messages of one symbol (A.2). It consumes a SymbolSeqNum.
        2 SymbolTimeReference "SourceTimeReference" 16 in Legacy {
            4  symbol_index: SymbolIndex,    "The symbol.";
            8  symbol_seq_num: SymbolSeqNum, "The number of this message within its symbol.";
            12 source_time: u32,             "Seconds since 1970 UTC, for later messages of the symbol that carry nanoseconds only.";
        }

        /// The second of the coming messages of one matching-engine partition (BC.2).
        2 PartitionTimeReference "SourceTimeReference" 16 in Xdp, Pillar {
            4  id: u32,             "The partition: SystemID of type 3.";
            8  symbol_seq_num: u32, "Reserved; kept as it came.";
            12 source_time: u32,    "Seconds since 1970 UTC, for later messages of all symbols of the partition.";
        }

        /// Defines or updates a symbol, form with Bloomberg's names, about 2012 to 2015 (A2.3).
        3 BloombergSymbolIndexMapping "SymbolIndexMapping" 100 in Legacy if Exact, Xdp if Exact, Pillar if Exact {
            0  base: LegacySymbolIndexMapping,   "The fields of the 38-byte form.";
            38 bloomberg_company: Ascii<12>,     "Company.";
            50 bloomberg_security_id: Ascii<20>, "Security id.";
            70 bloomberg_symbol: Ascii<30>,      "Symbol.";
        }

        /// Defines or updates a symbol (BC.3).
        3 SymbolIndexMapping "SymbolIndexMapping" 44 in Legacy if AtLeast, Xdp, Pillar {
            0  base: LegacySymbolIndexMapping, "The fields of the 38-byte form.";
            38 mpv: u16,                       "The least price variation, in hundredths of a cent.";
            40 unit_of_trade: u16,             "Unit of trade in shares.";
            42 reserved2: u16,                 "Reserved; kept as it came.";
        }

        /// Defines or updates a symbol, form of 2011 (A.3).
        3 LegacySymbolIndexMapping "SymbolIndexMapping" 38 in Legacy, Xdp if Exact, Pillar if Exact {
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

        /// All orders and state of the symbol are void; a refresh follows (X.32).
        32 SymbolClear "SymbolClear" 20 in Legacy, Xdp, Pillar {
            4  source_time: u32,                  "Seconds since 1970 UTC when the matching engine did it.";
            8  source_time_ns: u32,               "Nanoseconds within `source_time`.";
            12 symbol_index: SymbolIndex,         "The symbol.";
            16 next_source_seq_num: SymbolSeqNum, "The SymbolSeqNum of the next message of the symbol.";
        }
    }

    /// Says nothing of a symbol's book or tape as it is now: requests and what answers them, headers of
    /// refreshes, summaries.
    Aside(AsideForm) {
        /// Asks for messages again (X.10).
        10 RetransmissionRequest "RetransmissionRequest" 24 in Legacy, Xdp, Pillar {
            4  begin_seq_num: SeqNum, "The first missing number.";
            8  end_seq_num: SeqNum,   "The last missing number.";
            12 source_id: Ascii<10>,  "The client, as registered with the venue.";
            22 product_id: ProductId, "The feed product.";
            23 channel_id: ChannelId, "The channel.";
        }

        /// Accepts or refuses a request (X.11).
        11 RequestResponse "RequestResponse" 29 in Legacy, Xdp, Pillar {
            4  request_seq_num: SeqNum, "The number that the client put on the packet of its request.";
            8  begin_seq_num: SeqNum,   "The request's, for type 10; else 0.";
            12 end_seq_num: SeqNum,     "The request's, for type 10; else 0.";
            16 source_id: Ascii<10>,    "The client, as registered with the venue.";
            26 product_id: ProductId,   "The feed product.";
            27 channel_id: ChannelId,   "The channel.";
            28 status: RequestStatus,   "Result (ASCII digit).";
        }

        /// Answers a heartbeat of the request server (X.12).
        12 HeartbeatResponse "HeartbeatResponse" 14 in Legacy, Xdp, Pillar {
            4  source_id: Ascii<10>, "The client, as registered with the venue.";
        }

        /// Asks for the mapping of a symbol (X.13).
        13 SymbolIndexMappingRequest "SymbolIndexMappingRequest" 21 in Legacy, Xdp, Pillar {
            4  symbol_index: SymbolIndex,           "The symbol; 0 for all of the channel.";
            8  source_id: Ascii<10>,                "The client, as registered with the venue.";
            18 product_id: ProductId,               "The feed product.";
            19 channel_id: ChannelId,               "The channel.";
            20 retransmit_method: RetransmitMethod, "How to deliver it.";
        }

        /// Asks for a refresh of a symbol (X.15).
        15 RefreshRequest "RefreshRequest" 20 in Legacy, Xdp, Pillar {
            4  symbol_index: SymbolIndex, "The symbol; 0 for all of the channel.";
            8  source_id: Ascii<10>,      "The client, as registered with the venue.";
            18 product_id: ProductId,     "The feed product.";
            19 channel_id: ChannelId,     "The channel.";
        }

        /// Says which requested messages the venue does not have (X.31).
        31 MessageUnavailable "MessageUnavailable" 14 in Legacy, Xdp, Pillar {
            4  begin_seq_num: SeqNum, "The first unavailable number.";
            8  end_seq_num: SeqNum,   "The last unavailable number.";
            12 product_id: ProductId, "The feed product.";
            13 channel_id: ChannelId, "The channel.";
        }

        /// Starts every later refresh packet of the same symbol (X.35, short form).
        35 RefreshHeaderShort "RefreshHeader" 8 in Legacy if Exact, Xdp if Exact, Pillar if Exact {
            4  current_refresh_pkt: u16, "The index of this packet, from 1, within the symbol.";
            6  total_refresh_pkts: u16,  "The packets of the symbol.";
        }

        /// Starts the first refresh packet of a symbol (X.35).
        35 RefreshHeader "RefreshHeader" 16 in Legacy, Xdp, Pillar {
            4  current_refresh_pkt: u16,          "The index of this packet, from 1, within the symbol.";
            6  total_refresh_pkts: u16,           "The packets of the symbol.";
            8  last_seq_num: SeqNum,              "Channel sequence number the snapshot corresponds to.";
            12 last_symbol_seq_num: SymbolSeqNum, "Symbol sequence number the snapshot corresponds to.";
        }

        /// Prices and volume of the day so far (ABC.223). It has a channel of its own.
        223 StockSummary "StockSummary" 36 in Legacy, Xdp, Pillar {
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

    /// Tells what happened to a symbol, and begins with the time, the symbol and its number there.
    Numbered(NumberedForm) {
        /// A trading session starts; orders valid only in earlier ones leave without a delete (A.33).
        33 TradingSessionChange "TradingSessionChange" 21 in Legacy {
            FullTime;
            20 trading_session: TradingSession, "Session that starts now.";
        }

        /// Halts, sessions, short sale restrictions and price indications of a symbol (ABC.34).
        34 SecurityStatus "SecurityStatus" 46 in Legacy, Xdp, Pillar {
            FullTime;
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

        /// An order joins the book (A.100).
        100 LegacyAddOrder "AddOrder" 31 in Legacy {
            Nanoseconds;
            16 order_id: u32,                        "The order.";
            20 price: RawPrice,                      "The price.";
            24 volume: Qty,                          "Shares.";
            28 side: SideCode,                       "The side.";
            29 order_id_gtc_indicator: GtcIndicator, "Part of the identity of the order.";
            30 trade_session: TradeSession,          "The sessions in which the order is valid.";
        }

        /// An order joins the book (B.100).
        100 XdpAddOrder "AddOrder" 39 in Xdp {
            Nanoseconds;
            16 order_id: OrderId,     "The order.";
            24 price: RawPrice,       "The price.";
            28 volume: Qty,           "Shares.";
            32 side: SideCode,        "The side.";
            33 firm_id: FirmId,       "The firm that shows its name; spaces for none.";
            38 num_parity_splits: u8, "Parity splits at the price: 0 for 1 to 4, 255 for more than 254; NYSE only.";
        }

        /// An order joins the book (C.100).
        100 PillarAddOrder "AddOrder" 39 in Pillar {
            Nanoseconds;
            16 order_id: OrderId,  "The order.";
            24 price: SignedPrice, "The price.";
            28 volume: Qty,        "Shares.";
            32 side: SideCode,     "The side.";
            33 firm_id: FirmId,    "The firm that shows its name; spaces for none.";
            38 reserved1: u8,      "Reserved; kept as it came.";
        }

        /// An order has a new price or quantity (A.101).
        101 LegacyModifyOrder "ModifyOrder" 31 in Legacy {
            Nanoseconds;
            16 order_id: u32,                        "The order.";
            20 price: RawPrice,                      "The new price.";
            24 volume: Qty,                          "The new quantity, absolute.";
            28 side: SideCode,                       "The side.";
            29 order_id_gtc_indicator: GtcIndicator, "Part of the identity of the order.";
            30 reason_code: ModifyReason,            "Why, and so whether it keeps its place.";
        }

        /// An order has a new price or quantity (B.101).
        101 XdpModifyOrder "ModifyOrder" 35 in Xdp {
            Nanoseconds;
            16 order_id: OrderId,               "The order.";
            24 price: RawPrice,                 "The new price.";
            28 volume: Qty,                     "The new quantity, absolute.";
            32 position_change: PositionChange, "What became of its place in the queue.";
            33 prev_price_parity_splits: u8,    "Parity splits at the old price, counted as in an add.";
            34 new_price_parity_splits: u8,     "Parity splits at the new price, counted as in an add.";
        }

        /// An order has a new price or quantity (C.101).
        101 PillarModifyOrder "ModifyOrder" 35 in Pillar {
            Nanoseconds;
            16 order_id: OrderId,               "The order.";
            24 price: SignedPrice,              "The new price.";
            28 volume: Qty,                     "The new quantity, absolute.";
            32 position_change: PositionChange, "What became of its place in the queue.";
            33 side: SideCode,                  "The side; 0 before 2.5.";
            34 reserved2: u8,                   "Reserved; kept as it came.";
        }

        /// An order leaves the book (A.102).
        102 LegacyDeleteOrder "DeleteOrder" 23 in Legacy {
            Nanoseconds;
            16 order_id: u32,                        "The order.";
            20 side: SideCode,                       "The side.";
            21 order_id_gtc_indicator: GtcIndicator, "Part of the identity of the order.";
            22 reason_code: DeleteReason,            "Why.";
        }

        /// An order leaves the book (B.102).
        102 XdpDeleteOrder "DeleteOrder" 25 in Xdp {
            Nanoseconds;
            16 order_id: OrderId,     "The order.";
            24 num_parity_splits: u8, "Parity splits at the price: 0 for 1 to 4, 255 for more than 254; NYSE only.";
        }

        /// An order leaves the book (C.102).
        102 PillarDeleteOrder "DeleteOrder" 25 in Pillar {
            Nanoseconds;
            16 order_id: OrderId, "The order.";
            24 reserved1: u8,     "Reserved; kept as it came.";
        }

        /// An order traded (A.103).
        103 LegacyOrderExecution "OrderExecution" 34 in Legacy {
            Nanoseconds;
            16 order_id: u32,                        "The order.";
            20 price: RawPrice,                      "The price of the execution, which may differ from that of the order.";
            24 volume: Qty,                          "Shares executed.";
            28 order_id_gtc_indicator: GtcIndicator, "Part of the identity of the order.";
            29 reason_code: ExecutionReason,         "What it does to the order.";
            30 trade_id: TradeId,                    "The trade.";
        }

        /// An order traded, form of NYSE 1.0 and 2.0 (B0.103).
        103 XdpOrderExecutionV20 "OrderExecution" 38 in Xdp if Exact, Pillar if Exact {
            Nanoseconds;
            16 order_id: OrderId,             "The order.";
            24 trade_id: TradeId,             "The trade.";
            28 price: RawPrice,               "The price.";
            32 volume: Qty,                   "Shares.";
            36 printable_flag: PrintableFlag, "Whether it was reported to the consolidated tape.";
            37 num_parity_splits: u8,         "Parity splits at the price: 0 for 1 to 4, 255 for more than 254; NYSE only.";
        }

        /// An order traded (B.103).
        103 XdpOrderExecution "OrderExecution" 42 in Xdp {
            Nanoseconds;
            16 order_id: OrderId,             "The order.";
            24 trade_id: TradeId,             "The trade.";
            28 price: RawPrice,               "The price of the execution, which may differ from that of the order.";
            32 volume: Qty,                   "Shares executed.";
            36 printable_flag: PrintableFlag, "Whether it was reported to the consolidated tape.";
            37 num_parity_splits: u8,         "Parity splits at the price: 0 for 1 to 4, 255 for more than 254; NYSE only.";
            38 db_exec_id: u32,               "Set by NYSE only; 0 elsewhere.";
        }

        /// An order traded (C.103).
        103 PillarOrderExecution "OrderExecution" 42 in Pillar {
            Nanoseconds;
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
        104 XdpReplaceOrder "ReplaceOrder" 42 in Xdp {
            Nanoseconds;
            16 order_id: OrderId,            "The order that leaves.";
            24 new_order_id: OrderId,        "The order that joins.";
            32 price: RawPrice,              "The price of the new order.";
            36 volume: Qty,                  "The quantity of the new order.";
            40 prev_price_parity_splits: u8, "Parity splits at the old price, counted as in an add.";
            41 new_price_parity_splits: u8,  "Parity splits at the new price, counted as in an add.";
        }

        /// An order leaves and another one joins, same symbol and side (C.104).
        104 PillarReplaceOrder "ReplaceOrder" 42 in Pillar {
            Nanoseconds;
            16 order_id: OrderId,     "The order that leaves.";
            24 new_order_id: OrderId, "The order that joins.";
            32 price: SignedPrice,    "The price of the new order.";
            36 volume: Qty,           "The quantity of the new order.";
            40 side: SideCode,        "The side; 0 before 2.5.";
            41 reserved2: u8,         "Reserved; kept as it came.";
        }

        /// The best bid and offer of the protected market; from a single source, unverified (A.104).
        104 Pbbo "Pbbo" 28 in Legacy {
            FullTime;
            20 bid_price: RawPrice, "The best bid.";
            24 ask_price: RawPrice, "The best ask.";
        }

        /// State of an auction; side by sign (A.105).
        105 LegacyImbalance "Imbalance" 52 in Legacy {
            FullTime;
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
        105 XdpImbalanceV20 "Imbalance" 52 in Xdp if Exact, Pillar if Exact {
            FullTime;
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
        105 XdpImbalanceV21 "Imbalance" 67 in Xdp if Exact, Pillar if Exact {
            0  base: XdpImbalanceV20,            "The fields of the 52-byte form.";
            52 indicative_match_price: RawPrice, "Indicative match price.";
            56 upper_collar: RawPrice,           "Upper price collar.";
            60 lower_collar: RawPrice,           "Lower price collar.";
            64 auction_status: AuctionStatus,    "Whether the auction will run.";
            65 freeze_status: FreezeStatus,      "Whether the imbalance freeze is on.";
            66 num_extensions: u8,               "Extensions of the halt.";
        }

        /// State of an auction, form of 2.2 to 2.3a (B.105).
        105 XdpImbalance "Imbalance" 73 in Xdp {
            0  base: XdpImbalanceV21,                       "The fields of the 67-byte form.";
            67 unpaired_qty: Qty,                           "Unpaired shares; NYSE closing auction only.";
            71 unpaired_side: ImbalanceSide,                "Their side.";
            72 significant_imbalance: SignificantImbalance, "Whether the imbalance is significant.";
        }

        /// State of an auction (C.105).
        105 PillarImbalance "Imbalance" 73 in Pillar {
            FullTime;
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

        /// A resting order, in a refresh (A.106).
        106 LegacyAddOrderRefresh "AddOrderRefresh" 35 in Legacy {
            FullTime;
            20 order_id: u32,                        "The order.";
            24 price: RawPrice,                      "The price.";
            28 volume: Qty,                          "Shares.";
            32 side: SideCode,                       "The side.";
            33 order_id_gtc_indicator: GtcIndicator, "Part of the identity of the order.";
            34 trade_session: TradeSession,          "The sessions in which the order is valid.";
        }

        /// A resting order, in a refresh (B.106).
        106 XdpAddOrderRefresh "AddOrderRefresh" 43 in Xdp {
            FullTime;
            20 order_id: OrderId,     "The order.";
            28 price: RawPrice,       "The price.";
            32 volume: Qty,           "Shares.";
            36 side: SideCode,        "The side.";
            37 firm_id: FirmId,       "The firm that shows its name; spaces for none.";
            42 num_parity_splits: u8, "Parity splits at the price: 0 for 1 to 4, 255 for more than 254; NYSE only.";
        }

        /// A resting order, in a refresh (C.106).
        106 PillarAddOrderRefresh "AddOrderRefresh" 43 in Pillar {
            FullTime;
            20 order_id: OrderId,  "The order.";
            28 price: SignedPrice, "The price.";
            32 volume: Qty,        "Shares.";
            36 side: SideCode,     "The side.";
            37 firm_id: FirmId,    "The firm that shows its name; spaces for none.";
            42 reserved1: u8,      "Reserved; kept as it came.";
        }

        /// An order with its firm joins the book of ArcaBook (A.107).
        107 LegacyAttributedAddOrder "AttributedAddOrder" 36 in Legacy {
            0  base: LegacyAddOrder, "The fields of an add without attribution.";
            31 firm_id: FirmId,      "The firm that shows its name; spaces for none.";
        }

        /// A resting order with its firm, in a refresh of ArcaBook (A.108).
        108 LegacyAttributedAddOrderRefresh "AttributedAddOrderRefresh" 40 in Legacy {
            0  base: LegacyAddOrderRefresh, "The fields of a refresh without attribution.";
            35 firm_id: FirmId,             "The firm that shows its name; spaces for none.";
        }

        /// A trade of two hidden orders (B.110).
        110 XdpNonDisplayedTrade "NonDisplayedTrade" 33 in Xdp {
            Nanoseconds;
            16 trade_id: TradeId,             "The trade.";
            20 price: RawPrice,               "The price.";
            24 volume: Qty,                   "Shares.";
            28 printable_flag: PrintableFlag, "Whether it was reported to the consolidated tape.";
            29 db_exec_id: u32,               "Set by NYSE only; 0 elsewhere.";
        }

        /// A trade of two hidden orders (C.110).
        110 PillarNonDisplayedTrade "NonDisplayedTrade" 33 in Pillar {
            Nanoseconds;
            16 trade_id: TradeId,             "The trade.";
            20 price: SignedPrice,            "The price.";
            24 volume: Qty,                   "Shares.";
            28 printable_flag: PrintableFlag, "Whether it was reported to the consolidated tape.";
            29 trade_cond1: TradeCond1,       "Settlement condition.";
            30 trade_cond2: TradeCond2,       "Reason for exemption from the trade-through rule.";
            31 trade_cond3: TradeCond3,       "Extended hours or out of sequence.";
            32 trade_cond4: TradeCond4,       "The exchange's own detail.";
        }

        /// Bulk print of an auction (B.111).
        111 XdpCrossTrade "CrossTrade" 29 in Xdp {
            Nanoseconds;
            16 cross_id: u32,         "The print; type 113 refers to it.";
            20 price: RawPrice,       "The auction price.";
            24 volume: Qty,           "The auction volume.";
            28 cross_type: CrossType, "The auction.";
        }

        /// Bulk print of an auction (C.111).
        111 PillarCrossTrade "CrossTrade" 29 in Pillar {
            Nanoseconds;
            16 cross_id: u32,         "The print; type 113 refers to it.";
            20 price: SignedPrice,    "The auction price.";
            24 volume: Qty,           "The auction volume.";
            28 cross_type: CrossType, "The auction.";
        }

        /// Cancels an execution or a trade (BC.112).
        112 TradeCancel "TradeCancel" 20 in Xdp, Pillar {
            Nanoseconds;
            16 trade_id: TradeId, "The execution or trade that is cancelled.";
        }

        /// A new volume for an auction print (BC.113).
        113 CrossCorrection "CrossCorrection" 24 in Xdp, Pillar {
            Nanoseconds;
            16 cross_id: u32, "The print that is corrected.";
            20 volume: Qty,   "Its corrected volume.";
        }

        /// Retail interest inside the spread (BC.114).
        114 RetailPriceImprovement "RetailPriceImprovement" 17 in Xdp, Pillar {
            Nanoseconds;
            16 rpi_indicator: RpiIndicator, "Where there is retail interest.";
        }

        /// A trade, form of NYSE Trades 2.1, 2013 (A.220).
        220 NyseTrade "Trade" 61 in Legacy if Exact {
            0  base: LegacyTrade,        "The fields of the Arca form.";
            54 transaction_id: u32,      "Transaction.";
            58 tick: u8,                 "Tick.";
            59 seller_days: u8,          "Days until the seller delivers.";
            60 stop_stock_indicator: u8, "Stop stock indicator.";
        }

        /// A trade, with its conditions and the quote at the time (A.220).
        220 LegacyTrade "Trade" 54 in Legacy {
            FullTime;
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

        /// Cancels a trade (A.221).
        221 TradeCancelOrBust "TradeCancelOrBust" 24 in Legacy {
            FullTime;
            20 original_trade_id: TradeId, "The trade to remove.";
        }

        /// Replaces a trade, form of NYSE Trades 2.1, 2013 (A.222).
        222 NyseTradeCorrection "TradeCorrection" 48 in Legacy if Exact {
            0  base: LegacyTradeCorrection, "The fields of the Arca form.";
            41 transaction_id: u32,         "Transaction.";
            45 tick: u8,                    "Tick.";
            46 seller_days: u8,             "Days until the seller delivers.";
            47 stop_stock_indicator: u8,    "Stop stock indicator.";
        }

        /// Replaces a trade (A.222).
        222 LegacyTradeCorrection "TradeCorrection" 41 in Legacy {
            FullTime;
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
    }
}
