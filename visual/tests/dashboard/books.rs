//! Made-up books, and a controller that passes on who looks at them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use oxberry_core::book::{TradingStatus, Trust};
use oxberry_core::units::{Instant, OrderId, Qty, RawPrice, Side};
use oxberry_net::Clock;
use oxberry_proto::depth::{
    Depth, DepthAsked, DepthPart, DepthRecord, DepthRequest, DepthWish, LevelName,
};
use oxberry_proto::limits::MAX_BATCH_BYTES;
use oxberry_proto::stock::Quote;
use oxberry_proto::{NodeId, RecordsWriter};

use crate::cluster::Mouth;

/// A book.
#[derive(Clone, Debug)]
pub(crate) struct Book {
    pub(crate) trust: Trust,
    pub(crate) status: TradingStatus,
    /// Levels from the best on: the price, and the shares of its orders, first come first. The id of an order is
    /// its price, then its place.
    pub(crate) bids: Vec<(u32, Vec<u32>)>,
    pub(crate) asks: Vec<(u32, Vec<u32>)>,
}

impl Book {
    /// A live book of a symbol that trades.
    pub(crate) fn live(bids: &[(u32, &[u32])], asks: &[(u32, &[u32])]) -> Self {
        let side = |levels: &[(u32, &[u32])]| {
            let levels = levels.iter();
            levels
                .map(|(price, orders)| (*price, orders.to_vec()))
                .collect()
        };
        Self {
            trust: Trust::Live,
            status: TradingStatus::Open,
            bids: side(bids),
            asks: side(asks),
        }
    }

    /// The frames that answer a wish.
    pub(crate) fn frames(&self, head: Depth, wish: &DepthWish) -> Vec<Vec<u8>> {
        let quote = |(price, orders): &(u32, Vec<u32>)| Quote {
            price: RawPrice::from_raw(*price),
            qty: orders.iter().map(|&qty| u64::from(qty)).sum(),
            orders: u32::try_from(orders.len()).unwrap(),
        };
        let bids = self.bids.iter().map(|level| DepthRecord::Bid(quote(level)));
        let asks = self.asks.iter().map(|level| DepthRecord::Ask(quote(level)));
        let mut frames = vec![frame(head, bids.chain(asks))];
        for &level in wish.queues.iter().flatten() {
            let orders = self.orders(level);
            let part = DepthPart::Queue {
                level,
                orders: u32::try_from(orders.len()).unwrap(),
                qty: orders.iter().map(|&qty| u64::from(qty)).sum(),
            };
            let records = orders.iter().zip(1..).map(|(&qty, place)| {
                let id = u64::from(level.price.raw()) * 1_000 + place;
                DepthRecord::Order {
                    order_id: OrderId::from_raw(id),
                    qty: Qty::from_raw(qty),
                }
            });
            frames.push(frame(Depth { part, ..head }, records));
        }
        frames
    }

    fn orders(&self, level: LevelName) -> Vec<u32> {
        let levels = match level.side {
            Side::Bid => &self.bids,
            Side::Ask => &self.asks,
        };
        let mut levels = levels.iter();
        let found = levels.find(|(price, _)| *price == level.price.raw());
        found.map_or_else(Vec::new, |(_, orders)| orders.clone())
    }
}

fn frame(head: Depth, records: impl Iterator<Item = DepthRecord>) -> Vec<u8> {
    let mut writer = RecordsWriter::<_, Depth>::new(vec![0; MAX_BATCH_BYTES]);
    for record in records {
        writer.push(&record).unwrap();
    }
    writer.finish(&[], head).unwrap().to_vec()
}

/// The looks that a controller has passed on.
#[derive(Clone)]
pub(crate) struct PassedOn(Arc<Mutex<Log>>);

struct Log {
    clock: Clock,
    asked: Vec<(Instant, DepthRequest)>,
    /// The nodes that the controller knows; one without a mouth does not answer.
    known: BTreeMap<NodeId, Option<Arc<Mutex<Mouth>>>>,
}

impl PassedOn {
    /// Nobody has looked, and no node is known.
    pub(crate) fn nothing() -> Self {
        Self(Arc::new(Mutex::new(Log {
            clock: Clock::start(),
            asked: Vec::new(),
            known: BTreeMap::new(),
        })))
    }

    /// The controller knows this node from now on.
    pub(crate) fn know(&self, node: NodeId, mouth: Option<Arc<Mutex<Mouth>>>) {
        self.0.lock().unwrap().known.insert(node, mouth);
    }

    /// Everything that was asked until now, and when.
    pub(crate) fn asked(&self) -> Vec<(Instant, DepthRequest)> {
        self.0.lock().unwrap().asked.clone()
    }

    pub(crate) fn handle(&self, request: &DepthRequest) -> DepthAsked {
        let mut log = self.0.lock().unwrap();
        let now = log.clock.now();
        log.asked.push((now, *request));
        let node = log.known.get(&request.node);
        if let Some(Some(mouth)) = node {
            mouth.lock().unwrap().tell_depth(&request.wish);
        }
        DepthAsked {
            run: request.run,
            is_passed_on: node.is_some(),
        }
    }
}
