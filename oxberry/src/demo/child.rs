//! One process of the demonstration: started, listened to, and never left behind.

use std::{
    env,
    io::{BufRead as _, BufReader, Read},
    os::unix::process::CommandExt as _,
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc::Sender,
    thread,
    time::Duration,
};

use anyhow::Context as _;

use super::notice::{Notice, Reader};

/// What the demonstration waits for.
#[derive(Debug)]
pub(super) enum Event {
    /// A child said something for a program.
    Notice { child: String, notice: Notice },
    /// A child logged a line.
    Log { child: String, line: String },
    /// A child closed its standard output, as it does when it ends.
    Ended { child: String },
    /// Somebody wants the end.
    Stop,
}

/// A child process. Its standard input is a pipe that this process holds: when it closes, by the end
/// of this process at the latest, the child ends by itself.
#[derive(Debug)]
pub(super) struct Node {
    name: String,
    process: Child,
    stdin: Option<ChildStdin>,
}

impl Node {
    /// Starts `oxberry node ARGUMENTS`; its lines come as events.
    ///
    /// # Errors
    ///
    /// When the process or a thread cannot be started.
    pub(super) fn start(
        name: &str,
        arguments: &[String],
        reader: Reader,
        events: &Sender<Event>,
    ) -> anyhow::Result<Self> {
        let program = env::current_exe().context("the path of this program is not known")?;
        let mut command = Command::new(program);
        command.arg("node").args(arguments).arg("--exit-with-stdin");
        Self::start_command(name, command, reader, events)
    }

    /// Starts a program; its lines come as events.
    ///
    /// # Errors
    ///
    /// When the process or a thread cannot be started.
    pub(super) fn start_command(
        name: &str,
        mut command: Command,
        reader: Reader,
        events: &Sender<Event>,
    ) -> anyhow::Result<Self> {
        let mut process = command
            // A terminal's Ctrl-C goes to all of a group. This process alone is to hear it and to end its
            // children, or one that was faster would look like a failure.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{name} cannot be started"))?;
        let stdin = process.stdin.take();
        if let Some(stdout) = process.stdout.take() {
            let (child, events) = (name.to_owned(), events.clone());
            read_lines(name, stdout, move |line| match line {
                Some(line) => reader(&line).is_some_and(|notice| {
                    events
                        .send(Event::Notice {
                            child: child.clone(),
                            notice,
                        })
                        .is_ok()
                }),
                None => events
                    .send(Event::Ended {
                        child: child.clone(),
                    })
                    .is_ok(),
            })?;
        }
        if let Some(stderr) = process.stderr.take() {
            let (child, events) = (name.to_owned(), events.clone());
            read_lines(name, stderr, move |line| {
                line.is_none_or(|line| {
                    events
                        .send(Event::Log {
                            child: child.clone(),
                            line,
                        })
                        .is_ok()
                })
            })?;
        }
        Ok(Self {
            name: name.to_owned(),
            process,
            stdin,
        })
    }

    /// What it is called.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Sends it a signal, unless it has ended.
    pub(super) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.process);
        // Fails only when it has ended in this moment.
        let _ = rustix::process::kill_process(pid, signal);
    }

    /// Asks it to end.
    pub(super) fn ask_to_end(&mut self) {
        drop(self.stdin.take());
    }

    /// Waits for its end, and ends it when `patience` is over.
    pub(super) fn end(&mut self, patience: Duration) -> Option<ExitStatus> {
        self.ask_to_end();
        let pid = rustix::process::Pid::from_child(&self.process);
        // A pidfd is readable once the process has ended: a wait with a deadline, without a sleep.
        let pidfd = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty());
        if let Ok(pidfd) = pidfd {
            let mut fds = [rustix::event::PollFd::new(
                &pidfd,
                rustix::event::PollFlags::IN,
            )];
            let timeout = patience.try_into().ok();
            let ended = rustix::event::poll(&mut fds, timeout.as_ref());
            if ended.is_ok_and(|ready| ready > 0) {
                return self.process.wait().ok();
            }
        }
        // Fails only when it has ended in this moment.
        let _ = self.process.kill();
        self.process.wait().ok()
    }

    /// How it ended, if it has.
    pub(super) fn status(&mut self) -> Option<ExitStatus> {
        self.process.wait().ok()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.end(Duration::ZERO);
    }
}

/// Hands every line to `take`, then `None`, in a thread of its own, until `take` says no.
fn read_lines(
    name: &str,
    from: impl Read + Send + 'static,
    mut take: impl FnMut(Option<String>) -> bool + Send + 'static,
) -> anyhow::Result<()> {
    let read = move || {
        for line in BufReader::new(from).lines() {
            // A line that cannot be read or taken is the last one that matters.
            if !line.is_ok_and(|line| take(Some(line))) {
                break;
            }
        }
        take(None);
    };
    thread::Builder::new()
        .name(format!("lines of {name}"))
        .spawn(read)?;
    Ok(())
}
