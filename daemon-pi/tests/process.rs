//! The program as a person or systemd runs it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::sync::mpsc;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use oxberry_core::book::Capacity;
use oxberry_net::{Clock, Context, ControlServer, Endpoint, Shutdown, wait};
use oxberry_pi::bytes_of_node;
use support::process::{Process, locked_bytes, resident_bytes, written_bytes};
use support::scrape::{get, value};
use support::{Feed, Page, assert_complete};

/// How long a person waits after Ctrl-C.
const AT_ONCE: Duration = Duration::from_secs(3);

/// Long enough to ask for another run a few times.
const WHILE_IT_WAITS: Duration = Duration::from_secs(3);

/// An endpoint where nobody listens.
fn nobody() -> String {
    let (server, endpoint) = ControlServer::bind(&Context::new(), Endpoint::loopback(0)).unwrap();
    drop(server);
    endpoint.to_string()
}

/// Starts a Pi of a feed, which ends with it; `stock` is an endpoint or `none`.
fn pi_of(feed: &Feed, stock: &str, more: &[&str]) -> Process {
    staying_pi_of(feed, stock, &[&["--once"], more].concat())
}

/// Starts a Pi that waits for the next run when one is over.
fn staying_pi_of(feed: &Feed, stock: &str, more: &[&str]) -> Process {
    let (control, data) = (feed.control.to_string(), feed.data.to_string());
    let mut arguments = vec!["--name", "pi", "--control", &control, "--data", &data];
    arguments.extend(["--stock", stock]);
    if !more.contains(&"--orders") {
        arguments.extend(["--orders", "50000"]);
    }
    arguments.extend(more);
    Process::start(&arguments)
}

#[test]
fn a_signal_ends_it_at_once_while_nobody_answers() {
    for signal in ["INT", "TERM", "HUP"] {
        if signal == "HUP" && !oxberry_net::ends_by_hangup() {
            eprintln!("left out: {signal}, which whoever started the tests has ignored");
            continue;
        }
        let mut pi = Process::start(&["--control", &nobody(), "--data", &nobody()]);
        pi.await_log("starts");
        pi.signal(signal);
        assert_eq!(pi.exit_code_within(AT_ONCE), 0, "{}", pi.logged);
    }
}

#[test]
fn the_end_of_standard_input_ends_it_if_it_shall() {
    let mut pi = Process::start(&["--control", &nobody(), "--exit-with-stdin"]);
    pi.await_log("starts");
    drop(pi.stdin.take());
    assert_eq!(pi.exit_code_within(AT_ONCE), 0, "{}", pi.logged);
}

#[test]
fn a_controller_that_never_answers_is_named_and_given_up() {
    let control = nobody();
    let mut pi = Process::start(&["--control", &control, "--start-timeout", "6"]);
    pi.await_log(&format!("{control} has not answered"));
    assert_eq!(pi.exit_code(), 1);
    assert!(
        pi.logged.contains("did not answer within 6 s"),
        "{}",
        pi.logged
    );
}

#[test]
fn wrong_settings_are_told_from_a_failed_run() {
    let mut pi = Process::start(&["--stock", "tcp://192.0.2.1:5564"]);
    assert_eq!(pi.exit_code(), 2);
    assert!(pi.logged.contains("--keys"), "{}", pi.logged);
    let mut pi = Process::start(&["--metrics", "0.0.0.0:0"]);
    assert_eq!(pi.exit_code(), 2);
    assert!(pi.logged.contains("--metrics-token-file"), "{}", pi.logged);
    assert_eq!(Process::start(&["--log", "=loud="]).exit_code(), 2);
    assert_eq!(Process::start(&["--no-such-flag"]).exit_code(), 2);
    let mut checked = Process::start_in(&["--check-config"], &[("OXBERRY_PI_NAME", "from-env")]);
    assert_eq!(checked.exit_code(), 0);
    let printed = std::io::read_to_string(checked.stdout.take().unwrap()).unwrap();
    assert!(printed.contains("name = \"from-env\""), "{printed}");
}

#[test]
fn books_that_no_memory_is_there_for_are_refused_before_they_are_made() {
    for more in [&["--check-config"][..], &[]] {
        let refused = Command::new("sh")
            .args(["-c", "ulimit -v 400000 && exec \"$0\" \"$@\""])
            .arg(env!("CARGO_BIN_EXE_oxberry-pi"))
            .args(["--orders", "50000000"])
            .args(more)
            .output()
            .unwrap();
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(said.contains("the process may address"), "{said}");
        assert!(said.contains("--orders 3500000 fits"), "{said}");
        assert!(refused.stdout.is_empty());
    }
}

#[test]
fn a_refused_node_says_why_and_what_to_do() {
    let feed = Feed::play(1_000, |_| {});
    let mut pi = pi_of(&feed, "none", &["--symbols", "3"]);
    assert_eq!(pi.exit_code(), 1);
    assert!(pi.logged.contains("raise --symbols"), "{}", pi.logged);
}

#[test]
fn a_refused_node_that_is_to_stay_goes_on_asking_until_somebody_ends_it() {
    let feed = Feed::play(1_000, |_| {});
    // What is for the first answer only must not end it later.
    let more = ["--symbols", "3", "--start-timeout", "3"];
    let mut pi = staying_pi_of(&feed, "none", &more);
    pi.await_log("which goes on asking");
    assert!(pi.logged.contains("raise --symbols"), "{}", pi.logged);
    // Later than the time that was for the first answer.
    pi.await_log("which goes on asking");
    pi.signal("TERM");
    assert_eq!(pi.exit_code_within(AT_ONCE), 0, "{}", pi.logged);
}

#[test]
fn it_plays_day_after_day_and_writes_nothing_to_any_disk() {
    const DAYS: u32 = 3;
    let feed = Feed::play_days(DAYS, 100_000, |_, _| {});
    let page = Page::reading_days(DAYS);
    let more = ["--start-timeout", "30"];
    let mut pi = staying_pi_of(&feed, &page.stock.to_string(), &more);
    pi.await_log("joined the cluster");
    let before = written_bytes(pi.id());
    for _ in 0..DAYS {
        pi.await_log("the run is over and all replicas are equal");
    }
    assert!(feed.outcome().is_good());
    let events = page.events();
    assert_eq!(events.len() % 3, 0);
    for day in events.chunks(events.len() / 3) {
        assert_complete(day);
    }
    // For a while it asks for the fourth day, which nobody plays.
    let clock = Clock::start();
    wait(&clock, Some(clock.now().after(WHILE_IT_WAITS)), []).unwrap();
    assert_eq!(before, 0, "what was written to storage at the start");
    assert_eq!(written_bytes(pi.id()), 0, "what was written to storage");
    pi.signal("TERM");
    assert_eq!(pi.exit_code_within(AT_ONCE), 0, "{}", pi.logged);
    let odd = ["WARN", "ERROR"]
        .iter()
        .find(|word| pi.logged.contains(**word));
    assert_eq!(odd, None, "{}", pi.logged);
}

#[test]
fn memory_does_not_grow_while_the_feed_runs() {
    const EVENTS: u64 = 2_000_000;
    let process = Arc::new(OnceLock::<u32>::new());
    let (sender, sizes) = mpsc::channel();
    let watched = Arc::clone(&process);
    let mut last = 0;
    let feed = Feed::play(EVENTS, move |acked| {
        let tenth = acked * 10 / EVENTS;
        if tenth > last && tenth < 10 {
            last = tenth;
            let size = resident_bytes(*watched.get().unwrap());
            sender.send(size).unwrap();
        }
    });
    let page = Page::reading();
    let mut pi = pi_of(&feed, &page.stock.to_string(), &[]);
    process.set(pi.id()).unwrap();
    assert_eq!(pi.exit_code(), 0, "{}", pi.logged);
    assert!(feed.outcome().is_good());
    assert_complete(&page.events());
    let sizes: Vec<_> = sizes.iter().collect();
    assert!(sizes.len() >= 5, "{sizes:?}");
    // libzmq's queues grow in the first tenths. What they take is bounded, but may come late.
    let grown = sizes.last().unwrap().saturating_sub(sizes[2]);
    println!("resident bytes by tenths of the feed: {sizes:?}");
    assert!(grown < 2 << 20, "grown by {grown} bytes: {sizes:?}");
}

#[test]
fn a_node_takes_its_books_from_the_start_and_no_more_than_it_says() {
    const EVENTS: u64 = 100_000;
    // Less than the books were too few pages touched, more was not reckoned with.
    let capacity = Capacity {
        symbols: 16_384,
        orders: 1_000_000,
        levels: 500_000,
    };
    let process = Arc::new(OnceLock::<u32>::new());
    let (sender, sizes) = mpsc::channel();
    let watched = Arc::clone(&process);
    let mut is_late = false;
    let feed = Feed::play(EVENTS, move |acked| {
        if acked > 0 && !is_late {
            is_late = acked > EVENTS / 2;
            sender
                .send(resident_bytes(*watched.get().unwrap()))
                .unwrap();
        }
    });
    let page = Page::reading();
    let mut pi = pi_of(&feed, &page.stock.to_string(), &["--orders", "1000000"]);
    process.set(pi.id()).unwrap();
    pi.await_log("memory is");
    assert_eq!(pi.exit_code(), 0, "{}", pi.logged);
    assert!(feed.outcome().is_good());
    let sizes: Vec<_> = sizes.iter().collect();
    let (books, all) = (capacity.bytes() as u64, bytes_of_node(capacity) as u64);
    println!("books {books}, all {all}, resident {sizes:?}");
    for size in [sizes[0], sizes[sizes.len() - 1]] {
        assert!(
            (books..=all).contains(&size),
            "{size} is not within {books} to {all}"
        );
    }
}

#[test]
fn all_memory_is_locked_unless_it_shall_not_be_or_may_not_be() {
    let control = nobody();
    let arguments = ["--control", &control, "--orders", "50000"];
    let shall_not = [&arguments[..], &["--lock-memory=false"]].concat();
    let mut pi = Process::start(&shall_not);
    pi.await_log("has not answered");
    assert!(!pi.logged.contains("memory is"), "{}", pi.logged);
    assert_eq!(locked_bytes(pi.id()), 0);

    let mut pi = Process::start_without_locked_memory(&arguments);
    pi.await_log("memory is not locked");
    for words in [
        "65536 bytes",
        "LimitMEMLOCK=infinity",
        "--lock-memory=false",
    ] {
        assert!(pi.logged.contains(words), "{words}: {}", pi.logged);
    }
    assert_eq!(locked_bytes(pi.id()), 0);
    // It goes on.
    pi.await_log("has not answered");

    let mut pi = Process::start(&arguments);
    pi.await_log("memory is");
    if pi.logged.contains("memory is not locked") {
        eprintln!("left out: memory that is locked, which this user may not have");
        return;
    }
    let capacity = Capacity {
        symbols: 16_384,
        orders: 50_000,
        levels: 25_000,
    };
    assert!(locked_bytes(pi.id()) > capacity.bytes() as u64);
}

#[test]
fn a_page_that_does_not_read_is_left_behind_while_another_one_gets_everything() {
    let never = Shutdown::new().unwrap();
    let feed = Feed::play(400_000, |_| {});
    let stuck = Page::read_from(never);
    let page = Page::reading();
    let stock = stuck.stock.to_string();
    let other = page.stock.to_string();
    let mut pi = pi_of(&feed, &other, &["--stock", &stock]);
    pi.await_log(&format!("at {stock} has read nothing for 2 s"));
    assert_eq!(pi.exit_code(), 0, "{}", pi.logged);
    assert!(feed.outcome().is_good());
    let events = page.events();
    assert_complete(&events);
    assert!(
        pi.logged
            .contains(&format!("stock_events={}", events.len())),
        "{}",
        pi.logged
    );
    assert!(
        !pi.logged.contains(&format!("at {other} has read")),
        "{}",
        pi.logged
    );
    let dropped = pi.logged_value("stock_frames_dropped=");
    assert!(dropped.parse::<u64>().unwrap() > 0, "{}", pi.logged);
}

#[test]
fn a_page_that_reads_again_in_the_run_gets_the_end_of_it() {
    let begin = Shutdown::new().unwrap();
    let feed = Feed::play(1_500_000, |_| {});
    let page = Page::read_from(begin.clone());
    let mut pi = pi_of(&feed, &page.stock.to_string(), &[]);
    pi.await_log("has read nothing for 2 s");
    begin.request();
    pi.await_log("reads again; ");
    assert_eq!(pi.exit_code(), 0, "{}", pi.logged);
    assert!(feed.outcome().is_good());
    assert_complete(&page.events());
}

#[test]
fn a_signal_ends_it_at_once_while_the_page_does_not_read() {
    let feed = Feed::play(3_000_000, |_| {});
    let page = Page::read_from(Shutdown::new().unwrap());
    let mut pi = pi_of(&feed, &page.stock.to_string(), &[]);
    pi.await_log("has read nothing for 2 s");
    pi.signal("INT");
    assert_eq!(pi.exit_code_within(AT_ONCE), 0, "{}", pi.logged);
}

#[test]
fn metrics_are_served_whoever_asks_and_however() {
    // So long that the run goes on meanwhile, without a page that reads.
    let feed = Feed::play(3_000_000, |_| {});
    let page = Page::read_from(Shutdown::new().unwrap());
    let more = ["--metrics", "127.0.0.1:0"];
    let mut pi = pi_of(&feed, &page.stock.to_string(), &more);
    pi.await_log("serves metrics");
    let address = pi.logged_value("address=").parse().unwrap();
    // Who says nothing, or nonsense for ever, keeps neither the loop nor other scrapers waiting.
    let mut loud = TcpStream::connect(address).unwrap();
    loud.write_all(&vec![b'x'; 20_000]).unwrap();
    let silent = TcpStream::connect(address).unwrap();
    pi.await_log("has read nothing for 2 s");
    let of_page = |name| format!("oxberry_pi_receiver_{name}{{receiver=\"{}\"}}", page.stock);
    // What it is like is left with every beat.
    let is_left = |metrics: &String| value(metrics, &of_page("attached")) == Some(0);
    let mut answers = (0..10_000).map(|_| get(address, "/metrics").unwrap());
    let metrics = answers.find(is_left).unwrap();
    for (sample, expected) in [
        ("oxberry_pi_member", 1),
        ("oxberry_pi_ready", 1),
        ("oxberry_pi_orders_capacity", 50_000),
        ("oxberry_pi_symbols{trust=\"live\"}", 100),
        ("oxberry_pi_symbols{trust=\"stale\"}", 0),
        (
            "oxberry_pi_book_rejections_total{reason=\"unknown_order\"}",
            0,
        ),
        ("oxberry_pi_partitions", 8),
    ] {
        assert_eq!(
            value(&metrics, sample),
            Some(expected),
            "{sample}: {metrics}"
        );
    }
    assert!(value(&metrics, "oxberry_pi_events_total").unwrap() > 0);
    // A feed as fast as it goes may keep the controller from listening at this moment.
    assert!(value(&metrics, "oxberry_pi_control_held").is_some());
    assert!(value(&metrics, "oxberry_pi_position{channel=\"1\"}").unwrap() > 0);
    assert!(value(&metrics, "oxberry_pi_position{channel=\"2\"}").is_none());
    assert_eq!(value(&metrics, &of_page("detachments_total")), Some(1));
    assert!(value(&metrics, &of_page("frames_dropped_total")).is_some());
    assert!(metrics.ends_with("# EOF\n"), "{metrics}");
    assert!(get(address, "/healthz").unwrap().ends_with("\r\n\r\nok\n"));
    pi.signal("TERM");
    assert_eq!(pi.exit_code_within(AT_ONCE), 0, "{}", pi.logged);
    drop((loud, silent));
}

#[test]
fn every_stock_event_is_printed_as_a_line() {
    let feed = Feed::play(20_000, |_| {});
    let mut pi = pi_of(&feed, "none", &["--print"]);
    let lines = BufReader::new(pi.stdout.take().unwrap()).lines();
    let lines: Vec<_> = lines.map(Result::unwrap).collect();
    assert_eq!(pi.exit_code(), 0, "{}", pi.logged);
    let events = lines.iter().filter(|line| line.contains(" #")).count();
    assert!(
        pi.logged.contains(&format!("stock_events={events}")),
        "{events}: {}",
        pi.logged
    );
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("7 #8 bid 10.00 x 101 (1)"))
    );
}

#[test]
fn a_signal_ends_it_at_once_while_nobody_reads_what_it_prints() {
    let feed = Feed::play(1_000_000, |_| {});
    let mut pi = pi_of(&feed, "none", &["--print"]);
    pi.await_log("hears all its partitions");
    // One line has been printed, so the loop prints.
    let mut unread = BufReader::with_capacity(64, pi.stdout.take().unwrap());
    unread.read_line(&mut String::new()).unwrap();
    pi.signal("TERM");
    assert_eq!(pi.exit_code_within(AT_ONCE), 0, "{}", pi.logged);
}

#[test]
fn a_reader_that_leaves_ends_the_printing_and_not_the_node() {
    let feed = Feed::play(200_000, |_| {});
    let mut pi = pi_of(&feed, "none", &["--print"]);
    drop(pi.stdout.take());
    assert_eq!(pi.exit_code(), 0, "{}", pi.logged);
    assert!(
        pi.logged.contains("no more events are printed"),
        "{}",
        pi.logged
    );
    assert!(feed.outcome().is_good());
}

#[test]
fn systemd_hears_that_it_is_ready_alive_and_stopping() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let systemd = UnixDatagram::bind(&path).unwrap();
    systemd
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let hear = || {
        let mut told = [0; 64];
        let length = systemd.recv(&mut told).unwrap();
        String::from_utf8_lossy(&told[..length]).into_owned()
    };
    let environment = [
        ("NOTIFY_SOCKET", path.to_str().unwrap()),
        ("WATCHDOG_USEC", "200000"),
    ];
    let mut pi = Process::start_in(&["--control", &nobody()], &environment);
    assert_eq!(hear(), "READY=1");
    for _ in 0..3 {
        assert_eq!(hear(), "WATCHDOG=1");
    }
    pi.signal("TERM");
    assert_eq!(pi.exit_code_within(AT_ONCE), 0, "{}", pi.logged);
    while hear() != "STOPPING=1" {}
}
