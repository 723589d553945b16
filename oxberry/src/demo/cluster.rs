//! The processes of the demonstration, from start to end.

use std::{
    io::{Write as _, stdout},
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::Duration,
};

use anyhow::{Context as _, anyhow, bail};
use oxberry_controller::config::partitions_for;
use serde_json::Value;
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};

use super::{
    Arguments,
    child::{Event, Node},
    input::Input,
};

/// How long a part may take to say where it listens.
const START_PATIENCE: Duration = Duration::from_secs(30);

/// How long parts may take to end once they are asked; the whole must end within three seconds.
const END_PATIENCE: Duration = Duration::from_millis(2_500);

const CONTROLLER: &str = "controller";
const DASHBOARD: &str = "dashboard";

/// How a run ended, as the controller reports it: one value a partition.
#[derive(Clone, Debug, Default)]
pub(super) struct RunOutcome {
    /// The `partition` notices.
    pub(super) partitions: Vec<Value>,
    /// Whether the controller found everything good.
    pub(super) good: bool,
}

/// All processes, and what they say.
#[derive(Debug)]
pub(super) struct Cluster {
    nodes: Vec<Node>,
    events: Receiver<Event>,
    page: String,
}

impl Cluster {
    /// Starts controller, dashboard and Pis; returns when the feed has started.
    ///
    /// # Errors
    ///
    /// When a part cannot be started, ends, or says nothing for too long.
    pub(super) fn start(arguments: &Arguments, input: &Input) -> anyhow::Result<Self> {
        let (sender, events) = mpsc::channel();
        stop_on_signals(sender.clone())?;
        let mut cluster = Self {
            nodes: Vec::new(),
            events,
            page: String::new(),
        };
        let pis = usize::from(arguments.pis);
        cluster.say(format_args!("playing {} to {pis} Pis", input.describe()));

        let any_port = "tcp://127.0.0.1:0";
        let controller = [
            "controller",
            &input.directory().display().to_string(),
            "--pis",
            &pis.to_string(),
            "--partitions",
            &partitions_for(pis).to_string(),
            "--speed",
            arguments.speed(),
            "--await-visual",
            "--data",
            any_port,
            "--control",
            any_port,
            "--setup",
            any_port,
            "--dialect",
            input.dialect(),
            "--json-notices",
            "--log",
            "error",
        ];
        let listening = cluster.add(CONTROLLER, &controller, &sender)?;
        let at = |name: &str| -> anyhow::Result<String> {
            let text = listening.get(name).and_then(Value::as_str);
            Ok(text
                .with_context(|| format!("the controller does not say where {name} is"))?
                .into())
        };
        let (data, control, setup) = (at("data")?, at("control")?, at("setup")?);

        let http = format!("127.0.0.1:{}", arguments.port);
        let dashboard = [
            "visual",
            "--json-notices",
            "--log",
            "warn",
            "--controller",
            &setup,
            "--http",
            &http,
            "--stock",
            any_port,
        ];
        let listening = cluster.add(DASHBOARD, &dashboard, &sender)?;
        let of_page = |name: &str| {
            listening
                .get(name)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let stock = of_page("stock").context("the dashboard does not say where it listens")?;
        let web = of_page("web").context("the dashboard does not say where its page is")?;
        cluster.page = format!("http://{web}/");

        for number in 1..=pis {
            let name = format!("pi-{number}");
            let pi = [
                "pi",
                "--name",
                &name,
                "--data",
                &data,
                "--control",
                &control,
            ];
            let pi = [&pi[..], &["--stock", &stock, "--log", "warn"]].concat();
            cluster.spawn(&name, &pi, &sender)?;
        }
        cluster.await_notice(CONTROLLER, "started")?;
        writeln!(stdout(), "dashboard: {}", cluster.page)?;
        Ok(cluster)
    }

    /// Waits for the end of the feed, or until somebody wants the end. Unless `until_end`, the page
    /// stays after the feed, until somebody wants the end.
    ///
    /// # Errors
    ///
    /// When the controller fails.
    pub(super) fn play(&mut self, until_end: bool) -> anyhow::Result<Option<RunOutcome>> {
        let mut outcome = RunOutcome::default();
        let mut is_over = false;
        loop {
            match self.events.recv()? {
                Event::Stop => return Ok(None),
                Event::Notice { child, notice } if child == CONTROLLER => {
                    match notice.get("notice").and_then(Value::as_str) {
                        Some("partition") => outcome.partitions.push(notice),
                        Some("done") => {
                            outcome.good = notice.get("good") == Some(&Value::Bool(true));
                            is_over = true;
                            if until_end {
                                return Ok(Some(outcome));
                            }
                            let equal = if outcome.good {
                                "are equal"
                            } else {
                                "are NOT equal"
                            };
                            self.say(format_args!(
                                "the end of the feed; all replicas {equal}; the page stays until Ctrl-C"
                            ));
                        }
                        Some("warning" | "info") => self.pass_on(&child, &notice),
                        _ => {}
                    }
                }
                Event::Notice { child, notice } => self.pass_on(&child, &notice),
                Event::Log { child, line } => self.say(format_args!("{child}: {line}")),
                Event::Ended { child } => self.handle_end(&child, is_over)?,
            }
        }
    }

    /// A process has ended: as it should at the end, or not.
    fn handle_end(&mut self, child: &str, is_over: bool) -> anyhow::Result<()> {
        let Some(at) = self.nodes.iter().position(|node| node.name() == child) else {
            return Ok(());
        };
        let mut node = self.nodes.remove(at);
        let status = node.status();
        if is_over && child != DASHBOARD {
            return Ok(());
        }
        let how = status.map_or_else(|| "ended".into(), |status| status.to_string());
        if child == CONTROLLER || child == DASHBOARD {
            bail!("the {child} ended: {how}");
        }
        self.say(format_args!("{child} ended: {how}"));
        if self
            .nodes
            .iter()
            .all(|node| [CONTROLLER, DASHBOARD].contains(&node.name()))
        {
            bail!("no Pi is left");
        }
        Ok(())
    }

    /// Starts a process and waits until it says where it listens.
    fn add(
        &mut self,
        name: &str,
        arguments: &[&str],
        events: &Sender<Event>,
    ) -> anyhow::Result<Value> {
        self.spawn(name, arguments, events)?;
        self.await_notice(name, "listening")
    }

    fn spawn(
        &mut self,
        name: &str,
        arguments: &[&str],
        events: &Sender<Event>,
    ) -> anyhow::Result<()> {
        let arguments: Vec<_> = arguments
            .iter()
            .map(|&argument| argument.to_owned())
            .collect();
        self.nodes.push(Node::start(name, &arguments, events)?);
        Ok(())
    }

    /// Waits for a notice of a child; passes everything else on.
    fn await_notice(&mut self, from: &str, wanted: &str) -> anyhow::Result<Value> {
        loop {
            match self.events.recv_timeout(START_PATIENCE) {
                Ok(Event::Notice { child, notice }) if child == from => {
                    if notice.get("notice").and_then(Value::as_str) == Some(wanted) {
                        return Ok(notice);
                    }
                    self.pass_on(&child, &notice);
                }
                Ok(Event::Notice { child, notice }) => self.pass_on(&child, &notice),
                Ok(Event::Log { child, line }) => self.say(format_args!("{child}: {line}")),
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

    /// Shows what a child wants to be shown.
    fn pass_on(&self, child: &str, notice: &Value) {
        if let Some(text) = notice.get("text").and_then(Value::as_str) {
            self.say(format_args!("{child}: {text}"));
        }
    }

    #[expect(clippy::unused_self, reason = "what is said is said by the cluster")]
    fn say(&self, words: impl std::fmt::Display) {
        eprintln!("oxberry: {words}");
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
        let deadline = std::time::Instant::now() + END_PATIENCE;
        for node in &mut self.nodes {
            node.end(deadline.saturating_duration_since({
                #[expect(clippy::disallowed_methods, reason = "the time until that deadline")]
                std::time::Instant::now()
            }));
        }
    }
}

/// Turns SIGINT and SIGTERM into events. A second one ends this process, and so all others, at once.
fn stop_on_signals(events: Sender<Event>) -> anyhow::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let listen = move || {
        for (count, signal) in signals.forever().enumerate() {
            if count > 0 || events.send(Event::Stop).is_err() {
                std::process::exit(128 + signal);
            }
        }
    };
    thread::Builder::new()
        .name("signals".into())
        .spawn(listen)?;
    Ok(())
}
