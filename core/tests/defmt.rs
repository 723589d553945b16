//! What takes its storage from the caller can be logged when the storage can. A derive on a generic
//! type promises nothing until the type is used.
//!
//! Compiled, not run: a host cannot link defmt's output.

#![cfg(feature = "defmt")]

use oxberry_core::book::Memory;
use oxberry_core::feed::{Channel, FeedSymbol, Normalizer};
use oxberry_core::line::{LineArbiter, Slot};
use oxberry_core::matching::InlineMatcher;

fn assert_format<T: defmt::Format>() {}

#[test]
fn generic_types_can_be_logged() {
    assert_format::<Memory<4>>();
    assert_format::<Normalizer<[FeedSymbol; 4]>>();
    assert_format::<Channel<[FeedSymbol; 4]>>();
    assert_format::<LineArbiter<[Slot; 4]>>();
    assert_format::<InlineMatcher<4, 4>>();
}
