//! The token by which somebody shows over HTTP that he may read, and the file that holds it.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::limits::{MAX_TOKEN_BYTES, MIN_TOKEN_BYTES};
use crate::secret::is_same_secret;

/// What opens the page or the metrics to who shows it. Neither logs nor errors show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// A token, and the file that it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenFile {
    /// The file.
    pub path: PathBuf,
    /// What it holds.
    pub token: Token,
}

/// Why a file holds no token that can be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The file cannot be read.
    #[error(
        "{}: the token cannot be read: {source}; make one with: {}",
        file.display(), Token::command(file)
    )]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Others can read the file, or write it.
    #[error(
        "{}: others than its owner can read or write the token (mode {mode:04o}); \
         chmod 600 {0}, and make a new one if it may have been seen: {1}",
        file.display(), Token::command(file)
    )]
    Open {
        /// The file.
        file: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// What it holds is no token.
    #[error(
        "{}: a token is one line of {MIN_TOKEN_BYTES} to {MAX_TOKEN_BYTES} letters, digits and signs \
         without blanks; make one with: {}",
        file.display(), Token::command(file)
    )]
    Unfit {
        /// The file.
        file: PathBuf,
    },
}

impl Token {
    /// The command that makes a token of 192 random bits in a file that nobody else can read.
    #[must_use]
    pub fn command(file: &Path) -> String {
        let file = file.display();
        format!("(umask 077 && head -c 24 /dev/urandom | base64 > {file})")
    }

    /// Whether what was given is the token; takes as long for every guess.
    #[must_use]
    pub fn is(&self, given: &[u8]) -> bool {
        is_same_secret(self.0.as_bytes(), given)
    }

    /// The token of a text, if it is one.
    fn of(text: &str) -> Option<Self> {
        let line = text.strip_suffix('\n').unwrap_or(text);
        let is_fit = (MIN_TOKEN_BYTES..=MAX_TOKEN_BYTES).contains(&line.len())
            && line.bytes().all(|byte| byte.is_ascii_graphic());
        is_fit.then(|| Self(line.to_owned()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl TokenFile {
    /// Reads the token.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, when anybody but its owner can (a file of root may be read by
    /// its group, which is how a service is let to read it), or when it holds no token.
    pub fn read(path: &Path) -> Result<Self, TokenError> {
        let file = || path.to_owned();
        let unreadable = |source| TokenError::Unreadable {
            file: file(),
            source,
        };
        let mut opened = File::open(path).map_err(unreadable)?;
        let metadata = opened.metadata().map_err(unreadable)?;
        if is_open_to_others(&metadata) {
            let mode = metadata.mode() & 0o7777;
            return Err(TokenError::Open { file: file(), mode });
        }
        let mut bytes = Vec::new();
        let most = u64::try_from(MAX_TOKEN_BYTES).unwrap_or(u64::MAX) + 2;
        opened
            .by_ref()
            .take(most)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        let token = str::from_utf8(&bytes).ok().and_then(Token::of);
        let token = token.ok_or_else(|| TokenError::Unfit { file: file() })?;
        Ok(Self {
            path: file(),
            token,
        })
    }
}

fn is_open_to_others(metadata: &fs::Metadata) -> bool {
    let allowed = if metadata.uid() == 0 { 0o740 } else { 0o700 };
    metadata.mode() & 0o777 & !allowed != 0
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn read(text: &str, mode: u32) -> Result<TokenFile, TokenError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        TokenFile::read(&path)
    }

    #[test]
    fn a_line_is_a_token_and_is_never_shown() {
        let file = read("0123456789abcdef\n", 0o600).unwrap();
        assert!(file.token.is(b"0123456789abcdef"));
        assert!(!file.token.is(b"0123456789abcdef\n"));
        let shown = format!("{file:?}");
        assert!(shown.contains("token\""), "{shown}");
        assert!(!shown.contains("0123"), "{shown}");
    }

    #[test]
    fn what_is_no_token_is_refused_with_the_command_that_makes_one() {
        let long = "x".repeat(MAX_TOKEN_BYTES + 1);
        for text in [
            "",
            "\n",
            "0123456789abcde",
            "0123456789 abcdef",
            "0123456789abcdef\nsecond",
            "0123456789abcdeé",
            &long,
        ] {
            let said = read(text, 0o600).unwrap_err().to_string();
            assert!(said.contains("a token is one line of 16 to 256"), "{said}");
            assert!(said.contains("head -c 24 /dev/urandom"), "{said}");
            assert!(text.is_empty() || text == "\n" || !said.contains(text));
        }
    }

    #[test]
    fn a_file_that_others_can_read_or_write_is_refused() {
        for mode in [0o644, 0o604, 0o602, 0o620, 0o660] {
            let said = read("0123456789abcdef", mode).unwrap_err().to_string();
            assert!(said.contains(&format!("(mode {mode:04o})")), "{said}");
            assert!(said.contains("chmod 600"), "{said}");
        }
        for mode in [0o600, 0o400] {
            read("0123456789abcdef", mode).unwrap();
        }
    }

    #[test]
    fn only_a_file_of_root_may_be_read_by_its_group() {
        let ours = tempfile::NamedTempFile::new().unwrap();
        let is_of_root = ours.as_file().metadata().unwrap().uid() == 0;
        assert_eq!(read("0123456789abcdef", 0o640).is_ok(), is_of_root);
    }

    #[test]
    fn a_missing_file_is_named_with_the_command_that_makes_it() {
        let said = TokenFile::read(Path::new("/no/such/token")).unwrap_err();
        let said = said.to_string();
        assert!(said.starts_with("/no/such/token: the token cannot be read"));
        assert!(said.contains("base64 > /no/such/token"), "{said}");
    }
}
