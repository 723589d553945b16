//! From the paths that were typed to channels and symbols.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use oxberry_feed::{directory::ChannelFiles, mapping::MappingFile};

use crate::{console::Console, failure::Failure, findings::Findings};

/// The mapping file, where it lies with the channel files.
const MAPPING_FILE: &str = "ARCASymbolMapping.txt";

/// What is to be read.
#[derive(Clone, Debug)]
pub(crate) struct Inputs {
    /// Files, pipes, or `-`.
    pub(crate) files: Vec<PathBuf>,
    /// Where the symbols were read.
    pub(crate) symbols: PathBuf,
    /// The symbols.
    pub(crate) mapping: MappingFile,
    /// What was odd.
    pub(crate) findings: Findings,
}

impl Inputs {
    /// Lists directories and reads the mapping file, which is `symbols`, or else lies in one of the
    /// directories or beside one of the files.
    ///
    /// # Errors
    ///
    /// When a path is not there, a directory has no channel files, or there are no symbols.
    pub(crate) fn resolve(
        paths: &[PathBuf],
        symbols: Option<&Path>,
        console: &Console,
    ) -> Result<Self, Failure> {
        let mut findings = Findings::default();
        let mut files = Vec::new();
        let mut found = None;
        for path in paths {
            if !path.is_dir() {
                files.push(path.clone());
                if path != Path::new("-") {
                    found = found.or_else(|| mapping_in(path.parent()?));
                }
                continue;
            }
            let listed = ChannelFiles::of_directory(path)?;
            for channel in listed.missing {
                let message = format_args!(
                    "{}: there is no file of channel {channel}; its symbols have empty books",
                    path.display()
                );
                findings.add(console, "missing channels", message);
            }
            for file in listed.unread {
                let message = format_args!(
                    "{}: is not read, since it is not named as a channel file of a directory is; it \
                     can be named itself",
                    file.display()
                );
                findings.add(console, "files not read", message);
            }
            files.extend(listed.files.into_iter().map(|file| file.path));
            found = found.or_else(|| mapping_in(path));
        }
        // A path that is not there is told before symbols are asked for.
        for file in files.iter().filter(|file| *file != Path::new("-")) {
            file.metadata()
                .with_context(|| format!("{}: cannot be opened", file.display()))?;
        }
        let Some(path) = symbols.or(found.as_deref()) else {
            return Err(Failure::Usage(format!(
                "--symbols FILE is needed, since no {MAPPING_FILE} lies with what was named"
            )));
        };
        let mapping = read_mapping(path, &mut findings, console)?;
        Ok(Self {
            files,
            symbols: path.to_owned(),
            mapping,
            findings,
        })
    }
}

fn mapping_in(directory: &Path) -> Option<PathBuf> {
    let mapping = directory.join(MAPPING_FILE);
    mapping.is_file().then_some(mapping)
}

fn read_mapping(
    path: &Path,
    findings: &mut Findings,
    console: &Console,
) -> Result<MappingFile, Failure> {
    let name = path.display();
    let mapping =
        MappingFile::read(path).with_context(|| format!("{name}: the symbols cannot be read"))?;
    for bad in &mapping.bad_lines {
        let message = format_args!(
            "{name}:{}: {}; the other lines are used",
            bad.number, bad.reason
        );
        findings.add(console, "bad mapping lines", message);
    }
    if mapping.symbols.is_empty() {
        return Err(anyhow!("{name}: holds no symbol: is it a symbol mapping file?").into());
    }
    Ok(mapping)
}
