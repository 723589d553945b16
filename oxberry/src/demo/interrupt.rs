//! Signals that end the demonstration, whatever it is at.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process,
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc::Sender},
    thread,
};

use oxberry_net::end_signals;
use signal_hook::{consts::SIGHUP, iterator::Signals};

use super::child::Event;

/// Attempts to remove a directory in which files are still made; on a busy machine every one may meet
/// another new file.
const ATTEMPTS: usize = 10_000;

/// Ends the demonstration at a signal. The first one asks whoever can end it in order; without
/// somebody, and at the second one, this process ends at once, and by that all others.
#[derive(Clone, Debug)]
pub(super) struct Interrupt(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// Who ends it in order.
    listener: Option<Sender<Event>>,
    /// What this process must not leave behind.
    directories: Vec<PathBuf>,
    /// Whether somebody was asked to end it.
    is_ending: bool,
}

impl Interrupt {
    /// Listens to signals from now on.
    ///
    /// # Errors
    ///
    /// When the system refuses the handlers or a thread.
    pub(super) fn listen() -> anyhow::Result<Self> {
        let interrupt = Self(Arc::default());
        let mut signals = Signals::new(end_signals())?;
        let listener = interrupt.clone();
        let listen = move || {
            for signal in signals.forever() {
                listener.handle_signal(signal);
            }
        };
        thread::Builder::new()
            .name("signals".into())
            .spawn(listen)?;
        Ok(interrupt)
    }

    /// From now on the first signal is an event.
    pub(super) fn tell(&self, events: Sender<Event>) {
        self.state().listener = Some(events);
    }

    /// The directory goes with this process even when it ends at once.
    pub(super) fn remove_at_end(&self, directory: &Path) {
        self.state().directories.push(directory.to_owned());
    }

    fn handle_signal(&self, signal: i32) {
        let mut state = self.state();
        let listener = state.listener.take();
        if listener.is_some_and(|events| events.send(Event::Stop).is_ok()) {
            state.is_ending = true;
            return;
        }
        // A terminal that goes says so more than once; that is no impatience.
        if state.is_ending && signal == SIGHUP {
            return;
        }
        for directory in &state.directories {
            for _ in 0..ATTEMPTS {
                match fs::remove_dir_all(directory) {
                    Err(error) if error.kind() != ErrorKind::NotFound => thread::yield_now(),
                    Ok(()) | Err(_) => break,
                }
            }
        }
        process::exit(128 + signal);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
