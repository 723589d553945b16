//! The initializer: what a directory of channel files says about the day before it starts.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use oxberry_cluster::controller::{ControllerConfig, Symbol};
use oxberry_cluster::limits::Limits;
use oxberry_cluster::partition::PartitionTable;
use oxberry_core::units::{ChannelId, UnixNanos};
use oxberry_core::xdp::{Dialect, PacketRef};
use oxberry_feed::channels::Channels;
use oxberry_feed::dialect::dialects;
use oxberry_feed::directory::{ChannelFile, ChannelFiles, DirectoryError};
use oxberry_feed::mapping::MappingFile;
use oxberry_feed::source::{Filter, Source, SourceError};
use oxberry_proto::SymbolName;
use oxberry_proto::limits::MAX_SYMBOLS;
use thiserror::Error;

use crate::config::Config;

/// A day that is ready to be played.
#[derive(Debug)]
pub struct Day {
    /// Its symbols.
    pub mapping: Arc<MappingFile>,
    /// The partition of each of them.
    pub table: Arc<PartitionTable>,
    /// Its channels.
    pub channels: Vec<ChannelFeed>,
    /// Channels that have no file although one with a higher number has.
    pub missing: Vec<ChannelId>,
    /// Whether all of its channels are files, which anybody can read from their beginning. What was taken
    /// from a pipe is nowhere.
    pub can_be_read_again: bool,
    /// Files that look like those of channels and are not named so.
    pub unread: Vec<PathBuf>,
}

/// One channel of the day, opened.
#[derive(Debug)]
pub struct ChannelFeed {
    /// The channel.
    pub channel: ChannelId,
    /// Its file, or pipe.
    pub path: PathBuf,
    /// Its packets.
    pub source: Source,
    /// The dialect of its messages.
    pub dialect: Dialect,
    /// What its source turns out to hold: the channel, by one line or two, and nothing else, if it
    /// is what its name says. With the places of packets in it.
    pub channels: Channels<u64>,
    /// When its first packet was sent, if it has one.
    pub first_sent: Option<UnixNanos>,
}

/// Why a day cannot be played.
#[derive(Debug, Error)]
pub enum DayError {
    /// The directory is not one of channel files.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The mapping file cannot be read.
    #[error("{}: the symbol mapping file cannot be read: {error}", file.display())]
    Mapping {
        /// The file.
        file: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// No line of the mapping file names a symbol.
    #[error(
        "{}: no line names a symbol; write one symbol a line, such as AAPL|AAPL|9|P|Q|C|100|4|1|||",
        file.display()
    )]
    NoSymbols {
        /// The file.
        file: PathBuf,
    },
    /// A channel file cannot be opened.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// There are more symbols than messages between the daemons can list.
    #[error("{}: {symbols} symbols, but at most {MAX_SYMBOLS} fit a cluster", file.display())]
    TooManySymbols {
        /// The mapping file.
        file: PathBuf,
        /// How many it has.
        symbols: usize,
    },
}

impl Day {
    /// Checks that the day which the configuration names is there: its channel files by their names, its
    /// symbols by what the mapping file says. Opens no channel file, which may be a pipe.
    ///
    /// # Errors
    ///
    /// When the directory or the mapping file cannot be used.
    pub fn check(config: &Config) -> Result<(), DayError> {
        files_and_symbols(config).map(drop)
    }

    /// Opens the day that the configuration names.
    ///
    /// # Errors
    ///
    /// When the directory, the mapping file or a channel file cannot be used.
    pub fn open(config: &Config) -> Result<Self, DayError> {
        let (files, mapping) = files_and_symbols(config)?;
        let table = partition_table(&mapping, config.partitions);
        let mut sources = files
            .files
            .iter()
            .map(|file| Source::open(&file.path, Filter::default()))
            .collect::<Result<Vec<_>, SourceError>>()?;
        let is_file = |file: &ChannelFile| file.path.is_file();
        let can_be_read_again = files.files.iter().all(is_file);
        let verdicts = dialects(&mut sources, config.dialect);
        let channels = files
            .files
            .into_iter()
            .zip(sources)
            .zip(verdicts)
            .map(|((file, mut source), verdict)| ChannelFeed {
                channel: file.channel,
                path: file.path,
                first_sent: first_sent(&mut source),
                channels: Channels::new(core::slice::from_mut(&mut source), &[verdict.dialect]),
                source,
                dialect: verdict.dialect,
            })
            .collect();
        Ok(Self {
            mapping: Arc::new(mapping),
            table: Arc::new(table),
            channels,
            missing: files.missing,
            can_be_read_again,
            unread: files.unread,
        })
    }

    /// What the cluster's brain needs to know of the day, for a controller that was started then.
    #[must_use]
    pub fn controller_config(&self, config: &Config, started: UnixNanos) -> ControllerConfig {
        let symbols = self
            .mapping
            .symbols
            .iter()
            .map(|(&symbol_index, symbol)| Symbol {
                symbol_index,
                name: cut_to_fit(&symbol.cqs_symbol),
                scale: symbol.price_scale,
            });
        ControllerConfig {
            nodes: config.pis,
            replicas: config.replicas,
            await_visual: config.await_visual,
            channels: self
                .channels
                .iter()
                .map(|channel| channel.channel)
                .collect(),
            symbols: symbols.collect(),
            table: PartitionTable::clone(&self.table),
            identity: self.identity(config),
            generation: started.to_parts().0,
            continues: self.can_be_read_again && !config.fresh,
            limits: Limits {
                replace_after: config.replace_after,
                ..Limits::DEFAULT
            },
        }
    }

    /// What tells this day from another one: its files, when it began, its symbols, its dialects.
    fn identity(&self, config: &Config) -> u32 {
        let mut hash = Fnv::new();
        hash.add(config.dir.as_os_str().as_encoded_bytes());
        hash.add(&self.first_sent().unwrap_or_default().raw().to_be_bytes());
        for channel in &self.channels {
            hash.add(&[channel.channel.raw()]);
            hash.add(format!("{:?}", channel.dialect).as_bytes());
        }
        for (symbol_index, symbol) in &self.mapping.symbols {
            hash.add(&symbol_index.raw().to_be_bytes());
            hash.add(symbol.cqs_symbol.as_bytes());
        }
        hash.finish()
    }

    /// When the first packet of all channels was sent.
    #[must_use]
    pub fn first_sent(&self) -> Option<UnixNanos> {
        self.channels
            .iter()
            .filter_map(|channel| channel.first_sent)
            .min()
    }
}

/// The channel files of the day, not opened, and its symbols.
fn files_and_symbols(config: &Config) -> Result<(ChannelFiles, MappingFile), DayError> {
    let files = ChannelFiles::of_directory(&config.dir)?;
    let file = || config.symbols.clone();
    let mapping = MappingFile::read(&config.symbols).map_err(|error| DayError::Mapping {
        file: file(),
        error,
    })?;
    let symbols = mapping.symbols.len();
    if symbols == 0 {
        return Err(DayError::NoSymbols { file: file() });
    }
    if symbols > MAX_SYMBOLS {
        return Err(DayError::TooManySymbols {
            file: file(),
            symbols,
        });
    }
    Ok((files, mapping))
}

/// The partition of every symbol, for whoever wants to know what the controller will do.
#[must_use]
pub fn partition_table(mapping: &MappingFile, partitions: usize) -> PartitionTable {
    // Nothing is known of the load beforehand, so every symbol counts the same.
    let loads = mapping
        .symbols
        .keys()
        .map(|&symbol_index| (symbol_index, 1));
    PartitionTable::balanced(loads, partitions)
}

/// When the first packet of a source was sent.
fn first_sent(source: &mut Source) -> Option<UnixNanos> {
    let mut first_sent = None;
    source.look_ahead(|packet| match PacketRef::new(packet.bytes) {
        Ok(packet) => {
            first_sent = Some(packet.header().send_time);
            ControlFlow::Break(())
        }
        Err(_) => ControlFlow::Continue(()),
    });
    first_sent
}

/// FNV-1a, folded to 32 bits: the same on every machine and in every version.
struct Fnv(u64);

impl Fnv {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Adds a part, and its length, so that parts do not run together.
    fn add(&mut self, part: &[u8]) {
        let length = (part.len() as u64).to_be_bytes();
        for &byte in part.iter().chain(&length) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn finish(self) -> u32 {
        let [a, b, c, d, e, f, g, h] = self.0.to_be_bytes();
        u32::from_be_bytes([a ^ e, b ^ f, c ^ g, d ^ h])
    }
}

/// A name as far as messages hold it; the feed's own symbols are shorter.
fn cut_to_fit(name: &str) -> SymbolName {
    let mut cut = SymbolName::new();
    for letter in name.chars() {
        if cut.push(letter).is_err() {
            break;
        }
    }
    cut
}
