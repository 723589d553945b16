//! One channel file: messages to packets.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
};

use anyhow::Context as _;
use oxberry_core::{
    units::{ChannelId, SeqNum, SystemId, UnixNanos},
    xdp::{
        DeliveryFlag, MAX_MESSAGES, MAX_PACKET, Message, PacketBuilder, PartitionTimeReference,
        ProductId, SequenceNumberReset,
    },
};

use super::super::action::Stamp;
use crate::whole_file::WholeFile;

/// Nanoseconds that the first message of a packet waits for further ones.
const GATHER_NS: u64 = 30_000;

/// The header of a packet.
const HEADER: usize = 16;

/// Bytes that are written at once.
const AT_ONCE: usize = 256 * 1024;

/// What files hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::import) struct Written {
    pub(in crate::import) packets: u64,
    pub(in crate::import) messages: u64,
    pub(in crate::import) bytes: u64,
}

/// A channel file that is being written.
#[derive(Debug)]
pub(super) struct Channel {
    id: ChannelId,
    whole: WholeFile,
    file: BufWriter<File>,
    /// Messages of the packet that is being made, and the bytes that it will have.
    pending: Vec<Message>,
    size: usize,
    first_sent: u64,
    last_sent: u64,
    /// The number of the next message.
    next: u64,
    /// The second that was told last.
    second: Option<u32>,
    written: Written,
}

impl Channel {
    /// Begins a file whose first message has the number `first`.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(super) fn create(path: &Path, id: ChannelId, first: u32) -> anyhow::Result<Self> {
        let whole = WholeFile::create(path)?;
        let file = whole.file().with_context(|| cannot_write(&whole))?;
        Ok(Self {
            id,
            whole,
            file: BufWriter::with_capacity(AT_ONCE, file),
            pending: Vec::with_capacity(MAX_MESSAGES.into()),
            size: HEADER,
            first_sent: 0,
            last_sent: 0,
            next: first.into(),
            second: None,
            written: Written::default(),
        })
    }

    /// The matching-engine partition of all symbols of the channel.
    pub(super) const fn system(&self) -> SystemId {
        SystemId::from_raw(self.id.raw())
    }

    /// The day starts: a packet with the reset, which is number 1.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub(super) fn reset(&mut self, stamp: Stamp) -> anyhow::Result<()> {
        let (source_time, source_time_ns) = stamp.event.to_parts();
        let reset = SequenceNumberReset {
            source_time,
            source_time_ns,
            product_id: ProductId::ARCA_INTEGRATED,
            channel_id: self.id,
        };
        self.push(stamp.sent, reset)?;
        self.send(DeliveryFlag::SEQUENCE_RESET)
    }

    /// Tells the second of what comes next, unless it is known.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    pub(super) fn tell_second(&mut self, stamp: Stamp) -> anyhow::Result<()> {
        let (second, _) = stamp.event.to_parts();
        if self.second == Some(second) {
            return Ok(());
        }
        self.second = Some(second);
        let reference = PartitionTimeReference {
            id: self.system().raw().into(),
            symbol_seq_num: 0,
            source_time: second,
        };
        self.push(stamp.sent, reference)
    }

    /// Puts a message behind the others.
    ///
    /// # Errors
    ///
    /// When the file cannot be written, or the channel has no number left.
    pub(super) fn push(
        &mut self,
        sent: UnixNanos,
        message: impl Into<Message>,
    ) -> anyhow::Result<()> {
        let (sent, message) = (sent.raw().max(self.last_sent), message.into());
        let is_full = self.size + message.size() > MAX_PACKET
            || self.pending.len() >= usize::from(MAX_MESSAGES);
        if is_full || sent > self.first_sent.saturating_add(GATHER_NS) {
            self.send(DeliveryFlag::ORIGINAL)?;
        }
        if self.pending.is_empty() {
            self.first_sent = sent;
        }
        self.last_sent = sent;
        self.size += message.size();
        self.pending.push(message);
        Ok(())
    }

    /// Writes the packet of the messages so far, if there are some.
    fn send(&mut self, flag: DeliveryFlag) -> anyhow::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let count = self.pending.len() as u64;
        let seq_num = u32::try_from(self.next).ok();
        let seq_num = seq_num.filter(|_| self.next + count <= u64::from(u32::MAX));
        let seq_num = seq_num.with_context(|| {
            format!(
                "channel {}: has more than 4294967295 messages, for which there are no numbers; \
                 --channels spreads the symbols, --symbol picks some; nothing was written",
                self.id
            )
        })?;
        let mut buffer = [0; MAX_PACKET];
        let mut packet = PacketBuilder::new(&mut buffer)?;
        for message in self.pending.drain(..) {
            packet.push_message(&message)?;
        }
        let sent = UnixNanos::from_raw(self.last_sent);
        let packet = packet.finish(flag, SeqNum::from_raw(seq_num), sent);
        let written = self.file.write_all(packet);
        written.with_context(|| cannot_write(&self.whole))?;
        self.written.packets += 1;
        self.written.messages += count;
        self.written.bytes += packet.len() as u64;
        self.next += count;
        self.size = HEADER;
        Ok(())
    }

    /// Writes what is left. The file is there once it is completed.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(super) fn finish(mut self) -> anyhow::Result<(WholeFile, Written)> {
        self.send(DeliveryFlag::ORIGINAL)?;
        let flushed = self.file.flush();
        flushed.with_context(|| cannot_write(&self.whole))?;
        Ok((self.whole, self.written))
    }
}

fn cannot_write(whole: &WholeFile) -> String {
    format!("{}: cannot be written", whole.path().display())
}
