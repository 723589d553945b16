//! Any sequence of packets, answers and pauses, put in order.
#![no_main]

#[path = "../../core/tests/line_packets/mod.rs"]
mod line_packets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| line_packets::run(bytes));
