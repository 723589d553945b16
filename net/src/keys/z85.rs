//! Z85, ZeroMQ's text for binary keys (its RFC 32): five characters for four bytes.

/// Bytes of a key.
pub(super) const KEY_BYTES: usize = 32;

/// Characters of a key.
pub(super) const KEY_CHARACTERS: usize = KEY_BYTES / 4 * 5;

const ALPHABET: &[u8; 85] =
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/// A key as text.
pub(super) fn encode(key: &[u8; KEY_BYTES]) -> String {
    let (words, _) = key.as_chunks::<4>();
    let mut text = String::with_capacity(KEY_CHARACTERS);
    for word in words {
        let word = u32::from_be_bytes(*word);
        for place in (0..5).rev() {
            let digit = word / 85_u32.pow(place) % 85;
            let letter = ALPHABET.get(digit as usize).copied().unwrap_or_default();
            text.push(char::from(letter));
        }
    }
    text
}

/// The key that a text says, or nothing where it says none.
pub(super) fn decode(text: &str) -> Option<[u8; KEY_BYTES]> {
    let (groups, rest) = text.as_bytes().as_chunks::<5>();
    if text.len() != KEY_CHARACTERS || !rest.is_empty() {
        return None;
    }
    let mut key = [0; KEY_BYTES];
    let (words, _) = key.as_chunks_mut::<4>();
    for (word, group) in words.iter_mut().zip(groups) {
        let mut value = 0_u32;
        for letter in group {
            let digit = ALPHABET.iter().position(|known| known == letter)?;
            let digit = u32::try_from(digit).ok()?;
            value = value.checked_mul(85)?.checked_add(digit)?;
        }
        *word = value.to_be_bytes();
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::{KEY_BYTES, decode, encode};

    #[test]
    fn text_is_what_libzmq_makes_of_the_bytes_and_leads_back() {
        for seed in 0..=255_u8 {
            let mut byte = seed;
            let key = [(); KEY_BYTES].map(|()| {
                byte = byte.wrapping_mul(167).wrapping_add(13);
                byte
            });
            let text = encode(&key);
            assert_eq!(text, zmq::z85_encode(&key).unwrap());
            assert_eq!(decode(&text), Some(key));
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let good = encode(&[7; KEY_BYTES]);
        assert_eq!(decode(&good[1..]), None);
        assert_eq!(decode(&format!("{good}0")), None);
        assert_eq!(decode(&good.replacen(|_: char| true, " ", 1)), None);
        assert_eq!(decode(&good.replacen(|_: char| true, "é", 1)), None);
        // Five of the last digit are more than four bytes hold.
        assert_eq!(decode(&"#".repeat(40)), None);
    }
}
