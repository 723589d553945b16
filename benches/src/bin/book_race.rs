//! Runs the books and the plain baseline side by side on the same stream, block by block, so that
//! both see the same machine at the same time.
//!
//! ```text
//! book_race [--symbols N] [--live N] [--orders N] [--events N] [--block N] [--seed N] [--latency RUNS]
//!           [--small-pages] [--only books|plain]
//! ```

#![expect(
    clippy::float_arithmetic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a benchmark prints rates and percentiles, and may panic"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use memmap2::{Advice, MmapMut};
use oxberry_benches::plain_book::PlainBooks;
use oxberry_benches::workload::{Market, Workload};
use oxberry_core::book::{Books, Capacity, Level, SymbolSlot};
use oxberry_core::feed::FeedEvent;
use oxberry_core::units::{ChannelId, PriceScale};

/// What to run.
#[derive(Debug)]
struct Options {
    market: Market,
    events: usize,
    block: usize,
    /// Orders that the books can hold; without it four times those that rest.
    orders: Option<u32>,
    /// Runs in which single events are timed; 0 to time blocks.
    latency: usize,
    small_pages: bool,
    only: Option<String>,
}

impl Options {
    /// Whether the racer of that name takes part.
    fn runs(&self, name: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == name)
    }

    /// Whether each event is timed by itself, and not each block.
    const fn times_single_events(&self) -> bool {
        self.latency > 0
    }
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        market: Market {
            symbols: 100,
            live: 30_000,
            seed: 1,
        },
        events: 10_000_000,
        block: 200_000,
        orders: None,
        latency: 0,
        small_pages: false,
        only: None,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        if name == "--small-pages" {
            options.small_pages = true;
            continue;
        }
        let value = arguments.next().ok_or(format!("{name} needs a value"))?;
        if name == "--only" {
            options.only = Some(value);
            continue;
        }
        let number: usize = value
            .parse()
            .map_err(|_| format!("{name} {value}: not a number"))?;
        match name.as_str() {
            "--orders" => options.orders = Some(number as u32),
            "--latency" => options.latency = number,
            "--symbols" => options.market.symbols = number as u32,
            "--live" => options.market.live = number as u32,
            "--events" => options.events = number,
            "--block" => options.block = number,
            "--seed" => options.market.seed = number as u64,
            _ => return Err(format!("unknown option {name}")),
        }
    }
    Ok(options)
}

/// The channel of all events.
const CHANNEL: ChannelId = ChannelId::from_raw(1);

/// Something that can apply events and tell the best bid and offer.
trait Racer {
    /// Applies the event and folds the best bid and offer of its symbol into one number.
    fn step(&mut self, event: &FeedEvent) -> u64;

    /// Applies the events one after the other and hands over what each step returns.
    #[inline]
    fn steps(&mut self, events: &[FeedEvent], mut each: impl FnMut(u64)) {
        for event in events {
            each(self.step(event));
        }
    }
}

impl Racer for PlainBooks {
    #[inline]
    fn step(&mut self, event: &FeedEvent) -> u64 {
        self.apply(event);
        let (bid, ask) = self.bbo(event.symbol_index);
        let fold = |best: Option<(u32, u64, u32)>| {
            best.map_or(0, |(price, qty, orders)| {
                u64::from(price) + qty + u64::from(orders)
            })
        };
        fold(bid).wrapping_mul(31).wrapping_add(fold(ask))
    }
}

impl Racer for Books<'_> {
    #[inline]
    fn step(&mut self, event: &FeedEvent) -> u64 {
        let Ok(applied) = self.apply(CHANNEL, event) else {
            return 0;
        };
        fold_best(self, applied.slot)
    }

    #[inline]
    fn steps(&mut self, events: &[FeedEvent], mut each: impl FnMut(u64)) {
        self.apply_batch(CHANNEL, events, |books, _, applied| {
            each(applied.map_or(0, |applied| fold_best(books, applied.slot)));
        });
    }
}

/// The best bid and offer of a symbol as one number.
#[inline(always)]
fn fold_best(books: &Books<'_>, slot: SymbolSlot) -> u64 {
    let bbo = books.bbo(slot);
    let fold = |best: Option<Level>| {
        best.map_or(0, |level| {
            u64::from(level.price.raw()) + level.qty + u64::from(level.orders)
        })
    };
    fold(bbo.bid).wrapping_mul(31).wrapping_add(fold(bbo.ask))
}

/// A racer with what it took.
struct Lane<R> {
    racer: R,
    elapsed: Duration,
    checksum: u64,
    blocks: Vec<Duration>,
    latencies: Vec<u32>,
}

impl<R: Racer> Lane<R> {
    /// Ready to time that many single events.
    fn new(racer: R, latencies: usize) -> Self {
        // Written once beforehand: the first write to each of its pages would make one event in 1,024
        // wait for the kernel, which is just the slowest 0.1 %.
        let mut written = vec![u32::MAX; latencies];
        written.clear();
        Self {
            racer,
            elapsed: Duration::ZERO,
            checksum: 0,
            blocks: Vec::new(),
            latencies: written,
        }
    }

    /// The part that counts; its name is what instruction counters look for.
    #[inline(never)]
    fn timed_block(&mut self, events: &[FeedEvent]) {
        let mut checksum = self.checksum;
        self.racer
            .steps(events, |step| checksum = checksum.rotate_left(5) ^ step);
        self.checksum = black_box(checksum);
    }

    #[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
    fn run(&mut self, events: &[FeedEvent], latency: bool) {
        let start = Instant::now();
        if latency {
            for event in events {
                // Fetched before the clock is read, as from a decoder that has just written it: who
                // waits for the stream is not the book.
                let event = black_box(*event);
                let before = Instant::now();
                black_box(self.racer.step(&event));
                let nanos = before.elapsed().as_nanos();
                self.latencies
                    .push(u32::try_from(nanos).unwrap_or(u32::MAX));
            }
        } else {
            self.timed_block(events);
        }
        let elapsed = start.elapsed();
        self.elapsed += elapsed;
        self.blocks.push(elapsed);
    }

    fn measured(self) -> Measured {
        Measured {
            elapsed: self.elapsed,
            checksum: self.checksum,
            blocks: self.blocks,
            latencies: self.latencies,
        }
    }
}

/// What a racer took.
struct Measured {
    elapsed: Duration,
    checksum: u64,
    blocks: Vec<Duration>,
    latencies: Vec<u32>,
}

impl Measured {
    /// Keeps the faster time of each event.
    fn keep_fastest(&mut self, other: &Self) {
        for (kept, &other) in self.latencies.iter_mut().zip(&other.latencies) {
            *kept = other.min(*kept);
        }
    }

    fn report(&mut self, name: &str, events: usize) {
        let nanos = self.elapsed.as_nanos() as f64 / events as f64;
        self.blocks.sort();
        let blocks = self.blocks.len();
        let block = |at: usize| self.blocks[at].as_nanos() as f64 / (events as f64 / blocks as f64);
        println!(
            "{name:6} {nanos:7.1} ns/event  blocks: fastest {:.1}, median {:.1}, slowest {:.1}  checksum {:016x}",
            block(0),
            block(blocks / 2),
            block(blocks - 1),
            self.checksum
        );
    }

    /// The time that this share of the events, which are sorted, did not exceed, in nanoseconds.
    fn at(&self, share: f64) -> u32 {
        self.latencies[((self.latencies.len() - 1) as f64 * share) as usize]
    }

    fn report_latencies(&mut self, name: &str) {
        self.latencies.sort_unstable();
        let at = |share| self.at(share);
        println!(
            "{name:6} single events, clock included: p50 {} p99 {} p99.9 {} p99.99 {} max {} ns",
            at(0.5),
            at(0.99),
            at(0.999),
            at(0.9999),
            at(1.0)
        );
    }
}

/// Runs both on the same stream; ours, then the plain one.
fn race(options: &Options) -> Result<[Measured; 2], String> {
    let mut workload = Workload::new(options.market);
    let capacity = Capacity {
        symbols: options.market.symbols,
        orders: options.orders.unwrap_or(4 * options.market.live),
        levels: options.market.live + 1_000,
    };
    let mut map = book_memory(capacity, options.small_pages)?;
    let memory = bytemuck::cast_slice_mut(&mut map);
    let books = defined_books(capacity, memory)?;
    let latencies = if options.times_single_events() {
        options.events
    } else {
        0
    };
    let mut ours = Lane::new(books, latencies);
    let mut plain = Lane::new(PlainBooks::default(), latencies);
    for event in workload.open() {
        if options.runs("books") {
            ours.racer.step(&event);
        }
        if options.runs("plain") {
            plain.racer.step(&event);
        }
    }
    run_blocks(options, &mut workload, &mut ours, &mut plain);
    println!(
        "{} symbols, {} events, {} live orders, {} levels, {} bytes of book memory, {} bytes an event",
        options.market.symbols,
        options.events,
        workload.live(),
        ours.racer.level_count(),
        capacity.bytes(),
        size_of::<FeedEvent>()
    );
    let refused = ours.racer.counters();
    if options.runs("books") && refused.orders_full + refused.levels_full + refused.ids_crowded > 0
    {
        return Err(format!("the books were too small: {refused:?}"));
    }
    let runs_both = options.only.is_none();
    if runs_both && !options.times_single_events() && ours.checksum != plain.checksum {
        return Err("the two books disagree".into());
    }
    Ok([ours.measured(), plain.measured()])
}

/// Memory for our books, on huge pages as on the Pi, unless small ones were asked for. The heap of the
/// plain book cannot ask for huge ones.
fn book_memory(capacity: Capacity, small_pages: bool) -> Result<MmapMut, String> {
    let map = MmapMut::map_anon(capacity.bytes()).map_err(|error| error.to_string())?;
    if !small_pages {
        map.advise(Advice::HugePage)
            .map_err(|error| error.to_string())?;
    }
    Ok(map)
}

/// Our books, with every symbol of the workload defined.
fn defined_books(capacity: Capacity, memory: &mut [u32]) -> Result<Books<'_>, String> {
    let mut books = Books::new(capacity, memory).map_err(|error| error.to_string())?;
    let scale = PriceScale::new(4).ok_or("no such scale")?;
    for rank in 0..capacity.symbols {
        books
            .define(Workload::symbol_index(rank), scale)
            .map_err(|error| error.to_string())?;
    }
    Ok(books)
}

/// Runs the events block by block; the two take turns in going first.
fn run_blocks(
    options: &Options,
    workload: &mut Workload,
    ours: &mut Lane<Books<'_>>,
    plain: &mut Lane<PlainBooks>,
) {
    let mut events = Vec::new();
    let mut done = 0;
    while done < options.events {
        let count = options.block.min(options.events - done);
        workload.fill(&mut events, count);
        for turn in 0..2 {
            if (turn + done / options.block).is_multiple_of(2) {
                if options.runs("books") {
                    ours.run(&events, options.times_single_events());
                }
            } else if options.runs("plain") {
                plain.run(&events, options.times_single_events());
            }
        }
        done += count;
    }
}

/// What reading the clock takes, which the time of every single event includes, in nanoseconds.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn clock() -> f64 {
    const READINGS: u32 = 1_000_000;
    let start = Instant::now();
    for _ in 0..READINGS {
        black_box(Instant::now());
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(READINGS)
}

/// Ratios of time: of the whole run, and of the blocks, of which the one in the middle says most on a
/// machine that others use as well.
fn report_ratios([ours, plain]: &[Measured; 2]) {
    let ratio = |ours: &Duration, plain: &Duration| ours.as_secs_f64() / plain.as_secs_f64();
    let pairs = ours.blocks.iter().zip(&plain.blocks);
    let mut blocks: Vec<_> = pairs.map(|(ours, plain)| ratio(ours, plain)).collect();
    blocks.sort_by(f64::total_cmp);
    println!(
        "ratio  {:.3}  median of blocks {:.3}",
        ratio(&ours.elapsed, &plain.elapsed),
        blocks[blocks.len() / 2]
    );
}

fn main() -> Result<(), String> {
    let options = options()?;
    let mut measured = race(&options)?;
    for _ in 1..options.latency {
        for (kept, again) in measured.iter_mut().zip(race(&options)?) {
            kept.keep_fastest(&again);
        }
    }
    if options.only.is_none() && options.latency == 0 {
        report_ratios(&measured);
    }
    let clock = (options.latency > 0).then(clock);
    if let Some(clock) = clock {
        println!("the clock takes {clock:.0} ns");
    }
    for (measured, name) in measured.iter_mut().zip(["books", "plain"]) {
        if options.only.as_deref().is_some_and(|only| only != name) {
            continue;
        }
        if options.latency > 0 {
            measured.report_latencies(name);
        } else {
            measured.report(name, options.events);
        }
    }
    if options.only.is_none()
        && let Some(clock) = clock
    {
        let [ours, plain] = measured.map(|measured| f64::from(measured.at(0.999)) - clock);
        println!("ratio  p99.9 without the clock {:.3}", ours / plain);
    }
    Ok(())
}
