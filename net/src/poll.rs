//! Waiting: until a socket is ready, a deadline passes, or shutdown is requested.

use std::os::fd::{AsRawFd, BorrowedFd};

use oxberry_core::units::Instant;

use crate::clock::Clock;
use crate::error::NetError;

/// What to wait for on one socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Nothing: the socket keeps its place in the list, but does not wake.
    Nothing,
    /// That something can be received.
    Read,
    /// That something can be sent.
    Write,
    /// Either.
    ReadOrWrite,
}

impl Interest {
    /// [`Interest::Read`] when `wanted`, else nothing.
    #[must_use]
    pub const fn read_if(wanted: bool) -> Self {
        Self::of(wanted, false)
    }

    /// [`Interest::Write`] when `wanted`, else nothing.
    #[must_use]
    pub const fn write_if(wanted: bool) -> Self {
        Self::of(false, wanted)
    }

    /// Whatever of the two is wanted.
    #[must_use]
    pub const fn of(read: bool, write: bool) -> Self {
        match (read, write) {
            (false, false) => Self::Nothing,
            (true, false) => Self::Read,
            (false, true) => Self::Write,
            (true, true) => Self::ReadOrWrite,
        }
    }

    fn events(self) -> zmq::PollEvents {
        match self {
            Self::Nothing => zmq::PollEvents::empty(),
            Self::Read => zmq::POLLIN,
            Self::Write => zmq::POLLOUT,
            Self::ReadOrWrite => zmq::POLLIN | zmq::POLLOUT,
        }
    }
}

/// One thing to [`wait`] for. Every component makes its own.
#[expect(missing_debug_implementations, reason = "zmq::PollItem has none")]
pub struct PollItem<'a>(zmq::PollItem<'a>);

impl<'a> PollItem<'a> {
    pub(crate) fn socket(socket: &'a zmq::Socket, interest: Interest) -> Self {
        Self(socket.as_poll_item(interest.events()))
    }

    /// A file descriptor.
    #[must_use]
    pub fn fd(fd: BorrowedFd<'a>, interest: Interest) -> Self {
        Self(zmq::PollItem::from_fd(fd.as_raw_fd(), interest.events()))
    }

    /// Never ready: the place of a socket that there may be, but is not.
    #[must_use]
    pub fn nothing() -> Self {
        // poll(2) passes over negative file descriptors.
        Self(zmq::PollItem::from_fd(-1, zmq::PollEvents::empty()))
    }
}

/// What [`wait`] found, out of what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// Something can be received.
    pub readable: bool,
    /// Something can be sent.
    pub writable: bool,
}

/// Waits until one of `items` is ready or `deadline` has passed, and says what is ready; with a
/// deadline in the past it only looks. Signals do not end the wait, unless one of the items is
/// [`Shutdown`](crate::Shutdown)'s. Allocates nothing.
///
/// # Errors
///
/// [`NetError::Poll`] when libzmq cannot poll.
pub fn wait<const N: usize>(
    clock: &Clock,
    deadline: Option<Instant>,
    items: [PollItem<'_>; N],
) -> Result<[Readiness; N], NetError> {
    const { assert!(N <= 16, "libzmq allocates for more") };
    let mut items = items.map(|item| item.0);
    poll_until(clock, deadline, &mut items)?;
    Ok(items.map(|item| Readiness::of(&item)))
}

/// As [`wait`], for as many items as there are, and with allocation.
///
/// # Errors
///
/// [`NetError::Poll`] when libzmq cannot poll.
pub fn wait_all(
    clock: &Clock,
    deadline: Option<Instant>,
    items: Vec<PollItem<'_>>,
) -> Result<Vec<Readiness>, NetError> {
    let mut items: Vec<_> = items.into_iter().map(|item| item.0).collect();
    poll_until(clock, deadline, &mut items)?;
    Ok(items.iter().map(Readiness::of).collect())
}

fn poll_until(
    clock: &Clock,
    deadline: Option<Instant>,
    items: &mut [zmq::PollItem<'_>],
) -> Result<(), NetError> {
    loop {
        let timeout_ms = deadline.map_or(-1, |deadline| ms_until(clock.now(), deadline));
        match zmq::poll(items, timeout_ms) {
            // A capped timeout or an early wake-up: the deadline decides.
            Ok(0) if deadline.is_some_and(|deadline| clock.now() < deadline) => {}
            Ok(_) => return Ok(()),
            Err(zmq::Error::EINTR) => {}
            Err(source) => return Err(NetError::Poll { source }),
        }
    }
}

impl Readiness {
    fn of(item: &zmq::PollItem<'_>) -> Self {
        Self {
            readable: item.is_readable() || item.is_error(),
            writable: item.is_writable(),
        }
    }
}

/// Milliseconds until `deadline`, rounded up so that the wait does not end just before it, and
/// capped at what a poll call takes.
fn ms_until(now: Instant, deadline: Instant) -> i64 {
    let left_ms = deadline.since(now).as_nanos().div_ceil(1_000_000);
    i64::from(i32::try_from(left_ms).unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use oxberry_core::units::Instant;

    use super::{ms_until, wait};
    use crate::Clock;

    #[test]
    fn a_wait_ends_at_its_deadline_and_not_before() {
        let clock = Clock::start();
        let deadline = clock.now().after(Duration::from_micros(2_300));
        wait(&clock, Some(deadline), []).unwrap();
        assert!(clock.now() >= deadline);
    }

    #[test]
    fn a_deadline_in_the_past_only_looks() {
        let clock = Clock::start();
        wait(&clock, Some(Instant::from_raw(0)), []).unwrap();
    }

    #[test]
    fn rests_of_milliseconds_round_up() {
        let at = Instant::from_raw;
        assert_eq!(ms_until(at(5), at(5)), 0);
        assert_eq!(ms_until(at(6), at(5)), 0);
        assert_eq!(ms_until(at(0), at(1)), 1);
        assert_eq!(ms_until(at(0), at(1_000_001)), 2);
        assert_eq!(ms_until(at(0), at(u64::MAX)), i64::from(i32::MAX));
    }
}
