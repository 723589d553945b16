//! The list changes while everything runs.

use oxberry_net::KeyRole;

use crate::machines::{Machine, cluster, until};
use crate::servers::{Client, Kind, Server, at_every_socket, exchange, talk};

#[test]
fn a_revoked_key_is_cut_and_cannot_come_back_while_others_go_on() {
    at_every_socket(|kind| {
        let server = Machine::new(kind.server(), "server");
        let [revoked, other] = ["revoked", "other"].map(|name| {
            let client = Machine::new(kind.clients()[0], name);
            server.befriend(&client);
            client
        });
        let ours = server.context();
        let (mut socket, at) = Server::start(kind, &ours);
        let (revoked_context, other_context) = (revoked.context(), other.context());
        let mut kept = Client::connect(kind, &other_context, at, "other");
        talk(&mut socket, &mut kept, b"of the other");
        // The second to subscribe to a topic, of whom libzmq by itself says nothing.
        let mut cut = Client::connect(kind, &revoked_context, at, "revoked");
        talk(&mut socket, &mut cut, b"of the revoked");

        server.allow_nobody();
        server.allow(&other);
        until("it is cut", || (ours.key_counts().cut > 0).then_some(()));
        // What was on its way may still come out, of data that is; then there is no more of it.
        let refused = ours.key_counts().refused;
        until("it comes back and is refused", || {
            cut.say(b"of the revoked");
            (ours.key_counts().refused > refused + 1).then_some(())
        });
        while cut.hear().is_some() {}
        for _ in 0..20 {
            assert!(
                !exchange(&mut socket, &mut cut, b"of the revoked"),
                "{kind:?}"
            );
        }
        talk(&mut socket, &mut kept, b"of the other");

        // Listed again it gets in again, by itself.
        server.allow(&revoked);
        talk(&mut socket, &mut cut, b"of the revoked");
        socket.close();
    });
}

#[test]
fn a_new_key_under_an_old_name_revokes_the_old_one() {
    let (controller, [old]) = cluster();
    let context = controller.context();
    let (mut socket, at) = Server::start(Kind::Control, &context);
    let old_context = old.context();
    let mut connected = Client::connect(Kind::Control, &old_context, at, "pi-1");
    talk(&mut socket, &mut connected, b"of the old card");

    let new = Machine::new(KeyRole::Pi, "pi-1");
    new.befriend(&controller);
    until("the old key is cut", || {
        (context.key_counts().cut > 0).then_some(())
    });
    let new_context = new.context();
    let mut again = Client::connect(Kind::Control, &new_context, at, "pi-1");
    talk(&mut socket, &mut again, b"of the new card");
    for _ in 0..20 {
        assert!(!exchange(&mut socket, &mut connected, b"of the old card"));
    }
}

#[test]
fn a_connection_that_said_nothing_before_is_cut_when_it_speaks() {
    let (controller, [pi]) = cluster();
    let context = controller.context();
    let (mut socket, at) = Server::start(Kind::Control, &context);
    let theirs = pi.context();
    let mut silent = Client::connect(Kind::Control, &theirs, at, "pi-1");
    until("it is in", || {
        (context.key_counts().admitted > 0).then_some(())
    });
    controller.allow_nobody();
    let witness = Machine::new(KeyRole::Pi, "witness");
    witness.befriend(&controller);
    let witness_context = witness.context();
    let _witness = Client::connect(Kind::Control, &witness_context, at, "witness");
    until("the list is in force", || {
        (context.key_counts().admitted > 1).then_some(())
    });
    silent.say(b"now I speak");
    until("it is cut", || {
        assert_eq!(socket.turn(), None);
        let counts = context.key_counts();
        (counts.cut > 0 && counts.dropped > 0).then_some(())
    });
}

#[test]
fn a_list_that_cannot_be_read_changes_nothing() {
    let (controller, [listed]) = cluster();
    let stranger = Machine::new(KeyRole::Pi, "stranger");
    stranger.allow(&controller);
    let context = controller.context();
    let (mut socket, at) = Server::start(Kind::Control, &context);
    for broken in ["pi pi-1\n".to_owned(), format!("{} more", listed.line)] {
        controller.write_list(&broken);
        let theirs = stranger.context();
        let mut refused = Client::connect(Kind::Control, &theirs, at, "stranger");
        let before = context.key_counts().refused;
        until("the stranger is refused", || {
            assert!(!exchange(&mut socket, &mut refused, b"stranger"));
            (context.key_counts().refused > before).then_some(())
        });
        let theirs = listed.context();
        let mut connected = Client::connect(Kind::Control, &theirs, at, "pi-1");
        talk(&mut socket, &mut connected, b"still listed");
    }
    controller.write_list(&format!("{}\n{}\n", listed.line, stranger.line));
    let theirs = stranger.context();
    let mut listed_now = Client::connect(Kind::Control, &theirs, at, "stranger");
    talk(&mut socket, &mut listed_now, b"listed now");
}

/// Many editors empty a file before they write it, and others take their time over it.
#[test]
fn a_list_that_is_being_written_cuts_nobody() {
    let (controller, [pi]) = cluster();
    let context = controller.context();
    let (mut socket, at) = Server::start(Kind::Control, &context);
    let theirs = pi.context();
    let mut connected = Client::connect(Kind::Control, &theirs, at, "pi-1");
    talk(&mut socket, &mut connected, b"before");
    // Whoever knocks makes the list be read in all of its states.
    let strangers: Vec<_> = (0..8)
        .map(|_| {
            let stranger = Machine::new(KeyRole::Pi, "stranger");
            stranger.allow(&controller);
            stranger
        })
        .collect();
    let full = format!("# all of them\n{}\n", pi.line);
    for stranger in &strangers {
        let theirs = stranger.context();
        let before = context.key_counts().refused;
        let _knocking = Client::connect(Kind::Control, &theirs, at, "stranger");
        until("somebody was refused meanwhile", || {
            controller.write_list("");
            controller.write_list(&full[..full.len() / 2]);
            controller.write_list(&full);
            (context.key_counts().refused > before).then_some(())
        });
        talk(&mut socket, &mut connected, b"after");
    }
    let counts = context.key_counts();
    assert_eq!((counts.cut, counts.dropped, counts.admitted), (0, 0, 1));
}
