//! A market without end, written to named pipes that look like channel files.
//!
//! The controller reads them as it reads files; a full pipe holds the market back, so it is made
//! just as fast as it is played.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
    thread,
};

use anyhow::Context as _;
use oxberry_core::xdp::MAX_PACKET;
use oxberry_sim::market::{ChannelGenerator, Market};
use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::scratch::Scratch;

/// The mapping file of a directory.
const MAPPING_FILE: &str = "ARCASymbolMapping.txt";

/// A market that goes on for as long as somebody reads it.
#[derive(Debug)]
pub(super) struct LiveMarket {
    dir: Scratch,
}

impl LiveMarket {
    /// Makes the pipes and starts a thread a channel, which waits until its pipe is read.
    ///
    /// # Errors
    ///
    /// When a file, pipe or thread cannot be made.
    pub(super) fn start(market: &Market, dir: Scratch) -> anyhow::Result<Self> {
        let mapping: String = market
            .listings()
            .iter()
            .map(|listing| {
                format!(
                    "{listing}
"
                )
            })
            .collect();
        let path = dir.path().join(MAPPING_FILE);
        fs::write(&path, mapping).with_context(|| path.display().to_string())?;
        for generator in market.channels() {
            let channel = generator.channel();
            let name = format!("{}-ARCA_XDP_IBF_{channel}.dat", market.date());
            let path = dir.path().join(name);
            let mode = Mode::RUSR | Mode::WUSR;
            mknodat(CWD, &path, FileType::Fifo, mode, 0)
                .map_err(io::Error::from)
                .with_context(|| format!("{}: the pipe cannot be made", path.display()))?;
            // Ends when the reader is gone; the end of this process ends one that still waits.
            // A reader that is gone is no error: then the demonstration ends.
            let write = move || drop(write_all(generator, &path));
            thread::Builder::new()
                .name(format!("market {channel}"))
                .spawn(write)?;
        }
        Ok(Self { dir })
    }

    /// Where the pipes are.
    pub(super) fn directory(&self) -> &Path {
        self.dir.path()
    }
}

/// Writes the channel until the market ends or nobody reads any more.
fn write_all(mut generator: ChannelGenerator, path: &Path) -> io::Result<()> {
    let mut pipe = File::options().write(true).open(path)?;
    let mut buffer = [0; MAX_PACKET];
    while let Some(length) = generator.next_packet(&mut buffer) {
        pipe.write_all(buffer.get(..length).unwrap_or_default())?;
    }
    Ok(())
}
