//! Names under which a page is asked for.

use std::fmt;
use std::str::FromStr;

/// The longest name that the DNS has.
const MAX_BYTES: usize = 253;

/// A host's name in lower case, without port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName(String);

/// A text that is no host's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no host name; write the name alone, such as oxberry.example, without https:// and \
     without port"
)]
pub struct HostNameError {
    /// What was written.
    pub text: String,
}

impl HostName {
    /// Whether a request asks for this name; case does not count, nor does the dot of the root.
    pub(crate) fn is(&self, asked: &str) -> bool {
        let asked = asked.strip_suffix('.').unwrap_or(asked);
        self.0.eq_ignore_ascii_case(asked)
    }
}

impl FromStr for HostName {
    type Err = HostNameError;

    fn from_str(text: &str) -> Result<Self, HostNameError> {
        let is_label = |label: &str| {
            let inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            !label.is_empty() && label.bytes().all(inside)
        };
        let name = text.strip_suffix('.').unwrap_or(text);
        if name.len() <= MAX_BYTES && name.split('.').all(is_label) {
            Ok(Self(name.to_ascii_lowercase()))
        } else {
            Err(HostNameError { text: text.into() })
        }
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_itself_whatever_its_case() {
        let name: HostName = "Oxberry.Example.".parse().unwrap();
        assert_eq!(name.to_string(), "oxberry.example");
        for asked in ["oxberry.example", "OXBERRY.example", "oxberry.example."] {
            assert!(name.is(asked), "{asked}");
        }
        for asked in ["", "oxberry", "oxberry.example.org", "xoxberry.example"] {
            assert!(!name.is(asked), "{asked}");
        }
    }

    #[test]
    fn what_is_more_or_less_than_a_name_is_refused_with_what_to_write() {
        for text in [
            "",
            ".",
            "a..b",
            "https://oxberry.example",
            "oxberry.example:443",
            "*.example",
            "oxberry example",
            &"a.".repeat(128),
        ] {
            let said = text.parse::<HostName>().unwrap_err().to_string();
            assert!(said.contains("write the name alone"), "{said}");
        }
    }
}
