//! A conversation under CURVE, by whatever libzmq is linked.

use std::thread;

use zmq::{Context, CurveKeyPair, Socket};

/// Long enough for a loaded machine; only a test that fails waits for it.
const PATIENCE_MS: i32 = 30_000;

/// Long enough to arrive, if it could.
const GLIMPSE_MS: i32 = 300;

fn server(context: &Context, keys: &CurveKeyPair) -> (Socket, String) {
    let server = context.socket(zmq::REP).unwrap();
    server.set_curve_server(true).unwrap();
    server.set_curve_secretkey(&keys.secret_key).unwrap();
    server.set_rcvtimeo(PATIENCE_MS).unwrap();
    server.bind("tcp://127.0.0.1:0").unwrap();
    let endpoint = server.get_last_endpoint().unwrap().unwrap();
    (server, endpoint)
}

fn client(context: &Context, endpoint: &str, server: &[u8]) -> Socket {
    let keys = CurveKeyPair::new().unwrap();
    let client = context.socket(zmq::REQ).unwrap();
    client.set_curve_serverkey(server).unwrap();
    client.set_curve_publickey(&keys.public_key).unwrap();
    client.set_curve_secretkey(&keys.secret_key).unwrap();
    client.set_linger(0).unwrap();
    client.set_rcvtimeo(PATIENCE_MS).unwrap();
    client.connect(endpoint).unwrap();
    client
}

#[test]
fn this_libzmq_has_curve() {
    assert_eq!(zmq::has("curve"), Some(true));
}

#[test]
fn messages_of_any_length_come_through() {
    let context = Context::new();
    let keys = CurveKeyPair::new().unwrap();
    let (server, endpoint) = server(&context, &keys);
    let echo = thread::spawn(move || {
        for _ in 0..LENGTHS.len() {
            let message = server.recv_bytes(0).unwrap();
            server.send(message, 0).unwrap();
        }
    });
    const LENGTHS: [usize; 9] = [0, 1, 29, 30, 255, 256, 1_400, 65_536, 3_000_000];
    let client = client(&context, &endpoint, &keys.public_key);
    for length in LENGTHS {
        let sent: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        client.send(&sent, 0).unwrap();
        assert!(client.recv_bytes(0).unwrap() == sent, "{length} bytes");
    }
    echo.join().unwrap();
}

#[test]
fn who_takes_another_for_the_server_hears_nothing() {
    let context = Context::new();
    let keys = CurveKeyPair::new().unwrap();
    let (server, endpoint) = server(&context, &keys);
    server.set_rcvtimeo(GLIMPSE_MS).unwrap();
    let another = CurveKeyPair::new().unwrap();
    let client = client(&context, &endpoint, &another.public_key);
    client.send("hello", 0).unwrap();
    assert_eq!(server.recv_bytes(0), Err(zmq::Error::EAGAIN));
}

#[test]
fn who_comes_without_keys_is_not_heard() {
    let context = Context::new();
    let (server, endpoint) = server(&context, &CurveKeyPair::new().unwrap());
    server.set_rcvtimeo(GLIMPSE_MS).unwrap();
    let client = context.socket(zmq::REQ).unwrap();
    client.set_linger(0).unwrap();
    client.connect(&endpoint).unwrap();
    client.send("hello", 0).unwrap();
    assert_eq!(server.recv_bytes(0), Err(zmq::Error::EAGAIN));
}

#[test]
fn a_public_key_follows_from_its_secret_one() {
    let keys = CurveKeyPair::new().unwrap();
    let secret = std::ffi::CString::new(zmq::z85_encode(&keys.secret_key).unwrap()).unwrap();
    let mut public = [0; 41];
    // SAFETY: 40 characters and the zero behind them can be read at the one and written at the other.
    let result = unsafe { zmq_sys::zmq_curve_public(public.as_mut_ptr(), secret.as_ptr()) };
    assert_eq!(result, 0);
    let public: Vec<u8> = public[..40]
        .iter()
        .map(|&character| character as u8)
        .collect();
    let expected = zmq::z85_encode(&keys.public_key).unwrap();
    assert_eq!(String::from_utf8(public).unwrap(), expected);
}
