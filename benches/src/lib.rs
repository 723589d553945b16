//! Workloads of the OxBerry benchmarks, all made from seeds.
//!
//! * [`feed`]: the packets of a made-up market, in memory,
//! * [`parse`]: what is done with them, from merely reading bytes to decoding every field,
//! * [`record`]: the messages of nearly all of a feed, read without a branch on their type,
//! * [`workload`] and [`plain_book`]: what books are measured with, and against.

pub mod feed;
pub mod parse;
pub mod plain_book;
pub mod record;
pub mod workload;
