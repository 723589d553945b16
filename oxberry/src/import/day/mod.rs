//! A day as channel files and a mapping file, from what happened in it.
//!
//! Messages are numbered here: within their channel, and within their symbol. A book learns from these
//! numbers what it may be called. A day that is told from its start begins with a reset and number 1; one
//! that begins somewhere else begins with number 2, so that its books are partial until they are cleared.
//! Where something of a book cannot be told, a number of its symbol is left out.

mod channel;
mod encode;
mod folder;
mod listing;
mod scale;

use std::{
    collections::BTreeMap,
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use oxberry_core::{
    units::{ChannelId, SymbolIndex, SymbolSeqNum, SystemId},
    xdp::RpiIndicator,
};

use self::{
    channel::Channel,
    encode::{Heading, Standing, message},
    folder::Folder,
    scale::Scale,
};
pub(super) use self::{channel::Written, listing::Listing};
use super::action::{Action, Stamp};
use crate::{channel_files::refuse_other_channels, new_york, whole_file::WholeFile};

/// The mapping file, as the venue names it.
const MAPPING: &str = "ARCASymbolMapping.txt";

/// Where a day goes.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// The directory of the channel files.
    pub(super) directory: PathBuf,
    /// The mapping file, if it is to be elsewhere.
    pub(super) mapping: Option<PathBuf>,
    /// The channels that symbols are spread over.
    pub(super) channels: u8,
}

/// What the first message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// The first of the day: there are no orders before it.
    WholeDay,
    /// One of later: orders may rest that are not known.
    MidDay,
}

/// A day that is being written.
#[derive(Debug)]
pub(super) struct Day {
    beginning: Beginning,
    channels: Vec<Channel>,
    mapping: WholeFile,
    /// Behind the files in it, so that it is dropped after them.
    folder: Folder,
    symbols: BTreeMap<SymbolIndex, Symbol>,
    /// Actions whose price no scale holds.
    unheld: u64,
    /// When the last message was.
    last: Option<Stamp>,
}

/// A symbol of the day.
#[derive(Debug)]
struct Symbol {
    listing: Listing,
    /// Where its channel is in the list.
    channel: usize,
    scale: Scale,
    standing: Standing,
    /// The scale that it was defined with first, for the mapping file, and last.
    defined: Option<(Scale, Scale)>,
    /// Whether its book is known to be empty where it is defined.
    starts_empty: bool,
    /// The number of its next message.
    next: u32,
}

/// What a day has become.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) symbols: usize,
    pub(super) written: Written,
    /// Actions whose price no scale holds.
    pub(super) unheld: u64,
    /// Symbols whose scale changed.
    pub(super) rescaled: usize,
}

impl Day {
    /// Begins the files of a day.
    ///
    /// # Errors
    ///
    /// When the directory holds channel files of something else, or it cannot be written to.
    pub(super) fn create(
        target: &Target,
        date: new_york::Day,
        beginning: Beginning,
    ) -> anyhow::Result<Self> {
        let directory = &target.directory;
        let date = date.to_string().replace('-', "");
        let name = |channel: u8| format!("{date}-ARCA_XDP_IBF_{channel}.dat");
        let names: Vec<String> = (1..=target.channels).map(name).collect();
        refuse_other_channels(directory, &names, "of this day")?;
        let folder = Folder::make(directory)?;
        let first = match beginning {
            Beginning::WholeDay => 1,
            Beginning::MidDay => 2,
        };
        let channels = (1..=target.channels).zip(&names).map(|(channel, name)| {
            Channel::create(&directory.join(name), ChannelId::from_raw(channel), first)
        });
        let channels = channels.collect::<anyhow::Result<_>>()?;
        let mapping = target.mapping.as_deref();
        let mapping = mapping.map_or_else(|| directory.join(MAPPING), Path::to_owned);
        Ok(Self {
            beginning,
            channels,
            mapping: WholeFile::create(&mapping)?,
            folder,
            symbols: BTreeMap::new(),
            unheld: 0,
            last: None,
        })
    }

    /// Whether orders may rest that are not known.
    pub(super) const fn is_partial(&self) -> bool {
        matches!(self.beginning, Beginning::MidDay)
    }

    /// Whether a symbol is listed.
    pub(super) fn has(&self, symbol_index: SymbolIndex) -> bool {
        self.symbols.contains_key(&symbol_index)
    }

    /// All symbols so far.
    pub(super) fn symbols(&self) -> Vec<SymbolIndex> {
        self.symbols.keys().copied().collect()
    }

    /// A symbol comes for the first time. Where its prices are known to have the usual scale it is
    /// defined at once, else with its first price.
    ///
    /// # Errors
    ///
    /// When the files cannot be written.
    pub(super) fn list(
        &mut self,
        symbol_index: SymbolIndex,
        listing: Listing,
        has_usual_scale: bool,
        stamp: Stamp,
    ) -> anyhow::Result<()> {
        let is_whole = self.beginning == Beginning::WholeDay;
        let channel = self.symbols.len() % self.channels.len().max(1);
        let mut symbol = Symbol {
            listing,
            channel,
            scale: Scale::default(),
            standing: Standing::default(),
            defined: None,
            starts_empty: is_whole,
            next: if is_whole { 1 } else { 2 },
        };
        self.begin(stamp)?;
        if has_usual_scale {
            symbol.scale = Scale::common();
            symbol.define(symbol_index, stamp, &mut self.channels)?;
        }
        self.symbols.insert(symbol_index, symbol);
        Ok(())
    }

    /// Something happens to a symbol, which must be listed.
    ///
    /// # Errors
    ///
    /// When the files cannot be written.
    pub(super) fn tell(
        &mut self,
        symbol_index: SymbolIndex,
        stamp: Stamp,
        action: Action,
    ) -> anyhow::Result<()> {
        self.begin(stamp)?;
        let Some(symbol) = self.symbols.get_mut(&symbol_index) else {
            return Ok(());
        };
        if symbol.defined.is_none() && action == Action::Clear {
            // It is told where the symbol is defined, for which a price is waited for.
            symbol.starts_empty = true;
            symbol.next = 1;
            return Ok(());
        }
        if !action.prices().all(|price| symbol.scale.takes(price)) {
            self.unheld += 1;
            if action.is_of_book() {
                self.doubt(symbol_index, stamp)?;
            }
            return Ok(());
        }
        symbol.define(symbol_index, stamp, &mut self.channels)?;
        symbol.push(symbol_index, stamp, action, &mut self.channels)
    }

    /// Something of a book cannot be told. A number is left out, so that whoever reads the channel calls
    /// it stale.
    ///
    /// # Errors
    ///
    /// When the files cannot be written.
    pub(super) fn doubt(&mut self, symbol_index: SymbolIndex, stamp: Stamp) -> anyhow::Result<()> {
        let Some(symbol) = self.symbols.get_mut(&symbol_index) else {
            return Ok(());
        };
        // A number is missed only between two messages: these say nothing.
        let nothing = Action::Retail(RpiIndicator::NONE);
        symbol.define(symbol_index, stamp, &mut self.channels)?;
        symbol.push(symbol_index, stamp, nothing, &mut self.channels)?;
        symbol.next = symbol.next.saturating_add(1);
        symbol.push(symbol_index, stamp, nothing, &mut self.channels)
    }

    /// Resets the channels before the first message of a whole day.
    fn begin(&mut self, stamp: Stamp) -> anyhow::Result<()> {
        if self.last.replace(stamp).is_none() && self.beginning == Beginning::WholeDay {
            for channel in &mut self.channels {
                channel.reset(stamp)?;
            }
        }
        Ok(())
    }

    /// Writes what is left, and puts all files under their names.
    ///
    /// # Errors
    ///
    /// When one cannot be written.
    pub(super) fn finish(mut self) -> anyhow::Result<Summary> {
        let mut summary = Summary {
            symbols: self.symbols.len(),
            unheld: self.unheld,
            ..Summary::default()
        };
        let mut file = self.mapping.file()?;
        for (&symbol_index, symbol) in &mut self.symbols {
            if let Some(stamp) = self.last {
                symbol.define(symbol_index, stamp, &mut self.channels)?;
            }
            let (first, last) = symbol.defined.unwrap_or_default();
            summary.rescaled += usize::from(first.code() != last.code());
            let system = symbol.system(&self.channels);
            let line = symbol.listing.line(symbol_index, system, first.code());
            let written = writeln!(file, "{line}");
            written
                .with_context(|| format!("{}: cannot be written", self.mapping.path().display()))?;
        }
        let mut whole = Vec::new();
        for channel in self.channels.drain(..) {
            let (file, written) = channel.finish()?;
            whole.push(file);
            summary.written.packets += written.packets;
            summary.written.messages += written.messages;
            summary.written.bytes += written.bytes;
        }
        for file in whole {
            file.complete()?;
        }
        self.mapping.complete()?;
        self.folder.keep();
        Ok(summary)
    }
}

impl Symbol {
    fn system(&self, channels: &[Channel]) -> SystemId {
        (channels.get(self.channel)).map_or(SystemId::from_raw(0), Channel::system)
    }

    /// Tells of the symbol, unless it was told with this scale.
    fn define(
        &mut self,
        symbol_index: SymbolIndex,
        stamp: Stamp,
        channels: &mut [Channel],
    ) -> anyhow::Result<()> {
        let is_known = |(_, last): (Scale, Scale)| last.code() == self.scale.code();
        if self.defined.is_some_and(is_known) {
            return Ok(());
        }
        let Some(channel) = channels.get_mut(self.channel) else {
            return Ok(());
        };
        let scale = self.scale.code();
        let definition = (self.listing).definition(symbol_index, channel.system(), scale);
        channel.push(stamp.sent, definition)?;
        if self.defined.is_none() && self.starts_empty {
            channel.push(stamp.sent, encode::clear(self.heading(symbol_index, stamp)))?;
        }
        let first = self.defined.map_or(self.scale, |(first, _)| first);
        self.defined = Some((first, self.scale));
        Ok(())
    }

    /// The next message of the symbol.
    fn push(
        &mut self,
        symbol_index: SymbolIndex,
        stamp: Stamp,
        action: Action,
        channels: &mut [Channel],
    ) -> anyhow::Result<()> {
        let Some(channel) = channels.get_mut(self.channel) else {
            return Ok(());
        };
        channel.tell_second(stamp)?;
        let heading = self.heading(symbol_index, stamp);
        channel.push(stamp.sent, message(heading, action, &mut self.standing))?;
        self.next = if action == Action::Clear {
            1
        } else {
            self.next.saturating_add(1)
        };
        Ok(())
    }

    fn heading(&self, symbol_index: SymbolIndex, stamp: Stamp) -> Heading {
        Heading {
            stamp,
            symbol_index,
            symbol_seq_num: SymbolSeqNum::from_raw(self.next),
            scale: self.scale,
        }
    }
}
