//! Secrets are compared without telling by the time that takes how much of a guess was right.

use std::hint::black_box;

/// Whether what was given is the secret. Takes as long for every guess.
#[must_use]
pub fn is_same_secret(secret: &[u8], given: &[u8]) -> bool {
    let mut differences = u8::from(secret.len() != given.len());
    for (at, byte) in secret.iter().enumerate() {
        // Without the fence a compiler may leave at the first difference.
        differences |= black_box(byte ^ given.get(at).copied().unwrap_or_default());
    }
    black_box(differences) == 0
}

#[cfg(test)]
mod tests {
    use super::is_same_secret;

    #[test]
    fn only_the_whole_secret_is_the_secret() {
        let secret = b"correct horse".as_slice();
        assert!(is_same_secret(secret, b"correct horse"));
        for guess in [
            "",
            "c",
            "correct hors",
            "correct horsf",
            "Correct horse",
            "correct horse ",
            "correct horse\0",
        ] {
            assert!(!is_same_secret(secret, guess.as_bytes()), "{guess:?}");
        }
        assert!(!is_same_secret(b"\0\0", b""), "nothing is not zeros");
    }
}
