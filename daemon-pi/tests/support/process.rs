//! The program as a child process.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// Long enough for any step of a test on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// A running `oxberry-pi`, killed when the test is over.
pub(crate) struct Process {
    child: Child,
    /// Its standard input, open until dropped.
    pub(crate) stdin: Option<ChildStdin>,
    pub(crate) stdout: Option<ChildStdout>,
    log: Receiver<String>,
    /// What it has logged so far.
    pub(crate) logged: String,
}

impl Process {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_in(arguments, &[])
    }

    /// Starts it with variables in its environment.
    pub(crate) fn start_in(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let command = Command::new(env!("CARGO_BIN_EXE_oxberry-pi"));
        Self::start_by(command, arguments, environment)
    }

    /// Starts it where no more than 64 KiB of memory may be locked, which root is to be forbidden too.
    pub(crate) fn start_without_locked_memory(arguments: &[&str]) -> Self {
        let setpriv = if rustix::process::geteuid().is_root() {
            "setpriv --bounding-set -ipc_lock"
        } else {
            ""
        };
        let script = format!("ulimit -l 64 && exec {setpriv} \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_oxberry-pi")]);
        Self::start_by(command, arguments, &[])
    }

    fn start_by(mut command: Command, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        command
            .args(arguments)
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, log) = mpsc::channel();
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self {
            stdin: child.stdin.take(),
            stdout: child.stdout.take(),
            child,
            log,
            logged: String::new(),
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has logged a line with `text`.
    pub(crate) fn await_log(&mut self, text: &str) {
        loop {
            let line = self.log.recv_timeout(DEADLINE);
            let line = line.unwrap_or_else(|_| panic!("`{text}` is not in:\n{}", self.logged));
            self.logged += &line;
            self.logged += "\n";
            if line.contains(text) {
                return;
            }
        }
    }

    /// What stands behind `name` in what it has logged, up to the next space.
    pub(crate) fn logged_value(&self, name: &str) -> &str {
        let behind = self.logged.split(name).nth(1);
        let word = behind.and_then(|behind| behind.split_whitespace().next());
        word.unwrap_or_else(|| panic!("`{name}` is not in:\n{}", self.logged))
    }

    /// Sends a signal, such as `TERM`.
    pub(crate) fn signal(&self, signal: &str) {
        let killed = Command::new("kill")
            .args([&format!("-{signal}"), &self.id().to_string()])
            .status();
        assert!(killed.unwrap().success());
    }

    /// Waits for its end, at most so long, and returns its exit code.
    pub(crate) fn exit_code_within(&mut self, limit: Duration) -> i32 {
        // Standard error ends with the process.
        let (clock, mut left) = (oxberry_net::Clock::start(), limit);
        loop {
            match self.log.recv_timeout(left) {
                Ok(line) => self.logged += &(line + "\n"),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    panic!("it has not ended within {limit:?}:\n{}", self.logged)
                }
            }
            left = limit.saturating_sub(Duration::from_nanos(clock.now().raw()));
        }
        self.child.wait().unwrap().code().unwrap_or(-1)
    }

    /// Waits for its end and returns its exit code.
    pub(crate) fn exit_code(&mut self) -> i32 {
        self.exit_code_within(DEADLINE)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Bytes of memory that a process holds now.
pub(crate) fn resident_bytes(process: u32) -> u64 {
    bytes_of(process, "VmRSS:")
}

/// Bytes of memory that a process has locked now.
pub(crate) fn locked_bytes(process: u32) -> u64 {
    bytes_of(process, "VmLck:")
}

fn bytes_of(process: u32, what: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(what));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse::<u64>().unwrap() * 1_024
}

/// Bytes that a process had written to storage so far: to an SD card, for example.
pub(crate) fn written_bytes(process: u32) -> u64 {
    let io = std::fs::read_to_string(format!("/proc/{process}/io")).unwrap();
    let line = io.lines().find(|line| line.starts_with("write_bytes:"));
    let bytes = line.unwrap().split_whitespace().nth(1).unwrap();
    bytes.parse().unwrap()
}
