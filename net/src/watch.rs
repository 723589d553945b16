//! What became of handshakes, which libzmq tells only to those who listen for it.

use oxberry_core::units::Instant;

use crate::clock::Clock;
use crate::limits::RECONNECT_PAUSE;

/// How libzmq says that the other end does not use CURVE.
const MECHANISM_MISMATCH: u32 = zmq_sys::ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH;

/// How libzmq says that a box could not be opened.
const CRYPTOGRAPHIC: u32 = zmq_sys::ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC;

/// Why a handshake failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The other end does not use CURVE.
    NotEncrypted,
    /// The other end has another key than it should, or takes us for somebody else.
    AnotherKey,
    /// The other end does not speak ZeroMQ's protocol.
    Nonsense,
    /// The key was proved, and refused.
    Refused,
    /// The other end closed the connection, or said nothing for too long.
    Closed,
}

impl Failure {
    /// Whether libzmq gives the connection up for good, on the side that connects.
    const fn is_final(self) -> bool {
        match self {
            Self::NotEncrypted | Self::AnotherKey | Self::Nonsense | Self::Refused => true,
            Self::Closed => false,
        }
    }
}

/// Listens to the handshakes of one socket.
pub(crate) struct Watch {
    clock: Clock,
    events: zmq::Socket,
    /// The last handshake failed: since when, and whether libzmq gave up.
    failed: Option<(Instant, bool)>,
}

impl Watch {
    /// Begins to listen, before the socket is bound or connected. `name` must be unique in the context.
    pub(crate) fn begin(
        context: &zmq::Context,
        socket: &zmq::Socket,
        name: &str,
    ) -> zmq::Result<Self> {
        let endpoint = format!("inproc://{name}");
        let events = zmq::SocketEvent::HANDSHAKE_SUCCEEDED.to_raw()
            | zmq::SocketEvent::HANDSHAKE_FAILED_NO_DETAIL.to_raw()
            | zmq::SocketEvent::HANDSHAKE_FAILED_PROTOCOL.to_raw()
            | zmq::SocketEvent::HANDSHAKE_FAILED_AUTH.to_raw();
        socket.monitor(&endpoint, events.into())?;
        let events = context.socket(zmq::PAIR)?;
        // Without a bound: libzmq's thread would wait for us, with all its connections.
        events.set_rcvhwm(0)?;
        events.set_linger(0)?;
        events.connect(&endpoint)?;
        Ok(Self {
            clock: Clock::start(),
            events,
            failed: None,
        })
    }

    /// The failures since the last look.
    pub(crate) fn look(&mut self) -> Vec<Failure> {
        let mut failures = Vec::new();
        while let Ok(event) = self.events.recv_multipart(zmq::DONTWAIT) {
            let Some(outcome) = event.first().and_then(|event| outcome_of(event)) else {
                continue;
            };
            match outcome {
                Ok(()) => self.failed = None,
                Err(failure) => {
                    let (since, was_final) = self.failed.unwrap_or((self.clock.now(), false));
                    self.failed = Some((since, was_final || failure.is_final()));
                    failures.push(failure);
                }
            }
        }
        failures
    }

    /// Whether it is time to try again by hand, and whether libzmq gave up; then the pause begins anew.
    pub(crate) fn is_due(&mut self) -> Option<bool> {
        let (since, is_final) = self.failed?;
        if self.clock.now() < since.after(RECONNECT_PAUSE) {
            return None;
        }
        self.failed = None;
        Some(is_final)
    }
}

/// What an event says: two bytes of its kind, four of its value, in this machine's order.
fn outcome_of(event: &[u8]) -> Option<Result<(), Failure>> {
    let (kind, value) = event.split_first_chunk::<2>()?;
    let kind = u32::from(u16::from_ne_bytes(*kind));
    let value = u32::from_ne_bytes(*value.first_chunk()?);
    match (kind, value) {
        (zmq_sys::ZMQ_EVENT_HANDSHAKE_SUCCEEDED, _) => Some(Ok(())),
        (zmq_sys::ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, _) => Some(Err(Failure::Closed)),
        (zmq_sys::ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, _) => Some(Err(Failure::Refused)),
        (zmq_sys::ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, MECHANISM_MISMATCH) => {
            Some(Err(Failure::NotEncrypted))
        }
        (zmq_sys::ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, CRYPTOGRAPHIC) => {
            Some(Err(Failure::AnotherKey))
        }
        (zmq_sys::ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, _) => Some(Err(Failure::Nonsense)),
        _ => None,
    }
}

/// Ends the listening, before the socket is closed: what libzmq had to tell with nobody there to hear it
/// would hold up its thread.
#[expect(unsafe_code, reason = "an option that only the C interface has")]
pub(crate) fn end(socket: &mut zmq::Socket) {
    // SAFETY: the socket is open for as long as it is borrowed and owned by this thread; libzmq takes
    // the null pointer for the wish to end the monitor, and reads no event mask then.
    let _ = unsafe { zmq_sys::zmq_socket_monitor(socket.as_mut_ptr(), std::ptr::null(), 0) };
}
