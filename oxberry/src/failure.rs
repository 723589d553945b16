//! How a command ends when it does not end well.

use std::{error::Error, io, process::ExitCode};

/// Why a command did not do all that it was asked for.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line asks for something impossible: exit code 2.
    Usage(String),
    /// It could not be done: exit code 1.
    Run(anyhow::Error),
    /// It was done, but the input had faults, which were reported: exit code 1.
    FaultyInput,
}

impl Failure {
    /// Says what is to be said and gives the exit code.
    #[must_use]
    pub(crate) fn report(self) -> ExitCode {
        match self {
            Self::Usage(message) => {
                eprintln!("oxberry: {message}\nFor more information, try '--help'.");
                ExitCode::from(2)
            }
            // Whoever read the output has seen enough, as `head` has.
            Self::Run(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
            Self::Run(error) => {
                eprintln!("oxberry: {error:#}");
                ExitCode::FAILURE
            }
            Self::FaultyInput => ExitCode::FAILURE,
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Run(error.into())
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let closed = |cause: &(dyn Error + 'static)| {
        cause
            .downcast_ref()
            .is_some_and(|io: &io::Error| io.kind() == io::ErrorKind::BrokenPipe)
    };
    error.chain().any(closed)
}
