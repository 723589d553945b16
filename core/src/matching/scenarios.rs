//! The scenarios that the matching engine of 2013 was tested with.

extern crate std;
use std::vec;
use std::vec::Vec;

use super::{InlineMatcher, LimitOrder, MatchError};
use crate::units::{OrderId, Qty, RawPrice, Side};

/// One step of a scenario, in the words of 2013.
#[derive(Clone, Copy, Debug)]
enum Step {
    Buy { id: u64, qty: u32, price: u32 },
    Sell { id: u64, qty: u32, price: u32 },
    Update { id: u64, qty: u32, price: u32 },
    Remove { id: u64 },
}
use Step::{Buy, Remove, Sell, Update};

/// A venue small enough that a scenario uses most of it.
type Venue = InlineMatcher<12, 8>;

/// Does one step; returns its trades as (size, price).
fn play(venue: &mut Venue, step: Step) -> Vec<(u32, u32)> {
    let mut trades = vec![];
    let on_trade = &mut |trade: super::Match| trades.push((trade.qty.raw(), trade.price.raw()));
    let order = |id, side, qty, price| LimitOrder {
        id: OrderId::from_raw(id),
        side,
        price: RawPrice::from_raw(price),
        qty: Qty::from_raw(qty),
    };
    let done = match step {
        Buy { id, qty, price } => venue.enter(order(id, Side::Bid, qty, price), on_trade),
        Sell { id, qty, price } => venue.enter(order(id, Side::Ask, qty, price), on_trade),
        Update { id, qty, price } => venue.modify(
            OrderId::from_raw(id),
            RawPrice::from_raw(price),
            Qty::from_raw(qty),
            on_trade,
        ),
        Remove { id } => venue.cancel(OrderId::from_raw(id)),
    };
    done.expect("every step of the scenarios is possible");
    venue.check_invariants();
    trades
}

/// The best level of a side as (size, price).
fn best(venue: &Venue, side: Side) -> Option<(u64, u32)> {
    venue.best(side).map(|level| (level.qty, level.price.raw()))
}

#[test]
fn scenario_a_of_2013_gives_its_trades() {
    let steps: [(Step, &[(u32, u32)]); 15] = [
        (
            Buy {
                id: 1,
                qty: 7000,
                price: 10,
            },
            &[],
        ),
        (
            Sell {
                id: 2,
                qty: 1000,
                price: 10,
            },
            &[(1000, 10)],
        ),
        (
            Sell {
                id: 3,
                qty: 9000,
                price: 12,
            },
            &[],
        ),
        (
            Sell {
                id: 4,
                qty: 1000,
                price: 11,
            },
            &[],
        ),
        (
            Update {
                id: 3,
                qty: 6000,
                price: 12,
            },
            &[],
        ),
        (
            Buy {
                id: 5,
                qty: 8000,
                price: 12,
            },
            &[(1000, 11), (6000, 12)],
        ),
        (
            Buy {
                id: 6,
                qty: 2000,
                price: 12,
            },
            &[],
        ),
        (
            Buy {
                id: 7,
                qty: 3000,
                price: 12,
            },
            &[],
        ),
        (
            Update {
                id: 6,
                qty: 4000,
                price: 12,
            },
            &[],
        ),
        (
            Sell {
                id: 8,
                qty: 6000,
                price: 13,
            },
            &[],
        ),
        (
            Sell {
                id: 9,
                qty: 7000,
                price: 12,
            },
            &[(1000, 12), (3000, 12), (3000, 12)],
        ),
        (
            Sell {
                id: 10,
                qty: 2000,
                price: 11,
            },
            &[(1000, 12)],
        ),
        (
            Buy {
                id: 11,
                qty: 3000,
                price: 11,
            },
            &[(1000, 11)],
        ),
        (Remove { id: 11 }, &[]),
        (
            Sell {
                id: 12,
                qty: 3000,
                price: 8,
            },
            &[(3000, 10)],
        ),
    ];
    let mut venue = Venue::inline();
    for (number, (step, trades)) in (1..).zip(steps) {
        assert_eq!(play(&mut venue, step), trades, "step {number}: {step:?}");
        match number {
            12 => assert_eq!(best(&venue, Side::Ask), Some((1000, 11))),
            13 => assert_eq!(best(&venue, Side::Bid), Some((2000, 11))),
            _ => {}
        }
    }
    assert_eq!(best(&venue, Side::Bid), Some((3000, 10)));
    assert_eq!(best(&venue, Side::Ask), Some((6000, 13)));
}

#[test]
fn scenario_b_of_2013_gives_its_bests_and_its_trade() {
    let mut venue = Venue::inline();
    assert_eq!(
        play(
            &mut venue,
            Sell {
                id: 1,
                qty: 10_000,
                price: 300
            }
        ),
        []
    );
    assert_eq!(
        play(
            &mut venue,
            Buy {
                id: 2,
                qty: 10_000,
                price: 200
            }
        ),
        []
    );
    assert_eq!(best(&venue, Side::Ask), Some((10_000, 300)));
    assert_eq!(best(&venue, Side::Bid), Some((10_000, 200)));

    assert_eq!(
        play(
            &mut venue,
            Update {
                id: 1,
                qty: 10_000,
                price: 400
            }
        ),
        []
    );
    assert_eq!(
        play(
            &mut venue,
            Update {
                id: 2,
                qty: 7_000,
                price: 200
            }
        ),
        []
    );
    assert_eq!(best(&venue, Side::Ask), Some((10_000, 400)));
    assert_eq!(best(&venue, Side::Bid), Some((7_000, 200)));

    assert_eq!(
        play(
            &mut venue,
            Update {
                id: 2,
                qty: 2_000,
                price: 500
            }
        ),
        [(2_000, 400)]
    );
    assert_eq!(best(&venue, Side::Ask), Some((8_000, 400)));
    assert_eq!(best(&venue, Side::Bid), None);
}

#[test]
fn what_does_not_fit_is_returned_and_what_traded_stands() {
    let order = |id, side, price, qty| LimitOrder {
        id: OrderId::from_raw(id),
        side,
        price: RawPrice::from_raw(price),
        qty: Qty::from_raw(qty),
    };
    let full = |shares| {
        Err(MatchError::Full {
            dropped: Qty::from_raw(shares),
        })
    };
    let ignore = &mut |_| {};

    let mut two_orders = InlineMatcher::<2, 4>::inline();
    two_orders
        .enter(order(1, Side::Bid, 10, 5), ignore)
        .unwrap();
    two_orders
        .enter(order(2, Side::Ask, 12, 5), ignore)
        .unwrap();
    assert_eq!(
        two_orders.enter(order(3, Side::Ask, 11, 5), ignore),
        full(5)
    );
    // A partial fill frees no slot; a whole one does.
    assert_eq!(
        two_orders.enter(order(3, Side::Ask, 10, 2), ignore),
        Ok(Qty::ZERO)
    );
    assert_eq!(
        two_orders.enter(order(3, Side::Ask, 10, 9), ignore),
        Ok(Qty::from_raw(6))
    );
    two_orders.check_invariants();

    let mut two_levels = InlineMatcher::<8, 2>::inline();
    two_levels
        .enter(order(1, Side::Bid, 10, 5), ignore)
        .unwrap();
    two_levels
        .enter(order(2, Side::Bid, 10, 5), ignore)
        .unwrap();
    two_levels
        .enter(order(3, Side::Ask, 12, 5), ignore)
        .unwrap();
    assert_eq!(two_levels.enter(order(4, Side::Bid, 9, 7), ignore), full(7));
    assert_eq!(
        two_levels.enter(order(4, Side::Bid, 10, 7), ignore),
        Ok(Qty::from_raw(7))
    );
    two_levels.check_invariants();
}

#[test]
fn an_impossible_operation_is_refused_and_changes_nothing() {
    let mut venue = Venue::inline();
    let ignore = &mut |_| {};
    let order = LimitOrder {
        id: OrderId::from_raw(1),
        side: Side::Bid,
        price: RawPrice::from_raw(10),
        qty: Qty::from_raw(5),
    };
    venue.enter(order, ignore).unwrap();
    assert_eq!(venue.enter(order, ignore), Err(MatchError::Duplicate));
    let other = OrderId::from_raw(2);
    assert_eq!(
        venue.enter(
            LimitOrder {
                id: other,
                qty: Qty::ZERO,
                ..order
            },
            ignore
        ),
        Err(MatchError::NoQuantity)
    );
    assert_eq!(
        venue.modify(other, order.price, order.qty, ignore),
        Err(MatchError::Unknown)
    );
    assert_eq!(
        venue.modify(order.id, order.price, Qty::ZERO, ignore),
        Err(MatchError::NoQuantity)
    );
    assert_eq!(venue.cancel(other), Err(MatchError::Unknown));
    assert_eq!(venue.orders(Side::Bid).collect::<Vec<_>>(), [order]);
}
