//! What was heard on the wire is sent again.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use oxberry_net::Endpoint;

use crate::admission::wait_until_closed;
use crate::machines::{cluster, until};
use crate::servers::{Client, Kind, Server, exchange, talk};

/// Sits between a client and a server, and writes down what both say.
struct Tap {
    at: Endpoint,
    from_client: Arc<Mutex<Vec<u8>>>,
    from_server: Arc<Mutex<Vec<u8>>>,
}

impl Tap {
    /// One connection long.
    fn before(server: Endpoint) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let at = Endpoint::loopback(listener.local_addr().unwrap().port());
        let tap = Self {
            at,
            from_client: Arc::default(),
            from_server: Arc::default(),
        };
        let (up, down) = (Arc::clone(&tap.from_client), Arc::clone(&tap.from_server));
        thread::spawn(move || {
            let (client, _) = listener.accept().unwrap();
            let server = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
            let pair = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || pass_on(pair.1, pair.0, &down));
            pass_on(client, server, &up);
        });
        tap
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, record: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 4_096];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        record.lock().unwrap().extend(&buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    // Either end may be closed already.
    let _ = to.shutdown(std::net::Shutdown::Both);
}

#[test]
fn a_replayed_session_is_not_accepted() {
    let (controller, [pi]) = cluster();
    let context = controller.context();
    let (mut socket, at) = Server::start(Kind::Control, &context);
    let tap = Tap::before(at);
    let theirs = pi.context();
    let mut client = Client::connect(Kind::Control, &theirs, tap.at, "pi-1");
    talk(&mut socket, &mut client, b"sell everything");
    client.say(b"the last word");
    until("the last word", || {
        (socket.turn()? == b"the last word").then_some(())
    });
    drop((client, theirs));
    let session = tap.from_client.lock().unwrap().clone();
    assert!(session.len() > 400, "a whole handshake: {}", session.len());
    assert!(!session.windows(4).any(|word| word == b"sell"), "encrypted");

    let admitted = context.key_counts().admitted;
    for _ in 0..3 {
        let mut replayer = TcpStream::connect(("127.0.0.1", at.port())).unwrap();
        // It may be closed while it is still written to.
        let _ = replayer.write_all(&session);
        wait_until_closed(&mut replayer);
        assert_eq!(socket.turn(), None);
    }
    assert_eq!(context.key_counts().admitted, admitted);
}

#[test]
fn the_replayed_words_of_a_server_are_not_believed() {
    let (controller, [pi]) = cluster();
    let context = controller.context();
    let (mut socket, at) = Server::start(Kind::Data, &context);
    let tap = Tap::before(at);
    let theirs = pi.context();
    let mut client = Client::connect(Kind::Data, &theirs, tap.at, "pi-1");
    talk(&mut socket, &mut client, b"");
    drop((client, theirs));
    let session = tap.from_server.lock().unwrap().clone();
    socket.close();

    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let at = Endpoint::loopback(listener.local_addr().unwrap().port());
    let theirs = pi.context();
    let mut client = Client::connect(Kind::Data, &theirs, at, "pi-1");
    let mut accepted = Vec::new();
    until("the client gives the replayed server up", || {
        match listener.accept() {
            Ok((mut stream, _)) => {
                let _ = stream.write_all(&session);
                accepted.push(stream);
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
        assert_eq!(client.hear(), None);
        (theirs.key_counts().unproved > 1).then_some(())
    });
}

#[test]
fn a_changed_byte_ends_the_connection_and_changes_no_message() {
    let (controller, [pi]) = cluster();
    let context = controller.context();
    let (mut socket, at) = Server::start(Kind::Control, &context);
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let tapped = Endpoint::loopback(listener.local_addr().unwrap().port());
    // From here on the handshake is over: greeting, HELLO and INITIATE have some 600 bytes.
    let changed_from = 1_000;
    thread::spawn(move || {
        // Each time the client comes back it is served the same way.
        while let Ok((client, _)) = listener.accept() {
            let server = TcpStream::connect(("127.0.0.1", at.port())).unwrap();
            let pair = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || pass_on(pair.1, pair.0, &Mutex::default()));
            thread::spawn(move || pass_on_changed(client, server, changed_from));
        }
    });
    let theirs = pi.context();
    let mut client = Client::connect(Kind::Control, &theirs, tapped, "pi-1");
    let message = [b'm'; 50];
    // Each connection brings some messages before the byte is changed, so there must be several.
    until("several connections were spoiled", || {
        client.say(&message);
        if let Some(came) = socket.turn() {
            assert_eq!(came, message);
        }
        client.hear();
        (context.key_counts().admitted > 2).then_some(())
    });
    // The end that nobody changes is as good as ever.
    let mut direct = Client::connect(Kind::Control, &theirs, at, "pi-1");
    until("they talk", || {
        exchange(&mut socket, &mut direct, b"direct").then_some(())
    });
}

fn pass_on_changed(mut from: TcpStream, mut to: TcpStream, changed_from: usize) {
    let (mut buffer, mut passed) = ([0; 512], 0);
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if passed <= changed_from && changed_from < passed + length {
            buffer[changed_from - passed] ^= 1;
        }
        passed += length;
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
}
