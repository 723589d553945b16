//! What the daemons counted: how much flowed, and what may not have happened.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Instant;

use crate::cluster::Cluster;

/// Metrics of what was lost, refused, out of place or not understood, with all their labels. None of it happens on one
/// machine that has time.
const NEVER: &[&str] = &[
    "oxberry_controller_partitions_orphaned",
    "oxberry_controller_nodes{state=\"dead\"}",
    "oxberry_controller_nodes{state=\"gone\"}",
    "oxberry_controller_messages_not_taken_total",
    "oxberry_controller_proxy_overruns_total",
    "oxberry_controller_feed_gaps_total",
    "oxberry_controller_feed_messages_missing_total",
    "oxberry_controller_feed_copies_total",
    "oxberry_controller_feed_early_total",
    "oxberry_controller_feed_restarts_total",
    "oxberry_controller_feed_refreshes_abandoned_total",
    "oxberry_controller_feed_odd_total",
    "oxberry_pi_streams_recovering",
    "oxberry_pi_symbols{trust=\"stale\"}",
    "oxberry_pi_symbols{trust=\"partial\"}",
    "oxberry_pi_symbols{trust=\"recovering\"}",
    "oxberry_pi_events_rejected_total",
    "oxberry_pi_holes_total",
    "oxberry_pi_losses_total",
    "oxberry_pi_refreshes_missed_total",
    "oxberry_pi_foreign_frames_total",
    "oxberry_pi_bad_frames_total",
    "oxberry_pi_out_of_place_messages_total",
    "oxberry_pi_book_rejections_total",
    "oxberry_pi_symbol_gaps_total",
    "oxberry_visual_untrusted_events_total",
    "oxberry_visual_missed_total",
    "oxberry_visual_foreign_frames_total",
    "oxberry_visual_malformed_total",
    "oxberry_visual_repeated_frames_total",
    "oxberry_visual_frames_after_end_total",
    "oxberry_visual_page_refusals_total",
];

/// All metrics of all daemons at a moment.
pub(crate) struct Counters {
    at: Instant,
    /// By the name of the daemon and that of the sample, with its labels.
    samples: BTreeMap<(String, String), f64>,
    /// Frames that the browser got, and their bytes.
    browser: (u64, u64),
}

/// What happened between two moments.
pub(crate) struct Flow<'a> {
    from: &'a Counters,
    to: &'a Counters,
}

impl Counters {
    /// Asks all daemons.
    pub(crate) fn of(cluster: &Cluster) -> Self {
        let scraped = cluster.scraped().flat_map(|(daemon, address)| {
            let samples = samples(&get(address));
            samples
                .into_iter()
                .map(move |(name, value)| ((daemon.to_owned(), name), value))
        });
        Self {
            at: Instant::now(),
            samples: scraped.collect(),
            browser: cluster.browser().seen(),
        }
    }

    /// What there is of that which may not have happened, a sentence each.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for &never in NEVER {
            let found: Vec<_> = self.named(never).collect();
            if found.is_empty() {
                faults.push(format!("no daemon has {never}"));
            }
            let wrong = found.iter().filter(|(_, _, value)| *value != 0.0);
            faults
                .extend(wrong.map(|(daemon, name, value)| format!("{daemon}: {name} is {value}")));
        }
        faults
    }

    /// What flowed since an earlier moment.
    pub(crate) const fn since<'a>(&'a self, from: &'a Self) -> Flow<'a> {
        Flow { from, to: self }
    }

    /// The samples of a metric: the daemon, the name with its labels, the value.
    fn named<'a>(&'a self, metric: &'a str) -> impl Iterator<Item = (&'a str, &'a str, f64)> {
        let is_it = move |name: &str| {
            name.strip_prefix(metric)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('{'))
        };
        let samples = self
            .samples
            .iter()
            .filter(move |((_, name), _)| is_it(name));
        samples.map(|((daemon, name), value)| (&**daemon, &**name, *value))
    }

    fn sum(&self, metric: &str) -> f64 {
        self.named(metric).map(|(_, _, value)| value).sum()
    }
}

impl Flow<'_> {
    fn seconds(&self) -> f64 {
        (self.to.at - self.from.at).as_secs_f64()
    }

    fn sum(&self, metric: &str) -> f64 {
        self.to.sum(metric) - self.from.sum(metric)
    }
}

impl fmt::Display for Flow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.seconds();
        writeln!(f, "In the {seconds:.0} s after the warm-up:")?;
        for (what, metric) in [
            (
                "messages of the feed",
                "oxberry_controller_feed_messages_total",
            ),
            ("events published", "oxberry_controller_events_total"),
            ("batches published", "oxberry_controller_batches_total"),
            (
                "bytes published",
                "oxberry_controller_published_bytes_total",
            ),
            ("events applied by all Pis", "oxberry_pi_events_total"),
            (
                "stock events told by all Pis",
                "oxberry_pi_stock_events_total",
            ),
            (
                "events that the page counted",
                "oxberry_visual_events_total",
            ),
        ] {
            let sum = self.sum(metric);
            writeln!(f, "{sum:>15.0} {what}, {:.0} a second", sum / seconds)?;
        }
        let (frames, bytes) = (
            self.to.browser.0 - self.from.browser.0,
            self.to.browser.1 - self.from.browser.1,
        );
        writeln!(f, "{frames:>15} frames for the browser, {bytes} bytes")?;
        let behind = self.to.named("oxberry_controller_replay_behind_seconds");
        let behind = behind.map(|(_, _, value)| value).fold(0.0, f64::max);
        writeln!(
            f,
            "{behind:>15.2} seconds that the replay was behind its pace at the end"
        )?;
        write!(f, "processors used:")?;
        for (daemon, _, value) in self.to.named("process_cpu_seconds_total") {
            let before = self
                .from
                .named("process_cpu_seconds_total")
                .find(|sample| sample.0 == daemon);
            write!(
                f,
                " {daemon} {:.2}",
                (value - before.map_or(0.0, |sample| sample.2)) / seconds
            )?;
        }
        Ok(())
    }
}

/// The text that a daemon serves.
fn get(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("# EOF\n"),
        "{answer}"
    );
    answer
}

/// Names with labels, and values.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let samples = lines.filter_map(|line| line.rsplit_once(' '));
    samples
        .filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)))
        .collect()
}

#[test]
fn what_may_not_happen_is_a_fault_and_so_is_a_metric_that_is_not_there() {
    let mut counters = Counters {
        at: Instant::now(),
        samples: NEVER
            .iter()
            .map(|name| (("a".into(), (*name).to_owned()), 0.0))
            .collect(),
        browser: (0, 0),
    };
    assert_eq!(counters.faults(), [""; 0]);
    let text = "# HELP x y\noxberry_pi_holes_total 2\noxberry_controller_feed_odd_total{reason=\"late\"} 1\n";
    let found = samples(text)
        .into_iter()
        .map(|(name, value)| (("b".to_owned(), name), value));
    counters.samples.extend(found);
    counters
        .samples
        .remove(&("a".into(), "oxberry_visual_missed_total".into()));
    let faults = [
        "b: oxberry_controller_feed_odd_total{reason=\"late\"} is 1",
        "b: oxberry_pi_holes_total is 2",
        "no daemon has oxberry_visual_missed_total",
    ];
    assert_eq!(counters.faults(), faults);
}
