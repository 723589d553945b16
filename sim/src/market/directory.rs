//! Writes a market to files: one for each channel, and the symbol mapping.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use oxberry_core::xdp::{MAX_PACKET, PacketRef};

use super::capture;
use super::{ChannelGenerator, Market};

/// The format of a channel's file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileFormat {
    /// Packets back to back (`.dat`).
    #[default]
    Dat,
    /// A capture of the multicast, with times in nanoseconds (`.pcap`).
    Pcap,
}

impl FileFormat {
    const fn extension(self) -> &'static str {
        match self {
            Self::Dat => "dat",
            Self::Pcap => "pcap",
        }
    }
}

/// Returns the name of a channel's file. The first channel is 1.
#[must_use]
pub fn channel_file_name(market: &Market, channel: u8, format: FileFormat) -> String {
    let (date, extension) = (market.date(), format.extension());
    format!("{date}-ARCA_XDP_IBF_{channel}.{extension}")
}

/// What the files of all channels hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The number of packets.
    pub packets: u64,
    /// The number of messages in the packets.
    pub messages: u64,
    /// The size of the channel files in bytes.
    pub bytes: u64,
}

/// A file or directory that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}", path.display())]
pub struct WriteError {
    /// The file or directory.
    pub path: PathBuf,
    /// The error of the operating system.
    pub source: io::Error,
}

/// The number of messages between two reports of progress.
const REPORT_EVERY: u64 = 50_000;

/// Writes a market to a directory, which is created if it does not exist: the files
/// `<date>-ARCA_XDP_IBF_<channel>.dat` (or `.pcap`) and `ARCASymbolMapping.txt`.
///
/// Several threads write, and each calls `on_messages` from time to time with the number of messages
/// written since its last call.
///
/// # Errors
/// Fails if the directory or a file cannot be written, or if the market's feed is endless.
pub fn write_directory(
    market: &Market,
    directory: &Path,
    format: FileFormat,
    on_messages: &(dyn Fn(u64) + Sync),
) -> Result<Written, WriteError> {
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |source| WriteError { path, source }
    };
    if market.config().messages.is_none() {
        let endless = io::Error::other("a market without end fits into no file");
        return Err(failed(directory)(endless));
    }
    fs::create_dir_all(directory).map_err(failed(directory))?;
    let mapping: String = market
        .listings()
        .iter()
        .map(|listing| format!("{listing}\n"))
        .collect();
    let mapping_path = directory.join("ARCASymbolMapping.txt");
    fs::write(&mapping_path, mapping).map_err(failed(&mapping_path))?;

    // A channel's bytes do not depend on the others, so each thread takes the next one.
    let channels = Mutex::new(market.channels());
    let next = || {
        channels
            .lock()
            .map(|mut channels| channels.next())
            .unwrap_or_default()
    };
    let work = || -> Result<Written, WriteError> {
        let mut written = Written::default();
        while let Some(channel) = next() {
            let name = channel_file_name(market, channel.channel().raw(), format);
            let path = directory.join(name);
            let added =
                write_channel(channel, &path, format, on_messages).map_err(failed(&path))?;
            written = written.plus(added);
        }
        Ok(written)
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .try_fold(Written::default(), |sum, worker| {
                Ok(sum.plus(
                    worker
                        .join()
                        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?,
                ))
            })
    })
}

fn write_channel(
    mut channel: ChannelGenerator,
    path: &Path,
    format: FileFormat,
    on_messages: &(dyn Fn(u64) + Sync),
) -> io::Result<Written> {
    let mut file = BufWriter::new(File::create(path)?);
    let mut written = Written::default();
    if format == FileFormat::Pcap {
        file.write_all(&capture::FILE_HEADER)?;
        written.bytes += capture::FILE_HEADER.len() as u64;
    }
    let mut reported = 0;
    let mut buffer = [0; MAX_PACKET];
    while let Some(length) = channel.next_packet(&mut buffer) {
        let bytes = buffer.get(..length).unwrap_or_default();
        let header = PacketRef::new(bytes).map_err(io::Error::other)?.header();
        if format == FileFormat::Pcap {
            let frame = capture::frame_header(channel.channel(), header.send_time, header.pkt_size);
            file.write_all(&frame)?;
            written.bytes += frame.len() as u64;
        }
        file.write_all(bytes)?;
        written.bytes += length as u64;
        written.packets += 1;
        written.messages += u64::from(header.number_msgs);
        if written.messages - reported >= REPORT_EVERY {
            on_messages(written.messages - reported);
            reported = written.messages;
        }
    }
    on_messages(written.messages - reported);
    file.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok(written)
}

impl Written {
    const fn plus(self, other: Self) -> Self {
        Self {
            packets: self.packets + other.packets,
            messages: self.messages + other.messages,
            bytes: self.bytes + other.bytes,
        }
    }
}
