//! The stored bytes of every message kind: what this version writes, and what it must keep reading.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod limits;
mod lines;
mod samples;

use lines::written_now;
use oxberry_proto::depth::{Depth, DepthAsked, DepthRequest, TellDepth};
use oxberry_proto::flow::{
    Ack, Batch, Coverage, Digests, Heartbeat, Refresh, RepairGone, RepairWish,
};
use oxberry_proto::snapshot::{Snapshot, SnapshotRefused, SnapshotUnderWay, SnapshotWish};
use oxberry_proto::start::{Hello, Refused, SetupPi, SetupVisual};
use oxberry_proto::status::{Status, StatusRequest};
use oxberry_proto::stock::{StockBatch, StockBeat};
use oxberry_proto::taking::{TakePartition, Taken};
use oxberry_proto::{Deltas, Head, Kind, Listed, SCHEMA_FINGERPRINT, decode, decode_list};
use samples::{AFTER, NUMBERING, event_records, recorded, stock_records, stock_told};

const GOLDEN: &str = include_str!("../../golden/v2.txt");

#[test]
fn records_say_what_was_said() {
    let said = recorded();
    let mut deltas = Deltas::new(NUMBERING, AFTER);
    let read: Vec<_> = event_records(&said)
        .into_iter()
        .map(|record| deltas.recorded(record))
        .collect();
    assert_eq!(read, said);
    let said = stock_told();
    let mut deltas = Deltas::new(NUMBERING, AFTER);
    let read: Vec<_> = stock_records(&said)
        .into_iter()
        .map(|record| deltas.stock_told(record))
        .collect();
    assert_eq!(read, said);
}

#[test]
fn every_kind_writes_its_golden_bytes() {
    let now = written_now();
    assert!(
        now == GOLDEN,
        "the schema changed; the new golden file is:\n{now}"
    );
    for kind in Kind::ALL {
        assert!(
            now.contains(&format!("{kind:?} ")),
            "{kind:?} has no golden bytes"
        );
    }
}

#[test]
fn the_fingerprint_is_that_of_the_golden_bytes() {
    let fingerprint = GOLDEN
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    assert_eq!(
        SCHEMA_FINGERPRINT, fingerprint,
        "set SCHEMA_FINGERPRINT to {fingerprint:#018x}"
    );
}

#[test]
fn every_cut_and_every_flipped_byte_is_an_error_or_another_value_but_never_a_panic() {
    for line in GOLDEN.lines() {
        let (_, hex) = line.split_once(' ').unwrap();
        let message: Vec<u8> = (0..hex.len() / 2)
            .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        for cut in 0..message.len() {
            read_as_everything(&message[..cut]);
        }
        for at in 0..message.len() {
            for flip in 1..=u8::MAX {
                let mut changed = message.clone();
                changed[at] ^= flip;
                read_as_everything(&changed);
            }
        }
    }
}

fn read_as_everything(message: &[u8]) {
    fn plain<H: Head>(message: &[u8]) {
        let _ = decode::<H>(message);
    }
    fn list<H: Listed>(message: &[u8]) {
        if let Ok((head, records)) = decode_list::<H>(message) {
            assert!(records.count() <= head.count() + 1);
        }
    }
    plain::<Hello>(message);
    plain::<Refused>(message);
    plain::<Heartbeat>(message);
    plain::<Coverage>(message);
    plain::<RepairWish>(message);
    plain::<RepairGone>(message);
    plain::<StatusRequest>(message);
    plain::<SnapshotRefused>(message);
    plain::<SnapshotUnderWay>(message);
    plain::<DepthRequest>(message);
    plain::<DepthAsked>(message);
    plain::<TellDepth>(message);
    plain::<Taken>(message);
    list::<Depth>(message);
    list::<Batch>(message);
    list::<Refresh>(message);
    list::<StockBatch>(message);
    list::<StockBeat>(message);
    list::<SetupPi>(message);
    list::<SetupVisual>(message);
    list::<TakePartition>(message);
    list::<Ack>(message);
    list::<Status>(message);
    list::<Digests>(message);
    list::<SnapshotWish>(message);
    list::<Snapshot>(message);
}
