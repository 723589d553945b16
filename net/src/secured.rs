//! A TCP socket of a machine with keys: who is at the other end, and what to do when it cannot be proved.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::sync::Arc;

use crate::context::{Context, Security};
use crate::curve;
use crate::domain::Domain;
use crate::error::NetError;
use crate::keys::{Allowed, KeyRole, PublicKey};
use crate::role::Role;
use crate::roster::Sender;
use crate::watch::{self, Failure, Watch};

/// What a socket with keys knows beside its role.
pub(crate) struct Secured {
    domain: Domain,
    side: Side,
    watch: RefCell<Watch>,
    // Last: the ZAP thread that it may hold outlives the socket.
    security: Arc<Security>,
}

enum Side {
    /// Others connect to this port.
    Server { port: Cell<u16> },
    /// It connects to the machine of a role, which must have this key.
    Client {
        server: KeyRole,
        key: Cell<PublicKey>,
    },
}

impl Secured {
    /// Makes a server of a socket that is not bound yet. Nothing without keys, and within a process.
    pub(crate) fn serve(
        context: &Context,
        role: Role,
        socket: &mut zmq::Socket,
    ) -> Result<Option<Self>, NetError> {
        let Some((security, domain)) = context.security().zip(role.domain()) else {
            return Ok(None);
        };
        let (is, must) = (security.keys().role(), domain.server());
        if is != must {
            let socket = role.name();
            return Err(NetError::NotTheServer { socket, is, must });
        }
        let served = curve::serve(socket, security.keys(), domain);
        served.map_err(|source| role.set_up_error(source))?;
        let port = Cell::new(0);
        Self::watch(context, security, role, socket, Side::Server { port }).map(Some)
    }

    /// Makes a client of a socket that is not connected yet. Nothing without keys, and within a process.
    pub(crate) fn connect(
        context: &Context,
        role: Role,
        socket: &mut zmq::Socket,
    ) -> Result<Option<Self>, NetError> {
        let Some((security, domain)) = context.security().zip(role.domain()) else {
            return Ok(None);
        };
        let server = domain.server();
        let key = security.keys().server(server)?;
        let connected = curve::connect(socket, security.keys(), &key);
        connected.map_err(|source| role.set_up_error(source))?;
        let key = Cell::new(key);
        Self::watch(
            context,
            security,
            role,
            socket,
            Side::Client { server, key },
        )
        .map(Some)
    }

    fn watch(
        context: &Context,
        security: &Arc<Security>,
        role: Role,
        socket: &zmq::Socket,
        side: Side,
    ) -> Result<Self, NetError> {
        let watch = Watch::begin(context.zmq(), socket, &security.monitor_name());
        let watch = watch.map_err(|source| role.set_up_error(source))?;
        let domain = role.domain().unwrap_or(Domain::Data);
        Ok(Self {
            domain,
            side,
            watch: RefCell::new(watch),
            security: Arc::clone(security),
        })
    }

    /// The server is bound to this port.
    pub(crate) fn bound_to(&self, port: u16) {
        if let Side::Server { port: of_server } = &self.side {
            of_server.set(port);
        }
    }

    /// Whether messages must be looked at for their sender.
    pub(crate) const fn is_server(&self) -> bool {
        matches!(self.side, Side::Server { .. })
    }

    /// Who sent a message. A client has proved at its connection that it talks to the right server.
    pub(crate) fn sender(&self, message: &mut zmq::Message) -> Sender {
        match &self.side {
            Side::Server { port } => {
                let roster = self.security.roster();
                roster.sender(self.domain, port.get(), message)
            }
            Side::Client { .. } => Sender::Anybody,
        }
    }

    /// A message was dropped, since its sender took another one's name.
    pub(crate) fn drop_message(&self, name: &str, claimed: &str) {
        let roster = self.security.roster();
        roster.drop_message(self.domain, name, claimed);
    }

    /// Tells what handshakes failed, and connects a client again that libzmq has given up.
    pub(crate) fn look(&self, socket: &zmq::Socket, endpoint: &str) {
        let mut watch = self.watch.borrow_mut();
        for failure in watch.look() {
            // The ZAP thread, which refused it, has told that with the key.
            let is_told = self.is_server() && failure == Failure::Refused;
            if !is_told && self.security.tells_failure(self.domain) {
                self.tell(failure, endpoint);
            }
        }
        if let Side::Client { server, key } = &self.side
            && let Some(is_final) = watch.is_due()
        {
            self.try_again(socket, endpoint, (*server, key), is_final);
        }
    }

    /// Connects again where libzmq gave up, or where the server has another key by now.
    fn try_again(
        &self,
        socket: &zmq::Socket,
        endpoint: &str,
        (server, key): (KeyRole, &Cell<PublicKey>),
        is_final: bool,
    ) {
        // A list that is being written is not to be told each second.
        let listed = self.security.keys().server(server).unwrap_or(key.get());
        if !is_final && listed == key.get() {
            return;
        }
        key.set(listed);
        let connect = || {
            // It may have none left.
            let _ = socket.disconnect(endpoint);
            socket.set_curve_serverkey(listed.as_bytes())?;
            socket.connect(endpoint)
        };
        if let Err(error) = connect() {
            tracing::error!("cannot connect to {endpoint} again: {error}");
        }
    }

    fn tell(&self, failure: Failure, endpoint: &str) {
        let socket = self.domain.name();
        let list = Allowed::file_in(self.security.keys().directory());
        let list = list.display();
        match (&self.side, failure) {
            (Side::Server { .. }, Failure::NotEncrypted) => tracing::warn!(
                "refused somebody at the {socket} socket who has no key: start it with --keys"
            ),
            (Side::Server { .. }, Failure::AnotherKey) => tracing::warn!(
                "refused somebody at the {socket} socket who takes this machine for another: its \
                 list does not have the key of this one"
            ),
            (Side::Server { .. }, Failure::Nonsense) => tracing::warn!(
                "refused somebody at the {socket} socket who does not speak ZeroMQ's protocol"
            ),
            // Scanners and flaky links do this; refused keys are told with their names.
            (Side::Server { .. }, Failure::Closed | Failure::Refused) => {
                tracing::debug!("a handshake at the {socket} socket was not finished");
            }
            (Side::Client { server, .. }, Failure::NotEncrypted) => tracing::warn!(
                "the {server} at {endpoint} does not use keys: start it with --keys; still trying"
            ),
            (Side::Client { server, .. }, Failure::AnotherKey) => tracing::warn!(
                "who answers at {endpoint} does not have the key of the {server} in {list}; still \
                 trying"
            ),
            (Side::Client { server, .. }, Failure::Nonsense) => {
                tracing::warn!("who answers at {endpoint} is no {server}; still trying")
            }
            (Side::Client { server, .. }, Failure::Closed | Failure::Refused) => tracing::warn!(
                "the {server} at {endpoint} does not let this machine in: is its key listed there, \
                 and the key of the {server} in {list}? still trying"
            ),
        }
    }
}

/// Ends the listening for handshakes, before the socket is closed.
pub(crate) fn end_watch(socket: &mut zmq::Socket) {
    watch::end(socket);
}

impl fmt::Debug for Secured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secured")
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}
