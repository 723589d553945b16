//! Samples: the last row at every instant of the grid, with its age.

use std::collections::BTreeMap;

use oxberry_core::{
    units::{SeqNum, UnixNanos},
    xdp::{DeliveryFlag, MAX_PACKET, PacketBuilder},
};

use crate::{
    DIALECTS, channel, csv,
    data::data,
    feed::{ChannelWriter, GOOG, MSFT, SECOND},
    replay, rows,
};

const NANOS: u64 = 1_000_000_000;

#[test]
fn a_sample_is_the_last_row_that_was_sent_by_then() {
    let Some(data) = data() else { return };
    for dialect in DIALECTS {
        let flow = data.join("flow").join(dialect);
        for what in [
            &["--what", "bbo"][..],
            &["--what", "trades"],
            &[
                "--what",
                "queue",
                "--order",
                "858718597112030",
                "--order",
                "15818974",
            ],
        ] {
            let all = rows(&flow, what);
            let arguments = ["--every", "10s", "--from", "09:31", "--until", "09:41"];
            let samples = rows(&flow, &[what, &arguments].concat());
            let mut last = BTreeMap::new();
            let mut all = all.into_iter().peekable();
            let mut expected = Vec::new();
            let start = u64::from(SECOND) * NANOS + 60 * NANOS;
            for instant in (start..start + 600 * NANOS).step_by(10_000_000_000) {
                let sent =
                    |row: &BTreeMap<String, String>| row["ts_send_ns"].parse::<u64>().unwrap();
                while let Some(row) = all.next_if(|row| sent(row) <= instant) {
                    let order = row.get("order_id").cloned();
                    last.insert((row["symbol"].clone(), order), row);
                }
                for row in last.values() {
                    let mut row = row.clone();
                    row.insert("age_ns".into(), (instant - sent(&row)).to_string());
                    row.insert("ts_sample_ns".into(), instant.to_string());
                    expected.push(row);
                }
            }
            assert_eq!(samples, expected, "{dialect} {what:?}");
            assert!(samples.len() >= 60, "{dialect} {what:?}: {}", samples.len());
        }
    }
}

/// A heartbeat that was sent then.
fn heartbeat(seq_num: u32, sent: UnixNanos) -> Vec<u8> {
    let mut buffer = [0; MAX_PACKET];
    let packet = PacketBuilder::new(&mut buffer).unwrap();
    let seq_num = SeqNum::from_raw(seq_num);
    packet
        .finish(DeliveryFlag::HEARTBEAT, seq_num, sent)
        .to_vec()
}

#[test]
fn a_sample_tells_the_trust_of_its_instant_and_not_that_of_its_row() {
    let mut writer = ChannelWriter::start(&[GOOG, MSFT]);
    writer.bid(GOOG, 1, 7, 50_000).bid(MSFT, 1, 8, 40_000);
    writer
        .bytes
        .extend(heartbeat(7, UnixNanos::from_parts(SECOND + 1, 1)));
    // The loss is seen a second later, by a message of the other symbol.
    let mut rest = ChannelWriter::start(&[]);
    rest.bytes.clear();
    rest.lose(6).bid(MSFT, 2, 9, 40_100);
    let at = |bytes: &mut Vec<u8>| bytes[8..12].copy_from_slice(&(SECOND + 2).to_le_bytes());
    at(&mut rest.bytes);
    writer.bytes.extend(&rest.bytes);
    // Only a minute later nobody waits for what is missing any more.
    for second in [60, 61] {
        let sent = UnixNanos::from_parts(SECOND + second, 1);
        writer.bytes.extend(heartbeat(10, sent));
    }
    let directory = channel(&writer.bytes);
    for table in [&[][..], &["--what", "depth"], &["--what", "bbo"]] {
        let run = replay(directory.path(), &[table, &["--every", "1s"]].concat());
        assert_eq!(run.code, Some(3), "{}", run.stderr);
        let trust_of = |second: u64, symbol: &str| {
            let instant = ((u64::from(SECOND) + second) * NANOS).to_string();
            let is_it = |row: &&BTreeMap<String, String>| {
                row["ts_sample_ns"] == instant && row["symbol"] == symbol
            };
            let found = csv(&run.stdout);
            found.iter().find(is_it).unwrap()["trust"].clone()
        };
        for symbol in ["GOOG", "MSFT.Q"] {
            assert_eq!(trust_of(1, symbol), "live", "{table:?}");
            assert_eq!(trust_of(61, symbol), "stale", "{table:?}");
        }
    }
}

#[test]
fn a_long_silence_is_not_filled() {
    let mut writer = ChannelWriter::start(&[GOOG]);
    writer.bid(GOOG, 1, 7, 50_000);
    for (days, seconds) in [(0, 2), (30, 0), (30, 2)] {
        let seconds = SECOND + days * 24 * 3_600 + seconds;
        writer
            .bytes
            .extend(heartbeat(5, UnixNanos::from_parts(seconds, 1)));
    }
    let directory = channel(&writer.bytes);
    let found = rows(directory.path(), &["--every", "1s"]);
    // Two seconds of the first day, and of the thirtieth.
    assert_eq!(found.len(), 4);
}
