//! Requests over TCP and what answers them: 10 to 15, and 31 on the retransmission channel.

use super::messages;
use crate::units::{ChannelId, SeqNum, SymbolIndex};
use crate::xdp::{Ascii, ProductId, RequestStatus, RetransmitMethod};

messages! {
    /// Asks for messages again (X.10).
    10 RetransmissionRequest "RetransmissionRequest" 24 {
        4  begin_seq_num: SeqNum, "The first missing number.";
        8  end_seq_num: SeqNum,   "The last missing number.";
        12 source_id: Ascii<10>,  "The client, as registered with the venue.";
        22 product_id: ProductId, "The feed product.";
        23 channel_id: ChannelId, "The channel.";
    }

    /// Accepts or refuses a request (X.11).
    11 RequestResponse "RequestResponse" 29 {
        4  request_seq_num: SeqNum, "The number that the client put on the packet of its request.";
        8  begin_seq_num: SeqNum,   "The request's, for type 10; else 0.";
        12 end_seq_num: SeqNum,     "The request's, for type 10; else 0.";
        16 source_id: Ascii<10>,    "The client, as registered with the venue.";
        26 product_id: ProductId,   "The feed product.";
        27 channel_id: ChannelId,   "The channel.";
        28 status: RequestStatus,   "Result (ASCII digit).";
    }

    /// Answers a heartbeat of the request server (X.12).
    12 HeartbeatResponse "HeartbeatResponse" 14 {
        4  source_id: Ascii<10>, "The client, as registered with the venue.";
    }

    /// Asks for the mapping of a symbol (X.13).
    13 SymbolIndexMappingRequest "SymbolIndexMappingRequest" 21 {
        4  symbol_index: SymbolIndex,           "The symbol; 0 for all of the channel.";
        8  source_id: Ascii<10>,                "The client, as registered with the venue.";
        18 product_id: ProductId,               "The feed product.";
        19 channel_id: ChannelId,               "The channel.";
        20 retransmit_method: RetransmitMethod, "How to deliver it.";
    }

    /// Asks for a refresh of a symbol (X.15).
    15 RefreshRequest "RefreshRequest" 20 {
        4  symbol_index: SymbolIndex, "The symbol; 0 for all of the channel.";
        8  source_id: Ascii<10>,      "The client, as registered with the venue.";
        18 product_id: ProductId,     "The feed product.";
        19 channel_id: ChannelId,     "The channel.";
    }

    /// Says which requested messages the venue does not have (X.31).
    31 MessageUnavailable "MessageUnavailable" 14 {
        4  begin_seq_num: SeqNum, "The first unavailable number.";
        8  end_seq_num: SeqNum,   "The last unavailable number.";
        12 product_id: ProductId, "The feed product.";
        13 channel_id: ChannelId, "The channel.";
    }
}
