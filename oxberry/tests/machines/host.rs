//! A machine with one package of ours: its settings, and its daemon as the unit starts it.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use super::network::Socket;

/// How long anything may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(90);

/// What a machine runs: `oxberry-NAME`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Daemon {
    Controller,
    Pi,
    Visual,
}

/// The file systems with the packages of both kinds of machines.
pub(crate) struct Roots(PathBuf);

/// A machine.
pub(crate) struct Host {
    pub(crate) name: String,
    daemon: Daemon,
    root: PathBuf,
    /// Stands in front of the program's path: the emulator of another kind of machine.
    emulator: Option<&'static str>,
    pub(crate) socket: Socket,
    /// Its own `/etc/oxberry`.
    settings: PathBuf,
    /// What it calls `/srv/feed`.
    feed: PathBuf,
    /// Who owns what packages make: uid and gid of the user `oxberry`.
    owner: (u32, u32),
}

/// A daemon that runs.
pub(crate) struct Running {
    process: Child,
    lines: Receiver<String>,
    /// What it said so far.
    said: Vec<String>,
}

impl Daemon {
    const fn name(self) -> &'static str {
        match self {
            Self::Controller => "controller",
            Self::Pi => "pi",
            Self::Visual => "visual",
        }
    }
}

impl Roots {
    /// Where `.ci/run machines` has put them.
    pub(crate) fn of_ci() -> Self {
        let root = std::env::var_os("OXBERRY_MACHINES");
        Self(
            root.expect("OXBERRY_MACHINES names the roots; run `.ci/run machines`")
                .into(),
        )
    }

    fn amd64(&self) -> PathBuf {
        self.0.join("amd64")
    }

    fn arm64(&self) -> PathBuf {
        self.0.join("arm64")
    }
}

impl Host {
    /// A machine with these packages' file system, and settings of its own in `files`.
    pub(crate) fn new(
        roots: &Roots,
        daemon: Daemon,
        socket: Socket,
        name: &str,
        files: &Path,
    ) -> Self {
        Self::with_root(roots.amd64(), None, daemon, socket, name, files)
    }

    /// A Pi with the packages of a Raspberry Pi.
    pub(crate) fn arm64_pi(roots: &Roots, socket: Socket, name: &str, files: &Path) -> Self {
        let emulator = Some("/usr/bin/qemu-aarch64-static");
        Self::with_root(roots.arm64(), emulator, Daemon::Pi, socket, name, files)
    }

    fn with_root(
        root: PathBuf,
        emulator: Option<&'static str>,
        daemon: Daemon,
        socket: Socket,
        name: &str,
        files: &Path,
    ) -> Self {
        let settings = files.join(name);
        let feed = files.join("feed");
        fs::create_dir_all(settings.join("keys")).unwrap();
        fs::create_dir_all(&feed).unwrap();
        let host = Self {
            name: name.into(),
            daemon,
            owner: owner_in(&root),
            root,
            emulator,
            socket,
            settings,
            feed,
        };
        // The page writes its events there.
        host.give(&host.settings, 0o755);
        host.give(&host.settings.join("keys"), 0o700);
        host
    }

    /// Makes the machine's keys, and returns the line for the lists of the others.
    pub(crate) fn make_keys(&self) -> String {
        let role = self.daemon.name();
        let made = self
            .command(&format!(
                "exec chroot {} {} /usr/bin/oxberry keygen --role {role} --name {} --out /etc/oxberry/keys",
                self.root.display(),
                self.emulator.unwrap_or_default(),
                self.name
            ))
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let line = String::from_utf8(made.stdout).unwrap();
        assert_eq!(line.lines().count(), 1, "{line}");
        line
    }

    /// Writes whom it may talk to, and how it works.
    pub(crate) fn configure(&self, allowed: &[String], settings: &str) {
        self.allow(allowed);
        let file = self.settings.join(format!("{}.toml", self.daemon.name()));
        fs::write(&file, settings).unwrap();
        self.give(&file, 0o644);
    }

    /// Writes whom it may talk to.
    pub(crate) fn allow(&self, allowed: &[String]) {
        let file = self.settings.join("keys/allowed");
        fs::write(&file, allowed.concat()).unwrap();
        self.give(&file, 0o644);
    }

    /// Starts its daemon as the unit of its package says.
    pub(crate) fn start(&self) -> Running {
        let unit = format!(
            "usr/lib/systemd/system/oxberry-{}.service",
            self.daemon.name()
        );
        let unit = fs::read_to_string(self.root.join(unit)).unwrap();
        let started = unit
            .lines()
            .find_map(|line| line.strip_prefix("ExecStart="));
        let (uid, gid) = self.owner;
        let mut process = self
            .command(&format!(
                "exec chroot --userspec={uid}:{gid} {} {} {}",
                self.root.display(),
                self.emulator.unwrap_or_default(),
                started.expect("a unit starts something")
            ))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = mpsc::channel();
        let stderr = BufReader::new(process.stderr.take().unwrap());
        thread::spawn(move || {
            let mut said = stderr.lines().map_while(Result::ok);
            said.try_for_each(|line| sender.send(line))
        });
        Running {
            process,
            lines,
            said: Vec::new(),
        }
    }

    /// A shell on this machine, where its settings and the feed are in their places.
    fn command(&self, line: &str) -> Command {
        let root = self.root.display();
        let script = format!(
            "set -e; mount --bind {} {root}/etc/oxberry; \
             mount --bind {} {root}/srv/feed; mount --bind /proc {root}/proc; {line}",
            self.settings.display(),
            self.feed.display(),
        );
        let mut command = Command::new("ip");
        // `ip netns exec` gives a mount namespace of its own too.
        command.args(["netns", "exec", &self.socket.namespace, "sh", "-c", &script]);
        command
    }

    fn give(&self, path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        chown(path, Some(self.owner.0), Some(self.owner.1)).unwrap();
    }
}

impl Running {
    /// Waits until it says something with these words.
    pub(crate) fn await_line(&mut self, words: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("it never said `{words}`, but: {:#?}", self.said);
            };
            self.said.push(line.clone());
            if line.contains(words) {
                return line;
            }
        }
    }

    /// All that it said so far.
    pub(crate) fn said(&mut self) -> &[String] {
        self.said.extend(self.lines.try_iter());
        &self.said
    }

    /// Whether it is still there.
    pub(crate) fn is_running(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    /// Waits until it ends by itself; says whether all was well.
    pub(crate) fn ended_well(&mut self) -> bool {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.success();
            }
            assert!(Instant::now() < deadline, "still there: {:#?}", self.said());
            // What it says must not fill the pipe, and is worth waiting for.
            let line = self.lines.recv_timeout(Duration::from_millis(100));
            self.said.extend(line);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The user that the packages made there.
fn owner_in(root: &Path) -> (u32, u32) {
    let users = fs::read_to_string(root.join("etc/passwd")).unwrap_or_default();
    let of_user = |line: &str| {
        let fields: Vec<_> = line.split(':').collect();
        let is_ours = fields.first() == Some(&"oxberry");
        is_ours.then(|| (fields[2].parse().unwrap(), fields[3].parse().unwrap()))
    };
    // Packages that were only unpacked have made no user.
    users.lines().find_map(of_user).unwrap_or((65_534, 65_534))
}
