//! Whom the asker asks, and when.

use std::cell::RefCell;
use std::time::Duration;

use oxberry_core::book::{TradingStatus, Trust};
use oxberry_core::units::{
    ChannelId, Numbering, OrderId, Position, PriceScale, Qty, RawPrice, SeqNum, Side, UnixNanos,
};
use oxberry_proto::RecordsWriter;
use oxberry_proto::limits::MAX_BATCH_BYTES;
use oxberry_proto::stock::Quote;

use super::*;

const RUN: Run = Run {
    identity: 7,
    generation: 1,
};

/// Symbols A and B, which these nodes hold.
struct Held(RefCell<Vec<u16>>);

impl Symbols for Held {
    fn run(&self) -> Option<Run> {
        Some(RUN)
    }

    fn find(&self, name: &str) -> Option<(usize, SymbolIndex, Partition)> {
        let place = ["A", "B"].iter().position(|known| *known == name)?;
        let index = u32::try_from(place).unwrap();
        let partition = Partition::from_raw(0);
        Some((place, SymbolIndex::from_raw(index), partition))
    }

    fn replicas(&self, _: usize, _: Instant) -> Vec<NodeId> {
        let nodes = self.0.borrow();
        nodes.iter().copied().map(NodeId::from_raw).collect()
    }
}

struct World {
    now: Instant,
    looks: Looks,
    asker: Asker,
    held: Held,
}

impl World {
    fn new(nodes: &[u16]) -> Self {
        let looks = Looks::default();
        Self {
            now: Instant::from_raw(1_000_000_000_000),
            asker: Asker::new(looks.clone()),
            looks,
            held: Held(RefCell::new(nodes.to_vec())),
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now.after(time);
    }

    /// Who is asked for what now.
    fn questions(&mut self) -> Vec<(u16, u32)> {
        let questions = self.wishes();
        let short = |question: &DepthRequest| {
            let index = question.wish.symbol_index.raw();
            (question.node.raw(), index)
        };
        questions.iter().map(short).collect()
    }

    fn wishes(&mut self) -> Vec<DepthRequest> {
        self.asker.handle_turn(self.now, &self.held);
        std::iter::from_fn(|| self.asker.next_question()).collect()
    }

    /// Levels of symbol A come.
    fn levels(&mut self, node: u16, number: u32, bids: &[u32]) {
        let records: Vec<_> = bids.iter().copied().map(bid).collect();
        let part = DepthPart::Levels {
            more_bids: false,
            more_asks: false,
        };
        self.answer(head(node, number, part), &records);
    }

    fn answer(&mut self, head: Depth, records: &[DepthRecord]) {
        let mut writer = RecordsWriter::<_, Depth>::new(vec![0; MAX_BATCH_BYTES]);
        for record in records {
            writer.push(record).unwrap();
        }
        let frame = writer.finish(&[], head).unwrap().to_vec();
        self.asker.handle_answer(self.now, &frame);
    }

    /// What is new of symbol A.
    fn news(&mut self) -> Option<Seen> {
        let mut news = None;
        self.asker.take_news(|name, seen| {
            assert_eq!(name, "A");
            news = Some(seen);
        });
        news
    }

    /// The bids that are seen of symbol A, and who told them.
    fn bids(&mut self) -> Option<(u16, Vec<u32>)> {
        let levels = self.news()?.levels?;
        let prices = levels.bids.iter().map(|level| level.price.raw());
        Some((levels.said.node.raw(), prices.collect()))
    }
}

fn bid(price: u32) -> DepthRecord {
    DepthRecord::Bid(Quote {
        price: RawPrice::from_raw(price),
        qty: 100,
        orders: 1,
    })
}

fn head(node: u16, number: u32, part: DepthPart) -> Depth {
    Depth {
        run: RUN,
        node: NodeId::from_raw(node),
        symbol_index: SymbolIndex::from_raw(0),
        at: Some((
            ChannelId::from_raw(1),
            Position {
                numbering: Numbering::from_raw(1),
                seq_num: SeqNum::from_raw(number),
            },
        )),
        trust: Trust::Live,
        status: TradingStatus::Open,
        scale: PriceScale::new(4).unwrap(),
        part,
        ts_sent: UnixNanos::from_raw(0),
        records: 0,
    }
}

fn level(price: u32) -> LevelName {
    LevelName {
        side: Side::Bid,
        price: RawPrice::from_raw(price),
    }
}

#[test]
fn a_symbol_is_asked_for_once_an_interval_however_many_look_and_no_longer_than_they_do() {
    let mut world = World::new(&[0, 1]);
    assert_eq!(world.questions(), []);
    assert_eq!(world.asker.poll_timeout(), None);
    let looks: Vec<_> = (0..5).map(|_| world.looks.look_at("A").unwrap()).collect();
    assert_eq!(world.questions(), [(0, 0)]);
    assert_eq!(world.questions(), []);
    assert_eq!(
        world.asker.poll_timeout(),
        Some(world.now.after(DEPTH_INTERVAL))
    );
    world.levels(0, 1, &[10]);
    let late = world.looks.look_at("A").unwrap();
    assert_eq!(world.questions(), [], "who comes later sees what is there");
    world.pass(DEPTH_INTERVAL);
    assert_eq!(world.questions(), [(0, 0)]);
    drop(looks);
    world.pass(DEPTH_INTERVAL);
    assert_eq!(world.questions(), [(0, 0)], "one still looks");
    drop(late);
    world.pass(DEPTH_INTERVAL);
    assert_eq!(world.questions(), []);
    assert_eq!(world.asker.poll_timeout(), None);
    let _again = world.looks.look_at("A").unwrap();
    assert_eq!(world.questions(), [(0, 0)]);
}

#[test]
fn who_comes_and_goes_does_not_hurry_the_questions() {
    let mut world = World::new(&[0]);
    for _ in 0..10 {
        let look = world.looks.look_at("A").unwrap();
        let is_first = world.asker.totals().asked == 0;
        assert_eq!(world.questions().len(), usize::from(is_first));
        drop(look);
        assert_eq!(world.questions(), []);
    }
}

#[test]
fn a_pi_that_owes_an_answer_is_passed_over_for_its_twin_and_asked_again_later() {
    let mut world = World::new(&[0, 1]);
    let _look = world.looks.look_at("A").unwrap();
    let mut asked = Vec::new();
    for _ in 0..4 {
        asked.extend(world.questions());
        world.pass(DEPTH_INTERVAL);
    }
    assert_eq!(asked, [(0, 0), (0, 0), (0, 0), (1, 0)]);
    assert_eq!(world.asker.totals().passed_over, 1);
    world.levels(1, 5, &[10]);
    assert_eq!(world.bids(), Some((1, vec![10])));
    assert_eq!(world.questions(), [(1, 0)], "the twin goes on");
    world.levels(1, 5, &[10]);
    world.pass(DEPTH_REPRIEVE);
    assert_eq!(world.questions(), [(0, 0)]);
}

#[test]
fn when_none_answers_it_says_so_and_goes_on_to_ask() {
    let mut world = World::new(&[0, 1]);
    let _look = world.looks.look_at("A").unwrap();
    let mut notes = Vec::new();
    for _ in 0..8 {
        assert_eq!(world.questions().len(), 1);
        notes.extend(world.news().and_then(|seen| seen.note));
        world.pass(DEPTH_INTERVAL);
    }
    assert_eq!(notes, [Note::Unanswered]);
    world.levels(0, 5, &[10]);
    assert_eq!(world.news().unwrap().note, None, "one answers");
    world.held.0.borrow_mut().clear();
    assert_eq!(world.questions(), []);
    let seen = world.news().unwrap();
    assert_eq!(seen.note, Some(Note::Unheld));
    assert!(seen.levels.is_some(), "what was told last stays");
}

#[test]
fn a_node_that_the_controller_does_not_know_is_passed_over_at_once() {
    let mut world = World::new(&[0, 1]);
    let _look = world.looks.look_at("A").unwrap();
    let question = world.wishes()[0];
    world.asker.handle_refusal(world.now, &question);
    assert_eq!(world.questions(), [(1, 0)]);
}

#[test]
fn when_the_controller_knows_none_of_them_it_is_asked_no_more_often() {
    let mut world = World::new(&[0, 1]);
    let _look = world.looks.look_at("A").unwrap();
    let mut asked = Vec::new();
    for _ in 0..10 {
        let questions = world.wishes();
        for question in &questions {
            asked.push(question.node.raw());
            world.asker.handle_refusal(world.now, question);
        }
    }
    assert_eq!(asked, [0, 1, 0], "each once, and then in its time");
    world.pass(DEPTH_INTERVAL);
    assert_eq!(world.questions().len(), 1);
}

#[test]
fn an_older_word_does_not_replace_a_newer_one_unless_that_is_old() {
    let mut world = World::new(&[0, 1]);
    let _look = world.looks.look_at("A").unwrap();
    world.questions();
    world.levels(0, 5, &[10]);
    assert_eq!(world.bids(), Some((0, vec![10])));
    world.levels(1, 4, &[9]);
    assert!(world.bids().is_none(), "the twin is behind");
    world.levels(1, 6, &[11]);
    assert_eq!(world.bids(), Some((1, vec![11])));
    world.pass(DEPTH_PATIENCE);
    world.levels(0, 3, &[8]);
    assert_eq!(world.bids(), Some((0, vec![8])), "nothing newer comes");
    assert_eq!(world.asker.totals().taken, 3);
    assert_eq!(world.asker.totals().left, 1);
}

#[test]
fn queues_are_asked_for_in_turn_and_taken_of_levels_that_are_looked_at() {
    let mut world = World::new(&[0]);
    let mut looks: Vec<_> = (0..6).map(|_| world.looks.look_at("A").unwrap()).collect();
    let mut look_at = |at: usize, price| looks[at].look_at_level(Some(level(price))).unwrap();
    look_at(0, 1);
    let asked = |wishes: &[DepthRequest]| {
        let queues = wishes[0].wish.queues.iter().flatten();
        queues.map(|level| level.price.raw()).collect::<Vec<_>>()
    };
    assert_eq!(asked(&world.wishes()), [1]);
    for price in 2..=6 {
        look_at(usize::try_from(price).unwrap() - 1, price);
    }
    assert!(world.wishes().is_empty(), "a new level waits for its turn");
    world.pass(DEPTH_INTERVAL);
    assert_eq!(asked(&world.wishes()), [1, 2, 3, 4]);
    world.pass(DEPTH_INTERVAL);
    assert_eq!(asked(&world.wishes()), [5, 6, 1, 2]);
    world.pass(DEPTH_INTERVAL);
    assert_eq!(asked(&world.wishes()), [3, 4, 5, 6]);

    let order = DepthRecord::Order {
        order_id: OrderId::from_raw(1),
        qty: Qty::from_raw(100),
    };
    for price in [3, 9] {
        let level = level(price);
        let part = DepthPart::Queue {
            level,
            orders: 1,
            qty: 100,
        };
        world.answer(head(0, 5, part), &[order]);
    }
    let queues = world.news().unwrap().queues;
    assert_eq!(queues.len(), 1, "nobody looks at 9");
    assert_eq!((queues[0].0, queues[0].1.orders), (level(3), 1));
    drop(looks);
    world.questions();
    assert!(world.asker.keeps("A"), "somebody may look again");
}

#[test]
fn answers_to_others_of_other_runs_and_broken_ones_are_left() {
    let mut world = World::new(&[0]);
    world.levels(0, 5, &[10]);
    let _look = world.looks.look_at("A").unwrap();
    world.questions();
    world.news();
    let part = DepthPart::Levels {
        more_bids: false,
        more_asks: false,
    };
    let head = head(0, 5, part);
    let run = Run {
        generation: 2,
        ..RUN
    };
    let symbol_index = SymbolIndex::from_raw(1);
    world.answer(Depth { run, ..head }, &[bid(10)]);
    world.answer(
        Depth {
            symbol_index,
            ..head
        },
        &[bid(10)],
    );
    let order = DepthRecord::Order {
        order_id: OrderId::from_raw(1),
        qty: Qty::from_raw(100),
    };
    world.answer(head, &[order]);
    world.asker.handle_answer(world.now, b"nonsense");
    assert!(world.news().is_none());
    assert_eq!(world.asker.totals().left, 5);
}

#[test]
fn what_nobody_looks_at_any_more_is_kept_for_a_bounded_number_of_symbols() {
    let mut world = World::new(&[0]);
    for at in 0..10 * MAX_LOOKED_AT {
        let look = world.looks.look_at(&format!("S{at}")).unwrap();
        world.questions();
        drop(look);
        world.pass(DEPTH_INTERVAL);
    }
    let _look = world.looks.look_at("A").unwrap();
    world.questions();
    let newest = format!("S{}", 10 * MAX_LOOKED_AT - 1);
    assert!(world.asker.keeps("A") && world.asker.keeps(&newest));
    assert!(!world.asker.keeps("S0"));
    assert_eq!(world.asker.symbols.len(), MAX_LOOKED_AT + KEPT);
}
