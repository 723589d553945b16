//! Tables made of the lines of `oxberry decode`, in the plainest way: maps of orders, and nothing else.

use std::{collections::BTreeMap, path::Path};

use serde_json::Value;

use crate::support::oxberry;

/// What is made of a channel.
#[derive(Debug, Default)]
pub(crate) struct Naive {
    /// `symbol_seq_num,seq,trade_id,trade_px,trade_sz,aggressor`
    pub(crate) trades: Vec<String>,
    /// `symbol_seq_num,seq,bid_px,bid_sz,ask_px,ask_sz`
    pub(crate) best: Vec<String>,
    /// `symbol_seq_num,seq,action,order_id,old_order_id,side,order_px,order_sz,left_sz`
    pub(crate) orders: Vec<String>,
    /// `symbol_seq_num,order_px,order_sz,position,shares_ahead` of each order that was followed; sizes
    /// and places are 0 when it left.
    pub(crate) queues: BTreeMap<u64, Vec<String>>,
    resting: BTreeMap<u64, Order>,
    /// Shares by price, bids and asks.
    levels: [BTreeMap<u64, u64>; 2],
}

#[derive(Clone, Copy, Debug)]
struct Order {
    /// 0 for a bid, 1 for an ask.
    side: usize,
    price: u64,
    size: u64,
    /// Grows with each order that takes its place.
    arrival: u64,
}

impl Naive {
    /// Of the first channel of a day of real flow, following these orders.
    pub(crate) fn of_flow(flow: &Path, followed: &[u64]) -> Self {
        let file = flow.join("20120621-ARCA_XDP_IBF_1.dat");
        let run = oxberry(["decode".as_ref(), file.as_os_str()]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let mut naive = Self::default();
        for &order in followed {
            naive.queues.insert(order, Vec::new());
        }
        for line in run.stdout.lines() {
            naive.message(&serde_json::from_str(line).unwrap());
        }
        naive
    }

    fn message(&mut self, message: &Value) {
        let number = |name: &str| message[name].as_u64();
        let id = |name: &str| {
            let good_till_cancel = number("order_id_gtc_indicator").unwrap_or(0);
            number(name).unwrap() | good_till_cancel << 32
        };
        let Some(seq_num) = number("symbol_seq_num") else {
            return;
        };
        let seq = number("seq").unwrap();
        let head = format!("{seq_num},{seq}");
        let before = self.best();
        match number("type").unwrap() {
            100 => self.add(&head, seq, id("order_id"), message),
            101 => {
                let (order_id, price, size) = (
                    id("order_id"),
                    message["price"].as_u64().unwrap(),
                    number("volume").unwrap(),
                );
                let was = self.remove(order_id);
                // Reason 7 keeps the place, and so does a position change of 0.
                let moves = was.price != price
                    || number("reason_code") == Some(5)
                    || number("position_change") == Some(1);
                let arrival = if moves { seq } else { was.arrival };
                let order = Order {
                    price,
                    size,
                    arrival,
                    ..was
                };
                self.insert(order_id, order);
                self.order(&head, "modify", order_id, "", order, size, size);
            }
            102 => {
                let order_id = id("order_id");
                let was = self.remove(order_id);
                self.order(&head, "cancel", order_id, "", was, was.size, 0);
            }
            103 => self.execute(&head, id("order_id"), message),
            104 => {
                let (old, new) = (id("order_id"), id("new_order_id"));
                let was = self.remove(old);
                let (price, size) = (number("price").unwrap(), number("volume").unwrap());
                let order = Order {
                    price,
                    size,
                    arrival: seq,
                    ..was
                };
                self.insert(new, order);
                self.order(&head, "replace", new, &old.to_string(), order, size, size);
            }
            110 | 220 => {
                let (trade, price, size) = (
                    number("trade_id").unwrap(),
                    number("price").unwrap(),
                    number("volume").unwrap(),
                );
                self.trades.push(format!("{head},{trade},{price},{size},"));
            }
            _ => {}
        }
        let best = self.best();
        if best != before {
            self.best.push(format!("{head},{best}"));
        }
        self.follow(seq_num);
    }

    fn add(&mut self, head: &str, seq: u64, order_id: u64, message: &Value) {
        let order = Order {
            side: usize::from(message["side"] == "S"),
            price: message["price"].as_u64().unwrap(),
            size: message["volume"].as_u64().unwrap(),
            arrival: seq,
        };
        self.insert(order_id, order);
        self.order(head, "add", order_id, "", order, order.size, order.size);
    }

    fn execute(&mut self, head: &str, order_id: u64, message: &Value) {
        let number = |name: &str| message[name].as_u64().unwrap();
        let was = self.remove(order_id);
        let (trade, price, size) = (number("trade_id"), number("price"), number("volume"));
        let left = was.size - size;
        // Reason 3: filled.
        let is_filled = message["reason_code"].as_u64() == Some(3);
        if left > 0 && !is_filled {
            self.insert(order_id, Order { size: left, ..was });
        }
        let aggressor = ["sell", "buy"][was.side];
        self.trades
            .push(format!("{head},{trade},{price},{size},{aggressor}"));
        self.order(head, "fill", order_id, "", was, size, left);
    }

    fn insert(&mut self, order_id: u64, order: Order) {
        *self.levels[order.side].entry(order.price).or_default() += order.size;
        assert!(self.resting.insert(order_id, order).is_none());
    }

    fn remove(&mut self, order_id: u64) -> Order {
        let order = self.resting.remove(&order_id).unwrap();
        let level = self.levels[order.side].get_mut(&order.price).unwrap();
        *level -= order.size;
        if *level == 0 {
            self.levels[order.side].remove(&order.price);
        }
        order
    }

    #[expect(clippy::too_many_arguments, reason = "the columns of a row")]
    fn order(
        &mut self,
        head: &str,
        action: &str,
        id: u64,
        old: &str,
        order: Order,
        size: u64,
        left: u64,
    ) {
        let (side, price) = (["bid", "ask"][order.side], order.price);
        self.orders.push(format!(
            "{head},{action},{id},{old},{side},{price},{size},{left}"
        ));
    }

    fn best(&self) -> String {
        let shown = |level: Option<(&u64, &u64)>| {
            level.map_or(",".to_owned(), |(price, size)| format!("{price},{size}"))
        };
        let [bids, asks] = &self.levels;
        format!(
            "{},{}",
            shown(bids.last_key_value()),
            shown(asks.first_key_value())
        )
    }

    /// Notes where the orders that are followed stand, if that changed.
    fn follow(&mut self, seq_num: u64) {
        let resting = &self.resting;
        for (id, rows) in &mut self.queues {
            let standing = resting.get(id).map(|order| {
                let ahead = resting.values().filter(|other| {
                    (other.side, other.price) == (order.side, order.price)
                        && other.arrival < order.arrival
                });
                let (count, shares) = ahead.fold((1, 0), |(n, s), other| (n + 1, s + other.size));
                format!("{},{},{count},{shares}", order.price, order.size)
            });
            let last = rows.last().and_then(|row| row.split_once(','));
            let last = last.map_or(",0,,", |(_, standing)| standing);
            let standing = standing.unwrap_or(",0,,".to_owned());
            if last != standing {
                rows.push(format!("{seq_num},{standing}"));
            }
        }
    }
}
