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
        let unreadable = |error| DirectoryError::Unreadable {
            path: path.to_owned(),
            error,
        };
        let mut paths = Vec::new();
        for entry in path.read_dir().map_err(unreadable)? {
            paths.push(entry.map_err(unreadable)?.path());
        }
        // A directory lists in any order; messages and choices must not depend on it.
        paths.sort();
        let mut by_channel = BTreeMap::new();
        for file in paths {
            let Some(channel) = ChannelFile::channel_of(&file) else {
                continue;
            };
            if let Some(first) = by_channel.insert(channel, file.clone()) {
                let channel = channel.raw();
                return Err(DirectoryError::TwoFiles {
                    channel,
                    first,
                    second: file,
                });
            }
        }
        let Some((last, _)) = by_channel.last_key_value() else {
            return Err(DirectoryError::Empty {
                path: path.to_owned(),
            });
        };
        let missing = (1..last.raw())
            .map(ChannelId::from_raw)
            .filter(|channel| !by_channel.contains_key(channel))
            .collect();
        let files = by_channel
            .into_iter()
            .map(|(channel, path)| ChannelFile { channel, path })
            .collect();
        Ok(Self { files, missing })
    }
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
    fn files_come_by_channel_and_missing_channels_are_named() {
        let directory = directory_of(&[
            "20111219-ARCA_XDP_IBF_10.dat.zst",
            "20111219-ARCA_XDP_IBF_2.dat",
            "20111219-ARCA_XDP_IBF_1.dat.gz",
            "20111219-ARCA_XDP_IBF_4.dat",
            "20111219-ARCA_XDP_IBF_4.dat.idx",
            "20111219-ARCA_XDP_IBF_4.gz",
            "20111219-ARCA_XDP_IBF_6.pcap",
            "20111219-ARCA_XDP_IBF_7.pcapng.gz",
            "ARCASymbolMapping.txt",
        ]);
        let found = ChannelFiles::of_directory(directory.path()).unwrap();
        let channels: Vec<u8> = found.files.iter().map(|file| file.channel.raw()).collect();
        assert_eq!(channels, [1, 2, 4, 6, 7, 10]);
        let missing: Vec<u8> = found.missing.iter().map(|channel| channel.raw()).collect();
        assert_eq!(missing, [3, 5, 8, 9]);
    }

    #[test]
    fn a_directory_without_channel_files_or_with_two_of_a_channel_is_refused() {
        let empty = directory_of(&["ARCASymbolMapping.txt"]);
        let error = ChannelFiles::of_directory(empty.path()).unwrap_err();
        assert!(matches!(error, DirectoryError::Empty { .. }));

        let two = directory_of(&["20111219-ARCA_XDP_IBF_1.dat", "20111220-ARCA_XDP_IBF_1.dat"]);
        let error = ChannelFiles::of_directory(two.path()).unwrap_err();
        assert!(matches!(error, DirectoryError::TwoFiles { channel: 1, .. }));

        let error = ChannelFiles::of_directory(&two.path().join("nowhere")).unwrap_err();
        assert!(matches!(error, DirectoryError::Unreadable { .. }));
    }
}
