//! Which messages a book takes, by their numbers within the symbol and by the channel they came by.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod one_book;

use one_book::{CHANNEL, OTHER, OneBook};
use oxberry_core::book::{Rejection, TradingStatus, Trust};
use oxberry_core::feed::{Action, Beginning};
use oxberry_core::units::{Numbering, PriceScale, SeqNum, SymbolSeqNum};

/// A numbering that begins at its first number, or in the middle of a day.
fn beginning(after: u32) -> Beginning {
    Beginning {
        is_announced: true,
        numbering: Numbering::UNNAMED,
        after: SeqNum::from_raw(after),
        failover: false,
    }
}

#[test]
fn messages_in_order_keep_a_book_live() {
    let mut book = OneBook::new();
    for number in 1..=5 {
        let applied = book.add(number, number);
        assert_eq!((applied.rejection, applied.missing), (None, 0));
    }
    assert_eq!((book.trust(), book.orders()), (Trust::Live, 5));
}

#[test]
fn a_number_left_out_makes_the_book_stale_before_its_message_is_applied() {
    let mut book = OneBook::new();
    book.add(1, 1);
    let applied = book.add(4, 2);
    assert_eq!((applied.missing, applied.rejection), (2, None));
    assert!(applied.trust_changed && applied.is_news());
    assert_eq!((book.trust(), book.orders()), (Trust::Stale, 2));
    // What follows is applied, and nothing more is missing.
    assert_eq!(book.add(5, 3).missing, 0);
    let counters = book.counters();
    assert_eq!(
        (counters.symbol_gaps, counters.symbol_messages_missing),
        (1, 2)
    );
}

#[test]
fn a_first_number_above_one_shows_what_is_missing() {
    let mut book = OneBook::new();
    assert_eq!(book.add(9, 1).missing, 8);
    assert_eq!((book.trust(), book.orders()), (Trust::Stale, 1));
}

#[test]
fn a_new_message_with_an_old_number_is_refused_and_makes_the_book_stale() {
    for number in [3, 2, 1, 0] {
        let mut book = OneBook::new();
        for number in 1..=3 {
            book.add(number, number);
        }
        let applied = book.add(number, 9);
        assert_eq!(
            applied.rejection,
            Some(Rejection::OldMessage),
            "number {number}"
        );
        assert!(applied.trust_changed);
        assert_eq!((book.trust(), book.orders()), (Trust::Stale, 3));
        assert_eq!(book.counters().old_messages, 1);
    }
}

#[test]
fn a_number_of_zero_is_no_first_number() {
    let mut book = OneBook::new();
    assert_eq!(book.add(0, 1).rejection, Some(Rejection::OldMessage));
    assert_eq!((book.trust(), book.orders()), (Trust::Stale, 0));
}

#[test]
fn a_clear_frees_a_stale_book_when_its_numbers_start_at_one() {
    let mut book = OneBook::new();
    book.add(7, 1);
    let applied = book.clear(1);
    assert!(applied.trust_changed && applied.bbo_changed);
    assert_eq!((book.trust(), book.orders()), (Trust::Live, 0));
    book.add(1, 2);
    assert_eq!((book.trust(), book.orders()), (Trust::Live, 1));
}

#[test]
fn a_clear_in_the_middle_of_the_day_leaves_the_book_recovering() {
    let mut book = OneBook::new();
    book.add(1, 1);
    book.clear(40);
    assert_eq!((book.trust(), book.orders()), (Trust::Recovering, 0));
    // Changes of orders that are still to be told are no contradiction.
    let applied = book.delete(40, 77);
    assert_eq!(applied.rejection, Some(Rejection::UnknownOrder));
    assert_eq!(book.trust(), Trust::Recovering);
}

#[test]
fn begun_in_the_middle_of_a_day_a_book_is_partial_and_nothing_is_missing() {
    let mut book = OneBook::new();
    assert!(book.begins(CHANNEL, &beginning(700)));
    let applied = book.add(40, 1);
    assert_eq!((applied.missing, applied.trust_changed), (0, false));
    assert_eq!((book.trust(), book.orders()), (Trust::Partial, 1));
    assert_eq!(book.status(), TradingStatus::Unknown);

    // Orders from before are not known, which is counted and no contradiction.
    assert_eq!(book.delete(41, 77).rejection, Some(Rejection::UnknownOrder));
    assert_eq!(
        (book.trust(), book.counters().unknown_orders),
        (Trust::Partial, 1)
    );

    // What contradicts itself does.
    let applied = book.add(42, 1);
    assert_eq!(applied.rejection, Some(Rejection::DuplicateOrder));
    assert_eq!(book.trust(), Trust::Stale);
}

#[test]
fn a_number_left_out_makes_a_partial_book_stale() {
    let mut book = OneBook::new();
    book.begins(CHANNEL, &beginning(700));
    book.add(40, 1);
    assert_eq!(book.add(42, 2).missing, 1);
    assert_eq!(book.trust(), Trust::Stale);
}

#[test]
fn the_first_number_of_all_frees_a_book_that_had_no_number_yet() {
    let mut partial = OneBook::new();
    partial.begins(CHANNEL, &beginning(700));
    let mut stale = OneBook::new();
    stale.lost_up_to(CHANNEL, 1);
    for mut book in [partial, stale] {
        assert_ne!(book.trust(), Trust::Live);
        let applied = book.add(1, 1);
        assert_eq!((applied.trust_changed, applied.missing), (true, 0));
        assert_eq!((book.trust(), book.orders()), (Trust::Live, 1));
    }
}

#[test]
fn the_trading_status_of_a_partial_book_is_known_once_it_was_told() {
    let mut book = OneBook::new();
    book.begins(CHANNEL, &beginning(700));
    assert!(book.numbered(40, Action::Halt).status_changed);
    assert_eq!(
        (book.trust(), book.status()),
        (Trust::Partial, TradingStatus::Halted)
    );
    book.numbered(41, Action::Resume);
    assert_eq!(book.status(), TradingStatus::Open);
}

#[test]
fn a_reset_makes_a_book_with_content_stale_and_leaves_one_without_as_it_was() {
    let mut book = OneBook::new();
    assert!(!book.begins(CHANNEL, &beginning(0)));
    assert_eq!(book.trust(), Trust::Live);
    book.add(1, 1);
    book.numbered(2, Action::Halt);
    assert!(book.begins(CHANNEL, &beginning(0)));
    assert_eq!(
        (book.trust(), book.status()),
        (Trust::Stale, TradingStatus::Unknown)
    );
}

#[test]
fn after_a_reset_a_clear_or_the_first_number_frees_the_book() {
    let numbered = |book: &mut OneBook| {
        for number in 1..=5 {
            book.add(number, number);
        }
        book.begins(CHANNEL, &beginning(0));
    };
    let mut book = OneBook::new();
    numbered(&mut book);
    book.clear(1);
    book.add(1, 1);
    assert_eq!((book.trust(), book.orders()), (Trust::Live, 1));

    let mut book = OneBook::new();
    numbered(&mut book);
    assert_eq!(book.add(1, 1).rejection, None, "the old order is void");
    assert_eq!((book.trust(), book.orders()), (Trust::Live, 1));
}

#[test]
fn after_a_reset_a_higher_number_shows_what_is_missing_of_the_new_numbers() {
    for first in [3, 6] {
        let mut book = OneBook::new();
        for number in 1..=5 {
            book.add(number, number);
        }
        book.begins(CHANNEL, &beginning(0));
        // Even where it looks like the next one of the old numbers.
        let applied = book.add(first, 9);
        assert_eq!((applied.missing, applied.rejection), (first - 1, None));
        assert_eq!((book.trust(), book.orders()), (Trust::Stale, 1));
    }
}

#[test]
fn the_state_of_a_book_does_not_depend_on_what_was_before_a_reset_and_clear() {
    let mut fresh = OneBook::new();
    let mut used = OneBook::new();
    used.add(1, 1);
    used.add(2, 2);
    for book in [&mut fresh, &mut used] {
        book.begins(CHANNEL, &beginning(0));
        book.clear(1);
        book.add(1, 7);
    }
    assert_eq!(fresh.digest(), used.digest());
}

#[test]
fn two_channels_that_claim_a_symbol_have_no_book_to_trust_whichever_came_first() {
    let (lower, higher) = (CHANNEL, OTHER);
    let play = |first, second| {
        let mut book = OneBook::new();
        book.on(first).add(1, 11);
        book.on(second).add(1, 12);
        book.on(lower).add(2, 13);
        book.on(higher).add(2, 14);
        book.on(lower);
        assert!(book.is_contested());
        book
    };
    let mut books = [play(lower, higher), play(higher, lower)];
    for book in &mut books {
        assert_eq!(book.trust(), Trust::Stale);
        assert_eq!(book.channel(), Some(lower));
        // Nothing frees it any more.
        book.clear(1);
        assert_eq!(book.trust(), Trust::Stale);
        book.add(1, 15);
        assert_eq!((book.trust(), book.orders()), (Trust::Stale, 1));
    }
    assert_eq!(books[0].digest(), books[1].digest());
    let [first, second] = books;
    assert_eq!(first.counters().other_channels, 2);
    assert_eq!(second.counters().other_channels, 1);
}

#[test]
fn what_happens_to_another_channel_is_nothing_to_a_book() {
    let mut book = OneBook::new();
    book.add(1, 1);
    assert!(!book.begins(OTHER, &beginning(0)));
    assert!(!book.lost(OTHER));
    assert_eq!(book.trust(), Trust::Live);
    assert!(book.lost(CHANNEL));
    assert!(!book.lost(CHANNEL), "it is told once");
    assert_eq!(book.trust(), Trust::Stale);
}

#[test]
fn a_message_that_cannot_be_understood_makes_the_book_stale() {
    let mut book = OneBook::new();
    book.add(1, 1);
    let applied = book.numbered(2, Action::Unreadable);
    assert_eq!((applied.trust_changed, applied.rejection), (true, None));
    assert_eq!(
        (book.trust(), book.counters().unreadable),
        (Trust::Stale, 1)
    );
    // Its number was told, so the next message is the next one.
    assert_eq!(book.add(3, 2).missing, 0);
}

#[test]
fn trust_and_trading_status_do_not_depend_on_each_other() {
    let mut book = OneBook::new();
    book.numbered(1, Action::Close);
    book.lost_up_to(CHANNEL, 1);
    assert_eq!(
        (book.trust(), book.status()),
        (Trust::Stale, TradingStatus::Closed)
    );
    book.clear(1);
    assert_eq!(
        (book.trust(), book.status()),
        (Trust::Live, TradingStatus::Unknown)
    );
    assert_eq!(book.last(), None::<SymbolSeqNum>);
}

#[test]
fn a_definition_on_two_channels_makes_the_symbol_nobody_s() {
    let define = |code| Action::Define {
        scale: PriceScale::new(code).unwrap(),
        is_whole: true,
    };
    let mut book = OneBook::new();
    book.on(OTHER).unnumbered(define(4));
    book.on(CHANNEL).unnumbered(define(4));
    assert_eq!(book.channel(), None);
    book.on(CHANNEL).add(1, 1);
    book.on(OTHER).unnumbered(define(4));
    assert_eq!((book.trust(), book.channel()), (Trust::Live, Some(CHANNEL)));
    // Another scale is a contradiction.
    book.on(OTHER).unnumbered(define(6));
    assert_eq!(book.trust(), Trust::Stale);
}
