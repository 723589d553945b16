//! Values as text, the same in every format that is text.

use std::io::Write as _;

use oxberry_core::units::{PriceScale, RawPrice};

use super::format::Prices;

/// Writes numbers as text, faster than formatting does.
#[derive(Default)]
pub(super) struct Digits(itoa::Buffer);

impl Digits {
    /// Appends a number.
    #[inline]
    pub(super) fn number(&mut self, number: u64, to: &mut Vec<u8>) {
        to.extend_from_slice(self.0.format(number).as_bytes());
    }

    /// Appends a price as the wire has it, or as an exact decimal number.
    #[inline]
    pub(super) fn price(
        &mut self,
        price: RawPrice,
        scale: PriceScale,
        prices: Prices,
        to: &mut Vec<u8>,
    ) {
        match prices {
            Prices::Raw => self.number(u64::from(price.raw()), to),
            Prices::Decimal => {
                // Writing to memory does not fail.
                let _ = write!(to, "{}", price.decimal(scale));
            }
        }
    }
}

/// The codes without spaces at the end, as text: a code that is no printable character of ASCII is
/// a question mark.
pub(super) fn codes(codes: [u8; 4]) -> ([char; 4], usize) {
    let shown = codes.map(|code| match code {
        b' '..=b'~' => char::from(code),
        // Not set.
        0 => ' ',
        _ => '?',
    });
    let end = shown.iter().rposition(|code| *code != ' ');
    (shown, end.map_or(0, |last| last + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_lose_spaces_at_their_end_only() {
        let text = |bytes: &[u8; 4]| {
            let (shown, length) = codes(*bytes);
            shown.into_iter().take(length).collect::<String>()
        };
        assert_eq!(text(b"@ T "), "@ T");
        assert_eq!(text(b"    "), "");
        assert_eq!(text(b"\0\0\0\0"), "");
        assert_eq!(text(b"@F\xffI"), "@F?I");
    }
}
