//! The matcher against a list of orders that is sorted and searched anew every time.

extern crate std;
use std::cmp::Reverse;
use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::{LevelRecord, LimitOrder, Match, MatchError, Matcher, OrderSlot};
use crate::units::{OrderId, Qty, RawPrice, Side};

#[derive(Clone, Copy, Debug)]
enum Op {
    Enter(LimitOrder),
    Take(LimitOrder),
    Modify { id: u64, price: u32, qty: u32 },
    Cancel { id: u64 },
}

/// Few ids and prices, so that orders meet.
fn order() -> impl Strategy<Value = LimitOrder> {
    (1..24_u64, prop::bool::ANY, 90..111_u32, 0..40_u32).prop_map(|(id, buys, price, qty)| {
        LimitOrder {
            id: OrderId::from_raw(id),
            side: if buys { Side::Bid } else { Side::Ask },
            price: RawPrice::from_raw(price),
            qty: Qty::from_raw(qty),
        }
    })
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => order().prop_map(Op::Enter),
        1 => order().prop_map(Op::Take),
        3 => (1..24_u64, 90..111_u32, 0..40_u32)
            .prop_map(|(id, price, qty)| Op::Modify { id, price, qty }),
        2 => (1..24_u64).prop_map(|id| Op::Cancel { id }),
    ]
}

/// Orders in the order of their arrival; every question is answered by sorting them.
#[derive(Default)]
struct Naive {
    arrived: Vec<LimitOrder>,
    capacity: usize,
    levels: usize,
}

impl Naive {
    fn side(&self, side: Side) -> Vec<LimitOrder> {
        let mut orders: Vec<_> = self
            .arrived
            .iter()
            .filter(|o| o.side == side)
            .copied()
            .collect();
        match side {
            Side::Bid => orders.sort_by_key(|order| Reverse(order.price)),
            Side::Ask => orders.sort_by_key(|order| order.price),
        }
        orders
    }

    fn position(&self, id: OrderId) -> Result<usize, MatchError> {
        self.arrived
            .iter()
            .position(|order| order.id == id)
            .ok_or(MatchError::Unknown)
    }

    fn take(&mut self, mut order: LimitOrder, trades: &mut Vec<Match>) -> Qty {
        for resting in self.side(order.side.opposite()) {
            let reaches = match order.side {
                Side::Bid => resting.price <= order.price,
                Side::Ask => resting.price >= order.price,
            };
            if !reaches || order.qty == Qty::ZERO {
                break;
            }
            let qty = order.qty.min(resting.qty);
            let resting_left = resting.qty.checked_sub(qty).unwrap();
            order.qty = order.qty.checked_sub(qty).unwrap();
            trades.push(Match {
                resting: resting.id,
                incoming: order.id,
                aggressor_side: order.side,
                price: resting.price,
                qty,
                resting_left,
            });
            let position = self.position(resting.id).unwrap();
            if resting_left == Qty::ZERO {
                self.arrived.remove(position);
            } else {
                self.arrived[position].qty = resting_left;
            }
        }
        order.qty
    }

    fn enter(&mut self, order: LimitOrder, trades: &mut Vec<Match>) -> Result<Qty, MatchError> {
        if order.qty == Qty::ZERO {
            return Err(MatchError::NoQuantity);
        }
        let left = self.take(order, trades);
        if left == Qty::ZERO {
            return Ok(left);
        }
        let mut prices: Vec<_> = self.arrived.iter().map(|o| (o.side, o.price)).collect();
        prices.push((order.side, order.price));
        prices.sort_unstable();
        prices.dedup();
        if self.arrived.len() == self.capacity || prices.len() > self.levels {
            return Err(MatchError::Full { dropped: left });
        }
        self.arrived.push(LimitOrder { qty: left, ..order });
        Ok(left)
    }

    fn apply(&mut self, op: Op, trades: &mut Vec<Match>) -> Result<Qty, MatchError> {
        match op {
            Op::Enter(order) if self.position(order.id).is_ok() => Err(MatchError::Duplicate),
            Op::Enter(order) => self.enter(order, trades),
            Op::Take(order) => Ok(self.take(order, trades)),
            Op::Modify { id, price, qty } => {
                let position = self.position(OrderId::from_raw(id))?;
                let (price, qty) = (RawPrice::from_raw(price), Qty::from_raw(qty));
                let resting = &mut self.arrived[position];
                if qty == Qty::ZERO {
                    Err(MatchError::NoQuantity)
                } else if price == resting.price && qty <= resting.qty {
                    resting.qty = qty;
                    Ok(qty)
                } else {
                    let order = LimitOrder {
                        price,
                        qty,
                        ..self.arrived.remove(position)
                    };
                    self.enter(order, trades)
                }
            }
            Op::Cancel { id } => {
                let position = self.position(OrderId::from_raw(id))?;
                Ok(self.arrived.remove(position).qty)
            }
        }
    }
}

fn apply(
    matcher: &mut Matcher<Vec<OrderSlot>, Vec<LevelRecord>>,
    op: Op,
    trades: &mut Vec<Match>,
) -> Result<Qty, MatchError> {
    let on_trade = &mut |trade| trades.push(trade);
    match op {
        Op::Enter(order) => matcher.enter(order, on_trade),
        Op::Take(order) => Ok(matcher.take(order, on_trade)),
        Op::Modify { id, price, qty } => matcher.modify(
            OrderId::from_raw(id),
            RawPrice::from_raw(price),
            Qty::from_raw(qty),
            on_trade,
        ),
        Op::Cancel { id } => matcher.cancel(OrderId::from_raw(id)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_matcher_and_a_sorted_list_agree_after_every_operation(
        ops in prop::collection::vec(op(), 1..120),
        capacity in 1..20_usize,
        levels in 1..16_usize,
    ) {
        let mut naive = Naive { arrived: vec![], capacity, levels };
        let mut matcher =
            Matcher::new(vec![OrderSlot::EMPTY; capacity], vec![LevelRecord::EMPTY; levels]);
        for op in ops {
            let (mut expected, mut got) = (vec![], vec![]);
            prop_assert_eq!(
                apply(&mut matcher, op, &mut got),
                naive.apply(op, &mut expected),
                "result of {:?}", op
            );
            prop_assert_eq!(got, expected, "trades of {:?}", op);
            matcher.check_invariants();
            for side in Side::BOTH {
                let orders: Vec<_> = matcher.orders(side).collect();
                prop_assert_eq!(&orders, &naive.side(side), "{:?}s after {:?}", side, op);
                let qty: u64 = orders.iter().map(|order| u64::from(order.qty.raw())).sum();
                prop_assert_eq!(matcher.levels(side).map(|level| level.qty).sum::<u64>(), qty);
            }
            prop_assert_eq!(matcher.len(), naive.arrived.len());
        }
    }
}
