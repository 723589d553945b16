//! One run after another.

use std::time::Duration;

use oxberry_cluster::page::{Command, Report};
use oxberry_proto::Run;

use crate::mouth::{Mouth, RUN, event, symbols};
use crate::{START, drain, is_live, number_shown, page, shown, tell, twins};

/// The run after [`RUN`], of the same day.
const NEXT: Run = Run {
    generation: 2,
    ..RUN
};

#[test]
fn a_new_run_of_the_same_day_is_shown_afresh() {
    let (mut page, [mut one, _]) = (page(), twins());
    page.handle_stock(START, &one.batch(900, &[event(10, 900, None)]));
    let mut again = Mouth::new(NEXT, 0);
    page.handle_stock(START, &again.batch(3, &[event(11, 3, None)]));
    assert!(drain(&mut page).contains(&Command::Report(Report::NewRun(NEXT))));
    assert_eq!(page.run(), Some(NEXT));
    assert_eq!(page.rows()[0].name.as_str(), "AAA", "names stay");
    assert_eq!(number_shown(&page, 0), None);
    assert_eq!(number_shown(&page, 1), Some(3));
    // What was on its way from before is nobody's word.
    page.handle_stock(START, &one.batch(901, &[event(10, 901, None)]));
    assert_eq!(number_shown(&page, 0), None);
    assert_eq!(page.counters().foreign, 1);
}

#[test]
fn what_was_not_taken_of_the_run_before_is_not_shown_in_the_next_one() {
    let (mut page, [mut one, _]) = (page(), twins());
    page.handle_stock(START, &one.batch(900, &[event(10, 900, None)]));
    let mut again = Mouth::new(NEXT, 0);
    page.handle_stock(START, &again.batch(3, &[event(10, 3, None)]));
    assert_eq!(shown(&mut page), [3]);
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
