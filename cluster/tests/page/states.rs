//! What the page missed of a replica is not live until the replica has told its state.

use std::time::Duration;

use oxberry_core::book::Trust;
use oxberry_core::units::Price;
use oxberry_proto::StockTold;

use crate::mouth::{event, state, trust, view};
use crate::{START, drain, is_live, number_shown, page, tell, trust_of, twins};

#[test]
fn after_a_lost_frame_nothing_is_live_on_that_word_until_the_state_was_told() {
    let (mut page, [mut one, _]) = (page(), twins());
    page.handle_stock(START, &one.batch(3, &[event(10, 3, None)]));
    one.batch(4, &[event(11, 4, None)]);
    page.handle_stock(START, &one.batch(5, &[event(10, 5, None)]));
    assert!(!is_live(&page, 0, START) && !is_live(&page, 1, START));
    assert_eq!(page.counters().missed, 1);
    assert!(drain(&mut page).contains(&tell(0)));
    // It goes on to show what comes.
    assert_eq!(number_shown(&page, 0), Some(5));

    let states = [
        state(10, Trust::Live, 5, None),
        state(11, Trust::Live, 4, None),
    ];
    page.handle_stock(START, &one.batch(5, &states));
    assert!(!is_live(&page, 0, START), "not all was told");
    page.handle_stock(START, &one.batch(5, &[StockTold::StateEnd(2)]));
    assert!(is_live(&page, 0, START) && is_live(&page, 1, START));
    assert_eq!(number_shown(&page, 1), Some(4), "what the lost frame held");
}

#[test]
fn a_telling_of_which_a_frame_was_lost_is_no_state() {
    let (mut page, [mut one, _]) = (page(), twins());
    page.handle_stock(START, &one.batch(3, &[event(10, 3, None)]));
    one.batch(4, &[event(10, 4, None)]);
    page.handle_stock(START, &one.batch(5, &[]));
    let told = |symbol| state(symbol, Trust::Live, 5, None);
    page.handle_stock(START, &one.batch(5, &[told(10)]));
    one.batch(7, &[event(10, 7, None)]);
    let rest = [told(11), StockTold::StateEnd(2)];
    page.handle_stock(START, &one.batch(8, &rest));
    assert!(!is_live(&page, 0, START));
    let all = [told(10), told(11), StockTold::StateEnd(2)];
    page.handle_stock(START, &one.batch(8, &all));
    assert!(is_live(&page, 0, START));
}

#[test]
fn while_changes_of_trust_are_pending_or_something_is_repaired_nothing_is_live() {
    let (mut page, [mut one, _]) = (page(), twins());
    page.handle_stock(START, &one.batch(3, &[event(10, 3, None)]));
    assert!(is_live(&page, 0, START));
    one.pending = true;
    page.handle_stock(START, &one.beat());
    assert!(!is_live(&page, 0, START));
    one.pending = false;
    page.handle_stock(START, &one.beat());
    assert!(is_live(&page, 0, START));
    one.recovering = true;
    page.handle_stock(START, &one.beat());
    assert_eq!(trust_of(&page, 0, START), Trust::Recovering);
    one.recovering = false;
    page.handle_stock(START, &one.beat());
    assert!(is_live(&page, 0, START));
}

#[test]
fn a_lost_beat_of_trust_is_seen_by_the_next_word() {
    let (mut page, [mut one, _]) = (page(), twins());
    page.handle_stock(START, &one.batch(3, &[event(10, 3, None)]));
    one.batch(3, &[trust(10, Trust::Stale)]);
    page.handle_stock(START, &one.beat());
    assert!(!is_live(&page, 0, START));
    assert!(drain(&mut page).contains(&tell(0)));
    // Not answered: asked again, and not sooner.
    page.handle_timeout(START.after(Duration::from_millis(499)));
    assert!(!drain(&mut page).contains(&tell(0)));
    page.handle_timeout(START.after(Duration::from_millis(500)));
    assert!(drain(&mut page).contains(&tell(0)));
}

#[test]
fn the_price_of_the_last_trade_comes_with_the_state() {
    let (mut page, [mut one, _]) = (page(), twins());
    // The page was started in mid-day.
    one.batch(3, &[event(10, 3, Some(30))]);
    let states = [
        state(10, Trust::Live, 3, Some(3_000_000)),
        state(11, Trust::Live, 2, None),
        StockTold::StateEnd(2),
    ];
    page.handle_stock(START, &one.beat());
    page.handle_stock(START, &one.batch(3, &states));
    assert!(is_live(&page, 0, START));
    let price = Price::from_raw(3_000_000);
    assert_eq!(page.rows()[0].last_trade, Some(price));
    assert_eq!(page.rows()[1].last_trade, None);
    page.handle_stock(
        START,
        &one.batch(7, &[event(10, 5, Some(31)), event(10, 6, None)]),
    );
    assert_eq!(page.rows()[0].last_trade, Some(Price::from_raw(3_100_000)));
    assert_eq!(page.rows()[0].view, Some(view(6)));
}

#[test]
fn a_symbol_of_which_only_states_are_known_follows_them_and_does_not_go_back() {
    let (mut page, [mut one, mut other]) = (page(), twins());
    // The page was started in mid-day, and nothing has happened since.
    one.batch(3, &[event(10, 3, None)]);
    other.batch(3, &[event(10, 3, None)]);
    let states = |number| {
        [
            state(10, Trust::Live, number, None),
            state(11, Trust::Live, number, None),
            StockTold::StateEnd(2),
        ]
    };
    page.handle_stock(START, &one.beat());
    page.handle_stock(START, &one.batch(3, &states(3)));
    assert!(is_live(&page, 0, START));
    assert_eq!(number_shown(&page, 0), Some(3));
    // An event is lost, so the state is told again.
    one.batch(5, &[event(10, 5, None)]);
    page.handle_stock(START, &one.batch(6, &[]));
    page.handle_stock(START, &one.batch(6, &states(5)));
    assert!(is_live(&page, 0, START));
    assert_eq!(number_shown(&page, 0), Some(5));
    // The twin is not as far.
    page.handle_stock(START, &other.batch(4, &[event(10, 4, None)]));
    assert_eq!(number_shown(&page, 0), Some(5));
}

#[test]
fn a_state_that_was_told_without_need_counts_at_once() {
    let (mut page, [mut one, _]) = (page(), twins());
    page.handle_stock(START, &one.batch(3, &[event(10, 3, None)]));
    while page.next_restated().is_some() {}
    page.handle_stock(START, &one.batch(5, &[state(10, Trust::Stale, 5, None)]));
    assert!(page.next_restated().is_some());
    assert_eq!(trust_of(&page, 0, START), Trust::Stale);
    // Nothing was missed, so nothing has happened to it since.
    assert_eq!(number_shown(&page, 0), Some(3));
    assert!(is_live(&page, 1, START));
}

#[test]
fn a_state_that_another_receiver_asked_for_holds_no_event_back() {
    let (mut page, [mut one, mut other]) = (page(), twins());
    page.handle_stock(START, &one.batch(3, &[event(10, 3, None)]));
    page.handle_stock(START, &other.batch(3, &[event(10, 3, None)]));
    let shown = page.rows()[0].clone();
    let states = [
        state(10, Trust::Live, 5, None),
        state(11, Trust::Live, 5, None),
        StockTold::StateEnd(2),
    ];
    page.handle_stock(START, &one.batch(5, &states));
    assert!(is_live(&page, 0, START) && is_live(&page, 1, START));
    let now = page.rows()[0].clone();
    assert_eq!((now.at, now.ts_event), (shown.at, shown.ts_event));
    // The twin, which is not as far, has nothing between to tell.
    page.handle_stock(START, &one.batch(7, &[event(10, 7, None)]));
    assert_eq!(number_shown(&page, 0), Some(7));
    assert!(is_live(&page, 0, START));
}

#[test]
fn the_end_of_a_telling_that_began_before_the_page_did_is_no_state() {
    let (mut page, [mut one, _]) = (page(), twins());
    // The page before this one had asked, and heard of symbol 10 that it is stale.
    one.batch(3, &[state(10, Trust::Stale, 3, None)]);
    let rest = [state(11, Trust::Live, 3, None), StockTold::StateEnd(2)];
    page.handle_stock(START, &one.batch(3, &rest));
    assert!(!is_live(&page, 0, START));
    assert!(!is_live(&page, 1, START));
    let all = [
        state(10, Trust::Stale, 3, None),
        state(11, Trust::Live, 3, None),
        StockTold::StateEnd(2),
    ];
    page.handle_stock(START, &one.batch(3, &all));
    assert!(!is_live(&page, 0, START));
    assert!(is_live(&page, 1, START));
}
