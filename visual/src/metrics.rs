//! What the dashboard is like, in the text of OpenMetrics.

use std::fmt;
use std::sync::atomic::Ordering;

use oxberry_cluster::page::Voice;
use oxberry_net::metrics::{Family, registry};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

pub(crate) use oxberry_net::metrics::CONTENT_TYPE;

use crate::board::{Counters, Phase};
use crate::browser::BrowserCounters;
use crate::look::Totals;
use crate::refusal::{Refusal, Refusals};
use crate::screen::{BoardStatus, Status};

/// Everything that can be told, as text.
pub(crate) fn text(status: &Status, browsers: &BrowserCounters, refusals: &Refusals) -> String {
    let mut metrics = registry();
    metrics.register_collector(Box::new(Seen {
        status: status.clone(),
        browsers: Browsers::of(browsers),
        refusals: Refusal::ALL.map(|refusal| (refusal, refusals.of(refusal))),
    }));
    oxberry_net::metrics::text(&metrics)
}

/// What there is to tell at a moment.
#[derive(Debug)]
struct Seen {
    status: Status,
    browsers: Browsers,
    /// How often the page turned somebody away, by why.
    refusals: [(Refusal, u64); Refusal::ALL.len()],
}

/// Who looks on at a moment.
#[derive(Clone, Copy, Debug)]
struct Browsers {
    present: u64,
    total: u64,
    frames: u64,
    frames_skipped: u64,
}

impl Browsers {
    fn of(counters: &BrowserCounters) -> Self {
        Self {
            present: counters.present.load(Ordering::Relaxed),
            total: counters.total.load(Ordering::Relaxed),
            frames: counters.frames.load(Ordering::Relaxed),
            frames_skipped: counters.frames_skipped.load(Ordering::Relaxed),
        }
    }
}

impl Collector for Seen {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut text = Text(encoder);
        let Status {
            frame,
            board,
            looks,
            ..
        } = &self.status;
        text.single("frames_total", "Frames put up for browsers.", Some(*frame))?;
        // Before the first table there is nothing to count, but all names are there.
        let board = board.as_ref();
        text.counters(board.map(|board| &board.counters))?;
        text.symbols(board)?;
        text.feed(board)?;
        text.browsers(&self.browsers)?;
        text.looks(looks)?;
        text.refusals(&self.refusals)
    }
}

struct Text<'a>(DescriptorEncoder<'a>);

impl Text<'_> {
    /// What was counted of what the Pis told.
    #[rustfmt::skip]
    fn counters(&mut self, counters: Option<&Counters>) -> fmt::Result {
        let of = |read: fn(&Counters) -> u64| counters.map(read);
        for (name, help, value) in [
            ("stock_frames_total", "Frames that Pis pushed.", of(|all| all.frames)),
            ("events_total", "Events that counted, each message of a symbol once.", of(|all| all.events)),
            ("copies_total", "Copies by twins, dropped.", of(|all| all.copies)),
            ("untrusted_events_total", "Events of books that were not the best word on their symbol, dropped.", of(|all| all.untrusted)),
            ("missed_total", "Times that something of a Pi was missed and its state was asked for.", of(|all| all.missed)),
            ("foreign_frames_total", "Frames of another run, dropped.", of(|all| all.foreign)),
            ("malformed_total", "Frames that could not be read.", of(|all| all.malformed)),
            ("repeated_frames_total", "Frames that a Pi pushed again, dropped.", of(|all| all.repeated)),
            ("frames_after_end_total", "Frames of a Pi that had said that no more would follow.", of(|all| all.after_end)),
            ("runs_total", "Runs that were shown afresh.", of(|all| all.runs)),
            ("trades_total", "Trades.", of(|all| all.trades)),
            ("traded_shares_total", "Shares of these trades.", of(|all| all.volume)),
            ("conflated_total", "Events overtaken before a frame showed them.", of(|all| all.conflated)),
        ] {
            self.single(name, help, value)?;
        }
        Ok(())
    }

    /// How many symbols are how.
    fn symbols(&mut self, board: Option<&BoardStatus>) -> fmt::Result {
        let states = board.iter().flat_map(|board| board.states.iter());
        let states = states.map(|(state, symbols)| (state.to_string(), symbols.into()));
        let help = "Symbols by what can be said of them.";
        self.labelled("symbols", help, "state", states)?;
        let statuses = board.iter().flat_map(|board| board.statuses.paused());
        let statuses = statuses.map(|(status, symbols)| (status.to_string(), symbols.into()));
        let help = "Symbols that do not trade.";
        self.labelled("symbols_not_trading", help, "status", statuses)
    }

    /// Who speaks, and whether the feed goes on.
    fn feed(&mut self, board: Option<&BoardStatus>) -> fmt::Result {
        let nodes = board.iter().flat_map(|board| &board.nodes).map(|node| {
            let speaks = matches!(node.voice, Voice::Speaking | Voice::Ended);
            (node.node.to_string(), speaks.into())
        });
        let help = "Whether a Pi speaks or said that it is done.";
        self.labelled("node_speaks", help, "node", nodes)?;
        let is = |phase| board.map(|board| u64::from(board.phase == phase));
        self.single("feed_ended", "Whether the feed is over.", is(Phase::Ended))?;
        let help = "Whether nothing is heard any more.";
        self.single("feed_silent", help, is(Phase::Silent))
    }

    /// Who looks on.
    fn browsers(&mut self, browsers: &Browsers) -> fmt::Result {
        let Browsers {
            present,
            total,
            frames,
            frames_skipped,
        } = *browsers;
        self.single("browsers", "Browsers that look on.", Some(present))?;
        let help = "Browsers that ever looked on.";
        self.single("browser_visits_total", help, Some(total))?;
        let help = "Frames sent to browsers.";
        self.single("browser_frames_total", help, Some(frames))?;
        let help = "Frames that a browser was too slow for.";
        self.single("browser_frames_skipped_total", help, Some(frames_skipped))
    }

    /// What somebody looks at closely.
    fn looks(&mut self, totals: &Totals) -> fmt::Result {
        let Totals {
            looked_at,
            asked,
            taken,
            left,
            passed_over,
        } = *totals;
        for (name, help, value) in [
            (
                "symbols_looked_at",
                "Symbols that pages and programs look at closely.",
                looked_at,
            ),
            (
                "depth_questions_total",
                "Questions to Pis how deep a book is.",
                asked,
            ),
            (
                "depth_answers_total",
                "Parts of answers to that, taken.",
                taken,
            ),
            (
                "depth_answers_left_total",
                "Parts of answers that nobody waits for, or older than what is known.",
                left,
            ),
            (
                "depth_silences_total",
                "Times that a Pi did not answer, so that another one was asked.",
                passed_over,
            ),
        ] {
            self.single(name, help, Some(value))?;
        }
        Ok(())
    }

    /// Who was turned away from the page.
    fn refusals(&mut self, refusals: &[(Refusal, u64)]) -> fmt::Result {
        let help = "Requests to the page that were refused or had to wait, by why.";
        let samples = refusals.iter();
        let samples = samples.map(|&(refusal, count)| (refusal.name().to_owned(), count));
        self.labelled("page_refusals_total", help, "reason", samples)
    }

    fn single(&mut self, name: &str, help: &str, value: Option<u64>) -> fmt::Result {
        let name = format!("oxberry_visual_{name}");
        let mut family = Family::begin(&mut self.0, &name, help)?;
        value.map_or(Ok(()), |value| family.sample(&[], value))
    }

    fn labelled(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        samples: impl Iterator<Item = (String, u64)>,
    ) -> fmt::Result {
        let name = format!("oxberry_visual_{name}");
        let mut family = Family::begin(&mut self.0, &name, help)?;
        for (word, value) in samples {
            family.sample(&[(label, &word)], value)?;
        }
        Ok(())
    }
}
