//! Workloads of the OxBerry benchmarks, all made from seeds.

pub mod feed;
