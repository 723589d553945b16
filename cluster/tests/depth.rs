//! How deep a book is: told to who asks, and to nobody else.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

mod one_pi;

use oxberry_cluster::channel::Occurrence;
use oxberry_cluster::controller::{self, Controller, ControllerConfig, RimStatus, Symbol};
use oxberry_cluster::limits::{DEPTH_QUEUE, DEPTH_RECENT};
use oxberry_cluster::partition::PartitionTable;
use oxberry_core::book::{Level, TradingStatus, Trust};
use oxberry_core::feed::Lost;
use oxberry_core::units::{Instant, OrderId, Position, PriceScale, Qty, RawPrice, SeqNum, Side};
use oxberry_proto::depth::{
    Depth, DepthAsked, DepthPart, DepthRecord, DepthRequest, DepthWish, LevelName, TellDepth,
};
use oxberry_proto::limits::{MAX_BATCH_BYTES, MAX_DEPTH_LEVELS, MAX_DEPTH_QUEUES};
use oxberry_proto::start::Hello;
use oxberry_proto::{
    Answer, Kind, Libzmq, NodeId, NodeName, Partition, Run, SCHEMA_FINGERPRINT, SymbolName, ToPi,
    decode_list, kind_of,
};

use one_pi::{ALL, CHANNEL, LIMITS, NODE, NUMBERING, RUN, SYMBOL, WALL, World, bytes};

impl World {
    /// Somebody looks.
    fn look(&mut self, levels: u8, queues: &[LevelName]) {
        let wish = wish(self.partition(), levels, queues);
        self.control(&bytes(&TellDepth { run: RUN, wish }));
    }

    /// The answers among what the receiver takes.
    fn answers(&mut self) -> Vec<(Depth, Vec<DepthRecord>)> {
        depths(&self.take(0, ALL))
    }

    /// The levels of a side as the book has them.
    fn levels(&self, side: Side) -> Vec<Level> {
        let books = self.pi.books();
        books.depth(books.slot(SYMBOL).unwrap(), side).collect()
    }
}

fn wish(partition: Partition, levels: u8, queues: &[LevelName]) -> DepthWish {
    let mut wished = [None; MAX_DEPTH_QUEUES];
    for (place, &queue) in wished.iter_mut().zip(queues) {
        *place = Some(queue);
    }
    DepthWish {
        symbol_index: SYMBOL,
        partition,
        levels,
        queues: wished,
    }
}

fn level(side: Side, price: u32) -> LevelName {
    LevelName {
        side,
        price: RawPrice::from_raw(price),
    }
}

fn depths(frames: &[Vec<u8>]) -> Vec<(Depth, Vec<DepthRecord>)> {
    let depths = frames
        .iter()
        .filter(|frame| kind_of(frame) == Ok(Kind::Depth));
    let read = depths.map(|frame| {
        assert!(frame.len() <= MAX_BATCH_BYTES);
        let (head, records) = decode_list::<Depth>(frame).unwrap();
        (head, records.map(Result::unwrap).collect())
    });
    read.collect()
}

/// The levels of a side that records tell.
fn told(records: &[DepthRecord], wanted: Side) -> Vec<(u32, u64, u32)> {
    let levels = records.iter().filter_map(|record| match (record, wanted) {
        (DepthRecord::Bid(quote), Side::Bid) | (DepthRecord::Ask(quote), Side::Ask) => {
            Some((quote.price.raw(), quote.qty, quote.orders))
        }
        (DepthRecord::Bid(_) | DepthRecord::Ask(_) | DepthRecord::Order { .. }, _) => None,
    });
    levels.collect()
}

fn kept(levels: &[Level]) -> Vec<(u32, u64, u32)> {
    let raw = |level: &Level| (level.price.raw(), level.qty, level.orders);
    levels.iter().map(raw).collect()
}

#[test]
fn an_answer_has_the_levels_and_the_queues_of_the_book_at_its_position() {
    let mut world = World::new(1);
    for (side, price, qty) in [
        (Side::Bid, 1_000, 100),
        (Side::Bid, 1_000, 300),
        (Side::Bid, 990, 50),
        (Side::Ask, 1_010, 70),
        (Side::Bid, 1_000, 200),
        (Side::Ask, 1_030, 80),
    ] {
        world.add(side, price, qty);
    }
    world.take(0, ALL);
    world.look(40, &[level(Side::Bid, 1_000), level(Side::Ask, 1_020)]);
    let answers = world.answers();
    let [(levels, records), (queue, orders), (nothing, none)] = &answers[..] else {
        panic!("{answers:?}")
    };
    let at = Position {
        numbering: NUMBERING,
        seq_num: SeqNum::from_raw(6),
    };
    for head in [levels, queue, nothing] {
        assert_eq!(
            (head.run, head.node, head.symbol_index),
            (RUN, NODE, SYMBOL)
        );
        assert_eq!(head.at, Some((CHANNEL, at)), "all parts are of one moment");
        assert_eq!(
            (head.trust, head.status),
            (Trust::Live, TradingStatus::Unknown)
        );
        assert_eq!(head.scale, PriceScale::new(4).unwrap());
    }
    let whole = DepthPart::Levels {
        more_bids: false,
        more_asks: false,
    };
    assert_eq!(levels.part, whole);
    assert_eq!(told(records, Side::Bid), [(1_000, 600, 3), (990, 50, 1)]);
    assert_eq!(told(records, Side::Ask), [(1_010, 70, 1), (1_030, 80, 1)]);
    let best = DepthPart::Queue {
        level: level(Side::Bid, 1_000),
        orders: 3,
        qty: 600,
    };
    assert_eq!(queue.part, best);
    let order = |id, qty| DepthRecord::Order {
        order_id: OrderId::from_raw(id),
        qty: Qty::from_raw(qty),
    };
    assert_eq!(orders[..], [order(1, 100), order(2, 300), order(5, 200)]);
    let gone = DepthPart::Queue {
        level: level(Side::Ask, 1_020),
        orders: 0,
        qty: 0,
    };
    assert_eq!(
        (nothing.part, none.len()),
        (gone, 0),
        "there is no such level"
    );
}

#[test]
fn nobody_who_does_not_look_is_told_anything() {
    let mut world = World::new(1);
    world.add(Side::Bid, 1_000, 100);
    world.now = world.now.after(LIMITS.beat);
    world.pi.handle_timeout(world.now);
    assert_eq!(world.answers().len(), 0);
    world.look(40, &[]);
    assert_eq!(world.answers().len(), 1);
    world.add(Side::Bid, 1_000, 100);
    assert_eq!(world.answers().len(), 0, "a wish is answered once");
}

#[test]
fn an_answer_is_bounded_and_says_that_there_is_more() {
    let mut world = World::new(1);
    let most = u32::from(MAX_DEPTH_LEVELS);
    for away in 0..2 * most {
        world.add(Side::Bid, 1_000_000 - 100 * away, 100_000 + away);
        world.add(Side::Ask, 1_000_100 + 100 * away, 100_000 + away);
        world.take(0, ALL);
    }
    for _ in 0..500 {
        world.add(Side::Bid, 1_000_000, 100_000);
        world.take(0, ALL);
    }
    world.look(u8::MAX, &[level(Side::Bid, 1_000_000)]);
    let answers = world.answers();
    let [(levels, records), (queue, orders)] = &answers[..] else {
        panic!("{answers:?}")
    };
    let more = DepthPart::Levels {
        more_bids: true,
        more_asks: true,
    };
    assert_eq!(levels.part, more);
    for side in Side::BOTH {
        let told = told(records, side);
        assert_eq!(told.len(), usize::from(MAX_DEPTH_LEVELS));
        assert_eq!(told, kept(&world.levels(side))[..told.len()], "the best");
    }
    let DepthPart::Queue { orders: all, .. } = queue.part else {
        panic!("{queue:?}")
    };
    assert_eq!(all, 501);
    assert!(orders.len() > 100 && orders.len() < 501, "{}", orders.len());
}

#[test]
fn an_answer_is_of_what_was_told_before_it() {
    let mut world = World::new(1);
    world.add(Side::Bid, 1_000, 100);
    world.look(40, &[]);
    // What the batch changed was not pushed yet.
    let frames = world.take(0, ALL);
    let kinds: Vec<_> = frames.iter().map(|frame| kind_of(frame).unwrap()).collect();
    let place = |kind| kinds.iter().position(|one| *one == kind).unwrap();
    assert!(place(Kind::StockBatch) < place(Kind::Depth), "{kinds:?}");
    let [(head, _)] = &depths(&frames)[..] else {
        panic!("it was asked once")
    };
    assert_eq!(head.at.unwrap().1.seq_num, SeqNum::from_raw(1));
}

#[test]
fn a_book_that_is_not_live_says_so() {
    let mut world = World::new(1);
    world.add(Side::Bid, 1_000, 100);
    world.number += 1;
    let lost = SeqNum::from_raw(world.number);
    world.publish(&Occurrence::Lost(Lost {
        first: lost,
        last: lost,
    }));
    world.look(40, &[level(Side::Bid, 1_000)]);
    let answers = world.answers();
    assert_eq!(answers.len(), 2);
    assert!(answers.iter().all(|(head, _)| head.trust == Trust::Stale));
    assert_eq!(told(&answers[0].1, Side::Bid), [(1_000, 100, 1)]);
}

#[test]
fn wishes_beyond_the_limit_are_dropped_and_counted() {
    let mut world = World::new(1);
    let many = u32::try_from(DEPTH_QUEUE).unwrap() + 3;
    for price in 0..many {
        world.look(40, &[level(Side::Bid, price)]);
        // Who asks again before there is an answer waits once.
        world.look(40, &[level(Side::Bid, price)]);
    }
    let counters = world.pi.counters();
    assert_eq!(counters.depths_dropped, 6);
    assert_eq!(counters.depths_asked, 2 * DEPTH_QUEUE as u64);
    assert_eq!(world.answers().len(), 2 * DEPTH_QUEUE);
    world.look(40, &[]);
    assert_eq!(world.answers().len(), 1, "there is room again");
}

#[test]
fn who_looks_takes_no_room_from_the_books() {
    let fill = |is_looked_at: bool| {
        let mut world = World::new(1);
        let mut batches = 0;
        while world.pi.can_take_data() {
            if is_looked_at {
                world.look(40, &[level(Side::Bid, batches)]);
            }
            world.add(Side::Bid, 1_000 + batches, 100);
            // Whoever it is for, the frame is finished now.
            world.pi.stock_frame(0, WALL);
            batches += 1;
            assert!(batches < 1_000, "nobody is waited for");
        }
        // What is looked at beyond that waits until the receiver takes something.
        world.look(40, &[]);
        world.pi.stock_frame(0, WALL);
        let standing = world.pi.receiver(0).unwrap();
        let depths = depths(&world.take(0, ALL)).len();
        (standing.waiting, depths)
    };
    let (unseen, none) = fill(false);
    let (seen, some) = fill(true);
    assert_eq!(none, 1, "only that of the end");
    assert!(some > 1);
    assert_eq!(unseen, seen, "the books stop at the same number of frames");
}

#[test]
fn looks_at_another_run_or_partition_are_counted_and_left() {
    let mut world = World::new(1);
    let here = wish(world.partition(), 40, &[]);
    let elsewhere = wish(Partition::from_raw(200), 40, &[]);
    let another = Run {
        generation: 2,
        ..RUN
    };
    for (run, wish) in [(another, here), (RUN, elsewhere)] {
        world.control(&bytes(&TellDepth { run, wish }));
    }
    assert_eq!(world.pi.counters().foreign, 2);
    assert_eq!(world.answers().len(), 0);
}

#[test]
fn who_looked_lately_is_told_how_the_books_ended_before_the_end() {
    let mut world = World::new(1);
    world.look(40, &[level(Side::Ask, 5)]);
    world.now = world.now.after(2 * DEPTH_RECENT);
    world.look(40, &[]);
    assert_eq!(world.answers().len(), 3);
    world.add(Side::Bid, 1_000, 100);
    world.finish();
    let frames = world.take(0, ALL);
    let [(head, records)] = &depths(&frames)[..] else {
        panic!("only who still looks is told again")
    };
    assert_eq!(head.at.unwrap().1.seq_num, SeqNum::from_raw(1));
    assert_eq!(told(records, Side::Bid), [(1_000, 100, 1)]);
    assert_eq!(kind_of(frames.last().unwrap()), Ok(Kind::EndOfEvents));
}

fn controller() -> Controller {
    let config = ControllerConfig {
        nodes: 1,
        replicas: 1,
        await_visual: false,
        channels: vec![CHANNEL],
        symbols: vec![Symbol {
            symbol_index: SYMBOL,
            name: SymbolName::try_from("A").unwrap(),
            scale: PriceScale::new(4).unwrap(),
        }],
        table: PartitionTable::balanced([(SYMBOL, 1)], 1),
        identity: RUN.identity,
        generation: RUN.generation,
        continues: true,
        limits: LIMITS,
    };
    Controller::new(config, Instant::from_raw(1))
}

#[test]
fn the_controller_passes_a_look_on_to_a_node_that_lives_and_says_when_there_is_none() {
    let mut controller = controller();
    let now = Instant::from_raw(1_000_000_000);
    let hello = Hello {
        name: NodeName::try_from("pi").unwrap(),
        schema: SCHEMA_FINGERPRINT,
        last_run: None,
        max_orders: 1_000,
        max_symbols: 10,
        libzmq: Libzmq::default(),
    };
    controller.handle_message(now, b"peer", &bytes(&hello));
    let commands = |controller: &mut Controller| {
        let commands = std::iter::from_fn(|| controller.next_command());
        commands.collect::<Vec<_>>()
    };
    commands(&mut controller);
    let wish = wish(Partition::from_raw(0), 40, &[level(Side::Bid, 10)]);
    let ask = |controller: &mut Controller, run, node| {
        let request = DepthRequest {
            schema: SCHEMA_FINGERPRINT,
            run,
            node: NodeId::from_raw(node),
            wish,
        };
        controller.handle_question(now, &bytes(&request), &RimStatus::default());
    };
    let another = Run { identity: 9, ..RUN };
    for (run, node, is_there) in [(RUN, 0, true), (RUN, 1, false), (another, 0, false)] {
        ask(&mut controller, run, node);
        let mut passed = Vec::new();
        let mut answered = Vec::new();
        for command in commands(&mut controller) {
            if let controller::Command::Send { peer, message } = command {
                assert_eq!(&peer[..], b"peer");
                let ToPi::TellDepth(told) = ToPi::decode(&message).unwrap() else {
                    panic!("something else is said")
                };
                passed.push(told);
            } else if let controller::Command::Answer { message } = command {
                let Answer::DepthAsked(asked) = Answer::decode(&message).unwrap() else {
                    panic!("something else is answered")
                };
                answered.push(asked);
            } else {
                panic!("{command:?}");
            }
        }
        let asked = DepthAsked {
            run: RUN,
            is_passed_on: is_there,
        };
        assert_eq!(answered, [asked]);
        assert_eq!(passed.len(), usize::from(is_there));
        assert!(passed.iter().all(|told| told.wish == wish));
    }
    assert_eq!(controller.counters().vain_wishes, 2);
}
