//! The cryptography of CURVE, which is NaCl's: keys of Curve25519, boxes of `XSalsa20` and Poly1305.
//!
//! The arithmetic is that of the crates of dalek and of Rust Crypto. Here it gets the bounds that
//! CURVE knows it by.

use crypto_secretbox::aead::{AeadInPlace, KeyInit};
use crypto_secretbox::{Kdf, XSalsa20Poly1305};
use curve25519_dalek::MontgomeryPoint;
use zeroize::Zeroizing;

/// A public or secret key, or what two of them share.
pub(crate) type Key = [u8; 32];
/// What may be used once with a key.
pub(crate) type Nonce = [u8; 24];
/// What tells a box from a forged one.
pub(crate) type Tag = [u8; 16];

/// A box that nobody with the key made, or a key of somebody else that makes no secret.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused;

/// The public key of a secret one.
pub(crate) fn public_key(secret: &Key) -> Key {
    MontgomeryPoint::mul_base_clamped(*secret).to_bytes()
}

/// The key of boxes between two who know each other's public key.
///
/// Some public keys, of small order, share the same secret with everybody; they are refused.
pub(crate) fn shared_key(public: &Key, secret: &Key) -> Result<Zeroizing<Key>, Refused> {
    let point = Zeroizing::new(MontgomeryPoint(*public).mul_clamped(*secret));
    if *point == MontgomeryPoint([0; 32]) {
        return Err(Refused);
    }
    let key = XSalsa20Poly1305::kdf(point.as_bytes().into(), &[0; 16].into());
    Ok(Zeroizing::new(key.into()))
}

/// Makes a message unreadable where it lies.
pub(crate) fn seal(message: &mut [u8], nonce: &Nonce, key: &Key) -> Result<Tag, Refused> {
    XSalsa20Poly1305::new(key.into())
        .encrypt_in_place_detached(nonce.into(), &[], message)
        .map(Tag::from)
        .map_err(|_| Refused)
}

/// Makes a message readable where it lies, or leaves it as it is.
pub(crate) fn open(message: &mut [u8], tag: &Tag, nonce: &Nonce, key: &Key) -> Result<(), Refused> {
    XSalsa20Poly1305::new(key.into())
        .decrypt_in_place_detached(nonce.into(), &[], message, tag.into())
        .map_err(|_| Refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    // The keys, nonce and message of "Cryptography in NaCl" (Bernstein, 2009), which libsodium is
    // tested with too. By RFC 7748 the keys are those of its section 6.1.
    const ALICE: Key = bytes(b"77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    const BOB: Key = bytes(b"5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    const ALICE_PUBLIC: Key =
        bytes(b"8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    const BOB_PUBLIC: Key =
        bytes(b"de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    const SHARED: Key = bytes(b"1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389");
    const NONCE: Nonce = bytes(b"69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37");
    const MESSAGE: [u8; 131] = bytes(
        b"be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffc\
          e5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb31\
          0e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde\
          048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f93776384864\
          5e0705",
    );
    const TAG: Tag = bytes(b"f3ffc7703f9400e52a7dfb4b3d3305d9");
    const BOXED: [u8; 131] = bytes(
        b"8e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186a\
          c0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738\
          b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da\
          99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74\
          e355a5",
    );

    const fn bytes<const N: usize>(digits: &[u8]) -> [u8; N] {
        assert!(digits.len() == 2 * N);
        let (mut bytes, mut at) = ([0; N], 0);
        while at < N {
            bytes[at] = value(digits[2 * at]) << 4 | value(digits[2 * at + 1]);
            at += 1;
        }
        bytes
    }

    const fn value(digit: u8) -> u8 {
        match digit {
            b'0'..=b'9' => digit - b'0',
            _ => digit - b'a' + 10,
        }
    }

    #[test]
    fn public_keys_are_those_that_were_published() {
        assert_eq!(public_key(&ALICE), ALICE_PUBLIC);
        assert_eq!(public_key(&BOB), BOB_PUBLIC);
    }

    #[test]
    fn both_sides_make_the_key_that_was_published() {
        assert_eq!(*shared_key(&BOB_PUBLIC, &ALICE).unwrap(), SHARED);
        assert_eq!(*shared_key(&ALICE_PUBLIC, &BOB).unwrap(), SHARED);
    }

    #[test]
    fn a_box_is_the_one_that_was_published() {
        let mut message = MESSAGE;
        assert_eq!(seal(&mut message, &NONCE, &SHARED), Ok(TAG));
        assert_eq!(message, BOXED);
        assert_eq!(open(&mut message, &TAG, &NONCE, &SHARED), Ok(()));
        assert_eq!(message, MESSAGE);
    }

    #[test]
    fn a_box_with_any_other_bit_is_refused() {
        for bit in 0..8 * BOXED.len() {
            let mut message = BOXED;
            message[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(&mut message, &TAG, &NONCE, &SHARED), Err(Refused));
        }
        for bit in 0..8 * TAG.len() {
            let mut tag = TAG;
            tag[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                open(&mut BOXED.clone(), &tag, &NONCE, &SHARED),
                Err(Refused)
            );
        }
    }

    #[test]
    fn a_key_that_shares_its_secret_with_everybody_is_refused() {
        let one = {
            let mut one = [0; 32];
            one[0] = 1;
            one
        };
        // Of order 8.
        let eight = bytes(b"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800");
        for public in [[0; 32], one, eight] {
            assert_eq!(shared_key(&public, &ALICE), Err(Refused));
        }
    }
}
