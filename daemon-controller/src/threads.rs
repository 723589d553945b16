//! The threads of the channels, as the main thread sees them.

use core::time::Duration;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use oxberry_core::units::{ChannelId, Instant};
use oxberry_net::{Clock, Context, NetError, Pipe, PollItem, Proxy, Shutdown, wait};
use oxberry_proto::status::ChannelStatus;

use crate::channel::{ChannelError, ChannelPublisher, ChannelSummary, ToChannel};
use crate::config::Config;
use crate::day::Day;
use crate::error::RunError;
use crate::metrics::Left;
use crate::notice::Notice;
use crate::outlet::Outlet;
use crate::pace::Skipped;
use crate::progress::Progress;

/// How long stopped channels may take to notice.
const STOP_PATIENCE: Duration = Duration::from_secs(1);

/// One thread a channel.
pub(crate) struct Threads(Vec<ChannelThread>);

/// One channel as the main thread sees it.
struct ChannelThread {
    channel: ChannelId,
    pipe: Pipe,
    /// How far it is.
    progress: Progress,
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

impl Threads {
    /// Starts a thread a channel; they wait for [`ToChannel::Start`]. They leave their metrics where
    /// `left` says, if it does.
    pub(crate) fn start(
        config: &Config,
        day: Day,
        (context, proxy): (&Context, &Proxy),
        clock: Clock,
        mut left: Option<&mut Left>,
    ) -> Result<Self, RunError> {
        let mut threads = Vec::new();
        let skipped = Skipped::default();
        for feed in day.channels {
            let channel = feed.channel;
            let (pipe, far_end) = Pipe::pair(context, &format!("channel-{channel}"))?;
            let progress = Progress::new(channel);
            let publisher = ChannelPublisher::new(
                feed,
                Arc::clone(&day.mapping),
                Arc::clone(&day.table),
                proxy.publisher()?,
                far_end,
                (clock, config.speed, skipped.clone()),
                (
                    progress.clone(),
                    left.as_mut().map(|left| left.channel(channel)),
                ),
            );
            threads.push(ChannelThread::spawn(channel, (pipe, progress), publisher)?);
        }
        Ok(Self(threads))
    }

    /// Their places in a [`wait_all`](oxberry_net::wait_all): ready when one has ended.
    pub(crate) fn poll_items(&self) -> impl Iterator<Item = PollItem<'_>> {
        let playing = self.0.iter().filter(|one| one.thread.is_some());
        playing.map(|one| one.ended.poll_item())
    }

    /// When something is to be repeated for a channel that has ended.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let ended = self.0.iter().filter_map(|one| one.outlet.as_ref());
        ended.map(Outlet::poll_timeout).min()
    }

    /// Repeats what was said last of channels that have ended, when it is time.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Result<(), NetError> {
        for outlet in self.0.iter_mut().filter_map(|one| one.outlet.as_mut()) {
            outlet.tell_coverage_when_due(now)?;
        }
        Ok(())
    }

    /// How far the channels are.
    pub(crate) fn progress(&self) -> impl Iterator<Item = ChannelStatus> {
        self.0.iter().map(|one| one.progress.get())
    }

    /// What the channels did that have ended since, each once.
    pub(crate) fn take_ended(
        &mut self,
    ) -> impl Iterator<Item = Result<ChannelSummary, ChannelError>> + '_ {
        self.0.iter_mut().filter_map(ChannelThread::take_ended)
    }

    /// Tells every thread something, as far as it still listens.
    pub(crate) fn tell_all(&mut self, message: ToChannel) -> Result<(), NetError> {
        self.0.iter_mut().try_for_each(|one| one.tell(message))
    }

    /// Tells the thread of one channel something, if there is one and it still listens.
    pub(crate) fn tell(&mut self, channel: ChannelId, message: ToChannel) -> Result<(), NetError> {
        let thread = self.0.iter_mut().find(|one| one.channel == channel);
        thread.map_or(Ok(()), |thread| thread.tell(message))
    }

    /// Stops the channels that still play. One that waits for its source, such as an idle pipe, does
    /// not hear it; the end of the process ends it.
    pub(crate) fn stop(
        &mut self,
        clock: &Clock,
        tell: &mut dyn FnMut(Notice),
    ) -> Result<(), RunError> {
        let patience = clock.now().after(STOP_PATIENCE);
        for one in &mut self.0 {
            one.tell(ToChannel::Stop)?;
            wait(clock, Some(patience), [one.ended.poll_item()])?;
            match one.take_ended() {
                Some(ended) => drop(ended?),
                None if one.thread.is_some() => {
                    let channel = one.channel;
                    tell(Notice::warning(format_args!(
                        "channel {channel} still waits for its source"
                    )));
                }
                None => {}
            }
        }
        Ok(())
    }
}

impl ChannelThread {
    /// Starts the thread, which waits for [`ToChannel::Start`].
    fn spawn(
        channel: ChannelId,
        (pipe, progress): (Pipe, Progress),
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
            progress,
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

    /// Tells the thread something, if it still listens. Of one that has ended the way out goes on, since
    /// what it said last may be lacking.
    fn tell(&mut self, message: ToChannel) -> Result<(), NetError> {
        if let Some(outlet) = &mut self.outlet {
            outlet.obey(message).map(|_| ())
        } else if self.ended.is_requested() {
            Ok(())
        } else {
            message.send(&mut self.pipe)
        }
    }
}
