//! A controller, four Pis and a dashboard with a browser, as processes that play a market.

use std::time::Instant;

use serde_json::Value;

use crate::browser::Browser;
use crate::daemon::Daemon;
use crate::judge::Role;
use crate::market::LiveMarket;
use crate::reading::Reading;

/// Symbols of the market.
pub(crate) const SYMBOLS: u32 = 1_000;

/// Times its own pace that the market is played. A stock of it has 7.8 messages a second on average, so that 100,900 come
/// in a second.
const SPEED: &str = "13";

const PIS: usize = 4;

const ANY: &str = "tcp://127.0.0.1:0";

/// What the soak itself is called: the market, and the browser.
const MARKET: &str = "market";

/// The cluster, all of whose daemons end with this.
pub(crate) struct Cluster {
    market: LiveMarket,
    /// The controller, the dashboard and the Pis.
    daemons: Vec<Daemon>,
    /// Where each of them serves its metrics.
    addresses: Vec<String>,
    browser: Option<Browser>,
}

impl Cluster {
    /// Starts it; returns when the feed has started and the browser has its first frames.
    pub(crate) fn start() -> Self {
        let market = LiveMarket::open(SYMBOLS);
        let controller = start_controller(&market);
        let listening = notice(&controller, "listening");
        let [data, control, setup, metrics] =
            ["data", "control", "setup", "metrics"].map(|field| text(&listening, field));
        let visual = Daemon::start(
            "dashboard",
            &[
                "visual",
                "--json-notices",
                "--http",
                "127.0.0.1:0",
                "--stock",
                ANY,
                "--controller",
                &setup,
            ],
        );
        let listening = notice(&visual, "listening");
        let [stock, web] = ["stock", "web"].map(|field| text(&listening, field));
        let browser = Browser::open(&web);
        let mut cluster = Self {
            market,
            daemons: vec![controller, visual],
            addresses: vec![metrics, web],
            browser: Some(browser),
        };
        for number in 1..=PIS {
            let pi = start_pi(&format!("pi-{number}"), &data, &control, &stock);
            let line = pi.await_line("serves metrics");
            let address = line.split("address=").nth(1).unwrap().trim();
            cluster.addresses.push(address.to_owned());
            cluster.daemons.push(pi);
        }
        cluster.controller().await_line("\"started\"");
        cluster
    }

    /// The processes, in the order of their readings.
    pub(crate) fn processes(&self) -> impl Iterator<Item = (&str, Role)> {
        let of = |daemon: &Daemon| {
            if daemon.name.starts_with("pi-") {
                Role::Pi
            } else {
                Role::Other
            }
        };
        let daemons = self
            .daemons
            .iter()
            .map(move |daemon| (&*daemon.name, of(daemon)));
        daemons.chain([(MARKET, Role::Other)])
    }

    /// What the system says of each process now.
    pub(crate) fn readings(&self, start: Instant) -> impl Iterator<Item = Reading> {
        let daemons = self
            .daemons
            .iter()
            .map(|daemon| (daemon.id(), daemon.log()));
        let all = daemons.chain([(std::process::id(), (0, 0))]);
        all.map(move |(process, log)| Reading::of(process, start.elapsed(), log))
    }

    /// Fails when a process has ended, with what it said.
    pub(crate) fn assert_alive(&mut self) {
        for daemon in &mut self.daemons {
            if let Some(status) = daemon.status() {
                panic!("{} has ended: {status}\n{}", daemon.name, daemon.said());
            }
        }
        assert!(self.browser().is_open(), "the browser is gone");
    }

    /// What the daemons said last, to look for the reason of a fault.
    pub(crate) fn said_last(&self) -> String {
        let said = self.daemons.iter();
        said.map(|daemon| format!("{} said last:\n{}\n", daemon.name, daemon.said_last()))
            .collect()
    }

    /// Where each daemon serves its metrics.
    pub(crate) fn scraped(&self) -> impl Iterator<Item = (&str, &str)> {
        let names = self.daemons.iter().map(|daemon| &*daemon.name);
        names.zip(self.addresses.iter().map(|address| &**address))
    }

    pub(crate) fn browser(&self) -> &Browser {
        self.browser.as_ref().unwrap()
    }

    /// Ends the market. All replicas must be equal, and controller and Pis end well by themselves; the line of that.
    pub(crate) fn end(mut self) -> String {
        self.market.close();
        let mut ends = 0;
        loop {
            let line = self.controller().await_line("\"notice\":");
            let notice: Value = serde_json::from_str(&line).unwrap();
            match notice["notice"].as_str() {
                Some("partition") => {
                    assert_eq!(notice["good"], true, "{line}");
                    ends += notice["replicas"].as_array().unwrap().len();
                }
                Some("done") => {
                    assert_eq!(notice["good"], true, "{line}");
                    break;
                }
                _ => {}
            }
        }
        self.browser.take().unwrap().close();
        for daemon in &mut self.daemons {
            if daemon.name != "dashboard" {
                let status = daemon.end();
                assert!(
                    status.success(),
                    "{} ended: {status}\n{}",
                    daemon.name,
                    daemon.said()
                );
            }
        }
        assert!(ends > 0, "the controller told of no replica");
        format!("at the end of the market all {ends} replicas are equal to their twins")
    }

    fn controller(&self) -> &Daemon {
        &self.daemons[0]
    }
}

fn start_controller(market: &LiveMarket) -> Daemon {
    let (directory, pis) = (market.directory().to_str().unwrap(), PIS.to_string());
    let day = [
        "controller",
        directory,
        "--dialect",
        "pillar",
        "--speed",
        SPEED,
        "--pis",
        &pis,
    ];
    let at = [
        "--data",
        ANY,
        "--control",
        ANY,
        "--setup",
        ANY,
        "--metrics",
        "127.0.0.1:0",
    ];
    Daemon::start(
        "controller",
        &[&day[..], &at, &["--await-visual", "--json-notices"]].concat(),
    )
}

/// A Pi that does not lock its memory: a locked heap grows by 132 KiB at a time, between which a leak cannot be seen.
fn start_pi(name: &str, data: &str, control: &str, stock: &str) -> Daemon {
    let at = [
        "--data",
        data,
        "--control",
        control,
        "--stock",
        stock,
        "--metrics",
        "127.0.0.1:0",
    ];
    Daemon::start(
        name,
        &[
            &["pi", "--name", name, "--once", "--lock-memory=false"][..],
            &at,
        ]
        .concat(),
    )
}

/// What a daemon says for a program.
fn notice(daemon: &Daemon, name: &str) -> Value {
    let line = daemon.await_line(&format!("\"notice\":\"{name}\""));
    serde_json::from_str(&line).unwrap()
}

fn text(notice: &Value, field: &str) -> String {
    notice[field].as_str().unwrap().to_owned()
}
