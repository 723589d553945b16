//! A directory for files that go with the demonstration, however that ends.
//!
//! A process that is killed leaves its directory behind, so each start removes those of dead ones. A
//! lock tells them from those in use: the system gives it back when its holder is gone.

use std::{
    env,
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use rustix::{
    fs::{FlockOperation, flock},
    process::geteuid,
};
use tempfile::TempDir;

const PREFIX: &str = "oxberry-demo-";

/// The file in the directory that its owner holds a lock of.
const LOCK: &str = "in-use";

/// Directories that may be taken for left behind, and removed, before they are locked.
const ATTEMPTS: usize = 8;

/// A directory that goes with this.
#[derive(Debug)]
pub(super) struct Scratch {
    directory: TempDir,
    /// Held for as long as the directory is in use.
    _lock: File,
}

impl Scratch {
    /// Makes a directory among the temporary files, and removes those of dead processes there.
    ///
    /// # Errors
    ///
    /// When it cannot be made or locked.
    pub(super) fn make() -> anyhow::Result<Self> {
        let parent = parent();
        sweep(&parent);
        Self::make_in(&parent)
            .with_context(|| format!("{}: no directory can be made here", parent.display()))
    }

    fn make_in(parent: &Path) -> io::Result<Self> {
        for _ in 0..ATTEMPTS {
            let directory = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
            let path = directory.path().join(LOCK);
            // Another start may take the directory for a dead one's until it is locked.
            let Some(lock) = File::create(&path).ok().and_then(lock_of) else {
                continue;
            };
            let is_there = fs::metadata(&path)
                .and_then(|there| Ok(there.ino() == lock.metadata()?.ino()))
                .unwrap_or(false);
            if is_there {
                return Ok(Self {
                    directory,
                    _lock: lock,
                });
            }
        }
        Err(io::Error::other(
            "other processes remove it before it can be locked",
        ))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }
}

/// Where temporary files are; a variable that is set to nothing names no place.
fn parent() -> PathBuf {
    let parent = env::temp_dir();
    if parent.as_os_str().is_empty() {
        return "/tmp".into();
    }
    parent
}

/// The file, locked, unless somebody else has locked it.
fn lock_of(file: File) -> Option<File> {
    flock(&file, FlockOperation::NonBlockingLockExclusive)
        .is_ok()
        .then_some(file)
}

/// Removes the directories of processes that are gone. What cannot be removed stays: that it is there
/// harms nobody.
fn sweep(parent: &Path) {
    for entry in parent.read_dir().into_iter().flatten().flatten() {
        let path = entry.path();
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && path
                .symlink_metadata()
                .is_ok_and(|found| found.is_dir() && found.uid() == geteuid().as_raw());
        if !is_ours {
            continue;
        }
        // Without a lock it is of another version, or is being made.
        let lock = File::open(path.join(LOCK)).ok().and_then(lock_of);
        if lock.is_some() {
            // Fails for one that somebody else removes as well.
            let _ = fs::remove_dir_all(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn directories_of_the_dead_are_swept_and_those_of_the_living_are_not() {
        let parent = tempfile::tempdir().unwrap();
        let living = Scratch::make_in(parent.path()).unwrap();
        fs::write(living.path().join("1.dat"), "in use").unwrap();
        let dead = parent.path().join(format!("{PREFIX}dead"));
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join(LOCK), "").unwrap();
        fs::write(dead.join("1.dat"), "left behind").unwrap();

        sweep(parent.path());

        assert!(!dead.exists());
        assert!(living.path().join("1.dat").exists());
        let path = living.path().to_owned();
        drop(living);
        assert!(!path.exists());
    }

    #[test]
    fn what_is_not_known_to_be_of_a_dead_process_stays() {
        let parent = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        fs::write(elsewhere.path().join(LOCK), "").unwrap();
        let unlocked = parent.path().join(format!("{PREFIX}other"));
        let of_somebody = parent.path().join("something-else");
        for directory in [&unlocked, &of_somebody] {
            fs::create_dir(directory).unwrap();
        }
        fs::write(of_somebody.join(LOCK), "").unwrap();
        let link = parent.path().join(format!("{PREFIX}link"));
        symlink(elsewhere.path(), &link).unwrap();

        sweep(parent.path());

        assert!(unlocked.exists());
        assert!(of_somebody.exists());
        assert!(elsewhere.path().join(LOCK).exists());
    }

    #[test]
    fn starts_at_the_same_time_keep_their_directories() {
        let parent = tempfile::tempdir().unwrap();
        let start = || {
            for _ in 0..200 {
                sweep(parent.path());
                let scratch = Scratch::make_in(parent.path()).unwrap();
                fs::write(scratch.path().join("1.dat"), "mine").unwrap();
                sweep(parent.path());
                assert!(scratch.path().join("1.dat").exists());
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(start);
            }
        });
        assert_eq!(parent.path().read_dir().unwrap().count(), 0);
    }
}
