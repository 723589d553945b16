//! Receivers of stock events: each has a place of its own, and one that does not read is waited for a
//! short while and no longer.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod one_pi;

use std::time::Duration;

use oxberry_cluster::limits::LONGEST_REPORT_INTERVAL;
use oxberry_cluster::pi::{Command, Report};
use oxberry_core::units::Side;
use oxberry_proto::{Kind, kind_of};

use one_pi::{ALL, LIMITS, WALL, World};

impl World {
    /// An order joins the book, in a batch and a frame of its own.
    fn trade(&mut self) {
        self.add(Side::Bid, 1_001 + self.number, 100);
        // Whoever it is for, the frame is finished now.
        self.pi.stock_frame(0, WALL);
    }

    /// Trades until the books wait; returns after how many.
    fn trade_until_full(&mut self) -> usize {
        let mut trades = 0;
        while self.pi.can_take_data() {
            self.trade();
            trades += 1;
            assert!(trades < 1_000, "nobody is waited for");
        }
        trades
    }

    /// A receiver takes nothing of what there is.
    fn refuse(&mut self, receiver: usize) {
        assert!(self.pi.stock_frame(receiver, WALL).is_some());
        self.pi.stock_refused(receiver, self.now);
    }

    /// A receiver takes nothing until it is not waited for any more.
    fn detach(&mut self, receiver: usize) {
        self.refuse(receiver);
        self.pass(LIMITS.receiver_patience);
        self.refuse(receiver);
        assert!(!self.pi.receiver(receiver).unwrap().is_attached);
    }

    /// What was said of receivers since the last time.
    fn reports(&mut self) -> Vec<Report> {
        let mut reports = Vec::new();
        while let Some(command) = self.pi.next_command() {
            if let Command::Report(
                report @ (Report::ReceiverDetached { .. } | Report::ReceiverBack { .. }),
            ) = command
            {
                reports.push(report);
            }
        }
        reports
    }
}

#[test]
fn each_receiver_takes_all_frames_in_their_order_at_its_own_pace() {
    let mut world = World::new(2);
    let [mut one, mut other] = [Vec::new(), Vec::new()];
    for round in 0..200 {
        world.trade();
        one.extend(world.take(0, ALL));
        // It is up to a few frames behind.
        other.extend(world.take(1, round % 3));
    }
    one.extend(world.take(0, ALL));
    other.extend(world.take(1, ALL));
    assert!(one.len() >= 200);
    assert_eq!(one, other);
    assert_eq!(world.pi.counters().stock_frames_dropped, 0);
}

#[test]
fn books_wait_for_one_that_takes_nothing_as_long_as_is_said_and_no_longer() {
    let mut world = World::new(2);
    world.trade_until_full();
    world.take(0, ALL);
    assert!(!world.pi.can_take_data(), "the other one has taken nothing");
    world.refuse(1);
    world.pass(LIMITS.receiver_patience - Duration::from_millis(1));
    world.refuse(1);
    assert!(!world.pi.can_take_data());
    // Any progress begins the time anew.
    assert_eq!(world.take(1, 1).len(), 1);
    world.refuse(1);
    let due = world.pi.poll_timeout().unwrap();
    assert!(due <= world.now.after(LIMITS.receiver_patience));
    world.pass(LIMITS.receiver_patience - Duration::from_millis(1));
    world.refuse(1);
    assert!(world.pi.receiver(1).unwrap().is_attached);
    assert_eq!(world.reports(), []);
    world.pass(Duration::from_millis(1));
    world.refuse(1);
    assert!(world.pi.can_take_data());
    assert_eq!(world.reports(), [Report::ReceiverDetached { receiver: 1 }]);
    // The other one has its place as before.
    world.trade();
    assert!(!world.take(0, ALL).is_empty());
}

#[test]
fn one_that_is_never_said_to_refuse_is_waited_for_as_long_as_it_takes() {
    let mut world = World::new(1);
    world.trade_until_full();
    world.pass(LIMITS.node_timeout * 100);
    assert!(!world.pi.can_take_data());
    assert!(world.pi.receiver(0).unwrap().is_attached);
}

#[test]
fn one_that_reads_again_goes_on_with_the_newest_and_what_it_lacks_is_counted() {
    let mut world = World::new(2);
    for receiver in [0, 1] {
        world.take(receiver, ALL);
    }
    world.trade();
    world.detach(1);
    let mut all = world.take(0, ALL).len();
    for _ in 0..1_000 {
        world.trade();
        all += world.take(0, ALL).len();
    }
    let standing = world.pi.receiver(1).unwrap();
    assert!(standing.dropped > 500, "{standing:?}");
    assert_eq!((standing.is_attached, standing.detachments), (false, 1));
    let frames = world.take(1, ALL);
    assert_eq!(frames.len(), LIMITS.outbox_frames);
    let standing = world.pi.receiver(1).unwrap();
    assert!(standing.is_attached);
    let dropped = standing.dropped;
    assert_eq!(usize::try_from(dropped).unwrap() + frames.len(), all);
    assert_eq!(world.pi.counters().stock_frames_dropped, dropped);
    // It is in step with the other one again.
    world.trade();
    assert_eq!(world.take(0, ALL), world.take(1, ALL));
    assert_eq!(
        world.reports(),
        [
            Report::ReceiverDetached { receiver: 1 },
            Report::ReceiverBack {
                receiver: 1,
                dropped
            }
        ]
    );
}

#[test]
fn one_that_reads_again_before_anything_is_overwritten_has_lost_nothing() {
    let mut world = World::new(1);
    world.trade_until_full();
    world.detach(0);
    // As long as it is so far behind, nobody waits for it yet.
    world.take(0, 1);
    assert!(!world.pi.receiver(0).unwrap().is_attached);
    assert!(world.pi.can_take_data());
    world.take(0, ALL);
    let standing = world.pi.receiver(0).unwrap();
    assert_eq!((standing.is_attached, standing.dropped), (true, 0));
}

#[test]
fn one_that_comes_and_goes_fills_no_log() {
    let mut world = World::new(1);
    let (mut reports, mut is_back) = (Vec::new(), true);
    for _ in 0..1_000 {
        world.trade();
        world.detach(0);
        world.pass(Duration::from_secs(2));
        world.take(0, ALL);
        for report in world.reports() {
            // Always one after the other.
            assert_eq!(matches!(report, Report::ReceiverDetached { .. }), is_back);
            is_back = !is_back;
            reports.push(report);
        }
    }
    assert_eq!(world.pi.counters().receivers_detached, 1_000);
    assert!((4..40).contains(&reports.len()), "{}", reports.len());
    // One that stays away is told, later at worst.
    world.trade();
    world.detach(0);
    world.pass(LONGEST_REPORT_INTERVAL);
    assert_eq!(world.reports(), [Report::ReceiverDetached { receiver: 0 }]);
    // The next trouble after a quiet time is told at once.
    world.take(0, ALL);
    world.pass(LONGEST_REPORT_INTERVAL * 2);
    world.take(0, ALL);
    assert_eq!(world.reports().len(), 1);
    world.trade();
    world.detach(0);
    assert_eq!(world.reports().len(), 1);
}

#[test]
fn while_books_wait_for_one_the_others_hear_that_the_node_lives() {
    let mut world = World::new(2);
    world.trade_until_full();
    world.take(0, ALL);
    for _ in 0..4 {
        world.pass(LIMITS.beat);
        let frames = world.take(0, ALL);
        assert!(!world.pi.can_take_data());
        let beats = frames
            .iter()
            .filter(|frame| kind_of(frame) == Ok(Kind::StockBeat));
        assert_eq!(beats.count(), 1);
    }
}

#[test]
fn the_end_waits_for_those_that_take_anything_and_is_there_for_the_others() {
    let mut world = World::new(2);
    world.trade();
    world.take(0, ALL);
    world.detach(1);
    world.take(0, ALL);
    world.finish();
    assert!(
        !says_farewell(&mut world),
        "the first has not taken the end"
    );
    let last = world.take(0, ALL).pop().unwrap();
    assert_eq!(kind_of(&last), Ok(Kind::EndOfEvents));
    assert!(says_farewell(&mut world));
    // It comes back in time.
    let last = world.take(1, ALL).pop().unwrap();
    assert_eq!(kind_of(&last), Ok(Kind::EndOfEvents));
}

#[test]
fn without_receivers_the_end_waits_for_nobody() {
    for receivers in [0, 1] {
        let mut world = World::new(receivers);
        world.trade();
        if receivers > 0 {
            world.detach(0);
        }
        world.finish();
        assert!(says_farewell(&mut world), "{receivers} receivers");
    }
}

fn says_farewell(world: &mut World) -> bool {
    let mut has_said = false;
    while let Some(message) = world.pi.control_message(world.now) {
        has_said |= kind_of(message) == Ok(Kind::Farewell);
        world.pi.control_sent(world.now);
    }
    has_said
}
