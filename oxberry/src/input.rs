//! Arguments about inputs that several subcommands have.

use std::{
    fs::{self, File, Metadata},
    io::stdin,
    net::IpAddr,
    os::{
        fd::AsFd as _,
        unix::fs::{FileTypeExt as _, MetadataExt as _},
    },
    path::Path,
};

use clap::{Args, ValueEnum};
use oxberry_core::xdp::Dialect;
use oxberry_feed::source::Filter;

use crate::failure::Failure;

/// How inputs are read.
#[derive(Clone, Debug, Args)]
pub(crate) struct InputArguments {
    /// The dialect of the feed; `auto` tells it from the first messages
    #[arg(long, value_enum, default_value_t = DialectChoice::Auto)]
    pub(crate) dialect: DialectChoice,
    /// Of captures, read only packets sent to this multicast group; may be given several times
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) group: Vec<IpAddr>,
    /// Of captures, read only packets sent to this UDP port; may be given several times
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Vec<u16>,
}

/// A dialect as it can be typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DialectChoice {
    /// Told from the first messages
    Auto,
    /// Arca XDP, 2011 to 2017
    Legacy,
    /// XDP 2.0 to 2.3, 2015 to 2021
    Xdp,
    /// Pillar 2.4 and later, since 2021
    Pillar,
}

impl DialectChoice {
    /// The dialect, unless it is to be told from the messages.
    pub(crate) fn named(self) -> Option<Dialect> {
        match self {
            Self::Auto => None,
            Self::Legacy => Some(Dialect::Legacy),
            Self::Xdp => Some(Dialect::Xdp),
            Self::Pillar => Some(Dialect::Pillar),
        }
    }
}

impl InputArguments {
    /// The packets of captures that are wanted.
    pub(crate) fn filter(&self) -> Filter {
        Filter {
            groups: self.group.clone(),
            ports: self.port.clone(),
        }
    }
}

/// Refuses inputs that name standard input, or another pipe, more than once: each of its bytes can
/// be read by one of them only.
///
/// # Errors
///
/// A usage error that names the second one.
pub(crate) fn refuse_repeated_pipes<'p>(
    paths: impl IntoIterator<Item = &'p Path>,
) -> Result<(), Failure> {
    let mut standard_input = false;
    let mut pipes = Vec::new();
    for path in paths {
        let found = if path == Path::new("-") {
            if std::mem::replace(&mut standard_input, true) {
                return Err(named_twice(path));
            }
            let input = stdin().as_fd().try_clone_to_owned().map(File::from);
            input.and_then(|input| input.metadata())
        } else {
            fs::metadata(path)
        };
        let pipe = found.ok().filter(is_pipe).map(|it| (it.dev(), it.ino()));
        let Some(pipe) = pipe else { continue };
        if pipes.contains(&pipe) {
            return Err(named_twice(path));
        }
        pipes.push(pipe);
    }
    Ok(())
}

/// Refuses a file to write that is one of those to read: making it anew would empty them first.
///
/// # Errors
///
/// A usage error that names both.
pub(crate) fn refuse_to_overwrite<'p>(
    option: &str,
    written: &Path,
    read: impl IntoIterator<Item = &'p Path>,
) -> Result<(), Failure> {
    let identity = |path: &Path| {
        let found = fs::metadata(path).ok().filter(Metadata::is_file)?;
        Some((found.dev(), found.ino()))
    };
    let Some(target) = identity(written) else {
        return Ok(());
    };
    for path in read {
        let file = if path == Path::new("-") {
            Path::new("/dev/stdin")
        } else {
            path
        };
        if identity(file) == Some(target) {
            return Err(Failure::Usage(format!(
                "{option} {} would overwrite what is read: {}",
                written.display(),
                path.display()
            )));
        }
    }
    Ok(())
}

/// Whether two names are of one file, which may not be there yet.
pub(crate) fn is_one_file(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| {
        fs::canonicalize(path).ok().or_else(|| {
            let folder = match path.parent()? {
                here if here == Path::new("") => Path::new("."),
                folder => folder,
            };
            Some(fs::canonicalize(folder).ok()?.join(path.file_name()?))
        })
    };
    one == other || whole(one).is_some_and(|one| whole(other) == Some(one))
}

fn is_pipe(found: &Metadata) -> bool {
    found.file_type().is_fifo()
}

fn named_twice(path: &Path) -> Failure {
    let name = if path == Path::new("-") {
        "standard input".into()
    } else {
        path.display().to_string()
    };
    Failure::Usage(format!(
        "{name} is named more than once, but can be read only once"
    ))
}
