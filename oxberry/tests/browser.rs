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

/// A level: its price, and the ids and shares of its orders, first come first.
type LevelOrders = (u32, Vec<(String, u64)>);

/// The levels of a side of a symbol at the end of the replay, from the best on.
fn levels_of_replay(csv: &str, symbol: &str, side: &str) -> Vec<LevelOrders> {
    let mut lines = csv.lines();
    let head: Vec<_> = lines.next().unwrap().split(',').collect();
    let place = |name: &str| head.iter().position(|column| *column == name).unwrap();
    let [of, at, id, price, shares] =
        ["symbol", "side", "order_id", "order_px", "order_sz"].map(place);
    let mut levels = Vec::<LevelOrders>::new();
    for line in lines {
        let cells: Vec<_> = line.split(',').collect();
        if (cells[of], cells[at]) != (symbol, side) {
            continue;
        }
        let price = cells[price].parse().unwrap();
        if levels.last().is_none_or(|(last, _)| *last != price) {
            levels.push((price, Vec::new()));
        }
        let (_, orders) = levels.last_mut().unwrap();
        orders.push((cells[id].to_owned(), cells[shares].parse().unwrap()));
    }
    levels
}

/// JavaScript: looks at a level over a connection of its own, as a page does, and leaves what was told last in `looked`.
fn looking(symbol: &str, side: &str, price: u32) -> String {
    format!(
        "void (() => {{
            window.looked ??= {{}};
            const socket = new WebSocket(`ws://${{location.host}}/live`);
            socket.onopen = () => socket.send(JSON.stringify({{ look: '{symbol}', level: ['{side}', {price}] }}));
            socket.onmessage = ({{ data }}) => {{
                const message = JSON.parse(data);
                if (message.kind === 'look') looked['{symbol} {side}'] = message;
                else if (message.kind === 'frame' || message.kind === 'setup') socket.send('ok');
            }};
        }})()"
    )
}

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn a_ladder_and_its_queues_end_as_the_books_of_the_replay() {
    const LEVELS: usize = 40;
    let Some(data) = data() else {
        return;
    };
    let directory = data.join("flow/pillar");
    let directory = directory.to_str().unwrap();
    let mapping = format!("{directory}/ARCASymbolMapping.txt");
    let at_the_end = ["--at", "23:59", "--orders"];
    let replay = oxberry(
        ["replay", directory, "--symbols", &mapping]
            .into_iter()
            .chain(at_the_end),
    );
    assert_eq!(replay.code, Some(0), "{}", replay.stderr);
    let levels = |symbol, side| levels_of_replay(&replay.stdout, symbol, side);

    // Slow enough for a browser to come while the feed runs: afterwards the books are gone.
    let demo = Demo::start(&[directory, "--speed", "1500", "--pis", "3"]);
    let browser = Browser::open(&format!("{}?symbol=GOOG", demo.page));
    let best = ["GOOG", "MSFT"].map(|symbol| ["bid", "ask"].map(|side| (symbol, side)));
    for (symbol, side) in best.into_iter().flatten() {
        let (price, _) = levels(symbol, side)[0];
        browser.value(&looking(symbol, side, price));
    }
    browser.until("document.querySelectorAll('#ladder-rows .step:not([hidden])').length > 0");
    assert_eq!(
        browser.value("document.body.dataset.link"),
        "live",
        "it came too late"
    );
    browser.until("document.body.dataset.link === 'ended'");
    browser.screenshot("real-depth-ended");

    let text = |price: u32| {
        let scale = PriceScale::new(4).unwrap();
        let price = RawPrice::from_raw(price).scaled(scale);
        price.decimal().to_string()
    };
    let row = |(price, orders): &LevelOrders, is_bid: bool| {
        let shares: u64 = orders.iter().map(|(_, shares)| shares).sum();
        let (orders, shares) = (orders.len().to_string(), shares.to_string());
        if is_bid {
            json!([orders, shares, text(*price), "", ""])
        } else {
            json!(["", "", text(*price), shares, orders])
        }
    };
    let [asks, bids] = ["ask", "bid"].map(|side| {
        let mut all = levels("GOOG", side);
        all.truncate(LEVELS);
        all
    });
    assert_eq!(bids.len(), LEVELS, "the book is as deep as a ladder");
    let asks = asks.iter().rev().map(|level| row(level, false));
    let ladder: Vec<_> = asks
        .chain(bids.iter().map(|level| row(level, true)))
        .collect();
    let shown = "[...document.querySelectorAll('#ladder-rows .step:not([hidden])')]
        .map((row) => [...row.children].map((cell) => cell.textContent.replaceAll(',', '')))";
    assert_eq!(browser.value(shown), json!(ladder));
    for (symbol, side) in best.into_iter().flatten() {
        let (price, orders) = levels(symbol, side)[0].clone();
        let queue = browser.value(&format!("looked['{symbol} {side}'].queue"));
        assert_eq!(queue["price"], price, "{symbol} {side}");
        assert_eq!(queue["first"], json!(orders), "{symbol} {side}");
    }
    assert_eq!(browser.console_errors().len(), 0);
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

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn who_is_killed_or_paused_by_a_button_is_back_and_the_bill_says_so() {
    const ENTER: &str = "\u{e007}";
    let demo = Demo::start(&["--pis", "3"]);
    let browser = Browser::open(&demo.page);
    browser.until("document.getElementById('live').textContent === '200'");
    let before = demo.pi("pi-2");
    browser.press("c");
    browser.until("!document.getElementById('faults').hidden");
    let names =
        "[...document.querySelectorAll('#faults-list span')].map((name) => name.textContent)";
    // The controller could not go on with a market without end.
    let all = json!(["pi-1", "pi-2", "pi-3"]);
    assert_eq!(browser.value(names), all);
    // How many times a Pi was lost and all is well again. A busy machine may lose one by itself.
    let lost = |name: &str| {
        format!(
            "[...document.querySelectorAll('#incidents .over')]
                .filter((one) => one.textContent.includes('{name} was lost')).length"
        )
    };
    // By keyboard: nobody needs a mouse for it.
    let press = |label: &str| {
        browser.value(&format!(
            "document.querySelector('[aria-label=\"{label}\"]').focus()"
        ));
        browser.press(ENTER);
    };
    let times = browser.value(&lost("pi-2"));
    press("Kill pi-2");
    browser.until(
        "document.getElementById('faults-said').textContent.startsWith('pi-2 is to be killed')",
    );
    browser.until(&format!("{} > {times}", lost("pi-2")));
    let bill = browser.text("#incidents .over");
    for part in [
        "noticed after",
        ", back after",
        ", all books on all Pis after",
    ] {
        assert!(bill.contains(part), "{bill}");
    }
    assert_ne!(demo.pi("pi-2"), before, "another process is there");

    let times = browser.value(&lost("pi-1"));
    press("Pause pi-1");
    browser.until(&format!("{} > {times}", lost("pi-1")));
    browser.screenshot("cluster-bill");
    browser.press(ESCAPE);
    browser.until("document.getElementById('live').textContent === '200'");
    assert_eq!(browser.console_errors().len(), 0);
}
