//! The metrics of all daemons while they work together: their document, their alert rules, and what a
//! scraper gets.
#![cfg(test)]

mod cluster;
mod document;
mod scrape;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use cluster::Cluster;
use document::{Documented, documented};
use scrape::{Scrape, get};

/// A file of the workspace.
fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::read_to_string(root.join(path)).unwrap()
}

/// Metrics that every daemon has.
const OF_ALL: &str = "Every daemon";

/// The daemons, as their headings in the document name them, and with what their own metrics begin.
const DAEMONS: [(&str, &str); 3] = [
    ("oxberry-controller", "oxberry_controller_"),
    ("oxberry-pi", "oxberry_pi_"),
    ("oxberry-visual", "oxberry_visual_"),
];

#[test]
fn every_metric_of_a_running_cluster_is_in_the_document_and_every_one_there_is_served() {
    let cluster = Cluster::start();
    let text = read("docs/metrics.md");
    let mut wrong = Vec::new();
    for ((daemon, prefix), address) in DAEMONS.iter().zip(cluster.addresses()) {
        let scrape = cluster.scrape_until(address, |scrape| has_begun(scrape, prefix));
        let (own, common): (Vec<_>, Vec<_>) = scrape
            .metrics()
            .into_iter()
            .partition(|metric| metric.name.starts_with(prefix));
        for (heading, served) in [(OF_ALL, common), (daemon, own)] {
            let written = documented(&text, heading);
            if !Documented::are_same(&written, &served) {
                let table: String = served.iter().map(ToString::to_string).collect();
                wrong.push(format!("## {heading}\n\n{table}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "docs/metrics.md is not what is served, which is:\n\n{}",
        wrong.join("\n")
    );
}

#[test]
fn what_is_served_tells_what_happens() {
    let cluster = Cluster::start();
    let [controller, pi, visual] = cluster.addresses();
    let served = cluster.scrape_until(controller, |scrape| {
        has_begun(scrape, "oxberry_controller_")
    });
    assert_eq!(
        served.value("oxberry_controller_nodes{state=\"ready\"}"),
        Some(1.0)
    );
    assert_eq!(served.value("oxberry_controller_nodes_expected"), Some(1.0));
    assert_eq!(
        served.value("oxberry_controller_replay_speed_ratio"),
        Some(2.0)
    );
    let events = "oxberry_controller_events_total{channel=\"1\"}";
    let published = served.value(events).unwrap();
    assert!(published > 0.0);
    let batches = served.value("oxberry_controller_batches_total{channel=\"1\"}");
    let bytes = served.value("oxberry_controller_published_bytes_total{channel=\"1\"}");
    // Even an empty one has a head.
    assert!(batches > Some(0.0) && bytes > batches.map(|batches| batches * 20.0));
    // Everything that was published by then arrives.
    let on_page = "oxberry_visual_stock_frames_total";
    cluster.scrape_until(pi, |scrape| {
        scrape.value("oxberry_pi_events_total") >= Some(published)
    });
    cluster.scrape_until(visual, |scrape| scrape.value(on_page) > Some(0.0));
    for address in [controller, pi] {
        // Who says nothing, and who says nonsense without end, disturbs nobody.
        let silent = std::net::TcpStream::connect(address).unwrap();
        let refused = scrape::ask(address, &"x".repeat(9_000));
        assert!(refused.starts_with("HTTP/1.1 431 "), "{refused}");
        assert!(get(address, "/healthz").ends_with("\r\n\r\nok\n"));
        drop(silent);
    }
    let further = |scrape: &Scrape| scrape.value(events) > Some(published);
    cluster.scrape_until(controller, further);
}

/// Whether every part of the daemon has left what it is like.
fn has_begun(scrape: &Scrape, prefix: &str) -> bool {
    match prefix {
        "oxberry_controller_" => {
            scrape.value("oxberry_controller_playing") == Some(1.0)
                && scrape.value("oxberry_controller_feed_packets_total{channel=\"1\"}") > Some(0.0)
                && scrape.value("oxberry_controller_events_total{channel=\"1\"}") > Some(0.0)
        }
        "oxberry_pi_" => scrape.value("oxberry_pi_position{channel=\"1\"}") > Some(0.0),
        _ => scrape.value("oxberry_visual_node_speaks{node=\"0\"}") == Some(1.0),
    }
}

#[test]
fn alert_rules_name_metrics_that_there_are_and_say_what_to_do() {
    let document = read("docs/metrics.md");
    let headings = DAEMONS.map(|(daemon, _)| daemon);
    let mut known: BTreeSet<String> = headings
        .iter()
        .chain([&OF_ALL])
        .flat_map(|heading| documented(&document, heading))
        .map(|metric| metric.name)
        .collect();
    // Prometheus says itself whether it reached somebody.
    known.insert("up".into());
    let rules = read("deploy/alerts.yml");
    let mut alerts = 0;
    for rule in rules.split("      - alert: ").skip(1) {
        alerts += 1;
        for field in [
            "\n        expr: ",
            "\n          severity: ",
            "\n          summary: ",
            "\n          description: ",
        ] {
            assert_eq!(rule.matches(field).count(), 1, "{field:?} in {rule}");
        }
        let named: Vec<_> = names_in(rule).collect();
        assert!(!named.is_empty(), "{rule}");
        for name in named {
            assert!(
                known.contains(name),
                "docs/metrics.md has no {name}, of {rule}"
            );
        }
    }
    assert!(alerts >= 10, "only {alerts} rules were found");
    for line in rules.lines() {
        let indent = line.len() - line.trim_start_matches(' ').len();
        assert!(
            !line.contains('\t') && indent.is_multiple_of(2),
            "{line:?} is no YAML of ours"
        );
    }
}

/// The metrics that a text names.
fn names_in(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let is_metric =
        |word: &&str| *word == "up" || word.starts_with("oxberry_") || word.starts_with("process_");
    words.filter(is_metric)
}
