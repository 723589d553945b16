//! Codes of ITCH 5.0 as those of the feed (docs/wire-format.md, 4).

use oxberry_core::{
    units::Qty,
    xdp::{
        AuctionType, CrossType, ExchangeCode, HaltCondition, ImbalanceSide, RpiIndicator,
        SecurityStatusCode, SecurityType,
    },
};

use super::super::{
    action::{Action, Imbalance},
    tally::Tally,
};
use super::message;

/// The session that an event of the system (1.1) starts for all symbols.
pub(super) const fn session(event: u8) -> Option<SecurityStatusCode> {
    Some(match event {
        b'S' => SecurityStatusCode::EARLY_SESSION,
        b'Q' => SecurityStatusCode::CORE_SESSION,
        b'M' => SecurityStatusCode::LATE_SESSION,
        _ => return None,
    })
}

/// The market that lists a symbol, by its market category (1.2.1).
pub(super) const fn market(category: u8) -> ExchangeCode {
    match category {
        b'N' => ExchangeCode::NYSE,
        b'A' => ExchangeCode::AMERICAN,
        b'P' => ExchangeCode::ARCA,
        b'Z' => ExchangeCode::CBOE,
        b'V' => ExchangeCode::IEX,
        _ => ExchangeCode::NASDAQ,
    }
}

/// The kind of security, by its issue classification (1.2.1).
pub(super) const fn security_type(classification: u8, is_etp: bool) -> SecurityType {
    if is_etp {
        return SecurityType::ETF;
    }
    match classification {
        b'A' | b'F' => SecurityType::ADR,
        b'B' | b'N' | b'T' => SecurityType::DEBENTURE,
        b'O' => SecurityType::ORDINARY_SHARES,
        b'P' => SecurityType::PREFERRED,
        b'R' => SecurityType::RIGHTS,
        b'S' => SecurityType::BENEFICIAL_INTEREST,
        b'U' | b'V' => SecurityType::UNITS,
        b'W' => SecurityType::WARRANT,
        b'C' => SecurityType::COMMON,
        _ => SecurityType::MISCELLANEOUS,
    }
}

/// A trading state and its reason (1.2.2).
pub(super) fn trading_action(state: u8, reason: [u8; 4]) -> Option<Action> {
    let (status, halt) = match state {
        b'H' => (SecurityStatusCode::HALT, halt_condition(reason)),
        b'P' => (SecurityStatusCode::HALT, HaltCondition::LULD_PAUSE),
        // Orders are taken, and nothing trades.
        b'Q' => (
            SecurityStatusCode::BEGIN_ACCEPTING_ORDERS,
            halt_condition(reason),
        ),
        b'T' => (SecurityStatusCode::RESUME, HaltCondition::NOT_HALTED),
        _ => return None,
    };
    Some(Action::Status { status, halt })
}

/// Why a symbol is halted (1.2.2). Reasons without a code of their own are left open.
fn halt_condition(reason: [u8; 4]) -> HaltCondition {
    match reason.trim_ascii() {
        b"T1" => HaltCondition::NEWS_PENDING,
        b"T2" | b"T3" => HaltCondition::NEWS_DISSEMINATION,
        b"T8" => HaltCondition::ETF_COMPONENT_PRICES,
        b"T12" => HaltCondition::INFORMATION_REQUESTED,
        b"H4" | b"H9" | b"H10" | b"H11" => HaltCondition::REGULATORY_CONCERN,
        b"O1" => HaltCondition::EQUIPMENT_CHANGEOVER,
        b"LUDP" | b"LUDS" | b"M" => HaltCondition::LULD_PAUSE,
        b"MWC1" => HaltCondition::CIRCUIT_BREAKER_1,
        b"MWC2" => HaltCondition::CIRCUIT_BREAKER_2,
        b"MWC3" => HaltCondition::CIRCUIT_BREAKER_3,
        b"IPO1" => HaltCondition::NEW_OFFERING,
        _ => HaltCondition::NOT_HALTED,
    }
}

/// Whether short sales are restricted (1.2.3).
pub(super) const fn short_sales(action: u8) -> Option<Action> {
    let status = match action {
        b'0' => SecurityStatusCode::SSR_DEACTIVATED,
        b'1' => SecurityStatusCode::SSR_ACTIVATED,
        b'2' => SecurityStatusCode::SSR_CONTINUED,
        _ => return None,
    };
    Some(Action::Status {
        status,
        halt: HaltCondition::NOT_HALTED,
    })
}

/// A halt of Nasdaq's own (1.2.8); halts of its sister markets are not of these books.
pub(super) const fn operational_halt(market: u8, action: u8) -> Option<Action> {
    let (status, halt) = match (market, action) {
        (b'Q', b'H') => (
            SecurityStatusCode::HALT,
            HaltCondition::EQUIPMENT_CHANGEOVER,
        ),
        (b'Q', b'T') => (SecurityStatusCode::RESUME, HaltCondition::NOT_HALTED),
        _ => return None,
    };
    Some(Action::Status { status, halt })
}

/// The auction of a print (1.5.2); `None` for the intraday cross, which the feed does not have.
pub(super) const fn cross_type(code: u8) -> Option<CrossType> {
    Some(match code {
        b'O' => CrossType::OPENING,
        b'C' => CrossType::CLOSING,
        b'H' => CrossType::REOPENING,
        _ => return None,
    })
}

/// Where there is retail interest (1.7).
pub(super) const fn retail(flag: u8) -> Option<RpiIndicator> {
    Some(match flag {
        b'B' => RpiIndicator::BID,
        b'S' => RpiIndicator::OFFER,
        b'A' => RpiIndicator::BOTH,
        b'N' => RpiIndicator::NONE,
        _ => return None,
    })
}

/// How an auction would go (1.6); `None` for auctions that the feed does not have.
pub(super) fn imbalance(noii: message::Imbalance, altered: &mut Tally) -> Option<Action> {
    let (auction, auction_time) = match noii.cross_type {
        b'O' => (AuctionType::CORE_OPENING, 930),
        b'C' => (AuctionType::CLOSING, 1_600),
        b'H' => (AuctionType::HALT, 0),
        _ => return None,
    };
    Some(Action::Imbalance(Imbalance {
        auction,
        auction_time,
        paired: shares(noii.paired, altered),
        imbalance: shares(noii.imbalance, altered),
        side: match noii.direction {
            b'B' => ImbalanceSide::BUY,
            b'S' => ImbalanceSide::SELL,
            _ => ImbalanceSide::NONE,
        },
        reference: noii.reference,
        near: noii.near,
        far: noii.far,
    }))
}

/// Shares of a field of 64 bits in one of 32.
pub(super) fn shares(count: u64, altered: &mut Tally) -> Qty {
    Qty::from_raw(u32::try_from(count).unwrap_or_else(|_| {
        altered.count("shares above 4294967295, told as that");
        u32::MAX
    }))
}
