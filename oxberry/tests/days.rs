//! Day after day without a hand: real daemons that outlive each other's runs, on loopback.
#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    reason = "a test waits for processes, but not for ever"
)]

#[path = "support/cluster.rs"]
mod cluster;
#[path = "support/nodes.rs"]
#[expect(dead_code, reason = "nobody is stopped or signalled here")]
mod nodes;
mod support;

use cluster::{Cluster, market};
use nodes::{await_state, state_of};
use serde_json::{Value, json};

/// What the page shows of the symbols.
fn shown(state: &Value) -> &Value {
    &state["symbols"]
}

#[test]
fn the_same_pis_and_the_same_page_play_day_after_day() {
    let (monday, tuesday) = (market("1"), market("2"));
    let mut cluster = Cluster::start();
    let (first, shown_first) = cluster.play(monday.path());
    let (second, shown_second) = cluster.play(tuesday.path());
    assert_ne!(first, second);
    assert_ne!(shown_first["run"], shown_second["run"]);
    // Nothing of the day before is left.
    let (again, shown_again) = cluster.play(monday.path());
    assert_eq!(first, again);
    assert_eq!(shown(&shown_first), shown(&shown_again));
    assert_ne!(shown_first["run"], shown_again["run"]);
    for pi in &mut cluster.pis {
        pi.await_line("waits for the next run");
        assert!(!pi.said().contains("WARN"), "{}", pi.said());
    }
    assert!(
        !cluster.page.said().contains("WARN"),
        "{}",
        cluster.page.said()
    );
}

#[test]
fn a_controller_that_is_killed_in_the_run_and_started_again_goes_on_with_it() {
    let day = market("1");
    let cluster = Cluster::start();
    let (expected, _) = cluster.play(day.path());
    let controller = cluster.controller(day.path(), SLOW);
    await_state(&cluster.web, is_in_the_run);
    controller.kill();
    let (digests, state) = cluster.go_on(day.path());
    assert_eq!(digests, expected);
    let counters = &state["counters"];
    assert_eq!(
        (&counters["foreign"], &counters["missed"]),
        (&json!(0), &json!(0))
    );
}

/// So slow that a run takes some minutes.
const SLOW: &str = "1";

fn is_in_the_run(state: &Value) -> bool {
    state["phase"] == "running" && state["counters"]["events"].as_u64() > Some(0)
}

#[test]
fn a_pi_that_is_killed_and_started_again_takes_its_place_whenever_it_comes() {
    let day = market("1");
    let mut cluster = Cluster::start();
    let (expected, _) = cluster.play(day.path());
    // While the other one is awaited.
    cluster.pis.remove(1).kill();
    let mut controller = cluster.controller(day.path(), SLOW);
    controller.await_line("pi-1 joined");
    cluster.pis.remove(0).kill();
    cluster.pis.push(cluster.pi("pi-1"));
    controller.await_line("pi-1 has started again");
    controller.await_line("pi-1 joined");
    cluster.pis.push(cluster.pi("pi-2"));
    controller.await_line(r#""started""#);
    await_state(&cluster.web, is_in_the_run);
    // In the run, which goes on with its twin.
    cluster.pis.remove(0).kill();
    let mut again = cluster.pi("pi-1");
    controller.await_line("pi-1 has started again");
    controller.await_line("pi-1 joined while the feed runs");
    again.await_line("hears all its partitions");
    let before = state_of(&cluster.web)["counters"]["events"].as_u64();
    await_state(&cluster.web, |state| {
        state["counters"]["events"].as_u64() > before
    });
    controller.kill();
    let (digests, _) = cluster.go_on(day.path());
    assert_eq!(digests, expected);
    assert!(!again.said().contains("refuses"), "{}", again.said());
}

#[test]
fn a_day_that_ends_badly_is_told_from_a_run_that_failed() {
    let day = market("1");
    let cluster = Cluster::start();
    let missing = day.path().join("no-such-day");
    let (code, said) = cluster.controller(&missing, "max").end();
    assert_eq!(code, Some(1), "{said}");
    // The last packet of a channel is cut off.
    let channel = day.path().join("20240515-ARCA_XDP_IBF_1.dat");
    let length = std::fs::metadata(&channel).unwrap().len();
    let file = std::fs::File::options().write(true).open(&channel).unwrap();
    file.set_len(length - 3).unwrap();
    let (code, said) = cluster.controller(day.path(), "max").end();
    assert_eq!(code, Some(3), "{said}");
}
