//! How many decimal places the prices of a symbol need, and which code tells them.

use oxberry_core::{
    units::{Price, PriceScale, RawPrice},
    xdp::SignedPrice,
};

/// The decimal places of nearly all stocks.
const COMMON: u8 = 4;

/// What one unit of a raw price is worth in 1e-9, by the decimal places that it has.
const WORTH: [i64; 10] = [
    1_000_000_000,
    100_000_000,
    10_000_000,
    1_000_000,
    100_000,
    10_000,
    1_000,
    100,
    10,
    1,
];

/// The scale of one symbol: exact for every price so far. It changes only when a price comes that it
/// cannot hold, and only if another one holds all prices from before as well, since books keep them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Scale {
    /// `None` before the first price.
    code: Option<u8>,
    /// The decimal places that the prices so far need.
    places: u8,
    /// The highest price so far.
    highest: i64,
}

impl Scale {
    /// The scale that is told of a symbol of which no price is known.
    pub(super) const fn common() -> Self {
        Self {
            code: Some(COMMON),
            places: 0,
            highest: 0,
        }
    }

    /// Takes the price in; `false` if no scale holds it beside those from before.
    pub(super) fn takes(&mut self, price: Price) -> bool {
        let price = price.raw();
        if price < 0 {
            return false;
        }
        let places = places(price, self.places);
        let highest = self.highest.max(price);
        let holds = |code: &u8| *code >= places && raw(highest, *code).is_some();
        let code = self.code.filter(holds).or_else(|| {
            let finest = COMMON.max(places);
            (places..=finest).rev().find(holds)
        });
        if code.is_some() {
            *self = Self {
                code,
                places,
                highest,
            };
        }
        code.is_some()
    }

    /// The code, for messages.
    pub(super) fn code(self) -> PriceScale {
        let code = self.code.unwrap_or(COMMON);
        PriceScale::new(code).unwrap_or_else(|| Self::common().code())
    }

    /// A price that was taken in.
    pub(super) fn price(self, price: Price) -> SignedPrice {
        let raw = raw(price.raw(), self.code().code()).unwrap_or_default();
        SignedPrice::from(RawPrice::from_raw(raw))
    }
}

/// The decimal places that a price needs, at least so many.
fn places(price: i64, mut least: u8) -> u8 {
    while WORTH
        .get(usize::from(least))
        .is_some_and(|worth| price % worth != 0)
    {
        least += 1;
    }
    least
}

/// The price in units of the code, if a field holds it: signed, and never negative.
fn raw(price: i64, code: u8) -> Option<u32> {
    let worth = WORTH.get(usize::from(code))?;
    let raw = i32::try_from(price / worth).ok()?;
    u32::try_from(raw).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(raw: i64) -> Price {
        Price::from_raw(raw)
    }

    /// The code and the raw price after each of these prices; `None` where it is not held.
    fn told(prices: &[i64]) -> Vec<Option<(u8, i32)>> {
        let mut scale = Scale::default();
        let mut tell = |&raw: &i64| {
            let taken = scale.takes(price(raw));
            taken.then(|| (scale.code().code(), scale.price(price(raw)).raw()))
        };
        prices.iter().map(&mut tell).collect()
    }

    #[test]
    fn prices_have_four_places_unless_they_need_more_or_are_too_high() {
        assert_eq!(told(&[135_500_000_000]), [Some((4, 1_355_000))]);
        assert_eq!(told(&[110_015_625_000]), [Some((6, 110_015_625))]);
        assert_eq!(told(&[700_000_010_000_000]), [Some((3, 700_000_010))]);
        assert_eq!(told(&[0]), [Some((4, 0))]);
    }

    #[test]
    fn a_scale_changes_only_to_one_that_holds_all_prices_from_before() {
        // A finer one, and it stays.
        assert_eq!(
            told(&[1_000_000_000, 1_000_010_000, 2_000_000_000]),
            [Some((4, 10_000)), Some((5, 100_001)), Some((5, 200_000))]
        );
        // A coarser one.
        assert_eq!(
            told(&[10_000_000, 700_000_000_000_000]),
            [Some((4, 100)), Some((3, 700_000_000))]
        );
        // None, and the old one goes on.
        assert_eq!(
            told(&[700_000_000_000_000, 100_000, 5_000_000_000]),
            [Some((3, 700_000_000)), None, Some((3, 5_000))]
        );
    }

    #[test]
    fn prices_that_no_field_holds_are_not_taken() {
        assert_eq!(told(&[-37_630_000_000, i64::MAX]), [None, None]);
        assert_eq!(
            told(&[2_147_483_647_000_000_000, 2_147_483_648_000_000_000]),
            [Some((0, i32::MAX)), None]
        );
    }
}
