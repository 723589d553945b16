//! How a command ends when it does not end well.

use std::{io, process::ExitCode};

use oxberry_net::in_words;

use crate::{console::say, whole_file::WholeFile};

/// Why a command did not do all that it was asked for.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line asks for something impossible: exit code 2.
    Usage(String),
    /// It could not be done: exit code 1.
    Run(anyhow::Error),
    /// It was done, but the input had faults, which were reported: exit code 1.
    FaultyInput,
    /// Whoever read the output has seen enough, as `head` has: exit code 0.
    ReaderGone,
    /// It was done, but some book could not be trusted, which was reported: exit code 3.
    NotLive,
}

impl Failure {
    /// What it means that standard output cannot be written.
    pub(crate) fn of_output(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::ReaderGone;
        }
        Self::Run(anyhow::Error::new(error).context("standard output cannot be written"))
    }

    /// What it means that rows cannot be written, to a file or else to standard output.
    pub(crate) fn of_rows(error: io::Error, file: Option<&WholeFile>) -> Self {
        let Some(file) = file else {
            return Self::of_output(error);
        };
        let message = format!("{}: cannot be written", file.path().display());
        Self::Run(anyhow::Error::new(error).context(message))
    }

    /// Says what is to be said and gives the exit code.
    #[must_use]
    pub(crate) fn report(self) -> ExitCode {
        match self {
            Self::Usage(message) => {
                say(format_args!(
                    "{message}\nFor more information, try '--help'."
                ));
                ExitCode::from(2)
            }
            Self::Run(error) => {
                say(in_words(error.as_ref()));
                ExitCode::FAILURE
            }
            Self::FaultyInput => ExitCode::FAILURE,
            Self::ReaderGone => ExitCode::SUCCESS,
            Self::NotLive => ExitCode::from(3),
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Run(error.into())
    }
}
