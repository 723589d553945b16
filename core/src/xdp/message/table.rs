//! Which message a number means in which dialect (docs/wire-format.md, 2.6 and 3.3).

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

            /// The message's name in docs/wire-format.md, without spaces; the same in all dialects.
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

/// Takes a message of whatever type it has.
///
/// What is done with a message is compiled for every type, so nothing is copied on the way: the
/// fastest way to look at all fields of all messages. [`Message`] is the convenient one.
pub trait Visitor {
    /// What comes of it.
    type Output;

    /// Takes the message.
    fn visit<B: Body + Into<Message>>(&mut self, body: B) -> Self::Output;
}

/// Reads a message and shows it to the visitor; `None` for a type that the dialect does not have,
/// which is to be skipped and counted.
///
/// A message longer than its type is read by its known prefix. Known shorter forms are told by
/// their exact size.
///
/// # Errors
///
/// When the message is shorter than its type needs. Only this message is lost.
#[inline]
pub fn visit<V: Visitor>(
    dialect: Dialect,
    message: MessageRef<'_>,
    visitor: &mut V,
) -> Result<Option<V::Output>, WireError> {
    match dialect {
        Dialect::Legacy => visit_legacy(message, visitor),
        Dialect::Xdp => visit_xdp(message, visitor),
        Dialect::Pillar => visit_pillar(message, visitor),
    }
}

/// Makes a [`Message`] of what it is shown.
struct IntoMessage;

impl Visitor for IntoMessage {
    type Output = Message;

    #[inline]
    fn visit<B: Body + Into<Message>>(&mut self, body: B) -> Message {
        body.into()
    }
}

impl Message {
    /// Reads a message, as [`visit`] does.
    ///
    /// # Errors
    ///
    /// When the message is shorter than its type needs. Only this message is lost.
    #[inline]
    pub fn parse(dialect: Dialect, message: MessageRef<'_>) -> Result<Option<Self>, WireError> {
        visit(dialect, message, &mut IntoMessage)
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
}

#[inline]
fn visit_legacy<V: Visitor>(
    message: MessageRef<'_>,
    visitor: &mut V,
) -> Result<Option<V::Output>, WireError> {
    Ok(Some(match message.msg_type() {
        2 => visitor.visit(SymbolTimeReference::parse(message)?),
        33 => visitor.visit(TradingSessionChange::parse(message)?),
        100 => visitor.visit(LegacyAddOrder::parse(message)?),
        101 => visitor.visit(LegacyModifyOrder::parse(message)?),
        102 => visitor.visit(LegacyDeleteOrder::parse(message)?),
        103 => visitor.visit(LegacyOrderExecution::parse(message)?),
        104 => visitor.visit(Pbbo::parse(message)?),
        105 => visitor.visit(LegacyImbalance::parse(message)?),
        106 => visitor.visit(LegacyAddOrderRefresh::parse(message)?),
        107 => visitor.visit(LegacyAttributedAddOrder::parse(message)?),
        108 => visitor.visit(LegacyAttributedAddOrderRefresh::parse(message)?),
        220 if message.size() == NyseTrade::SIZE => visitor.visit(NyseTrade::parse(message)?),
        220 => visitor.visit(LegacyTrade::parse(message)?),
        221 => visitor.visit(TradeCancelOrBust::parse(message)?),
        222 if message.size() == NyseTradeCorrection::SIZE => {
            visitor.visit(NyseTradeCorrection::parse(message)?)
        }
        222 => visitor.visit(LegacyTradeCorrection::parse(message)?),
        _ => return visit_common(message, LegacySymbolIndexMapping::SIZE, visitor),
    }))
}

#[inline]
fn visit_xdp<V: Visitor>(
    message: MessageRef<'_>,
    visitor: &mut V,
) -> Result<Option<V::Output>, WireError> {
    Ok(Some(match message.msg_type() {
        100 => visitor.visit(XdpAddOrder::parse(message)?),
        101 => visitor.visit(XdpModifyOrder::parse(message)?),
        102 => visitor.visit(XdpDeleteOrder::parse(message)?),
        103 if message.size() == XdpOrderExecutionV20::SIZE => {
            visitor.visit(XdpOrderExecutionV20::parse(message)?)
        }
        103 => visitor.visit(XdpOrderExecution::parse(message)?),
        104 => visitor.visit(XdpReplaceOrder::parse(message)?),
        105 => match message.size() {
            XdpImbalanceV20::SIZE => visitor.visit(XdpImbalanceV20::parse(message)?),
            XdpImbalanceV21::SIZE => visitor.visit(XdpImbalanceV21::parse(message)?),
            _ => visitor.visit(XdpImbalance::parse(message)?),
        },
        106 => visitor.visit(XdpAddOrderRefresh::parse(message)?),
        110 => visitor.visit(XdpNonDisplayedTrade::parse(message)?),
        111 => visitor.visit(XdpCrossTrade::parse(message)?),
        _ => return visit_modern(message, visitor),
    }))
}

#[inline]
fn visit_pillar<V: Visitor>(
    message: MessageRef<'_>,
    visitor: &mut V,
) -> Result<Option<V::Output>, WireError> {
    Ok(Some(match message.msg_type() {
        100 => visitor.visit(PillarAddOrder::parse(message)?),
        101 => visitor.visit(PillarModifyOrder::parse(message)?),
        102 => visitor.visit(PillarDeleteOrder::parse(message)?),
        103 if message.size() == XdpOrderExecutionV20::SIZE => {
            visitor.visit(XdpOrderExecutionV20::parse(message)?)
        }
        103 => visitor.visit(PillarOrderExecution::parse(message)?),
        104 => visitor.visit(PillarReplaceOrder::parse(message)?),
        105 => match message.size() {
            XdpImbalanceV20::SIZE => visitor.visit(XdpImbalanceV20::parse(message)?),
            XdpImbalanceV21::SIZE => visitor.visit(XdpImbalanceV21::parse(message)?),
            _ => visitor.visit(PillarImbalance::parse(message)?),
        },
        106 => visitor.visit(PillarAddOrderRefresh::parse(message)?),
        110 => visitor.visit(PillarNonDisplayedTrade::parse(message)?),
        111 => visitor.visit(PillarCrossTrade::parse(message)?),
        _ => return visit_modern(message, visitor),
    }))
}

/// What `Xdp` and `Pillar` share.
#[inline]
fn visit_modern<V: Visitor>(
    message: MessageRef<'_>,
    visitor: &mut V,
) -> Result<Option<V::Output>, WireError> {
    Ok(Some(match message.msg_type() {
        2 => visitor.visit(PartitionTimeReference::parse(message)?),
        112 => visitor.visit(TradeCancel::parse(message)?),
        113 => visitor.visit(CrossCorrection::parse(message)?),
        114 => visitor.visit(RetailPriceImprovement::parse(message)?),
        _ => return visit_common(message, SymbolIndexMapping::SIZE, visitor),
    }))
}

/// What all dialects share, but for the least size of a usual symbol index mapping.
fn visit_common<V: Visitor>(
    message: MessageRef<'_>,
    least_mapping: usize,
    visitor: &mut V,
) -> Result<Option<V::Output>, WireError> {
    Ok(Some(match message.msg_type() {
        1 => visitor.visit(SequenceNumberReset::parse(message)?),
        3 => match message.size() {
            BloombergSymbolIndexMapping::SIZE => {
                visitor.visit(BloombergSymbolIndexMapping::parse(message)?)
            }
            LegacySymbolIndexMapping::SIZE => {
                visitor.visit(LegacySymbolIndexMapping::parse(message)?)
            }
            size if (least_mapping..SymbolIndexMapping::SIZE).contains(&size) => {
                visitor.visit(LegacySymbolIndexMapping::parse(message)?)
            }
            size if size < least_mapping => return Err(message.too_short(least_mapping)),
            _ => visitor.visit(SymbolIndexMapping::parse(message)?),
        },
        10 => visitor.visit(RetransmissionRequest::parse(message)?),
        11 => visitor.visit(RequestResponse::parse(message)?),
        12 => visitor.visit(HeartbeatResponse::parse(message)?),
        13 => visitor.visit(SymbolIndexMappingRequest::parse(message)?),
        15 => visitor.visit(RefreshRequest::parse(message)?),
        31 => visitor.visit(MessageUnavailable::parse(message)?),
        32 => visitor.visit(SymbolClear::parse(message)?),
        34 => visitor.visit(SecurityStatus::parse(message)?),
        35 if message.size() == RefreshHeaderShort::SIZE => {
            visitor.visit(RefreshHeaderShort::parse(message)?)
        }
        35 => visitor.visit(RefreshHeader::parse(message)?),
        223 => visitor.visit(StockSummary::parse(message)?),
        _ => return Ok(None),
    }))
}
