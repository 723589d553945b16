//! What messages of the Pillar dialect mean, by the offsets of docs/wire-format.md.

use std::collections::BTreeMap;

/// What a message did to its symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Add {
        order: u64,
        buys: bool,
        price: u32,
        shares: u32,
    },
    Modify {
        order: u64,
        price: u32,
        shares: u32,
        loses_place: bool,
    },
    Delete {
        order: u64,
    },
    Execute {
        order: u64,
        price: u32,
        shares: u32,
        printed: bool,
    },
    Replace {
        order: u64,
        new: u64,
        price: u32,
        shares: u32,
    },
    Trade {
        price: u32,
        shares: u32,
        printed: bool,
    },
    Clear {
        next: u32,
    },
    Status(&'static str),
    Scale(u8),
    Nothing,
}

/// An event as it is decoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlainEvent {
    pub(crate) symbol: u32,
    pub(crate) symbol_number: Option<u32>,
    pub(crate) time: Option<u64>,
    pub(crate) what: What,
}

/// What the feed declared so far.
#[derive(Debug)]
pub(crate) struct Decoder {
    /// Scale and partition of each symbol.
    symbols: BTreeMap<u32, (u8, u8)>,
    /// The second of each partition.
    seconds: BTreeMap<u32, u32>,
}

impl Decoder {
    pub(crate) fn new(symbols: &[(u32, u8, u8)]) -> Self {
        let symbols = symbols.iter();
        Self {
            symbols: symbols
                .map(|(symbol, scale, system)| (*symbol, (*scale, *system)))
                .collect(),
            seconds: BTreeMap::new(),
        }
    }

    pub(crate) fn forget_seconds(&mut self) {
        self.seconds.clear();
    }

    /// The event of a message, if it makes one.
    pub(crate) fn decode(&mut self, message: &[u8]) -> Option<PlainEvent> {
        let word = |at: usize| u32::from_le_bytes(message[at..at + 4].try_into().unwrap());
        let long = |at: usize| u64::from_le_bytes(message[at..at + 8].try_into().unwrap());
        let full_time = |at: usize| u64::from(word(at)) * 1_000_000_000 + u64::from(word(at + 4));
        let unnumbered = |symbol, time, what| {
            Some(PlainEvent {
                symbol,
                symbol_number: None,
                time,
                what,
            })
        };
        let kind = message[2];
        let what = match kind {
            1 => return None,
            2 => {
                self.seconds.insert(word(4), word(12));
                return None;
            }
            3 => {
                let (symbol, scale, system) = (word(4), message[24], message[22]);
                self.symbols.insert(symbol, (scale, system));
                return unnumbered(symbol, None, What::Scale(scale));
            }
            32 => {
                let next = word(16);
                return unnumbered(word(12), Some(full_time(4)), What::Clear { next });
            }
            34 => {
                let what = match message[20] {
                    b'3' | b'4' | b'6' => What::Status("halted"),
                    b'5' => What::Status("open"),
                    b'P' | b'A' | b'B' | b'C' | b'D' | b'G' | b'I' | b'R' | b'T' => What::Nothing,
                    b'E' => What::Status("morning"),
                    b'O' => What::Status("core"),
                    b'L' => What::Status("late"),
                    b'X' => What::Status("closed"),
                    other => panic!("status {other}"),
                };
                return Some(PlainEvent {
                    symbol: word(12),
                    symbol_number: Some(word(16)),
                    time: Some(full_time(4)),
                    what,
                });
            }
            100 => What::Add {
                order: long(16),
                buys: message[32] == b'B',
                price: word(24),
                shares: word(28),
            },
            101 => What::Modify {
                order: long(16),
                price: word(24),
                shares: word(28),
                loses_place: message[32] == 1,
            },
            102 => What::Delete { order: long(16) },
            103 => What::Execute {
                order: long(16),
                price: word(28),
                shares: word(32),
                printed: message[36] != 0,
            },
            104 => What::Replace {
                order: long(16),
                new: long(24),
                price: word(32),
                shares: word(36),
            },
            110 => What::Trade {
                price: word(20),
                shares: word(24),
                printed: message[28] != 0,
            },
            other => panic!("type {other}"),
        };
        let symbol = word(8);
        let (_, system) = self.symbols[&symbol];
        let second = self.seconds.get(&u32::from(system)).copied();
        Some(PlainEvent {
            symbol,
            symbol_number: Some(word(12)),
            time: second.map(|second| u64::from(second) * 1_000_000_000 + u64::from(word(4))),
            what,
        })
    }
}
