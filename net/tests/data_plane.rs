//! Publisher, proxy and subscriber over TCP: nothing is lost without being seen.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::time::Duration;

use oxberry_core::units::{ChannelId, Numbering, SeqNum};
use oxberry_net::limits::queue_frames;
use oxberry_net::{
    Clock, Context, Endpoint, Interest, Proxy, SynchronizedPublisher, SynchronizedSubscriber, wait,
};
use oxberry_proto::flow::Coverage;
use oxberry_proto::start::Ping;
use oxberry_proto::{Kind, Partition, Run, StreamId, Topic, decode, kind_of};

const PARTITION: Partition = Partition::from_raw(7);
const RUN: Run = Run {
    identity: 1,
    generation: 1,
};
const TOPIC: Topic = Topic {
    partition: PARTITION,
};

fn proxy(context: &Context, queue: usize) -> Proxy {
    Proxy::start(context, Endpoint::loopback(0), queue).unwrap()
}

/// A subscriber whose subscription is known to be in force.
fn synchronized(
    context: &Context,
    proxy: &Proxy,
    publisher: &mut SynchronizedPublisher,
) -> SynchronizedSubscriber {
    let mut subscriber = SynchronizedSubscriber::connect(context, proxy.endpoint()).unwrap();
    subscriber.subscribe(TOPIC).unwrap();
    let clock = Clock::start();
    loop {
        publisher.ping(RUN, PARTITION).unwrap();
        let soon = clock.now().after(Duration::from_millis(5));
        let item = subscriber.poll_item(Interest::Read);
        if wait(&clock, Some(soon), [item]).unwrap()[0].readable {
            let (topic, message) = subscriber.recv_enveloped().unwrap().unwrap().unwrap();
            assert_eq!(topic, TOPIC);
            assert_eq!(
                decode(message),
                Ok(Ping {
                    run: RUN,
                    partition: PARTITION
                })
            );
            return subscriber;
        }
        assert!(clock.now().raw() < 10_000_000_000, "no ping in 10 s");
    }
}

/// The next frame that is no ping, or `None` if there is none for two seconds.
fn next(subscriber: &mut SynchronizedSubscriber) -> Option<Vec<u8>> {
    let clock = Clock::start();
    let deadline = clock.now().after(Duration::from_secs(2));
    loop {
        let item = subscriber.poll_item(Interest::Read);
        wait(&clock, Some(deadline), [item]).unwrap();
        let (_, message) = subscriber.recv_enveloped().unwrap()?.unwrap();
        if kind_of(message) != Ok(Kind::Ping) {
            return Some(message.to_vec());
        }
    }
}

/// A message of `length` bytes that says its number.
fn numbered(number: u32, length: usize) -> Vec<u8> {
    let mut message = vec![0; length];
    message[..4].copy_from_slice(&number.to_be_bytes());
    message
}

fn number_of(message: &[u8]) -> u32 {
    u32::from_be_bytes(message[..4].try_into().unwrap())
}

#[test]
fn a_ping_of_one_publisher_proves_the_subscription_for_all() {
    let context = Context::new();
    let proxy = proxy(&context, 1_000);
    let mut main = proxy.publisher().unwrap();
    let mut subscriber = synchronized(&context, &proxy, &mut main);
    for number in 0..20 {
        // The very first frame of a publisher that the subscriber knows nothing about.
        let mut channel = proxy.publisher().unwrap();
        channel
            .publish_enveloped(TOPIC, &numbered(number, 4))
            .unwrap();
        assert_eq!(number_of(&next(&mut subscriber).unwrap()), number);
    }
}

#[test]
fn only_subscribed_partitions_arrive() {
    let context = Context::new();
    let proxy = proxy(&context, 1_000);
    let mut publisher = proxy.publisher().unwrap();
    let mut subscriber = synchronized(&context, &proxy, &mut publisher);
    let other = Topic {
        partition: Partition::from_raw(8),
    };
    publisher.publish_enveloped(other, &[1; 8]).unwrap();
    let end = Coverage {
        run: RUN,
        stream: StreamId {
            channel: ChannelId::from_raw(1),
            partition: PARTITION,
        },
        numbering: Numbering::UNNAMED,
        after: SeqNum::from_raw(3),
        through: SeqNum::from_raw(4),
        seen: SeqNum::from_raw(4),
        ended: true,
    };
    publisher.cover(end).unwrap();
    assert_eq!(decode(&next(&mut subscriber).unwrap()), Ok(end));
}

#[test]
fn a_slow_subscriber_loses_nothing_within_the_window() {
    let context = Context::new();
    let queue = queue_frames(32);
    let proxy = proxy(&context, queue);
    let mut publisher = proxy.publisher().unwrap();
    let mut subscriber = synchronized(&context, &proxy, &mut publisher);
    let window = u32::try_from(queue / 2).unwrap();
    for number in 0..window {
        publisher
            .publish_enveloped(TOPIC, &numbered(number, 1_397))
            .unwrap();
    }
    for number in 0..window {
        assert_eq!(number_of(&next(&mut subscriber).unwrap()), number);
    }
    let counts = proxy.counts();
    assert_eq!((counts.stalls, counts.overruns), (0, 0));
}

/// A subscriber that never reads, with buffers so small that its queue at the proxy fills soon.
fn stuck(proxy: &Proxy, publisher: &mut SynchronizedPublisher) -> zmq::Socket {
    let stuck = zmq::Context::new().socket(zmq::SUB).unwrap();
    stuck.set_linger(0).unwrap();
    stuck.set_rcvhwm(1).unwrap();
    stuck.set_rcvbuf(4_096).unwrap();
    stuck.set_subscribe(&TOPIC.to_bytes()).unwrap();
    stuck.connect(&proxy.endpoint().to_string()).unwrap();
    while stuck.poll(zmq::POLLIN, 5).unwrap() == 0 {
        publisher.ping(RUN, PARTITION).unwrap();
    }
    stuck
}

#[test]
fn a_stuck_subscriber_is_counted_and_does_not_stop_the_others() {
    let context = Context::new();
    let proxy = proxy(&context, 64);
    let mut publisher = proxy.publisher().unwrap();
    let stuck = stuck(&proxy, &mut publisher);
    let mut reading = synchronized(&context, &proxy, &mut publisher);
    let mut sent = 0;
    while proxy.counts().overruns == 0 {
        publisher
            .publish_enveloped(TOPIC, &numbered(sent, 1_397))
            .unwrap();
        // Only the one that reads gives credit, as after the controller gave the other one up.
        assert_eq!(number_of(&next(&mut reading).unwrap()), sent);
        sent += 1;
        assert!(sent < 100_000, "{:?}", proxy.counts());
    }
    assert!(proxy.counts().stalls > 0);
    for number in sent..sent + 1_000 {
        publisher
            .publish_enveloped(TOPIC, &numbered(number, 1_397))
            .unwrap();
        assert_eq!(number_of(&next(&mut reading).unwrap()), number);
    }
    drop(stuck);
}

#[test]
fn what_was_published_before_the_end_arrives() {
    let context = Context::new();
    let proxy = proxy(&context, 10_000);
    let mut publisher = proxy.publisher().unwrap();
    // Another context: the subscriber's process is another one, and outlives the publisher's.
    let mut subscriber = synchronized(&Context::new(), &proxy, &mut publisher);
    for number in 0..5_000 {
        publisher
            .publish_enveloped(TOPIC, &numbered(number, 1_000))
            .unwrap();
    }
    publisher.close();
    let counts = proxy.stop().unwrap();
    assert_eq!((counts.stalls, counts.overruns), (0, 0));
    let ending = std::thread::spawn(move || drop(context));
    for number in 0..5_000 {
        assert_eq!(number_of(&next(&mut subscriber).unwrap()), number);
    }
    ending.join().unwrap();
}

#[test]
fn a_proxy_whose_subscriber_is_stuck_stops_at_once() {
    let context = Context::new();
    let proxy = proxy(&context, 4);
    let mut publisher = proxy.publisher().unwrap();
    let _stuck = stuck(&proxy, &mut publisher);
    while proxy.counts().stalls == 0 {
        publisher
            .publish_enveloped(TOPIC, &numbered(0, 1_397))
            .unwrap();
    }
    publisher.close();
    let clock = Clock::start();
    proxy.stop().unwrap();
    assert!(clock.now().raw() < 900_000_000, "{:?}", clock.now());
}

#[test]
fn a_taken_publish_port_is_said_by_the_caller_not_by_the_thread() {
    let context = Context::new();
    let first = proxy(&context, 10);
    let error = Proxy::start(&Context::new(), first.endpoint(), 10).unwrap_err();
    assert!(error.to_string().contains(&first.endpoint().to_string()));
}
