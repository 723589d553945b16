//! Codes of one or two bytes and what they mean (docs/wire-format.md, 4).
//!
//! A code is a number with names, not an enum: a code that docs/wire-format.md does not list stays
//! what it is, can be printed, and round trips.

use core::fmt;

use super::field::{FieldValue, Wire};
use crate::units::Side;

/// Declares codes: type, wire integer, how `decode` shows it, default, and the listed values.
macro_rules! codes {
    ($(
        $(#[$doc:meta])*
        $name:ident($raw:ty) shown as $shown:ident, default $default:literal {
            $($value:literal $constant:ident $meaning:literal)*
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[repr(transparent)]
        pub struct $name($raw);

        impl $name {
            $(
                #[doc = concat!("The code ", stringify!($value), ": ", $meaning, ".")]
                pub const $constant: Self = Self($value);
            )*

            /// Every code that docs/wire-format.md lists.
            pub const LISTED: &'static [Self] = &[$(Self::$constant),*];

            /// Wraps the wire's integer; any is allowed.
            #[must_use]
            pub const fn from_raw(raw: $raw) -> Self {
                Self(raw)
            }

            /// The wire's integer.
            #[must_use]
            pub const fn raw(self) -> $raw {
                self.0
            }

            /// What the code means, or `None` for one that docs/wire-format.md does not list.
            #[must_use]
            pub const fn meaning(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($meaning),)*
                    _ => None,
                }
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self($default)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                show::$shown(f, u16::from(self.0), self.meaning())
            }
        }

        impl Wire for $name {
            const SIZE: usize = <$raw>::SIZE;

            #[inline(always)]
            fn read(message: &[u8], offset: usize) -> Self {
                Self(<$raw>::read(message, offset))
            }

            #[inline(always)]
            fn write(self, message: &mut [u8], offset: usize) {
                self.0.write(message, offset);
            }

            fn show(&self, name: &'static str, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
                visit(name, show::value::$shown(self.0));
            }
        }
    )*};
}

/// The two ways to show a code.
mod show {
    use core::fmt;

    pub(super) fn number(
        f: &mut fmt::Formatter<'_>,
        raw: u16,
        meaning: Option<&'static str>,
    ) -> fmt::Result {
        write!(f, "{raw} ({})", meaning.unwrap_or("not listed"))
    }

    pub(super) fn character(
        f: &mut fmt::Formatter<'_>,
        raw: u16,
        meaning: Option<&'static str>,
    ) -> fmt::Result {
        let [character, _] = raw.to_le_bytes();
        write!(
            f,
            "'{}' ({})",
            character.escape_ascii(),
            meaning.unwrap_or("not listed")
        )
    }

    pub(super) mod value {
        use super::super::FieldValue;

        pub(in super::super) fn number(raw: impl Into<u64>) -> FieldValue<'static> {
            FieldValue::Unsigned(raw.into())
        }

        pub(in super::super) const fn character(raw: u8) -> FieldValue<'static> {
            FieldValue::Char(raw)
        }
    }
}

codes! {
    /// What kind of packet it is (docs/wire-format.md, 1.2).
    DeliveryFlag(u8) shown as number, default 11 {
        1 HEARTBEAT "heartbeat"
        10 FAILOVER "publisher failover"
        11 ORIGINAL "original message"
        12 SEQUENCE_RESET "sequence number reset"
        13 RETRANSMISSION_ONLY "the only packet of a retransmission"
        15 RETRANSMISSION_PART "part of a retransmission"
        17 REFRESH_ONLY "the only packet of a refresh"
        18 REFRESH_START "start of a refresh"
        19 REFRESH_PART "part of a refresh"
        20 REFRESH_END "end of a refresh"
        21 MESSAGE_UNAVAILABLE "message unavailable"
        30 COMPACTED_FAILOVER "compacted failover, 2014 only"
        41 MESSAGE_UNAVAILABLE_2014 "message unavailable, second value of 2014"
    }

    /// The feed product (docs/wire-format.md, 1.10).
    ProductId(u8) shown as number, default 0 {
        3 NYSE_BBO "NYSE BBO"
        8 NYSE_IMBALANCES "NYSE Imbalances"
        11 NYSE_INTEGRATED "NYSE Integrated"
        59 AMERICAN_INTEGRATED "American Integrated"
        109 NATIONAL_INTEGRATED "National Integrated"
        157 ARCA_INTEGRATED "Arca Integrated"
        209 CHICAGO_INTEGRATED "Chicago, later Texas, Integrated"
    }

    /// The market that a symbol trades on.
    MarketId(u16) shown as number, default 0 {
        1 NYSE "NYSE"
        2 EUROPE "Europe, 1.x only"
        3 ARCA_EQUITIES "Arca equities"
        4 ARCA_OPTIONS "Arca options"
        5 BONDS "bonds"
        6 GLOBAL_OTC "Global OTC, until 2.3"
        7 LIFFE "Liffe, 1.x only"
        8 AMERICAN_OPTIONS "American options"
        9 AMERICAN_EQUITIES "American equities"
        10 NATIONAL "National"
        11 CHICAGO "Chicago, later Texas"
    }

    /// The market that lists a symbol.
    ExchangeCode(u8) shown as character, default b'P' {
        b'A' AMERICAN "American"
        b'B' OTC_B "Global OTC"
        b'C' NATIONAL "National, 2.1 only"
        b'L' LTSE "LTSE"
        b'M' CHICAGO "Chicago, later Texas"
        b'N' NYSE "NYSE"
        b'P' ARCA "Arca"
        b'Q' NASDAQ "Nasdaq"
        b'U' OTC_U "Global OTC"
        b'V' IEX "IEX; Global OTC in its files"
        b'Z' CBOE "Cboe BZX, formerly BATS"
    }

    /// The kind of security. The NYSE set before 2.3a used the same letters for other things.
    SecurityType(u8) shown as character, default b'C' {
        b'A' ADR "ADR; in the old NYSE set common stock"
        b'B' OLD_PREFERRED "in the old NYSE set preferred stock"
        b'C' COMMON "common stock; in the old NYSE set warrant"
        b'D' DEBENTURE "debenture; in the old NYSE set right"
        b'E' ETF "ETF; in the old NYSE set corporate bond"
        b'F' FOREIGN "foreign; in the old NYSE set treasury bond"
        b'G' OLD_STRUCTURED_PRODUCT "in the old NYSE set structured product"
        b'H' US_DEPOSITARY_SHARES "US depositary shares; in the old NYSE set ADR common"
        b'I' UNITS "units; in the old NYSE set ADR preferred"
        b'J' OLD_ADR_WARRANTS "in the old NYSE set ADR warrants"
        b'K' OLD_ADR_RIGHTS "in the old NYSE set ADR rights"
        b'L' INDEX_LINKED_NOTE "index-linked note; in the old NYSE set ADR bond"
        b'M' MISCELLANEOUS "miscellaneous or liquid trust; in the old NYSE set NY registered"
        b'N' OLD_GLOBAL_REGISTERED "in the old NYSE set global registered"
        b'O' ORDINARY_SHARES "ordinary shares; in the old NYSE set index"
        b'P' PREFERRED "preferred stock; in the old NYSE set fund"
        b'Q' OLD_BASKET "in the old NYSE set basket"
        b'R' RIGHTS "rights; in the old NYSE set unit"
        b'S' BENEFICIAL_INTEREST "shares of beneficial interest; in the old NYSE set liquidating trust"
        b'T' TEST "test"
        b'U' CLOSED_END_FUND "closed-end fund; in the old NYSE set unknown"
        b'W' WARRANT "warrant"
    }

    /// The price grid of a symbol.
    PriceResolution(u8) shown as number, default 0 {
        0 PENNY "all penny"
        1 PENNY_NICKEL "penny and nickel"
        5 NICKEL_DIME "nickel and dime"
    }

    /// Whether round lots are accepted.
    RoundLot(u8) shown as character, default b'Y' {
        b'Y' YES "round lots accepted"
        b'N' NO "round lots not accepted"
    }

    /// How the venue answered a request.
    RequestStatus(u8) shown as character, default b'0' {
        b'0' ACCEPTED "accepted"
        b'1' BAD_SOURCE_ID "unknown source id"
        b'2' BAD_RANGE "bad sequence range"
        b'3' RANGE_TOO_LARGE "range too large"
        b'4' RETRANSMISSION_QUOTA "daily quota of retransmissions used up"
        b'5' REFRESH_QUOTA "daily quota of refreshes used up"
        b'6' TOO_OLD "messages too old"
        b'7' BAD_CHANNEL_ID "unknown channel id"
        b'8' BAD_PRODUCT_ID "unknown product id"
        b'9' BAD_MESSAGE "unknown message type, or size mismatch"
    }

    /// How requested messages are to be delivered.
    RetransmitMethod(u8) shown as number, default 0 {
        0 UDP "UDP"
    }

    /// The session that starts.
    TradingSession(u8) shown as number, default 2 {
        1 MORNING "morning"
        2 CORE "core"
        4 LATE "late"
    }

    /// The sessions in which an order is valid, as a bit mask: 1 morning, 2 core, 4 late.
    TradeSession(u8) shown as number, default 7 {
        1 MORNING "morning"
        2 CORE "core"
        3 MORNING_CORE "morning and core"
        4 LATE "late"
        6 CORE_LATE "core and late"
        7 ALL "morning, core and late"
    }

    /// The new status of a security.
    SecurityStatusCode(u8) shown as character, default b'O' {
        b'3' OPENING_DELAY "opening delay"
        b'4' HALT "trading halt"
        b'5' RESUME "resume"
        b'6' NO_OPEN "no open and no resume; since 2.5 suspend"
        b'A' SSR_ACTIVATED "short sale restriction activated, day 1"
        b'B' BEGIN_ACCEPTING_ORDERS "begin accepting orders"
        b'C' SSR_CONTINUED "short sale restriction continued, day 2"
        b'D' SSR_DEACTIVATED "short sale restriction deactivated"
        b'E' EARLY_SESSION "early session; in 2014 short sale restriction in effect"
        b'G' PREOPENING_INDICATION "price indication before the opening"
        b'I' PRICE_INDICATION "price indication"
        b'L' LATE_SESSION "late session"
        b'O' CORE_SESSION "core session; in 2014 opened"
        b'P' PREOPENING "pre-opening"
        b'R' RULE_15_INDICATION "rule 15 indication"
        b'T' TIME_INDICATION "time indication"
        b'X' CLOSED "closed"
    }

    /// Why a security is halted.
    HaltCondition(u8) shown as character, default b'~' {
        b' ' NOT_HALTED_TAPE_A "not halted, NYSE tape A before 2.3a"
        b'~' NOT_HALTED "not halted"
        b'1' CIRCUIT_BREAKER_1 "market-wide circuit breaker, level 1"
        b'2' CIRCUIT_BREAKER_2 "market-wide circuit breaker, level 2"
        b'3' CIRCUIT_BREAKER_3 "market-wide circuit breaker, level 3"
        b'6' SUSPEND "suspend"
        b'A' INFORMATION_REQUESTED "additional information requested"
        b'C' REGULATORY_CONCERN "regulatory concern"
        b'D' NEWS_DISSEMINATION "news dissemination"
        b'E' MERGER "merger effective"
        b'F' ETF_COMPONENT_PRICES "ETF component prices not available"
        b'I' ORDER_IMBALANCE "order imbalance"
        b'M' LULD_PAUSE "limit-up limit-down pause"
        b'N' CORPORATE_ACTION "corporate action"
        b'O' NEW_OFFERING "new security offering"
        b'P' NEWS_PENDING "news pending"
        b'S' OLD_S "removed in 2.2a"
        b'V' INTRADAY_INDICATIVE_VALUE "intraday indicative value not available"
        b'X' EQUIPMENT_CHANGEOVER "equipment changeover"
        b'Z' OLD_Z "removed in 2.2a"
    }

    /// The exchange that triggered a short sale restriction.
    SsrTriggeringExchange(u8) shown as character, default b' ' {
        b' ' NONE "none"
        b'A' A "exchange A"
        b'B' B "exchange B"
        b'C' C "exchange C"
        b'D' D "exchange D"
        b'G' X24 "24X"
        b'H' MIAX_PEARL "MIAX Pearl"
        b'I' I "exchange I"
        b'J' J "exchange J"
        b'K' K "exchange K"
        b'L' LTSE "LTSE"
        b'M' M "exchange M"
        b'N' N "exchange N"
        b'P' P "exchange P"
        b'Q' Q "exchange Q"
        b'S' S "exchange S, before 2.5"
        b'T' T "exchange T"
        b'U' MEMX "MEMX"
        b'V' V "exchange V"
        b'W' W "exchange W"
        b'X' X "exchange X"
        b'Y' Y "exchange Y"
        b'Z' Z "exchange Z"
    }

    /// Whether a short sale restriction is in effect.
    SsrState(u8) shown as character, default b'~' {
        b'~' NONE "no short sale restriction"
        b'E' IN_EFFECT "short sale restriction in effect"
    }

    /// The state of the market for a security.
    MarketState(u8) shown as character, default b'O' {
        b'P' PREOPENING "pre-opening"
        b'E' EARLY "early session"
        b'O' CORE "core session"
        b'L' LATE "late session"
        b'X' CLOSED "closed"
    }

    /// An unused byte of a security status, shown as a character.
    SessionState(u8) shown as character, default 0 {
        0 UNUSED "unused"
    }

    /// The side of an order.
    SideCode(u8) shown as character, default b'B' {
        b'B' BUY "buy"
        b'S' SELL "sell"
    }

    /// Whether a legacy order is good for the day or until cancelled; part of its identity.
    GtcIndicator(u8) shown as number, default 0 {
        0 DAY "day order"
        1 GTC "good till cancelled"
    }

    /// Why a legacy order was modified.
    ModifyReason(u8) shown as number, default 0 {
        0 NOT_POPULATED "not populated"
        5 CHANGE "changed, lost its place"
        6 ROUTED "routed, kept its place"
        7 FILL "filled in part, kept its place"
    }

    /// Why a legacy order was deleted.
    DeleteReason(u8) shown as number, default 0 {
        0 NOT_POPULATED "not populated"
        1 USER_CANCEL "cancelled by the user"
        2 MODIFY "taken off to be changed; the same id may come again"
        3 FILLED "filled"
    }

    /// What a legacy execution did to its order.
    ExecutionReason(u8) shown as number, default 0 {
        0 NOT_POPULATED "not populated; a modify or delete follows"
        3 FILLED "filled, leaves the book"
        7 PARTIAL_FILL "filled in part"
    }

    /// Whether a modified order kept its place in the queue.
    PositionChange(u8) shown as number, default 0 {
        0 KEPT "kept its place, unless the price changed"
        1 LOST "lost its place"
    }

    /// Whether a trade was reported to the consolidated tape.
    PrintableFlag(u8) shown as number, default 1 {
        0 NOT_PRINTED "not printed"
        1 PRINTED "printed"
    }

    /// The kind of auction.
    AuctionType(u8) shown as character, default b'O' {
        b'O' EARLY_OPENING "early opening"
        b'M' CORE_OPENING "core opening"
        b'H' HALT "reopening after a halt"
        b'C' CLOSING "closing"
        b'P' EXTREME_CLOSING_IMBALANCE "extreme closing imbalance"
        b'R' REGULATORY_CLOSING_IMBALANCE "regulatory, in Pillar significant, closing imbalance"
    }

    /// The side of an imbalance or of unpaired shares.
    ImbalanceSide(u8) shown as character, default b' ' {
        b' ' NONE "none"
        b'B' BUY "buy"
        b'S' SELL "sell"
    }

    /// Whether an auction will run.
    AuctionStatus(u8) shown as number, default 0 {
        0 AS_ALWAYS "will run as always"
        1 WILL_RUN "will run"
        2 WILL_NOT_RUN "will not run, the imbalance is through the collars"
        3 MOVES_TO_CLOSE "will not run, moves to the closing auction"
    }

    /// Whether the imbalance freeze is on.
    FreezeStatus(u8) shown as number, default 0 {
        0 OFF "no freeze"
        1 ON "imbalance freeze"
    }

    /// Whether an imbalance is significant.
    SignificantImbalance(u8) shown as character, default b' ' {
        b' ' NO "no, or not in use"
        b'Y' YES "significant"
    }

    /// A trade's settlement condition.
    TradeCond1(u8) shown as character, default b'@' {
        b'@' REGULAR "regular"
        b'C' CASH "cash"
        b'N' NEXT_DAY "next day"
        b'R' SELLER "seller"
    }

    /// A trade's reason for exemption from the trade-through rule.
    TradeCond2(u8) shown as character, default b' ' {
        b' ' NONE "none"
        b'F' ISO "intermarket sweep"
        b'O' OPENING "opening"
        b'4' DERIVATIVELY_PRICED "derivatively priced"
        b'5' REOPENING "reopening"
        b'6' CLOSING "closing"
        b'7' QUALIFIED_CONTINGENT "qualified contingent"
        b'9' CORRECTED_LAST_SALE "corrected last sale"
    }

    /// Whether a trade was out of sequence or in extended hours.
    TradeCond3(u8) shown as character, default b' ' {
        b' ' NONE "none"
        b'L' SOLD_LAST "sold last"
        b'T' EXTENDED_HOURS "extended hours"
        b'U' EXTENDED_HOURS_SOLD "extended hours, out of sequence"
        b'Z' SOLD "out of sequence"
    }

    /// The exchange's own detail of a trade.
    TradeCond4(u8) shown as character, default b' ' {
        b' ' NONE "none"
        b'@' REGULAR "regular"
        b'B' AVERAGE_PRICE "average price"
        b'E' AUTOMATIC_EXECUTION "automatic execution"
        b'H' PRICE_VARIATION "price variation"
        b'I' ODD_LOT "odd lot; in 2011 CAP election"
        b'K' RULE_127_155 "rule 127 or 155"
        b'M' OFFICIAL_CLOSE "official close"
        b'P' PRIOR_REFERENCE_PRICE "prior reference price"
        b'Q' OFFICIAL_OPEN "official open"
        b'V' CONTINGENT "contingent; in 2011 stock option"
        b'X' CROSS "cross"
    }

    /// Whether a trade was exempt from rule 611.
    TradeThroughExempt(u8) shown as character, default b' ' {
        b' ' NOT_APPLICABLE "not applicable"
        b'X' EXEMPT "exempt"
    }

    /// Which side of a trade provided liquidity.
    LiquidityIndicator(u8) shown as number, default 1 {
        1 BUY "buy side"
        2 SELL "sell side"
        3 NONE_2011 "no liquidity added, as 2011 data may have it"
        4 NONE "no liquidity added"
    }

    /// The kind of auction that printed.
    CrossType(u8) shown as character, default b'O' {
        b'E' EARLY_OPENING "early opening"
        b'O' OPENING "opening"
        b'5' REOPENING "reopening"
        b'6' CLOSING "closing"
    }

    /// Retail interest inside the spread.
    RpiIndicator(u8) shown as character, default b' ' {
        b' ' NONE "none"
        b'A' BID "on the bid"
        b'B' OFFER "on the offer"
        b'C' BOTH "on both sides"
    }
}

impl SideCode {
    /// The side of the book, or `None` for a code that names none.
    #[must_use]
    pub const fn side(self) -> Option<Side> {
        match self {
            Self::BUY => Some(Side::Bid),
            Self::SELL => Some(Side::Ask),
            _ => None,
        }
    }
}

impl From<Side> for SideCode {
    fn from(side: Side) -> Self {
        match side {
            Side::Bid => Self::BUY,
            Side::Ask => Self::SELL,
        }
    }
}

impl GtcIndicator {
    /// Whether the order is good till cancelled.
    #[must_use]
    pub const fn is_gtc(self) -> bool {
        self.0 != 0
    }
}
