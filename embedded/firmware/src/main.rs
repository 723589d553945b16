//! Reads a capture of the feed that is built into flash, keeps the books of its symbols, and writes
//! a row whenever a best bid or offer changes, in the format of `oxberry replay --depth 1`.
#![no_std]
#![no_main]

use core::fmt::{self, Write};

use cortex_m_rt::entry;
use cortex_m_semihosting::{debug, hio};
use oxberry_core::book::{Bbo, Books, Capacity, Memory};
use oxberry_core::feed::{Channel, EventsOnly, FeedEvent, FeedSymbol};
use oxberry_core::symbol::MappingLine;
use oxberry_core::units::{ChannelId, SymbolIndex};
use oxberry_core::xdp::{Dialect, PacketRef};
use panic_semihosting as _;

/// Packets back to back, as `oxberry generate` writes them.
static CAPTURE: &[u8] = include_bytes!("../capture/20240515-ARCA_XDP_IBF_1.dat");

/// The symbols in it.
static MAPPING: &str = include_str!("../capture/ARCASymbolMapping.txt");

/// Symbols that the mapping may have.
const SYMBOLS: usize = 3;

/// All that the books may hold, chosen at compile time.
const CAPACITY: Capacity = Capacity {
    symbols: SYMBOLS as u32,
    orders: 512,
    levels: 256,
};

/// Rows are written to the host in pieces of this size: each costs a trap into the debugger.
const PIECE: usize = 4096;

#[entry]
fn main() -> ! {
    static mut MEMORY: Memory<{ CAPACITY.words() }> = Memory::new();
    static mut ROWS: Rows = Rows {
        symbols: [("", SymbolIndex::from_raw(0)); SYMBOLS],
        shown: [None; SYMBOLS],
        buffer: [0; PIECE],
        used: 0,
    };
    let memory: &'static mut Memory<{ CAPACITY.words() }> = MEMORY;
    let rows: &'static mut Rows = ROWS;
    let books = Books::new(CAPACITY, memory.words()).expect("the memory is of that size");
    let complete = replay(books, rows).is_ok();
    debug::exit(if complete {
        debug::EXIT_SUCCESS
    } else {
        debug::EXIT_FAILURE
    });
    loop {
        cortex_m::asm::wfi();
    }
}

/// The channel of the capture.
const CHANNEL: ChannelId = ChannelId::from_raw(1);

/// Plays the capture into the books. An error is something that the capture must not have.
fn replay(mut books: Books<'_>, rows: &mut Rows) -> fmt::Result {
    let mut channel = Channel::new(Dialect::Pillar, [FeedSymbol::EMPTY; SYMBOLS]);
    for (line, place) in MAPPING.lines().zip(&mut rows.symbols) {
        let line = MappingLine::parse(line).map_err(|_| fmt::Error)?;
        *place = (line.cqs_symbol, line.symbol_index);
        let scale = line.price_scale;
        books
            .define(line.symbol_index, scale)
            .map_err(|_| fmt::Error)?;
        channel
            .define(line.symbol_index, line.system_id)
            .map_err(|_| fmt::Error)?;
    }
    rows.write_str("symbol,symbol_seq_num,ts_event_ns,bid_px_1,bid_sz_1,ask_px_1,ask_sz_1\n")?;
    let mut rest = CAPTURE;
    while !rest.is_empty() {
        let packet = PacketRef::new(rest).map_err(|_| fmt::Error)?;
        let mut result = Ok(());
        channel
            .packet(
                &packet,
                &mut EventsOnly(|event| {
                    let row = apply(&mut books, &event).map_or(Ok(()), |bbo| rows.row(&event, bbo));
                    result = result.and(row);
                }),
            )
            .map_err(|_| fmt::Error)?;
        result?;
        rest = rest.get(packet.bytes().len()..).ok_or(fmt::Error)?;
    }
    rows.flush()
}

/// Applies the event; returns the best bid and offer of its symbol.
fn apply(books: &mut Books<'_>, event: &FeedEvent) -> Option<Bbo> {
    let applied = books.apply(CHANNEL, event).ok()?;
    Some(books.bbo(applied.slot))
}

/// The rows on their way to the host.
struct Rows {
    symbols: [(&'static str, SymbolIndex); SYMBOLS],
    /// The prices and quantities of the last row of each symbol.
    shown: [Option<[u64; 4]>; SYMBOLS],
    buffer: [u8; PIECE],
    used: usize,
}

impl Rows {
    /// Writes a row if it differs from the symbol's last one.
    fn row(&mut self, event: &FeedEvent, bbo: Bbo) -> fmt::Result {
        let find = |(_, index): &(&str, SymbolIndex)| *index == event.symbol_index;
        let place = self.symbols.iter().position(find).ok_or(fmt::Error)?;
        let level = |level: Option<oxberry_core::book::Level>| {
            level.map_or([0, 0], |level| [u64::from(level.price.raw()), level.qty])
        };
        let ([bid_px, bid_sz], [ask_px, ask_sz]) = (level(bbo.bid), level(bbo.ask));
        let quote = [bid_px, bid_sz, ask_px, ask_sz];
        let (Some(shown), Some((name, _))) = (self.shown.get_mut(place), self.symbols.get(place))
        else {
            return Err(fmt::Error);
        };
        // Before the first level comes the book shows zeros, which is no news.
        if shown.replace(quote).unwrap_or_default() == quote {
            return Ok(());
        }
        let name = *name;
        write!(self, "{name},")?;
        if let Some(number) = event.symbol_seq_num {
            write!(self, "{number}")?;
        }
        self.write_str(",")?;
        if let Some(time) = event.ts_event {
            write!(self, "{time}")?;
        }
        writeln!(self, ",{bid_px},{bid_sz},{ask_px},{ask_sz}")
    }

    /// Hands what was written to the host.
    fn flush(&mut self) -> fmt::Result {
        let written = self.buffer.get(..self.used).ok_or(fmt::Error)?;
        let mut host = hio::hstdout().map_err(|()| fmt::Error)?;
        host.write_all(written).map_err(|()| fmt::Error)?;
        self.used = 0;
        Ok(())
    }
}

impl Write for Rows {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if self.used == PIECE {
                self.flush()?;
            }
            *self.buffer.get_mut(self.used).ok_or(fmt::Error)? = byte;
            self.used += 1;
        }
        Ok(())
    }
}
