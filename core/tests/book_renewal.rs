//! How a failover or a refresh builds a book anew.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod one_book;

use one_book::{CHANNEL, OTHER, OneBook};
use oxberry_core::book::{Rejection, TradingStatus, Trust};
use oxberry_core::feed::{Action, Beginning, TradeSessions};
use oxberry_core::units::{
    Numbering, OrderId, PriceScale, Qty, RawPrice, SeqNum, Side, SymbolSeqNum,
};

const FAILOVER: Beginning = Beginning {
    is_announced: true,
    numbering: Numbering::UNNAMED,
    after: SeqNum::from_raw(0),
    failover: true,
};

/// A book with three orders and a loss.
fn stale() -> OneBook {
    let mut book = OneBook::new();
    for number in 1..=3 {
        book.add(number, number);
    }
    book.lost(CHANNEL);
    book
}

/// A refresh begins, with messages of the symbol and of the channel up to these.
fn refresh(book: &mut OneBook, last: u32, through: u32) {
    book.refresh(Action::Refresh {
        last: SymbolSeqNum::from_raw(last),
        through: SeqNum::from_raw(through),
        scale: PriceScale::new(4),
    });
}

/// The feed defines the symbol with this scale.
fn define(book: &mut OneBook, scale: u8) {
    let scale = PriceScale::new(scale).unwrap();
    let is_whole = true;
    book.unnumbered(Action::Define { scale, is_whole });
}

fn order(book: &mut OneBook, order: u32) {
    book.refresh(Action::RefreshAdd {
        order_id: OrderId::from_raw(u64::from(order)),
        side: Side::Bid,
        price: RawPrice::from_raw(500),
        qty: Qty::from_raw(100),
        sessions: TradeSessions::ALL,
    });
}

fn end(book: &mut OneBook) -> bool {
    book.refresh(Action::Refreshed).trust_changed
}

#[test]
fn a_failover_clears_a_symbol_tells_its_orders_and_then_it_is_live() {
    let mut book = stale();
    assert!(book.begins(CHANNEL, &FAILOVER));
    assert_eq!(book.trust(), Trust::Recovering);
    book.clear(4);
    book.numbered(3, Action::Resume);
    // Under their old numbers, in any order.
    for (number, id) in [(2, 12), (1, 11)] {
        assert_eq!(book.add(number, id).rejection, None);
    }
    assert_eq!(book.trust(), Trust::Recovering);
    assert!(book.settled(CHANNEL));
    assert_eq!(
        (book.trust(), book.status()),
        (Trust::Live, TradingStatus::Open)
    );
    assert_eq!(book.queue(), [12, 11]);
    assert_eq!(book.add(4, 13).missing, 0);
    assert_eq!(book.trust(), Trust::Live);
}

#[test]
fn a_symbol_that_a_failover_did_not_clear_is_stale_after_it() {
    let mut book = stale();
    book.begins(CHANNEL, &FAILOVER);
    assert!(book.settled(CHANNEL));
    assert_eq!(book.trust(), Trust::Stale);
}

#[test]
fn a_symbol_that_a_failover_clears_to_start_at_one_is_not_live_before_its_end() {
    let mut book = stale();
    book.begins(CHANNEL, &FAILOVER);
    book.clear(1);
    assert_eq!(book.trust(), Trust::Recovering);
    book.settled(CHANNEL);
    assert_eq!(book.trust(), Trust::Live);
}

#[test]
fn what_a_failover_loses_or_contradicts_leaves_the_symbol_stale() {
    let lose = |book: &mut OneBook| {
        book.lost(CHANNEL);
    };
    let contradict = |book: &mut OneBook| {
        book.add(1, 11);
        book.add(2, 11);
    };
    let delete_unknown = |book: &mut OneBook| {
        book.delete(4, 99);
    };
    for go_wrong in [lose as fn(&mut OneBook), contradict, delete_unknown] {
        let mut book = stale();
        book.begins(CHANNEL, &FAILOVER);
        book.clear(4);
        go_wrong(&mut book);
        book.settled(CHANNEL);
        assert_eq!(book.trust(), Trust::Stale);
    }
}

#[test]
fn a_failover_of_another_channel_holds_no_symbol_up_that_turns_out_to_be_elsewhere() {
    let mut book = OneBook::new();
    assert!(book.begins(OTHER, &FAILOVER), "it may be of that channel");
    assert_eq!(book.trust(), Trust::Recovering);
    // Its first message shows that it is not.
    book.add(1, 1);
    assert_eq!((book.trust(), book.channel()), (Trust::Live, Some(CHANNEL)));
    assert!(!book.settled(OTHER));
}

#[test]
fn a_quiet_symbol_is_stale_after_a_failover_that_did_not_name_it_until_it_speaks() {
    let mut book = OneBook::new();
    book.begins(OTHER, &FAILOVER);
    book.settled(OTHER);
    assert_eq!((book.trust(), book.channel()), (Trust::Stale, None));
    book.add(1, 1);
    assert_eq!(book.trust(), Trust::Live);
}

#[test]
fn a_whole_refresh_makes_a_stale_book_live_and_its_numbers_go_on() {
    let mut book = stale();
    let read = book.seq_num;
    refresh(&mut book, 3, read);
    assert_eq!((book.trust(), book.orders()), (Trust::Recovering, 0));
    order(&mut book, 21);
    book.refresh(Action::Halt);
    order(&mut book, 22);
    assert!(end(&mut book));
    assert_eq!(
        (book.trust(), book.status()),
        (Trust::Live, TradingStatus::Halted)
    );
    assert_eq!(book.queue(), [21, 22]);
    assert_eq!(book.add(4, 23).missing, 0);
    assert_eq!(book.trust(), Trust::Live);
}

#[test]
fn a_refresh_without_its_end_makes_no_book_live() {
    let mut book = stale();
    let read = book.seq_num;
    refresh(&mut book, 3, read);
    order(&mut book, 21);
    assert_eq!(book.trust(), Trust::Recovering);
    book.add(4, 22);
    assert_eq!(book.trust(), Trust::Stale);
    assert!(!end(&mut book), "it was over");
}

#[test]
fn a_live_book_does_not_hear_a_refresh() {
    let mut book = OneBook::new();
    book.add(1, 1);
    let read = book.seq_num;
    refresh(&mut book, 1, read);
    order(&mut book, 21);
    book.refresh(Action::Halt);
    end(&mut book);
    assert_eq!((book.trust(), book.queue()), (Trust::Live, vec![1]));
    assert_eq!(book.status(), TradingStatus::Unknown);
}

#[test]
fn a_refresh_that_the_symbol_is_past_is_not_taken() {
    let mut book = stale();
    book.add(4, 4);
    let read = book.seq_num;
    refresh(&mut book, 3, read);
    end(&mut book);
    assert_eq!((book.trust(), book.orders()), (Trust::Stale, 4));
}

#[test]
fn a_refresh_from_before_a_clear_or_a_new_scale_is_not_taken() {
    let clear = |book: &mut OneBook| {
        book.clear(4);
    };
    let rescale = |book: &mut OneBook| {
        define(book, 6);
    };
    for change in [clear as fn(&mut OneBook), rescale] {
        let mut book = stale();
        let before = book.seq_num;
        change(&mut book);
        refresh(&mut book, 3, before);
        order(&mut book, 21);
        end(&mut book);
        assert_ne!(book.trust(), Trust::Live);
        assert!(!book.queue().contains(&21));
        let read = book.seq_num;
        refresh(&mut book, 3, read);
        end(&mut book);
        assert_eq!(book.trust(), Trust::Live);
    }
}

#[test]
fn what_a_refresh_holds_is_passed_over_when_it_is_read_later() {
    let mut book = stale();
    let read = book.seq_num;
    // Numbers 4 and 5 and a clear are in it, and were not read yet.
    refresh(&mut book, 5, read + 3);
    order(&mut book, 21);
    end(&mut book);
    for late in [book.add(4, 21), book.clear(5), book.delete(5, 99)] {
        assert!(!late.is_news() && late.rejection.is_none(), "{late:?}");
    }
    assert_eq!((book.trust(), book.queue()), (Trust::Live, vec![21]));
    assert_eq!(book.add(6, 22).missing, 0);
    assert_eq!((book.trust(), book.queue()), (Trust::Live, vec![21, 22]));
    assert_eq!(book.add(6, 23).rejection, Some(Rejection::OldMessage));
}

#[test]
fn while_a_refresh_is_read_only_what_changes_no_order_may_come_between() {
    let mut book = stale();
    let read = book.seq_num;
    refresh(&mut book, 3, read);
    order(&mut book, 21);
    book.numbered(4, Action::Other);
    book.numbered(5, Action::Halt);
    order(&mut book, 22);
    end(&mut book);
    assert_eq!(
        (book.trust(), book.last()),
        (Trust::Live, Some(SymbolSeqNum::from_raw(5)))
    );

    let mut book = stale();
    refresh(&mut book, 3, read);
    order(&mut book, 21);
    // Its place in the queue would be before orders that are still to be told.
    book.add(4, 30);
    order(&mut book, 22);
    end(&mut book);
    assert_eq!(book.trust(), Trust::Stale);
}

#[test]
fn a_number_left_out_or_gone_back_while_a_refresh_is_read_ends_it() {
    for number in [5, 3] {
        let mut book = stale();
        let read = book.seq_num;
        refresh(&mut book, 3, read);
        order(&mut book, 21);
        let applied = book.numbered(number, Action::Other);
        assert_eq!(applied.missing, u32::from(number == 5));
        assert_eq!(book.trust(), Trust::Stale, "number {number}");
        order(&mut book, 22);
        assert!(!end(&mut book));
    }
}

#[test]
fn a_number_left_out_after_a_clear_in_the_middle_of_the_day_is_a_loss() {
    let mut book = OneBook::new();
    book.clear(40);
    book.numbered(40, Action::Other);
    // A refresh on the same line repeats messages under old numbers.
    assert_eq!(book.add(7, 1).rejection, None);
    assert_eq!(book.trust(), Trust::Recovering);
    assert_eq!(book.numbered(42, Action::Other).missing, 1);
    assert_eq!(book.trust(), Trust::Stale);
}

#[test]
fn a_loss_ends_the_refresh_that_is_under_way() {
    let mut book = stale();
    let read = book.seq_num;
    refresh(&mut book, 3, read);
    book.lost(CHANNEL);
    end(&mut book);
    assert_eq!(book.trust(), Trust::Stale);
}

#[test]
fn after_a_reset_no_refresh_is_taken_that_may_be_of_the_old_numbers() {
    let mut book = stale();
    let reset = Beginning {
        failover: false,
        ..FAILOVER
    };
    let old = book.seq_num;
    book.begins(CHANNEL, &reset);
    refresh(&mut book, 3, old);
    order(&mut book, 21);
    end(&mut book);
    assert_eq!(book.trust(), Trust::Stale);
    assert!(!book.queue().contains(&21));
}

#[test]
fn a_loss_may_have_held_a_new_scale_so_a_clear_alone_makes_no_book_live() {
    let mut book = stale();
    book.clear(1);
    assert_eq!(book.trust(), Trust::Stale);
    assert_eq!(book.add(1, 11).missing, 0);
    assert_eq!(book.trust(), Trust::Stale);
    define(&mut book, 4);
    assert_eq!(book.trust(), Trust::Stale, "what it holds is as before");
    book.clear(1);
    assert_eq!(book.trust(), Trust::Live);
}

#[test]
fn a_definition_that_cannot_be_understood_leaves_the_scale_in_doubt() {
    let mut book = OneBook::new();
    book.unnumbered(Action::Unreadable);
    book.clear(1);
    assert_eq!(book.trust(), Trust::Stale);
    define(&mut book, 6);
    book.clear(1);
    assert_eq!(book.trust(), Trust::Live);
}

#[test]
fn a_refresh_brings_its_scale_and_one_without_is_not_taken_after_a_loss() {
    let mut book = stale();
    let read = SeqNum::from_raw(book.seq_num);
    let begin = |scale| Action::Refresh {
        last: SymbolSeqNum::from_raw(3),
        through: read,
        scale,
    };
    book.refresh(begin(None));
    assert_eq!((book.trust(), book.orders()), (Trust::Stale, 3));
    book.refresh(begin(PriceScale::new(6)));
    end(&mut book);
    assert_eq!(book.trust(), Trust::Live);
    assert_eq!(book.scale(), PriceScale::new(6).unwrap());
}

#[test]
fn a_refresh_from_before_a_loss_is_not_taken() {
    let mut book = stale();
    let before = book.seq_num - 1;
    refresh(&mut book, 3, before);
    end(&mut book);
    assert_eq!((book.trust(), book.orders()), (Trust::Stale, 3));
}

#[test]
fn a_refresh_from_before_a_loss_is_not_taken_whatever_another_channel_begins() {
    for (through, trust) in [(699, Trust::Stale), (700, Trust::Live)] {
        let mut book = OneBook::new();
        book.lost_up_to(CHANNEL, 700);
        // It is nobody's yet, so that it may be of either.
        let other = Beginning {
            after: SeqNum::from_raw(500),
            failover: false,
            ..FAILOVER
        };
        book.begins(OTHER, &other);
        book.seq_num = 701;
        refresh(&mut book, 3, through);
        end(&mut book);
        assert_eq!(book.trust(), trust, "up to {through}");
    }
}

#[test]
fn a_reset_ends_the_doubt_about_the_scale_unless_more_than_it_is_lost() {
    let reset = Beginning {
        failover: false,
        ..FAILOVER
    };
    for (lost, trust) in [
        (None, Trust::Live),
        (Some(1), Trust::Live),
        (Some(2), Trust::Stale),
    ] {
        let mut book = stale();
        book.begins(CHANNEL, &reset);
        if let Some(last) = lost {
            book.lost_up_to(CHANNEL, last);
        }
        book.add(1, 11);
        assert_eq!(book.trust(), trust, "lost up to {lost:?}");
    }
}

#[test]
fn a_symbol_that_was_defined_too_late_is_stale_until_its_numbers_start() {
    let scale = PriceScale::new(4).unwrap();
    let late = Action::Define {
        scale,
        is_whole: false,
    };
    let mut book = OneBook::new();
    book.unnumbered(late);
    assert_eq!(book.trust(), Trust::Stale);
    book.add(1, 11);
    assert_eq!(book.trust(), Trust::Live);
    book.unnumbered(late);
    assert_eq!(book.trust(), Trust::Live, "its numbers vouch for it");
}

#[test]
fn a_refresh_that_lacks_what_came_before_the_reading_began_is_not_taken() {
    let in_the_middle = Beginning {
        after: SeqNum::from_raw(700),
        failover: false,
        ..FAILOVER
    };
    for (through, trust) in [(699, Trust::Partial), (700, Trust::Live)] {
        let mut book = OneBook::new();
        book.begins(CHANNEL, &in_the_middle);
        book.seq_num = 701;
        refresh(&mut book, 3, through);
        end(&mut book);
        assert_eq!(book.trust(), trust, "up to {through}");
    }
}

#[test]
fn a_book_that_was_cleared_is_partial_when_no_refresh_comes_in_time() {
    let mut book = OneBook::new();
    book.add(1, 1);
    book.clear(40);
    let cleared = book.seq_num;
    book.seq_num = cleared + 99_999;
    book.add(40, 11);
    assert_eq!(book.trust(), Trust::Recovering);
    let applied = book.add(41, 12);
    assert!(applied.trust_changed && applied.rejection.is_none());
    assert_eq!((book.trust(), book.queue()), (Trust::Partial, vec![11, 12]));
    // An order from before is no contradiction, and a refresh is still welcome.
    book.delete(42, 1);
    assert_eq!(book.trust(), Trust::Partial);
    let read = book.seq_num;
    refresh(&mut book, 42, read);
    end(&mut book);
    assert_eq!(book.trust(), Trust::Live);
}

#[test]
fn numbers_that_start_again_without_a_reset_prove_nothing_of_a_book_until_it_is_cleared() {
    let unannounced = Beginning {
        is_announced: false,
        failover: false,
        ..FAILOVER
    };
    let mut book = stale();
    book.begins(CHANNEL, &unannounced);
    book.add(1, 11);
    assert_eq!((book.trust(), book.queue()), (Trust::Stale, vec![11]));
    book.add(2, 12);
    assert_eq!(book.trust(), Trust::Stale);
    define(&mut book, 4);
    book.clear(1);
    assert_eq!(book.trust(), Trust::Live);

    // One without content has nothing that could be wrong.
    let mut book = OneBook::new();
    book.begins(CHANNEL, &unannounced);
    book.add(1, 11);
    assert_eq!(book.trust(), Trust::Live);
}
