//! A symbol as the mapping file and message type 3 describe it.

use std::fmt;

use oxberry_core::{
    units::{PriceScale, SymbolIndex, SystemId},
    xdp::{
        Ascii, ExchangeCode, LegacySymbolIndexMapping, MarketId, SecurityType, SymbolIndexMapping,
    },
};

/// One cent, in hundredths of a cent.
const CENT: u16 = 100;

/// The longest name that the field of message type 3 holds with the NUL behind it.
const LONGEST_NAME: usize = 10;

/// What is known of a symbol when it first comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::import) struct Listing {
    /// As the format names it.
    pub(in crate::import) name: String,
    /// The market that lists it.
    pub(in crate::import) market: ExchangeCode,
    /// The kind of security.
    pub(in crate::import) security_type: SecurityType,
    /// Shares of a round lot.
    pub(in crate::import) lot: u16,
}

impl Listing {
    /// Of a symbol of which nothing but the name is known.
    pub(in crate::import) fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            market: ExchangeCode::NASDAQ,
            security_type: SecurityType::COMMON,
            lot: 100,
        }
    }

    /// Whether the name can stand in a mapping file.
    pub(in crate::import) fn is_nameable(name: &str) -> bool {
        !name.is_empty() && !name.contains(|c: char| c == '|' || c.is_control())
    }

    /// The message that defines the symbol. A name that is too long for it is cut; the mapping file has
    /// it whole.
    pub(super) fn definition(
        &self,
        symbol_index: SymbolIndex,
        system_id: SystemId,
        scale: PriceScale,
    ) -> SymbolIndexMapping {
        let name = self.name.as_bytes();
        let name = name.get(..LONGEST_NAME).unwrap_or(name);
        SymbolIndexMapping {
            base: LegacySymbolIndexMapping {
                symbol_index,
                symbol: Ascii::new(name).unwrap_or_default(),
                market_id: MarketId::ARCA_EQUITIES,
                system_id,
                exchange_code: self.market,
                price_scale_code: scale.code(),
                security_type: self.security_type,
                lot_size: self.lot,
                ..LegacySymbolIndexMapping::default()
            },
            mpv: CENT,
            unit_of_trade: self.lot,
            ..SymbolIndexMapping::default()
        }
    }

    /// The symbol's line of the mapping file, without its end.
    pub(super) fn line(
        &self,
        symbol_index: SymbolIndex,
        system_id: SystemId,
        scale: PriceScale,
    ) -> impl fmt::Display {
        let Self {
            name, market, lot, ..
        } = self;
        let tape = match *market {
            ExchangeCode::NYSE => 'A',
            ExchangeCode::NASDAQ => 'C',
            _ => 'B',
        };
        let (market, scale) = (char::from(market.raw()), scale.code());
        format!("{name}|{name}|{symbol_index}|P|{market}|{tape}|{lot}|{scale}|{system_id}|||")
    }
}
