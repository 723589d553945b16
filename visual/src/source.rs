//! What kind of feed a cluster plays, for the page to say.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// What kind of feed it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// It is the venue's, as it comes.
    Live,
    /// It is the venue's, held back.
    Delayed,
    /// It is a recording.
    Replay,
    /// It is made up: no share was ever traded so.
    MadeUp,
}

/// A word that is no kind of feed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no kind of feed; write one of live, delayed, replay and made-up")]
pub struct SourceError(String);

impl Source {
    const ALL: [Self; 4] = [Self::Live, Self::Delayed, Self::Replay, Self::MadeUp];

    /// What it is called in options and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Delayed => "delayed",
            Self::Replay => "replay",
            Self::MadeUp => "made-up",
        }
    }
}

impl FromStr for Source {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        let named = |source: &Self| source.name() == text;
        let found = Self::ALL.into_iter().find(named);
        found.ok_or_else(|| SourceError(text.into()))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_kind_prints_is_what_is_read_and_sent() {
        for source in Source::ALL {
            assert_eq!(source.to_string().parse(), Ok(source));
            let json = serde_json::to_value(source).unwrap();
            assert_eq!(json, source.name());
        }
        let error = "Live".parse::<Source>().unwrap_err().to_string();
        assert!(
            error.contains("`Live`") && error.contains("made-up"),
            "{error}"
        );
    }
}
