//! The processes of the demonstration, from start to end.

use std::{
    path::Path,
    str::FromStr as _,
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    time::{Duration, Instant},
};

use anyhow::{anyhow, bail};
use oxberry_controller::notice::{Notice as OfController, PartitionEnd};
use oxberry_net::Endpoint;
use oxberry_visual::{Deed as PageDeed, Fault as OfPage, Notice as OfDashboard};
use rustix::process::Signal;

use super::{
    Arguments,
    child::{Event, Node},
    command_line::{self, Meeting, Sockets},
    fault::{CONTROLLER, What},
    input::Input,
    interrupt::Interrupt,
    notice::{Notice, Reader},
    supervisor::{Deed, Supervisor},
};
use crate::console::say;

/// How long a part may take to say where it listens.
const START_PATIENCE: Duration = Duration::from_secs(30);

/// How long parts may take to end once they are asked; the whole must end within three seconds.
const END_PATIENCE: Duration = Duration::from_millis(2_500);

/// How long the controller may take to say how the run ended once the last Pi has ended: longer than
/// it takes to notice that a Pi is silent.
const RESULT_PATIENCE: Duration = Duration::from_secs(15);

const DASHBOARD: &str = "dashboard";

/// What messages call the notice of where a part listens.
const LISTENING: &str = "listening";

/// How a run ended, as the controller reports it: one value a partition.
#[derive(Clone, Debug, Default)]
pub(super) struct RunOutcome {
    /// The partitions, as far as it told them.
    pub(super) partitions: Vec<PartitionEnd>,
    /// Whether the controller found everything good.
    pub(super) good: bool,
}

/// All processes, and what they say.
#[derive(Debug)]
pub(super) struct Cluster {
    nodes: Vec<Node>,
    events: Receiver<Event>,
    page: String,
    /// Whether the page ends with the feed, as in a check.
    until_end: bool,
    /// Whether a Pi ended by itself, as all do at the end of the feed.
    has_ended_pi: bool,
    /// Whether the page ended because it has everything.
    has_page_ended: bool,
    /// Until when the result is awaited, once no Pi is left.
    result_due: Option<Instant>,
    /// What dies on purpose, and comes back.
    supervisor: Option<Supervisor>,
    /// What starts the controller again.
    controller: Vec<String>,
    /// What starts a Pi again: where it meets the others, and who hears of it.
    meeting: Option<(Meeting, Sender<Event>)>,
}

impl Cluster {
    /// Of these processes, which say what happens to them through `events`.
    const fn new(nodes: Vec<Node>, events: Receiver<Event>, until_end: bool) -> Self {
        Self {
            nodes,
            events,
            page: String::new(),
            until_end,
            has_ended_pi: false,
            has_page_ended: false,
            result_due: None,
            supervisor: None,
            controller: Vec::new(),
            meeting: None,
        }
    }

    /// Starts controller, dashboard and Pis; returns when the feed has started.
    ///
    /// # Errors
    ///
    /// When a part cannot be started, ends, or says nothing for too long.
    pub(super) fn start(
        arguments: &Arguments,
        input: &Input,
        events_file: Option<&Path>,
        interrupt: &Interrupt,
    ) -> anyhow::Result<Self> {
        let (sender, events) = mpsc::channel();
        interrupt.tell(sender.clone());
        let mut cluster = Self::new(Vec::new(), events, arguments.check);
        let pis = usize::from(arguments.pis);
        cluster.say(format_args!("playing {} to {pis} Pis", input.describe()));

        let controller = command_line::controller(arguments, input, &Sockets::any());
        cluster.spawn(CONTROLLER, &controller, Notice::of_controller, &sender)?;
        let sockets = cluster.await_notice(CONTROLLER, LISTENING, |notice| {
            if let Notice::Controller(OfController::Listening {
                data,
                control,
                setup,
                ..
            }) = notice
            {
                Ok(Sockets {
                    data,
                    control,
                    setup,
                })
            } else {
                Err(notice)
            }
        })?;

        let dashboard = command_line::dashboard(arguments, input, &sockets.setup, events_file);
        cluster.spawn(DASHBOARD, &dashboard, Notice::of_dashboard, &sender)?;
        let (web, stock) = cluster.await_notice(DASHBOARD, LISTENING, |notice| match notice {
            Notice::Dashboard(OfDashboard::Listening { web, stock }) => Ok((web, stock)),
            Notice::Controller(_) | Notice::Dashboard(OfDashboard::Fault(_)) => Err(notice),
        })?;
        cluster.page = format!("http://{web}/");

        // Should it be started again, it is where the others look for it.
        cluster.controller = command_line::controller(arguments, input, &sockets);
        let meeting = Meeting {
            controller: sockets,
            stock,
        };
        for number in 1..=pis {
            let name = format!("pi-{number}");
            let pi = command_line::pi(&name, &meeting);
            cluster.spawn(&name, &pi, Notice::of_pi, &sender)?;
        }
        cluster.await_start()?;
        let controller = Endpoint::from_str(&meeting.controller.setup)?;
        cluster.meeting = Some((meeting, sender));
        cluster.supervisor = Some(Supervisor::new(&arguments.faults, controller, now()));
        Ok(cluster)
    }

    /// Where the page is.
    pub(super) fn page(&self) -> &str {
        &self.page
    }

    /// Waits for the end of the feed, or until somebody wants the end. Without a check the page stays
    /// after the feed, until somebody wants the end.
    ///
    /// # Errors
    ///
    /// When the controller fails.
    pub(super) fn play(&mut self) -> anyhow::Result<Option<RunOutcome>> {
        let mut outcome = RunOutcome::default();
        let mut is_over = false;
        loop {
            let Some(event) = self.next_event(is_over)? else {
                self.do_faults()?;
                continue;
            };
            match event {
                Event::Stop => return Ok(None),
                Event::Notice {
                    notice: Notice::Controller(OfController::Partition(end)),
                    ..
                } => outcome.partitions.push(end),
                Event::Notice {
                    notice: Notice::Controller(OfController::Done { good }),
                    ..
                } => {
                    outcome.good = good;
                    is_over = true;
                    self.supervisor.iter_mut().for_each(Supervisor::end);
                    if self.until_end {
                        if self.has_page_ended {
                            return Ok(Some(outcome));
                        }
                        // The page has still to take what is on its way to it.
                        self.await_result();
                    } else {
                        self.result_due = None;
                        self.say_result(good);
                    }
                }
                Event::Notice {
                    notice: Notice::Dashboard(OfDashboard::Fault(fault)),
                    ..
                } => self.wish(&fault),
                Event::Notice { child, notice } => self.pass_on(&child, &notice),
                Event::Log { child, line } => self.say(format_args!("{child}: {line}")),
                Event::Ended { child } if self.until_end && child == DASHBOARD => {
                    self.handle_end_of_page()?;
                    if is_over {
                        return Ok(Some(outcome));
                    }
                }
                Event::Ended { child } => self.handle_end(&child, is_over)?,
            }
        }
    }

    /// The feed is over, and somebody still looks at the page.
    fn say_result(&self, good: bool) {
        let equal = if good { "are equal" } else { "are NOT equal" };
        self.say(format_args!(
            "the end of the feed; all replicas {equal}; the page stays until Ctrl-C"
        ));
    }

    /// The page has ended, as it should when it has everything.
    fn handle_end_of_page(&mut self) -> anyhow::Result<()> {
        let at = self.nodes.iter().position(|node| node.name() == DASHBOARD);
        let status = at.and_then(|at| self.nodes.remove(at).status());
        if !status.is_some_and(|status| status.success()) {
            let how = status.map_or_else(|| "ended".into(), |status| status.to_string());
            bail!("the {DASHBOARD} ended: {how}");
        }
        self.has_page_ended = true;
        Ok(())
    }

    /// From now on the result is not waited for for ever.
    fn await_result(&mut self) {
        self.result_due = Some(now() + RESULT_PATIENCE);
    }

    /// Waits for what happens next, or until a fault is due; for the result of a run that no Pi is left in,
    /// not for ever.
    fn next_event(&self, is_over: bool) -> anyhow::Result<Option<Event>> {
        let fault_due = self.supervisor.as_ref().and_then(Supervisor::poll_timeout);
        let Some(due) = self.result_due.into_iter().chain(fault_due).min() else {
            return Ok(Some(self.events.recv()?));
        };
        match self.events.recv_timeout(time_until(due)) {
            Err(RecvTimeoutError::Timeout) if self.result_due != Some(due) => Ok(None),
            Err(RecvTimeoutError::Timeout) if is_over => {
                bail!("the {DASHBOARD} has not shown everything in time")
            }
            Err(RecvTimeoutError::Timeout) => bail!("no Pi is left"),
            event => Ok(Some(event?)),
        }
    }

    /// Somebody wants a fault, on the page.
    fn wish(&mut self, fault: &OfPage) {
        let what = match fault.what {
            PageDeed::Kill => What::Kill,
            PageDeed::Pause => What::Pause,
        };
        let node = &fault.node;
        let is_there = self.nodes.iter().any(|known| known.name() == node);
        let supervisor = self.supervisor.as_mut().filter(|_| is_there);
        if !supervisor.is_some_and(|supervisor| supervisor.wish(what, node, now())) {
            self.say(format_args!("{node} is not there to be {what}"));
        }
    }

    /// Does the faults that are due, and brings back what died of earlier ones.
    fn do_faults(&mut self) -> anyhow::Result<()> {
        while let Some(deed) = self
            .supervisor
            .as_mut()
            .and_then(|supervisor| supervisor.next_deed(now()))
        {
            match deed {
                Deed::Strike(what, name) => {
                    self.say(format_args!("{name} is {what} on purpose"));
                    self.signal(
                        &name,
                        match what {
                            What::Kill => Signal::KILL,
                            What::Pause => Signal::STOP,
                        },
                    );
                }
                Deed::Return(What::Pause, name) => {
                    self.say(format_args!("{name} goes on"));
                    self.signal(&name, Signal::CONT);
                }
                Deed::Return(What::Kill, name) => {
                    let Some((meeting, sender)) = &self.meeting else {
                        continue;
                    };
                    let (line, reader): (_, Reader) = if name == CONTROLLER {
                        (self.controller.clone(), Notice::of_controller)
                    } else {
                        (command_line::pi(&name, meeting), Notice::of_pi)
                    };
                    let sender = sender.clone();
                    self.say(format_args!("{name} is started again"));
                    self.nodes.retain(|node| node.name() != name);
                    self.spawn(&name, &line, reader, &sender)?;
                }
            }
        }
        Ok(())
    }

    /// Sends a signal to a process that has not ended.
    fn signal(&self, name: &str, signal: Signal) {
        let mut nodes = self.nodes.iter();
        if let Some(node) = nodes.find(|node| node.name() == name) {
            node.signal(signal);
        }
    }

    /// A process has ended: as it should at the end, or not. What it said on its way is read by other
    /// threads than what the controller says, so a Pi may well be seen to end before the result is.
    fn handle_end(&mut self, child: &str, is_over: bool) -> anyhow::Result<()> {
        let Some(at) = self.nodes.iter().position(|node| node.name() == child) else {
            return Ok(());
        };
        let mut supervisor = self.supervisor.iter();
        if supervisor.any(|supervisor| supervisor.brings_back(child)) {
            return Ok(());
        }
        let mut node = self.nodes.remove(at);
        let status = node.status();
        if is_over && child != DASHBOARD {
            return Ok(());
        }
        let how = status.map_or_else(|| "ended".into(), |status| status.to_string());
        if child == CONTROLLER || child == DASHBOARD {
            bail!("the {child} ended: {how}");
        }
        let code = status.and_then(|status| status.code());
        // 1 is also that of a Pi that was told at the end that replicas differ: the result says so.
        self.has_ended_pi |= matches!(code, Some(0 | 1));
        if !status.is_some_and(|status| status.success()) {
            self.say(format_args!("{child} ended: {how}"));
        }
        if !self.nodes.iter().any(is_pi) {
            if !self.has_ended_pi {
                bail!("no Pi is left");
            }
            self.await_result();
        }
        Ok(())
    }

    fn spawn(
        &mut self,
        name: &str,
        arguments: &[String],
        reader: Reader,
        events: &Sender<Event>,
    ) -> anyhow::Result<()> {
        self.nodes
            .push(Node::start(name, arguments, reader, events)?);
        Ok(())
    }

    /// Waits until all Pis are ready and the feed starts.
    fn await_start(&mut self) -> anyhow::Result<()> {
        let started = Notice::Controller(OfController::Started);
        self.await_notice(CONTROLLER, "started", |notice| {
            if notice == started {
                Ok(())
            } else {
                Err(notice)
            }
        })
    }

    /// Waits for a notice of a child that `take` takes, which messages call `wanted`; passes
    /// everything else on.
    fn await_notice<T>(
        &mut self,
        from: &str,
        wanted: &str,
        take: impl Fn(Notice) -> Result<T, Notice>,
    ) -> anyhow::Result<T> {
        loop {
            match self.events.recv_timeout(START_PATIENCE) {
                Ok(Event::Notice { child, notice }) if child == from => match take(notice) {
                    Ok(taken) => return Ok(taken),
                    Err(notice) => self.pass_on(&child, &notice),
                },
                Ok(Event::Notice { child, notice }) => self.pass_on(&child, &notice),
                Ok(Event::Log { child, line }) => self.say(format_args!("{child}: {line}")),
                // A feed of a few messages may be over before its start was read.
                Ok(Event::Ended { child }) if self.ended_well(&child) => {
                    if child == DASHBOARD {
                        self.handle_end_of_page()?;
                    } else {
                        self.handle_end(&child, false)?;
                    }
                }
                Ok(Event::Ended { child }) => {
                    let node = self.nodes.iter_mut().find(|node| node.name() == child);
                    let status = node.and_then(Node::status);
                    let how = status.map_or_else(|| "ended".into(), |status| status.to_string());
                    // What it said last is still on its way through the other pipe.
                    while let Ok(Event::Log { child, line }) =
                        self.events.recv_timeout(Duration::from_millis(200))
                    {
                        self.say(format_args!("{child}: {line}"));
                    }
                    bail!("{child} ended before the feed started: {how}");
                }
                Ok(Event::Stop) => bail!("stopped before the feed started"),
                Err(_) => {
                    return Err(anyhow!(
                        "{from} did not say `{wanted}` within {} seconds",
                        START_PATIENCE.as_secs()
                    ));
                }
            }
        }
    }

    /// Whether a Pi, or a page that ends with the feed, has ended without a complaint.
    fn ended_well(&mut self, child: &str) -> bool {
        let until_end = self.until_end;
        let node = self.nodes.iter_mut().find(|node| node.name() == child);
        node.filter(|node| is_pi(node) || until_end && node.name() == DASHBOARD)
            .and_then(Node::status)
            .is_some_and(|status| status.success())
    }

    /// Shows what a child wants to be shown.
    fn pass_on(&self, child: &str, notice: &Notice) {
        if let Some(text) = notice.text() {
            self.say(format_args!("{child}: {text}"));
        }
    }

    #[expect(clippy::unused_self, reason = "what is said is said by the cluster")]
    fn say(&self, words: impl std::fmt::Display) {
        say(words);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // All at once, so that the patience for all is that for one.
        self.nodes.iter_mut().for_each(Node::ask_to_end);
        #[expect(
            clippy::disallowed_methods,
            reason = "the deadline of the end of all processes"
        )]
        let deadline = Instant::now() + END_PATIENCE;
        for node in &mut self.nodes {
            node.end(time_until(deadline));
        }
    }
}

fn is_pi(node: &Node) -> bool {
    ![CONTROLLER, DASHBOARD].contains(&node.name())
}

#[expect(
    clippy::disallowed_methods,
    reason = "faults are done by the clock of whoever looks on"
)]
fn now() -> Instant {
    Instant::now()
}

fn time_until(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(now())
}

#[cfg(test)]
mod tests;
