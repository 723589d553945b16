//! The page in Chromium: at every size, by keyboard, frozen, and from a link.

use oxberry_core::book::{TradingStatus, Trust};
use serde_json::{Value, json};

use crate::chromium::{Scene, day, say};
use crate::cluster::{Pi, event};
use crate::webdriver::{Browser, ESCAPE, View};

const DOWN: &str = "\u{e015}";
const RIGHT: &str = "\u{e014}";
const END: &str = "\u{e010}";
const HOME: &str = "\u{e011}";
const PAGE_DOWN: &str = "\u{e00f}";

/// A desk, a phone upright and on its side, and the desk at a zoom of 200 %.
pub(crate) const SIZES: [(&str, View); 4] = [
    ("desk-1280", view(1280, 800, false)),
    ("phone-390", view(390, 844, true)),
    ("phone-on-its-side", view(844, 390, true)),
    ("zoom-200", view(640, 400, false)),
];

const fn view(width: u16, height: u16, is_phone: bool) -> View {
    View {
        width,
        height,
        is_phone,
        is_dark: false,
    }
}

/// JavaScript: what is cut off, or hangs out of the window.
const CUT: &str = "[...document.querySelectorAll(`#totals :is(dt, dd), #head button, #source, #tools button, h1, #link,
    #rows :is(.price, .state)`)]
    .filter((each) => each.checkVisibility())
    .filter((each) => each.scrollWidth > each.clientWidth + 1 || each.getBoundingClientRect().right > innerWidth)
    .map((each) => each.textContent)";

/// JavaScript: the symbols in sight, in their order.
const SYMBOLS: &str = "[...document.querySelectorAll('#rows .row:not([hidden])')]
    .map((row) => [Number(row.ariaRowIndex), row.querySelector('.symbol').textContent])
    .sort(([a], [b]) => a - b).map(([, symbol]) => symbol)";

/// JavaScript: the symbol and the text of the cell that a screen reader is told of.
const CURRENT: &str = "(() => {
    const cell = document.getElementById(scroller.getAttribute('aria-activedescendant'));
    return cell && [cell.parentElement.querySelector('.symbol').textContent, Number(cell.ariaColIndex)];
})()";

/// The page after a whole day.
fn at_the_end_of_the_day() -> Scene {
    let scene = Scene::open(2);
    for node in [0, 1] {
        let mut pi = Pi::connect(node, scene.dashboard.stock);
        say(&mut pi, &day());
        pi.end();
    }
    scene
        .browser
        .until("document.body.dataset.link === 'ended'");
    scene
}

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn at_every_size_the_totals_are_there_and_nothing_is_cut_off() {
    let scene = at_the_end_of_the_day();
    let browser = &scene.browser;
    for (name, view) in SIZES {
        browser.look(&view);
        browser.until(&format!("innerWidth === {}", view.width));
        browser.until("new Promise(requestAnimationFrame)");
        let totals = "[...document.querySelectorAll('#totals dd')].filter((each) => {
            const at = each.getBoundingClientRect();
            return each.checkVisibility() && at.top >= 0 && at.bottom <= innerHeight && at.height > 8;
        }).length";
        assert_eq!(browser.value(totals), 6, "{name}");
        assert_eq!(browser.value(CUT), json!([]), "{name}");
        let overflow = "document.documentElement.scrollWidth - innerWidth";
        assert_eq!(browser.value(overflow), 0, "{name}");
        for is_dark in [false, true] {
            let scheme = if is_dark { "dark" } else { "light" };
            let view = View { is_dark, ..view };
            browser.look(&view);
            browser.screenshot(&format!("market-{name}-{scheme}"));
            browser.value("void document.querySelectorAll('#rows .row')[2].click()");
            browser.until("document.getElementById('detail').hidden === false");
            browser.screenshot(&format!("symbol-{name}-{scheme}"));
            browser.value("void document.getElementById('help').showModal()");
            browser.screenshot(&format!("keys-{name}-{scheme}"));
            browser.value("void document.getElementById('help').close()");
            browser.press("c");
            browser.until("document.querySelectorAll('#cluster-table tbody').length === 2");
            browser.screenshot(&format!("cluster-{name}-{scheme}"));
            browser.press(ESCAPE);
            browser.until("!document.getElementById('cluster').open");
        }
    }
    assert_eq!(browser.console_errors(), [Value::Null; 0]);
    scene.dashboard.stop();
}

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn headings_of_prices_end_where_their_usual_prices_end() {
    let scene = Scene::open(1);
    let mut pi = Pi::connect(0, scene.dashboard.stock);
    pi.push(&[event(0, 1, Some(192_500), Some(192_800), Some(192_600))]);
    scene
        .browser
        .until("document.getElementById('trades').textContent === '1'");
    scene
        .browser
        .until("document.querySelector('#rows .bid').textContent.startsWith('19.25')");
    let ends = "['last', 'bid', 'ask', 'median'].map((name) => {
        const end = (text, length) => {
            const range = document.createRange();
            range.setStart(text, 0);
            range.setEnd(text, length);
            return range.getBoundingClientRect().right;
        };
        const cell = document.querySelector(`#rows .${name}`).firstChild;
        const heading = document.querySelector(`#head .${name} button`).firstChild;
        return [name, Math.round(end(cell, cell.data.trimEnd().length) - end(heading, heading.data.length))];
    }).filter(([, by]) => Math.abs(by) > 3)";
    assert_eq!(scene.browser.value(ends), json!([]));
    scene.dashboard.stop();
}

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn a_view_outlives_a_reload_and_goes_with_its_link() {
    let scene = at_the_end_of_the_day();
    let browser = &scene.browser;
    browser.press(&format!("/aa{ESCAPE}/ka"));
    browser.until("document.getElementById('shown').textContent === '38 of 8,000'");
    browser.value("void document.querySelector('#head .vwap button').click()");
    browser.value("void document.querySelector('#rows .row .watch').click()");
    browser.until("document.querySelector('#rows .row.watched') !== null");
    browser.value("void document.getElementById('density').click()");
    let first = browser.value(&format!("{SYMBOLS}.slice(0, 5)"));
    let address = browser.value("location.href");
    let address = address.as_str().unwrap();
    for part in ["q=ka", "sort=-vwap", "watch=", "rows=dense"] {
        assert!(address.contains(part), "{address}");
    }
    let is_as_before = |browser: &Browser| {
        browser.until("document.getElementById('shown').textContent === '38 of 8,000'");
        browser.until(&format!(
            "{SYMBOLS}.slice(0, 5).join() === '{}'",
            list(&first)
        ));
        browser.until("document.querySelectorAll('#rows .row.watched').length === 1");
        browser.until("document.getElementById('search').value === 'ka'");
        browser.until("document.querySelector('[aria-sort]').classList.contains('vwap')");
        browser.until("document.documentElement.dataset.rows === 'dense'");
    };
    browser.value("void (window.before = true, location.reload())");
    browser.until("window.before === undefined && document.readyState === 'complete'");
    is_as_before(browser);
    is_as_before(&Browser::open(address));
    scene.dashboard.stop();
}

/// The texts of a JSON list, with commas.
fn list(of: &Value) -> String {
    let texts = of.as_array().unwrap().iter();
    let texts: Vec<_> = texts.map(|text| text.as_str().unwrap()).collect();
    texts.join(",")
}

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn the_grid_is_one_for_keyboards_and_screen_readers() {
    let scene = at_the_end_of_the_day();
    let browser = &scene.browser;
    let grid = "[scroller.role, scroller.ariaRowCount, scroller.ariaColCount,
        document.querySelectorAll('[role=status], [role=alert], [role=log], [aria-live]').length]";
    assert_eq!(browser.value(grid), json!(["grid", "8001", "16", 1]));
    browser.press(&format!("/{ESCAPE}{DOWN}{DOWN}{RIGHT}"));
    browser.until(&format!("{CURRENT}?.join() === 'AAB,2'"));
    browser.press(END);
    browser.until(&format!("{CURRENT}?.join() === 'LVR,2'"));
    browser.press(&format!("{HOME}{PAGE_DOWN}"));
    browser.until(&format!("{CURRENT} !== null && {CURRENT}[0] > 'AAF'"));
    // Why a row is in doubt stands there in words.
    browser.press(&format!("{HOME}{DOWN}{DOWN}"));
    browser.until(&format!("{CURRENT}?.join() === 'AAC,2'"));
    browser.until(
        "document.getElementById('detail-why').textContent.includes('Messages are missing')",
    );
    browser.press("w");
    browser.until("document.querySelector('#rows .row.watched .symbol').textContent === 'AAC'");
    browser.press("?");
    browser.until("document.getElementById('help').open");
    browser.press(ESCAPE);
    browser.until("!document.getElementById('help').open");
    scene.dashboard.stop();
}

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn the_cluster_is_seen_by_names_with_who_holds_what() {
    let scene = Scene::open(2);
    let browser = &scene.browser;
    let mut pi = Pi::connect(0, scene.dashboard.stock);
    pi.push(&[event(0, 1, Some(1), Some(2), None)]);
    browser.until("document.getElementById('pis-note').title === 'pi-1: speaking'");
    browser.press("c");
    browser.until("document.getElementById('cluster-said').textContent.startsWith('Every partition is on two Pis')");
    let table = "[...document.querySelectorAll('#cluster-table tr')]
        .map((row) => [...row.cells].map((cell) => cell.textContent))";
    let table = browser.value(table);
    assert_eq!(table[0], json!(["", "pi-1", "pi-2"]));
    assert_eq!(table[1], json!(["Heard here", "speaking", "never"]));
    let partitions = [table[9].clone(), table[10].clone()];
    let expected = [
        json!(["Partition 0, 2 symbols", "all of it", "1 behind"]),
        json!(["Partition 1, 1 symbol", "all of it", "1 behind"]),
    ];
    assert_eq!(partitions, expected);
    // A Pi falls silent, and the table says so while it is open.
    pi.fall_silent();
    browser.until("document.querySelector('#cluster-table td').nextSibling.className === 'gone'");
    browser.press(ESCAPE);
    browser.until("!document.getElementById('cluster').open");
    scene.dashboard.stop();
}

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn a_frozen_view_stays_and_then_shows_the_newest() {
    let scene = Scene::open(1);
    let browser = &scene.browser;
    let mut pi = Pi::connect(0, scene.dashboard.stock);
    pi.push(&[event(0, 1, Some(10_000), Some(10_100), Some(10_000))]);
    browser.until("document.getElementById('trades').textContent === '1'");
    browser.until("document.querySelector('#rows .bid').textContent.trim() === '1.00'");
    browser.press("p");
    browser.until("document.getElementById('spoken').textContent === 'What is shown is frozen'");
    for number in 2..=5 {
        pi.push(&[event(0, number, Some(20_000), Some(20_100), Some(20_000))]);
    }
    pi.trust(0, Trust::Live, TradingStatus::Halted);
    browser.until("fetch('api/state').then((answer) => answer.json()).then((state) => state.statuses.halted === 1)");
    // The feed is told on, and what is shown is not.
    browser.until(
        "new Promise((done) => setTimeout(() => requestAnimationFrame(() => done(true)), 500))",
    );
    assert_eq!(browser.text("#trades"), "1");
    assert_eq!(
        browser.value("document.querySelector('#rows .bid').textContent.trim()"),
        "1.00"
    );
    browser.screenshot("frozen");
    browser.press("p");
    browser.until("document.getElementById('trades').textContent === '5'");
    browser.until("document.querySelector('#rows .bid').textContent.trim() === '2.00'");
    browser.until("document.querySelector('#rows .state').textContent === 'live · halted'");
    assert_eq!(browser.text("#spoken"), "What is shown goes on");
    assert_eq!(browser.text("#source"), "REPLAY");
    scene.dashboard.stop();
}

#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn nothing_moves_while_numbers_change() {
    let scene = Scene::open(1);
    let browser = &scene.browser;
    let mut pi = Pi::connect(0, scene.dashboard.stock);
    pi.push(&day());
    browser.until("document.getElementById('trades').textContent === '10,666'");
    browser.value(
        "void (() => {
            window.shifts = [];
            new PerformanceObserver((list) => shifts.push(...list.getEntries().map((shift) =>
                [shift.value, shift.sources.map(({ node }) => node?.nodeName === '#text'
                    ? `${node.parentElement?.id || node.parentElement?.className}: ${node.data}`
                    : node?.id || node?.className || node?.nodeName)])))
                .observe({ type: 'layout-shift' });
        })()",
    );
    for number in 10..60 {
        let price = 10_000 * number;
        let events: Vec<_> = (0..60)
            .map(|at| {
                event(
                    at,
                    number.into(),
                    Some(price),
                    Some(price + 15_051),
                    Some(price + 50),
                )
            })
            .collect();
        pi.push(&events);
    }
    browser.until("document.getElementById('trades').textContent === '13,666'");
    browser.until("document.querySelector('#rows .bid').textContent.trim() === '59.00'");
    // Less than a letter by its height is no shift that anybody sees.
    let seen = "shifts.filter(([value]) => value > 1e-6)";
    assert_eq!(browser.value(seen), json!([]));
    scene.dashboard.stop();
}

/// JavaScript: looks for what is serious, and leaves it in `findings`; nothing where axe is not there.
pub(crate) fn axe_findings() -> Option<String> {
    let Some(file) = std::env::var_os("OXBERRY_AXE") else {
        eprintln!("left out: OXBERRY_AXE does not name the file axe.min.js");
        return None;
    };
    let axe = std::fs::read_to_string(file).unwrap();
    Some(format!(
        "(async () => {{
            if (window.axe === undefined) {{ {axe} }}
            const {{ violations }} = await axe.run();
            window.findings = violations.filter(({{ impact }}) => ['serious', 'critical'].includes(impact))
                .map(({{ id, nodes }}) => [id, nodes.length, nodes[0].html.slice(0, 200), nodes[0].failureSummary]);
            return true;
        }})()"
    ))
}

/// Needs the file `axe.min.js` of the package axe-core, which `OXBERRY_AXE` names; without it passes.
#[test]
#[ignore = "needs chromium and chromedriver; .ci/run has a step for it"]
fn axe_finds_nothing_serious_in_any_view() {
    let Some(findings) = axe_findings() else {
        return;
    };
    let scene = at_the_end_of_the_day();
    let browser = &scene.browser;
    let views = [
        ("market", "document.getElementById('help').close()"),
        (
            "symbol",
            "document.querySelectorAll('#rows .row')[2].click()",
        ),
        ("keys", "document.getElementById('help').showModal()"),
        (
            "cluster",
            "(document.getElementById('help').close(), document.getElementById('open-cluster').click())",
        ),
    ];
    for (_, view) in SIZES {
        for is_dark in [false, true] {
            browser.look(&View { is_dark, ..view });
            for (name, show) in views {
                browser.value(&format!("void {show}"));
                browser.until(&findings);
                let found = browser.value("findings");
                assert_eq!(
                    found,
                    json!([]),
                    "{name}, {} wide, dark: {is_dark}",
                    view.width
                );
            }
            browser.value("void document.getElementById('cluster').close()");
        }
    }
    scene.dashboard.stop();
}
