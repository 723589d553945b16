//! A listed machine that says it is another one.

use std::time::Duration;

use oxberry_net::{
    Clock, ControlClient, ControlServer, Delivery, Endpoint, Identity, Interest, wait,
};

use crate::machines::{cluster, until};

#[test]
fn a_pi_cannot_speak_under_the_identity_of_another() {
    let (controller, [one, two]) = cluster();
    let context = controller.context();
    let (mut server, at) = ControlServer::bind(&context, Endpoint::loopback(0)).unwrap();
    let clock = Clock::start();
    // Names of which one is how the other begins are told apart too.
    for claimed in ["pi-1", "pi", "pi-2-1", ""] {
        let before = context.key_counts().dropped;
        let theirs = two.context();
        let identity = Identity::of_process(claimed, &clock);
        let mut rogue = ControlClient::connect(&theirs, at, &identity).unwrap();
        assert!(rogue.try_send(b"I am another").unwrap());
        until("the message is dropped", || {
            look(&server, &clock);
            assert_eq!(server.recv().unwrap(), None, "{claimed}");
            (context.key_counts().dropped > before).then_some(())
        });
    }
    // Once each: nothing else was dropped.
    assert_eq!(context.key_counts().dropped, 4);
    // Each is heard under its own name.
    for (machine, name) in [(&one, "pi-1"), (&two, "pi-2")] {
        let theirs = machine.context();
        let identity = Identity::of_process(name, &clock);
        let mut client = ControlClient::connect(&theirs, at, &identity).unwrap();
        assert!(client.try_send(name.as_bytes()).unwrap());
        let peer = until("the message", || {
            look(&server, &clock);
            let from = server.recv().unwrap()?;
            assert_eq!((from.name, from.message), (Some(name), name.as_bytes()));
            Some(from.peer.to_vec())
        });
        assert_eq!(server.send(&peer, b"welcome").unwrap(), Delivery::Sent);
        until("the answer", || client.recv().unwrap().map(<[u8]>::to_vec));
    }
    assert_eq!(context.key_counts().dropped, 4);
}

/// Asks whether there is something, as a loop does. libzmq takes the beginning of a message for that, and
/// hands it out in another way than to who only takes.
fn look(server: &ControlServer, clock: &Clock) {
    let soon = clock.now().after(Duration::from_millis(10));
    wait(clock, Some(soon), [server.poll_item(Interest::Read)]).unwrap();
}
