//! Any bytes at all, read as a packet in every way that core knows.
#![no_main]

#[path = "../../core/tests/packet_bytes/mod.rs"]
mod packet_bytes;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| packet_bytes::run(bytes));
