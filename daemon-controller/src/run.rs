//! The main loop: frames between the sockets and the cluster's brain, until all is over.

use oxberry_cluster::controller::{
    Command, Controller, Counters, Outcome, RebuildReport, Report, RimStatus,
};
use oxberry_core::units::UnixNanos;
use oxberry_net::limits::queue_frames;
use oxberry_net::metrics::MetricsServer;
use oxberry_net::{
    Clock, Context, ControlServer, Delivery, Interest, KeyCounts, NetError, Notifier, Proxy,
    SetupServer, Shutdown, SynchronizedPublisher, libzmq, wait_all,
};
use oxberry_proto::{Libzmq, StreamId};

use crate::channel::{ChannelError, ChannelSummary, ToChannel};
use crate::config::Config;
use crate::day::Day;
use crate::error::RunError;
use crate::impostors::Impostors;
use crate::metrics::{ClusterReadings, Leaver, Left};
use crate::notice::Notice;
use crate::rebuild::{Failed, Read, Rebuilder};
use crate::threads::Threads;

/// Messages taken from a socket before the others have their turn.
const MESSAGES_PER_TURN: usize = 256;

/// The bound sockets of a controller.
#[derive(Debug)]
pub struct Sockets {
    context: Context,
    proxy: Proxy,
    control: ControlServer,
    setup: SetupServer,
    metrics: Option<MetricsServer>,
    /// What to tell the others of them.
    pub listening: Notice,
}

/// How a run ended.
#[derive(Debug)]
pub struct Summary {
    /// The replicas side by side; `None` when the run was stopped before its end.
    pub outcome: Option<Outcome>,
    /// What each channel did, as far as it ended.
    pub channels: Vec<ChannelSummary>,
    /// Whether no replica trusts some book at the end that the feed, could it have been read again, may
    /// have told.
    pub has_lost_books: bool,
}

impl Sockets {
    /// Binds the endpoints of the configuration for a feed of so many streams.
    ///
    /// # Errors
    ///
    /// When an endpoint is refused or taken, or the keys cannot be used.
    pub fn bind(config: &Config, streams: usize) -> Result<Self, RunError> {
        let context = Context::of(config.keys.as_ref())?;
        let proxy = Proxy::start(&context, config.data, queue_frames(streams))?;
        let (control, control_at) = ControlServer::bind(&context, config.control)?;
        let (setup, setup_at) = SetupServer::bind(&context, config.setup)?;
        let metrics = config
            .metrics
            .as_ref()
            .map(MetricsServer::bind)
            .transpose()?;
        let listening = Notice::Listening {
            data: proxy.endpoint().to_string(),
            control: control_at.to_string(),
            setup: setup_at.to_string(),
            metrics: metrics.as_ref().map(|server| server.address().to_string()),
        };
        Ok(Self {
            context,
            proxy,
            control,
            setup,
            metrics,
            listening,
        })
    }
}

/// Plays the day to the Pis that come; says through `tell` what a person should know.
///
/// # Errors
///
/// When a socket, a channel or a thread fails. Whatever is wrong with the feed is told instead.
pub fn run(
    config: &Config,
    day: Day,
    sockets: Sockets,
    shutdown: &Shutdown,
    tell: &mut dyn FnMut(Notice),
) -> Result<Summary, RunError> {
    let Sockets {
        context,
        proxy,
        control,
        setup,
        metrics,
        listening,
    } = sockets;
    let clock = Clock::start();
    let mut left = metrics.is_some().then(|| Left::new(config.speed));
    let leaver = left.as_ref().map(|left| left.leaver(clock.now()));
    let brain = Controller::new(day.controller_config(config, clock.wall()), clock.now());
    let first_sent = day.first_sent().unwrap_or_default();
    let mut running = Running {
        brain,
        first_sent,
        control,
        setup,
        publisher: proxy.publisher()?,
        rebuilder: Rebuilder::new(&day),
        has_rebuild_failed: false,
        threads: Threads::start(config, day, (&context, &proxy), clock, left.as_mut())?,
        proxy,
        leaver,
        turns: 0,
        dropped: 0,
        notifier: Notifier::from_environment(clock.now()).map_err(RunError::Notify)?,
        impostors: Impostors::new(),
        clock,
        summary: Summary {
            outcome: None,
            channels: Vec::new(),
            has_lost_books: false,
        },
        tell,
    };
    // The thread lives as long as the run.
    let _metrics = metrics
        .zip(left)
        .map(|(server, left)| left.serve(server, clock));
    let _metrics = _metrics.transpose()?;
    (running.tell)(listening);
    running.notifier.ready();
    while running.summary.outcome.is_none() && !shutdown.is_requested() {
        running.wait(shutdown)?;
        running.take_messages()?;
        running.take_ended_channels()?;
        running.take_rebuilt();
        running.handle_timeouts()?;
        running.obey()?;
    }
    running.end(&context)
}

/// A run that is going on.
struct Running<'a> {
    clock: Clock,
    brain: Controller,
    control: ControlServer,
    setup: SetupServer,
    publisher: SynchronizedPublisher,
    proxy: Proxy,
    threads: Threads,
    rebuilder: Rebuilder,
    /// Whether the feed could not be read again when it should have been.
    has_rebuild_failed: bool,
    notifier: Notifier,
    impostors: Impostors,
    /// Where metrics go, if anybody may read them.
    leaver: Option<Leaver>,
    turns: u64,
    /// Messages that found the queue of a Pi full.
    dropped: u64,
    /// The first send time of all channels.
    first_sent: UnixNanos,
    summary: Summary,
    tell: &'a mut dyn FnMut(Notice),
}

impl Running<'_> {
    /// Waits until there is something to do.
    fn wait(&mut self, shutdown: &Shutdown) -> Result<(), NetError> {
        let deadlines = [
            self.brain.poll_timeout(),
            self.notifier.poll_timeout(),
            self.threads.poll_timeout(),
            self.leaver.as_ref().map(Leaver::poll_timeout),
        ];
        let mut items = vec![
            shutdown.poll_item(),
            self.control.poll_item(Interest::Read),
            self.setup.poll_item(Interest::Read),
        ];
        items.extend(self.threads.poll_items());
        items.extend(self.rebuilder.poll_items());
        wait_all(&self.clock, deadlines.into_iter().flatten().min(), items)?;
        self.notifier.handle_timeout(self.clock.now());
        Ok(())
    }

    /// Hands the brain what Pis and the visualisation say, bounded.
    fn take_messages(&mut self) -> Result<(), NetError> {
        for _ in 0..MESSAGES_PER_TURN {
            let Some(from) = self.control.recv()? else {
                break;
            };
            if let Some(warning) = self.impostors.look_at(&from) {
                warning
                    .into_iter()
                    .map(Notice::warning)
                    .for_each(&mut *self.tell);
                continue;
            }
            self.brain
                .handle_message(self.clock.now(), from.peer, from.message);
        }
        if let Some(request) = self.setup.recv()? {
            let rim = RimStatus {
                libzmq: library(),
                channels: self.threads.progress().collect(),
            };
            self.brain.handle_question(self.clock.now(), request, &rim);
        }
        Ok(())
    }

    /// Tells the brain which channels have ended, and a person what was odd in them.
    fn take_ended_channels(&mut self) -> Result<(), ChannelError> {
        for done in self.threads.take_ended() {
            let done = done?;
            for warning in &done.warnings {
                (self.tell)(Notice::warning(warning));
            }
            self.brain
                .handle_end_of_channel(self.clock.now(), done.channel);
            self.summary.channels.push(done);
        }
        Ok(())
    }

    /// Tells the brain how far the feed was read again, and what came of it.
    fn take_rebuilt(&mut self) {
        let now = self.clock.now();
        if let Some(packets) = self.rebuilder.packets() {
            self.brain.handle_rebuild_progress(now, packets);
        }
        match self.rebuilder.take_read() {
            Some(Read::Books { id, answers }) => self.brain.handle_rebuilt(now, id, answers),
            Some(Read::Failed(failed)) => self.rebuild_failed(failed),
            None => {}
        }
    }

    fn rebuild_failed(&mut self, Failed { id, why, for_good }: Failed) {
        let now = self.clock.now();
        self.brain.handle_rebuild_failed(now, id, why, for_good);
    }

    /// Does what is due.
    fn handle_timeouts(&mut self) -> Result<(), NetError> {
        self.threads.handle_timeout(self.clock.now())?;
        if self
            .brain
            .poll_timeout()
            .is_some_and(|due| due <= self.clock.now())
        {
            self.brain.handle_timeout(self.clock.now());
        }
        self.leave_metrics();
        Ok(())
    }

    /// Leaves what the cluster is like for others to read.
    fn leave_metrics(&mut self) {
        self.turns += 1;
        let (brain, proxy) = (&self.brain, &self.proxy);
        let (turns, dropped) = (self.turns, self.dropped);
        if let Some(leaver) = &mut self.leaver {
            leaver.handle_timeout(self.clock.now(), || ClusterReadings {
                turns,
                dropped,
                census: brain.census(),
                counters: brain.counters(),
                proxy: proxy.counts(),
            });
        }
    }

    /// Does what the brain wants done.
    fn obey(&mut self) -> Result<(), NetError> {
        while let Some(command) = self.brain.next_command() {
            match command {
                Command::Send { peer, message } => {
                    // Whoever is gone or does not read is found by its silence.
                    let delivery = self.control.send(&peer, &message)?;
                    self.dropped += u64::from(delivery == Delivery::Full);
                }
                Command::Answer { message } => {
                    self.setup.reply(&message)?;
                }
                Command::Publish { frame } => self.publisher.publish(&frame)?,
                Command::Start { run } => {
                    (self.tell)(Notice::Started);
                    let (first_sent, now) = (self.first_sent, self.clock.now());
                    self.threads.tell_all(ToChannel::Start {
                        run,
                        first_sent,
                        now,
                    })?;
                }
                Command::Held { stream } => self.tell_held(stream, true)?,
                Command::Unheld { stream } => self.tell_held(stream, false)?,
                Command::Credit { stream, acked } => {
                    let partition = stream.partition;
                    let credit = ToChannel::Credit { partition, acked };
                    self.threads.tell(stream.channel, credit)?;
                }
                Command::Repair { stream, from, to } => {
                    let partition = stream.partition;
                    let repair = ToChannel::Repair {
                        partition,
                        from,
                        to,
                    };
                    self.threads.tell(stream.channel, repair)?;
                }
                Command::Rebuild(order) => {
                    if let Err(failed) = self.rebuilder.begin(order) {
                        self.rebuild_failed(failed);
                    }
                }
                Command::ForgetRebuild => self.rebuilder.forget(),
                Command::Report(report) => {
                    self.has_rebuild_failed |=
                        matches!(report, Report::Rebuild(RebuildReport::Failed { .. }));
                    (self.tell)(report.into());
                }
                Command::Stop(outcome) => {
                    Notice::of_outcome(&outcome).for_each(&mut *self.tell);
                    self.summary.has_lost_books =
                        self.has_rebuild_failed && outcome.has_distrusted();
                    self.summary.outcome = Some(outcome);
                }
            }
        }
        Ok(())
    }

    /// Tells a channel whether anybody is waited for in one of its streams.
    fn tell_held(&mut self, stream: StreamId, is_held: bool) -> Result<(), NetError> {
        let partition = stream.partition;
        let held = ToChannel::Held { partition, is_held };
        self.threads.tell(stream.channel, held)
    }

    /// Stops what still plays and sends what is still to be sent.
    fn end(mut self, context: &Context) -> Result<Summary, RunError> {
        self.notifier.stopping();
        self.threads.stop(&self.clock, self.tell)?;
        self.tell_refused(context.key_counts());
        self.publisher.close();
        let counts = self.proxy.stop()?;
        if counts.overruns > 0 {
            let overruns = counts.overruns;
            (self.tell)(Notice::warning(format_args!(
                "{overruns} times a Pi did not take its batches in time"
            )));
        }
        let Counters {
            out_of_place,
            foreign,
            bad_messages,
            refused,
            vain_wishes,
            snapshots_asked: _,
            snapshot_bytes: _,
            books_rebuilt: _,
            joined_late,
            takes,
            takes_refused: _,
            fenced,
        } = self.brain.counters();
        if joined_late + takes + fenced > 0 {
            (self.tell)(Notice::info(format!(
                "Pis that joined while the feed ran: {joined_late}; that spoke after they had been \
                 taken for dead: {fenced}; partitions that were given to others: {takes}"
            )));
        }
        // A Pi or page that came back says such things as well; no warning.
        if out_of_place + foreign + bad_messages + refused + vain_wishes > 0 {
            (self.tell)(Notice::info(format!(
                "messages not taken: {out_of_place} out of place, {foreign} of another run or of \
                 strangers, {bad_messages} that could not be read, {refused} of Pis that were sent \
                 away, {vain_wishes} for a Pi that is not there"
            )));
        }
        Ok(self.summary)
    }

    /// Tells whom the keys kept out, if anybody.
    fn tell_refused(&mut self, counts: KeyCounts) {
        let impostors = self.impostors.count();
        if !counts.is_quiet() || impostors > 0 {
            (self.tell)(Notice::warning(format_args!(
                "{counts}; {impostors} times a node said Hello under the name of another"
            )));
        }
    }
}

/// The ZeroMQ library, as a status tells it.
fn library() -> Libzmq {
    let used = libzmq();
    Libzmq::new(used.version, used.has_curve)
}
