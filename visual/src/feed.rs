//! The feed's thread: the one loop that owns the sockets and the board.

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use oxberry_cluster::limits::Limits;
use oxberry_cluster::page::{Command, Report, Told};
use oxberry_cluster::told::{self, Telling};
use oxberry_core::units::Instant;
use oxberry_net::{Clock, Interest, NetError, Notifier, Shutdown, StockPuller, wait};
use oxberry_proto::depth::DepthAsked;
use oxberry_proto::status::StatusFrom;
use oxberry_proto::{Kind, NodeId, SymbolName, decode, kind_of};

use crate::board::{Board, Phase};
use crate::error::Error;
use crate::events_file::EventsFile;
use crate::history::{Costs, History};
use crate::limits::{
    CLUSTER_INTERVAL, CLUSTER_INTERVAL_OF_INCIDENTS, FRAME_HEARTBEAT, FRAME_INTERVAL, FRAME_RETRY,
    MESSAGES_PER_TURN, MISSED_REPORT,
};
use crate::look::Asker;
use crate::print::Printer;
use crate::screen::Publisher;
use crate::setup::{Question, Setup};

/// Frames and answers that cannot be read are reported one by one up to here; the others are only
/// counted.
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
    pub(crate) events_file: Option<EventsFile>,
    pub(crate) exit_at_end: bool,
    pub(crate) board: Board,
    pub(crate) frames: FramePace,
    /// Answers that could not be used.
    pub(crate) bad_answers: u64,
    /// What the controller tells of the cluster.
    pub(crate) telling: Telling,
    /// When to ask next how the cluster is.
    pub(crate) next_telling: Instant,
    /// Asks for what somebody looks at closely.
    pub(crate) asker: Asker,
    /// What happened to the cluster.
    pub(crate) history: History,
    pub(crate) missed: Missed,
}

/// How often something of each node was missed since that was told last. Of one that has just come it is something
/// of every partition.
#[derive(Debug, Default)]
pub(crate) struct Missed {
    of: BTreeMap<NodeId, usize>,
    /// When it is told.
    due: Option<Instant>,
}

impl Feed {
    /// Runs until shutdown is requested, or the end of the feed if that is wished for.
    pub(crate) fn run(&mut self, shutdown: &Shutdown) -> Result<(), Error> {
        self.notifier.ready();
        while !shutdown.is_requested() {
            let now = self.clock.now();
            self.notifier.handle_timeout(now);
            self.look_closer(now);
            self.take_answer(now)?;
            let is_behind = self.take_frames(now)?;
            self.handle_timeout(now);
            self.obey(now);
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

    /// Asks the controller what is to be asked, and takes its answer if it came.
    fn take_answer(&mut self, now: Instant) -> Result<(), Error> {
        self.ask_cluster(now);
        let Some((question, answer)) = self.setup.handle_turn(now)? else {
            return Ok(());
        };
        if let (Question::Depth(question), Ok(asked)) = (question, decode::<DepthAsked>(answer)) {
            if !asked.is_passed_on {
                self.asker.handle_refusal(now, &question);
            }
            return Ok(());
        }
        if kind_of(answer) == Ok(Kind::Status) {
            match self.telling.handle_answer(answer) {
                Ok(told::Told::Part(from)) => {
                    // Where rows are more urgent, it is asked for from the start in its time.
                    self.setup.ask_cluster(from);
                }
                Ok(told::Told::All(told)) => {
                    self.history.handle_told(now, &told, self.costs());
                    self.board.handle_cluster(now, *told);
                }
                Err(error) => self.tell_bad_answer(&error, "how the cluster is cannot be read"),
            }
            return Ok(());
        }
        match self.board.handle_answer(answer) {
            Ok(()) => Ok(()),
            // At the start somebody looks on who can mend it.
            Err(error) if self.board.run().is_none() => Err(error.into()),
            Err(error) => {
                self.tell_bad_answer(&error, "the symbols of another run are not known");
                Ok(())
            }
        }
    }

    /// Asks for what somebody looks at closely.
    fn look_closer(&mut self, now: Instant) {
        if self.asker.handle_turn(now, &self.board) {
            self.board.look_at(self.asker.looked_at());
        }
        while let Some(question) = self.asker.next_question() {
            self.setup.ask_depth(question);
        }
    }

    /// Asks how the cluster is when it is time. At the end of the feed the controller goes.
    fn ask_cluster(&mut self, now: Instant) {
        let is_time = self.next_telling <= now;
        if is_time && self.phase().is_some_and(|phase| phase != Phase::Ended) {
            if self.setup.ask_cluster(StatusFrom::Start) {
                self.telling.begin();
            }
            self.next_telling = now.after(if self.history.is_expectant(now) {
                CLUSTER_INTERVAL_OF_INCIDENTS
            } else {
                CLUSTER_INTERVAL
            });
        }
    }

    fn tell_bad_answer(&mut self, error: &dyn fmt::Display, what: &str) {
        self.bad_answers += 1;
        if self.bad_answers <= REPORTED_MALFORMED {
            tracing::warn!(%error, "{what}");
        }
    }

    /// Takes what the Pis pushed, bounded; whether more may be there already.
    fn take_frames(&mut self, now: Instant) -> Result<bool, Error> {
        // Nothing is taken from the Pis before the symbols are known: they wait.
        if self.board.run().is_none() {
            return Ok(false);
        }
        let (printer, events_file) = (&mut self.printer, &mut self.events_file);
        let mut taken = 0;
        while taken < MESSAGES_PER_TURN {
            let Some(frame) = self.stock.recv()? else {
                break;
            };
            taken += 1;
            if kind_of(frame) == Ok(Kind::Depth) {
                self.asker.handle_answer(now, frame);
            }
            let mut on_told = |symbol: &_, told: &_| write_out(printer, events_file, symbol, told);
            self.board.handle_frame(now, frame, &mut on_told);
        }
        Ok(taken == MESSAGES_PER_TURN)
    }

    /// Time has passed, by which events may be taken that had waited for a better word.
    fn handle_timeout(&mut self, now: Instant) {
        let (printer, events_file) = (&mut self.printer, &mut self.events_file);
        let mut on_told = |symbol: &_, told: &_| write_out(printer, events_file, symbol, told);
        self.board.handle_timeout(now, &mut on_told);
    }

    /// Does what the board wants done.
    fn obey(&mut self, now: Instant) {
        while let Some(command) = self.board.next_command() {
            match command {
                Command::Ask { tell } => self.setup.wish(tell),
                Command::Report(report) => self.report(now, report),
            }
        }
        if self.missed.due.is_none_or(|due| due > now) {
            return;
        }
        for (node, times) in std::mem::take(&mut self.missed).of {
            let node = self.board.name_of(node);
            tracing::warn!(
                node,
                times,
                "something was missed; the node is asked for its state"
            );
        }
    }

    /// Tells a person of something, or counts what is told together with others.
    fn report(&mut self, now: Instant, report: Report) {
        match report {
            Report::Missed(replica) => {
                *self.missed.of.entry(replica.node).or_default() += 1;
                self.missed.due.get_or_insert(now.after(MISSED_REPORT));
            }
            Report::NewRun(run) => tracing::info!(%run, "another run is shown afresh"),
            Report::Died(node) => {
                let node = self.board.name_of(node);
                tracing::warn!(node, "nothing was heard of a node for too long");
            }
            Report::Returned(node) => {
                let node = self.board.name_of(node);
                tracing::info!(node, "a node is heard again");
            }
            Report::BadFrame(error) => {
                if self.board.counters().malformed <= REPORTED_MALFORMED {
                    tracing::warn!(%error, "a frame was left out");
                }
            }
            Report::SpokeAfterEnd(node) => {
                let node = self.board.name_of(node);
                tracing::warn!(node, "a node went on after its end");
            }
            Report::AnotherSchema => tracing::error!("the controller is of another version"),
        }
    }

    fn put_up_frame(&mut self, now: Instant) {
        let has_news = self.has_news();
        if self.frames.deadline(has_news) > now {
            return;
        }
        self.look_back(now);
        let (board, history) = (&mut self.board, &mut self.history);
        let is_up = (self.publisher).try_publish(now, board, &mut self.asker, history);
        let phase = self.phase();
        if is_up && phase != self.frames.phase {
            tracing::info!(?phase, "the feed went on");
        }
        self.frames.handle_publish(now, is_up, phase);
    }

    /// Notes what has happened to the cluster.
    fn look_back(&mut self, now: Instant) {
        let (costs, board) = (self.costs(), &self.board);
        let voices = board.voices();
        let voices = voices.map(|(node, voice)| (node, voice, board.name_of(node)));
        let silence = Limits::DEFAULT.silence();
        self.history.handle_voices(now, silence, costs, voices);
        if self.phase().is_some_and(|phase| phase != Phase::Ended) {
            self.history.handle_silence(now, costs);
        }
    }

    const fn costs(&self) -> Costs {
        let counters = self.board.counters();
        Costs {
            copies: counters.copies,
            passed: counters.passed,
        }
    }

    /// How far the feed is, once the symbols are known.
    fn phase(&self) -> Option<Phase> {
        self.board.run().map(|_| self.board.phase())
    }

    /// Whether a frame should not wait for the heartbeat.
    fn has_news(&self) -> bool {
        self.board.has_changed() || self.asker.has_news() || self.phase() != self.frames.phase
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
        let frame = self.frames.deadline(self.has_news());
        let deadline = frame.min(self.board.poll_timeout());
        let telling = self.phase().map(|_| self.next_telling);
        let telling = telling.filter(|_| self.board.phase() != Phase::Ended);
        let others = [
            self.notifier.poll_timeout(),
            self.setup.poll_timeout(),
            telling,
            self.asker.poll_timeout(),
            self.missed.due,
        ];
        let deadline = others.into_iter().flatten().fold(deadline, Instant::min);
        let items = [
            shutdown.poll_item(),
            self.stock
                .poll_item(Interest::read_if(self.board.run().is_some())),
            self.setup.poll_item(),
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

/// Writes what the page has taken to whoever wants to see it.
fn write_out(
    printer: &mut Option<Printer<io::Stdout>>,
    events_file: &mut Option<EventsFile>,
    symbol: &SymbolName,
    told: &Told,
) {
    if let (Some(printer), Told::Event(shown)) = (printer, told) {
        printer.print(symbol, shown);
    }
    if let Some(file) = events_file {
        file.write(symbol, told);
    }
}
