//! `oxberry import` on days that the tests write, on broken and on foreign files.
#![cfg(test)]

mod books;
mod broken;
mod carried;
#[cfg(feature = "dbn")]
mod records;
#[path = "../support/mod.rs"]
mod support;
mod target;
mod writer;

use std::fs;
use std::path::{Path, PathBuf};

use support::{Run, oxberry};
use tempfile::TempDir;

/// A directory with an ITCH file and room for what is made of it.
struct Place {
    folder: TempDir,
    file: PathBuf,
}

impl Place {
    /// A file of 2019-01-30, with this content.
    fn with(bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("01302019.NASDAQ_ITCH50");
        fs::write(&file, bytes).unwrap();
        Self { folder, file }
    }

    /// Where the day goes.
    fn out(&self) -> PathBuf {
        self.folder.path().join("day")
    }

    /// Imports the file.
    fn import(&self, more: &[&str]) -> Run {
        let (file, out) = (self.file.to_str().unwrap(), self.out());
        let mut arguments = vec!["import", file, "--out", out.to_str().unwrap()];
        arguments.extend(more);
        oxberry(arguments)
    }

    /// Replays what became of it.
    fn replay(&self, more: &[&str]) -> Run {
        let out = self.out();
        let mut arguments = vec!["replay", out.to_str().unwrap(), "--orders", "1000"];
        arguments.extend(more);
        oxberry(arguments)
    }
}

/// The names of what is in a directory; none where there is no such directory.
fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}
