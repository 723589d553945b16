//! What the demonstration plays: captured channel files, or a made-up market.

use std::path::{Path, PathBuf};

use oxberry_controller::config::MAPPING_FILE_NAME;
use oxberry_feed::directory::ChannelFiles;
use oxberry_sim::market::{FileFormat, Market, MarketConfig, write_directory};

use super::{Arguments, interrupt::Interrupt, market::LiveMarket, scratch::Scratch};
use crate::{failure::Failure, input::refuse_to_overwrite};

/// Messages of a made-up market that must end.
const CHECKED_MESSAGES: u64 = 200_000;

/// A directory for the controller to read, and what keeps it filled.
#[derive(Debug)]
pub(super) enum Input {
    /// Files of the one who calls.
    Captured(PathBuf),
    /// Files that were made up, and go with this.
    MadeUp(Scratch),
    /// Pipes that a market without end is written to.
    Live(LiveMarket),
}

impl Input {
    /// Makes the input ready to be read.
    ///
    /// # Errors
    ///
    /// When the directory is none of channel files, or files cannot be made.
    pub(super) fn prepare(arguments: &Arguments, interrupt: &Interrupt) -> Result<Self, Failure> {
        if let Some(dir) = &arguments.dir {
            let channels = ChannelFiles::of_directory(dir)?.files;
            if let Some(events) = &arguments.events {
                let mut read: Vec<PathBuf> = channels.into_iter().map(|file| file.path).collect();
                read.push(dir.join(MAPPING_FILE_NAME));
                refuse_to_overwrite("--events", events, read.iter().map(PathBuf::as_path))?;
            }
            return Ok(Self::Captured(dir.clone()));
        }
        let messages = arguments.check.then_some(CHECKED_MESSAGES);
        let market = Market::new(MarketConfig {
            symbols: arguments.symbols,
            seed: arguments.seed,
            messages,
            ..MarketConfig::default()
        })?;
        let dir = Scratch::make()?;
        interrupt.remove_at_end(dir.path());
        if messages.is_some() {
            write_directory(&market, dir.path(), FileFormat::Dat, &|_| ())?;
            Ok(Self::MadeUp(dir))
        } else {
            Ok(Self::Live(LiveMarket::start(&market, dir)?))
        }
    }

    /// The directory to read.
    pub(super) fn directory(&self) -> &Path {
        match self {
            Self::Captured(dir) => dir,
            Self::MadeUp(dir) => dir.path(),
            Self::Live(market) => market.directory(),
        }
    }

    /// Its dialect, as the controller is told. Pipes cannot be looked into beforehand: their writer
    /// may wait for the reader of another one.
    pub(super) const fn dialect(&self) -> &'static str {
        match self {
            Self::Captured(_) | Self::MadeUp(_) => "auto",
            Self::Live(_) => "pillar",
        }
    }

    /// What kind of feed it is, as the page says it.
    pub(super) const fn source(&self) -> &'static str {
        match self {
            Self::Captured(_) => "replay",
            Self::MadeUp(_) | Self::Live(_) => "made-up",
        }
    }

    /// Whether a controller that is started again can go on with it: what came through pipes is gone.
    pub(super) const fn is_read_again(&self) -> bool {
        match self {
            Self::Captured(_) | Self::MadeUp(_) => true,
            Self::Live(_) => false,
        }
    }

    /// What to call it.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Captured(dir) => dir.display().to_string(),
            Self::MadeUp(_) => "a made-up market that ends".into(),
            Self::Live(_) => "a made-up market without end".into(),
        }
    }
}
