//! systemd's notification protocol: datagrams of `NAME=value` to a socket that it names.

use std::env;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use oxberry_core::units::Instant;

/// Tells systemd that a daemon is ready and that its loop still turns.
///
/// Does nothing unless systemd asked for it (`Type=notify`, `WatchdogSec=`). The loop calls
/// [`handle_timeout`](Self::handle_timeout) itself, so that a loop that hangs is restarted. Allocates
/// nothing after it was made.
#[derive(Debug)]
pub struct Notifier {
    socket: Option<UnixDatagram>,
    /// How often the watchdog is fed: twice in the time that systemd allows.
    feed_every: Option<Duration>,
    next_feed: Instant,
}

impl Notifier {
    /// A notifier as the environment asks for: `NOTIFY_SOCKET`, `WATCHDOG_USEC`, `WATCHDOG_PID`.
    ///
    /// # Errors
    ///
    /// When there is a `NOTIFY_SOCKET`, but it cannot be reached.
    pub fn from_environment(now: Instant) -> io::Result<Self> {
        let address = env::var_os("NOTIFY_SOCKET").filter(|address| !address.is_empty());
        let Some(address) = address else {
            return Ok(Self {
                socket: None,
                feed_every: None,
                next_feed: now,
            });
        };
        let address = address.as_encoded_bytes();
        let variable = |name| env::var(name).ok()?.parse::<u64>().ok();
        let for_us =
            variable("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
        let allowed = variable("WATCHDOG_USEC").filter(|_| for_us);
        Self::new(address, allowed.map(Duration::from_micros), now)
    }

    fn new(address: &[u8], allowed: Option<Duration>, now: Instant) -> io::Result<Self> {
        let address = match address.split_first() {
            Some((b'@', name)) => SocketAddr::from_abstract_name(name)?,
            _ => SocketAddr::from_pathname(os_path(address))?,
        };
        let socket = UnixDatagram::unbound()?;
        socket.connect_addr(&address)?;
        // systemd that does not read must not stop the loop.
        socket.set_nonblocking(true)?;
        Ok(Self {
            socket: Some(socket),
            feed_every: allowed.map(|allowed| allowed / 2),
            next_feed: now,
        })
    }

    /// Start-up is done.
    pub fn ready(&self) {
        self.tell("READY=1");
    }

    /// The daemon is about to end.
    pub fn stopping(&self) {
        self.tell("STOPPING=1");
    }

    /// When the watchdog is to be fed next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.feed_every.map(|_| self.next_feed)
    }

    /// Feeds the watchdog if it is time.
    pub fn handle_timeout(&mut self, now: Instant) {
        if let Some(every) = self.feed_every
            && self.next_feed <= now
        {
            self.tell("WATCHDOG=1");
            self.next_feed = now.after(every);
        }
    }

    fn tell(&self, state: &str) {
        // A lost datagram is not worth ending for: the watchdog is fed twice as often as needed,
        // and systemd reports a READY that never came.
        let sent = self
            .socket
            .as_ref()
            .map(|socket| socket.send(state.as_bytes()));
        if let Some(Err(error)) = sent {
            tracing::debug!(state, %error, "systemd was not told");
        }
    }
}

/// Bytes of the environment as a path.
fn os_path(bytes: &[u8]) -> &std::path::Path {
    use std::os::unix::ffi::OsStrExt;
    std::path::Path::new(std::ffi::OsStr::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixDatagram};
    use std::time::Duration;

    use oxberry_core::units::Instant;

    use super::Notifier;

    #[test]
    fn the_watchdog_is_fed_twice_in_its_time_and_not_more_often() {
        let name = format!("oxberry-notify-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let systemd = UnixDatagram::bind_addr(&address).unwrap();
        systemd.set_nonblocking(true).unwrap();
        let hear = || {
            let mut told = [0; 64];
            let length = systemd.recv(&mut told).ok()?;
            Some(String::from_utf8_lossy(&told[..length]).into_owned())
        };

        let seconds = |s: u64| Instant::from_raw(s * 1_000_000_000);
        let allowed = Some(Duration::from_secs(10));
        let mut notifier =
            Notifier::new(format!("@{name}").as_bytes(), allowed, seconds(0)).unwrap();
        notifier.ready();
        assert_eq!(hear().as_deref(), Some("READY=1"));
        notifier.handle_timeout(seconds(0));
        assert_eq!(hear().as_deref(), Some("WATCHDOG=1"));
        assert_eq!(notifier.poll_timeout(), Some(seconds(5)));
        notifier.handle_timeout(seconds(4));
        assert_eq!(hear(), None);
        notifier.handle_timeout(seconds(5));
        assert_eq!(hear().as_deref(), Some("WATCHDOG=1"));
    }

    #[test]
    fn a_socket_that_is_not_there_is_an_error() {
        let missing = Notifier::new(b"/nonexistent/notify", None, Instant::from_raw(0));
        assert!(missing.is_err());
    }
}
