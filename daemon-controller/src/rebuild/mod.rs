//! Reads the feed again for books that no replica trusts: one order at a time, in a thread of its own.

mod reread;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use oxberry_cluster::limits::Limits;
use oxberry_cluster::rebuild::{BookAnswer, RebuildDay, RebuildOrder};
use oxberry_core::units::ChannelId;
use oxberry_core::xdp::Dialect;
use oxberry_feed::mapping::MappingFile;
use oxberry_net::{PollItem, Shutdown};

use self::reread::Reread;
use crate::day::Day;

/// A channel whose source can be opened a second time.
#[derive(Clone, Debug)]
struct ChannelSource {
    channel: ChannelId,
    path: PathBuf,
    dialect: Dialect,
}

/// The day as it is read again.
#[derive(Debug)]
struct Feed {
    channels: Vec<ChannelSource>,
    mapping: Arc<MappingFile>,
    day: RebuildDay,
}

/// What the reading thread and the main thread know of each other.
#[derive(Debug, Default)]
struct Shared {
    packets: AtomicU64,
    is_unwanted: AtomicBool,
}

/// Reads the feed again when it is told to.
#[derive(Debug)]
pub(crate) struct Rebuilder {
    feed: Arc<Feed>,
    /// How far the books of the last order are, for the next one of the same partition.
    rested: Option<Box<Reread>>,
    running: Option<Running>,
}

/// An order that is being read for.
#[derive(Debug)]
struct Running {
    id: u32,
    shared: Arc<Shared>,
    /// Raised when it is done.
    ended: Shutdown,
    thread: JoinHandle<Outcome>,
}

/// What a thread has read so far with what came of its order, or why it could not.
type Outcome = Result<(Box<Reread>, Vec<BookAnswer>), NotRead>;

/// Why a feed was not read again.
#[derive(Debug)]
enum NotRead {
    /// It can be read once only.
    IsNoFile(String),
    /// Another time it may be read.
    Failed(String),
}

/// What came of an order.
#[derive(Debug)]
pub(crate) enum Read {
    /// The books, or why they are not to be had.
    Books {
        /// The order.
        id: u32,
        /// What is to be said to those who wished for them.
        answers: Vec<BookAnswer>,
    },
    /// The feed could not be read.
    Failed(Failed),
}

/// The feed could not be read.
#[derive(Debug)]
pub(crate) struct Failed {
    /// The order.
    pub(crate) id: u32,
    /// Why, for a person.
    pub(crate) why: String,
    /// Whether it cannot be read another time either.
    pub(crate) for_good: bool,
}

impl Rebuilder {
    /// Will read the feed of this day again.
    pub(crate) fn new(day: &Day) -> Self {
        let channels = day.channels.iter().map(|feed| ChannelSource {
            channel: feed.channel,
            path: feed.path.clone(),
            dialect: feed.dialect,
        });
        let symbols = day.mapping.symbols.iter();
        let symbols = symbols.map(|(&symbol_index, symbol)| (symbol_index, symbol.price_scale));
        Self {
            feed: Arc::new(Feed {
                channels: channels.collect(),
                mapping: Arc::clone(&day.mapping),
                day: RebuildDay {
                    symbols: symbols.collect(),
                    table: Arc::clone(&day.table),
                    limits: Limits::DEFAULT,
                },
            }),
            rested: None,
            running: None,
        }
    }

    /// Begins to read for an order; the one before is done, or not wanted any more.
    ///
    /// # Errors
    ///
    /// When it cannot be read for.
    pub(crate) fn begin(&mut self, order: RebuildOrder) -> Result<(), Failed> {
        self.stop();
        let id = order.id;
        let failed = |why| Failed {
            id,
            why,
            for_good: false,
        };
        let rested = self.rested.take();
        let rested = rested.filter(|rested| rested.is_of(order.partition));
        let feed = Arc::clone(&self.feed);
        let ended = Shutdown::new().map_err(|error| failed(error.to_string()))?;
        let shared = Arc::<Shared>::default();
        let (raise, of_thread) = (RaiseAtEnd(ended.clone()), Arc::clone(&shared));
        let read = move || {
            let _raise = raise;
            let mut reread = match rested {
                Some(rested) => rested,
                None => Box::new(Reread::open(&feed, &order)?),
            };
            let answers = reread.read(&order, &of_thread).map_err(NotRead::Failed)?;
            Ok((reread, answers))
        };
        let thread = thread::Builder::new().name("rebuild".into()).spawn(read);
        let thread = thread.map_err(|error| failed(format!("no thread for it: {error}")))?;
        self.running = Some(Running {
            id,
            shared,
            ended,
            thread,
        });
        Ok(())
    }

    /// Nobody wants any more what was read, or is being read.
    pub(crate) fn forget(&mut self) {
        self.stop();
        self.rested = None;
    }

    /// Packets that were read for the order that is being read for.
    pub(crate) fn packets(&self) -> Option<u64> {
        let running = self.running.as_ref()?;
        Some(running.shared.packets.load(Ordering::Relaxed))
    }

    /// Its place in a [`wait_all`](oxberry_net::wait_all): ready when an order is done.
    pub(crate) fn poll_items(&self) -> impl Iterator<Item = PollItem<'_>> {
        self.running.iter().map(|running| running.ended.poll_item())
    }

    /// What came of the order, once, when it is done.
    pub(crate) fn take_read(&mut self) -> Option<Read> {
        let running = self
            .running
            .take_if(|running| running.ended.is_requested())?;
        let id = running.id;
        let failed = |why, for_good| Read::Failed(Failed { id, why, for_good });
        Some(match running.thread.join() {
            Ok(Ok((reread, answers))) => {
                self.rested = Some(reread);
                Read::Books { id, answers }
            }
            Ok(Err(NotRead::IsNoFile(why))) => failed(why, true),
            Ok(Err(NotRead::Failed(why))) => failed(why, false),
            Err(_) => failed(
                "the thread that read it has panicked, as told above".into(),
                false,
            ),
        })
    }

    /// Has a thread end whose work is not wanted any more. Nobody waits for it.
    fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.shared.is_unwanted.store(true, Ordering::Relaxed);
        }
    }
}

impl Drop for Rebuilder {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Raises the flag when it goes out of scope, so that a panic is noticed too.
struct RaiseAtEnd(Shutdown);

impl Drop for RaiseAtEnd {
    fn drop(&mut self) {
        self.0.request();
    }
}
