//! The main loop: frames between the sockets and the cluster's brain, until all is over.

use core::time::Duration;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use oxberry_cluster::controller::{Command, Controller, Outcome};
use oxberry_core::units::ChannelId;
use oxberry_net::limits::queue_frames;
use oxberry_net::{
    Clock, Context, ControlServer, Delivery, Endpoint, EndpointError, Interest, NetError, Notifier,
    Pipe, Proxy, SetupServer, Shutdown, wait, wait_all,
};
use thiserror::Error;

use crate::channel::{ChannelError, ChannelPublisher, ChannelSummary, ToChannel};
use crate::config::Config;
use crate::day::Day;
use crate::notice::Notice;
use crate::outlet::Outlet;

/// Messages taken from a socket before the others have their turn.
const MESSAGES_PER_TURN: usize = 256;

/// How long stopped channels may take to notice.
const STOP_PATIENCE: Duration = Duration::from_secs(1);

/// The bound sockets of a controller.
#[derive(Debug)]
pub struct Sockets {
    context: Context,
    proxy: Proxy,
    control: ControlServer,
    setup: SetupServer,
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
}

/// Why a run failed.
#[derive(Debug, Error)]
pub enum RunError {
    /// An endpoint is malformed.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// A socket failed.
    #[error(transparent)]
    Net(#[from] NetError),
    /// A channel failed.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// systemd cannot be told.
    #[error("systemd cannot be told that the controller is ready: {0}")]
    Notify(std::io::Error),
    /// A thread could not be started.
    #[error("the thread of channel {channel} cannot be started: {error}")]
    Thread {
        /// The channel.
        channel: ChannelId,
        /// What the system said.
        error: std::io::Error,
    },
}

impl Sockets {
    /// Binds the endpoints of the configuration for a feed of so many streams.
    ///
    /// # Errors
    ///
    /// When an endpoint is malformed, refused or taken.
    pub fn bind(config: &Config, streams: usize) -> Result<Self, RunError> {
        let endpoint = |text: &str| text.parse::<Endpoint>();
        let context = Context::new();
        let proxy = Proxy::start(&context, endpoint(&config.data)?, queue_frames(streams))?;
        let (control, control_at) = ControlServer::bind(&context, endpoint(&config.control)?)?;
        let (setup, setup_at) = SetupServer::bind(&context, endpoint(&config.setup)?)?;
        let listening = Notice::Listening {
            data: proxy.endpoint().to_string(),
            control: control_at.to_string(),
            setup: setup_at.to_string(),
        };
        Ok(Self {
            context,
            proxy,
            control,
            setup,
            listening,
        })
    }
}

/// One channel as the main thread sees it.
struct ChannelHandle {
    channel: ChannelId,
    pipe: Pipe,
    /// Raised by the thread as its last act, however it ends.
    ended: Shutdown,
    /// Taken when it has ended.
    thread: Option<JoinHandle<(Result<ChannelSummary, ChannelError>, Outlet)>>,
    /// The way out of a channel that has ended: what was said last is repeated there.
    outlet: Option<Outlet>,
}

/// Raises the flag when it goes out of scope, so that a panic is noticed too.
struct RaiseAtEnd(Shutdown);

impl Drop for RaiseAtEnd {
    fn drop(&mut self) {
        self.0.request();
    }
}

impl ChannelHandle {
    /// Starts the thread, which waits for [`ToChannel::Start`].
    fn spawn(
        channel: ChannelId,
        pipe: Pipe,
        publisher: ChannelPublisher,
    ) -> Result<Self, RunError> {
        let ended = Shutdown::new()?;
        let raise = RaiseAtEnd(ended.clone());
        let play = move || {
            let _raise = raise;
            publisher.run()
        };
        let thread = thread::Builder::new()
            .name(format!("channel {channel}"))
            .spawn(play);
        let thread = thread.map_err(|error| RunError::Thread { channel, error })?;
        Ok(Self {
            channel,
            pipe,
            ended,
            thread: Some(thread),
            outlet: None,
        })
    }

    /// What the channel did, once, when it has ended.
    fn take_ended(&mut self) -> Option<Result<ChannelSummary, ChannelError>> {
        let thread = if self.ended.is_requested() {
            self.thread.take()?
        } else {
            return None;
        };
        // The flag is raised within the thread's last instructions. Its end of the pipe was there
        // until now, so that nothing told it before could get stuck.
        let (ended, outlet) = thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        self.outlet = Some(outlet);
        Some(ended)
    }

    /// Tells the thread something, if it still listens.
    fn tell(&mut self, message: ToChannel) -> Result<(), NetError> {
        if self.ended.is_requested() {
            Ok(())
        } else {
            message.send(&mut self.pipe)
        }
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
        mut control,
        mut setup,
        listening,
    } = sockets;
    let clock = Clock::start();
    let mut brain = Controller::new(day.controller_config(config, clock.wall()), clock.now());
    let first_sent = day.first_sent().unwrap_or_default();
    let mut publisher = proxy.publisher()?;
    let mut channels = start_channels(config, day, (&context, &proxy), clock)?;
    let mut notifier = Notifier::from_environment(clock.now()).map_err(RunError::Notify)?;
    tell(listening);
    notifier.ready();
    let mut summary = Summary {
        outcome: None,
        channels: Vec::new(),
    };

    while summary.outcome.is_none() && !shutdown.is_requested() {
        let ended = channels
            .iter()
            .filter_map(|channel| channel.outlet.as_ref());
        let deadline = [brain.poll_timeout(), notifier.poll_timeout()]
            .into_iter()
            .flatten()
            .chain(ended.map(Outlet::poll_timeout))
            .min();
        let mut items = vec![
            shutdown.poll_item(),
            control.poll_item(Interest::Read),
            setup.poll_item(Interest::Read),
        ];
        let playing = channels.iter().filter(|channel| channel.thread.is_some());
        items.extend(playing.map(|channel| channel.ended.poll_item()));
        wait_all(&clock, deadline, items)?;
        notifier.handle_timeout(clock.now());

        for _ in 0..MESSAGES_PER_TURN {
            let Some(from) = control.recv()? else { break };
            brain.handle_message(clock.now(), from.peer, from.message);
        }
        if let Some(request) = setup.recv()? {
            brain.handle_visual_request(clock.now(), request);
        }
        for channel in &mut channels {
            let Some(done) = channel.take_ended().transpose()? else {
                continue;
            };
            done.warnings
                .iter()
                .for_each(|warning| tell(Notice::warning(warning)));
            brain.handle_end_of_channel(clock.now(), channel.channel);
            summary.channels.push(done);
        }
        for outlet in channels.iter_mut().filter_map(|one| one.outlet.as_mut()) {
            outlet.tell_coverage_when_due(clock.now())?;
        }
        if brain.poll_timeout().is_some_and(|due| due <= clock.now()) {
            brain.handle_timeout(clock.now());
        }
        while let Some(command) = brain.next_command() {
            match command {
                Command::Send { peer, message } => {
                    // Whoever is gone or does not read is found by its silence.
                    let _: Delivery = control.send(&peer, &message)?;
                }
                Command::AnswerVisual { message } => {
                    setup.reply(&message)?;
                }
                Command::Publish { frame } => publisher.publish(&frame)?,
                Command::Start { run } => {
                    tell(Notice::Started);
                    let now = clock.now();
                    for channel in &mut channels {
                        channel.tell(ToChannel::Start {
                            run,
                            first_sent,
                            now,
                        })?;
                    }
                }
                Command::Unheld { partition } => {
                    for channel in &mut channels {
                        channel.tell(ToChannel::Unheld { partition })?;
                    }
                }
                Command::Credit { stream, acked } => {
                    let credit = ToChannel::Credit {
                        partition: stream.partition,
                        acked,
                    };
                    let of_stream = channels
                        .iter_mut()
                        .find(|one| one.channel == stream.channel);
                    of_stream.map_or(Ok(()), |channel| channel.tell(credit))?;
                }
                Command::Report(report) => tell(report.into()),
                Command::Stop(outcome) => {
                    Notice::of_outcome(&outcome).for_each(&mut *tell);
                    summary.outcome = Some(outcome);
                }
            }
        }
    }
    notifier.stopping();
    stop_channels(&mut channels, &clock, tell)?;
    publisher.close();
    let counts = proxy.stop()?;
    if counts.overruns > 0 {
        let overruns = counts.overruns;
        tell(Notice::warning(format_args!(
            "{overruns} times a Pi did not take its batches in time"
        )));
    }
    Ok(summary)
}

/// Starts a thread a channel.
fn start_channels(
    config: &Config,
    day: Day,
    (context, proxy): (&Context, &Proxy),
    clock: Clock,
) -> Result<Vec<ChannelHandle>, RunError> {
    let mut channels = Vec::new();
    for feed in day.channels {
        let channel = feed.channel;
        let (pipe, far_end) = Pipe::pair(context, &format!("channel-{channel}"))?;
        let publisher = ChannelPublisher::new(
            feed,
            Arc::clone(&day.mapping),
            Arc::clone(&day.table),
            proxy.publisher()?,
            far_end,
            (clock, config.speed),
        );
        channels.push(ChannelHandle::spawn(channel, pipe, publisher)?);
    }
    Ok(channels)
}

/// Stops the channels that still play. One that waits for its source, such as an idle pipe, does
/// not hear it; the end of the process ends it.
fn stop_channels(
    channels: &mut [ChannelHandle],
    clock: &Clock,
    tell: &mut dyn FnMut(Notice),
) -> Result<(), RunError> {
    let patience = clock.now().after(STOP_PATIENCE);
    for channel in channels {
        channel.tell(ToChannel::Stop)?;
        wait(clock, Some(patience), [channel.ended.poll_item()])?;
        match channel.take_ended() {
            Some(ended) => drop(ended?),
            None if channel.thread.is_some() => {
                let channel = channel.channel;
                tell(Notice::warning(format_args!(
                    "channel {channel} still waits for its source"
                )));
            }
            None => {}
        }
    }
    Ok(())
}
