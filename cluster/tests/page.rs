//! The page's brain: what it shows of what replicas say, and what it calls live.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod mouth;

use std::time::Duration;

use mouth::{Mouth, PARTITION, RUN, by_node, event, state, symbols, trust, view};
use oxberry_cluster::limits::Limits;
use oxberry_cluster::page::{Command, Page, Report, Voice};
use oxberry_core::book::Trust;
use oxberry_core::units::{Instant, Price};
use oxberry_proto::start::Replica;
use oxberry_proto::{Run, StockTold};

const START: Instant = Instant::from_raw(1_000_000_000);
const LIMITS: Limits = Limits::DEFAULT;

/// A page that knows two symbols, 10 and 11, in the places 0 and 1.
fn page() -> Page {
    let mut page = Page::new(LIMITS);
    page.handle_timeout(START);
    let table = symbols(RUN, &[(10, "AAA"), (11, "BBB")]);
    page.handle_symbols(&table).unwrap();
    drain(&mut page);
    page
}

fn twins() -> [Mouth; 2] {
    [0, 1].map(|node| Mouth::new(RUN, node))
}

fn drain(page: &mut Page) -> Vec<Command> {
    std::iter::from_fn(|| page.next_command()).collect()
}

/// The numbers of the events that were taken.
fn shown(page: &mut Page) -> Vec<u32> {
    std::iter::from_fn(|| page.next_shown())
        .map(|shown| shown.position.seq_num.raw())
        .collect()
}

/// What a symbol is since a refresh.
fn rebuilt(symbol: u32, trust: Trust, number: u32) -> StockTold {
    let StockTold::State(state) = state(symbol, trust, number, None) else {
        unreachable!("it makes states");
    };
    StockTold::Rebuilt(state)
}

fn is_live(page: &Page, row: usize, now: Instant) -> bool {
    page.standing(row, now).is_live()
}

fn trust_of(page: &Page, row: usize, now: Instant) -> Trust {
    page.standing(row, now).trust
}

/// The number at which the view of a row was made.
fn number_shown(page: &Page, row: usize) -> Option<u32> {
    page.rows()[row]
        .view
        .map(|view| view.bid.unwrap().price.raw() / 100)
}

fn tell(node: u16) -> Command {
    Command::Ask {
        tell: Some(Replica {
            node: oxberry_proto::NodeId::from_raw(node),
            partition: PARTITION,
        }),
    }
}

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
fn a_new_run_of_the_same_day_is_shown_afresh() {
    let (mut page, [mut one, _]) = (page(), twins());
    page.handle_stock(START, &one.batch(900, &[event(10, 900, None)]));
    let next = Run {
        generation: 2,
        ..RUN
    };
    let mut again = Mouth::new(next, 0);
    page.handle_stock(START, &again.batch(3, &[event(11, 3, None)]));
    assert!(drain(&mut page).contains(&Command::Report(Report::NewRun(next))));
    assert_eq!(page.run(), Some(next));
    assert_eq!(page.rows()[0].name.as_str(), "AAA", "names stay");
    assert_eq!(number_shown(&page, 0), None);
    assert_eq!(number_shown(&page, 1), Some(3));
    // What was on its way from before is nobody's word.
    page.handle_stock(START, &one.batch(901, &[event(10, 901, None)]));
    assert_eq!(number_shown(&page, 0), None);
    assert_eq!(page.counters().foreign, 1);
}

#[test]
fn the_run_that_the_controller_named_begins_once() {
    let (mut page, [mut one, _]) = (page(), twins());
    page.handle_stock(START, &one.batch(3, &[event(10, 3, None)]));
    assert_eq!(drain(&mut page), []);
}

#[test]
fn a_run_of_another_directory_shows_no_symbol_the_book_of_another() {
    let (mut page, [mut one, _]) = (page(), twins());
    page.handle_stock(START, &one.batch(900, &[event(10, 900, None)]));
    let next = Run {
        identity: 8,
        generation: 1,
    };
    let mut other_day = Mouth::new(next, 0);
    let later = START.after(Duration::from_secs(9));
    page.handle_stock(later, &other_day.batch(3, &[event(10, 3, None)]));
    assert!(drain(&mut page).contains(&Command::Ask { tell: None }));
    page.handle_symbols(&symbols(next, &[(10, "ZZZ")])).unwrap();
    assert_eq!(page.rows().len(), 1);
    assert_eq!(page.rows()[0].name.as_str(), "ZZZ");
    assert_eq!(number_shown(&page, 0), None);
    assert!(!is_live(&page, 0, later));
    // What came before the symbols is missing, so its state is asked for.
    drain(&mut page);
    page.handle_stock(later, &other_day.batch(4, &[event(10, 4, None)]));
    assert!(!is_live(&page, 0, later));
    assert!(drain(&mut page).contains(&tell(0)));
}

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
    assert_eq!(number_shown(&page, 0), Some(5));
    assert!(is_live(&page, 1, START));
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
