//! A file that is there whole or not at all.

use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    os::fd::AsRawFd as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use tempfile::{Builder, NamedTempFile};

/// A file that is being written. Until it is complete nothing of it stands under its name, and
/// dropping it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct WholeFile {
    path: PathBuf,
    folder: PathBuf,
    writing: Writing,
}

#[derive(Debug)]
enum Writing {
    /// It has no name, so that even a process that is killed leaves nothing.
    Nameless(File),
    /// On file systems that cannot do that: a name beside the right one.
    Beside(NamedTempFile),
}

impl WholeFile {
    /// Begins to write what shall be `path`.
    ///
    /// # Errors
    ///
    /// When it is something else than a file, or its folder cannot be written to.
    pub(crate) fn create(path: &Path) -> anyhow::Result<Self> {
        let name = path.display();
        if path.exists() && !path.is_file() {
            bail!("{name}: is not a file, so it cannot be written as a whole; leave --out away");
        }
        // What a link names is replaced, not the link.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        let writing = match rustix::fs::open(&folder, flags, Mode::from_raw_mode(0o666)) {
            Ok(file) => Writing::Nameless(file.into()),
            Err(_) => {
                let beside = beside(&path).tempfile_in(&folder);
                Writing::Beside(beside.with_context(|| format!("{name}: cannot be written"))?)
            }
        };
        Ok(Self {
            path,
            folder,
            writing,
        })
    }

    /// Its name.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What to write to.
    ///
    /// # Errors
    ///
    /// When there are no descriptors left.
    pub(crate) fn file(&self) -> io::Result<File> {
        match &self.writing {
            Writing::Nameless(file) => file.try_clone(),
            Writing::Beside(beside) => beside.as_file().try_clone(),
        }
    }

    /// It is complete: puts it on the disk, and then under its name.
    ///
    /// # Errors
    ///
    /// When that cannot be done; what was there under its name is still there.
    pub(crate) fn complete(self) -> anyhow::Result<()> {
        let Self {
            path,
            folder,
            writing,
        } = self;
        let put = || -> io::Result<()> {
            let beside = match writing {
                Writing::Nameless(file) => {
                    file.sync_all()?;
                    name_it(&file, &path, &folder)?
                }
                Writing::Beside(beside) => {
                    beside.as_file().sync_all()?;
                    beside.into_temp_path()
                }
            };
            beside.persist(&path)?;
            File::open(&folder)?.sync_all()
        };
        put().with_context(|| format!("{}: cannot be written", path.display()))
    }
}

/// How names beside the right one look.
fn beside(path: &Path) -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    let mut prefix = OsString::from(".");
    prefix.push(path.file_name().unwrap_or_default());
    // The names of a builder are borrowed; one a run is leaked.
    builder.prefix(Box::leak(prefix.into_boxed_os_str()));
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    builder.permissions(mode);
    builder
}

/// Gives a nameless file a name beside the right one: only a rename replaces what is there.
fn name_it(file: &File, path: &Path, folder: &Path) -> io::Result<tempfile::TempPath> {
    let link = format!("/proc/self/fd/{}", file.as_raw_fd());
    let named = beside(path).make_in(folder, |name| {
        rustix::fs::linkat(CWD, &link, CWD, name, AtFlags::SYMLINK_FOLLOW)?;
        Ok(())
    })?;
    Ok(named.into_temp_path())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn names(folder: &Path) -> Vec<OsString> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect()
    }

    #[test]
    fn a_file_is_there_when_it_is_complete_and_replaces_what_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        for text in ["first", "second"] {
            let whole = WholeFile::create(&path).unwrap();
            whole.file().unwrap().write_all(text.as_bytes()).unwrap();
            assert_ne!(fs::read_to_string(&path).unwrap_or_default(), text);
            whole.complete().unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(names(folder.path()), ["rows.csv"]);
    }

    #[test]
    fn a_file_that_is_not_completed_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let whole = WholeFile::create(&folder.path().join("rows.csv")).unwrap();
        whole.file().unwrap().write_all(b"half").unwrap();
        drop(whole);
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn a_name_beside_the_right_one_serves_as_well() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        let mut whole = WholeFile::create(&path).unwrap();
        let named = beside(&path).tempfile_in(folder.path()).unwrap();
        whole.writing = Writing::Beside(named);
        whole.file().unwrap().write_all(b"text").unwrap();
        whole.complete().unwrap();
        assert_eq!(names(folder.path()), ["rows.csv"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), "text");
    }

    #[test]
    fn what_is_no_file_is_not_replaced() {
        assert!(WholeFile::create(Path::new("/dev/null")).is_err());
        let folder = tempfile::tempdir().unwrap();
        assert!(WholeFile::create(folder.path()).is_err());
        assert!(WholeFile::create(&folder.path().join("none/rows.csv")).is_err());
    }
}
