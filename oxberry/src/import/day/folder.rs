//! The directory of the channel files, which is made if it is missing.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

/// A directory to write to. Unless it is kept, what was made of it is removed again.
#[derive(Debug)]
pub(super) struct Folder {
    /// The directories that were not there, the outermost first.
    made: Vec<PathBuf>,
}

impl Folder {
    /// Makes the directory, if it is missing.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub(super) fn make(path: &Path) -> anyhow::Result<Self> {
        let missing = |path: &&Path| *path != Path::new("") && !path.exists();
        let missing: Vec<_> = path.ancestors().take_while(missing).collect();
        let mut folder = Self { made: Vec::new() };
        for path in missing.into_iter().rev() {
            match fs::create_dir(path) {
                Ok(()) => folder.made.push(path.to_owned()),
                // Somebody else was faster.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(error)
                        .with_context(|| format!("{}: cannot be made", path.display()));
                }
            }
        }
        Ok(folder)
    }

    /// The directory stays.
    pub(super) fn keep(mut self) {
        self.made.clear();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        for path in self.made.iter().rev() {
            // Fails where somebody has put something into it, which then stays.
            let _ = fs::remove_dir(path);
        }
    }
}
