//! The page in Chromium: what a person sees and does.

use oxberry_core::book::{TradingStatus, Trust};
use oxberry_proto::Run;
use oxberry_proto::start::SymbolEntry;
use oxberry_proto::stock::StockEvent;
use oxberry_visual::Config;
use oxberry_visual::source::Source;
use serde_json::{Value, json};

use crate::access::{TOKEN, with_token};
use crate::cluster::{Controller, Pi, RUN, event, symbol};
use crate::relay::Relay;
use crate::run::{Dashboard, config};
use crate::webdriver::{Browser, DESKTOP, ESCAPE, View};

const SYMBOLS: u32 = 8_000;

const PHONE: View = View {
    width: 360,
    height: 720,
    is_phone: true,
    is_dark: false,
};

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

/// Names of three letters, in the order of the alphabet.
fn name(at: u32) -> String {
    let letter = |at: u32| char::from(b'A' + u8::try_from(at % 26).unwrap());
    [letter(at / 676), letter(at / 26), letter(at)]
        .iter()
        .collect()
}

fn symbols() -> Vec<SymbolEntry> {
    (0..SYMBOLS).map(|at| symbol(at, &name(at))).collect()
}

/// A day in short: quotes of all symbols, then trades of some, in all directions and states.
pub(crate) fn day() -> Vec<StockEvent> {
    let base = |at: u32| match at {
        1 => 1_234_567_800,
        7 => 5_849_325,
        _ => 10_000 + at * 1_237 % 4_000_000,
    };
    let mut events: Vec<_> = (0..SYMBOLS)
        .map(|at| event(at, 1, Some(base(at)), Some(base(at) + 100 + at % 7), None))
        .collect();
    for at in (0..SYMBOLS).filter(|at| at % 3 != 0) {
        for number in [2, 3] {
            let (bid, ask) = (Some(base(at)), Some(base(at) + 150));
            let price = if number == 3 {
                base(at) + 50 * (at % 4)
            } else {
                base(at) + 50
            };
            events.push(event(at, number, bid, ask, Some(price)));
        }
    }
    events
}

/// What is said of a symbol at the end of the day, and in which words the page must say it.
fn said(at: u32) -> (Trust, TradingStatus, &'static str) {
    match at % 101 {
        1 => (Trust::Live, TradingStatus::Halted, "live · halted"),
        2 => (Trust::Stale, TradingStatus::Open, "stale"),
        3 => (Trust::Recovering, TradingStatus::Open, "recovering"),
        4 => (Trust::Stale, TradingStatus::Closed, "stale · closed"),
        5 => (Trust::Partial, TradingStatus::Unknown, "partial"),
        _ => (Trust::Live, TradingStatus::Open, "live"),
    }
}

/// Says the day.
pub(crate) fn say(pi: &mut Pi, events: &[StockEvent]) {
    pi.push(events);
    for at in 0..SYMBOLS {
        let (trust, status, _) = said(at);
        if (trust, status) != (Trust::Live, TradingStatus::Open) {
            pi.trust(at, trust, status);
        }
    }
}

/// What the page must say of a symbol, worked out from the events alone: state, direction, and the
/// texts of last trade, mid, spread, bid and ask.
fn oracle(events: &[StockEvent], at: u32) -> Value {
    let of_symbol = || events.iter().filter(|event| event.symbol_index.raw() == at);
    let newest = of_symbol().next_back().unwrap();
    let trades: Vec<_> = of_symbol()
        .filter_map(|event| Some(event.trade?.price.raw()))
        .collect();
    let direction = match trades[..] {
        [.., before, last] if last > before => "up",
        [.., before, last] if last < before => "down",
        [.., _, _] => "same",
        _ => "",
    };
    // In 1e-9, as all prices of the day have four decimal places.
    let nanos = |raw: u32| i128::from(raw) * 100_000;
    let [bid, ask] =
        [newest.view.bid, newest.view.ask].map(|quote| nanos(quote.unwrap().price.raw()));
    let (_, _, state) = said(at);
    // Tenths of a billionth, so that half of an odd sum is a whole number.
    let text = |tenths: i128| {
        let digits = format!(
            "{}.{:010}",
            tenths / 10_000_000_000,
            tenths % 10_000_000_000
        );
        let (whole, part) = digits.split_once('.').unwrap();
        format!("{whole}.{:0<2}", part.trim_end_matches('0'))
    };
    json!([
        state,
        direction,
        trades
            .last()
            .map_or(String::new(), |last| text(nanos(*last) * 10)),
        text((bid + ask) * 5),
        text((ask - bid) * 10),
        text(bid * 10),
        text(ask * 10),
    ])
}

/// JavaScript: the rows in sight as the oracle puts it, by name.
const ROWS: &str = "Object.fromEntries([...document.querySelectorAll('#rows .row:not([hidden])')]
    .map((row) => {
        const text = (name) => row.querySelector('.' + name).textContent.trim();
        const is = (names) => names.find((name) => row.classList.contains(name)) ?? '';
        return [text('symbol'), [
            text('state'), is(['up', 'down', 'same']),
            text('last'), text('mid'), text('spread'), text('bid'), text('ask'),
        ]];
    }))";

pub(crate) struct Scene {
    pub(crate) controller: Controller,
    pub(crate) dashboard: Dashboard,
    pub(crate) browser: Browser,
}

impl Scene {
    /// A dashboard that knows its symbols, and the page, connected.
    pub(crate) fn open(nodes: u16) -> Self {
        let mut controller = Controller::start();
        let dashboard = Dashboard::start(Config {
            source: Some(Source::Replay),
            ..config(controller.endpoint)
        });
        controller.answer(nodes, &symbols());
        let browser = Browser::open(&format!("http://{}/", dashboard.address));
        browser.until("document.body.dataset.link === 'live'");
        Self {
            controller,
            dashboard,
            browser,
        }
    }
}

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn the_numbers_of_every_row_equal_the_oracle_s_at_any_place_of_the_grid() {
    let scene = Scene::open(2);
    let events = day();
    for node in [0, 1] {
        let mut pi = Pi::connect(node, scene.dashboard.stock);
        say(&mut pi, &events);
        pi.end();
    }
    scene
        .browser
        .until("document.body.dataset.link === 'ended'");
    scene.browser.screenshot("desktop-dark");
    let mut compared = 0;
    for part in 0..=10 {
        scene.browser.value(&format!(
            "void (scroller.scrollTop = (scroller.scrollHeight - scroller.clientHeight) * {part} / 10)"
        ));
        scene.browser.until("new Promise(requestAnimationFrame)");
        let rows = scene.browser.value(ROWS);
        let rows = rows.as_object().unwrap();
        assert!(
            (20..100).contains(&rows.len()),
            "only the rows in sight exist: {}",
            rows.len()
        );
        for (symbol, shown) in rows {
            let at = (0..SYMBOLS).find(|at| name(*at) == *symbol).unwrap();
            assert_eq!(*shown, oracle(&events, at), "{symbol}");
            compared += 1;
        }
        assert!(part != 0 || rows.contains_key("AAA"));
        assert!(part != 10 || rows.contains_key(&name(SYMBOLS - 1)));
    }
    assert!(compared > 200, "{compared}");
    assert_eq!(scene.browser.text("#duplicates"), "18,666");
    assert_eq!(scene.browser.text("#shown"), "8,000 symbols");
    scene.browser.look(&View {
        is_dark: false,
        ..DESKTOP
    });
    scene.browser.value("void (scroller.scrollTop = 3000)");
    scene.browser.until("new Promise(requestAnimationFrame)");
    scene.browser.screenshot("desktop-light");
    assert_eq!(scene.browser.console_errors(), [Value::Null; 0]);
    scene.dashboard.stop();
}

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn everything_is_found_and_sorted_by_keyboard() {
    let scene = Scene::open(1);
    let mut pi = Pi::connect(0, scene.dashboard.stock);
    pi.push(&day());
    scene
        .browser
        .until("document.getElementById('trades').textContent === '10,666'");

    let symbols = "[...document.querySelectorAll('#rows .row:not([hidden])')]
        .map((row) => [Number(row.ariaRowIndex), row.querySelector('.symbol').textContent])
        .sort(([a], [b]) => a - b).map(([, symbol]) => symbol)";

    // Names that begin with what was typed come first.
    scene.browser.press("/ka");
    scene
        .browser
        .until("document.getElementById('shown').textContent === '38 of 8,000'");
    // The count is written at once, the rows with the next picture; after `/k` they began alike.
    scene
        .browser
        .until(&format!("{symbols}.slice(25, 28).join() === 'KAZ,AKA,BKA'"));
    assert_eq!(scene.browser.value(&format!("{symbols}[0]")), json!("KAA"));
    scene.browser.press("zz");
    scene
        .browser
        .until("document.getElementById('empty').hidden === false");
    scene.browser.press(ESCAPE);
    scene.browser.until(&format!("{symbols}[0] === 'AAA'"));

    // From the rows on to the fourth heading: last trade, the highest first, then the lowest.
    scene.browser.press(&[TAB, TAB, TAB, TAB, ENTER].concat());
    scene.browser.until(&format!("{symbols}[0] === 'AAB'"));
    let sorted = "document.querySelector('[aria-sort]')";
    let shown = scene
        .browser
        .value(&format!("[{sorted}.textContent, {sorted}.ariaSort]"));
    assert_eq!(shown, json!(["Last trade", "descending"]));
    scene.browser.press(ENTER);
    scene
        .browser
        .until(&format!("{sorted}.ariaSort === 'ascending'"));
    scene.browser.until(&format!("{symbols}[0] === 'EUL'"));
    scene.dashboard.stop();
}

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn nothing_is_called_live_that_is_not() {
    let scene = Scene::open(2);
    let mut pis = [0, 1].map(|node| Pi::connect(node, scene.dashboard.stock));
    // Symbols of partition 1 are on the first Pi alone.
    pis[0].push(&[
        event(0, 1, Some(1), Some(2), None),
        event(1, 1, Some(1), Some(2), None),
    ]);
    pis[1].push(&[event(0, 1, Some(1), Some(2), None)]);
    scene
        .browser
        .until("document.getElementById('pis').textContent === '2 of 2'");
    scene
        .browser
        .until("document.querySelectorAll('#rows .row.live').length === 2");

    // The first Pi falls silent, the other goes on.
    let states = "[...document.querySelectorAll('#rows .row')].map((row) => row.className)";
    pis[0].fall_silent();
    scene
        .browser
        .until(&format!("{states}.some((row) => row.includes('silent'))"));
    scene
        .browser
        .until("document.getElementById('pis-note').textContent === 'pi-1 silent'");
    scene
        .browser
        .until("document.querySelectorAll('#rows .row.live').length === 1");
    assert_eq!(scene.browser.text("#link-text"), "Connected");
    scene.browser.screenshot("pi-silent");
    // Now nobody speaks.
    pis[1].fall_silent();
    scene
        .browser
        .until("document.body.dataset.link === 'silent'");
    let headline = scene.browser.text("#link-text");
    assert!(
        headline == "Silent: nothing heard from pi-1, pi-2",
        "{headline}"
    );
    assert_eq!(scene.browser.text("#source"), "SILENT");
    assert_eq!(scene.browser.text("#live"), "0");
    scene
        .browser
        .until("document.querySelectorAll('#rows .row.live').length === 0");
    // Those to which nothing has happened, too: who would say so?
    let words = "[...new Set([...document.querySelectorAll('#rows .row:not([hidden]) .state')]
        .map((cell) => cell.textContent))]";
    assert_eq!(scene.browser.value(words), json!(["silent"]));
    scene.browser.screenshot("silent");
    goes_and_is_found_again(scene);
}

/// The dashboard goes: the page says that its numbers are old, and finds the next one.
fn goes_and_is_found_again(mut scene: Scene) {
    let address = scene.dashboard.address;
    scene.controller.fall_silent();
    scene.dashboard.stop();
    scene.browser.until("document.body.dataset.link === 'lost'");
    assert_eq!(
        scene.browser.text("#link-text"),
        "Reconnecting: numbers are old"
    );
    scene
        .browser
        .until("getComputedStyle(document.querySelector('main')).opacity < 0.6");
    scene.browser.screenshot("lost");
    let again = Config {
        http: address,
        ..config(scene.controller.endpoint)
    };
    scene.dashboard = Dashboard::start(again);
    scene
        .browser
        .until("document.body.dataset.link === 'setup'");
    scene.controller.answer(2, &symbols());
    scene.browser.until("document.body.dataset.link === 'live'");
    assert_eq!(scene.browser.text("#pis"), "0 of 2");
    scene.dashboard.stop();
}

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn a_connection_that_is_dead_but_open_is_given_up_and_made_anew() {
    let mut controller = Controller::start();
    let dashboard = Dashboard::start(config(controller.endpoint));
    controller.answer(1, &symbols());
    let relay = Relay::start(dashboard.address);
    let browser = Browser::open(&format!("http://{}/", relay.address));
    browser.until("document.body.dataset.link === 'live'");

    // By itself, and sooner when the browser says that the network is back or the page in sight.
    let wakes = [
        "",
        "dispatchEvent(new Event('online'))",
        "document.dispatchEvent(new Event('visibilitychange'))",
    ];
    for wake in wakes {
        relay.go_dead();
        browser.until("document.body.dataset.link === 'late'");
        let late = browser.value("performance.now()").as_f64().unwrap();
        browser.value(&format!(
            "void {}",
            if wake.is_empty() { "0" } else { wake }
        ));
        browser.until("document.body.dataset.link === 'live'");
        let live = browser.value("performance.now()").as_f64().unwrap();
        let is_soon = live - late < 4_000.0;
        assert_eq!(is_soon, !wake.is_empty(), "{wake}: {} ms", live - late);
    }
    dashboard.stop();
}

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn who_has_the_token_logs_in_by_keyboard_and_out_again() {
    let mut controller = Controller::start();
    let guarded = with_token(config(controller.endpoint));
    let dashboard = Dashboard::start(guarded.clone());
    controller.answer(1, &symbols());
    let address = dashboard.address;
    let browser = Browser::open(&format!("http://{address}/"));
    let is_at = |place: &str| browser.until(&format!("location.pathname === '{place}'"));
    is_at("/login");
    browser.look(&PHONE);
    browser.screenshot("login-phone");
    let overflow = browser.value("document.documentElement.scrollWidth - innerWidth");
    assert_eq!(overflow, 0);
    browser.look(&DESKTOP);
    // A page is shown before its field has the keyboard.
    let type_in = |token: &str| {
        browser.until("document.getElementById('token') === document.activeElement");
        browser.press(&format!("{token}{ENTER}"));
    };
    type_in("wrong");
    browser.until("document.getElementById('said')?.textContent.startsWith('This is not')");
    browser.screenshot("login");
    type_in(TOKEN);
    browser.until("document.body.dataset.link === 'live'");
    assert_eq!(browser.value("document.cookie"), "", "no script has it");

    browser.until("document.getElementById('logout').hidden === false");
    browser.screenshot("logged-in");
    browser.value("void document.querySelector('#logout button').click()");
    is_at("/login");
    type_in(TOKEN);
    browser.until("document.body.dataset.link === 'live'");
    // The next dashboard knows no session of this one.
    dashboard.stop();
    let dashboard = Dashboard::start(Config {
        http: address,
        ..guarded
    });
    is_at("/login");
    dashboard.stop();
}

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn another_run_is_shown_afresh_without_a_reload() {
    let mut scene = Scene::open(1);
    let mut pi = Pi::connect(0, scene.dashboard.stock);
    let traded = |at| event(at, 1, Some(1), Some(2), Some(3));
    pi.push(&[traded(0), traded(1)]);
    let bid = |at: u32| {
        format!(
            "[...document.querySelectorAll('#rows .row:not([hidden])')]
                .find((row) => row.ariaRowIndex === '{}').querySelector('.bid').textContent.trim()",
            at + 2
        )
    };
    scene.browser.until(&format!("{} === '0.0001'", bid(0)));
    // The same day again.
    let again = Run {
        generation: RUN.generation + 1,
        ..RUN
    };
    let mut pi = Pi::connect_in(again, 0, scene.dashboard.stock);
    pi.push(&[traded(1)]);
    scene.browser.until(&format!("{} === ''", bid(0)));
    scene.browser.until(&format!("{} === '0.0001'", bid(1)));
    scene
        .browser
        .until("document.getElementById('trades').textContent === '1'");
    // Another day, with other symbols.
    pi.fall_silent();
    let other_day = Run {
        identity: RUN.identity + 1,
        ..RUN
    };
    let mut pi = Pi::connect_in(other_day, 0, scene.dashboard.stock);
    pi.push(&[traded(1)]);
    scene.controller.run = other_day;
    scene
        .controller
        .answer(1, &[symbol(1, "ZZZ"), symbol(3, "YYY")]);
    scene
        .browser
        .until("document.getElementById('shown').textContent === '2 symbols'");
    let names = "[...document.querySelectorAll('#rows .row:not([hidden])')]
        .sort((a, b) => a.ariaRowIndex - b.ariaRowIndex)
        .map((row) => row.querySelector('.symbol').textContent)";
    scene.browser.until(&format!("{names}.length === 2"));
    assert_eq!(scene.browser.value(names), json!(["YYY", "ZZZ"]));
    assert_eq!(scene.browser.console_errors(), [Value::Null; 0]);
    scene.dashboard.stop();
}

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn a_phone_shows_symbol_last_mid_and_spread_without_scrolling_sideways() {
    let scene = Scene::open(1);
    scene.browser.look(&PHONE);
    let mut pi = Pi::connect(0, scene.dashboard.stock);
    pi.push(&day());
    scene
        .browser
        .until("document.getElementById('trades').textContent === '10,666'");
    scene
        .browser
        .until("document.querySelectorAll('#rows .row.up').length > 0");
    scene.browser.screenshot("phone-light");
    for overflow in [
        "document.documentElement.scrollWidth - innerWidth",
        "scroller.scrollWidth - scroller.clientWidth",
    ] {
        assert_eq!(scene.browser.value(overflow), 0, "{overflow}");
    }
    let cut_off = "[...document.querySelectorAll('#rows :is(.symbol, .last, .mid, .spread, .bid, .ask), #head button')]
        .filter((cell) => cell.scrollWidth > cell.clientWidth && cell.offsetParent).map((cell) => cell.textContent)";
    assert_eq!(scene.browser.value(cut_off), json!([]));
    scene.browser.look(&View {
        is_dark: true,
        ..PHONE
    });
    scene.browser.screenshot("phone-dark");
    scene.dashboard.stop();
}

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn the_page_keeps_up_while_all_symbols_move() {
    const ROUNDS: u64 = 150;
    let scene = Scene::open(1);
    // Sorted by a column that moves: the most work for the page.
    scene
        .browser
        .value("void document.querySelector('#head .volume button').click()");
    scene.browser.value(
        "void (() => {
            window.gaps = [];
            let before = performance.now();
            const measure = (now) => {
                gaps.push(now - before);
                before = now;
                requestAnimationFrame(measure);
            };
            requestAnimationFrame(measure);
        })()",
    );
    let mut pi = Pi::connect(0, scene.dashboard.stock);
    for number in 1..=ROUNDS {
        let price = 100_000 + u32::try_from(number).unwrap() % 7;
        let round: Vec<_> = (0..SYMBOLS)
            .map(|at| event(at, number, Some(price), Some(price + 100), Some(price + 50)))
            .collect();
        pi.push(&round);
    }
    pi.end();
    scene
        .browser
        .until("document.body.dataset.link === 'ended'");
    assert_eq!(scene.browser.text("#trades"), "1,200,000");
    // It went on to draw all the time; how often depends on the machine.
    let median = scene
        .browser
        .value("gaps.sort((a, b) => a - b)[gaps.length >> 1]");
    assert!(
        median.as_f64().unwrap() < 100.0,
        "{median} ms from picture to picture"
    );
    let volumes = "[...document.querySelectorAll('#rows .row:not([hidden]) .volume')]
        .map((cell) => cell.textContent)";
    scene
        .browser
        .until(&format!("{volumes}.every((volume) => volume === '1,500')"));
    scene.dashboard.stop();
}
