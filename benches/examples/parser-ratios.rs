//! Prints what each way to look at a feed costs, in nanoseconds a message and in terms of `hop`.
//!
//! Rounds of all of them take turns and the best round of each counts, so that the ratios hold on
//! a machine that does other work too. Time is that of the thread, not of the wall.
//!
//! ```text
//! cargo run --release -p oxberry-benches --example parser-ratios -- 10000000
//! ```
#![allow(clippy::print_stdout, reason = "it is what the program is for")]
#![allow(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "for people to read"
)]

use std::error::Error;

use oxberry_benches::feed::RecordedChannel;
use oxberry_benches::parse::KERNELS;
use oxberry_core::xdp::Dialect;
use rustix::time::{ClockId, clock_gettime};

/// Rounds, of which the best counts.
const ROUNDS: u32 = 15;

/// Nanoseconds that this thread has run.
fn thread_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

fn main() -> Result<(), Box<dyn Error>> {
    let messages = std::env::args()
        .nth(1)
        .map_or(Ok(1_000_000), |number| number.parse())?;
    for dialect in Dialect::ALL {
        let channel = RecordedChannel::record(dialect, 1_000, messages)?;
        println!(
            "{dialect}: {messages} messages, {} bytes",
            channel.bytes.len()
        );
        let mut best = KERNELS.map(|_| f64::MAX);
        for _ in 0..ROUNDS {
            for (kernel, best) in KERNELS.iter().zip(&mut best) {
                let start = thread_time();
                std::hint::black_box((kernel.run)(&channel));
                *best = best.min((thread_time() - start) / messages as f64);
            }
        }
        let [_, hop, ..] = best;
        for (kernel, best) in KERNELS.iter().zip(best) {
            println!(
                "  {:<13}{best:6.2} ns/message {:5.2} x hop",
                kernel.name,
                best / hop
            );
        }
    }
    Ok(())
}
