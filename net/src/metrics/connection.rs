//! One connection: a request is read, answered, and that is all.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;

use oxberry_core::units::Instant;

use super::request::{MOST_HEAD_BYTES, Refusal, head_length};
use super::response::Response;
use crate::poll::{Interest, PollItem};

/// Bytes that are read of a peer that has its answer and still sends, so that its kernel does not throw
/// the answer away.
const MOST_LEFT_BYTES: usize = 64 * 1_024;

/// Bytes that are read at once.
const READ_BYTES: usize = 1_024;

/// A connection of somebody who may be slow, or say anything.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    /// When it is cut, however far it is.
    pub(super) deadline: Instant,
    state: State,
}

#[derive(Debug)]
enum State {
    /// What came of the head.
    Reading(Vec<u8>),
    /// The answer, and how much of it is sent.
    Writing { bytes: Vec<u8>, sent: usize },
    /// All is sent; what still comes is thrown away, so many bytes at most.
    Ending { left: usize },
}

impl Connection {
    /// A new one that lasts until then at most.
    pub(super) fn new(stream: TcpStream, deadline: Instant) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self {
            stream,
            deadline,
            state: State::Reading(Vec::new()),
        })
    }

    /// Its place in a wait.
    pub(super) fn poll_item(&self) -> PollItem<'_> {
        let interest = match self.state {
            State::Reading(_) | State::Ending { .. } => Interest::Read,
            State::Writing { .. } => Interest::Write,
        };
        PollItem::fd(self.stream.as_fd(), interest)
    }

    /// Goes on as far as it can without waiting; says whether it is to be kept. `answer` makes an
    /// answer of a head.
    pub(super) fn go_on(&mut self, answer: &dyn Fn(&[u8]) -> Vec<u8>) -> bool {
        match self.advance(answer) {
            Ok(()) => false,
            Err(error) => matches!(error.kind(), ErrorKind::WouldBlock),
        }
    }

    fn advance(&mut self, answer: &dyn Fn(&[u8]) -> Vec<u8>) -> io::Result<()> {
        loop {
            let Self { stream, state, .. } = self;
            match state {
                State::Reading(head) => {
                    let mut read = [0; READ_BYTES];
                    let count = retried(|| stream.read(&mut read))?;
                    if count == 0 {
                        return Ok(());
                    }
                    head.extend_from_slice(read.get(..count).unwrap_or_default());
                    let bytes = match head_length(head) {
                        Some(length) if length <= MOST_HEAD_BYTES => {
                            answer(head.get(..length).unwrap_or_default())
                        }
                        None if head.len() <= MOST_HEAD_BYTES => continue,
                        _ => Response::refused(Refusal::TooLong).bytes(false),
                    };
                    *state = State::Writing { bytes, sent: 0 };
                }
                State::Writing { bytes, sent } => {
                    let rest = bytes.get(*sent..).unwrap_or_default();
                    if rest.is_empty() {
                        stream.shutdown(Shutdown::Write)?;
                        let left = MOST_LEFT_BYTES;
                        *state = State::Ending { left };
                        continue;
                    }
                    match retried(|| stream.write(rest))? {
                        0 => return Ok(()),
                        count => *sent += count,
                    }
                }
                State::Ending { left } => {
                    let count = retried(|| stream.read(&mut [0; READ_BYTES]))?;
                    *left = left.saturating_sub(count);
                    if count == 0 || *left == 0 {
                        return Ok(());
                    }
                }
            }
        }
    }
}

/// Tries again after a signal.
fn retried(mut attempt: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match attempt() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::time::Duration;

    use super::*;
    use crate::{Clock, wait};

    /// Both ends of a connection.
    fn connect() -> (TcpStream, Connection) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().unwrap();
        (peer, Connection::new(stream, Instant::default()).unwrap())
    }

    /// Goes on until the state is so, or the connection is to be dropped; says whether it is kept.
    fn go_on_until(connection: &mut Connection, is_so: impl Fn(&State) -> bool) -> bool {
        let clock = Clock::start();
        let hang = clock.now().after(Duration::from_secs(60));
        while !is_so(&connection.state) {
            wait(&clock, Some(hang), [connection.poll_item()]).unwrap();
            assert!(clock.now() < hang, "nothing happens to {connection:?}");
            if !connection.go_on(&|_| b"answer".to_vec()) {
                return false;
            }
        }
        true
    }

    /// Whether so many bytes came after the answer.
    fn left_over(bytes: usize) -> impl Fn(&State) -> bool {
        move |state| matches!(state, State::Ending { left } if *left + bytes == MOST_LEFT_BYTES)
    }

    #[test]
    fn a_connection_is_kept_until_the_other_end_has_nothing_more_to_say() {
        let (mut peer, mut connection) = connect();
        peer.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        assert!(go_on_until(&mut connection, left_over(0)));
        let mut answer = String::new();
        peer.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "answer");
        // Closed by now it would be reset, and a peer that is still sending might lose the answer.
        peer.write_all(b"and more").unwrap();
        assert!(go_on_until(&mut connection, left_over(8)));
        drop(peer);
        assert!(!go_on_until(&mut connection, |_| false));
    }

    #[test]
    fn who_never_stops_after_the_answer_is_dropped() {
        let (mut peer, mut connection) = connect();
        peer.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        assert!(go_on_until(&mut connection, left_over(0)));
        let mut sent = 0;
        loop {
            peer.write_all(&[b'x'; READ_BYTES]).unwrap();
            sent += READ_BYTES;
            assert!(sent <= MOST_LEFT_BYTES, "{sent} bytes were taken");
            if !go_on_until(&mut connection, left_over(sent)) {
                break;
            }
        }
    }
}
