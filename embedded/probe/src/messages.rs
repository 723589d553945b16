//! The messages between processes.

use core::fmt::Write;
use core::hint::black_box;

use oxberry_core::feed::FeedEvent;
use oxberry_proto::flow::{Ack, Batch, Coverage, Digests, Farewell, Finish, Heartbeat, Refresh};
use oxberry_proto::start::{
    Hello, Ping, Ready, Refused, SayHello, SetupPi, SetupVisual, SetupVisualRequest, TellState,
};
use oxberry_proto::status::{Status, StatusRequest};
use oxberry_proto::stock::{EndOfEvents, StockBatch, StockBeat};
use oxberry_proto::{Deltas, Head, Listed, Recorded, Topic, decode, decode_list, encode, kind_of};

use crate::wire::Nowhere;

pub(crate) fn touch(bytes: &[u8]) {
    let _ = write!(Nowhere, "{:?}{:?}", kind_of(bytes), Topic::split(bytes));
    again::<Hello>(bytes);
    again::<Refused>(bytes);
    again::<Ping>(bytes);
    again::<Ready>(bytes);
    again::<SetupVisualRequest>(bytes);
    again::<StatusRequest>(bytes);
    again::<SayHello>(bytes);
    again::<TellState>(bytes);
    again::<Coverage>(bytes);
    again::<Farewell>(bytes);
    again::<Heartbeat>(bytes);
    again::<Finish>(bytes);
    again::<EndOfEvents>(bytes);
    walk::<SetupPi>(bytes);
    walk::<SetupVisual>(bytes);
    walk::<Status>(bytes);
    walk::<Batch>(bytes);
    walk::<Refresh>(bytes);
    walk::<Ack>(bytes);
    walk::<Digests>(bytes);
    walk::<StockBatch>(bytes);
    walk::<StockBeat>(bytes);
}

/// The first event of a batch.
pub(crate) fn first_event(bytes: &[u8]) -> Option<FeedEvent> {
    let (head, mut records) = decode_list::<Batch>(bytes).ok()?;
    let mut deltas = Deltas::new(head.numbering, head.after);
    match deltas.recorded(records.next()?.ok()?) {
        Recorded::Event(event) => Some(event),
        Recorded::Lost { .. } | Recorded::Settled { .. } => None,
    }
}

/// Reads a message and writes it again.
fn again<H: Head>(bytes: &[u8]) {
    let mut buffer = [0; 512];
    match decode::<H>(bytes) {
        Ok(head) => {
            black_box(encode(&head, &mut buffer).is_ok());
        }
        Err(error) => {
            let _ = write!(Nowhere, "{error}");
        }
    }
}

/// Reads a message and all its records.
fn walk<H: Listed>(bytes: &[u8]) {
    if let Ok((_, records)) = decode_list::<H>(bytes) {
        for record in records {
            black_box(record.is_ok());
        }
    }
}
