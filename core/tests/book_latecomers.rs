//! Symbols that the feed defines when something has happened to its channel already.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use oxberry_core::book::{Books, Capacity, ChannelPast, Trust};
use oxberry_core::feed::{Action, Beginning, FeedEvent};
use oxberry_core::units::{ChannelId, Numbering, PriceScale, SeqNum, SymbolIndex, SymbolSeqNum};

const CHANNEL: ChannelId = ChannelId::from_raw(2);
const SYMBOL: SymbolIndex = SymbolIndex::from_raw(9_280);

fn beginning(after: u32, failover: bool) -> Beginning {
    Beginning {
        is_announced: true,
        numbering: Numbering::UNNAMED,
        after: SeqNum::from_raw(after),
        failover,
    }
}

fn define(is_whole: bool) -> Action {
    let scale = PriceScale::new(4).unwrap();
    Action::Define { scale, is_whole }
}

/// What a symbol is that this defines after that happened to its channel.
fn defined_after(happen: impl FnOnce(&mut ChannelPast), by: Action) -> Trust {
    let capacity = Capacity {
        symbols: 1,
        orders: 8,
        levels: 8,
    };
    let mut memory = vec![0; capacity.words()];
    let mut books = Books::new(capacity, &mut memory).unwrap();
    let mut past = ChannelPast::default();
    happen(&mut past);
    let event = FeedEvent {
        seq_num: SeqNum::from_raw(800),
        symbol_index: SYMBOL,
        symbol_seq_num: None,
        ts_event: None,
        action: by,
    };
    books.define_by(CHANNEL, &past, &event).unwrap();
    let applied = books.apply(CHANNEL, &event).unwrap();
    books.trust(applied.slot)
}

#[test]
fn a_symbol_is_live_of_whose_channel_everything_was_read() {
    assert_eq!(defined_after(|_| {}, define(true)), Trust::Live);
    let reset = |past: &mut ChannelPast| {
        past.lost(SeqNum::from_raw(900));
        past.begins(&beginning(0, false));
    };
    assert_eq!(defined_after(reset, define(true)), Trust::Live);
}

#[test]
fn a_symbol_is_no_better_than_what_was_read_of_its_channel() {
    let middle = |past: &mut ChannelPast| past.begins(&beginning(700, false));
    assert_eq!(defined_after(middle, define(true)), Trust::Partial);
    assert_eq!(defined_after(middle, define(false)), Trust::Stale);
    let lossy = |past: &mut ChannelPast| past.lost(SeqNum::from_raw(790));
    assert_eq!(defined_after(lossy, define(true)), Trust::Stale);
    let unknown = |past: &mut ChannelPast| past.passed_over(SeqNum::from_raw(790));
    assert_eq!(defined_after(unknown, define(true)), Trust::Stale);
    let failover = |past: &mut ChannelPast| {
        past.lost(SeqNum::from_raw(790));
        past.begins(&beginning(0, true));
    };
    assert_eq!(defined_after(failover, define(true)), Trust::Recovering);
    let settled = |past: &mut ChannelPast| {
        failover(past);
        past.settled();
    };
    assert_eq!(defined_after(settled, define(true)), Trust::Stale);
}

#[test]
fn a_symbol_that_only_a_refresh_tells_of_is_not_live_before_it_is_whole() {
    let begin = |through| Action::Refresh {
        last: SymbolSeqNum::from_raw(7),
        through: SeqNum::from_raw(through),
        scale: PriceScale::new(4),
    };
    assert_eq!(defined_after(|_| {}, begin(800)), Trust::Recovering);
    let lossy = |past: &mut ChannelPast| past.lost(SeqNum::from_raw(790));
    assert_eq!(defined_after(lossy, begin(789)), Trust::Stale);
    assert_eq!(defined_after(lossy, begin(790)), Trust::Recovering);
}
