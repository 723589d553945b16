//! Streams of book operations written as bytes, for fuzzing and for replaying what it found.
//!
//! The first three bytes are the capacity and every six that follow are one operation, so that a byte
//! changed, dropped or repeated still gives a stream that makes sense.

use oxberry_core::book::{Books, Capacity, Order, Rejection};
use oxberry_core::feed::{Action, Beginning, ExecutionEffect, FeedEvent, TradeSessions};
use oxberry_core::units::{
    ChannelId, Numbering, OrderId, PriceScale, Qty, RawPrice, SeqNum, Side, SymbolIndex,
    SymbolSeqNum, TradeId,
};

/// Symbols of a stream.
const SYMBOLS: u8 = 3;

fn symbol_index(symbol: u8) -> SymbolIndex {
    SymbolIndex::from_raw(u32::from(symbol) + 1)
}

/// Few ids, so that they meet again; half of them share their low bits.
fn order_id(byte: u8) -> OrderId {
    let id = u64::from(byte & 0x3F);
    OrderId::from_raw(if byte & 0x40 == 0 { id } else { id << 32 | 1 })
}

/// One operation of six bytes: what and on which symbol, order, price, quantity, and two more.
fn event([what, id, price, qty, other, flags]: [u8; 6], last: u32) -> FeedEvent {
    let (order_id, new_order_id) = (order_id(id), order_id(other));
    let side = if flags & 1 == 0 { Side::Bid } else { Side::Ask };
    let price = RawPrice::from_raw(match price {
        0 => 0,
        255 => u32::MAX,
        near => u32::from(near) * 100,
    });
    let qty = Qty::from_raw(u32::from(qty));
    let trade_id = TradeId::from_raw(1);
    let sessions = TradeSessions::from_wire(flags >> 1);
    let action = match what >> 2 & 0x1F {
        0..8 => Action::Add {
            order_id,
            side,
            price,
            qty,
            sessions,
        },
        8..11 => Action::Modify {
            order_id,
            price,
            qty,
            loses_place: flags & 1 != 0,
        },
        11..16 => Action::Delete { order_id },
        16..20 => Action::Execute {
            order_id,
            price,
            qty,
            trade_id,
            effect: match flags >> 1 & 3 {
                0 | 1 => ExecutionEffect::Reduce,
                2 => ExecutionEffect::Fill,
                _ => ExecutionEffect::None,
            },
            printable: flags & 1 != 0,
        },
        20..23 => Action::Replace {
            order_id,
            new_order_id,
            price,
            qty,
        },
        23 => Action::Trade {
            price,
            qty,
            trade_id,
            printable: flags & 1 != 0,
        },
        24 => Action::Clear {
            next: SymbolSeqNum::from_raw(u32::from(qty.raw() > 200) * 7 + 1),
        },
        25 => Action::Session { session: sessions },
        26 => Action::Halt,
        27 => Action::Resume,
        28 => Action::Close,
        29 => Action::Define {
            scale: PriceScale::new(flags % 10).expect("at most 9"),
            is_whole: flags & 64 == 0,
        },
        30 => Action::Unreadable,
        _ if flags & 4 == 0 => Action::Refresh {
            last: SymbolSeqNum::from_raw(last),
            through: SeqNum::from_raw(u32::from(flags & 8)),
            scale: PriceScale::new(flags),
        },
        _ if flags & 8 == 0 => Action::RefreshAdd {
            order_id,
            side,
            price,
            qty,
            sessions,
        },
        _ if flags & 16 == 0 => Action::Refreshed,
        _ => Action::Other,
    };
    // Now and then a number that is not the next one.
    let number = match other {
        0..8 => u32::from(other),
        _ => last + 1 + u32::from(other == 99),
    };
    FeedEvent {
        seq_num: SeqNum::from_raw(u32::from(other & 7)),
        symbol_index: symbol_index((what & 3).min(SYMBOLS)),
        symbol_seq_num: (flags & 0x80 != 0).then(|| SymbolSeqNum::from_raw(number)),
        ts_event: None,
        action,
    }
}

/// Runs a stream and panics when the books break a rule of theirs: their invariants, that what is
/// refused changes no order, that books with room agree with crowded ones until something is
/// refused, and that a snapshot restores to the same digest.
pub(crate) fn run(bytes: &[u8]) {
    let Some((&[orders, levels, every], operations)) = bytes.split_first_chunk() else {
        return;
    };
    let crowded = Capacity {
        symbols: u32::from(SYMBOLS),
        orders: u32::from(orders % 64) + 1,
        levels: u32::from(levels % 64) + 1,
    };
    let roomy = Capacity {
        symbols: u32::from(SYMBOLS),
        orders: 1_000,
        levels: 1_000,
    };
    let (mut memory, mut other) = (vec![0; crowded.words()], vec![0; roomy.words()]);
    let mut books = Books::new(crowded, &mut memory).expect("the memory suffices");
    let mut twin = Books::new(roomy, &mut other).expect("the memory suffices");
    let scale = PriceScale::new(4).expect("at most 9");
    // The twin defines its symbols the other way round: where things lie must not matter.
    for symbol in 0..SYMBOLS {
        books
            .define(symbol_index(symbol), scale)
            .expect("there is room");
        twin.define(symbol_index(SYMBOLS - 1 - symbol), scale)
            .expect("there is room");
    }
    let mut alike = true;
    for (number, operation) in operations.as_chunks().0.iter().enumerate() {
        let channel = ChannelId::from_raw(u8::from(operation[1] < 2));
        if operation[3] == 3 {
            happen(&mut books, channel, operation[5]);
            happen(&mut twin, channel, operation[5]);
        }
        let slot = books.slot(symbol_index((operation[0] & 3).min(SYMBOLS)));
        let last = slot.and_then(|slot| books.symbol_seq_num(slot));
        let event = event(*operation, last.map_or(0, SymbolSeqNum::raw));
        let before = queues(&books, event.symbol_index);
        let (got, want) = (books.apply(channel, &event), twin.apply(channel, &event));
        let Ok(applied) = got else {
            assert!(want.is_err(), "only one knows the symbol");
            continue;
        };
        if applied
            .rejection
            .is_some_and(|rejection| rejection != Rejection::ScaleLost)
        {
            // But what starts the numbers of a symbol makes its orders void, refused or not.
            let after = queues(&books, event.symbol_index);
            let started = event.symbol_seq_num.is_some() && after.is_empty();
            assert!(started || after == before, "a refused event changed orders");
        }
        alike &= applied.rejection == want.expect("both know the symbol").rejection;
        books
            .check_invariants()
            .expect("the crowded books keep their rules");
        if number % (usize::from(every % 16) + 1) == 0 {
            twin.check_invariants()
                .expect("the roomy books keep their rules");
            assert!(
                !alike || books.digest_of_all() == twin.digest_of_all(),
                "digests differ"
            );
        }
    }
    restore(&books, usize::from(every % 5) + 1);
}

/// Something happens to a whole channel.
fn happen(books: &mut Books<'_>, channel: ChannelId, what: u8) {
    let beginning = Beginning {
        is_announced: true,
        numbering: Numbering::UNNAMED,
        after: SeqNum::from_raw(u32::from(what & 1)),
        failover: what & 2 != 0,
    };
    for slot in books.slots() {
        match what >> 2 & 3 {
            0 => books.begins(slot, channel, &beginning),
            1 => books.lost(slot, channel, beginning.after),
            _ => books.settled(slot, channel),
        };
    }
}

/// All orders of a symbol.
fn queues(books: &Books<'_>, symbol_index: SymbolIndex) -> Vec<Order> {
    let slot = books.slot(symbol_index);
    slot.into_iter()
        .flat_map(|slot| {
            Side::BOTH
                .into_iter()
                .flat_map(move |side| books.orders(slot, side))
        })
        .collect()
}

/// Restores snapshots of all symbols elsewhere, in chunks, and compares.
fn restore(books: &Books<'_>, chunk: usize) {
    let capacity = Capacity {
        symbols: u32::from(SYMBOLS),
        orders: 100,
        levels: 100,
    };
    let mut memory = vec![0; capacity.words()];
    let mut copies = Books::new(capacity, &mut memory).expect("the memory suffices");
    for slot in books.slots().rev() {
        let (head, mut reader) = books.snapshot(slot);
        let mut restore = copies.restore(&head).expect("there is room");
        let mut orders = Vec::new();
        while let Some(order) = reader.next(books).expect("nothing changed") {
            orders.push(order);
        }
        for chunk in orders.chunks(chunk) {
            restore.write(&mut copies, chunk).expect("there is room");
        }
        restore.finish(&mut copies).expect("the copy is exact");
    }
    copies
        .check_invariants()
        .expect("the copies keep the rules");
    assert_eq!(copies.digest_of_all(), books.digest_of_all());
}
