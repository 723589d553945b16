//! Workloads of the OxBerry benchmarks, all made from seeds.

pub mod feed;
pub mod plain_book;
pub mod workload;
