//! What is counted, in Prometheus' text format.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::board::Phase;
use crate::browser::BrowserCounters;
use crate::screen::{Status, Voice};

pub(crate) fn text(status: &Status, browsers: &BrowserCounters) -> String {
    let mut text = Text::default();
    text.counter("frames", "Frames put up for browsers.", status.frame);
    if let Some(board) = &status.board {
        let counters = &board.counters;
        for (name, help, value) in [
            (
                "events_received",
                "Events that came in, copies included.",
                counters.received,
            ),
            ("events", "Events that counted.", counters.events),
            (
                "duplicates",
                "Copies by twins, dropped.",
                counters.duplicates,
            ),
            (
                "rewound",
                "Events of books that start over, dropped.",
                counters.rewound,
            ),
            (
                "gaps",
                "Jumps in the event numbers of a symbol.",
                counters.gaps,
            ),
            (
                "missed_events",
                "Events that the jumps left out.",
                counters.missed,
            ),
            ("trades", "Trades.", counters.trades),
            ("traded_shares", "Shares of these trades.", counters.volume),
            (
                "conflated",
                "Events overtaken before a frame showed them.",
                counters.conflated,
            ),
            (
                "unknown_symbols",
                "Events of unknown symbols.",
                counters.unknown_symbols,
            ),
            (
                "malformed",
                "Messages that did not decode.",
                counters.malformed,
            ),
        ] {
            text.counter(name, help, value);
        }
        let states = &board.states;
        text.head("symbols", "gauge", "Symbols by the state of their book.");
        for (state, count) in [
            ("waiting", states.waiting),
            ("live", states.live),
            ("stale", states.stale),
            ("recovering", states.recovering),
            ("halted", states.halted),
            ("closed", states.closed),
            ("unheard", states.unheard),
        ] {
            text.line("symbols", &format!("{{state=\"{state}\"}}"), count.into());
        }
        text.head(
            "node_speaks",
            "gauge",
            "Whether a Pi speaks or said that it is done.",
        );
        for node in &board.nodes {
            let speaks = u64::from(node.voice != Voice::Silent);
            text.line(
                "node_speaks",
                &format!("{{node=\"{}\"}}", node.node),
                speaks,
            );
        }
        let ended = u64::from(board.phase == Phase::Ended);
        text.gauge("feed_ended", "Whether the feed is over.", ended);
    }
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    text.gauge(
        "browsers",
        "Browsers that look on.",
        read(&browsers.present),
    );
    text.counter(
        "browsers",
        "Browsers that ever looked on.",
        read(&browsers.total),
    );
    text.counter(
        "browser_frames",
        "Frames sent to browsers.",
        read(&browsers.frames),
    );
    text.counter(
        "browser_frames_skipped",
        "Frames that a browser was too slow for.",
        read(&browsers.frames_skipped),
    );
    text.0
}

#[derive(Debug, Default)]
struct Text(String);

impl Text {
    fn counter(&mut self, name: &str, help: &str, value: u64) {
        let name = format!("{name}_total");
        self.head(&name, "counter", help);
        self.line(&name, "", value);
    }

    fn gauge(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, "gauge", help);
        self.line(name, "", value);
    }

    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP oxberry_visual_{name} {help}");
        let _ = writeln!(self.0, "# TYPE oxberry_visual_{name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &str, value: u64) {
        let _ = writeln!(self.0, "oxberry_visual_{name}{labels} {value}");
    }
}
