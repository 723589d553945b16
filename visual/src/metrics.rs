//! What is counted, in Prometheus' text format.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use oxberry_cluster::page::Voice;

use crate::board::{Counters, Phase};
use crate::browser::BrowserCounters;
use crate::refusal::{Refusal, Refusals};
use crate::screen::{BoardStatus, Status};

pub(crate) fn text(status: &Status, browsers: &BrowserCounters, refusals: &Refusals) -> String {
    let mut text = Text::default();
    text.counter("frames", "Frames put up for browsers.", status.frame);
    if let Some(board) = &status.board {
        text.counters(&board.counters);
        text.symbols(board);
        text.feed(board);
    }
    text.browsers(browsers);
    text.refusals(refusals);
    text.0
}

#[derive(Debug, Default)]
struct Text(String);

impl Text {
    /// What was counted of what the Pis told.
    fn counters(&mut self, counters: &Counters) {
        for (name, help, value) in [
            ("stock_frames", "Frames that Pis pushed.", counters.frames),
            (
                "events",
                "Events that counted, each message of a symbol once.",
                counters.events,
            ),
            ("copies", "Copies by twins, dropped.", counters.copies),
            (
                "untrusted_events",
                "Events of books that were not the best word on their symbol, dropped.",
                counters.untrusted,
            ),
            (
                "missed",
                "Times that something of a Pi was missed and its state was asked for.",
                counters.missed,
            ),
            (
                "foreign_frames",
                "Frames of another run, dropped.",
                counters.foreign,
            ),
            (
                "malformed",
                "Frames that could not be read.",
                counters.malformed,
            ),
            (
                "repeated_frames",
                "Frames that a Pi pushed again, dropped.",
                counters.repeated,
            ),
            (
                "frames_after_end",
                "Frames of a Pi that had said that no more would follow.",
                counters.after_end,
            ),
            ("runs", "Runs that were shown afresh.", counters.runs),
            ("trades", "Trades.", counters.trades),
            ("traded_shares", "Shares of these trades.", counters.volume),
            (
                "conflated",
                "Events overtaken before a frame showed them.",
                counters.conflated,
            ),
        ] {
            self.counter(name, help, value);
        }
    }

    /// How many symbols are how.
    fn symbols(&mut self, board: &BoardStatus) {
        self.head("symbols", "gauge", "Symbols by what can be said of them.");
        for (state, count) in board.states.iter() {
            self.line("symbols", &format!("{{state=\"{state}\"}}"), count.into());
        }
        self.head("symbols_not_trading", "gauge", "Symbols that do not trade.");
        for (status, count) in board.statuses.paused() {
            let label = format!("{{status=\"{status}\"}}");
            self.line("symbols_not_trading", &label, count.into());
        }
    }

    /// Who speaks, and whether the feed goes on.
    fn feed(&mut self, board: &BoardStatus) {
        self.head(
            "node_speaks",
            "gauge",
            "Whether a Pi speaks or said that it is done.",
        );
        for node in &board.nodes {
            let speaks = u64::from(matches!(node.voice, Voice::Speaking | Voice::Ended));
            self.line(
                "node_speaks",
                &format!("{{node=\"{}\"}}", node.node),
                speaks,
            );
        }
        let ended = u64::from(board.phase == Phase::Ended);
        self.gauge("feed_ended", "Whether the feed is over.", ended);
        let silent = u64::from(board.phase == Phase::Silent);
        self.gauge("feed_silent", "Whether nothing is heard any more.", silent);
    }

    /// Who looks on.
    fn browsers(&mut self, browsers: &BrowserCounters) {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        self.gauge(
            "browsers",
            "Browsers that look on.",
            read(&browsers.present),
        );
        self.counter(
            "browsers",
            "Browsers that ever looked on.",
            read(&browsers.total),
        );
        self.counter(
            "browser_frames",
            "Frames sent to browsers.",
            read(&browsers.frames),
        );
        self.counter(
            "browser_frames_skipped",
            "Frames that a browser was too slow for.",
            read(&browsers.frames_skipped),
        );
    }

    /// Who was turned away from the page.
    fn refusals(&mut self, refusals: &Refusals) {
        self.head(
            "page_refusals_total",
            "counter",
            "Requests to the page that were refused or had to wait, by why.",
        );
        for refusal in Refusal::ALL {
            let label = format!("{{reason=\"{}\"}}", refusal.name());
            self.line("page_refusals_total", &label, refusals.of(refusal));
        }
    }

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
