//! Who gets in: listed keys of the right role, and nobody else.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use oxberry_net::{
    Clock, ControlClient, ControlServer, Delivery, Endpoint, Identity, Interest, KeyRole, NetError,
    StockPuller, StockPusher,
};
use oxberry_proto::limits::{MAX_BATCH_BYTES, MAX_CONTROL_BYTES};

use crate::machines::{Machine, Monitor, cluster, ready, until};
use crate::servers::{Client, Kind, Server, at_every_socket, exchange, push, talk};

fn pair(kind: Kind, role: KeyRole) -> (Machine, Machine) {
    let server = Machine::new(kind.server(), "server");
    let client = Machine::new(role, "client");
    server.befriend(&client);
    (server, client)
}

#[test]
fn a_listed_key_opens_the_sockets_of_its_role() {
    at_every_socket(|kind| {
        for &role in kind.clients() {
            let (server, client) = pair(kind, role);
            let (ours, theirs) = (server.context(), client.context());
            let (mut socket, at) = Server::start(kind, &ours);
            let mut connected = Client::connect(kind, &theirs, at, "client");
            talk(&mut socket, &mut connected, b"hello");
            let counts = ours.key_counts();
            assert_eq!((counts.refused, counts.dropped), (0, 0), "{kind:?}");
            assert!(counts.admitted > 0, "{kind:?}");
            socket.close();
        }
    });
}

#[test]
fn the_longest_messages_get_through_with_curve_around_them() {
    let (controller, [pi]) = cluster();
    let page = Machine::new(KeyRole::Visual, "page");
    page.befriend(&pi);
    let (context, on_page, on_pi) = (controller.context(), page.context(), pi.context());
    let (mut puller, at) = StockPuller::bind(&on_page, Endpoint::loopback(0)).unwrap();
    let mut pusher = StockPusher::connect(&on_pi, at).unwrap();
    push(&mut pusher, &[7; MAX_BATCH_BYTES]);
    let length = until("the frame", || puller.recv().unwrap().map(<[u8]>::len));
    assert_eq!(length, MAX_BATCH_BYTES);

    let (mut server, at) = ControlServer::bind(&context, Endpoint::loopback(0)).unwrap();
    let identity = Identity::of_process("pi-1", &Clock::start());
    let mut client = ControlClient::connect(&on_pi, at, &identity).unwrap();
    let longest = vec![7; MAX_CONTROL_BYTES];
    assert!(client.try_send(&longest).unwrap());
    let peer = until("the report", || {
        let from = server.recv().unwrap()?;
        assert_eq!(from.name, Some("pi-1"));
        assert_eq!(from.message, longest);
        Some(from.peer.to_vec())
    });
    assert_eq!(server.send(&peer, &longest).unwrap(), Delivery::Sent);
    until("the answer", || {
        ready(client.poll_item(Interest::Read));
        client
            .recv()
            .unwrap()
            .map(|answer| assert_eq!(answer, longest))
    });
}

#[test]
fn a_plain_peer_is_refused_at_every_socket() {
    at_every_socket(|kind| {
        let server = Machine::new(kind.server(), "server");
        let context = server.context();
        let (mut socket, at) = Server::start(kind, &context);
        let plain = zmq::Context::new();
        let peer = plain.socket(kind.client_type()).unwrap();
        peer.set_linger(0).unwrap();
        let monitor = Monitor::of(&plain, &peer);
        if kind == Kind::Data {
            peer.set_subscribe(b"").unwrap();
        }
        peer.connect(&at.to_string()).unwrap();
        if kind != Kind::Data {
            peer.send("anything", zmq::DONTWAIT).unwrap();
        }
        monitor.wait_for_refusal();
        for _ in 0..10 {
            assert_eq!(socket.turn(), None, "{kind:?}");
        }
        if kind == Kind::Data {
            assert_eq!(peer.recv_bytes(zmq::DONTWAIT), Err(zmq::Error::EAGAIN));
        }
        socket.close();
    });
}

/// ZMTP 1.0 and 2.0 have no security, so libzmq must not fall back to them.
#[test]
fn an_old_protocol_without_security_is_refused_at_every_socket() {
    let greetings: [&[u8]; 3] = [
        // 1.0: an empty identity, and a message.
        &[1, 0, 4, 0, b'x', b'y', b'z'],
        // 2.0: signature, revision 1, type DEALER, an empty identity, a message.
        &[
            0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 1, 5, 0, 0, 0, 3, b'x', b'y', b'z',
        ],
        // 3.0 with the mechanism NULL.
        &null_greeting(),
    ];
    at_every_socket(|kind| {
        let server = Machine::new(kind.server(), "server");
        let context = server.context();
        let (mut socket, at) = Server::start(kind, &context);
        for greeting in greetings {
            let mut peer = TcpStream::connect(("127.0.0.1", at.port())).unwrap();
            peer.write_all(greeting).unwrap();
            wait_until_closed(&mut peer);
            assert_eq!(socket.turn(), None, "{kind:?}");
        }
        socket.close();
    });
}

fn null_greeting() -> [u8; 64] {
    let mut greeting = [0; 64];
    greeting[..11].copy_from_slice(&[0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3]);
    greeting[12..16].copy_from_slice(b"NULL");
    greeting
}

/// Reads until the other end closes, and fails when it does not.
pub(crate) fn wait_until_closed(peer: &mut TcpStream) {
    peer.set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let mut buffer = [0; 1_024];
    loop {
        match peer.read(&mut buffer) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return,
            Err(error) => panic!("the other end does not close: {error}"),
        }
    }
}

#[test]
fn an_unlisted_key_is_refused_at_every_socket_and_let_in_once_it_is_listed() {
    at_every_socket(|kind| {
        let server = Machine::new(kind.server(), "server");
        let client = Machine::new(kind.clients()[0], "client");
        client.allow(&server);
        let (ours, theirs) = (server.context(), client.context());
        let (mut socket, at) = Server::start(kind, &ours);
        let mut connected = Client::connect(kind, &theirs, at, "client");
        // Twice, so that it is seen to try again.
        until("it is refused", || {
            let got_in = exchange(&mut socket, &mut connected, b"hello");
            assert!(!got_in, "{kind:?}");
            (ours.key_counts().refused >= 2).then_some(())
        });
        assert_eq!(ours.key_counts().admitted, 0);
        // Nothing is started again.
        server.allow(&client);
        talk(&mut socket, &mut connected, b"hello");
        socket.close();
    });
}

#[test]
fn a_listed_key_of_the_wrong_role_is_refused_at_every_socket() {
    at_every_socket(|kind| {
        let wrong = KeyRole::ALL.into_iter();
        for role in wrong.filter(|role| !kind.clients().contains(role)) {
            let (server, client) = pair(kind, role);
            let context = server.context();
            let (mut socket, at) = Server::start(kind, &context);
            let (raw_context, raw) = client.raw_client(kind.client_type(), &server);
            let monitor = Monitor::of(&raw_context, &raw);
            if kind == Kind::Data {
                raw.set_subscribe(b"").unwrap();
            }
            raw.connect(&at.to_string()).unwrap();
            if kind != Kind::Data {
                raw.send("anything", zmq::DONTWAIT).unwrap();
            }
            monitor.wait_for_refusal();
            assert_eq!(socket.turn(), None, "{kind:?} {role}");
            let counts = context.key_counts();
            assert_eq!(counts.admitted, 0, "{kind:?} {role}");
            assert!(counts.refused > 0, "{kind:?} {role}");
            socket.close();
        }
    });
}

#[test]
fn a_server_needs_the_key_of_its_role() {
    let pi = Machine::new(KeyRole::Pi, "pi-1");
    let error = StockPuller::bind(&pi.context(), Endpoint::loopback(0)).unwrap_err();
    assert!(matches!(error, NetError::NotTheServer { .. }), "{error}");
}
