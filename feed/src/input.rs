//! Opening an input: a file or standard input, plain or compressed.

use std::{
    fmt,
    fs::File,
    io,
    io::{BufRead, BufReader, Read},
    os::fd::AsFd,
    path::Path,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use flate2::bufread::GzDecoder;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// The path that stands for standard input.
const STANDARD_INPUT: &str = "-";

/// The bytes that tell compressions apart.
const MAGIC_LENGTH: usize = 4;

/// Bytes that are asked for at once to look at them.
const START_LENGTH: usize = 64 * 1024;

/// What every member of a gzip file starts with.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Compressions in each other that are undone.
const MOST_LAYERS: usize = 4;

/// The longest window of zstd (`--long=31`), so that everything it writes can be read. Memory is taken
/// for as much of it as the input fills: 8 MiB as zstd works by itself, 2 GiB when it was told so.
const ZSTD_WINDOW_LOG: u32 = 31;

/// How much of an input was read; shared with whoever shows it.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    read: Arc<AtomicU64>,
    total: Option<u64>,
    before_waiting: Call,
}

/// What is called before an input is waited for.
#[derive(Clone, Default)]
struct Call(Arc<OnceLock<Box<dyn Fn() + Send + Sync>>>);

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Call")
            .field(&self.0.get().is_some())
            .finish()
    }
}

impl Progress {
    /// Bytes read so far, as they lie in the file, so compressed ones count compressed.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Bytes in the file; `None` for a pipe.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// Has this called whenever the input, such as a pipe, has nothing for now and is waited for.
    /// Only the first one is.
    pub fn before_waiting(&self, call: impl Fn() + Send + Sync + 'static) {
        // Fails where there is one already.
        let _ = self.before_waiting.0.set(Box::new(call));
    }
}

/// Opens a file, or standard input for `-`, and undoes gzip and zstd. Reads nothing yet.
///
/// # Errors
///
/// When it cannot be opened, or is a directory.
pub fn open(path: &Path) -> io::Result<(Decompressed, Progress)> {
    if path == Path::new(STANDARD_INPUT) {
        return Ok(counted(io::stdin(), None));
    }
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    Ok(counted(file, metadata.is_file().then_some(metadata.len())))
}

fn counted(
    input: impl Read + AsFd + Send + 'static,
    total: Option<u64>,
) -> (Decompressed, Progress) {
    let progress = Progress {
        total,
        ..Progress::default()
    };
    let input = CountingRead {
        input,
        progress: progress.clone(),
    };
    (Decompressed::new(input), progress)
}

/// An input without the compression that its first bytes tell of.
///
/// They are looked at on the first read and not before: a writer that opens several pipes before
/// it writes to the first must not be waited for. Neither compression's first bytes can start a
/// channel file: as PktSize they are far above the largest packet.
pub struct Decompressed {
    state: State,
    /// How often what comes out may be compressed again.
    layers_left: usize,
}

enum State {
    Unread(Box<dyn Read + Send>),
    Known(Box<dyn Read + Send>),
}

impl Decompressed {
    pub(crate) fn new(input: impl Read + Send + 'static) -> Self {
        Self {
            state: State::Unread(Box::new(input)),
            layers_left: MOST_LAYERS,
        }
    }
}

impl fmt::Debug for Decompressed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decompressed")
            .field("layers_left", &self.layers_left)
            .finish_non_exhaustive()
    }
}

impl Read for Decompressed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match &mut self.state {
                State::Known(input) => return input.read(buffer),
                State::Unread(input) => {
                    let start = read_start(input)?;
                    let input = std::mem::replace(input, Box::new(io::empty()));
                    self.state = match Compression::of(&start) {
                        Compression::None => {
                            State::Known(Box::new(io::Cursor::new(start).chain(input)))
                        }
                        compression @ (Compression::Gzip | Compression::Zstd) => {
                            self.layers_left =
                                self.layers_left.checked_sub(1).ok_or_else(|| {
                                    let message = "gzip or zstd in itself again and again; undo it";
                                    io::Error::new(io::ErrorKind::InvalidData, message)
                                })?;
                            State::Unread(compression.undo(start, input)?)
                        }
                    };
                }
            }
        }
    }
}

/// The first bytes of an input, enough to tell what it is.
///
/// More is asked for than is needed: a decompressor that has more to give than it is asked for keeps
/// it, and waits for further input before it gives the rest.
fn read_start(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut start = vec![0; START_LENGTH];
    let mut length = 0;
    while length < MAGIC_LENGTH {
        match input.read(start.get_mut(length..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    start.truncate(length);
    Ok(start)
}

enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    fn of(start: &[u8]) -> Self {
        match start {
            start if start.starts_with(&GZIP_MAGIC) => Self::Gzip,
            // A frame, or a skippable frame as parallel compressors write it first.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            _ => Self::None,
        }
    }

    /// What `rest` decompresses to when put behind `start` again.
    fn undo(self, start: Vec<u8>, rest: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
        let input = io::Cursor::new(start).chain(rest);
        Ok(match self {
            Self::None => Box::new(input),
            Self::Gzip => Box::new(Gzip::new(BufReader::new(input))),
            Self::Zstd => {
                let mut decoder = zstd::Decoder::new(input)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                Box::new(decoder)
            }
        })
    }
}

/// The members of a gzip file, one after the other. Zeros between and behind them are the filling of
/// tapes and disks; whatever else comes there is an error, after all that is good.
struct Gzip<R> {
    /// Only while one is replaced by the next, or at the end, there is none.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Gzip<R> {
    fn new(input: R) -> Self {
        Self {
            member: Some(GzDecoder::new(input)),
        }
    }
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let count = member.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let input = self.member.take().map(GzDecoder::into_inner);
            self.member = input.map(next_member).transpose()?.flatten();
        }
        Ok(0)
    }
}

/// The member behind the last one, if there is one.
fn next_member<R: BufRead>(mut input: R) -> io::Result<Option<GzDecoder<R>>> {
    loop {
        let ahead = input.fill_buf()?;
        match ahead.iter().position(|byte| *byte != 0) {
            None if ahead.is_empty() => return Ok(None),
            None => {
                let zeros = ahead.len();
                input.consume(zeros);
            }
            Some(zeros) => {
                let is_gzip = ahead.get(zeros) == GZIP_MAGIC.first();
                input.consume(zeros);
                if is_gzip {
                    return Ok(Some(GzDecoder::new(input)));
                }
                let message = "what comes behind the compressed content is no gzip; everything \
                               before it was read";
                return Err(io::Error::new(io::ErrorKind::InvalidData, message));
            }
        }
    }
}

/// Counts what passes through, and says when it is waited for.
struct CountingRead<R> {
    input: R,
    progress: Progress,
}

impl<R: Read + AsFd> Read for CountingRead<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(call) = self.progress.before_waiting.0.get()
            && is_empty_for_now(&self.input)
        {
            call();
        }
        let count = self.input.read(buffer)?;
        self.progress
            .read
            .fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Whether a read would wait; an end or a failure would not.
fn is_empty_for_now(input: &impl AsFd) -> bool {
    let at_once = Timespec::default();
    let ready = poll(&mut [PollFd::new(input, PollFlags::IN)], Some(&at_once));
    ready == Ok(0)
}
