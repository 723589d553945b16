//! Standard error: the log lines of a daemon, and what a program says without a log.
//!
//! Whoever reads standard error may go, and what it is written to may be full. That is no reason for a
//! program to end or to change how it ends: what cannot be written is given up.

use std::env;
use std::error::Error;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The filter is malformed.
    #[error("`{filter}` is no log filter; write error, warn, info, debug or trace: {source}")]
    Filter {
        /// What was written.
        filter: String,
        /// What is wrong with it.
        source: ParseError,
    },
    /// Somebody else in the process logs already.
    #[error("cannot start logging: {source}")]
    Taken {
        /// What the log says.
        source: TryInitError,
    },
}

/// Says something to the one who started `program`, as a line on standard error.
pub fn say(program: &str, message: impl Display) {
    // One write, so that lines of several processes do not mix.
    let line = format!("{program}: {message}\n");
    // Nobody is left to be told.
    let _ = io::stderr().write_all(line.as_bytes());
}

/// An error and its causes in words. Many name their cause themselves, which is not repeated.
#[must_use]
pub fn in_words(error: &(dyn Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !words.ends_with(&more) {
            words.push_str(": ");
            words.push_str(&more);
        }
        cause = error.source();
    }
    words
}

/// Writes the process's log lines to standard error: those of at least the level that `filter` names,
/// such as `info`, or `info,oxberry_net=debug`.
///
/// Colours are for terminals; under systemd the journal knows the time.
///
/// # Errors
///
/// When the filter is malformed, or the process has a log already.
pub fn log_to_stderr(filter: &str) -> Result<(), LogError> {
    let parsed = EnvFilter::try_new(filter).map_err(|source| LogError::Filter {
        filter: filter.into(),
        source,
    })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(parsed)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        // It would tell of lines that cannot be written by a macro that panics, on standard error.
        .log_internal_errors(false)
        .with_target(false);
    let under_systemd = env::var_os("JOURNAL_STREAM").is_some_and(|journal| !journal.is_empty());
    let started = if under_systemd {
        builder.without_time().finish().try_init()
    } else {
        builder.finish().try_init()
    };
    started.map_err(|source| LogError::Taken { source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Outer {
        #[error("no page: {source}")]
        Telling { source: io::Error },
        #[error("no page")]
        Silent { source: io::Error },
    }

    #[test]
    fn every_cause_of_an_error_is_told_once() {
        let source = || io::Error::other("port taken");
        let told = "no page: port taken";
        assert_eq!(in_words(&Outer::Telling { source: source() }), told);
        assert_eq!(in_words(&Outer::Silent { source: source() }), told);
    }
}
