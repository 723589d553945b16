//! The places of a run whose nodes were not heard of since this controller goes on with it.
//!
//! Somebody may still come who has one of them. Who does not in time is dead, and his place is left to
//! newcomers, as that of any other.

use oxberry_core::units::Instant;
use oxberry_proto::start::Hello;
use oxberry_proto::{Libzmq, NodeId, NodeName, Partition, SCHEMA_FINGERPRINT};

use super::node::Node;
use super::{Controller, Peer};

impl Controller {
    /// Leaves a place for each node that is missing, whoever that was; returns how many.
    pub(super) fn leave_places(&mut self, now: Instant) -> usize {
        let expected = self.config.nodes.max(self.nodes.len() + 1);
        let replicas = self.config.replicas.min(self.config.nodes);
        let mut places: Vec<Vec<Partition>> = vec![Vec::new(); expected - self.nodes.len()];
        for (&partition, holders) in &self.placed {
            for _ in holders.len()..replicas {
                // The one that has least, and not this one.
                let free = places
                    .iter_mut()
                    .filter(|place| !place.contains(&partition));
                if let Some(place) = free.min_by_key(|place| place.len()) {
                    place.push(partition);
                }
            }
        }
        places.retain(|place| !place.is_empty());
        for (number, place) in (1..).zip(&places) {
            let Some(id) = self.nodes.next_id() else {
                break;
            };
            self.nodes.join(id, absent(number, now));
            self.nodes.tell(id);
            for partition in place {
                self.placed.entry(*partition).or_default().push(id);
                self.replicas.entry(*partition).or_default().push(id);
            }
        }
        places.len()
    }

    /// Takes partitions back from the absent, since somebody has come who holds them.
    pub(super) fn give_absent_places(&mut self, partitions: &[Partition]) {
        for partition in partitions {
            let holders = self.placed.get(partition).into_iter().flatten();
            let mut absent = holders.copied().filter(|&id| self.is_absent(id));
            let Some(id) = absent.next() else { continue };
            for held in [&mut self.placed, &mut self.replicas] {
                if let Some(holders) = held.get_mut(partition) {
                    holders.retain(|&holder| holder != id);
                }
            }
            self.forget_if_empty(id);
        }
    }

    /// Forgets a place of which nobody was heard, once others have all its partitions.
    pub(super) fn forget_if_empty(&mut self, id: NodeId) {
        let mut left = self.placed.values().flatten();
        if self.is_absent(id) && !left.any(|&holder| holder == id) {
            self.nodes.remove(id);
        }
    }

    /// Whether a node is only the place of one, which nobody has taken.
    fn is_absent(&self, id: NodeId) -> bool {
        self.nodes.get(id).is_some_and(|node| node.is_absent)
    }
}

/// A place of which nobody was heard.
fn absent(number: usize, now: Instant) -> Node {
    let name = format!("absent-{number}");
    let hello = Hello {
        name: NodeName::try_from(name.as_str()).unwrap_or_default(),
        schema: SCHEMA_FINGERPRINT,
        last_run: None,
        max_orders: 0,
        max_symbols: 0,
        libzmq: Libzmq::default(),
    };
    let mut node = Node::new(Peer::new(), hello, now);
    node.came_late = true;
    node.is_absent = true;
    node
}
