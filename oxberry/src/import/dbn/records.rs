//! Records of a DBN file, with their places.

use std::io::{self, Read};

use dbn::{
    MboMsg, PitSymbolMap, Record as _, Schema, SymbolIndex as _, VersionUpgradePolicy,
    decode::{DbnMetadata as _, dbn::Decoder},
};

use super::super::{
    input::{Content, Input},
    stop::Stop,
    tally::Tally,
};

/// What comes before the length of the metadata, and that length.
const PRELUDE: u64 = 8;

/// What to do with a file that is cut or damaged.
const AGAIN: &str = "the file was cut, or is damaged: get it again";

/// A file of records, which shows one of an order at a time.
#[derive(Debug)]
pub(super) struct Records {
    name: String,
    decoder: Decoder<Counted>,
    /// Where the present record begins.
    offset: u64,
    size: u64,
    record: Option<MboMsg>,
    names: PitSymbolMap,
}

/// Counts the bytes that are read.
#[derive(Debug)]
struct Counted {
    input: Content,
    read: u64,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.read += count as u64;
        Ok(count)
    }
}

impl Records {
    /// A file of which no record was read.
    ///
    /// # Errors
    ///
    /// When its metadata cannot be read, or it holds something else than orders.
    pub(super) fn new(input: Input) -> Result<Self, (String, Stop)> {
        let length = input.start().get(4..).and_then(<[u8]>::first_chunk);
        let length = length.map_or(0, |length| u32::from_le_bytes(*length));
        let Input { name, content, .. } = input;
        let content = Counted {
            input: content,
            read: 0,
        };
        let decoder = Decoder::with_upgrade_policy(content, VersionUpgradePolicy::AsIs);
        let decoder = match decoder {
            Ok(decoder) => decoder,
            Err(error) => {
                let what = format!("the metadata cannot be read: {error}; {AGAIN}");
                return Err((name, Stop::input(what)));
            }
        };
        let metadata = decoder.metadata();
        if let Some(schema) = metadata.schema.filter(|&schema| schema != Schema::Mbo) {
            let what = format!(
                "the records are of the schema {schema}, in which orders are not told one by one; \
                 give a file of the schema mbo"
            );
            return Err((name, Stop::input(what)));
        }
        let day = metadata.start().date();
        let names = metadata.symbol_map_for_date(day).unwrap_or_default();
        Ok(Self {
            name,
            decoder,
            offset: PRELUDE + u64::from(length),
            size: 0,
            record: None,
            names,
        })
    }

    /// What messages call the file.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Where the present record begins, or the end of the file.
    pub(super) const fn offset(&self) -> u64 {
        self.offset
    }

    /// The present record, unless the file is over.
    pub(super) const fn record(&self) -> Option<&MboMsg> {
        self.record.as_ref()
    }

    /// What the file calls the instrument of a record.
    pub(super) fn symbol(&self, record: &MboMsg) -> Option<&str> {
        self.names.get_for_rec(record).map(String::as_str)
    }

    /// Goes to the next record of an order, and counts others; behind the last one there is none.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or ends inside a record.
    pub(super) fn advance(&mut self, others: &mut Tally) -> Result<(), Stop> {
        self.record = None;
        loop {
            self.offset += std::mem::take(&mut self.size);
            let record = match self.decoder.decode_ref() {
                Ok(Some(record)) => record,
                Ok(None) => break,
                Err(error) => {
                    return Err(Stop::input(format!("cannot be read on: {error}; {AGAIN}")));
                }
            };
            self.size = record.record_size() as u64;
            if let Some(record) = record.get::<MboMsg>() {
                self.record = Some(record.clone());
                return Ok(());
            }
            // Names of instruments, in files that were recorded live; a bad one names nothing.
            let _ = self.names.on_record(record);
            others
                .count("records that are of no order, such as status, mappings or system messages");
        }
        let behind = self.decoder.get_ref().read.saturating_sub(self.offset);
        if behind > 0 {
            return Err(Stop::input(format!(
                "the file ends inside a record, {behind} bytes behind its start; {AGAIN}"
            )));
        }
        Ok(())
    }
}
