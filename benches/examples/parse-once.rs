//! Does one of the things that are measured, once, for those who count instructions; see
//! `count-instructions`.
#![allow(clippy::print_stdout, reason = "it is what the program is for")]

use std::error::Error;

use oxberry_benches::feed::RecordedChannel;
use oxberry_benches::parse::KERNELS;
use oxberry_core::xdp::Dialect;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || {
        arguments
            .next()
            .ok_or("usage: parse-once KERNEL DIALECT MESSAGES")
    };
    let name = next()?;
    let kernel = KERNELS
        .into_iter()
        .find(|kernel| kernel.name == name)
        .ok_or("no such kernel")?;
    let dialect = Dialect::from_name(&next()?).ok_or("no such dialect")?;
    let channel = RecordedChannel::record(dialect, 1_000, next()?.parse()?)?;
    println!("{}", (kernel.run)(&channel));
    Ok(())
}
