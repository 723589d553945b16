//! The folder with a Pi's files, which nobody but its owner can read.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};

/// A folder that this command has made.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Makes the folder; one that is there already may hold the key of another Pi.
    ///
    /// # Errors
    ///
    /// When it is there, or cannot be made.
    pub(super) fn make(path: &Path) -> anyhow::Result<Self> {
        let made = DirBuilder::new().mode(0o700).create(path);
        made.map_err(|error| {
            let path = path.display();
            if error.kind() == io::ErrorKind::AlreadyExists {
                anyhow!(
                    "{path}: is there already, maybe with the key of a Pi; remove it, or name \
                     another folder with --out"
                )
            } else {
                anyhow!("{path}: cannot be made: {error}")
            }
        })?;
        Ok(Self(path.to_owned()))
    }

    /// Writes a new file.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(super) fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let path = self.0.join(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let written = options
            .open(&path)
            .and_then(|mut file| file.write_all(text.as_bytes()));
        written.with_context(|| format!("{}: cannot be written", path.display()))
    }
}
