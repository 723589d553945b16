//! Captures of both lines of a channel, each of which loses, swaps, repeats and delays on its own: the
//! handler, as the replay and as a controller drive it, against a plain reader of the same packets.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic, and says with which seed"
)]

mod lossy_capture;
mod plain;

use std::io::Cursor;

use lossy_capture::{Capture, Profile};
use oxberry_core::book::{Books, Capacity};
use oxberry_core::feed::{Action, Beginning, FeedEvent, Follower, Lost, TradeSessions};
use oxberry_core::units::{ChannelId, SeqNum, Side, UnixNanos};
use oxberry_core::xdp::{Dialect, PacketRef};
use oxberry_feed::channels::{Channels, HandledChannel};
use oxberry_feed::handler::{Dropped, Handler, Listener, Read};
use oxberry_feed::mapping::MappingFile;
use oxberry_feed::merge::Merge;
use oxberry_feed::source::{Filter, Source};
use oxberry_sim::random::Random;
use plain::book::PlainBooks;
use plain::message::What;
use plain::{Came, Looks, Said};

/// Seeds of a run, unless `OXBERRY_SEEDS` says how many, or `OXBERRY_SEED` which one.
const SEEDS: u64 = 1_000;

const CHANNEL: ChannelId = ChannelId::from_raw(1);
const CAPACITY: Capacity = Capacity {
    symbols: 8,
    orders: 4_000,
    levels: 2_000,
};

/// Writes down what a handler tells, with the books that it makes.
struct Hears<'b> {
    books: Books<'b>,
    said: Vec<Said>,
}

impl<'b> Hears<'b> {
    fn new(mapping: &MappingFile, memory: &'b mut Vec<u32>) -> Self {
        memory.resize(CAPACITY.words(), 0);
        let mut books = Books::new(CAPACITY, memory).unwrap();
        for (symbol_index, symbol) in &mapping.symbols {
            books.define(*symbol_index, symbol.price_scale).unwrap();
        }
        let said = Vec::new();
        Self { books, said }
    }
}

impl Follower for Hears<'_> {
    fn event(&mut self, event: FeedEvent) {
        let slot = self.books.apply(CHANNEL, &event).unwrap().slot;
        let bbo = self.books.bbo(slot);
        let best = |level: oxberry_core::book::Level| (level.price.raw(), level.qty);
        let trust = match self.books.trust(slot).to_string().as_str() {
            "live" => "live",
            "recovering" => "recovering",
            "partial" => "partial",
            _ => "stale",
        };
        self.said.push(Said::Event {
            number: event.seq_num.raw(),
            symbol: event.symbol_index.raw(),
            symbol_number: event.symbol_seq_num.map(|number| number.raw()),
            time: event.ts_event.map(UnixNanos::raw),
            what: what(event.action),
            book: Looks {
                trust,
                best: [bbo.bid.map(best), bbo.ask.map(best)],
            },
        });
    }

    fn begins(&mut self, beginning: Beginning) {
        for slot in self.books.slots() {
            self.books.begins(slot, CHANNEL, &beginning);
        }
        self.said.push(Said::Begins(beginning.after.raw()));
    }

    fn lost(&mut self, lost: Lost) {
        for slot in self.books.slots() {
            self.books.lost(slot, CHANNEL, lost.last);
        }
        self.said
            .push(Said::Lost(lost.first.raw(), lost.last.raw()));
    }

    fn settled(&mut self, before: SeqNum) {
        panic!("no failover: {before}");
    }
}

impl<P> Listener<P> for Hears<'_> {
    fn turn(&mut self, _: &PacketRef<'_>, _: P) {}

    fn done(&mut self, _: &PacketRef<'_>, _: P, read: &Read) {
        assert!(read.sequence.is_ok() && !read.has_odd_messages, "{read:?}");
    }

    fn dropped(&mut self, packet: &PacketRef<'_>, _: P, why: Dropped) {
        assert_eq!(why, Dropped::Late, "{:?}", packet.header());
    }
}

/// An action in plain words.
fn what(action: Action) -> What {
    let status = |session: TradeSessions| match session {
        TradeSessions::MORNING => "morning",
        TradeSessions::CORE => "core",
        _ => "late",
    };
    match action {
        Action::Add {
            order_id,
            side,
            price,
            qty,
            sessions: _,
        } => What::Add {
            order: order_id.raw(),
            buys: side == Side::Bid,
            price: price.raw(),
            shares: qty.raw(),
        },
        Action::Modify {
            order_id,
            price,
            qty,
            loses_place,
        } => What::Modify {
            order: order_id.raw(),
            price: price.raw(),
            shares: qty.raw(),
            loses_place,
        },
        Action::Delete { order_id } => What::Delete {
            order: order_id.raw(),
        },
        Action::Execute {
            order_id,
            price,
            qty,
            printable,
            ..
        } => What::Execute {
            order: order_id.raw(),
            price: price.raw(),
            shares: qty.raw(),
            printed: printable,
        },
        Action::Replace {
            order_id,
            new_order_id,
            price,
            qty,
        } => What::Replace {
            order: order_id.raw(),
            new: new_order_id.raw(),
            price: price.raw(),
            shares: qty.raw(),
        },
        Action::Trade {
            price,
            qty,
            printable,
            ..
        } => What::Trade {
            price: price.raw(),
            shares: qty.raw(),
            printed: printable,
        },
        Action::Clear { next } => What::Clear { next: next.raw() },
        Action::Halt => What::Status("halted"),
        Action::Resume => What::Status("open"),
        Action::Close => What::Status("closed"),
        Action::Session { session } => What::Status(status(session)),
        Action::Define { scale, is_whole } => {
            assert!(is_whole, "all symbols are in the file");
            What::Scale(scale.code())
        }
        Action::Other => What::Nothing,
        odd @ (Action::Unreadable
        | Action::Refresh { .. }
        | Action::RefreshAdd { .. }
        | Action::Refreshed
        | _) => panic!("nothing of a sound feed: {odd:?}"),
    }
}

/// The captures as the replay reads them. Also says in which order the packets came.
fn as_replay(
    capture: &Capture,
    mapping: &MappingFile,
    hears: &mut Hears<'_>,
) -> Vec<(Option<std::net::SocketAddr>, Came)> {
    let mut sources: Vec<Source> = capture
        .files
        .iter()
        .map(|file| Source::from_reader("lines", Cursor::new(file.clone()), Filter::default()))
        .collect();
    let dialects = vec![Dialect::Pillar; sources.len()];
    let mut channels = Channels::<()>::new(&mut sources, &dialects);
    let mut merge = Merge::new(sources);
    let mut came = Vec::new();
    while let Some(number) = merge.advance().unwrap() {
        let packet = merge.packet(number);
        let (group, captured) = (packet.group, packet.captured);
        came.push((
            group,
            Came {
                at: captured.unwrap().raw(),
                epoch: capture.epoch_of(packet.bytes),
                bytes: packet.bytes.to_vec(),
            },
        ));
        let packet = PacketRef::new(packet.bytes).unwrap();
        let found = channels.of_packet(number, group, &packet, mapping).unwrap();
        if let Some((place, HandledChannel { handler, .. })) = found {
            assert_eq!(place, 0, "both lines are of one channel");
            handler.handle_packet(group, captured, &packet, (), hears);
        }
    }
    for HandledChannel { handler, .. } in channels.iter_mut() {
        handler.finish(hears);
    }
    came
}

/// The same packets in a thread of their own, which wakes up whenever it likes, and whenever
/// something is due.
fn as_controller(
    came: &[(Option<std::net::SocketAddr>, Came)],
    mapping: &MappingFile,
    random: &mut Random,
    hears: &mut Hears<'_>,
) {
    let mut handler = Handler::<()>::new(Dialect::Pillar, mapping).unwrap();
    for (group, Came { at, bytes, .. }) in came {
        while let Some(due) = handler.poll_timeout()
            && due.raw() < *at
        {
            handler.handle_timeout(due, hears);
        }
        if random.chance(100) {
            handler.handle_timeout(UnixNanos::from_raw(*at), hears);
        }
        let captured = Some(UnixNanos::from_raw(*at));
        let packet = PacketRef::new(bytes).unwrap();
        handler.handle_packet(*group, captured, &packet, (), hears);
    }
    handler.finish(hears);
}

/// Compares what was said, and shows where it differs.
fn assert_same(seed: u64, who: &str, got: &[Said], want: &[Said]) {
    let differs = got.iter().zip(want).position(|(got, want)| got != want);
    if let Some(at) = differs {
        let context = at.saturating_sub(2);
        panic!(
            "seed {seed}, {who}: after {at} equal ones\n got {:#?}\nwant {:#?}",
            &got[context..=at],
            &want[context..=at]
        );
    }
    assert_eq!(got.len(), want.len(), "seed {seed}, {who}");
}

/// Compares the books of the end, order by order.
fn assert_same_books(seed: u64, books: &Books<'_>, plain: &PlainBooks) {
    for slot in books.slots() {
        let symbol = books.symbol_index(slot).raw();
        for side in Side::BOTH {
            let buys = side == Side::Bid;
            let orders: Vec<_> = books
                .orders(slot, side)
                .map(|order| {
                    let (id, price) = (order.order_id.raw(), order.price.raw());
                    (id, buys, price, order.qty.raw())
                })
                .collect();
            let trust = books.trust(slot).to_string();
            assert_eq!(trust, plain.looks(symbol).trust, "seed {seed}, {symbol}");
            assert_eq!(orders, plain.queue(symbol, buys), "seed {seed}, {symbol}");
        }
    }
    books.check_invariants().unwrap();
}

/// Compares all three on one capture; says how many losses there were.
fn check(seed: u64, capture: &Capture) -> (Vec<Said>, usize) {
    let mapping = MappingFile::parse(&capture.mapping);
    let (mut memory, mut other_memory) = (Vec::new(), Vec::new());
    let mut replay = Hears::new(&mapping, &mut memory);
    let mut controller = Hears::new(&mapping, &mut other_memory);
    let came = as_replay(capture, &mapping, &mut replay);
    let mut random = Random::new(seed, 99);
    as_controller(&came, &mapping, &mut random, &mut controller);
    let packets: Vec<Came> = came.into_iter().map(|(_, came)| came).collect();
    let (said, books) = plain::read(&packets, &capture.symbols);
    assert_same(seed, "replay", &replay.said, &said);
    assert_same(seed, "controller", &controller.said, &said);
    assert_same_books(seed, &replay.books, &books);
    assert_eq!(
        replay.books.digest_of_all(),
        controller.books.digest_of_all()
    );
    let losses = said.iter().filter(|said| matches!(said, Said::Lost(..)));
    let losses = losses.count();
    (said, losses)
}

#[test]
fn what_a_handler_tells_of_two_bad_lines_is_what_a_plain_reader_tells() {
    let number = |name| {
        let value = std::env::var(name).ok();
        value.map(|value| value.parse::<u64>().expect("a number"))
    };
    let only = number("OXBERRY_SEED");
    let seeds = number("OXBERRY_SEEDS").unwrap_or(SEEDS);
    let (mut lossy, mut whole) = (0, 0);
    for seed in only.map_or(0..seeds, |seed| seed..seed + 1) {
        let profile = Profile::of(seed);
        let capture = Capture::make(seed, &profile);
        let (said, losses) = check(seed, &capture);
        if profile.union_is_whole() {
            assert_eq!(
                losses, 0,
                "seed {seed}: both lines together have everything"
            );
            let (lossless, _) = plain::read(&capture.sent, &capture.symbols);
            assert_same(seed, "the lossless input", &said, &lossless);
            whole += 1;
        }
        lossy += u64::from(losses > 0);
    }
    if only.is_none() {
        println!("{whole} of {seeds} captures have everything, {lossy} lose something for good");
        assert!(whole > seeds / 5 && lossy > seeds / 5);
    }
}
