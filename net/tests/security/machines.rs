//! Machines with keys, and peers that keep to nothing.

use std::fs;
use std::time::Duration;

use oxberry_net::{
    Allowed, AllowedLine, Clock, Context, KeyPair, KeyRole, Keys, PollItem, allow, wait,
};
use tempfile::TempDir;

/// How long anything may take before a test counts as hung.
const HANG: Duration = Duration::from_secs(60);

/// A machine with a keys directory of its own.
pub(crate) struct Machine {
    directory: TempDir,
    pub(crate) line: AllowedLine,
}

impl Machine {
    pub(crate) fn new(role: KeyRole, name: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let pair = KeyPair::generate(role, name.parse().unwrap()).unwrap();
        pair.write(directory.path(), false).unwrap();
        fs::write(Allowed::file_in(directory.path()), "").unwrap();
        let line = pair.allowed_line();
        Self { directory, line }
    }

    /// Lists another machine.
    pub(crate) fn allow(&self, other: &Self) {
        allow(self.directory.path(), &other.line, true).unwrap();
    }

    /// Takes all machines off the list.
    pub(crate) fn allow_nobody(&self) {
        self.write_list("# nobody\n");
    }

    pub(crate) fn write_list(&self, text: &str) {
        fs::write(Allowed::file_in(self.directory.path()), text).unwrap();
    }

    /// Lists each other.
    pub(crate) fn befriend(&self, other: &Self) {
        self.allow(other);
        other.allow(self);
    }

    pub(crate) fn context(&self) -> Context {
        Context::with_keys(Keys::load(self.directory.path()).unwrap()).unwrap()
    }

    /// A socket of libzmq with this machine's key and no other option, for whoever does what our own
    /// components never do.
    pub(crate) fn raw_client(
        &self,
        kind: zmq::SocketType,
        server: &Self,
    ) -> (zmq::Context, zmq::Socket) {
        let pair = KeyPair::read(self.directory.path()).unwrap().secret_text();
        let half = |name: &str| {
            let line = pair.lines().find(|line| line.starts_with(name)).unwrap();
            zmq::z85_decode(line.split('"').nth(1).unwrap()).unwrap()
        };
        let context = zmq::Context::new();
        let socket = context.socket(kind).unwrap();
        socket.set_linger(0).unwrap();
        socket.set_curve_publickey(&half("public")).unwrap();
        socket.set_curve_secretkey(&half("secret")).unwrap();
        let server = zmq::z85_decode(&server.line.public.to_string()).unwrap();
        socket.set_curve_serverkey(&server).unwrap();
        (context, socket)
    }
}

/// A controller and some Pis that know each other.
pub(crate) fn cluster<const PIS: usize>() -> (Machine, [Machine; PIS]) {
    let controller = Machine::new(KeyRole::Controller, "controller");
    let mut number = 0;
    let pis = [(); PIS].map(|()| {
        number += 1;
        let pi = Machine::new(KeyRole::Pi, &format!("pi-{number}"));
        pi.befriend(&controller);
        pi
    });
    (controller, pis)
}

/// Tries until something is there, and fails when that hangs.
pub(crate) fn until<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let clock = Clock::start();
    let deadline = clock.now().after(HANG);
    loop {
        if let Some(found) = attempt() {
            return found;
        }
        assert!(clock.now() < deadline, "never: {what}");
        pause(&clock);
    }
}

/// Waits for one socket; false when it is not ready for long.
pub(crate) fn ready(item: PollItem<'_>) -> bool {
    let clock = Clock::start();
    let deadline = clock.now().after(Duration::from_millis(50));
    let [found] = wait(&clock, Some(deadline), [item]).unwrap();
    found.readable || found.writable
}

fn pause(clock: &Clock) {
    let soon = clock.now().after(Duration::from_millis(5));
    wait(clock, Some(soon), []).unwrap();
}

/// Listens to what becomes of the connections of a plain socket.
pub(crate) struct Monitor {
    events: zmq::Socket,
}

impl Monitor {
    pub(crate) fn of(context: &zmq::Context, socket: &zmq::Socket) -> Self {
        let endpoint = format!("inproc://monitor-{}", socket.get_fd().unwrap());
        socket
            .monitor(&endpoint, zmq::SocketEvent::ALL.to_raw().into())
            .unwrap();
        let events = context.socket(zmq::PAIR).unwrap();
        events.connect(&endpoint).unwrap();
        Self { events }
    }

    /// Waits until one of these happens.
    pub(crate) fn wait_for(&self, wanted: &[zmq::SocketEvent]) {
        until(&format!("{wanted:?}"), || {
            let parts = self.events.recv_multipart(zmq::DONTWAIT).ok()?;
            let kind = u16::from_ne_bytes([parts[0][0], parts[0][1]]);
            wanted
                .contains(&zmq::SocketEvent::from_raw(kind))
                .then_some(())
        });
    }

    /// Waits until a handshake failed.
    pub(crate) fn wait_for_refusal(&self) {
        self.wait_for(&[
            zmq::SocketEvent::HANDSHAKE_FAILED_NO_DETAIL,
            zmq::SocketEvent::HANDSHAKE_FAILED_PROTOCOL,
            zmq::SocketEvent::HANDSHAKE_FAILED_AUTH,
        ]);
    }
}
