//! Of two replicas the page shows what the first or the more trusted one says, and each event once.

use oxberry_cluster::page::{Told, Voice};
use oxberry_core::book::Trust;
use oxberry_proto::StockTold;
use oxberry_proto::stock::StockEvent;

use crate::mouth::{Mouth, by_node, event, state, taken_over, trust, view};
use crate::{LIMITS, START, is_live, number_shown, page, shown, trust_of, twins};

#[test]
fn of_equal_twins_the_first_counts() {
    let (mut page, [mut one, mut other]) = (page(), twins());
    let records = [event(10, 3, Some(5)), event(11, 4, None)];
    page.handle_stock(START, &one.batch(5, &records));
    page.handle_stock(START, &other.batch(5, &records));
    page.handle_stock(START, &other.batch(8, &[event(10, 8, None)]));
    page.handle_stock(START, &one.batch(8, &[event(10, 8, None)]));
    assert_eq!(shown(&mut page), [3, 4, 8]);
    let counters = page.counters();
    assert_eq!((counters.events, counters.copies), (3, 3));
    assert_eq!((counters.missed, counters.untrusted), (0, 0));
    assert!(is_live(&page, 0, START) && is_live(&page, 1, START));
    assert_eq!(number_shown(&page, 0), Some(8));
}

#[test]
fn what_a_twin_still_has_to_tell_is_not_skipped_when_both_know_no_better() {
    let (mut page, [mut one, mut other]) = (page(), twins());
    // In the middle of a day. The other one has not said yet that it knows no more.
    page.handle_stock(START, &other.batch(2, &[]));
    let partial = trust(10, Trust::Partial);
    let ahead = [partial, event(10, 3, None), event(10, 4, None)];
    page.handle_stock(START, &one.batch(4, &ahead));
    assert_eq!(shown(&mut page), []);
    page.handle_stock(START, &other.batch(3, &[partial, event(10, 3, None)]));
    assert_eq!(shown(&mut page), [3]);
    // Number 4 is still to be told.
    page.handle_stock(START, &one.batch(7, &[event(10, 7, None)]));
    let rest = [event(10, 4, None), event(10, 7, None)];
    page.handle_stock(START, &other.batch(7, &rest));
    assert_eq!(shown(&mut page), [4, 7]);
}

#[test]
fn the_twin_takes_over_where_the_first_stopped() {
    let (mut page, [mut one, mut other]) = (page(), twins());
    page.handle_stock(START, &one.batch(3, &[event(10, 3, None)]));
    page.handle_stock(START, &one.batch(9, &[event(10, 9, None)]));
    page.handle_stock(START, &other.batch(3, &[event(10, 3, None)]));
    assert!(is_live(&page, 0, START));

    let later = START.after(LIMITS.silence());
    page.handle_stock(later, &other.beat());
    page.handle_timeout(later);
    // What is shown is above where the twin stands.
    assert!(!is_live(&page, 0, later));
    page.handle_stock(later, &other.batch(9, &[event(10, 9, None)]));
    assert!(is_live(&page, 0, later));
    page.handle_stock(later, &other.batch(12, &[event(10, 12, None)]));
    assert_eq!(shown(&mut page), [3, 9, 12]);
    assert!(is_live(&page, 0, later));
}

#[test]
fn nothing_goes_back_in_position() {
    let (mut page, [mut one, mut other]) = (page(), twins());
    page.handle_stock(
        START,
        &one.batch(9, &[event(10, 3, None), event(10, 9, None)]),
    );
    page.handle_stock(START, &other.batch(3, &[event(10, 3, None)]));
    // The slower one misses something and tells its state, which is an older one.
    other.batch(4, &[]);
    page.handle_stock(START, &other.batch(5, &[event(10, 5, None)]));
    let told = [
        state(10, Trust::Live, 5, None),
        state(11, Trust::Live, 0, None),
        StockTold::StateEnd(2),
    ];
    page.handle_stock(START, &other.batch(5, &told));
    assert_eq!(number_shown(&page, 0), Some(9));
    // Not even when the first has died.
    let later = START.after(LIMITS.node_timeout);
    page.handle_stock(later, &other.beat());
    page.handle_timeout(later);
    assert_eq!(number_shown(&page, 0), Some(9));
    assert_eq!(trust_of(&page, 0, later), Trust::Recovering);
    assert_eq!(shown(&mut page), [3, 9]);
}

#[test]
fn a_stale_replica_never_overrides_a_live_one() {
    let (mut page, [mut one, mut other]) = (page(), twins());
    page.handle_stock(START, &one.batch(3, &[event(10, 3, None)]));
    let records = [
        trust(10, Trust::Stale),
        event(10, 9, None),
        event(11, 9, None),
    ];
    page.handle_stock(START, &other.batch(9, &records));
    assert_eq!(number_shown(&page, 0), Some(3));
    assert!(is_live(&page, 0, START));
    assert_eq!(number_shown(&page, 1), Some(9), "that one is live there");
    page.handle_stock(START, &one.batch(9, &[event(10, 9, None)]));
    let counters = page.counters();
    assert_eq!((counters.copies, counters.untrusted), (1, 0));
    assert_eq!(number_shown(&page, 0), Some(9));
    assert_eq!(trust_of(&page, 0, START), Trust::Live);
}

#[test]
fn what_a_live_replica_did_not_tell_when_it_was_there_is_never_taken_from_a_stale_one() {
    let (mut page, [mut one, mut other]) = (page(), twins());
    let stale = trust(10, Trust::Stale);
    page.handle_stock(START, &one.batch(3, &[]));
    page.handle_stock(START, &other.batch(9, &[stale, event(10, 9, None)]));
    // It knows that nothing was to be seen at 9.
    page.handle_stock(START, &one.batch(12, &[event(10, 12, None)]));
    assert_eq!(page.counters().untrusted, 1);
    page.handle_stock(START, &other.batch(15, &[event(10, 15, None)]));
    page.handle_stock(START, &one.beat());
    page.handle_stock(START, &one.batch(15, &[]));
    assert_eq!(page.counters().untrusted, 2);
    // Nor when it is stale itself later.
    page.handle_stock(START, &one.batch(20, &[stale, event(10, 20, None)]));
    assert_eq!(shown(&mut page), [12, 20]);
}

#[test]
fn an_event_of_a_stale_replica_is_taken_when_the_other_one_says_that_it_knows_no_better() {
    let (mut page, [mut one, mut other]) = (page(), twins());
    let stale = trust(10, Trust::Stale);
    page.handle_stock(START, &other.batch(3, &[]));
    page.handle_stock(START, &one.batch(9, &[stale, event(10, 9, None)]));
    assert_eq!(shown(&mut page), []);
    page.handle_stock(START, &other.batch(5, &[stale]));
    assert_eq!(shown(&mut page), [9]);
    assert_eq!(trust_of(&page, 0, START), Trust::Stale);
    page.handle_stock(START, &other.batch(9, &[event(10, 9, None)]));
    assert_eq!(shown(&mut page), []);
    let counters = page.counters();
    assert_eq!((counters.copies, counters.untrusted), (1, 0));
}

#[test]
fn an_event_of_one_that_was_missed_is_taken_when_the_other_one_was_missed_over_it() {
    let (mut page, [mut one, mut other]) = (page(), twins());
    page.handle_stock(START, &one.batch(2, &[]));
    page.handle_stock(START, &other.batch(3, &[]));
    // Something of the one is lost, so its word does not count.
    one.batch(3, &[]);
    page.handle_stock(START, &one.batch(5, &[event(10, 5, None)]));
    assert_eq!(shown(&mut page), []);
    // Then the other one's telling of the same.
    other.batch(6, &[event(10, 5, None)]);
    page.handle_stock(START, &other.batch(7, &[event(10, 7, None)]));
    assert_eq!(shown(&mut page), [5, 7]);
}

#[test]
fn an_event_of_a_stale_replica_is_taken_when_the_live_one_dies_before_it() {
    let (mut page, [mut one, mut other]) = (page(), twins());
    let stale = trust(10, Trust::Stale);
    page.handle_stock(START, &other.batch(3, &[event(10, 3, None)]));
    let later = START.after(LIMITS.node_timeout);
    page.handle_stock(later, &one.batch(9, &[stale, event(10, 9, None)]));
    assert_eq!(shown(&mut page), [3]);
    page.handle_timeout(later);
    assert_eq!(by_node(page.voices())[&1], Voice::Dead);
    assert_eq!(shown(&mut page), [9]);
}

/// What a symbol is since a refresh.
fn rebuilt(symbol: u32, trust: Trust, number: u32) -> StockTold {
    let StockTold::State(state) = state(symbol, trust, number, None) else {
        unreachable!("it makes states");
    };
    StockTold::Rebuilt(state)
}

/// However far apart they are, the events before a refresh are shown, and those behind it, each once
/// and in their order.
#[test]
fn twins_that_a_refresh_made_live_again_tell_every_event() {
    let told = |of: &mut Mouth, cuts: [bool; 3]| {
        let parts: [(u32, Vec<StockTold>); 4] = [
            (7, vec![trust(10, Trust::Stale)]),
            (8, vec![event(10, 8, None)]),
            (8, vec![rebuilt(10, Trust::Live, 8)]),
            (9, vec![event(10, 9, None)]),
        ];
        let mut frames = Vec::new();
        let mut held = Vec::new();
        for (at, (through, records)) in parts.into_iter().enumerate() {
            held.extend(records);
            if cuts.get(at).is_none_or(|&is_cut| is_cut) {
                frames.push(of.batch(through, &std::mem::take(&mut held)));
            }
        }
        frames
    };
    for cuts in 0..64_u32 {
        let cut_of = |of: u32| [0, 1, 2].map(|at| cuts >> (3 * of + at) & 1 == 1);
        // Every order in which the frames of both can come.
        for order in 0..256_u32 {
            let (mut page, [mut one, mut other]) = (page(), twins());
            for of in [&mut one, &mut other] {
                page.handle_stock(START, &of.batch(3, &[event(10, 3, None)]));
            }
            let mut frames = [told(&mut one, cut_of(0)), told(&mut other, cut_of(1))];
            for frame in &mut frames {
                frame.reverse();
            }
            for turn in 0.. {
                let of = (order >> (turn % 8) & 1) as usize;
                let next = frames[of].pop();
                let Some(frame) = next.or_else(|| frames[1 - of].pop()) else {
                    break;
                };
                page.handle_stock(START, &frame);
            }
            let name = format!("cuts {cuts} order {order}");
            assert_eq!(shown(&mut page), [3, 8, 9], "{name}");
            assert!(is_live(&page, 0, START), "{name}");
            let counters = page.counters();
            assert_eq!((counters.copies, counters.untrusted), (3, 0), "{name}");
        }
    }
}

#[test]
fn of_two_stale_replicas_the_newest_is_shown_and_not_live() {
    let (mut page, [mut one, mut other]) = (page(), twins());
    let stale = trust(10, Trust::Stale);
    page.handle_stock(START, &one.batch(3, &[stale, event(10, 3, None)]));
    page.handle_stock(START, &other.batch(9, &[stale, event(10, 9, None)]));
    page.handle_stock(START, &one.batch(5, &[event(10, 5, None)]));
    assert_eq!(number_shown(&page, 0), Some(9));
    assert_eq!(trust_of(&page, 0, START), Trust::Stale);
    assert_eq!(shown(&mut page), [3, 9]);
}

#[test]
fn who_took_a_book_over_is_waited_for_by_nobody_when_its_twin_falls_silent() {
    let (mut page, [mut one, mut late]) = (page(), twins());
    page.handle_stock(START, &one.batch(3, &[event(10, 3, None)]));
    page.handle_stock(
        START,
        &late.batch(6, &[trust(10, Trust::Stale), trust(11, Trust::Stale)]),
    );
    page.handle_stock(START, &late.batch(8, &[taken_over(10, 3, 8)]));
    page.handle_stock(START, &one.batch(9, &[]));
    // From here on nothing is heard of the first one, which has not been silent for long.
    page.handle_stock(START, &late.batch(12, &[event(10, 12, None)]));
    page.handle_stock(START, &late.batch(15, &[event(10, 15, None)]));
    assert_eq!(shown(&mut page), [3, 12, 15]);
    assert!(is_live(&page, 0, START));
}

#[test]
fn what_a_node_has_told_and_doubts_gives_way_to_what_its_twin_has_told() {
    let (mut page, [mut one, mut twin]) = (page(), twins());
    let StockTold::Event(right) = event(10, 3, None) else {
        panic!("an event")
    };
    let wrong = StockEvent {
        view: view(9),
        ..right
    };
    page.handle_stock(START, &one.batch(3, &[StockTold::Event(wrong)]));
    page.handle_stock(START, &twin.batch(3, &[StockTold::Event(right)]));
    assert_eq!(number_shown(&page, 0), Some(9), "who is first is believed");
    page.handle_stock(START, &one.batch(4, &[trust(10, Trust::Stale)]));
    page.handle_stock(START, &twin.batch(4, &[]));
    assert_eq!(number_shown(&page, 0), Some(3));
    assert!(is_live(&page, 0, START));
}

#[test]
fn one_that_calls_a_symbol_live_again_does_not_skip_what_a_twin_has_yet_to_tell() {
    let (mut page, [mut one, mut other]) = (page(), twins());
    page.handle_stock(START, &one.batch(3, &[event(10, 3, None)]));
    let stale = trust(10, Trust::Stale);
    page.handle_stock(START, &other.batch(3, &[stale, event(10, 3, None)]));
    // Its book did not show what happened at 5, and was cleared at 9.
    let again = [trust(10, Trust::Live), event(10, 9, None)];
    page.handle_stock(START, &other.batch(9, &again));
    page.handle_stock(START, &other.batch(10, &[event(10, 10, None)]));
    assert_eq!(shown(&mut page), [3]);
    page.handle_stock(START, &one.batch(5, &[event(10, 5, None)]));
    assert_eq!(shown(&mut page), [5]);
    let rest = [event(10, 9, None), event(10, 10, None)];
    page.handle_stock(START, &one.batch(12, &rest));
    assert_eq!(shown(&mut page), [9, 10]);
    assert!(is_live(&page, 0, START));
}

#[test]
fn one_that_calls_a_symbol_live_again_is_not_held_up_by_a_twin_that_dies() {
    let (mut page, [mut one, mut other]) = (page(), twins());
    page.handle_stock(START, &one.batch(3, &[event(10, 3, None)]));
    let stale = trust(10, Trust::Stale);
    page.handle_stock(START, &other.batch(3, &[stale, event(10, 3, None)]));
    let again = [trust(10, Trust::Live), event(10, 9, None)];
    page.handle_stock(START, &other.batch(9, &again));
    let mut told = Vec::new();
    let later = START.after(LIMITS.node_timeout);
    page.handle_stock(later, &other.beat());
    page.handle_timeout(later);
    while let Some(one) = page.next_told() {
        told.push(match one {
            Told::Event(shown) => (shown.position.seq_num.raw(), false),
            Told::Passed(passed) => (passed.through.seq_num.raw(), true),
        });
    }
    // What nobody tells any more is not kept quiet.
    assert_eq!(told, [(3, false), (8, true), (9, false)]);
    assert!(is_live(&page, 0, later));
}
