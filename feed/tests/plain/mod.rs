//! An arbiter, a decoder and a book, written as plainly as they can be, with nothing of the product:
//! the truth that a handler and its books are compared with.

pub(crate) mod arbiter;
pub(crate) mod book;
pub(crate) mod message;

use arbiter::Arbiter;
use book::PlainBooks;
use message::{Decoder, What};

/// What a reader of a channel says, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// A numbering begins after this number.
    Begins(u32),
    /// Numbers are lost.
    Lost(u32, u32),
    /// A message did something to a symbol, and what its book is then.
    Event {
        number: u32,
        symbol: u32,
        symbol_number: Option<u32>,
        time: Option<u64>,
        what: What,
        book: Looks,
    },
}

/// How a book looks: its trust, and price and shares of the best bid and ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Looks {
    pub(crate) trust: &'static str,
    pub(crate) best: [Option<(u32, u64)>; 2],
}

/// A packet as it came: when, and its bytes. `epoch` is the numbering that it is of in truth.
#[derive(Clone, Debug)]
pub(crate) struct Came {
    pub(crate) at: u64,
    pub(crate) epoch: u32,
    pub(crate) bytes: Vec<u8>,
}

/// What a plain reader says of these packets, and its books at the end.
pub(crate) fn read(packets: &[Came], symbols: &[(u32, u8, u8)]) -> (Vec<Said>, PlainBooks) {
    let mut arbiter = Arbiter::new();
    for packet in packets {
        arbiter.handle_packet(packet);
    }
    arbiter.finish();
    let mut decoder = Decoder::new(symbols);
    let mut books = PlainBooks::new(symbols.iter().map(|(symbol, ..)| *symbol));
    let mut said = Vec::new();
    let mut last: Option<(u32, u32)> = None;
    for ((epoch, number), message) in arbiter.delivered {
        match last {
            Some((of, before)) if of == epoch => {
                if number > before + 1 {
                    said.push(Said::Lost(before + 1, number - 1));
                    decoder.forget_seconds();
                    books.lost();
                }
            }
            _ => {
                said.push(Said::Begins(number - 1));
                decoder.forget_seconds();
                books.begins(number > 1);
            }
        }
        last = Some((epoch, number));
        let Some(event) = decoder.decode(&message) else {
            continue;
        };
        books.apply(&event);
        said.push(Said::Event {
            number,
            symbol: event.symbol,
            symbol_number: event.symbol_number,
            time: event.time,
            what: event.what,
            book: books.looks(event.symbol),
        });
    }
    (said, books)
}
