//! Somebody else listens where a machine of ours connects.

use oxberry_net::{Context, KeyRole};

use crate::machines::{Machine, Monitor, until};
use crate::servers::{Client, Kind, Server, at_every_socket, exchange, talk};

/// A machine that takes all it can get, and has a key of its own.
fn rogue(kind: Kind, client: &Machine) -> Machine {
    let rogue = Machine::new(kind.server(), "rogue");
    rogue.allow(client);
    rogue
}

#[test]
fn a_rogue_publisher_is_not_believed_and_the_true_one_is_found_again() {
    at_every_socket(|kind| {
        let server = Machine::new(kind.server(), "server");
        let client = Machine::new(kind.clients()[0], "client");
        server.befriend(&client);
        let rogue = rogue(kind, &client);
        let (rogue_context, theirs) = (rogue.context(), client.context());
        let (mut false_one, at) = Server::start(kind, &rogue_context);
        let mut connected = Client::connect(kind, &theirs, at, "client");
        // The handshake with it fails, which it does not even see as a key that knocks.
        let fails = || theirs.key_counts().unproved > 0;
        until("the handshake fails", || {
            assert!(!exchange(&mut false_one, &mut connected, b"secret"));
            fails().then_some(())
        });
        assert_eq!(rogue_context.key_counts().admitted, 0, "{kind:?}");
        false_one.close();
        drop(rogue_context);
        find_again(kind, &server, at, &mut connected);
    });
}

#[test]
fn a_server_without_keys_is_not_believed_and_the_true_one_is_found_again() {
    at_every_socket(|kind| {
        let server = Machine::new(kind.server(), "server");
        let client = Machine::new(kind.clients()[0], "client");
        server.befriend(&client);
        let theirs = client.context();
        let plain = Context::new();
        let (mut false_one, at) = Server::start(kind, &plain);
        let mut connected = Client::connect(kind, &theirs, at, "client");
        until("the handshake fails", || {
            assert!(!exchange(&mut false_one, &mut connected, b"secret"));
            (theirs.key_counts().unproved > 0).then_some(())
        });
        false_one.close();
        drop(plain);
        find_again(kind, &server, at, &mut connected);
    });
}

/// The true server comes back in the place of the false one.
fn find_again(kind: Kind, server: &Machine, at: oxberry_net::Endpoint, connected: &mut Client) {
    let context = server.context();
    let (mut socket, again) = Server::bind(kind, &context, at);
    assert_eq!(again, at);
    talk(&mut socket, connected, b"hello");
    socket.close();
}

#[test]
fn a_client_follows_its_list_when_the_server_has_a_new_key() {
    let before = Machine::new(KeyRole::Controller, "before");
    let after = Machine::new(KeyRole::Controller, "after");
    let pi = Machine::new(KeyRole::Pi, "pi-1");
    before.befriend(&pi);
    let theirs = pi.context();
    after.allow(&pi);
    let ours = after.context();
    let (mut socket, at) = Server::start(Kind::Control, &ours);
    let mut connected = Client::connect(Kind::Control, &theirs, at, "pi-1");
    until("the handshake fails", || {
        assert!(!exchange(&mut socket, &mut connected, b"hello"));
        (theirs.key_counts().unproved > 0).then_some(())
    });
    pi.allow_nobody();
    pi.allow(&after);
    talk(&mut socket, &mut connected, b"hello");
}

/// What the tests above rest on: libzmq by itself never tries again, so that a moment of a false server
/// would be the end of a node.
#[test]
fn libzmq_gives_up_where_the_other_end_has_no_keys() {
    let client = Machine::new(KeyRole::Pi, "pi-1");
    let server = Machine::new(KeyRole::Controller, "controller");
    let (_plain_server, at) = Server::start(Kind::Control, &Context::new());
    let (context, raw) = client.raw_client(zmq::DEALER, &server);
    let monitor = Monitor::of(&context, &raw);
    raw.connect(&at.to_string()).unwrap();
    monitor.wait_for(&[zmq::SocketEvent::HANDSHAKE_FAILED_PROTOCOL]);
}
