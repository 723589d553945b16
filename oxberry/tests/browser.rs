//! The demonstration as a person sees it in a browser.
#![cfg(test)]

#[path = "support/data.rs"]
mod data;
mod support;
#[path = "../../visual/tests/dashboard/webdriver.rs"]
mod webdriver;

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use data::data;
use oxberry_core::units::{PriceScale, RawPrice};
use serde_json::json;
use support::oxberry;
use webdriver::{Browser, ESCAPE};

/// A running demonstration.
struct Demo {
    process: Child,
    page: String,
}

impl Demo {
    fn start(arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_oxberry"))
            .arg("demo")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut first)
            .unwrap();
        let page = first.trim().strip_prefix("dashboard: ").map(str::to_owned);
        let page = page.unwrap_or_else(|| panic!("the demonstration said `{first}`"));
        Self { process, page }
    }

    fn signal(&self, signal: &str) {
        kill(signal, self.process.id());
    }

    /// The process of a Pi.
    fn pi(&self, name: &str) -> u32 {
        let parent = self.process.id().to_string();
        let found = Command::new("pgrep")
            .args([
                "--parent",
                &parent,
                "--full",
                &format!("node pi --name {name} "),
            ])
            .output()
            .unwrap();
        String::from_utf8(found.stdout)
            .unwrap()
            .trim()
            .parse()
            .unwrap()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Its children notice; after a good test it is gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn kill(signal: &str, process: u32) {
    let status = Command::new("kill")
        .args(["-s", signal, &process.to_string()])
        .status();
    assert!(status.unwrap().success());
}

/// The last line that `oxberry replay` writes of a symbol, as the texts of bid, its size, ask, its
/// size.
fn last_of_replay(csv: &str, symbol: &str) -> [String; 4] {
    let scale = PriceScale::new(4).unwrap();
    let of_symbol = |line: &&str| line.split(',').next() == Some(symbol);
    let line = csv.lines().rfind(of_symbol).unwrap();
    let cells: Vec<u32> = line
        .split(',')
        .skip(3)
        .map(|cell| cell.parse().unwrap())
        .collect();
    let price = |raw| RawPrice::from_raw(raw).scaled(scale).decimal().to_string();
    [
        price(cells[0]),
        cells[1].to_string(),
        price(cells[2]),
        cells[3].to_string(),
    ]
}

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn the_page_ends_with_the_numbers_of_the_replay() {
    let Some(data) = data() else {
        return;
    };
    let directory = data.join("flow/pillar");
    let directory = directory.to_str().unwrap();
    let mapping = format!("{directory}/ARCASymbolMapping.txt");
    let replay = oxberry(["replay", directory, "--symbols", &mapping, "--depth", "1"]);
    assert_eq!(replay.code, Some(0), "{}", replay.stderr);

    let demo = Demo::start(&[directory, "--speed", "max", "--pis", "3"]);
    let browser = Browser::open(&demo.page);
    browser.until("document.body.dataset.link === 'ended'");
    for symbol in ["GOOG", "MSFT"] {
        browser.press(&format!("/{symbol}"));
        browser.until("document.querySelectorAll('#rows .row:not([hidden])').length === 1");
        let shown = browser.value(
            "['bid', 'bid_qty', 'ask', 'ask_qty'].map((name) =>
                document.querySelector('#rows .row:not([hidden]) .' + name)
                    .textContent.trim().replaceAll(',', ''))",
        );
        let expected = json!(last_of_replay(&replay.stdout, symbol));
        assert_eq!(shown, expected, "{symbol}");
        browser.press(ESCAPE);
        browser.until("document.querySelectorAll('#rows .row:not([hidden])').length > 1");
    }
    assert_eq!(browser.text("#missed"), "0");
    assert_eq!(browser.console_errors().len(), 0);
    browser.screenshot("real-flow-ended");
}

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn the_death_of_a_pi_is_seen_and_costs_nothing() {
    let mut demo = Demo::start(&["--pis", "3", "--symbols", "200"]);
    let browser = Browser::open(&demo.page);
    browser.until("document.getElementById('pis').textContent === '3 of 3'");
    browser.until("document.getElementById('live').textContent === '200'");

    kill("KILL", demo.pi("pi-2"));
    browser.until("document.getElementById('pis').textContent === '2 of 3'");
    let note = browser.text("#pis-note");
    assert!(note.ends_with("silent") || note.ends_with("dead"), "{note}");
    // The twins go on.
    let events = "document.getElementById('trades').textContent";
    let before = browser.value(events);
    browser.until(&format!("{events} !== {before}"));
    // A busy machine may let one of the others wait for three beats.
    browser.until("document.getElementById('live').textContent === '200'");
    assert_eq!(browser.text("#missed"), "0");
    browser.screenshot("pi-killed");

    demo.signal("INT");
    assert!(demo.process.wait().unwrap().success());
    browser.until("document.body.dataset.link === 'lost'");
    assert_eq!(browser.text("#live"), "0");
}
