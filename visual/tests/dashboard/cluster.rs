//! A made-up controller and made-up Pis on real sockets.

use std::time::Duration;

use oxberry_core::units::{Price, Qty, SymbolIndex, UnixNanos};
use oxberry_net::{Clock, Context, Endpoint, Interest, SetupServer, StockPusher, wait};
use oxberry_proto::limits::{MAX_BATCH_BYTES, MAX_CONTROL_BYTES};
use oxberry_proto::start::{SetupVisual, SetupVisualRequest, SymbolEntry};
use oxberry_proto::stock::{EndOfEvents, Quote, StockBatch, StockEvent, SymbolState, TradePrint};
use oxberry_proto::{
    EventNum, NodeId, Partition, RecordsWriter, SCHEMA_FINGERPRINT, SymbolName, decode, encode,
};

/// Longer than anything takes here, also on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Controller {
    clock: Clock,
    server: SetupServer,
    pub(crate) endpoint: Endpoint,
}

impl Controller {
    pub(crate) fn start() -> Self {
        let (server, endpoint) = SetupServer::bind(&Context::new(), Endpoint::loopback(0)).unwrap();
        Self {
            clock: Clock::start(),
            server,
            endpoint,
        }
    }

    /// Waits for the question and gives out these symbols.
    pub(crate) fn answer(&mut self, nodes: u16, symbols: &[SymbolEntry]) {
        self.answer_as(SCHEMA_FINGERPRINT, nodes, symbols);
    }

    pub(crate) fn answer_as(&mut self, schema: u64, nodes: u16, symbols: &[SymbolEntry]) {
        let deadline = self.clock.now().after(PATIENCE);
        let item = self.server.poll_item(Interest::Read);
        let [asked] = wait(&self.clock, Some(deadline), [item]).unwrap();
        assert!(asked.readable, "the dashboard asks for the symbols");
        let request = self.server.recv().unwrap().unwrap();
        let request: SetupVisualRequest = decode(request).unwrap();
        assert_eq!(request.schema, SCHEMA_FINGERPRINT);
        let mut writer = RecordsWriter::<_, SetupVisual>::new(vec![0; MAX_CONTROL_BYTES]);
        for symbol in symbols {
            writer.push(symbol).unwrap();
        }
        let head = SetupVisual {
            schema,
            nodes,
            partitions: 2,
            symbols: 0,
        };
        assert!(
            self.server
                .reply(writer.finish(&[], head).unwrap())
                .unwrap()
        );
    }
}

pub(crate) struct Pi {
    node: NodeId,
    clock: Clock,
    pusher: StockPusher,
}

impl Pi {
    pub(crate) fn connect(node: u16, dashboard: Endpoint) -> Self {
        Self {
            node: NodeId::from_raw(node),
            clock: Clock::start(),
            pusher: StockPusher::connect(&Context::new(), dashboard).unwrap(),
        }
    }

    /// Pushes events, in as many batches as they need.
    pub(crate) fn push(&mut self, events: &[StockEvent]) {
        let mut writer = RecordsWriter::<_, StockBatch>::new(vec![0; MAX_BATCH_BYTES]);
        for event in events {
            if writer.push(event).is_err() {
                self.flush(&mut writer);
                writer.push(event).unwrap();
            }
        }
        self.flush(&mut writer);
    }

    pub(crate) fn end(&mut self) {
        let mut buffer = [0; 32];
        let length = encode(&EndOfEvents { node: self.node }, &mut buffer).unwrap();
        self.send(&buffer[..length]);
    }

    fn flush(&mut self, writer: &mut RecordsWriter<Vec<u8>, StockBatch>) {
        let ts_sent = self.clock.wall();
        let head = StockBatch {
            node: self.node,
            events: 0,
            ts_sent,
        };
        let frame = writer.finish(&[], head).unwrap().to_vec();
        self.send(&frame);
    }

    /// Waits for room: the dashboard must go on to read, whatever its browsers do.
    pub(crate) fn send(&mut self, frame: &[u8]) {
        let deadline = self.clock.now().after(PATIENCE);
        while !self.pusher.try_send(frame).unwrap() {
            let item = self.pusher.poll_item(Interest::Write);
            let [room] = wait(&self.clock, Some(deadline), [item]).unwrap();
            assert!(room.writable, "the dashboard does not read");
        }
    }
}

pub(crate) fn symbol(index: u32, name: &str) -> SymbolEntry {
    SymbolEntry {
        symbol_index: SymbolIndex::from_raw(index),
        name: SymbolName::try_from(name).unwrap(),
        partition: Partition::from_raw(u16::try_from(index % 2).unwrap()),
    }
}

/// An event; prices in ten-thousandths, as most symbols have them on the wire.
pub(crate) fn event(
    index: u32,
    number: u64,
    bid: Option<i64>,
    ask: Option<i64>,
    trade: Option<i64>,
) -> StockEvent {
    let price = |price: i64| Price::from_raw(price * 100_000);
    let quote = |of: Option<i64>| {
        of.map(|of| Quote {
            price: price(of),
            qty: 100 + number,
            orders: 1,
        })
    };
    StockEvent {
        symbol_index: SymbolIndex::from_raw(index),
        event_num: EventNum::from_raw(number),
        ts_event: Some(UnixNanos::from_raw(1_340_285_400_000_000_000 + number)),
        state: SymbolState::Live,
        bid: quote(bid),
        ask: quote(ask),
        trade: trade.map(|of| TradePrint {
            price: price(of),
            qty: Qty::from_raw(10),
        }),
    }
}
