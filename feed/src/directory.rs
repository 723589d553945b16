//! The channel files of a directory: `<date>-ARCA_XDP_IBF_<channel>.dat`, or a capture of the channel
//! under such a name, `.pcap` or `.pcapng`; also compressed.

use oxberry_core::units::ChannelId;
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use thiserror::Error;

/// What comes before the channel's number in a file's name.
const BEFORE_CHANNEL: &str = "_IBF_";
/// What comes after it.
const FORMATS: [&str; 3] = [".dat", ".pcap", ".pcapng"];
/// What comes after that.
const COMPRESSIONS: [&str; 2] = [".gz", ".zst"];

/// A file and the channel that its name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelFile {
    /// The channel.
    pub channel: ChannelId,
    /// The file.
    pub path: PathBuf,
}

/// The channel files of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelFiles {
    /// The files by channel, at least one.
    pub files: Vec<ChannelFile>,
    /// Channels that have no file although one with a higher number has.
    pub missing: Vec<ChannelId>,
    /// Files that look like those of a channel or like a capture, and are not named as one that is read.
    pub unread: Vec<PathBuf>,
}

impl ChannelFile {
    /// The channel that a file's name says, if it is the name of a channel file.
    #[must_use]
    pub fn channel_of(path: &Path) -> Option<ChannelId> {
        let name = path.file_name()?.to_str()?;
        let (_, number_and_end) = name.rsplit_once(BEFORE_CHANNEL)?;
        let number_and_format = COMPRESSIONS
            .iter()
            .find_map(|end| number_and_end.strip_suffix(end))
            .unwrap_or(number_and_end);
        let number = FORMATS
            .iter()
            .find_map(|end| number_and_format.strip_suffix(end))?;
        number.parse().ok().map(ChannelId::from_raw)
    }
}

impl ChannelFiles {
    /// Lists a directory.
    ///
    /// # Errors
    ///
    /// When it cannot be listed, holds no channel file, or two files of the same channel.
    pub fn of_directory(path: &Path) -> Result<Self, DirectoryError> {
        let mut listing = Listing::default();
        for file in sorted_files(path)? {
            listing.take(file)?;
        }
        listing.finish().ok_or_else(|| DirectoryError::Empty {
            path: path.to_owned(),
        })
    }
}

/// A directory lists in any order; messages and choices must not depend on it.
fn sorted_files(directory: &Path) -> Result<Vec<PathBuf>, DirectoryError> {
    let unreadable = |error| DirectoryError::Unreadable {
        path: directory.to_owned(),
        error,
    };
    let mut paths = Vec::new();
    for entry in directory.read_dir().map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// What was found in a directory so far.
#[derive(Debug, Default)]
struct Listing {
    by_channel: BTreeMap<ChannelId, PathBuf>,
    unread: Vec<PathBuf>,
    /// The first day that a name says, and the file of this name.
    dated: Option<(String, PathBuf)>,
}

impl Listing {
    /// Takes the next file: one of a channel, one that looks like it, or one of something else.
    fn take(&mut self, file: PathBuf) -> Result<(), DirectoryError> {
        let Some(channel) = ChannelFile::channel_of(&file) else {
            if is_alike(&file) {
                self.unread.push(file);
            }
            return Ok(());
        };
        // Two files of a channel are that, of whatever days they are.
        if let Some(first) = self.by_channel.remove(&channel) {
            return Err(DirectoryError::TwoFiles {
                channel: channel.raw(),
                first,
                second: file,
            });
        }
        self.check_day(&file)?;
        self.by_channel.insert(channel, file);
        Ok(())
    }

    /// All files that say a day must say the same.
    fn check_day(&mut self, file: &Path) -> Result<(), DirectoryError> {
        let Some(date) = date_of(file) else {
            return Ok(());
        };
        match &self.dated {
            Some((first, other)) if *first != date => Err(DirectoryError::TwoDays {
                first: other.clone(),
                second: file.to_owned(),
            }),
            Some(_) => Ok(()),
            None => {
                self.dated = Some((date, file.to_owned()));
                Ok(())
            }
        }
    }

    /// The files by channel, if there is one.
    fn finish(self) -> Option<ChannelFiles> {
        let (last, _) = self.by_channel.last_key_value()?;
        let missing = (1..last.raw())
            .map(ChannelId::from_raw)
            .filter(|channel| !self.by_channel.contains_key(channel))
            .collect();
        let files = self
            .by_channel
            .into_iter()
            .map(|(channel, path)| ChannelFile { channel, path })
            .collect();
        Some(ChannelFiles {
            files,
            missing,
            unread: self.unread,
        })
    }
}

/// The day that a channel file's name says: eight digits before the first dash.
fn date_of(path: &Path) -> Option<String> {
    let (date, _) = path.file_name()?.to_str()?.split_once('-')?;
    let is_date = date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit());
    is_date.then(|| date.to_owned())
}

/// Whether somebody may take a file that is none of a channel for one: by the mark in its name, in
/// whatever compression, or as a capture.
fn is_alike(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return false;
    };
    let name = name.to_ascii_lowercase();
    let mut parts = name.split('.').skip(1);
    name.contains(&BEFORE_CHANNEL.to_ascii_lowercase())
        || parts.any(|part| matches!(part, "pcap" | "pcapng" | "cap"))
}

/// Why a directory gives no channel files.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// It cannot be listed.
    #[error("{}: cannot be listed: {error}", path.display())]
    Unreadable {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// It holds no channel file.
    #[error("{}: holds no channel file (<date>-ARCA_XDP_IBF_<channel>.dat, .pcap or .pcapng, also .gz or .zst)", path.display())]
    Empty {
        /// The directory.
        path: PathBuf,
    },
    /// Its files are of several days.
    #[error(
        "{} and {}: are of different days; name the files of one day, or move one away",
        first.display(), second.display()
    )]
    TwoDays {
        /// A file of one day.
        first: PathBuf,
        /// A file of another one.
        second: PathBuf,
    },
    /// Two files claim one channel.
    #[error(
        "{} and {}: both are channel {channel}; name the files of one day, or move one away",
        first.display(), second.display()
    )]
    TwoFiles {
        /// The channel.
        channel: u8,
        /// One file.
        first: PathBuf,
        /// The other file.
        second: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn directory_of(names: &[&str]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for name in names {
            fs::write(directory.path().join(name), []).unwrap();
        }
        directory
    }

    #[test]
    fn files_come_by_channel_and_what_is_missing_or_not_read_is_named() {
        let directory = directory_of(&[
            "20111219-ARCA_XDP_IBF_10.dat.zst",
            "20111219-ARCA_XDP_IBF_2.dat",
            "20111219-ARCA_XDP_IBF_1.dat.gz",
            "20111219-ARCA_XDP_IBF_4.dat",
            "20111219-ARCA_XDP_IBF_11.dat.xz",
            "20111219-ARCA_XDP_IBF_12.DAT",
            "20111219-ARCA_XDP_IBF_256.dat",
            "arca.pcap.gz",
            "notes.txt",
            "20111219-ARCA_XDP_IBF_6.pcap",
            "20111219-ARCA_XDP_IBF_7.pcapng.gz",
            "ARCASymbolMapping.txt",
        ]);
        let found = ChannelFiles::of_directory(directory.path()).unwrap();
        let channels: Vec<u8> = found.files.iter().map(|file| file.channel.raw()).collect();
        assert_eq!(channels, [1, 2, 4, 6, 7, 10]);
        let missing: Vec<u8> = found.missing.iter().map(|channel| channel.raw()).collect();
        assert_eq!(missing, [3, 5, 8, 9]);
        let names = found.unread.iter().filter_map(|path| path.file_name());
        assert!(names.eq([
            "20111219-ARCA_XDP_IBF_11.dat.xz",
            "20111219-ARCA_XDP_IBF_12.DAT",
            "20111219-ARCA_XDP_IBF_256.dat",
            "arca.pcap.gz",
        ]));
    }

    #[test]
    fn a_directory_without_channel_files_or_with_two_of_a_channel_or_day_is_refused() {
        let empty = directory_of(&["ARCASymbolMapping.txt"]);
        let error = ChannelFiles::of_directory(empty.path()).unwrap_err();
        assert!(matches!(error, DirectoryError::Empty { .. }));

        let two = directory_of(&["20111219-ARCA_XDP_IBF_1.dat", "20111220-ARCA_XDP_IBF_1.dat"]);
        let error = ChannelFiles::of_directory(two.path()).unwrap_err();
        assert!(matches!(error, DirectoryError::TwoFiles { channel: 1, .. }));

        let days = directory_of(&[
            "20111219-ARCA_XDP_IBF_1.dat",
            "20111220-ARCA_XDP_IBF_2.dat.gz",
        ]);
        let error = ChannelFiles::of_directory(days.path()).unwrap_err();
        assert!(matches!(error, DirectoryError::TwoDays { .. }));

        let error = ChannelFiles::of_directory(&two.path().join("nowhere")).unwrap_err();
        assert!(matches!(error, DirectoryError::Unreadable { .. }));
    }
}
