//! A listed machine that sends what none of ours sends.

use oxberry_net::KeyRole;
use oxberry_proto::limits::MAX_CONTROL_BYTES;

use crate::machines::{Machine, Monitor, cluster, until};
use crate::servers::{Client, Kind, Server, at_sockets, expect_only, talk};

#[test]
fn an_oversized_message_ends_the_connection_of_its_sender_and_of_nobody_else() {
    let (controller, [rogue, other]) = cluster();
    let context = controller.context();
    let (mut socket, at) = Server::start(Kind::Control, &context);
    let theirs = other.context();
    let mut good = Client::connect(Kind::Control, &theirs, at, "pi-2");
    talk(&mut socket, &mut good, b"hello");
    let admitted = context.key_counts().admitted;

    let (raw_context, raw) = rogue.raw_client(zmq::DEALER, &controller);
    let monitor = Monitor::of(&raw_context, &raw);
    raw.set_identity(b"pi-1-0123456789abcdef").unwrap();
    raw.connect(&at.to_string()).unwrap();
    raw.send(vec![0; 2 * MAX_CONTROL_BYTES], 0).unwrap();
    monitor.wait_for(&[zmq::SocketEvent::DISCONNECTED]);
    while let Some(message) = socket.turn() {
        assert_eq!(message, b"hello");
    }
    talk(&mut socket, &mut good, b"still here");
    // Only the rogue came anew.
    until("it comes back", || {
        (context.key_counts().admitted > admitted + 1).then_some(())
    });
    assert_eq!(context.key_counts().dropped, 0);
}

#[test]
fn messages_of_odd_shape_are_passed_over_at_every_socket() {
    at_sockets(&[Kind::Control, Kind::Setup, Kind::Stock], |kind| {
        let server = Machine::new(kind.server(), "server");
        let client = Machine::new(kind.clients()[0], "pi-1");
        server.befriend(&client);
        let context = server.context();
        let (mut socket, at) = Server::start(kind, &context);
        let (_raw_context, raw) = client.raw_client(kind.client_type(), &server);
        raw.set_identity(b"pi-1-0123456789abcdef").unwrap();
        raw.connect(&at.to_string()).unwrap();
        for _ in 0..100 {
            raw.send_multipart(["many", "parts", ""], 0).unwrap();
            if kind == Kind::Setup {
                // It is answered with nothing, since a question must have an answer.
                let answer = until("the answer", || {
                    assert_eq!(socket.turn(), None);
                    raw.recv_bytes(zmq::DONTWAIT).ok()
                });
                assert_eq!(answer, b"");
            }
        }
        raw.send("one part", 0).unwrap();
        expect_only(&mut socket, b"one part");
        socket.close();
    });
}

#[test]
fn a_subscriber_that_talks_nonsense_gets_its_batches_and_nobody_else_is_held_up() {
    let (controller, [rogue, other]) = cluster();
    let tap = Machine::new(KeyRole::Tap, "tap");
    tap.befriend(&controller);
    let context = controller.context();
    let (mut socket, at) = Server::start(Kind::Data, &context);
    let (_raw_context, raw) = rogue.raw_client(zmq::XSUB, &controller);
    raw.connect(&at.to_string()).unwrap();
    for message in [
        &b""[..],
        b"\x02",
        b"\x00never subscribed",
        b"neither",
        &[1; 1_400],
    ] {
        raw.send(message, 0).unwrap();
    }
    for (machine, name) in [(&other, "pi-2"), (&tap, "tap")] {
        let theirs = machine.context();
        let mut good = Client::connect(Kind::Data, &theirs, at, name);
        talk(&mut socket, &mut good, b"");
    }
    socket.close();
}
