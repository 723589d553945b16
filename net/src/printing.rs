//! Standard output of a daemon that was asked for something to read.

use std::fmt::Display;
use std::io::{self, Write as _};

/// Prints a text to standard output. A reader that is gone has read enough.
///
/// # Errors
///
/// When standard output cannot be written, which the error names.
pub fn print(text: impl Display) -> io::Result<()> {
    let mut output = io::stdout().lock();
    let printed = write!(output, "{text}").and_then(|()| output.flush());
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let words = format!("standard output cannot be written: {error}");
            Err(io::Error::new(error.kind(), words))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
