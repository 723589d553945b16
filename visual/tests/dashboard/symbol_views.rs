//! One symbol in Chromium: its ladder is what the Pi said, by keyboard and at every size.

use oxberry_core::book::{TradingStatus, Trust};
use oxberry_proto::stock::StockEvent;
use serde_json::{Value, json};

use crate::books::Book;
use crate::chromium::Scene;
use crate::cluster::{Pi, event};
use crate::page_views::{SIZES, axe_findings};
use crate::webdriver::{Browser, ESCAPE, View};

const ENTER: &str = "\u{e007}";
const DOWN: &str = "\u{e015}";
const UP: &str = "\u{e013}";
const LEFT: &str = "\u{e012}";

/// JavaScript: the ladder from the top: orders and size of the bid, price, size and orders of the ask.
const LADDER: &str = "[...document.querySelectorAll('#ladder-rows .step:not([hidden])')]
    .map((row) => [...row.children].map((cell) => cell.textContent))";

/// JavaScript: the queue: place, size, what is ahead, id.
const QUEUE: &str = "[...document.querySelectorAll('#queue-rows tr')]
    .map((row) => [...row.cells].map((cell) => cell.textContent))";

/// JavaScript: how far the middle of the ladder is from the middle of what is seen of it.
const OFF_CENTRE: &str = "(() => {
    const mid = document.getElementById('ladder-mid').getBoundingClientRect().top;
    const head = document.getElementById('ladder-head').getBoundingClientRect().bottom;
    const all = document.getElementById('ladder').getBoundingClientRect();
    return Math.abs(mid - (head + all.top + all.height - 1) / 2);
})()";

/// A symbol with a book that two Pis tell.
struct Stage {
    scene: Scene,
    pis: [Pi; 2],
}

/// Levels every two cents below and above a price, each with two orders.
fn book(mid: u32) -> Book {
    let level = |price: u32, at: u32| (price, vec![100 + at, 20]);
    Book {
        trust: Trust::Live,
        status: TradingStatus::Open,
        bids: (0..40).map(|at| level(mid - 100 - 200 * at, at)).collect(),
        asks: (0..40).map(|at| level(mid + 100 + 200 * at, at)).collect(),
    }
}

/// The best prices of that book.
fn best(number: u64, mid: u32, trade: Option<u32>) -> StockEvent {
    event(0, number, Some(mid - 100), Some(mid + 100), trade)
}

impl Stage {
    fn new(first: Book) -> Self {
        let scene = Scene::open(2);
        let mut pis = [0, 1].map(|node| Pi::connect(node, scene.dashboard.stock));
        for pi in &mut pis {
            pi.set_book(0, first.clone());
            pi.tells(&scene.controller);
            pi.push(&[best(1, 305_000, None), event(2, 1, Some(100), None, None)]);
        }
        scene
            .browser
            .until("document.querySelector('#rows .bid').textContent.trim() === '30.49'");
        Self { scene, pis }
    }

    fn browser(&self) -> &Browser {
        &self.scene.browser
    }

    /// Opens the first symbol by keyboard.
    fn open(&self) -> &Browser {
        let browser = self.browser();
        browser.press(&format!("/{ESCAPE}{DOWN}{ENTER}"));
        browser.until("document.querySelectorAll('#ladder-rows .step:not([hidden])').length > 0");
        browser
    }

    /// The book and its best prices are these from now on.
    fn moves(&mut self, number: u64, mid: u32, trade: Option<u32>) {
        for pi in &mut self.pis {
            pi.set_book(0, book(mid));
            pi.push(&[best(number, mid, trade)]);
        }
    }

    fn stop(self) {
        self.scene.dashboard.stop();
    }
}

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn the_ladder_and_a_queue_are_what_the_pi_said() {
    let stage = Stage::new(Book::live(
        &[(304_900, &[100, 300, 1_200]), (304_750, &[50])],
        &[(305_100, &[70]), (305_300, &[10, 20])],
    ));
    let browser = stage.open();
    let ladder = json!([
        ["", "", "30.53", "30", "2"],
        ["", "", "30.51", "70", "1"],
        ["3", "1,600", "30.49", "", ""],
        ["1", "50", "30.475", "", ""],
    ]);
    browser.until(&format!("{LADDER}.length === 4"));
    assert_eq!(browser.value(LADDER), ladder);
    assert_eq!(browser.text("#symbol-name"), "AAA");
    assert_eq!(
        browser.text("#symbol-why"),
        "live: This book matches the venue's."
    );
    browser.until("document.getElementById('symbol-said').textContent.startsWith('told by pi-')");

    // The first step is onto the best bid, and Enter asks for its orders.
    browser.press(&format!("{DOWN}{ENTER}"));
    browser.until(&format!("{QUEUE}.length === 3"));
    let queue = json!([
        ["1", "100", "0", "304900001"],
        ["2", "300", "100", "304900002"],
        ["3", "1,200", "400", "304900003"],
    ]);
    assert_eq!(browser.value(QUEUE), queue);
    assert_eq!(browser.text("#queue-name"), "Orders at Bid 30.49");
    assert_eq!(browser.text("#queue-said"), "3 orders, 1,600 shares.");
    browser.press(&format!("{UP}{UP}{ENTER}"));
    browser.until("document.getElementById('queue-name').textContent === 'Orders at Ask 30.53'");
    browser.until(&format!("{QUEUE}.length === 2"));
    browser.value("void document.querySelectorAll('#ladder-rows .step')[3].click()");
    browser.until(&format!("{QUEUE}.length === 1"));
    assert_eq!(browser.text("#queue-name"), "Orders at Bid 30.475");
    assert_eq!(browser.console_errors(), [Value::Null; 0]);
    stage.stop();
}

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn a_symbol_is_opened_and_left_by_keyboard_click_and_address() {
    let stage = Stage::new(book(305_000));
    let browser = stage.open();
    let is_open =
        "!document.getElementById('symbol').hidden && document.activeElement.id === 'ladder'";
    let is_left =
        "document.getElementById('symbol').hidden && document.activeElement.id === 'scroller'";
    browser.until(is_open);
    assert_eq!(browser.value("document.title"), "AAA – OxBerry");
    assert!(browser.text("#spoken").starts_with("AAA. live"));
    let said =
        "document.querySelectorAll('[role=status], [role=alert], [role=log], [aria-live]').length";
    assert_eq!(browser.value(said), 1);
    browser.press(ESCAPE);
    browser.until(is_left);
    assert_eq!(browser.value("location.search"), "");
    browser.value(
        "void document.querySelector('#rows .row:not([hidden]) .symbol')
            .dispatchEvent(new MouseEvent('dblclick', { bubbles: true }))",
    );
    browser.until(is_open);
    browser.value("void document.getElementById('symbol-back').click()");
    browser.until(is_left);
    browser.value("void document.getElementById('open-symbol').click()");
    browser.until(is_open);
    browser.value("void history.back()");
    browser.until(is_left);
    browser.value("void history.forward()");
    browser.until(is_open);
    browser.press("/");
    browser.until(
        "document.activeElement.id === 'search' && document.getElementById('symbol').hidden",
    );
    browser.press(&format!("{ESCAPE}{ENTER}"));
    browser.until(is_open);

    // The way it is looked at is in the address.
    browser.press("gge");
    browser.until("location.search === '?symbol=AAA&group=5&prices=all'");
    browser.value("void (window.before = true, location.reload())");
    browser.until("window.before === undefined && document.readyState === 'complete'");
    browser.until(&format!("{LADDER}.length > 0"));
    browser.until("document.getElementById('group').value === '5'");
    assert_eq!(
        browser.value("document.getElementById('gaps').ariaPressed"),
        "true"
    );
    let address = browser.value("location.href");
    let other = Browser::open(address.as_str().unwrap());
    other.until(&format!("{LADDER}.length > 0"));
    other.press(ESCAPE);
    other.until("document.getElementById('symbol').hidden");
    other.until("document.querySelectorAll('#rows .row:not([hidden])').length > 3");
    assert_eq!(other.value("location.search"), "");
    other.press(ENTER);
    other.until(is_open);
    stage.stop();
}

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn the_ladder_is_a_grid_for_keyboards_and_screen_readers() {
    let stage = Stage::new(book(305_000));
    let browser = stage.open();
    let grid = "[ladder.role, ladder.ariaRowCount, ladder.ariaColCount, ladder.tabIndex]";
    browser.until("ladder.ariaRowCount === '81'");
    assert_eq!(browser.value(grid), json!(["grid", "81", "5", 0]));
    let current = "(() => {
        const cell = document.getElementById(ladder.getAttribute('aria-activedescendant'));
        return cell && [cell.parentElement.children[2].textContent, Number(cell.ariaColIndex)];
    })()";
    browser.press(DOWN);
    assert_eq!(browser.value(current), json!(["30.49", 3]));
    browser.press(&format!("{LEFT}{UP}"));
    assert_eq!(browser.value(current), json!(["30.51", 2]));
    let places = "[...document.querySelectorAll('#ladder-rows .step:not([hidden])')]
        .every((row, at) => Number(row.ariaRowIndex) === at + 2 && row.children.length === 5)";
    assert_eq!(browser.value(places), true);
    // A key for every button.
    for (key, button) in [("l", "lock"), ("e", "gaps")] {
        let pressed = format!("document.getElementById('{button}').ariaPressed");
        let before = browser.value(&pressed);
        browser.press(key);
        assert_ne!(browser.value(&pressed), before, "{key}");
    }
    browser.press("t");
    assert_eq!(browser.text("#tape-name"), "Best prices");
    stage.stop();
}

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn the_middle_stays_in_the_middle_until_somebody_scrolls() {
    let mut stage = Stage::new(book(305_000));
    stage.open();
    let is_centred = format!("{OFF_CENTRE} <= 2");
    stage.browser().until(&is_centred);
    stage.moves(2, 308_000, None);
    let has_moved = |best: &str| {
        format!("{LADDER}.some(([, size, price]) => size !== '' && price === '{best}')")
    };
    stage.browser().until(&has_moved("30.79"));
    stage.browser().until(&is_centred);
    let browser = stage.browser();
    browser.value("void (ladder.scrollTop -= 250)");
    browser.until("document.getElementById('lock').ariaPressed === 'false'");
    assert!(
        browser
            .value("location.search")
            .as_str()
            .unwrap()
            .contains("centre=off")
    );
    // What somebody reads stays where it is when prices come above it.
    let at = "(() => {
        const row = [...document.querySelectorAll('#ladder-rows .step:not([hidden])')]
            .find((row) => row.children[2].textContent === '30.97');
        return Math.round(row.getBoundingClientRect().top);
    })()";
    let before = browser.value(at);
    stage.moves(3, 309_000, None);
    let browser = stage.browser();
    browser.until(&has_moved("30.89"));
    assert_eq!(browser.value(at), before);
    browser.press("l");
    browser.until(&is_centred);
    stage.stop();
}

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn prices_are_put_together_and_empty_ones_shown() {
    let stage = Stage::new(book(305_000));
    let browser = stage.open();
    browser.until(&format!("{LADDER}.length === 80"));
    browser.press("e");
    browser.until(&format!("{LADDER}.length === 159"));
    browser.press("e");
    browser.value(
        "void (document.getElementById('group').value = '10',
            document.getElementById('group').dispatchEvent(new Event('change')))",
    );
    // Five levels of 20 cents in ten cents each: 120 to 159 shares and 20.
    browser.until(&format!("{LADDER}.length === 16"));
    let rows = browser.value(LADDER);
    assert_eq!(rows[7], json!(["", "", "30.60", "610", "10"]));
    assert_eq!(rows[8], json!(["10", "610", "30.40", "", ""]));
    // The level that is nearest to trade is the one whose orders are asked for.
    browser.value("void document.querySelectorAll('#ladder-rows .step')[8].click()");
    browser.until("document.getElementById('queue-name').textContent === 'Orders at Bid 30.49'");
    stage.stop();
}

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn the_tape_and_the_trust_are_told_in_words_and_shapes() {
    let mut stage = Stage::new(book(305_000));
    stage.open();
    for (number, trade) in [(2, 305_000), (3, 305_100), (4, 305_000), (5, 305_000)] {
        stage.moves(number, 305_000, Some(trade));
    }
    let browser = stage.browser();
    let tape = "[...document.querySelectorAll('#tape-rows tr')]
        .map((row) => [...row.cells].slice(1).map((cell) => cell.textContent).concat(row.className))";
    browser.until(&format!("{tape}.length === 4"));
    let trades = json!([
        ["30.50", "10", "=", "same"],
        ["30.50", "10", "▼", "down"],
        ["30.51", "10", "▲", "up"],
        ["30.50", "10", "", ""],
    ]);
    assert_eq!(browser.value(tape), trades);
    browser.press("t");
    browser.until(&format!("{tape}.length === 4 && {tape}[0].length === 5"));
    assert_eq!(
        browser.value(tape)[0],
        json!(["105", "30.49", "30.51", "105", ""])
    );

    for pi in &mut stage.pis {
        pi.trust(0, Trust::Live, TradingStatus::Halted);
    }
    let browser = stage.browser();
    browser.until("document.getElementById('symbol-why').className === 'paused'");
    assert!(
        browser
            .text("#symbol-why")
            .starts_with("HALTED: The venue halted trading.")
    );
    browser.screenshot("depth-halted");
    for pi in &mut stage.pis {
        pi.trust(0, Trust::Stale, TradingStatus::Open);
        pi.set_book(
            0,
            Book {
                trust: Trust::Stale,
                ..book(305_000)
            },
        );
    }
    let browser = stage.browser();
    browser.until("document.getElementById('symbol-why').className === 'doubt'");
    assert!(browser.text("#symbol-why").contains("Messages are missing"));
    browser.until("document.getElementById('spoken').textContent.includes('Messages are missing')");
    browser.screenshot("depth-stale");
    stage.stop();
}

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn a_frozen_ladder_stays_and_then_shows_the_newest() {
    let mut stage = Stage::new(book(305_000));
    stage.open();
    stage.browser().press("p");
    let before = stage.browser().value(LADDER);
    for number in 2..6 {
        stage.moves(number, 309_000, Some(309_000));
    }
    let browser = stage.browser();
    browser.until("fetch('api/v1/symbols/AAA/depth').then((answer) => answer.json()).then((depth) => depth.bids[0].price === '30.89')");
    browser.until(
        "new Promise((done) => setTimeout(() => requestAnimationFrame(() => done(true)), 700))",
    );
    assert_eq!(browser.value(LADDER), before);
    browser.press("p");
    browser.until(&format!("{LADDER}.some(([,, price]) => price === '30.89')"));
    browser.until("document.querySelectorAll('#tape-rows tr').length === 4");
    stage.stop();
}

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn nothing_moves_while_the_ladder_changes() {
    let mut stage = Stage::new(book(305_000));
    stage.moves(2, 305_000, Some(305_000));
    stage.open().press(&format!("{DOWN}{ENTER}"));
    stage.browser().until(&format!("{QUEUE}.length === 2"));
    stage.browser().value(
        "void (() => {
            window.shifts = [];
            new PerformanceObserver((list) => shifts.push(...list.getEntries().map(({ value, sources }) =>
                [value, sources.map(({ node }) => (node?.nodeType === 3 ? node.parentElement : node))
                    .filter((node) => node?.closest('#symbol')).map((node) => node.id || node.className || node.nodeName)])))
                .observe({ type: 'layout-shift' });
        })()",
    );
    for number in 3..30 {
        let mid = 305_000 + 100 * (u32::try_from(number).unwrap() % 3);
        stage.moves(number, mid, Some(mid));
        // At the pace at which Pis are asked.
        let tape = format!(
            "document.querySelectorAll('#tape-rows tr').length >= {}",
            number - 1
        );
        stage.browser().until(&tape);
    }
    // Prices go through the ladder, and all else stays. Less than a letter by its height is no shift that anybody sees.
    let others = "shifts.filter(([value, nodes]) => value > 1e-6
        && nodes.some((node) => !/^(step|price|size|orders|ladder-mid)/.test(node)))";
    assert_eq!(stage.browser().value(others), json!([]));
    stage.stop();
}

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn at_every_size_the_symbol_is_there_and_nothing_is_cut_off() {
    let mut stage = Stage::new(book(305_000));
    for number in 2..40 {
        let mid = 305_000 + 100 * (u32::try_from(number).unwrap() % 4);
        stage.moves(number, mid, Some(mid));
    }
    let browser = stage.open();
    browser.press(&format!("{DOWN}{ENTER}"));
    browser.until(&format!("{QUEUE}.length === 2"));
    for (name, view) in SIZES {
        for is_dark in [false, true] {
            let scheme = if is_dark { "dark" } else { "light" };
            browser.look(&View { is_dark, ..view });
            browser.until(&format!("innerWidth === {}", view.width));
            browser.until("new Promise(requestAnimationFrame)");
            let overflow = "[document.documentElement.scrollWidth - innerWidth,
                document.getElementById('symbol').scrollWidth - document.getElementById('symbol').clientWidth]";
            assert_eq!(browser.value(overflow), json!([0, 0]), "{name}");
            let cut = "[...document.querySelectorAll(`#symbol :is(h2, button, select), #ladder .step:not([hidden]) > *,
                #symbol-facts dd, #queue-rows td, #tape-rows td`)]
                .filter((each) => each.checkVisibility() && each.scrollWidth > each.clientWidth + 1)
                .map((each) => `${each.className} ${each.textContent}`)";
            assert_eq!(browser.value(cut), json!([]), "{name}");
            let seen = "(() => {
                const at = document.getElementById('ladder').getBoundingClientRect();
                return at.height >= 200 && at.top < innerHeight - 60;
            })()";
            assert_eq!(browser.value(seen), true, "{name}: the ladder is in sight");
            browser.until(&format!("{OFF_CENTRE} <= 2"));
            browser.screenshot(&format!("depth-{name}-{scheme}"));
        }
    }
    assert_eq!(browser.console_errors(), [Value::Null; 0]);
    stage.stop();
}

/// Needs the file `axe.min.js` of the package axe-core, which `OXBERRY_AXE` names; without it passes.
#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn axe_finds_nothing_serious_in_a_symbol() {
    let Some(findings) = axe_findings() else {
        return;
    };
    let mut stage = Stage::new(book(305_000));
    for (number, trade) in [(2, 305_000), (3, 305_100), (4, 305_000), (5, 305_000)] {
        stage.moves(number, 305_000, Some(trade));
    }
    stage.open().press(&format!("{DOWN}{ENTER}"));
    stage.browser().until(&format!("{QUEUE}.length === 2"));
    for (trust, status) in [
        (Trust::Live, TradingStatus::Open),
        (Trust::Live, TradingStatus::Halted),
        (Trust::Stale, TradingStatus::Open),
    ] {
        for pi in &mut stage.pis {
            pi.trust(0, trust, status);
        }
        let said = match (trust, status) {
            (Trust::Live, TradingStatus::Halted) => "paused",
            (Trust::Live, _) => "good",
            _ => "doubt",
        };
        let browser = stage.browser();
        browser.until(&format!(
            "document.getElementById('symbol-why').className === '{said}'"
        ));
        for (_, view) in SIZES {
            for is_dark in [false, true] {
                browser.look(&View { is_dark, ..view });
                browser.until(&findings);
                let found = browser.value("findings");
                assert_eq!(
                    found,
                    json!([]),
                    "{said}, {} wide, dark: {is_dark}",
                    view.width
                );
            }
        }
    }
    stage.stop();
}
