//! A made-up controller and made-up Pis on real sockets.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use oxberry_core::book::{TradingStatus, Trust};
use oxberry_core::units::{
    ChannelId, Numbering, Position, PriceScale, Qty, RawPrice, SeqNum, SymbolIndex, UnixNanos,
};
use oxberry_net::{Clock, Context, Endpoint, Interest, SetupServer, StockPusher, wait};
use oxberry_proto::depth::{Depth, DepthPart, DepthWish};
use oxberry_proto::limits::{MAX_BATCH_BYTES, MAX_CONTROL_BYTES, MAX_PLAIN_BYTES};
use oxberry_proto::start::{Replica, SetupVisual, SymbolEntry};
use oxberry_proto::stock::{
    EndOfEvents, Quote, StockBatch, StockBeat, StockEvent, StreamWord, SymbolState, SymbolTrust,
    TradePrint, TrustWord, View,
};
use oxberry_proto::{
    Deltas, NodeId, Partition, Question, RecordsWriter, Run, SCHEMA_FINGERPRINT, StockTold,
    StreamId, SymbolName, decode_list, encode,
};

use crate::books::{Book, PassedOn};
use crate::cluster_status::status;

/// Longer than anything takes here, also on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Often enough that a Pi is not called silent on a busy machine.
const BEAT: Duration = Duration::from_millis(100);

/// How often the controller looks for questions.
const TURN: Duration = Duration::from_millis(5);

pub(crate) const RUN: Run = Run {
    identity: 7,
    generation: 1,
};

pub(crate) const NUMBERING: u64 = 1_340_285_400_000_000_000;

/// A controller that answers every question, once it knows its symbols.
pub(crate) struct Controller {
    pub(crate) endpoint: Endpoint,
    /// What is played from the next answer on.
    pub(crate) run: Run,
    answer: Arc<Mutex<Option<Vec<u8>>>>,
    /// The looks that it passed on, and to whom.
    pub(crate) looks: PassedOn,
    /// Of whom the state was wished for, with every question that was answered.
    asked: Receiver<Option<Replica>>,
    /// Messages that are lost.
    lost: Arc<AtomicU64>,
    /// Goes with it, which ends its thread.
    answering: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Controller {
    pub(crate) fn start() -> Self {
        let (mut server, endpoint) =
            SetupServer::bind(&Context::new(), Endpoint::loopback(0)).unwrap();
        let answer = Arc::<Mutex<Option<Vec<u8>>>>::default();
        let known = answer.clone();
        let looks = PassedOn::nothing();
        let pass_on = looks.clone();
        let lost = Arc::<AtomicU64>::default();
        let lost_messages = lost.clone();
        let (sender, asked) = mpsc::channel();
        let (end, ending) = mpsc::channel::<()>();
        let thread = thread::spawn(move || {
            while ending.recv_timeout(TURN) == Err(RecvTimeoutError::Timeout) {
                let known = known.lock().unwrap().clone();
                while let Some(answer) = &known
                    && let Some(request) = server.recv().unwrap()
                {
                    match Question::decode(request).unwrap() {
                        Question::SetupVisualRequest(request) => {
                            assert_eq!(request.schema, SCHEMA_FINGERPRINT);
                            assert!(server.reply(answer).unwrap());
                            // Nobody may want to know.
                            let _ = sender.send(request.tell);
                        }
                        Question::DepthRequest(request) => {
                            let mut told = [0; MAX_PLAIN_BYTES];
                            let asked = pass_on.handle(&request);
                            let length = encode(&asked, &mut told).unwrap();
                            assert!(server.reply(&told[..length]).unwrap());
                        }
                        Question::StatusRequest(request) => {
                            assert_eq!(request.schema, SCHEMA_FINGERPRINT);
                            let (head, _) = decode_list::<SetupVisual>(answer).unwrap();
                            let lost = lost_messages.load(Ordering::Relaxed);
                            assert!(server.reply(&status(&head, lost)).unwrap());
                        }
                    }
                }
            }
        });
        Self {
            endpoint,
            run: RUN,
            answer,
            looks,
            lost,
            asked,
            answering: Some((end, thread)),
        }
    }

    /// Gives out these symbols from now on; comes back when it did.
    pub(crate) fn answer(&mut self, nodes: u16, symbols: &[SymbolEntry]) {
        self.answer_as(SCHEMA_FINGERPRINT, nodes, symbols);
    }

    pub(crate) fn answer_as(&mut self, schema: u64, nodes: u16, symbols: &[SymbolEntry]) {
        let mut writer = RecordsWriter::<_, SetupVisual>::new(vec![0; MAX_CONTROL_BYTES]);
        for symbol in symbols {
            writer.push(symbol).unwrap();
        }
        let head = SetupVisual {
            schema,
            run: self.run,
            nodes,
            partitions: 2,
            symbols: 0,
        };
        let message = writer.finish(&[], head).unwrap().to_vec();
        *self.answer.lock().unwrap() = Some(message);
        while self.asked.try_recv().is_ok() {}
        self.next_question();
    }

    /// So many messages of the channel are lost.
    pub(crate) fn lose(&self, messages: u64) {
        self.lost.store(messages, Ordering::Relaxed);
    }

    /// Answers no more.
    pub(crate) fn fall_silent(&mut self) {
        *self.answer.lock().unwrap() = None;
    }

    /// Waits until somebody's state is wished for.
    pub(crate) fn wish(&mut self) -> Replica {
        loop {
            if let Some(replica) = self.next_question() {
                return replica;
            }
        }
    }

    fn next_question(&self) -> Option<Replica> {
        let asked = self.asked.recv_timeout(PATIENCE);
        asked.expect("the dashboard asks for the symbols")
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.answering.take() {
            drop(end);
            // What it found is told by its own panic.
            let _ = thread.join();
        }
    }
}

/// A Pi, which beats by itself once it has something to say.
pub(crate) struct Pi {
    mouth: Arc<Mutex<Mouth>>,
    /// Goes with the Pi, which ends its beats.
    beats: Option<(Sender<()>, JoinHandle<()>)>,
}

pub(crate) struct Mouth {
    run: Run,
    node: NodeId,
    clock: Clock,
    pusher: StockPusher,
    /// How far it said the streams of its partitions.
    streams: BTreeMap<Partition, Stream>,
    /// Whether it says that all of them are over.
    has_ended: bool,
    /// The books that it tells to who looks.
    books: BTreeMap<SymbolIndex, Book>,
}

#[derive(Clone, Copy, Default)]
struct Stream {
    through: u32,
    /// Records of trust and state that it told of the partition.
    told: u32,
    has_begun: bool,
}

impl Pi {
    pub(crate) fn connect(node: u16, dashboard: Endpoint) -> Self {
        Self::connect_in(RUN, node, dashboard)
    }

    pub(crate) fn connect_in(run: Run, node: u16, dashboard: Endpoint) -> Self {
        let mouth = Arc::new(Mutex::new(Mouth {
            run,
            node: NodeId::from_raw(node),
            clock: Clock::start(),
            pusher: StockPusher::connect(&Context::new(), dashboard).unwrap(),
            streams: BTreeMap::new(),
            has_ended: false,
            books: BTreeMap::new(),
        }));
        let (sender, ending) = mpsc::channel::<()>();
        let beating = mouth.clone();
        let thread = thread::spawn(move || {
            while ending.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
                let mut mouth = beating.lock().unwrap();
                if let Some(beat) = mouth.beat() {
                    // One that finds no room is as good as lost: another follows.
                    let _ = mouth.pusher.try_send(&beat).unwrap();
                }
            }
        });
        Self {
            mouth,
            beats: Some((sender, thread)),
        }
    }

    /// Says nothing any more by itself.
    pub(crate) fn fall_silent(&mut self) {
        if let Some((sender, thread)) = self.beats.take() {
            drop(sender);
            thread.join().unwrap();
        }
    }

    /// Is known to the controller from now on, and tells its books to who looks.
    pub(crate) fn tells(&self, controller: &Controller) {
        controller.looks.know(self.lock().node, Some(self.mouth()));
    }

    /// Its book of a symbol from now on.
    pub(crate) fn set_book(&mut self, index: u32, book: Book) {
        self.lock().books.insert(SymbolIndex::from_raw(index), book);
    }

    fn mouth(&self) -> Arc<Mutex<Mouth>> {
        self.mouth.clone()
    }

    /// Pushes events, in as many batches as they need. Their numbers are those in which they come,
    /// each partition by itself.
    pub(crate) fn push(&mut self, events: &[StockEvent]) {
        let told: Vec<_> = events.iter().copied().map(StockTold::Event).collect();
        self.tell(&told);
    }

    /// Tells trust and trading status of a symbol.
    pub(crate) fn trust(&mut self, index: u32, trust: Trust, status: TradingStatus) {
        self.tell(&[StockTold::Trust(SymbolTrust {
            symbol_index: SymbolIndex::from_raw(index),
            trust,
            status,
        })]);
    }

    /// Tells the state of these symbols, all of one partition, as events show them.
    pub(crate) fn state(&mut self, events: &[StockEvent]) {
        let of = partition(events[0].symbol_index);
        let through = self.lock().streams.get(&of).copied().unwrap_or_default();
        let told = Position {
            numbering: Numbering::from_raw(NUMBERING),
            seq_num: SeqNum::from_raw(through.through),
        };
        let states = events.iter().map(|event| {
            StockTold::State(SymbolState {
                trust: SymbolTrust {
                    symbol_index: event.symbol_index,
                    trust: Trust::Live,
                    status: TradingStatus::Open,
                },
                view: event.view,
                last_trade: event
                    .trade
                    .map(|trade| trade.price.scaled(event.view.scale)),
                at: Some((ChannelId::from_raw(1), told)),
            })
        });
        let mut told: Vec<_> = states.collect();
        let symbols = u32::try_from(told.len()).unwrap();
        told.push(StockTold::StateEnd(symbols));
        self.lock().speak(of, &told);
    }

    /// Goes on as if these events had been pushed, but the frame is lost.
    pub(crate) fn lose(&mut self, events: &[StockEvent]) {
        for event in events {
            let mut mouth = self.lock();
            let stream = mouth.streams.entry(partition(event.symbol_index));
            stream.or_default().through += 1;
        }
    }

    pub(crate) fn end(&mut self) {
        let mut mouth = self.lock();
        let (run, node) = (mouth.run, mouth.node);
        mouth.has_ended = true;
        if let Some(beat) = mouth.beat() {
            mouth.send(&beat);
        }
        drop(mouth);
        let mut buffer = [0; 32];
        let length = encode(&EndOfEvents { run, node }, &mut buffer).unwrap();
        self.send(&buffer[..length]);
    }

    /// Waits for room: the dashboard must go on to read, whatever its browsers do.
    pub(crate) fn send(&mut self, frame: &[u8]) {
        self.lock().send(frame);
    }

    fn tell(&mut self, told: &[StockTold]) {
        for of in [0, 1].map(Partition::from_raw) {
            let of_partition: Vec<_> = told
                .iter()
                .filter(|told| partition(symbol_of(told)) == of)
                .copied()
                .collect();
            if !of_partition.is_empty() {
                self.lock().speak(of, &of_partition);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Mouth> {
        self.mouth.lock().unwrap()
    }
}

impl Drop for Pi {
    fn drop(&mut self) {
        self.fall_silent();
    }
}

impl Mouth {
    /// Says records of one partition, in as many batches as they need.
    fn speak(&mut self, partition: Partition, told: &[StockTold]) {
        let mut writer = RecordsWriter::<_, StockBatch>::new(vec![0; MAX_BATCH_BYTES]);
        let mut stream = self.streams.get(&partition).copied().unwrap_or_default();
        let mut before = stream;
        let mut deltas = deltas(stream);
        for told in told {
            let mut told = *told;
            let unsaid = stream;
            match &mut told {
                StockTold::Event(event) => {
                    stream.through += 1;
                    event.seq_num = SeqNum::from_raw(stream.through);
                }
                StockTold::Trust(_)
                | StockTold::State(_)
                | StockTold::Rebuilt(_)
                | StockTold::StateEnd(_) => stream.told += 1,
            }
            if writer.push(&deltas.stock_record(&told)).is_err() {
                self.flush(&mut writer, partition, before, unsaid);
                before = Stream {
                    has_begun: true,
                    ..unsaid
                };
                deltas = self::deltas(before);
                writer.push(&deltas.stock_record(&told)).unwrap();
            }
        }
        self.flush(&mut writer, partition, before, stream);
        stream.has_begun = true;
        self.streams.insert(partition, stream);
    }

    /// Tells a book to who looks.
    pub(crate) fn tell_depth(&mut self, wish: &DepthWish) {
        let Some(book) = self.books.get(&wish.symbol_index) else {
            return;
        };
        let through = self.streams.get(&wish.partition).copied();
        let head = Depth {
            run: self.run,
            node: self.node,
            symbol_index: wish.symbol_index,
            at: through.map(|stream| {
                let position = Position {
                    numbering: Numbering::from_raw(NUMBERING),
                    seq_num: SeqNum::from_raw(stream.through),
                };
                (ChannelId::from_raw(1), position)
            }),
            trust: book.trust,
            status: book.status,
            scale: PriceScale::new(4).unwrap(),
            part: DepthPart::Levels {
                more_bids: false,
                more_asks: false,
            },
            ts_sent: self.clock.wall(),
            records: 0,
        };
        for frame in book.frames(head, wish) {
            self.send(&frame);
        }
    }

    fn flush(
        &mut self,
        writer: &mut RecordsWriter<Vec<u8>, StockBatch>,
        partition: Partition,
        before: Stream,
        after: Stream,
    ) {
        let head = StockBatch {
            run: self.run,
            node: self.node,
            stream: stream(partition),
            numbering: Numbering::from_raw(NUMBERING),
            after: SeqNum::from_raw(before.through),
            through: SeqNum::from_raw(after.through),
            begins: (!before.has_begun).then(Position::default),
            trust: TrustWord {
                told: before.told,
                pending: false,
            },
            events: 0,
            ts_sent: self.clock.wall(),
        };
        let frame = writer.finish(&[], head).unwrap().to_vec();
        self.send(&frame);
    }

    fn beat(&self) -> Option<Vec<u8>> {
        let mut writer = RecordsWriter::<_, StockBeat>::new(vec![0; MAX_BATCH_BYTES]);
        for (&partition, of) in &self.streams {
            let word = StreamWord {
                stream: stream(partition),
                numbering: Numbering::from_raw(NUMBERING),
                after: SeqNum::from_raw(of.through),
                through: SeqNum::from_raw(of.through),
                trust: TrustWord {
                    told: of.told,
                    pending: false,
                },
                recovering: false,
                silent: false,
                ended: self.has_ended,
            };
            writer.push(&word).unwrap();
        }
        if writer.is_empty() {
            return None;
        }
        let head = StockBeat {
            run: self.run,
            node: self.node,
            streams: 0,
            ts_sent: self.clock.wall(),
        };
        Some(writer.finish(&[], head).unwrap().to_vec())
    }

    fn send(&mut self, frame: &[u8]) {
        let deadline = self.clock.now().after(PATIENCE);
        while !self.pusher.try_send(frame).unwrap() {
            let item = self.pusher.poll_item(Interest::Write);
            let [room] = wait(&self.clock, Some(deadline), [item]).unwrap();
            assert!(room.writable, "the dashboard does not read");
        }
    }
}

fn deltas(stream: Stream) -> Deltas {
    let after = SeqNum::from_raw(stream.through);
    Deltas::new(Numbering::from_raw(NUMBERING), after)
}

const fn stream(partition: Partition) -> StreamId {
    StreamId {
        channel: ChannelId::from_raw(1),
        partition,
    }
}

fn partition(symbol_index: SymbolIndex) -> Partition {
    Partition::from_raw(u16::try_from(symbol_index.raw() % 2).unwrap())
}

fn symbol_of(told: &StockTold) -> SymbolIndex {
    match told {
        StockTold::Event(event) => event.symbol_index,
        StockTold::Trust(trust) => trust.symbol_index,
        StockTold::State(state) | StockTold::Rebuilt(state) => state.trust.symbol_index,
        StockTold::StateEnd(_) => panic!("it is of no symbol"),
    }
}

pub(crate) fn symbol(index: u32, name: &str) -> SymbolEntry {
    SymbolEntry {
        symbol_index: SymbolIndex::from_raw(index),
        name: SymbolName::try_from(name).unwrap(),
        partition: partition(SymbolIndex::from_raw(index)),
    }
}

/// An event; prices in ten-thousandths, as most symbols have them on the wire. `number` tells it from
/// others of its symbol.
pub(crate) fn event(
    index: u32,
    number: u64,
    bid: Option<u32>,
    ask: Option<u32>,
    trade: Option<u32>,
) -> StockEvent {
    let quote = |of: Option<u32>| {
        of.map(|of| Quote {
            price: RawPrice::from_raw(of),
            qty: 100 + number,
            orders: 1,
        })
    };
    StockEvent {
        seq_num: SeqNum::default(),
        symbol_index: SymbolIndex::from_raw(index),
        ts_event: Some(UnixNanos::from_raw(NUMBERING + number)),
        view: View {
            scale: PriceScale::new(4).unwrap(),
            bid: quote(bid),
            ask: quote(ask),
        },
        trade: trade.map(|of| TradePrint {
            price: RawPrice::from_raw(of),
            qty: Qty::from_raw(10),
        }),
    }
}
