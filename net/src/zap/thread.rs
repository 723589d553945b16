//! The thread that answers libzmq, and keeps the list of allowed keys fresh.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use super::request::{Answer, Request};
use crate::clock::Clock;
use crate::error::NetError;
use crate::few::FirstFew;
use crate::limits::REPORTED_REFUSALS;
use crate::poll::{Interest, PollItem, wait};
use crate::roster::Roster;
use crate::shutdown::Shutdown;

/// Where libzmq looks for it, in each context.
const ENDPOINT: &str = "inproc://zeromq.zap.01";

/// Answers ZAP requests of one context until it is dropped.
#[derive(Debug)]
pub(crate) struct ZapThread {
    stop: Shutdown,
    thread: Option<JoinHandle<()>>,
}

impl ZapThread {
    /// Starts it. From then on servers of the context may be bound; when it is gone they let nobody in.
    pub(crate) fn start(context: &zmq::Context, roster: Arc<Roster>) -> Result<Self, NetError> {
        let bind = || {
            let socket = context.socket(zmq::REP)?;
            socket.set_linger(0)?;
            socket.bind(ENDPOINT)?;
            Ok(socket)
        };
        let socket = bind().map_err(|source| NetError::SetUp {
            socket: "ZAP",
            source,
        })?;
        let stop = Shutdown::new()?;
        let answering = Answering {
            clock: Clock::start(),
            socket,
            roster,
            stop: stop.clone(),
            malformed: FirstFew::of(REPORTED_REFUSALS as u64),
        };
        let thread = thread::Builder::new().name("zap".into());
        let thread = thread.spawn(move || {
            if let Err(error) = answering.run() {
                tracing::error!("nobody can connect any more: {error}");
            }
        });
        let thread = Some(thread.map_err(|source| NetError::System {
            attempt: "start the thread that looks at keys",
            source,
        })?);
        Ok(Self { stop, thread })
    }
}

impl Drop for ZapThread {
    fn drop(&mut self) {
        self.stop.request();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that looks at keys panicked");
        }
    }
}

/// The thread's side.
struct Answering {
    clock: Clock,
    socket: zmq::Socket,
    roster: Arc<Roster>,
    stop: Shutdown,
    malformed: FirstFew,
}

impl Answering {
    fn run(mut self) -> Result<(), NetError> {
        let mut next_look = self.clock.now();
        while !self.stop.is_requested() {
            let items = [
                PollItem::socket(&self.socket, Interest::Read),
                self.stop.poll_item(),
            ];
            let [request, _] = wait(&self.clock, Some(next_look), items)?;
            // Also when somebody knocks: whoever was listed a moment ago gets in soon.
            let now = self.clock.now();
            if request.readable || next_look <= now {
                next_look = self.roster.look(now);
            }
            if request.readable {
                self.answer()?;
            }
        }
        Ok(())
    }

    /// Answers one request, if there is one.
    fn answer(&mut self) -> Result<(), NetError> {
        let request = match self.socket.recv_multipart(zmq::DONTWAIT) {
            Err(zmq::Error::EAGAIN | zmq::Error::EINTR) => return Ok(()),
            received => received.map_err(|source| NetError::Receive {
                socket: "ZAP",
                endpoint: ENDPOINT.into(),
                source,
            })?,
        };
        let answer = self.answer_to(&request);
        match self
            .socket
            .send_multipart(answer.parts(&request), zmq::DONTWAIT)
        {
            // Whoever asked may be gone.
            Ok(()) | Err(zmq::Error::EAGAIN | zmq::Error::EINTR) => Ok(()),
            Err(source) => Err(NetError::Send {
                socket: "ZAP",
                endpoint: ENDPOINT.into(),
                source,
            }),
        }
    }

    fn answer_to(&mut self, request: &[Vec<u8>]) -> Answer {
        let Request {
            domain,
            address,
            key,
        } = match Request::parse(request) {
            Ok(request) => request,
            Err(bad) => {
                if self.malformed.tells() {
                    tracing::warn!("refused a malformed ZAP request: {}", bad.0);
                }
                return Answer::Malformed(bad);
            }
        };
        match self.roster.knock(domain, key, address) {
            Ok(name) => {
                let socket = domain.name();
                tracing::debug!(%name, address, socket, "let in");
                Answer::Welcome(key)
            }
            Err(_refused) => Answer::NotNow,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::keys::{Allowed, KeyPair, KeyRole, Keys, allow};

    #[test]
    fn a_malformed_zap_request_is_answered_and_the_next_one_served() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        let make = |role| KeyPair::generate(role, "name".parse().unwrap()).unwrap();
        let server = make(KeyRole::Controller);
        server.write(directory, false).unwrap();
        fs::write(Allowed::file_in(directory), "").unwrap();
        let pi = make(KeyRole::Pi);
        allow(directory, &pi.allowed_line(), false).unwrap();
        let roster = Arc::new(Roster::new(Keys::load(directory).unwrap()).unwrap());

        let context = zmq::Context::new();
        let thread = ZapThread::start(&context, Arc::clone(&roster)).unwrap();
        let asking = context.socket(zmq::REQ).unwrap();
        asking.set_rcvtimeo(60_000).unwrap();
        asking.connect(ENDPOINT).unwrap();
        let ask = |parts: &[&[u8]]| {
            asking.send_multipart(parts, 0).unwrap();
            asking.recv_multipart(0).unwrap()
        };
        let key = pi.public.as_bytes();
        for _ in 0..3 {
            for malformed in [
                &[&b""[..]][..],
                &[b"1.0", b"1"],
                &[b"9", b"1", b"data", b"::", b"", b"CURVE", key],
                &[
                    b"1.0",
                    b"1",
                    b"data",
                    b"::",
                    b"",
                    b"PLAIN",
                    b"user",
                    b"password",
                ],
                &[b"1.0", b"1", b"data", b"::", b"", b"CURVE", &[7; 10_000]],
            ] {
                assert_eq!(ask(malformed)[2], b"400", "{malformed:?}");
            }
            let good: &[&[u8]] = &[b"1.0", b"7", b"data", b"192.0.2.1", b"", b"CURVE", key];
            let answer = ask(good);
            assert_eq!((&answer[1][..], &answer[2][..]), (&b"7"[..], &b"200"[..]));
        }
        assert_eq!(roster.counts().admitted, 3);
        drop(thread);
    }
}
