//! What a fault cost: how long until it was noticed, until its process was back, and until every book was
//! on all its replicas again.

use std::{
    fmt,
    time::{Duration, Instant},
};

use oxberry_cluster::told::Cluster;
use oxberry_proto::status::{NodeState, NodeStatus};

use super::fault::{CONTROLLER, Fault, What};

/// What is known of one fault so far.
#[derive(Clone, Debug)]
pub(super) struct Bill {
    fault: Fault,
    struck: Instant,
    /// The number under which the controller knew the process.
    former: Option<u16>,
    noticed: Option<Duration>,
    back: Option<Duration>,
    whole: Option<Duration>,
}

impl Bill {
    /// Of a fault that was done just now.
    pub(super) fn new(fault: Fault, struck: Instant, before: Option<&Cluster>) -> Self {
        let former = before.and_then(|before| newest(before, &fault.node));
        Self {
            former: former.map(|node| node.node.raw()),
            fault,
            struck,
            noticed: None,
            back: None,
            whole: None,
        }
    }

    /// Whether it is complete.
    pub(super) const fn is_settled(&self) -> bool {
        self.whole.is_some()
    }

    /// Takes how the cluster is now, if the controller says it.
    pub(super) fn look(&mut self, now: Instant, cluster: Option<&Cluster>) {
        let passed = now.saturating_duration_since(self.struck);
        if self.fault.node == CONTROLLER {
            self.look_at_controller(passed, cluster);
        } else if let Some(cluster) = cluster {
            self.look_at_pi(passed, cluster);
        }
    }

    /// Of a controller one sees whether it speaks, and whether the feed goes on.
    fn look_at_controller(&mut self, passed: Duration, cluster: Option<&Cluster>) {
        if cluster.is_none() {
            self.noticed.get_or_insert(passed);
        }
        let is_due = passed >= self.fault.back_after;
        if let Some(cluster) = cluster.filter(|cluster| is_due && cluster.is_playing()) {
            self.back.get_or_insert(passed);
            if cluster.is_whole() {
                self.whole.get_or_insert(passed);
            }
        }
    }

    fn look_at_pi(&mut self, passed: Duration, cluster: &Cluster) {
        let node = newest(cluster, &self.fault.node);
        let is_due = passed >= self.fault.back_after;
        if self.former.is_none() && !is_due {
            // The controller did not say it when the fault was done.
            self.former = node.map(|node| node.node.raw());
        }
        let is_former = node.is_some_and(|node| Some(node.node.raw()) == self.former);
        let is_dead = node.is_none_or(|node| {
            matches!(node.state, NodeState::Dead | NodeState::Replaced) || !is_former
        });
        if self.noticed.is_none() && is_dead {
            self.noticed = Some(passed);
        }
        // Only of a pause does nobody have to notice anything: then it ends under the same number.
        let went_on = self.fault.what == What::Pause && self.noticed.is_none();
        let is_ready = node.is_some_and(|node| node.state == NodeState::Ready);
        if self.back.is_none() && is_ready && is_due && (went_on || !is_former) {
            self.back = Some(passed);
        }
        if self.back.is_some() && self.whole.is_none() && cluster.is_whole() {
            self.whole = Some(passed);
        }
    }
}

/// The process of a name that joined last.
fn newest<'s>(cluster: &'s Cluster, name: &str) -> Option<&'s NodeStatus> {
    let of_name = cluster.nodes.iter();
    let of_name = of_name.filter(|node| node.name.as_str() == name);
    of_name.max_by_key(|node| node.node)
}

impl fmt::Display for Bill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { what, node, at, .. } = &self.fault;
        write!(f, "bill: {node} {what} at {:.1} s", at.as_secs_f64())?;
        let parts = [
            (self.noticed, "noticed", "not noticed"),
            (self.back, "back", "not back"),
            (
                self.whole,
                "all books on all replicas",
                "not all books on all replicas",
            ),
        ];
        for (place, (passed, done, undone)) in parts.into_iter().enumerate() {
            let comma = if place == 0 { ": " } else { ", " };
            match passed {
                Some(passed) => write!(f, "{comma}{done} after {:.1} s", passed.as_secs_f64())?,
                None => write!(f, "{comma}{undone}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use oxberry_proto::{
        Libzmq, NodeId, NodeName, Run,
        status::{NodeBeat, RunPhase, Status},
    };

    use super::*;

    const TENTH: Duration = Duration::from_millis(100);

    /// When something happened, whenever that is.
    #[expect(
        clippy::disallowed_methods,
        reason = "there is no other way to an instant"
    )]
    fn struck() -> Instant {
        Instant::now()
    }

    /// The cluster with these processes of the name `pi-2`.
    fn cluster(processes: &[(u16, NodeState)]) -> Cluster {
        let mut cluster = Cluster::new(Status {
            schema: 0,
            run: Run::default(),
            phase: RunPhase::Running,
            phase_ms: 0,
            nodes: 1,
            replicas: 1,
            partitions: 1,
            channels: 2,
            symbols: 1,
            libzmq: Libzmq::default(),
            next: None,
            records: 0,
        });
        cluster.nodes = (processes.iter())
            .map(|&(number, state)| {
                let mut beat = NodeBeat::default();
                beat.trust.live = u32::from(state == NodeState::Ready);
                NodeStatus {
                    node: NodeId::from_raw(number),
                    name: NodeName::try_from("pi-2").expect("it is short"),
                    state,
                    heard_ms: 0,
                    max_orders: 1,
                    max_symbols: 1,
                    libzmq: Libzmq::default(),
                    beat: Some(beat),
                }
            })
            .collect();
        cluster
    }

    /// What the bill says after a fault, when the cluster looked so at these tenths of a second.
    fn bill(fault: &str, looks: &[(u32, &[(u16, NodeState)])]) -> String {
        let struck = struck();
        let before = cluster(&[(1, NodeState::Ready)]);
        let fault = fault.parse().expect("it is a fault");
        let mut bill = Bill::new(fault, struck, Some(&before));
        for (tenths, processes) in looks {
            bill.look(struck + TENTH * *tenths, Some(&cluster(processes)));
        }
        bill.to_string()
    }

    #[test]
    fn one_that_was_killed_is_back_under_another_number() {
        use NodeState::{Dead, Ready, Replaced};
        let said = bill(
            "kill:pi-2@5",
            &[
                (1, &[(1, Ready)]),
                // It would be started again by now, and the controller has noticed nothing.
                (12, &[(1, Ready)]),
                (14, &[(1, Replaced), (4, NodeState::Joined)]),
                (16, &[(1, Replaced), (4, Ready)]),
                (50, &[(1, Dead), (4, Ready)]),
            ],
        );
        assert_eq!(
            said,
            "bill: pi-2 killed at 5.0 s: noticed after 1.4 s, back after 1.6 s, all books on all replicas after 1.6 s"
        );
    }

    #[test]
    fn a_pause_that_nobody_noticed_ends_under_the_same_number() {
        use NodeState::{Dead, Ready};
        let said = bill("pause:pi-2@5+2", &[(1, &[(1, Ready)]), (21, &[(1, Ready)])]);
        assert!(said.contains("not noticed, back after 2.1 s"), "{said}");
        let said = bill(
            "pause:pi-2@5+8",
            &[
                (51, &[(1, Dead)]),
                (81, &[(1, Dead)]),
                (95, &[(1, Dead), (4, Ready)]),
            ],
        );
        assert!(
            said.contains("noticed after 5.1 s, back after 9.5 s"),
            "{said}"
        );
    }

    #[test]
    fn what_the_controller_did_not_say_at_the_fault_is_taken_from_the_first_look() {
        let struck = struck();
        let mut bill = Bill::new("kill:pi-2@5".parse().expect("it is a fault"), struck, None);
        let ready = cluster(&[(1, NodeState::Ready)]);
        bill.look(struck + Duration::from_millis(100), Some(&ready));
        bill.look(struck + Duration::from_millis(1500), Some(&ready));
        assert!(!bill.is_settled());
        assert!(bill.to_string().contains("not noticed, not back"), "{bill}");
    }

    #[test]
    fn a_controller_is_back_when_the_feed_goes_on() {
        let struck = struck();
        let fault = "kill:controller@3".parse().expect("it is a fault");
        let mut bill = Bill::new(fault, struck, None);
        let mut look = |tenths, cluster: Option<&Cluster>| {
            bill.look(struck + TENTH * tenths, cluster);
            bill.to_string()
        };
        let mut gathers = cluster(&[]);
        gathers.head.phase = RunPhase::AwaitingNodes;
        let plays = cluster(&[(1, NodeState::Ready)]);
        look(1, None);
        assert!(look(14, Some(&gathers)).contains("not back"));
        assert_eq!(
            look(19, Some(&plays)),
            "bill: controller killed at 3.0 s: noticed after 0.1 s, back after 1.9 s, all books on all replicas after 1.9 s"
        );
    }
}
