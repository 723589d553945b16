//! A Pi's machine and its connections.

use std::collections::{BTreeSet, VecDeque};

use oxberry_cluster::pi::Pi;
use oxberry_proto::Topic;

use super::audience::{Audience, SECOND_SEAT};
use super::doubt::Suspects;
use super::edge::{Edge, Wild};
use super::fault::Line;
use super::plan::EdgePlan;
use crate::random::Random;

/// How many messages may wait for the controller.
const CONTROL_QUEUE: usize = 1_000;

/// A Pi.
#[derive(Debug)]
pub(super) struct PiHost<'m> {
    /// The brain, while the process lives.
    pub(super) brain: Option<Pi<'m>>,
    /// The number of the process.
    pub(super) process: u32,
    /// Whether it died for good.
    pub(super) is_lost: bool,
    /// Whether its run is over. It rests from then on, with its books as they are, until another one is
    /// to begin.
    pub(super) is_over: bool,
    /// Who takes what it says.
    pub(super) audience: Audience,
    /// How far the Pi's clock is ahead.
    pub(super) skew: u64,
    /// Whose books may be wrong, since memory has changed by itself after it read them all.
    pub(super) suspects: Suspects,
    /// Whether that ever was so in this process.
    pub(super) has_flipped: bool,
    /// Whether it does not know any more whose books it has, and is to end.
    pub(super) must_end: bool,
    pub(super) stalled_until: u64,
    /// When a dead process starts again.
    pub(super) starts_at: Option<u64>,
    pub(super) to_controller: Edge,
    pub(super) from_controller: Edge,
    pub(super) data: Edge,
    pub(super) stock: Edge,
    /// The same to the second page.
    pub(super) second: Edge,
    /// The subscriptions that the publisher knows.
    topics: BTreeSet<[u8; Topic::LEN]>,
    /// The subscriptions of the Pi's own socket.
    wanted: BTreeSet<[u8; Topic::LEN]>,
    /// Subscriptions in transit; those marked false end one.
    asked: VecDeque<(u64, [u8; Topic::LEN], bool)>,
    /// When each connection is restored.
    pub(super) control_up_at: Option<u64>,
    pub(super) data_up_at: Option<u64>,
    pub(super) stock_up_at: Option<u64>,
}

impl PiHost<'_> {
    pub(super) fn new(edges: &EdgePlan) -> Self {
        let tame = Wild::default();
        let delay = edges.delay_ns;
        let stock = || {
            let wild = Wild {
                lost: edges.stock_lost,
                repeated: edges.stock_repeated,
                reordered: edges.stock_reordered,
            };
            Edge::new(delay, edges.stock_queue, wild)
        };
        Self {
            brain: None,
            process: 0,
            is_lost: false,
            is_over: false,
            audience: Audience::default(),
            skew: 0,
            suspects: Suspects::NONE,
            has_flipped: false,
            must_end: false,
            stalled_until: 0,
            starts_at: Some(0),
            to_controller: Edge::new(delay, CONTROL_QUEUE, tame),
            from_controller: Edge::new(delay, CONTROL_QUEUE, tame),
            data: Edge::new(
                delay,
                edges.data_queue,
                Wild {
                    lost: edges.data_lost,
                    repeated: edges.data_repeated,
                    reordered: edges.data_reordered,
                },
            ),
            stock: stock(),
            second: stock(),
            topics: BTreeSet::new(),
            wanted: BTreeSet::new(),
            asked: VecDeque::new(),
            control_up_at: None,
            data_up_at: None,
            stock_up_at: None,
        }
    }

    /// Returns the identity by which the controller knows the connection.
    pub(super) fn peer(at: usize, process: u32) -> Vec<u8> {
        let at = u8::try_from(at).unwrap_or(u8::MAX);
        [&[at][..], &process.to_be_bytes()].concat()
    }

    /// Subscribes to a topic, or unsubscribes.
    pub(super) fn subscribe(&mut self, at: u64, topic: Topic, wants: bool) {
        let topic = topic.to_bytes();
        if wants {
            self.wanted.insert(topic);
        } else {
            self.wanted.remove(&topic);
        }
        if self.data.is_up {
            self.asked.push_back((at, topic, wants));
        }
    }

    /// Returns whether, as far as the publisher knows by now, the Pi wants a frame.
    pub(super) fn wants(&mut self, now: u64, frame: &[u8]) -> bool {
        while let Some(&(at, topic, wants)) = self.asked.front()
            && at <= now
        {
            self.asked.pop_front();
            if wants {
                self.topics.insert(topic);
            } else {
                self.topics.remove(&topic);
            }
        }
        self.data.is_up
            && frame
                .first_chunk::<{ Topic::LEN }>()
                .is_some_and(|topic| self.topics.contains(topic))
    }

    /// Breaks a connection until `up_at`. Returns whether frames were lost with it.
    pub(super) fn break_off(&mut self, line: Line, up_at: u64, random: &mut Random) -> bool {
        match line {
            Line::Control => {
                self.control_up_at = Some(up_at);
                // The one who connects keeps what he has not handed over.
                self.to_controller.break_off(random, true)
                    | self.from_controller.break_off(random, false)
            }
            Line::Data => {
                self.data_up_at = Some(up_at);
                self.topics.clear();
                self.asked.clear();
                self.data.break_off(random, false)
            }
            Line::Stock => {
                self.stock_up_at = Some(up_at);
                self.stock.break_off(random, true)
            }
        }
    }

    /// Kills the process, and its sockets with it.
    pub(super) fn kill(&mut self, random: &mut Random) {
        self.brain = None;
        self.suspects = Suspects::NONE;
        self.must_end = false;
        self.has_flipped = false;
        self.wanted.clear();
        for line in [Line::Control, Line::Data, Line::Stock] {
            self.break_off(line, u64::MAX, random);
        }
        self.to_controller.break_off(random, false);
        self.stock.break_off(random, false);
        self.second.break_off(random, false);
        self.second.connect(0);
    }

    /// Returns the connection to the page of a seat.
    pub(super) fn edge_to(&mut self, seat: usize) -> &mut Edge {
        if seat == SECOND_SEAT {
            &mut self.second
        } else {
            &mut self.stock
        }
    }

    /// Restores the connections that are due. Subscriptions are sent again a little later.
    pub(super) fn connect(&mut self, now: u64, delay: u64, random: &mut Random) {
        let is_due = |up_at: &mut Option<u64>| up_at.take_if(|at| *at <= now).is_some();
        if is_due(&mut self.control_up_at) {
            self.to_controller.connect(now);
            self.from_controller.connect(now);
        }
        if is_due(&mut self.stock_up_at) {
            self.stock.connect(now);
        }
        if is_due(&mut self.data_up_at) {
            self.data.connect(now);
            for &topic in &self.wanted {
                let later = random.below(delay + 1);
                self.asked.push_back((now + delay + later, topic, true));
            }
            let mut asked: Vec<_> = self.asked.drain(..).collect();
            asked.sort_by_key(|&(at, ..)| at);
            self.asked.extend(asked);
        }
    }

    /// Returns when the next connection is restored.
    pub(super) fn next_connect(&self) -> Option<u64> {
        [self.control_up_at, self.data_up_at, self.stock_up_at]
            .into_iter()
            .flatten()
            .filter(|&at| at != u64::MAX)
            .min()
    }
}
