//! What commands write: in large pieces, and whenever the input has nothing more for now.

use std::{
    fs::File,
    io::{self, BufWriter, Write, stdout},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use oxberry_feed::source::Source;

/// Bytes that are written at once.
const AT_ONCE: usize = 64 * 1024;

/// Standard output or a file. Clones are the same.
#[derive(Clone)]
pub(crate) struct Output(Arc<Mutex<Inner>>);

struct Inner {
    writer: BufWriter<Box<dyn Write + Send>>,
    /// Why it could not be written while an input was waited for.
    failed: Option<io::Error>,
}

impl Output {
    /// The standard output of this process.
    pub(crate) fn new() -> Self {
        Self::of(Box::new(stdout()))
    }

    /// A file, or what stands in its place, such as a named pipe.
    pub(crate) fn to_file(file: File) -> Self {
        Self::of(Box::new(file))
    }

    fn of(writer: Box<dyn Write + Send>) -> Self {
        let writer = BufWriter::with_capacity(AT_ONCE, writer);
        let failed = None;
        Self(Arc::new(Mutex::new(Inner { writer, failed })))
    }

    /// From now on writes out everything of these before the source is waited for, so that what
    /// came through a pipe is seen when it came.
    pub(crate) fn all_follow(outputs: Vec<Self>, source: &Source) {
        source.progress().before_waiting(move || {
            for output in &outputs {
                let mut inner = output.inner();
                if let Err(error) = inner.writer.flush() {
                    inner.failed.get_or_insert(error);
                }
            }
        });
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A panic elsewhere leaves whole lines, or none.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner().sound()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner().sound()?.flush()
    }
}

impl Inner {
    /// The writer, unless it failed before.
    fn sound(&mut self) -> io::Result<&mut impl Write> {
        self.failed.take().map_or(Ok(&mut self.writer), Err)
    }
}
