//! Whatever can be decoded can be emitted, and then is what it was.
#![no_main]

#[path = "../../core/tests/decode_emit/mod.rs"]
mod decode_emit;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| decode_emit::run(bytes));
