//! A running `oxberry demo`, and the processes below it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::rc::Rc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long anything may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program.
pub(crate) const fn oxberry() -> &'static str {
    env!("CARGO_BIN_EXE_oxberry")
}

/// The real data, if it is there.
pub(crate) fn data_directory() -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");
    let path = std::env::var_os("OXBERRY_DATA").map_or_else(|| default.into(), PathBuf::from);
    path.is_dir().then_some(path)
}

/// A demonstration whose page is up.
pub(crate) struct Demonstration {
    process: Child,
    /// What it says on standard error.
    lines: Receiver<String>,
    page: String,
    /// Where it makes its files; goes with this, since a killed process cannot clean up.
    files: Rc<TempDir>,
}

impl Demonstration {
    /// Starts one on free ports and waits for the address of the page.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let files = Rc::new(tempfile::tempdir().unwrap());
        Self::start_by(Command::new(oxberry()), arguments, files)
    }

    /// Starts one that makes its files where this one does.
    pub(crate) fn start_beside(&self, arguments: &[&str]) -> Self {
        Self::start_by(Command::new(oxberry()), arguments, Rc::clone(&self.files))
    }

    /// Starts one that was told to ignore hang-ups.
    pub(crate) fn start_by_nohup(arguments: &[&str]) -> Self {
        let files = Rc::new(tempfile::tempdir().unwrap());
        let mut command = Command::new("nohup");
        command.arg(oxberry());
        Self::start_by(command, arguments, files)
    }

    fn start_by(mut command: Command, arguments: &[&str], files: Rc<TempDir>) -> Self {
        let mut process = command
            .env("TMPDIR", files.path())
            .arg("demo")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = lines_of(process.stderr.take().unwrap());
        let output = lines_of(process.stdout.take().unwrap());
        let first = output.recv_timeout(PATIENCE);
        let mut demo = Self {
            process,
            lines,
            page: String::new(),
            files,
        };
        let first = first.unwrap_or_else(|_| panic!("no page: {:?}", demo.said()));
        let page = first
            .strip_prefix("dashboard: http://")
            .and_then(|rest| rest.strip_suffix('/'));
        page.unwrap_or_else(|| panic!("not an address: {first}"))
            .clone_into(&mut demo.page);
        demo
    }

    /// The answer of the page's server.
    pub(crate) fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.page).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.page
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// The processes below it.
    pub(crate) fn children(&self) -> BTreeSet<u32> {
        let pid = self.process.id();
        // A thread's children are listed under the thread that started them.
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
        let children = tasks
            .flatten()
            .filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
        children
            .flat_map(|list| {
                list.split_whitespace()
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            })
            .map(|pid| pid.parse().unwrap())
            .collect()
    }

    /// The process that was started with `--name NAME`.
    pub(crate) fn child_called(&self, name: &str) -> u32 {
        let named = |pid: &u32| {
            fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| {
                line.split(|byte| *byte == 0)
                    .any(|word| word == name.as_bytes())
            })
        };
        self.children().into_iter().find(named).unwrap()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: &str) {
        kill(self.process.id(), signal);
    }

    /// Files that it has made, and not taken away.
    pub(crate) fn files(&self) -> usize {
        fs::read_dir(self.files.path()).unwrap().count()
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.process.wait().unwrap()
    }

    /// Waits until it says something with these words.
    pub(crate) fn await_line(&self, words: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left);
            if line
                .unwrap_or_else(|_| panic!("it never said `{words}`"))
                .contains(words)
            {
                return;
            }
        }
    }

    fn said(&self) -> Vec<String> {
        self.lines.try_iter().collect()
    }
}

impl Drop for Demonstration {
    fn drop(&mut self) {
        // Already gone in most tests.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn lines_of(from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        BufReader::new(from)
            .lines()
            .map_while(Result::ok)
            .try_for_each(|line| sender.send(line))
    });
    lines
}

/// Sends a process a signal.
pub(crate) fn kill(pid: u32, signal: &str) {
    let status = Command::new("kill")
        .args(["-s", signal, &pid.to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

/// The group of a process, to which a terminal sends its signals.
pub(crate) fn group_of(pid: u32) -> u32 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // State, parent, group; the name before them may hold anything.
    let after_name = stat.rsplit(") ").next().unwrap();
    after_name.split(' ').nth(2).unwrap().parse().unwrap()
}

/// Whether a process does not run any more; one that nobody waited for counts as gone.
pub(crate) fn is_gone(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |stat| {
        stat.rsplit(") ")
            .next()
            .is_some_and(|rest| rest.starts_with('Z'))
    })
}

/// Waits until all processes are gone, and fails when one is not within the time.
pub(crate) fn await_gone(pids: &BTreeSet<u32>, within: Duration) {
    let deadline = Instant::now() + within;
    while let Some(left) = pids.iter().find(|&&pid| !is_gone(pid)) {
        assert!(Instant::now() < deadline, "process {left} is left");
        thread::yield_now();
    }
}

/// Waits until a directory below this one holds a file whose name ends so.
pub(crate) fn await_file(below: &Path, ending: &str) {
    let deadline = Instant::now() + PATIENCE;
    let holds = |directory: fs::DirEntry| {
        let files = fs::read_dir(directory.path()).into_iter().flatten();
        files
            .flatten()
            .any(|file| file.file_name().to_string_lossy().ends_with(ending))
    };
    while !fs::read_dir(below).unwrap().flatten().any(holds) {
        assert!(Instant::now() < deadline, "no file {ending} was made");
        thread::yield_now();
    }
}
