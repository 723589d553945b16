//! Which message a number means in which dialect (sections 2.6 and 3.3).

use super::{
    BloombergSymbolIndexMapping, Body, CrossCorrection, HeartbeatResponse, LegacyAddOrder,
    LegacyAddOrderRefresh, LegacyAttributedAddOrder, LegacyAttributedAddOrderRefresh,
    LegacyDeleteOrder, LegacyImbalance, LegacyModifyOrder, LegacyOrderExecution,
    LegacySymbolIndexMapping, LegacyTrade, LegacyTradeCorrection, MessageUnavailable, NyseTrade,
    NyseTradeCorrection, PartitionTimeReference, Pbbo, PillarAddOrder, PillarAddOrderRefresh,
    PillarCrossTrade, PillarDeleteOrder, PillarImbalance, PillarModifyOrder,
    PillarNonDisplayedTrade, PillarOrderExecution, PillarReplaceOrder, RefreshHeader,
    RefreshHeaderShort, RefreshRequest, RequestResponse, RetailPriceImprovement,
    RetransmissionRequest, SecurityStatus, SequenceNumberReset, StockSummary, SymbolClear,
    SymbolIndexMapping, SymbolIndexMappingRequest, SymbolTimeReference, TradeCancel,
    TradeCancelOrBust, TradingSessionChange, XdpAddOrder, XdpAddOrderRefresh, XdpCrossTrade,
    XdpDeleteOrder, XdpImbalance, XdpImbalanceV20, XdpImbalanceV21, XdpModifyOrder,
    XdpNonDisplayedTrade, XdpOrderExecution, XdpOrderExecutionV20, XdpReplaceOrder,
};
use crate::xdp::{Dialect, FieldValue, MessageRef, WireError};

/// Declares [`Message`], one variant a form.
macro_rules! message {
    ($($form:ident)*) => {
        /// A message of any type, form and dialect.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[non_exhaustive]
        pub enum Message {
            $(#[doc = concat!("[`", stringify!($form), "`]")] $form($form),)*
        }

        $(impl From<$form> for Message {
            #[inline]
            fn from(message: $form) -> Self {
                Self::$form(message)
            }
        })*

        impl Message {
            /// MsgType.
            #[must_use]
            pub const fn msg_type(&self) -> u16 {
                match self {
                    $(Self::$form(_) => $form::MSG_TYPE,)*
                }
            }

            /// The bytes that the message takes, header included.
            #[must_use]
            pub const fn size(&self) -> usize {
                match self {
                    $(Self::$form(_) => $form::SIZE,)*
                }
            }

            /// The message's name in the reference, without spaces; the same in all dialects.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$form(_) => $form::NAME,)*
                }
            }

            /// As [`Body::emit`].
            pub fn emit(&self, to: &mut [u8]) -> Option<usize> {
                match self {
                    $(Self::$form(message) => message.emit(to),)*
                }
            }

            /// As [`Body::fields`].
            pub fn fields(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
                match self {
                    $(Self::$form(message) => message.fields(visit),)*
                }
            }
        }
    };
}

message! {
    SequenceNumberReset
    SymbolTimeReference PartitionTimeReference
    LegacySymbolIndexMapping BloombergSymbolIndexMapping SymbolIndexMapping
    RetransmissionRequest RequestResponse HeartbeatResponse SymbolIndexMappingRequest
    RefreshRequest MessageUnavailable
    SymbolClear TradingSessionChange SecurityStatus
    RefreshHeader RefreshHeaderShort
    LegacyAddOrder XdpAddOrder PillarAddOrder
    LegacyModifyOrder XdpModifyOrder PillarModifyOrder
    LegacyDeleteOrder XdpDeleteOrder PillarDeleteOrder
    LegacyOrderExecution XdpOrderExecutionV20 XdpOrderExecution PillarOrderExecution
    XdpReplaceOrder PillarReplaceOrder Pbbo
    LegacyImbalance XdpImbalanceV20 XdpImbalanceV21 XdpImbalance PillarImbalance
    LegacyAddOrderRefresh XdpAddOrderRefresh PillarAddOrderRefresh
    LegacyAttributedAddOrder LegacyAttributedAddOrderRefresh
    XdpNonDisplayedTrade PillarNonDisplayedTrade
    XdpCrossTrade PillarCrossTrade
    TradeCancel CrossCorrection RetailPriceImprovement
    LegacyTrade NyseTrade TradeCancelOrBust LegacyTradeCorrection NyseTradeCorrection
    StockSummary
}

impl Message {
    /// Reads a message; `None` for a type that the dialect does not have, which is to be skipped
    /// and counted.
    ///
    /// A message longer than its type is read by its known prefix. Known shorter forms are told by
    /// their exact size.
    ///
    /// # Errors
    ///
    /// When the message is shorter than its type needs. Only this message is lost.
    #[inline]
    pub fn parse(dialect: Dialect, message: MessageRef<'_>) -> Result<Option<Self>, WireError> {
        match dialect {
            Dialect::Legacy => Self::parse_legacy(message),
            Dialect::Xdp => Self::parse_xdp(message),
            Dialect::Pillar => Self::parse_pillar(message),
        }
    }

    /// The name of a message type in a dialect, whatever its form; `None` if it has none.
    #[must_use]
    pub const fn name_of(dialect: Dialect, msg_type: u16) -> Option<&'static str> {
        let legacy = matches!(dialect, Dialect::Legacy);
        Some(match msg_type {
            1 => SequenceNumberReset::NAME,
            2 => SymbolTimeReference::NAME,
            3 => SymbolIndexMapping::NAME,
            10 => RetransmissionRequest::NAME,
            11 => RequestResponse::NAME,
            12 => HeartbeatResponse::NAME,
            13 => SymbolIndexMappingRequest::NAME,
            15 => RefreshRequest::NAME,
            31 => MessageUnavailable::NAME,
            32 => SymbolClear::NAME,
            33 if legacy => TradingSessionChange::NAME,
            34 => SecurityStatus::NAME,
            35 => RefreshHeader::NAME,
            100 => LegacyAddOrder::NAME,
            101 => LegacyModifyOrder::NAME,
            102 => LegacyDeleteOrder::NAME,
            103 => LegacyOrderExecution::NAME,
            104 if legacy => Pbbo::NAME,
            104 => XdpReplaceOrder::NAME,
            105 => LegacyImbalance::NAME,
            106 => LegacyAddOrderRefresh::NAME,
            107 if legacy => LegacyAttributedAddOrder::NAME,
            108 if legacy => LegacyAttributedAddOrderRefresh::NAME,
            110 if !legacy => XdpNonDisplayedTrade::NAME,
            111 if !legacy => XdpCrossTrade::NAME,
            112 if !legacy => TradeCancel::NAME,
            113 if !legacy => CrossCorrection::NAME,
            114 if !legacy => RetailPriceImprovement::NAME,
            220 if legacy => LegacyTrade::NAME,
            221 if legacy => TradeCancelOrBust::NAME,
            222 if legacy => LegacyTradeCorrection::NAME,
            223 => StockSummary::NAME,
            _ => return None,
        })
    }

    fn parse_legacy(message: MessageRef<'_>) -> Result<Option<Self>, WireError> {
        Ok(Some(match message.msg_type() {
            2 => SymbolTimeReference::parse(message)?.into(),
            33 => TradingSessionChange::parse(message)?.into(),
            100 => LegacyAddOrder::parse(message)?.into(),
            101 => LegacyModifyOrder::parse(message)?.into(),
            102 => LegacyDeleteOrder::parse(message)?.into(),
            103 => LegacyOrderExecution::parse(message)?.into(),
            104 => Pbbo::parse(message)?.into(),
            105 => LegacyImbalance::parse(message)?.into(),
            106 => LegacyAddOrderRefresh::parse(message)?.into(),
            107 => LegacyAttributedAddOrder::parse(message)?.into(),
            108 => LegacyAttributedAddOrderRefresh::parse(message)?.into(),
            220 if message.size() == NyseTrade::SIZE => NyseTrade::parse(message)?.into(),
            220 => LegacyTrade::parse(message)?.into(),
            221 => TradeCancelOrBust::parse(message)?.into(),
            222 if message.size() == NyseTradeCorrection::SIZE => {
                NyseTradeCorrection::parse(message)?.into()
            }
            222 => LegacyTradeCorrection::parse(message)?.into(),
            _ => return Self::parse_common(message, LegacySymbolIndexMapping::SIZE),
        }))
    }

    fn parse_xdp(message: MessageRef<'_>) -> Result<Option<Self>, WireError> {
        Ok(Some(match message.msg_type() {
            100 => XdpAddOrder::parse(message)?.into(),
            101 => XdpModifyOrder::parse(message)?.into(),
            102 => XdpDeleteOrder::parse(message)?.into(),
            103 if message.size() == XdpOrderExecutionV20::SIZE => {
                XdpOrderExecutionV20::parse(message)?.into()
            }
            103 => XdpOrderExecution::parse(message)?.into(),
            104 => XdpReplaceOrder::parse(message)?.into(),
            105 => match short_imbalance(message)? {
                Some(short) => short,
                None => XdpImbalance::parse(message)?.into(),
            },
            106 => XdpAddOrderRefresh::parse(message)?.into(),
            110 => XdpNonDisplayedTrade::parse(message)?.into(),
            111 => XdpCrossTrade::parse(message)?.into(),
            _ => return Self::parse_modern(message),
        }))
    }

    fn parse_pillar(message: MessageRef<'_>) -> Result<Option<Self>, WireError> {
        Ok(Some(match message.msg_type() {
            100 => PillarAddOrder::parse(message)?.into(),
            101 => PillarModifyOrder::parse(message)?.into(),
            102 => PillarDeleteOrder::parse(message)?.into(),
            103 if message.size() == XdpOrderExecutionV20::SIZE => {
                XdpOrderExecutionV20::parse(message)?.into()
            }
            103 => PillarOrderExecution::parse(message)?.into(),
            104 => PillarReplaceOrder::parse(message)?.into(),
            105 => match short_imbalance(message)? {
                Some(short) => short,
                None => PillarImbalance::parse(message)?.into(),
            },
            106 => PillarAddOrderRefresh::parse(message)?.into(),
            110 => PillarNonDisplayedTrade::parse(message)?.into(),
            111 => PillarCrossTrade::parse(message)?.into(),
            _ => return Self::parse_modern(message),
        }))
    }

    /// What `Xdp` and `Pillar` share.
    fn parse_modern(message: MessageRef<'_>) -> Result<Option<Self>, WireError> {
        Ok(Some(match message.msg_type() {
            2 => PartitionTimeReference::parse(message)?.into(),
            112 => TradeCancel::parse(message)?.into(),
            113 => CrossCorrection::parse(message)?.into(),
            114 => RetailPriceImprovement::parse(message)?.into(),
            _ => return Self::parse_common(message, SymbolIndexMapping::SIZE),
        }))
    }

    /// What all dialects share, but for the least size of a usual symbol index mapping.
    fn parse_common(
        message: MessageRef<'_>,
        least_mapping: usize,
    ) -> Result<Option<Self>, WireError> {
        Ok(Some(match message.msg_type() {
            1 => SequenceNumberReset::parse(message)?.into(),
            3 => match message.size() {
                BloombergSymbolIndexMapping::SIZE => {
                    BloombergSymbolIndexMapping::parse(message)?.into()
                }
                LegacySymbolIndexMapping::SIZE => LegacySymbolIndexMapping::parse(message)?.into(),
                size if (least_mapping..SymbolIndexMapping::SIZE).contains(&size) => {
                    LegacySymbolIndexMapping::parse(message)?.into()
                }
                size if size < least_mapping => return Err(message.too_short(least_mapping)),
                _ => SymbolIndexMapping::parse(message)?.into(),
            },
            10 => RetransmissionRequest::parse(message)?.into(),
            11 => RequestResponse::parse(message)?.into(),
            12 => HeartbeatResponse::parse(message)?.into(),
            13 => SymbolIndexMappingRequest::parse(message)?.into(),
            15 => RefreshRequest::parse(message)?.into(),
            31 => MessageUnavailable::parse(message)?.into(),
            32 => SymbolClear::parse(message)?.into(),
            34 => SecurityStatus::parse(message)?.into(),
            35 if message.size() == RefreshHeaderShort::SIZE => {
                RefreshHeaderShort::parse(message)?.into()
            }
            35 => RefreshHeader::parse(message)?.into(),
            223 => StockSummary::parse(message)?.into(),
            _ => return Ok(None),
        }))
    }
}

/// The forms of an imbalance before 2.2, told by their size.
fn short_imbalance(message: MessageRef<'_>) -> Result<Option<Message>, WireError> {
    Ok(match message.size() {
        XdpImbalanceV20::SIZE => Some(XdpImbalanceV20::parse(message)?.into()),
        XdpImbalanceV21::SIZE => Some(XdpImbalanceV21::parse(message)?.into()),
        _ => None,
    })
}
