//! Any stream of operations, on books that are soon full, keeps the rules of books.
#![no_main]

#[path = "../../core/tests/book_ops/mod.rs"]
mod book_ops;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| book_ops::run(bytes));
