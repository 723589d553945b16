//! The word by which a scraper shows that it may read.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

/// Characters of a token at least: it must not be found by trying.
const LEAST_CHARACTERS: usize = 16;

/// Characters of a token at most: it must fit the head of a request beside everything else.
const MOST_CHARACTERS: usize = 512;

/// A secret that scrapers send as `Authorization: Bearer TOKEN`.
pub(super) struct Token(String);

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The file cannot be read.
    #[error("{}: the token for metrics cannot be read: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// What the file holds cannot be a token.
    #[error(
        "{}: a token has {LEAST_CHARACTERS} to {MOST_CHARACTERS} letters, digits or signs without \
         spaces on one line; make one with `openssl rand -hex 32`",
        file.display()
    )]
    NoToken {
        /// The file.
        file: PathBuf,
    },
}

impl Token {
    /// The token that a file holds; white space around it does not count.
    pub(super) fn of_file(file: &Path) -> Result<Self, TokenError> {
        let text = fs::read_to_string(file).map_err(|source| TokenError::Unreadable {
            file: file.to_owned(),
            source,
        })?;
        let token = text.trim();
        let is_long_enough = (LEAST_CHARACTERS..=MOST_CHARACTERS).contains(&token.len());
        if is_long_enough && token.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(token.to_owned()))
        } else {
            Err(TokenError::NoToken {
                file: file.to_owned(),
            })
        }
    }

    /// Whether this is the token. How long that takes says nothing but its length.
    pub(super) fn is(&self, shown: &[u8]) -> bool {
        let own = self.0.as_bytes();
        let differences = own
            .iter()
            .zip(shown)
            .fold(0, |all, (own, shown)| black_box(all | (own ^ shown)));
        own.len() == shown.len() && differences == 0
    }
}

/// Never shows the secret.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Token, TokenError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        Token::of_file(file.path())
    }

    #[test]
    fn only_the_whole_token_is_the_token() {
        let token = of("0123456789abcdef\n").unwrap();
        assert!(token.is(b"0123456789abcdef"));
        for other in [
            &b"0123456789abcdeF"[..],
            b"1123456789abcdef",
            b"0123456789abcde",
            b"0123456789abcdef0",
            b"",
        ] {
            assert!(!token.is(other), "{other:?}");
        }
        assert!(!format!("{token:?}").contains("0123"));
    }

    #[test]
    fn a_file_without_a_token_is_named_with_what_to_do() {
        for text in [
            "",
            "short",
            "0123456789 abcdef",
            "0123456789abcdef\nagain",
            "0123456789abcdé…",
        ] {
            let said = of(text).unwrap_err().to_string();
            assert!(said.contains("openssl rand -hex 32"), "{said}");
        }
        assert!(of(&"x".repeat(513)).is_err());
        let said = Token::of_file("/nonexistent/token".as_ref()).unwrap_err();
        let said = said.to_string();
        assert!(said.starts_with("/nonexistent/token: "), "{said}");
    }
}
