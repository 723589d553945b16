use std::process::Command;

use serde_json::{Value, json};

use super::*;

/// A cluster of programs that say and do what a shell is told; its events go to the sender.
fn cluster(programs: &[(&str, &str)]) -> (Cluster, Sender<Event>) {
    let (sender, events) = mpsc::channel();
    // What the programs themselves send comes when it likes; the tests send in an order.
    let (ignored, _) = mpsc::channel();
    let nodes = programs.iter().map(|(name, script)| {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Node::start_command(name, command, Notice::of_pi, &ignored).unwrap()
    });
    (Cluster::new(nodes.collect(), events, true), sender)
}

fn ended(child: &str) -> Event {
    Event::Ended {
        child: child.into(),
    }
}

fn said(notice: Value) -> Event {
    Event::Notice {
        child: CONTROLLER.into(),
        notice: Notice::of_controller(&notice.to_string()).unwrap(),
    }
}

const WAITS: &str = "read line";

#[test]
fn pis_that_end_before_the_result_is_read_are_no_loss() {
    for (exit, good) in [("exit 0", true), ("exit 1", false)] {
        let (mut cluster, events) = cluster(&[
            (CONTROLLER, WAITS),
            (DASHBOARD, "exit 0"),
            ("pi-1", exit),
            ("pi-2", exit),
        ]);
        for event in [
            ended("pi-2"),
            ended("pi-1"),
            said(
                json!({"notice": "partition", "partition": 0, "good": true, "different": [], "replicas": []}),
            ),
            said(json!({"notice": "done", "good": good})),
            ended(DASHBOARD),
        ] {
            events.send(event).unwrap();
        }
        let outcome = cluster.play().unwrap().unwrap();
        assert_eq!(outcome.good, good);
        assert_eq!(outcome.partitions.len(), 1);
    }
}

#[test]
fn pi_and_page_may_end_before_the_start_of_a_short_feed_is_read() {
    // What the controller says is read by another thread, anywhere between the others.
    for place in 0..=2 {
        let (mut cluster, events) = cluster(&[
            (CONTROLLER, WAITS),
            (DASHBOARD, "exit 0"),
            ("pi-1", "exit 0"),
        ]);
        let mut sent = vec![ended("pi-1"), ended(DASHBOARD)];
        let told = [
            json!({"notice": "started"}),
            json!({"notice": "done", "good": true}),
        ];
        sent.splice(place..place, told.map(said));
        for event in sent {
            events.send(event).unwrap();
        }
        cluster.await_start().unwrap();
        assert!(cluster.play().unwrap().unwrap().good, "{place}");
    }
}

#[test]
fn a_page_that_is_to_stay_and_ends_before_the_start_is_named() {
    let programs = [(CONTROLLER, WAITS), (DASHBOARD, "exit 0"), ("pi-1", WAITS)];
    let (mut cluster, events) = cluster(&programs);
    cluster.until_end = false;
    events.send(ended(DASHBOARD)).unwrap();
    drop(events);
    let error = cluster.await_start().unwrap_err().to_string();
    assert!(
        error.contains("dashboard ended before the feed started"),
        "{error}"
    );
}

#[test]
fn killed_pis_end_a_check_at_once() {
    let (mut cluster, events) = cluster(&[
        (CONTROLLER, WAITS),
        (DASHBOARD, WAITS),
        ("pi-1", "kill -9 $$"),
    ]);
    events.send(ended("pi-1")).unwrap();
    let error = cluster.play().unwrap_err().to_string();
    assert!(error.contains("no Pi is left"), "{error}");
}

#[test]
fn a_controller_that_ends_without_a_result_fails_the_check() {
    let (mut cluster, events) = cluster(&[
        (CONTROLLER, "exit 0"),
        (DASHBOARD, WAITS),
        ("pi-1", "exit 0"),
    ]);
    events.send(ended("pi-1")).unwrap();
    events.send(ended(CONTROLLER)).unwrap();
    let error = cluster.play().unwrap_err().to_string();
    assert!(error.contains("the controller ended"), "{error}");
}
