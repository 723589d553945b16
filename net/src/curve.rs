//! CURVE on a socket: what libzmq must know before it binds or connects.

use crate::domain::Domain;
use crate::int_option::set_int;
use crate::keys::{Keys, PublicKey};
use crate::limits::HANDSHAKE_LIMIT;
use crate::role::ms;

/// Lets in only who proves a key that the ZAP thread knows.
pub(crate) fn serve(socket: &mut zmq::Socket, keys: &Keys, domain: Domain) -> zmq::Result<()> {
    socket.set_handshake_ivl(ms(HANDSHAKE_LIMIT))?;
    socket.set_curve_server(true)?;
    socket.set_curve_secretkey(keys.pair().secret().reveal())?;
    socket.set_zap_domain(domain.name())?;
    enforce_zap(socket)
}

/// Proves this machine's key to the server, which must have `server`.
pub(crate) fn connect(socket: &zmq::Socket, keys: &Keys, server: &PublicKey) -> zmq::Result<()> {
    socket.set_handshake_ivl(ms(HANDSHAKE_LIMIT))?;
    socket.set_curve_publickey(keys.pair().public.as_bytes())?;
    socket.set_curve_secretkey(keys.pair().secret().reveal())?;
    socket.set_curve_serverkey(server.as_bytes())
}

/// Sets `ZMQ_ZAP_ENFORCE_DOMAIN`, which the `zmq` crate does not wrap: without an answer from the ZAP
/// thread nobody gets in. Left to itself libzmq would let everybody in who knows the server's public key.
fn enforce_zap(socket: &mut zmq::Socket) -> zmq::Result<()> {
    const ZMQ_ZAP_ENFORCE_DOMAIN: i32 = 93;
    set_int(socket, ZMQ_ZAP_ENFORCE_DOMAIN, 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Allowed, KeyPair, KeyRole, allow};

    fn keys(role: KeyRole) -> (tempfile::TempDir, Keys) {
        let directory = tempfile::tempdir().unwrap();
        let pair = KeyPair::generate(role, "name".parse().unwrap()).unwrap();
        pair.write(directory.path(), false).unwrap();
        allow(directory.path(), &pair.allowed_line(), false).unwrap();
        assert!(Allowed::read(directory.path()).is_ok());
        let keys = Keys::load(directory.path()).unwrap();
        (directory, keys)
    }

    #[test]
    fn without_the_thread_that_looks_at_keys_nobody_gets_in() {
        let (_server_directory, server) = keys(KeyRole::Visual);
        let (_client_directory, client) = keys(KeyRole::Pi);
        let context = zmq::Context::new();
        let mut pull = context.socket(zmq::PULL).unwrap();
        serve(&mut pull, &server, Domain::Stock).unwrap();
        pull.bind("tcp://127.0.0.1:*").unwrap();
        let endpoint = pull.get_last_endpoint().unwrap().unwrap();
        let push = context.socket(zmq::PUSH).unwrap();
        push.set_linger(0).unwrap();
        connect(&push, &client, &server.pair().public).unwrap();
        let events = zmq::SocketEvent::HANDSHAKE_SUCCEEDED.to_raw()
            | zmq::SocketEvent::HANDSHAKE_FAILED_NO_DETAIL.to_raw();
        push.monitor("inproc://handshakes", events.into()).unwrap();
        let monitor = context.socket(zmq::PAIR).unwrap();
        monitor.set_rcvtimeo(60_000).unwrap();
        monitor.connect("inproc://handshakes").unwrap();
        push.connect(endpoint.trim_end_matches('\0')).unwrap();
        let event = monitor.recv_multipart(0).unwrap();
        let kind = u16::from_ne_bytes([event[0][0], event[0][1]]);
        let refused = zmq::SocketEvent::HANDSHAKE_FAILED_NO_DETAIL;
        assert_eq!(zmq::SocketEvent::from_raw(kind), refused);
    }
}
