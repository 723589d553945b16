//! The feed's thread: the one loop that owns the sockets and the board.

use std::io;
use std::sync::Arc;

use oxberry_core::units::Instant;
use oxberry_net::{Clock, Interest, NetError, Notifier, SetupClient, Shutdown, StockPuller, wait};
use oxberry_proto::limits::MAX_PLAIN_BYTES;
use oxberry_proto::start::SetupVisualRequest;
use oxberry_proto::{SCHEMA_FINGERPRINT, encode};

use crate::board::{Board, Phase};
use crate::error::Error;
use crate::limits::{FRAME_HEARTBEAT, FRAME_INTERVAL, FRAME_RETRY, MESSAGES_PER_TURN, SETUP_RETRY};
use crate::print::Printer;
use crate::screen::Publisher;
use crate::table::SymbolTable;

/// Malformed messages that are reported one by one; the others are only counted.
const REPORTED_MALFORMED: u64 = 8;

/// The loop's state.
#[derive(Debug)]
pub(crate) struct Feed {
    pub(crate) clock: Clock,
    pub(crate) notifier: Notifier,
    pub(crate) stock: StockPuller,
    pub(crate) setup: Setup,
    pub(crate) publisher: Publisher,
    pub(crate) printer: Option<Printer<io::Stdout>>,
    pub(crate) exit_at_end: bool,
    /// Made when the symbol table came.
    pub(crate) board: Option<Board>,
    pub(crate) frames: FramePace,
}

impl Feed {
    /// Runs until shutdown is requested, or the end of the feed if that is wished for.
    pub(crate) fn run(&mut self, shutdown: &Shutdown) -> Result<(), Error> {
        self.notifier.ready();
        while !shutdown.is_requested() {
            let now = self.clock.now();
            self.notifier.handle_timeout(now);
            let is_behind = self.take_messages(now)?;
            self.put_up_frame(now);
            if !self.flush_printer()? || (self.exit_at_end && self.has_ended()) {
                break;
            }
            if !is_behind {
                self.wait(shutdown)?;
            }
        }
        self.notifier.stopping();
        Ok(())
    }

    /// Takes what came, bounded; whether more may be there already.
    fn take_messages(&mut self, now: Instant) -> Result<bool, Error> {
        let Some(board) = &mut self.board else {
            self.board = self
                .setup
                .handle_turn(now)?
                .map(|table| Board::new(Arc::new(table)));
            return Ok(self.board.is_some());
        };
        let printer = &mut self.printer;
        let mut taken = 0;
        while taken < MESSAGES_PER_TURN {
            let Some(message) = self.stock.recv()? else {
                break;
            };
            taken += 1;
            let outcome = board.handle_message(now, message, &mut |entry, event| {
                if let Some(printer) = printer {
                    printer.print(entry, event);
                }
            });
            if let Err(error) = outcome
                && board.counters().malformed <= REPORTED_MALFORMED
            {
                tracing::warn!(%error, "a message was left out");
            }
        }
        board.handle_timeout(now);
        Ok(taken == MESSAGES_PER_TURN)
    }

    fn put_up_frame(&mut self, now: Instant) {
        let has_news = self.has_news();
        if self.frames.deadline(has_news) > now {
            return;
        }
        let is_up = self.publisher.try_publish(now, self.board.as_mut());
        let phase = self.board.as_ref().map(Board::phase);
        if is_up && phase != self.frames.phase {
            tracing::info!(?phase, "the feed went on");
        }
        self.frames.handle_publish(now, is_up, phase);
    }

    /// Whether a frame should not wait for the heartbeat.
    fn has_news(&self) -> bool {
        self.board.as_ref().is_some_and(Board::has_changed)
            || self.board.as_ref().map(Board::phase) != self.frames.phase
    }

    /// Whether the end came and browsers saw it.
    fn has_ended(&self) -> bool {
        self.frames.phase == Some(Phase::Ended) && !self.has_news()
    }

    /// Whether anybody is left to print for.
    fn flush_printer(&mut self) -> Result<bool, Error> {
        match self.printer.as_mut().map_or(Ok(()), Printer::flush) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            Err(source) => Err(Error::Print { source }),
        }
    }

    fn wait(&self, shutdown: &Shutdown) -> Result<(), NetError> {
        let mut deadline = self.frames.deadline(self.has_news());
        if let Some(watchdog) = self.notifier.poll_timeout() {
            deadline = deadline.min(watchdog);
        }
        if self.board.is_none() {
            deadline = deadline.min(self.setup.next_request);
        }
        // Nothing is taken from the Pis before the symbols are known: they wait.
        let (stock, setup) = (self.board.is_some(), self.board.is_none());
        let items = [
            shutdown.poll_item(),
            self.stock.poll_item(Interest::read_if(stock)),
            self.setup.client.poll_item(Interest::read_if(setup)),
        ];
        wait(&self.clock, Some(deadline), items)?;
        Ok(())
    }
}

/// When frames go up.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FramePace {
    /// No frame before.
    not_before: Instant,
    /// A frame by then, whatever happens.
    heartbeat: Instant,
    /// The phase of the last frame.
    phase: Option<Phase>,
}

impl FramePace {
    const fn deadline(&self, has_news: bool) -> Instant {
        if has_news {
            self.not_before
        } else {
            self.heartbeat
        }
    }

    fn handle_publish(&mut self, now: Instant, is_up: bool, phase: Option<Phase>) {
        if is_up {
            self.not_before = now.after(FRAME_INTERVAL);
            self.heartbeat = now.after(FRAME_HEARTBEAT);
            self.phase = phase;
        } else {
            self.not_before = now.after(FRAME_RETRY);
            self.heartbeat = self.not_before;
        }
    }
}

/// The question for the symbol table, repeated until it is answered.
#[derive(Debug)]
pub(crate) struct Setup {
    client: SetupClient,
    next_request: Instant,
    requests: u64,
}

impl Setup {
    /// A question that is to be asked at once.
    pub(crate) fn new(client: SetupClient) -> Self {
        Self {
            client,
            next_request: Instant::default(),
            requests: 0,
        }
    }

    /// Asks if it is time, and returns the table once it came.
    fn handle_turn(&mut self, now: Instant) -> Result<Option<SymbolTable>, Error> {
        if self.next_request <= now {
            if self.requests > 0 {
                tracing::warn!(asked = self.requests, "the controller has not answered yet");
            }
            let mut request = [0; MAX_PLAIN_BYTES];
            let length = encode(
                &SetupVisualRequest {
                    schema: SCHEMA_FINGERPRINT,
                },
                &mut request,
            )
            .expect("MAX_PLAIN_BYTES holds every message without a list");
            self.client
                .request(request.get(..length).unwrap_or_default())?;
            self.requests += 1;
            self.next_request = now.after(SETUP_RETRY);
        }
        let Some(reply) = self.client.recv()? else {
            return Ok(None);
        };
        let table = SymbolTable::from_reply(reply)?;
        tracing::info!(
            symbols = table.entries().len(),
            pis = table.nodes(),
            "symbol table"
        );
        Ok(Some(table))
    }
}
