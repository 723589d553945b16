//! The wish to end, as something that a poll loop wakes up for.

use std::fs;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

use crate::error::NetError;
use crate::poll::{Interest, PollItem};

/// What a process that a second signal ends returns: 128 and SIGINT, as shells do.
const SECOND_SIGNAL_STATUS: i32 = 130;

/// The signals that ask a program to end. A hang-up, when the terminal or connection goes, is none
/// where whoever started the program had it ignored, as `nohup` does.
#[must_use]
pub fn end_signals() -> Vec<i32> {
    let mut signals = vec![SIGINT, SIGTERM];
    if ends_by_hangup() {
        signals.push(SIGHUP);
    }
    signals
}

/// Whether a hang-up ends this process and those that it starts.
#[must_use]
pub fn ends_by_hangup() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    !is_ignored(SIGHUP, &status)
}

/// Whether a process with this status ignores the signal.
fn is_ignored(signal: i32, status: &str) -> bool {
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

/// A request to end that threads can wait for. Clones are the same request; once made it stays.
#[derive(Clone, Debug)]
pub struct Shutdown {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    requested: Arc<AtomicBool>,
    /// Becomes readable with the request. Nobody reads from it, so that it wakes every thread.
    wakeful: UnixStream,
    waker: UnixStream,
}

impl Shutdown {
    /// A request that only [`request`](Self::request) makes.
    ///
    /// # Errors
    ///
    /// When the system has no file descriptors left.
    pub fn new() -> Result<Self, NetError> {
        let make = || {
            let (wakeful, waker) = UnixStream::pair()?;
            waker.set_nonblocking(true)?;
            let requested = Arc::new(AtomicBool::new(false));
            let inner = Arc::new(Inner {
                requested,
                wakeful,
                waker,
            });
            Ok(Self { inner })
        };
        make().map_err(system("make the shutdown pipe"))
    }

    /// A request that the [`end_signals`] make too. A second SIGINT or SIGTERM ends the process at once.
    ///
    /// # Errors
    ///
    /// When the system refuses the signal handlers.
    pub fn on_signals() -> Result<Self, NetError> {
        let shutdown = Self::new()?;
        shutdown
            .register_signals()
            .map_err(system("handle the signals that ask for the end"))?;
        Ok(shutdown)
    }

    /// Makes the request too when standard input ends, which it does when the parent process dies
    /// that holds the other end.
    ///
    /// # Errors
    ///
    /// When the system refuses a thread.
    pub fn request_with_end_of_stdin(&self) -> Result<(), NetError> {
        let shutdown = self.clone();
        let read_to_end = move || {
            let ended = io::copy(&mut io::stdin().lock(), &mut io::sink());
            tracing::debug!(?ended, "standard input ended");
            shutdown.request();
        };
        let thread = thread::Builder::new().name("stdin".into());
        // Nobody joins it: it waits in a read that nothing interrupts, and ends with the process.
        thread
            .spawn(read_to_end)
            .map(drop)
            .map_err(system("start the thread that watches standard input"))
    }

    /// Makes the request.
    pub fn request(&self) {
        self.inner.requested.store(true, Ordering::SeqCst);
        // Fails only when the pipe is full of earlier requests, which wake as well.
        let _ = (&self.inner.waker).write(&[0]);
    }

    /// Whether the request was made.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.inner.requested.load(Ordering::SeqCst)
    }

    /// Its place in a [`wait`](crate::wait): readable from the request on.
    #[must_use]
    pub fn poll_item(&self) -> PollItem<'_> {
        PollItem::fd(self.inner.wakeful.as_fd(), Interest::Read)
    }

    fn register_signals(&self) -> io::Result<()> {
        // Its own flag: a signal after another kind of request is still the first signal.
        let signalled = Arc::new(AtomicBool::new(false));
        for signal in end_signals() {
            // Handlers run in the order of registration: the first one must see the flag as it was
            // before this signal, and the flag must be set when the loop wakes.
            // A hang-up comes beside another signal, and more than once, without any impatience.
            if signal != SIGHUP {
                flag::register_conditional_shutdown(
                    signal,
                    SECOND_SIGNAL_STATUS,
                    Arc::clone(&signalled),
                )?;
                flag::register(signal, Arc::clone(&signalled))?;
            }
            flag::register(signal, Arc::clone(&self.inner.requested))?;
            low_level::pipe::register(signal, self.inner.waker.try_clone()?)?;
        }
        Ok(())
    }
}

/// Says what was tried when the system refuses.
fn system(attempt: &'static str) -> impl FnOnce(io::Error) -> NetError {
    move |source| NetError::System { attempt, source }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use signal_hook::consts::{SIGHUP, SIGTERM};

    use super::{Shutdown, is_ignored};
    use crate::{Clock, wait};

    #[test]
    fn a_request_wakes_every_waiting_thread_and_stays() {
        let shutdown = Shutdown::new().unwrap();
        let waiting = [0; 2].map(|_| {
            let shutdown = shutdown.clone();
            thread::spawn(move || {
                let [woken] = wait(&Clock::start(), None, [shutdown.poll_item()]).unwrap();
                woken.readable && shutdown.is_requested()
            })
        });
        assert!(!shutdown.is_requested());
        shutdown.request();
        assert!(waiting.into_iter().all(|thread| thread.join().unwrap()));
        let [still] = wait(&Clock::start(), None, [shutdown.poll_item()]).unwrap();
        assert!(still.readable);
    }

    #[test]
    fn requests_without_end_do_not_block() {
        let shutdown = Shutdown::new().unwrap();
        for _ in 0..1_000_000 {
            shutdown.request();
        }
    }

    #[test]
    fn a_signal_makes_the_request_and_hangups_are_not_counted() {
        let shutdown = Shutdown::on_signals().unwrap();
        for signal in [SIGHUP, SIGHUP, SIGTERM, SIGHUP] {
            signal_hook::low_level::raise(signal).unwrap();
            let [woken] = wait(&Clock::start(), None, [shutdown.poll_item()]).unwrap();
            assert!(woken.readable);
            assert!(shutdown.is_requested());
        }
    }

    #[test]
    fn the_system_says_which_signals_are_ignored() {
        for (mask, signal, expected) in [
            ("0000000000000001", SIGHUP, true),
            ("0000000000001000", SIGHUP, false),
            ("0000000000004003", SIGTERM, true),
            ("none", SIGHUP, false),
        ] {
            let status = format!("Name:\tsh\nSigIgn:\t{mask}\nSigCgt:\t0000000000000001\n");
            assert_eq!(is_ignored(signal, &status), expected, "{mask}");
        }
    }
}
