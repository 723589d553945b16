//! Directories that channel files are written to.

use std::path::Path;

use oxberry_feed::directory::ChannelFile;
use oxberry_net::FirstFew;

/// Refuses a directory with channel files that this run does not write: whoever reads the directory
/// would take them for channels of what it writes, `of_what`. They may be captured ones, so they are
/// left to the user.
///
/// # Errors
///
/// When there are some; the error names the first one.
pub(crate) fn refuse_other_channels(
    directory: &Path,
    ours: &[String],
    of_what: &str,
) -> anyhow::Result<()> {
    // A directory that is not there is made; whatever else is wrong with it is told when it is
    // written to.
    let names = directory.read_dir().into_iter().flatten().flatten();
    let mut others: Vec<String> = names
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| ChannelFile::channel_of(name.as_ref()).is_some() && !ours.contains(name))
        .collect();
    others.sort();
    let mut few = FirstFew::of(1);
    let Some(first) = few.among(others).pop() else {
        return Ok(());
    };
    let more = match few.left_out() {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    anyhow::bail!(
        "{}: holds channel files that are not {of_what}: {first}{more}; remove them, or choose \
         another directory; nothing was written",
        directory.display()
    )
}
