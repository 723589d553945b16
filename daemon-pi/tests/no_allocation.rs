//! The Pi's loop allocates nothing while the feed runs, on whichever day, also when something of it is
//! missing and comes later.
//!
//! Counted is Rust's allocator, for the Pi's thread alone. libzmq has its own, which is outside of
//! what this can see; the process test looks at the memory of the whole process. The thread that serves
//! metrics allocates as it likes, and is asked all the while.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unsafe_code,
    reason = "a test may panic; a counting allocator is unsafe by its interface"
)]

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use oxberry_net::{Context, Shutdown};
use oxberry_pi::{Config, Ended, RawConfig, Sockets, run};
use support::scrape::{get, value};
use support::{Feed, Page, assert_complete};

/// Allocations of counted threads.
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static IS_COUNTED: Cell<bool> = const { Cell::new(false) };
}

struct Counting;

fn count() {
    // A thread that ends has no locals any more, and is none that counts.
    if IS_COUNTED.try_with(Cell::get).unwrap_or(false) {
        ALLOCATIONS.fetch_add(1, Ordering::SeqCst);
    }
}

// SAFETY: every call goes to the system's allocator with the same arguments; counting touches no
// memory of the allocation and does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count();
        // SAFETY: as the caller promises.
        unsafe { System.realloc(pointer, layout, new_size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn the_loop_allocates_nothing_from_start_to_end_of_every_run() {
    // Enough for the loop to leave its metrics some times.
    const EVENTS: u64 = 1_500_000;
    const DAYS: u32 = 2;
    let (sender, receiver) = std::sync::mpsc::channel();
    let shutdown = Shutdown::new().unwrap();
    let feed = Feed::play_days(DAYS, EVENTS, move |day, acked| {
        if acked > EVENTS / 100 && acked < EVENTS / 100 * 99 {
            let allocations = ALLOCATIONS.load(Ordering::SeqCst);
            sender.send((day, acked, allocations)).unwrap();
        }
    });
    let page = Page::reading_days(DAYS);
    let given = RawConfig {
        name: Some("counted".into()),
        control: Some(feed.control.to_string()),
        data: Some(feed.data.to_string()),
        stock: Some(vec![page.stock.to_string()]),
        // That of all the rest of this test, too.
        lock_memory: Some(false),
        metrics: Some("127.0.0.1:0".into()),
        ..RawConfig::default()
    };
    let config = Config::resolve(given, None);
    let config = config.unwrap();
    let sockets = Sockets::connect(&Context::new(), &config).unwrap();
    let metrics = sockets.metrics.as_ref().unwrap().address();
    let end = shutdown.clone();
    let pi = std::thread::spawn(move || {
        IS_COUNTED.set(true);
        let summary = run(&config, sockets, &end).unwrap();
        IS_COUNTED.set(false);
        summary
    });
    // Until the Pi has ended, and its metrics with it.
    let scraper = std::thread::spawn(move || {
        let answers = std::iter::from_fn(|| get(metrics, "/metrics"));
        let values = answers.filter_map(|answer| value(&answer, "oxberry_pi_events_total"));
        let mut scraped: Vec<_> = values.collect();
        scraped.dedup();
        scraped
    });
    assert!(feed.outcome().is_good());
    let stock_events = page.events();
    // It would wait for a third day.
    shutdown.request();
    let summary = pi.join().unwrap();
    assert_eq!(summary.ended, Ended::Interrupted);
    assert_eq!(summary.counters.events, EVENTS * u64::from(DAYS));
    assert_eq!(summary.counters.rejected, 0);
    let repairs = summary.counters.repairs_filled;
    assert!(repairs > 0, "nothing was missing");
    assert_eq!(
        (summary.counters.holes, summary.counters.repairs_asked),
        (0, repairs)
    );
    assert!(summary.counters.depths_asked > 0, "nobody looked");
    assert_eq!(stock_events.len() as u64, summary.counters.stock_events);
    // The second day tells what the first one did.
    let (first, second) = stock_events.split_at(stock_events.len() / 2);
    assert_complete(first);
    assert_eq!(first.len(), second.len());
    assert_complete(second);

    let seen: Vec<_> = receiver.iter().collect();
    let scraped = scraper.join().unwrap();
    for day in 1..=DAYS {
        let of_day: Vec<_> = seen.iter().filter(|(of, ..)| *of == day).collect();
        let (_, begin, before) = **of_day.first().unwrap();
        let (_, end, after) = **of_day.last().unwrap();
        assert!(begin < EVENTS / 4, "first looked at event {begin}");
        assert!(end > EVENTS / 4 * 3, "last looked at event {end}");
        assert!(before > 0, "nothing was counted at all");
        assert_eq!(before, after, "allocations while the feed ran, day {day}");
        let days_before = EVENTS * u64::from(day - 1);
        let meanwhile = days_before + begin..days_before + end;
        assert!(
            scraped.iter().any(|events| meanwhile.contains(events)),
            "the loop left nothing meanwhile: {scraped:?}"
        );
    }
}
