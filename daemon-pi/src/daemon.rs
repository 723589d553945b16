//! The loop: wait, feed the brain, do what it says.

use std::array;
use std::path::Path;

use oxberry_cluster::limits::Limits;
use oxberry_cluster::pi::{Command, Counters, Pi, PiConfig, Report};
use oxberry_core::book::{Books, Harm};
use oxberry_core::units::{Instant, UnixNanos};
use oxberry_net::metrics::MetricsThread;
use oxberry_net::{Clock, Interest, Notifier, PollItem, Shutdown, libzmq, wait};
use oxberry_proto::Libzmq;
use oxberry_proto::start::RefusedReason;

use crate::care::Care;
use crate::config::Config;
use crate::error::PiError;
use crate::limits::{CONTROL_BURST, DATA_BURST, END_LINGER, MAX_PUSHERS, STOCK_BURST};
use crate::lock::{Locked, lock_memory};
use crate::memory::{BookMemory, NoMemory};
use crate::metrics::{Leaver, Left};
use crate::patience::Patience;
use crate::print::Printer;
use crate::report;
use crate::side;
use crate::sockets::Sockets;

/// What a Pi did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Why it ended.
    pub ended: Ended,
    /// Its totals.
    pub counters: Counters,
}

/// Why a Pi ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was to take part in one run: the feed is over, and the replicas were compared.
    Finished {
        /// Whether all of them were equal.
        equal: bool,
    },
    /// It was to take part in one run, and the controller does not want it.
    Refused(RefusedReason),
    /// Somebody asked it to.
    Interrupted,
}

/// Runs a Pi until shutdown is requested: after the end of a run, or when the controller refuses it, it
/// waits for the next one. With [`Config::once`] it ends instead.
///
/// Memory is taken and touched before the first message. From the assignment of a run to its end the
/// loop allocates nothing; libzmq, which has an allocator of its own, allocates messages longer than 29 bytes and
/// frees them.
///
/// # Errors
///
/// When there is no memory, a socket fails, or the controller does not answer in time.
pub fn run(config: &Config, mut sockets: Sockets, shutdown: &Shutdown) -> Result<Summary, PiError> {
    let capacity = config.capacity;
    let mut memory = BookMemory::map(capacity)?;
    // Writes every word, so that every page is there before the feed starts.
    let books = Books::new(capacity, memory.words()).map_err(|_| NoMemory { capacity })?;
    let clock = Clock::start();
    let now = clock.now();
    let brain = PiConfig {
        name: config.name.clone(),
        max_orders: config.capacity.orders,
        max_symbols: config.capacity.symbols,
        receivers: config.stock.len() + usize::from(config.print),
        libzmq: library(),
        limits: Limits::DEFAULT,
    };
    let system = |attempt| move |source| PiError::System { attempt, source };
    let printer = config.print.then(Printer::to_stdout).transpose();
    let notifier = Notifier::from_environment(now);
    if config.lock_memory {
        lock();
    }
    let care = Care::begin(Path::new("/"))?;
    let told = sockets.metrics.take().map(|server| {
        let left = Left::new(&config.stock);
        let leaver = Leaver::new(left.clone(), now);
        Ok::<_, PiError>((leaver, side::serve(server, clock, left, care.vitals())?))
    });
    // The thread lives as long as the loop.
    let (leaver, _side): (_, Option<MetricsThread>) = told.transpose()?.unzip();
    let daemon = Daemon {
        config,
        clock,
        started: now,
        pi: Pi::new(brain, books, now),
        sockets,
        printer: printer.map_err(system("print to standard output"))?,
        notifier: notifier.map_err(system("reach the socket that NOTIFY_SOCKET names"))?,
        care,
        is_answered: false,
        is_assigned: false,
        control_held: Patience::default(),
        leaver,
        flip_after: config.flip_after,
        end: None,
    };
    daemon.run(shutdown)
}

/// Locks all memory, if the system allows it; the work goes on without.
fn lock() {
    match lock_memory() {
        Ok(Locked::All) => tracing::info!("memory is locked"),
        Ok(Locked::Present) => tracing::info!("memory is locked, but for what comes later"),
        Err(refused) => tracing::warn!("{refused}"),
    }
}

/// The ZeroMQ library, as Hello tells it.
fn library() -> Libzmq {
    let used = libzmq();
    Libzmq::new(used.version, used.has_curve)
}

/// What the loop waits for beside the sockets of receivers.
const OTHERS_POLLED: usize = 4;

/// The rim around the brain.
struct Daemon<'a> {
    config: &'a Config,
    clock: Clock,
    started: Instant,
    pi: Pi<'a>,
    sockets: Sockets,
    printer: Option<Printer>,
    notifier: Notifier,
    care: Care,
    /// Whether the controller has ever answered.
    is_answered: bool,
    is_assigned: bool,
    /// A message for the controller that its socket does not take.
    control_held: Patience,
    /// Where its metrics go, if anybody may read them.
    leaver: Option<Leaver>,
    /// For tests: after how many events a bit of its books is flipped.
    flip_after: Option<u64>,
    /// Why it ends, as soon as everything has left.
    end: Option<Ended>,
}

impl Daemon<'_> {
    fn run(mut self, shutdown: &Shutdown) -> Result<Summary, PiError> {
        self.notifier.ready();
        let ended = loop {
            let now = self.clock.now();
            let is_more = self.turn(now)?;
            if let Some(ended) = self.ended() {
                break ended;
            }
            if shutdown.is_requested() {
                break Ended::Interrupted;
            }
            self.check_start_timeout(now)?;
            let deadline = if is_more {
                Some(now)
            } else {
                self.poll_timeout()
            };
            self.wait(deadline, shutdown)?;
        };
        self.notifier.stopping();
        if let Ended::Finished { .. } = ended {
            for (receiver, stock) in self.sockets.stock.into_iter().enumerate() {
                let standing = self.pi.receiver(receiver);
                if standing.is_some_and(|standing| standing.is_attached) {
                    stock.close(END_LINGER)?;
                }
            }
        }
        let counters = self.pi.counters();
        Ok(Summary { ended, counters })
    }

    /// Does what can be done without waiting, in bounded parts; says whether there is more.
    fn turn(&mut self, now: Instant) -> Result<bool, PiError> {
        self.notifier.handle_timeout(now);
        if self.end.is_some() {
            // What was printed is still to leave.
            return Ok(false);
        }
        self.flip_when_told();
        self.pi.handle_timeout(now);
        self.receive_control(now)?;
        self.receive_data(now)?;
        let is_more = self.send_stock(now)?;
        self.send_control(now)?;
        self.obey()?;
        self.say_what_waits(now);
        self.leave_metrics(now);
        Ok(is_more)
    }

    /// For tests: changes the books as memory does by itself.
    fn flip_when_told(&mut self) {
        let events = self.pi.counters().events;
        if self.flip_after.is_some_and(|after| after <= events) && self.pi.flip_bit_of_an_order() {
            self.flip_after = None;
            tracing::warn!("a bit of the books was flipped, as was asked for");
        }
    }

    /// Waits for the sockets that matter now.
    fn wait(&mut self, deadline: Option<Instant>, shutdown: &Shutdown) -> Result<(), PiError> {
        let goes_on = self.end.is_none();
        let control = Interest::of(goes_on, goes_on && self.control_held.is_waiting());
        let data = Interest::read_if(goes_on && self.pi.can_take_data());
        let stock = |receiver| {
            let standing = self.pi.receiver(receiver);
            let refuses = standing.is_some_and(|standing| standing.refuses);
            let socket = self.sockets.stock.get(receiver)?;
            Some(socket.poll_item(Interest::write_if(goes_on && refuses)))
        };
        let items: [_; OTHERS_POLLED + MAX_PUSHERS] = array::from_fn(|place| {
            let item = match place {
                0 => self.printer.as_ref().map(Printer::poll_item),
                1 => Some(shutdown.poll_item()),
                2 => Some(self.sockets.control.poll_item(control)),
                3 => Some(self.sockets.data.poll_item(data)),
                receiver => stock(receiver - OTHERS_POLLED),
            };
            item.unwrap_or_else(PollItem::nothing)
        });
        let [output, ..] = wait(&self.clock, deadline, items)?;
        if output.writable || output.readable {
            self.print_some();
        }
        Ok(())
    }

    fn receive_control(&mut self, now: Instant) -> Result<(), PiError> {
        for _ in 0..CONTROL_BURST {
            let Some(message) = self.sockets.control.recv()? else {
                break;
            };
            self.pi.handle_control(now, self.clock.wall(), message);
        }
        Ok(())
    }

    fn receive_data(&mut self, now: Instant) -> Result<(), PiError> {
        let wall = self.clock.wall();
        for _ in 0..DATA_BURST {
            if !self.pi.can_take_data() {
                break;
            }
            let Some(frame) = self.sockets.data.recv()? else {
                break;
            };
            self.pi.handle_data(now, wall, frame);
        }
        self.pi.mend(now, wall);
        Ok(())
    }

    /// Pushes and prints stock events; says whether there are more that could leave now.
    fn send_stock(&mut self, now: Instant) -> Result<bool, PiError> {
        let wall = self.clock.wall();
        for receiver in 0..self.sockets.stock.len() {
            self.push_stock(receiver, now, wall)?;
        }
        let is_more_to_print = self.config.print && self.print_stock(wall);
        // What one takes makes room, and in that there may be more for those before it.
        let mut standings = (0..self.sockets.stock.len()).filter_map(|at| self.pi.receiver(at));
        Ok(is_more_to_print || standings.any(|one| one.waiting > 0 && !one.refuses))
    }

    /// Pushes stock events to a receiver, in bounded parts.
    fn push_stock(
        &mut self,
        receiver: usize,
        now: Instant,
        wall: UnixNanos,
    ) -> Result<(), PiError> {
        let Some(socket) = self.sockets.stock.get_mut(receiver) else {
            return Ok(());
        };
        for _ in 0..STOCK_BURST {
            let Some(frame) = self.pi.stock_frame(receiver, wall) else {
                break;
            };
            if !socket.try_send(frame)? {
                self.pi.stock_refused(receiver, now);
                break;
            }
            self.pi.stock_sent(receiver);
        }
        Ok(())
    }

    /// Prints stock events; says whether there are more that could be printed now. Standard output is the
    /// last receiver, and is waited for as long as it takes: whoever looks at a node by hand misses
    /// nothing.
    fn print_stock(&mut self, wall: UnixNanos) -> bool {
        let receiver = self.sockets.stock.len();
        for _ in 0..STOCK_BURST {
            if self
                .printer
                .as_ref()
                .is_some_and(|printer| !printer.is_idle())
            {
                return false;
            }
            let Some(frame) = self.pi.stock_frame(receiver, wall) else {
                return false;
            };
            // Once nobody reads them, lines go nowhere.
            if let Some(printer) = &mut self.printer {
                printer.take(frame);
            }
            self.pi.stock_sent(receiver);
        }
        true
    }

    fn send_control(&mut self, now: Instant) -> Result<(), PiError> {
        self.pi.set_health(self.care.vitals().health());
        while let Some(message) = self.pi.control_message(now) {
            if !self.sockets.control.try_send(message)? {
                self.control_held.begin(now);
                return Ok(());
            }
            if self.control_held.end() {
                tracing::info!("the controller is there again");
            }
            self.pi.control_sent(now);
        }
        Ok(())
    }

    fn obey(&mut self) -> Result<(), PiError> {
        while let Some(command) = self.pi.next_command() {
            match command {
                Command::Subscribe(topic) => self.sockets.data.subscribe(topic)?,
                Command::Unsubscribe(topic) => self.sockets.data.unsubscribe(topic)?,
                Command::Report(Report::Damaged(damage)) if damage.harm == Harm::Names => {
                    return Err(PiError::Damaged(damage));
                }
                Command::Report(told) => self.take_report(told),
            }
        }
        Ok(())
    }

    /// Notes what a report means to the loop, and tells a person.
    fn take_report(&mut self, told: Report) {
        let end = match told {
            Report::Assigned { .. } => {
                self.is_assigned = true;
                None
            }
            Report::AnotherRun { .. } | Report::Fenced => {
                self.is_assigned = false;
                None
            }
            Report::Finished { equal } => {
                self.is_assigned = false;
                Some(Ended::Finished { equal })
            }
            Report::Refused(reason) => Some(Ended::Refused(reason)),
            Report::AwaitingController
            | Report::Ready
            | Report::Takes { .. }
            | Report::Hole { .. }
            | Report::Repaired { .. }
            | Report::Lost { .. }
            | Report::Damaged(_)
            | Report::BadFrame(_)
            | Report::OutOfPlace(_)
            | Report::Rejected { .. }
            | Report::Silent
            | Report::Heard
            | Report::ReceiverDetached { .. }
            | Report::ReceiverBack { .. }
            | Report::Ended { .. } => None,
        };
        self.is_answered |= self.is_assigned || end.is_some();
        if self.config.once && end.is_some() {
            // Whoever called says what it comes to.
            self.end = end;
        } else {
            report::log(told, self.config);
        }
    }

    /// Tells a person what has been waited for too long.
    fn say_what_waits(&mut self, now: Instant) {
        // Before the assignment the brain itself says that the controller does not answer.
        if self.is_assigned
            && let Some(waited) = self.control_held.overdue(now)
        {
            tracing::warn!(
                "no connection to the controller at {} for {} s; still trying",
                self.config.control,
                waited.as_secs()
            );
        }
    }

    /// Leaves what the loop is like for others to read.
    fn leave_metrics(&mut self, now: Instant) {
        let is_control_held = self.control_held.is_waiting();
        if let Some(leaver) = &mut self.leaver {
            leaver.turn(now, &self.pi, is_control_held);
        }
    }

    fn print_some(&mut self) {
        if let Some(Err(error)) = self.printer.as_mut().map(Printer::write_some) {
            tracing::warn!(%error, "standard output is closed; no more events are printed");
            self.printer = None;
        }
    }

    /// Why it has ended, once everything has left.
    fn ended(&self) -> Option<Ended> {
        if self
            .printer
            .as_ref()
            .is_some_and(|printer| !printer.is_idle())
        {
            return None;
        }
        self.end
    }

    fn check_start_timeout(&self, now: Instant) -> Result<(), PiError> {
        match self.start_deadline().zip(self.config.start_timeout) {
            Some((deadline, timeout)) if deadline <= now => Err(PiError::StartTimeout {
                endpoint: self.config.control,
                timeout,
            }),
            _ => Ok(()),
        }
    }

    fn start_deadline(&self) -> Option<Instant> {
        let timeout = self.config.start_timeout.filter(|_| !self.is_answered)?;
        Some(self.started.after(timeout))
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if self.end.is_some() {
            return self.notifier.poll_timeout();
        }
        let held = self.control_held.poll_timeout();
        [
            self.pi.poll_timeout(),
            self.notifier.poll_timeout(),
            self.start_deadline(),
            self.leaver.as_ref().map(Leaver::poll_timeout),
            held.filter(|_| self.is_assigned),
        ]
        .into_iter()
        .flatten()
        .min()
    }
}
