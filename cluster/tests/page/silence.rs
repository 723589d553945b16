//! Replicas that say nothing, or have said their last word.

use std::time::Duration;

use oxberry_cluster::page::{Command, Report, Voice};
use oxberry_core::book::Trust;
use oxberry_core::units::Instant;
use oxberry_proto::StockTold;

use crate::mouth::{Mouth, RUN, by_node, event, state};
use crate::{LIMITS, START, drain, is_live, page, tell, twins};

#[test]
fn silence_is_told_within_three_beats_and_ends_by_itself() {
    let (mut page, [mut one, _]) = (page(), twins());
    page.handle_stock(START, &one.batch(3, &[event(10, 3, None)]));
    while page.next_restated().is_some() {}
    // As a program lives: it sleeps until the page wants to be called.
    let mut now = START;
    while page.next_restated().is_none() {
        let next = page.poll_timeout().unwrap();
        assert!(next > now, "it would spin");
        now = next;
        page.handle_timeout(now);
    }
    assert_eq!(now, START.after(3 * LIMITS.beat));
    let standing = page.standing(0, now);
    assert!(standing.silent && !standing.is_live());
    assert_eq!(
        standing.trust,
        Trust::Live,
        "silence says nothing of the book"
    );
    assert_eq!(by_node(page.voices())[&0], Voice::Silent);
    page.handle_stock(now, &one.beat());
    assert!(page.next_restated().is_some());
    assert!(is_live(&page, 0, now));
    assert_eq!(by_node(page.voices())[&0], Voice::Speaking);
}

#[test]
fn a_pi_that_hears_nothing_of_the_feed_makes_its_rows_silent() {
    let (mut page, [mut one, _]) = (page(), twins());
    page.handle_stock(START, &one.batch(3, &[event(10, 3, None)]));
    while page.next_restated().is_some() {}
    one.silent = true;
    page.handle_stock(START, &one.beat());
    assert!(page.next_restated().is_some());
    assert!(page.standing(0, START).silent);
    assert!(
        page.standing(1, START).silent,
        "nothing was heard of it either"
    );
}

#[test]
fn who_has_ended_is_not_silent() {
    let (mut page, [mut one, _]) = (page(), twins());
    page.handle_stock(START, &one.batch(3, &[event(10, 3, None)]));
    // The last beat was said while nothing came any more.
    (one.silent, one.ended) = (true, true);
    page.handle_stock(START, &one.beat());
    page.handle_stock(START, &one.end());
    let later = START.after(Duration::from_secs(60));
    page.handle_timeout(later);
    assert!(is_live(&page, 0, later));
    assert_eq!(by_node(page.voices())[&0], Voice::Ended);
    // All that is to be done is to ask whether something else is played now.
    let next = page.poll_timeout().unwrap();
    assert!(next > later, "it would spin");
}

#[test]
fn an_end_without_the_last_beat_takes_the_trust_away() {
    let (mut page, [mut one, _]) = (page(), twins());
    page.handle_stock(START, &one.batch(3, &[event(10, 3, None)]));
    // What it told between was lost, and the beat that said so, too.
    one.batch(5, &[event(10, 5, None)]);
    page.handle_stock(START, &one.end());
    assert!(!is_live(&page, 0, START));
    let missed = drain(&mut page).into_iter();
    let missed = missed.filter(|told| matches!(told, Command::Report(Report::Missed(_))));
    assert_eq!(missed.count(), 1);
    // Nobody is there to be asked.
    page.handle_timeout(START.after(Duration::from_secs(9)));
    let asked = drain(&mut page).into_iter();
    assert!(
        !asked
            .clone()
            .any(|told| matches!(told, Command::Ask { tell: Some(_) }))
    );
}

#[test]
fn a_node_that_was_silent_for_too_long_is_dead_until_it_is_heard() {
    let (mut page, [mut one, _]) = (page(), twins());
    page.handle_stock(START, &one.batch(3, &[event(10, 3, None)]));
    one.batch(4, &[]);
    page.handle_stock(START, &one.batch(5, &[event(10, 5, None)]));
    let mut now = START;
    while by_node(page.voices())[&0] != Voice::Dead {
        let next = page.poll_timeout().unwrap();
        assert!(next > now, "it would spin");
        now = next;
        page.handle_timeout(now);
    }
    assert_eq!(now, START.after(LIMITS.node_timeout));
    drain(&mut page);
    page.handle_timeout(now.after(Duration::from_secs(60)));
    let asked = drain(&mut page);
    assert_eq!(
        asked,
        [Command::Ask { tell: None }],
        "of the dead nothing is asked"
    );
    assert_eq!(by_node(page.voices())[&0], Voice::Dead);
    drain(&mut page);
    page.handle_stock(now, &one.beat());
    let returned = Report::Returned(one.node);
    assert!(drain(&mut page).contains(&Command::Report(returned)));
    assert_eq!(by_node(page.voices())[&0], Voice::Speaking);
}

#[test]
fn a_node_that_goes_on_after_its_end_is_told() {
    let (mut page, now) = (page(), Instant::from_raw(1));
    let mut mouth = Mouth::new(RUN, 0);
    page.handle_stock(now, &mouth.batch(1, &[event(100, 1, None)]));
    page.handle_stock(now, &mouth.end());
    page.handle_stock(now, &mouth.end());
    assert_eq!(page.counters().repeated, 1);
    drain(&mut page);
    page.handle_stock(now, &mouth.batch(2, &[event(100, 2, None)]));
    assert_eq!(page.counters().after_end, 1);
    let node = oxberry_proto::NodeId::from_raw(0);
    let told = Command::Report(Report::SpokeAfterEnd(node));
    assert!(drain(&mut page).contains(&told));
}

#[test]
fn who_was_taken_for_dead_speaks_for_no_book_until_it_was_let_to_tell_its_state() {
    let (mut page, [mut one, _]) = (page(), twins());
    page.handle_stock(START, &one.batch(3, &[event(10, 3, None)]));
    let mut now = START.after(LIMITS.node_timeout);
    page.handle_timeout(now);
    assert_eq!(by_node(page.voices())[&0], Voice::Dead);
    drain(&mut page);
    // It goes on where it was, as if nothing had been.
    for _ in 0..3 {
        page.handle_stock(now, &one.batch(4, &[event(10, 4, None)]));
        page.handle_stock(now, &one.beat());
        assert!(!is_live(&page, 0, now) && !is_live(&page, 1, now));
        now = now.after(LIMITS.beat);
        page.handle_timeout(now);
    }
    let told = drain(&mut page);
    assert!(told.contains(&Command::Report(Report::Returned(one.node))));
    assert!(told.contains(&tell(0)), "the controller decides");
    let states = [
        state(10, Trust::Live, 4, None),
        state(11, Trust::Live, 4, None),
        StockTold::StateEnd(2),
    ];
    page.handle_stock(now, &one.batch(4, &states));
    assert!(is_live(&page, 0, now) && is_live(&page, 1, now));
}
