//! The four sockets that others connect to, and what a client does there, behind one face.

use std::thread;

use oxberry_net::{
    Clock, Context, ControlClient, ControlServer, Delivery, Endpoint, Identity, Interest, KeyRole,
    Proxy, SetupClient, SetupServer, StockPuller, StockPusher, SynchronizedPublisher,
    SynchronizedSubscriber,
};
use oxberry_proto::{Partition, Topic};

use crate::machines::{ready, until};

/// Which socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Data,
    Control,
    Setup,
    Stock,
}

/// Checks something at each socket, all at once, since much of it is waiting.
pub(crate) fn at_every_socket(check: impl Fn(Kind) + Sync) {
    at_sockets(
        &[Kind::Data, Kind::Control, Kind::Setup, Kind::Stock],
        check,
    );
}

/// The same at some of them.
pub(crate) fn at_sockets(kinds: &[Kind], check: impl Fn(Kind) + Sync) {
    let check = &check;
    thread::scope(|scope| {
        for &kind in kinds {
            scope.spawn(move || check(kind));
        }
    });
}

impl Kind {
    /// Who serves it.
    pub(crate) const fn server(self) -> KeyRole {
        match self {
            Self::Data | Self::Control | Self::Setup => KeyRole::Controller,
            Self::Stock => KeyRole::Visual,
        }
    }

    /// Who may use it.
    pub(crate) const fn clients(self) -> &'static [KeyRole] {
        match self {
            Self::Data => &[KeyRole::Pi, KeyRole::Tap],
            Self::Control | Self::Stock => &[KeyRole::Pi],
            Self::Setup => &[KeyRole::Visual, KeyRole::Tap, KeyRole::Controller],
        }
    }

    /// libzmq's type of a client.
    pub(crate) const fn client_type(self) -> zmq::SocketType {
        match self {
            Self::Data => zmq::SUB,
            Self::Control => zmq::DEALER,
            Self::Setup => zmq::REQ,
            Self::Stock => zmq::PUSH,
        }
    }
}

const TOPIC: Topic = Topic {
    partition: Partition::from_raw(7),
};

/// A bound socket.
pub(crate) enum Server {
    Data(Box<(Proxy, SynchronizedPublisher)>),
    Control(ControlServer),
    Setup(SetupServer),
    Stock(StockPuller),
}

impl Server {
    pub(crate) fn bind(kind: Kind, context: &Context, at: Endpoint) -> (Self, Endpoint) {
        match kind {
            Kind::Data => {
                let proxy = Proxy::start(context, at, 100).unwrap();
                let publisher = proxy.publisher().unwrap();
                let at = proxy.endpoint();
                (Self::Data(Box::new((proxy, publisher))), at)
            }
            Kind::Control => {
                let (server, at) = ControlServer::bind(context, at).unwrap();
                (Self::Control(server), at)
            }
            Kind::Setup => {
                let (server, at) = SetupServer::bind(context, at).unwrap();
                (Self::Setup(server), at)
            }
            Kind::Stock => {
                let (server, at) = StockPuller::bind(context, at).unwrap();
                (Self::Stock(server), at)
            }
        }
    }

    pub(crate) fn start(kind: Kind, context: &Context) -> (Self, Endpoint) {
        Self::bind(kind, context, Endpoint::loopback(0))
    }

    /// Does its part: publishes, takes and answers. What it took, if anything.
    pub(crate) fn turn(&mut self) -> Option<Vec<u8>> {
        match self {
            Self::Data(both) => {
                let (_, publisher) = &mut **both;
                publisher.publish_enveloped(TOPIC, b"batch").unwrap();
                None
            }
            Self::Control(server) => {
                let from = server.recv().unwrap()?;
                let (peer, message) = (from.peer.to_vec(), from.message.to_vec());
                let _: Delivery = server.send(&peer, b"answer").unwrap();
                Some(message)
            }
            Self::Setup(server) => {
                let message = server.recv().unwrap()?.to_vec();
                server.reply(b"answer").unwrap();
                Some(message)
            }
            Self::Stock(server) => server.recv().unwrap().map(<[u8]>::to_vec),
        }
    }

    pub(crate) fn close(self) {
        if let Self::Data(both) = self {
            let (proxy, publisher) = *both;
            publisher.close();
            proxy.stop().unwrap();
        }
    }
}

/// A connected socket.
pub(crate) enum Client {
    Data(SynchronizedSubscriber),
    Control(ControlClient),
    Setup(SetupClient, u32),
    Stock(StockPusher),
}

impl Client {
    pub(crate) fn connect(kind: Kind, context: &Context, at: Endpoint, name: &str) -> Self {
        match kind {
            Kind::Data => {
                let mut subscriber = SynchronizedSubscriber::connect(context, at).unwrap();
                subscriber.subscribe(TOPIC).unwrap();
                Self::Data(subscriber)
            }
            Kind::Control => {
                let identity = Identity::of_process(name, &Clock::start());
                Self::Control(ControlClient::connect(context, at, &identity).unwrap())
            }
            Kind::Setup => Self::Setup(SetupClient::connect(context, at).unwrap(), 0),
            Kind::Stock => Self::Stock(StockPusher::connect(context, at).unwrap()),
        }
    }

    /// Says something, where it is its turn to speak.
    pub(crate) fn say(&mut self, message: &[u8]) {
        match self {
            Self::Data(_) => {}
            Self::Control(client) => {
                client.try_send(message).unwrap();
            }
            Self::Setup(client, turns) => {
                // A question that got lost with its connection is asked again.
                *turns += 1;
                if !client.is_waiting() || turns.is_multiple_of(200) {
                    client.request(message).unwrap();
                }
            }
            Self::Stock(client) => {
                client.try_send(message).unwrap();
            }
        }
    }

    /// What it heard of the server, if anything.
    pub(crate) fn hear(&mut self) -> Option<Vec<u8>> {
        let heard = match self {
            Self::Data(client) => client.recv().unwrap(),
            Self::Control(client) => client.recv().unwrap(),
            Self::Setup(client, _) => client.recv().unwrap(),
            Self::Stock(_) => None,
        };
        heard.map(<[u8]>::to_vec)
    }
}

/// Whether something gets from one to the other in one turn of both: to the server, or for data from it.
pub(crate) fn exchange(server: &mut Server, client: &mut Client, message: &[u8]) -> bool {
    client.say(message);
    let came = server.turn();
    let heard = client.hear();
    match client {
        Client::Data(_) => heard.is_some(),
        Client::Control(_) | Client::Setup(..) | Client::Stock(_) => {
            came.is_some_and(|came| came == message)
        }
    }
}

/// Waits until they understand each other.
pub(crate) fn talk(server: &mut Server, client: &mut Client, message: &[u8]) {
    until("the two talk", || {
        exchange(server, client, message).then_some(())
    });
}

/// Waits until a server took exactly this and nothing else before it.
pub(crate) fn expect_only(server: &mut Server, message: &[u8]) {
    let came = until("a message", || server.turn());
    assert_eq!(came, message);
}

/// Waits for room, and sends.
pub(crate) fn push(client: &mut StockPusher, frame: &[u8]) {
    until("room", || {
        ready(client.poll_item(Interest::Write));
        client.try_send(frame).unwrap().then_some(())
    });
}
