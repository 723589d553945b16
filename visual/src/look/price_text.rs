//! Prices as people write them.

use oxberry_core::units::{PriceScale, RawPrice};

/// The price of a decimal text in a scale; `None` if it is none, or not one of that scale.
pub(crate) fn raw_price(text: &str, scale: PriceScale) -> Option<RawPrice> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let places = usize::from(scale.code());
    // Zeros behind the last place say nothing.
    let kept = part.trim_end_matches('0');
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(part) || kept.len() > places {
        return None;
    }
    let raw = format!("{whole}{kept:0<places$}").parse().ok()?;
    Some(RawPrice::from_raw(raw))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_text_is_the_price_of_its_scale() {
        let scale = |code| PriceScale::new(code).unwrap();
        let raw = |text: &str, code| raw_price(text, scale(code)).map(RawPrice::raw);
        for (text, code, price) in [
            ("30.50", 4, 305_000),
            ("30.5", 4, 305_000),
            ("30", 4, 300_000),
            ("30.500000", 4, 305_000),
            ("0.0001", 4, 1),
            ("122800", 0, 122_800),
            ("122800.0", 0, 122_800),
        ] {
            assert_eq!(raw(text, code), Some(price), "{text}");
            let shown = RawPrice::from_raw(price).decimal(scale(code)).to_string();
            assert_eq!(raw(&shown, code), Some(price), "{shown} is what is shown");
        }
        for text in [
            "",
            ".",
            ".5",
            "-1",
            "+1",
            "1e3",
            "30.50001",
            "30.5.0",
            " 30",
            "429496.7296",
        ] {
            assert_eq!(raw(text, 4), None, "{text:?}");
        }
    }
}
