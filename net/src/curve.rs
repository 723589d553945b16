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
