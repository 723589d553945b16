//! Lists of records can be logged: a derive on a generic type promises nothing until the type is
//! used.
//!
//! Compiled, not run: a host cannot link defmt's output.

#![cfg(feature = "defmt")]

use oxberry_proto::flow::Batch;
use oxberry_proto::{EventRecord, Records, RecordsWriter};

fn assert_format<T: defmt::Format>() {}

#[test]
fn generic_types_can_be_logged() {
    assert_format::<Records<'_, EventRecord>>();
    assert_format::<RecordsWriter<[u8; 4], Batch>>();
}
