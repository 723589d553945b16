//! A market without end, which writes named pipes that look like channel files, until it is closed.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use oxberry_core::xdp::MAX_PACKET;
use oxberry_sim::market::{ChannelGenerator, FileFormat, Market, MarketConfig, channel_file_name};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

/// The market, which goes on until it is closed.
pub(crate) struct LiveMarket {
    directory: TempDir,
    is_closed: Arc<AtomicBool>,
    channels: Vec<JoinHandle<()>>,
}

impl LiveMarket {
    /// Makes the pipes. A full pipe holds the market back, so it is made just as fast as it is played.
    pub(crate) fn open(symbols: u32) -> Self {
        let config = MarketConfig {
            symbols,
            ..MarketConfig::default()
        };
        let market = Market::new(config).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let mapping: String = market
            .listings()
            .iter()
            .map(|listing| format!("{listing}\n"))
            .collect();
        fs::write(directory.path().join("ARCASymbolMapping.txt"), mapping).unwrap();
        let is_closed = Arc::<AtomicBool>::default();
        let channel = |generator: ChannelGenerator| {
            let name = channel_file_name(&market, generator.channel().raw(), FileFormat::Dat);
            let path = directory.path().join(name);
            mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
            let is_closed = Arc::clone(&is_closed);
            thread::spawn(move || write(generator, &path, &is_closed))
        };
        let channels = market.channels().map(channel).collect();
        Self {
            directory,
            is_closed,
            channels,
        }
    }

    /// Where its channels are.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Ends the day: every channel ends with a whole packet.
    pub(crate) fn close(&mut self) {
        self.is_closed.store(true, Ordering::Relaxed);
        for channel in self.channels.drain(..) {
            channel.join().unwrap();
        }
    }
}

/// Writes the channel until the market is closed, or the controller is gone.
fn write(mut generator: ChannelGenerator, path: &PathBuf, is_closed: &AtomicBool) {
    let mut pipe = File::options().write(true).open(path).unwrap();
    let mut buffer = [0; MAX_PACKET];
    while !is_closed.load(Ordering::Relaxed) {
        let length = generator
            .next_packet(&mut buffer)
            .expect("a market without end");
        if pipe.write_all(&buffer[..length]).is_err() {
            return;
        }
    }
}
