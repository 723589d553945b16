//! Files of a keys directory: who may read and write them, and how they are replaced whole.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::{Path, PathBuf};

use super::error::KeyError;

/// A longer file is not one of ours. The list of a full cluster has some kilobytes.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Permissions of anybody but the owner.
const OTHERS: u32 = 0o077;

/// Permissions to write of anybody but the owner.
const OTHERS_WRITE: u32 = 0o022;

/// The text of a file that nobody but its owner may read.
pub(super) fn read_private(file: &Path) -> Result<String, KeyError> {
    read(file, |mode| {
        (mode & OTHERS != 0).then(|| KeyError::Exposed {
            file: file.to_owned(),
            mode,
        })
    })
}

/// The text of a file that nobody but its owner may write.
pub(super) fn read_guarded(file: &Path) -> Result<String, KeyError> {
    read(file, |mode| {
        (mode & OTHERS_WRITE != 0).then(|| KeyError::Writable {
            file: file.to_owned(),
            mode,
        })
    })
}

/// When a file was last written, and which it is: it differs after a change, as far as the file system's
/// clock can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    inode: u64,
    modified: (i64, i64),
}

/// The stamp of a file, if there is one.
pub(super) fn stamp(file: &Path) -> Option<Stamp> {
    let found = fs::metadata(file).ok()?;
    Some(Stamp {
        inode: found.ino(),
        modified: (found.mtime(), found.mtime_nsec()),
    })
}

fn read(file: &Path, objection: impl Fn(u32) -> Option<KeyError>) -> Result<String, KeyError> {
    let unreadable = |source: io::Error| {
        let file = file.to_owned();
        if source.kind() == io::ErrorKind::NotFound {
            KeyError::Missing { file }
        } else {
            KeyError::Unreadable { file, source }
        }
    };
    let mut opened = File::open(file).map_err(unreadable)?;
    // Of what was opened, not of what may stand there by now.
    let mode = opened.metadata().map_err(unreadable)?.mode() & 0o7777;
    if let Some(error) = objection(mode) {
        return Err(error);
    }
    let mut text = String::new();
    let mut limited = (&mut opened).take(MAX_FILE_BYTES + 1);
    limited.read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > MAX_FILE_BYTES {
        let words = "it is longer than any such file";
        return Err(unreadable(io::Error::other(words)));
    }
    Ok(text)
}

/// Puts a file in its place: whole or not at all, and never readable by others, not even for a moment.
/// The directory is made when there is none. Made by root, the file belongs to the owner of the
/// directory.
pub(super) fn write_private(file: &Path, text: &str) -> Result<(), KeyError> {
    let unwritable = |source| KeyError::Unwritable {
        file: file.to_owned(),
        source,
    };
    let directory = file.parent().unwrap_or(Path::new("."));
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(directory).map_err(unwritable)?;
    let beside = beside(file);
    let written = write_new(&beside, directory, text);
    let placed = written.and_then(|()| fs::rename(&beside, file));
    placed.map_err(|source| {
        // What is left of it holds a secret.
        let _ = fs::remove_file(&beside);
        unwritable(source)
    })
}

/// A name in the same directory that nobody else uses.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    file.with_file_name(name)
}

fn write_new(file: &Path, directory: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let mut opened = options.open(file)?;
    let (ours, theirs) = (opened.metadata()?, fs::metadata(directory)?);
    if ours.uid() == 0 && theirs.uid() != 0 {
        fchown(&opened, Some(theirs.uid()), Some(theirs.gid()))?;
    }
    opened.write_all(text.as_bytes())?;
    opened.sync_all()
}
