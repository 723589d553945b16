//! Control, setup and stock event sockets over TCP, and pipes between threads.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::net::TcpListener;
use std::time::Duration;

use oxberry_net::limits::{PIPE_QUEUE, REPORT_QUEUE, STOCK_QUEUE};
use oxberry_net::{
    Clock, Context, ControlClient, ControlServer, Delivery, Endpoint, FromPeer, Identity, Interest,
    NetError, Pipe, PollItem, SetupClient, SetupServer, StockPuller, StockPusher, wait,
};

/// Waits for one socket, for ten seconds at most.
fn ready(item: PollItem<'_>) -> bool {
    let clock = Clock::start();
    let deadline = clock.now().after(Duration::from_secs(10));
    let [found] = wait(&clock, Some(deadline), [item]).unwrap();
    found.readable || found.writable
}

fn say(client: &mut ControlClient, message: &[u8]) {
    while !client.try_send(message).unwrap() {
        assert!(ready(client.poll_item(Interest::Write)));
    }
}

fn hear(server: &mut ControlServer) -> (Vec<u8>, Vec<u8>) {
    assert!(ready(server.poll_item(Interest::Read)));
    let FromPeer { peer, message, .. } = server.recv().unwrap().unwrap();
    (peer.to_vec(), message.to_vec())
}

#[test]
fn the_controller_answers_the_pi_that_spoke() {
    let (clock, context) = (Clock::start(), Context::new());
    let (mut server, endpoint) = ControlServer::bind(&context, Endpoint::loopback(0)).unwrap();
    let client = |name| {
        let identity = Identity::of_process(name, &clock);
        ControlClient::connect(&context, endpoint, &identity).unwrap()
    };
    let (mut one, mut other) = (client("pi1"), client("pi2"));
    say(&mut one, b"hello from one");
    let (first, message) = hear(&mut server);
    assert_eq!(message, b"hello from one");
    say(&mut other, b"hello from other");
    let (second, _) = hear(&mut server);
    assert_ne!(first, second);

    assert_eq!(server.send(&second, b"welcome").unwrap(), Delivery::Sent);
    assert!(ready(other.poll_item(Interest::Read)));
    assert_eq!(other.recv().unwrap(), Some(b"welcome".as_slice()));
    assert_eq!(one.recv().unwrap(), None);
}

#[test]
fn a_message_to_nobody_is_not_lost_in_silence() {
    let (mut server, _) = ControlServer::bind(&Context::new(), Endpoint::loopback(0)).unwrap();
    assert_eq!(server.send(b"nobody", b"?").unwrap(), Delivery::Gone);
}

#[test]
fn a_pi_that_connects_again_keeps_its_identity() {
    let context = Context::new();
    let (mut server, endpoint) = ControlServer::bind(&context, Endpoint::loopback(0)).unwrap();
    let identity = Identity::of_process("pi1", &Clock::start());
    let connect = || ControlClient::connect(&context, endpoint, &identity).unwrap();
    let mut before = connect();
    say(&mut before, b"1");
    let (peer, _) = hear(&mut server);
    let mut after = connect();
    say(&mut after, b"2");
    assert_eq!(hear(&mut server), (peer.clone(), b"2".to_vec()));
    assert_eq!(
        server.send(&peer, b"to the new one").unwrap(),
        Delivery::Sent
    );
    assert!(ready(after.poll_item(Interest::Read)));
    assert_eq!(after.recv().unwrap(), Some(b"to the new one".as_slice()));
}

#[test]
fn without_a_controller_little_is_queued_for_it() {
    let context = Context::new();
    // Bound and released, so that nobody listens there.
    let (server, endpoint) = ControlServer::bind(&context, Endpoint::loopback(0)).unwrap();
    drop(server);
    let identity = Identity::of_process("pi1", &Clock::start());
    let mut client = ControlClient::connect(&context, endpoint, &identity).unwrap();
    let queued = (0..100).take_while(|_| client.try_send(b"anybody?").unwrap());
    assert_eq!(queued.count(), REPORT_QUEUE);
}

#[test]
fn the_last_word_of_a_controller_that_ends_is_heard() {
    for _ in 0..20 {
        let (context, other) = (Context::new(), Context::new());
        let (mut server, endpoint) = ControlServer::bind(&context, Endpoint::loopback(0)).unwrap();
        let identity = Identity::of_process("pi1", &Clock::start());
        let mut client = ControlClient::connect(&other, endpoint, &identity).unwrap();
        say(&mut client, b"done?");
        let (peer, _) = hear(&mut server);
        assert_eq!(server.send(&peer, b"finish").unwrap(), Delivery::Sent);
        drop(server);
        // Everything is delivered, the connection is closed, and the client has not looked yet.
        drop(context);
        assert!(ready(client.poll_item(Interest::Read)));
        assert_eq!(client.recv().unwrap(), Some(b"finish".as_slice()));
    }
}

#[test]
fn a_message_of_foreign_shape_is_skipped() {
    let context = Context::new();
    let (mut server, endpoint) = ControlServer::bind(&context, Endpoint::loopback(0)).unwrap();
    let foreign = zmq::Context::new().socket(zmq::DEALER).unwrap();
    foreign.set_linger(0).unwrap();
    foreign.connect(&endpoint.to_string()).unwrap();
    foreign.send_multipart(["too", "many", "parts"], 0).unwrap();
    foreign.send("one part", 0).unwrap();
    let mut heard = None;
    while heard.is_none() {
        assert!(ready(server.poll_item(Interest::Read)));
        heard = server.recv().unwrap().map(|from| from.message.to_vec());
    }
    assert_eq!(heard.unwrap(), b"one part");
}

#[test]
fn a_question_gets_its_answer_and_an_unanswered_one_can_be_asked_again() {
    let context = Context::new();
    let (mut server, endpoint) = SetupServer::bind(&context, Endpoint::loopback(0)).unwrap();
    let mut client = SetupClient::connect(&context, endpoint).unwrap();
    assert_eq!(client.recv().unwrap(), None);
    assert!(!client.is_waiting());
    assert!(client.request(b"first").unwrap());
    assert!(ready(server.poll_item(Interest::Read)));
    assert_eq!(server.recv().unwrap(), Some(b"first".as_slice()));
    assert_eq!(server.recv().unwrap(), None);
    assert!(client.is_waiting());
    assert!(client.request(b"second").unwrap());
    assert!(server.reply(b"first").unwrap());
    assert!(!server.reply(b"nobody asked").unwrap());
    assert!(ready(server.poll_item(Interest::Read)));
    assert_eq!(server.recv().unwrap(), Some(b"second".as_slice()));
    assert!(server.reply(b"second").unwrap());
    // Only the answer to the last question counts.
    assert!(ready(client.poll_item(Interest::Read)));
    assert_eq!(client.recv().unwrap(), Some(b"second".as_slice()));
    assert!(!client.is_waiting());
    assert_eq!(client.recv().unwrap(), None);
}

#[test]
fn questions_do_not_pile_up_for_a_controller_that_is_away() {
    let context = Context::new();
    let free = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let endpoint = Endpoint::loopback(free.local_addr().unwrap().port());
    drop(free);
    let mut client = SetupClient::connect(&context, endpoint).unwrap();
    for question in 1..=50_u8 {
        assert!(client.request(&[question]).unwrap());
    }
    let (mut server, _) = SetupServer::bind(&context, endpoint).unwrap();
    // The thread that closes an older one may just not have come to it when the controller comes.
    let mut asked = Vec::new();
    while asked.last() != Some(&50) {
        assert!(ready(server.poll_item(Interest::Read)));
        let Some(&[question]) = server.recv().unwrap() else {
            continue;
        };
        asked.push(question);
        server.reply(&[question]).unwrap();
    }
    assert!(asked.len() < 10, "{asked:?}");
    assert!(ready(client.poll_item(Interest::Read)));
    assert_eq!(client.recv().unwrap(), Some([50].as_slice()));
}

#[test]
fn a_question_that_died_with_a_controller_is_asked_again_of_the_next() {
    let context = Context::new();
    let (mut server, endpoint) = SetupServer::bind(&context, Endpoint::loopback(0)).unwrap();
    let mut client = SetupClient::connect(&context, endpoint).unwrap();
    assert!(client.request(b"first").unwrap());
    assert!(ready(server.poll_item(Interest::Read)));
    assert_eq!(server.recv().unwrap(), Some(b"first".as_slice()));
    drop(server);
    // The port is free once libzmq has closed the socket.
    let clock = Clock::start();
    let deadline = clock.now().after(Duration::from_secs(10));
    let mut server = loop {
        match SetupServer::bind(&context, endpoint) {
            Ok((server, _)) => break server,
            Err(error) => assert!(clock.now() < deadline, "{error}"),
        }
    };
    assert!(client.request(b"second").unwrap());
    assert!(ready(server.poll_item(Interest::Read)));
    assert_eq!(server.recv().unwrap(), Some(b"second".as_slice()));
    assert!(server.reply(b"answer").unwrap());
    assert!(ready(client.poll_item(Interest::Read)));
    assert_eq!(client.recv().unwrap(), Some(b"answer".as_slice()));
}

#[test]
fn a_visualisation_that_does_not_read_makes_the_pi_wait_and_loses_nothing() {
    let context = Context::new();
    let (mut puller, endpoint) = StockPuller::bind(&context, Endpoint::loopback(0)).unwrap();
    let mut pusher = StockPusher::connect(&context, endpoint).unwrap();
    let frame = |number: u32| {
        let mut frame = [0; 1_400];
        frame[..4].copy_from_slice(&number.to_be_bytes());
        frame
    };
    // Until queues and TCP buffers are full and stay so.
    let (clock, mut sent) = (Clock::start(), 0);
    loop {
        while pusher.try_send(&frame(sent)).unwrap() {
            sent += 1;
        }
        let soon = clock.now().after(Duration::from_millis(100));
        let item = pusher.poll_item(Interest::Write);
        if !wait(&clock, Some(soon), [item]).unwrap()[0].writable {
            break;
        }
    }
    assert!(usize::try_from(sent).unwrap() >= STOCK_QUEUE);
    for number in 0..sent {
        assert!(ready(puller.poll_item(Interest::Read)));
        assert_eq!(puller.recv().unwrap(), Some(frame(number).as_slice()));
    }
    assert!(ready(pusher.poll_item(Interest::Write)));
}

#[test]
fn pushed_events_arrive_after_the_pi_has_ended() {
    let context = Context::new();
    let (mut puller, endpoint) = StockPuller::bind(&context, Endpoint::loopback(0)).unwrap();
    let pi = Context::new();
    let mut pusher = StockPusher::connect(&pi, endpoint).unwrap();
    for number in 0..100 {
        assert!(pusher.try_send(&[number]).unwrap());
    }
    pusher.close(Duration::from_secs(10)).unwrap();
    drop(pi);
    for number in 0..100 {
        assert!(ready(puller.poll_item(Interest::Read)));
        assert_eq!(puller.recv().unwrap(), Some([number].as_slice()));
    }
}

#[test]
fn a_pipe_carries_messages_both_ways_between_threads() {
    let context = Context::new();
    let (mut above, mut below) = Pipe::pair(&context, "channel 1").unwrap();
    let thread = std::thread::spawn(move || {
        let mut buffer = [0; 16];
        assert!(ready(below.poll_item(Interest::Read)));
        let command = below.recv(&mut buffer).unwrap().unwrap().to_vec();
        below
            .send(&[b"done ".as_slice(), &command].concat())
            .unwrap();
        below
    });
    above.send(b"start").unwrap();
    let mut buffer = [0; 16];
    assert!(ready(above.poll_item(Interest::Read)));
    assert_eq!(
        above.recv(&mut buffer).unwrap(),
        Some(b"done start".as_slice())
    );
    drop(thread.join().unwrap());
}

#[test]
fn a_pipe_whose_other_end_is_gone_does_not_block_for_ever() {
    let (mut above, below) = Pipe::pair(&Context::new(), "lonely").unwrap();
    drop(below);
    let sent = (0..=2 * PIPE_QUEUE).map(|_| above.send(b"?"));
    let error = sent.collect::<Result<(), _>>().unwrap_err();
    assert!(matches!(error, NetError::PipeStuck { .. }));
}
