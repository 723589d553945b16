//! The files that are read, and what they are.

use std::{
    fs::File,
    io::{self, Cursor, Read},
    path::Path,
};

use anyhow::Context as _;
use clap::ValueEnum;
use oxberry_feed::{
    input::{self, Decompressed, Progress},
    source::Content as Look,
};

use super::itch;

/// Bytes of the start that are looked at.
const LOOKED_AT: usize = 512;

/// A format of days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Nasdaq TotalView-ITCH 5.0, each message behind its length in two bytes
    Itch,
    /// Databento Binary Encoding, market by order
    Dbn,
}

/// What a file holds, without its compression.
pub(super) type Content = io::Chain<Cursor<Vec<u8>>, Decompressed>;

/// What the format before DBN says of itself, behind the head of a frame of zstd that is passed over.
const DBZ: (usize, &[u8]) = (8, b"DBZ");

/// A file of which nothing was taken yet.
#[derive(Debug)]
pub(super) struct Input {
    /// What messages call it.
    pub(super) name: String,
    pub(super) content: Content,
    pub(super) progress: Progress,
    /// Whether it is of the format before DBN, as its compressed content says.
    is_dbz: bool,
}

impl Input {
    /// Opens a file, or standard input for `-`, and looks at its start.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is empty.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let name = if path == Path::new("-") {
            "standard input".to_owned()
        } else {
            path.display().to_string()
        };
        let opened = input::open(path).with_context(|| format!("{name}: cannot be opened"));
        let (mut input, progress) = opened?;
        let mut start = Vec::new();
        let read = (&mut input).take(LOOKED_AT as u64).read_to_end(&mut start);
        read.with_context(|| format!("{name}: at byte 0: cannot be read"))?;
        anyhow::ensure!(!start.is_empty(), "{name}: is empty; nothing was written");
        Ok(Self {
            name,
            content: Cursor::new(start).chain(input),
            progress,
            is_dbz: is_dbz(path),
        })
    }

    /// The first bytes.
    pub(super) fn start(&self) -> &[u8] {
        self.content.get_ref().0.get_ref()
    }

    /// The format of its content, if it is one of those that are read.
    pub(super) fn format(&self) -> Option<Format> {
        let start = self.start();
        if start.starts_with(b"DBN") {
            Some(Format::Dbn)
        } else if itch::starts(start) {
            Some(Format::Itch)
        } else {
            None
        }
    }

    /// That the file is not of this format, or of none.
    pub(super) fn foreign(&self, wanted: Option<Format>) -> anyhow::Error {
        let looks_like = match self.format() {
            Some(Format::Dbn) => "DBN",
            Some(Format::Itch) => "ITCH 5.0",
            None if self.is_dbz => "DBZ, of which Databento's `dbn` makes DBN",
            None => Look::of(self.start()).what,
        };
        let wanted = match wanted {
            Some(Format::Itch) => "a Nasdaq TotalView-ITCH 5.0 file",
            Some(Format::Dbn) => "a DBN file",
            None => "a Nasdaq TotalView-ITCH 5.0 file nor a DBN file",
        };
        let neither = if wanted.contains(" nor ") {
            "neither"
        } else {
            "not"
        };
        anyhow::anyhow!(
            "{}: at byte 0: this is {neither} {wanted}: it looks like {looks_like}; give days in one \
             of these two formats, plain, gzip or zstd; nothing was written",
            self.name
        )
    }
}

/// Whether a file is of the format before DBN.
fn is_dbz(path: &Path) -> bool {
    let (at, mark) = DBZ;
    let mut start = [0; DBZ.0 + DBZ.1.len()];
    // A pipe would lose these bytes.
    let is_file = path.metadata().is_ok_and(|found| found.is_file());
    let read =
        is_file && File::open(path).is_ok_and(|mut file| file.read_exact(&mut start).is_ok());
    read && start.get(at..) == Some(mark)
}
