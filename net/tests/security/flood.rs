//! Connections that are no use to anybody, many of them or for long.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::admission::wait_until_closed;
use crate::machines::{cluster, until};
use crate::servers::{Client, Kind, Server, exchange, talk};

/// So many at once, each of which takes two descriptors of this process.
const FLOOD: usize = 200;

#[test]
fn a_flood_of_connections_keeps_no_listed_pi_out_and_is_cleared_away() {
    let (controller, [before, after]) = cluster();
    let context = controller.context();
    let (mut socket, at) = Server::start(Kind::Control, &context);
    let theirs = before.context();
    let mut already_in = Client::connect(Kind::Control, &theirs, at, "pi-1");
    talk(&mut socket, &mut already_in, b"before");

    let mut flood: Vec<_> = (0..FLOOD)
        .map(|number| {
            let mut stream = TcpStream::connect(("127.0.0.1", at.port())).unwrap();
            let garbage: &[u8] = match number % 4 {
                0 => b"",
                1 => b"GET / HTTP/1.1\r\nHost: controller\r\n\r\n",
                2 => &[0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f],
                _ => &[0xff; 1_000],
            };
            // The server may have closed it already.
            let _ = stream.write_all(garbage);
            stream
        })
        .collect();
    let theirs = after.context();
    let mut newcomer = Client::connect(Kind::Control, &theirs, at, "pi-2");
    talk(&mut socket, &mut newcomer, b"after");
    talk(&mut socket, &mut already_in, b"still here");
    flood.iter_mut().for_each(wait_until_closed);
    talk(&mut socket, &mut already_in, b"in the end");
    assert_eq!(context.key_counts().refused, 0);
}

#[test]
fn a_slow_handshake_is_cut_and_others_go_on() {
    let (controller, [pi]) = cluster();
    let context = controller.context();
    let (mut socket, at) = Server::start(Kind::Control, &context);
    let mut slow = TcpStream::connect(("127.0.0.1", at.port())).unwrap();
    let pause = Some(Duration::from_millis(100));
    slow.set_read_timeout(pause).unwrap();
    // A good greeting, of which it says a byte now and then.
    let mut greeting = [0; 64];
    greeting[..11].copy_from_slice(&[0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3]);
    greeting[12..17].copy_from_slice(b"CURVE");
    let mut bytes = greeting.into_iter();
    let theirs = pi.context();
    let mut good = Client::connect(Kind::Control, &theirs, at, "pi-1");
    let (mut pauses, mut buffer) = (0, [0; 256]);
    until("the slow one is cut", || {
        exchange(&mut socket, &mut good, b"meanwhile");
        let is_cut = match slow.read(&mut buffer) {
            Ok(0) => true,
            Ok(_) => false,
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        };
        pauses += 1;
        let is_its_turn = pauses % 5 == 0;
        let is_over = is_cut || is_its_turn && slow.write_all(&[bytes.next().unwrap()]).is_err();
        is_over.then_some(())
    });
    // A tenth of a second each at least: for its slowness, and long before libzmq's own half a minute.
    assert!((10..150).contains(&pauses), "{pauses}");
    talk(&mut socket, &mut good, b"afterwards");
}
