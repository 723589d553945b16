//! Standard output: written in large pieces.

use std::{
    io::{self, BufWriter, Stdout, Write, stdout},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Bytes that are written at once.
const AT_ONCE: usize = 64 * 1024;

/// Standard output. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Output(Arc<Mutex<BufWriter<Stdout>>>);

impl Output {
    /// The standard output of this process.
    pub(crate) fn new() -> Self {
        let writer = BufWriter::with_capacity(AT_ONCE, stdout());
        Self(Arc::new(Mutex::new(writer)))
    }

    fn writer(&self) -> MutexGuard<'_, BufWriter<Stdout>> {
        // A panic elsewhere leaves whole lines, or none.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer().flush()
    }
}
