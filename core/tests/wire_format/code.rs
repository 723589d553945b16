//! What the code says: every header, message form and list of codes.

use oxberry_core::xdp::*;

use super::layout::{self, Field, Form};

/// The codes of a type as the code lists them.
pub(crate) struct Listed {
    pub(crate) name: &'static str,
    /// Number, meaning, and how it is printed.
    pub(crate) codes: Vec<(u16, &'static str, String)>,
}

macro_rules! listed {
    ($($code:ident)*) => {
        vec![$(Listed {
            name: stringify!($code),
            codes: $code::LISTED
                .iter()
                .map(|code| (code.raw().into(), code.meaning().unwrap(), format!("{code:?}")))
                .collect(),
        }),*]
    };
}

/// What the code reads.
pub(crate) struct Code {
    pub(crate) packet_header: Vec<Field>,
    pub(crate) message_header: Vec<Field>,
    pub(crate) forms: Vec<Form>,
    pub(crate) codes: Vec<Listed>,
}

impl Code {
    pub(crate) fn new() -> Self {
        Self {
            packet_header: layout::packet_header(),
            message_header: layout::message_header(),
            forms: layout::messages(),
            codes: listed!(
                DeliveryFlag ProductId MarketId ExchangeCode SecurityType PriceResolution RoundLot
                RequestStatus RetransmitMethod TradingSession TradeSession SecurityStatusCode
                HaltCondition SsrTriggeringExchange SsrState MarketState SessionState SideCode
                GtcIndicator ModifyReason DeleteReason ExecutionReason PositionChange PrintableFlag
                AuctionType ImbalanceSide AuctionStatus FreezeStatus SignificantImbalance
                TradeCond1 TradeCond2 TradeCond3 TradeCond4 TradeThroughExempt LiquidityIndicator
                CrossType RpiIndicator
            ),
        }
    }

    pub(crate) fn form(&self, dialect: Dialect, msg_type: u16, size: usize) -> Option<&Form> {
        self.forms
            .iter()
            .find(|form| (form.dialect, form.msg_type, form.size) == (dialect, msg_type, size))
    }
}
