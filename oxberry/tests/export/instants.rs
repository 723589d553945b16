//! The books of an instant are those of a replay whose input ends there.

use std::{collections::BTreeMap, fs, path::Path};

use oxberry_core::{units::UnixNanos, xdp::PacketRef};
use tempfile::TempDir;

use crate::{DIALECTS, Rows, csv, data::data, replay, rows, two_symbols};

/// The packets of the flow that were sent by then.
fn cut(flow: &Path, instant: u64) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(flow).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let end = if path.extension().is_some_and(|ending| ending == "dat") {
            let mut at = 0;
            while let Some(size) = bytes.get(at..at + 2) {
                let size = usize::from(u16::from_le_bytes([size[0], size[1]]));
                let packet = PacketRef::new(&bytes[at..at + size]).unwrap();
                if packet.header().send_time > UnixNanos::from_raw(instant) {
                    break;
                }
                at += size;
            }
            at
        } else {
            bytes.len()
        };
        fs::write(
            directory.path().join(path.file_name().unwrap()),
            &bytes[..end],
        )
        .unwrap();
    }
    directory
}

/// The last row of each symbol.
fn last(rows: Rows) -> BTreeMap<String, BTreeMap<String, String>> {
    let named = rows.into_iter().map(|row| (row["symbol"].clone(), row));
    named.collect()
}

#[test]
fn the_books_of_an_instant_are_those_of_a_replay_that_is_cut_there() {
    let Some(data) = data() else { return };
    for dialect in DIALECTS {
        let flow = data.join("flow").join(dialect);
        let sent: Vec<u64> = rows(&flow, &["--what", "bbo"])
            .iter()
            .map(|row| row["ts_send_ns"].parse().unwrap())
            .collect();
        // Spread over the day, but made of its times: right then, just before, and shortly after.
        let step = sent.len() / 3;
        for (time, by) in sent.iter().step_by(step).zip([0, -1, 7_000]) {
            let instant = time.checked_add_signed(by).unwrap();
            let text = instant.to_string();
            let cut = cut(&flow, instant);
            let found = rows(&flow, &["--at", &text, "--depth", "10"]);
            let every = ["--every-message", "--trust", "--depth", "10"];
            assert_eq!(
                last(found),
                last(rows(cut.path(), &every)),
                "{dialect} at {text}"
            );
            let queues = |path: &Path| replay(path, &["--at", &text, "--orders"]).stdout;
            assert_eq!(queues(&flow), queues(cut.path()), "{dialect} at {text}");
            let digest =
                |path: &Path, more: &[&str]| replay(path, &[&["--digest"], more].concat()).stdout;
            assert_eq!(digest(&flow, &["--at", &text]), digest(cut.path(), &[]));
        }
    }
}

#[test]
fn the_queues_of_an_instant_add_up_to_its_depth() {
    let Some(data) = data() else { return };
    let flow = data.join("flow/pillar");
    let arguments = ["--at", "10:00", "--symbol", "GOOG"];
    let mut levels = BTreeMap::<_, u64>::new();
    for row in rows(&flow, &[&arguments[..], &["--orders"]].concat()) {
        let level = (row["side"].clone(), row["order_px"].parse::<u64>().unwrap());
        let before = levels.entry(level).or_default();
        assert_eq!(row["shares_ahead"], before.to_string());
        *before += row["order_sz"].parse::<u64>().unwrap();
    }
    let depth = &rows(&flow, &[&arguments[..], &["--depth", "1000"]].concat())[0];
    let mut shown = BTreeMap::new();
    for side in ["bid", "ask"] {
        for level in 1..=1000 {
            let number = |what| {
                depth[&format!("{side}_{what}_{level}")]
                    .parse::<u64>()
                    .unwrap()
            };
            if number("sz") > 0 {
                shown.insert((side.to_owned(), number("px")), number("sz"));
            }
        }
    }
    assert_eq!(levels, shown);
    assert!(levels.len() > 20);
}

#[test]
fn a_time_of_day_is_that_of_new_york_on_the_day_of_the_feed() {
    let Some(data) = data() else { return };
    let flow = data.join("flow/pillar");
    let at = |time: &str| replay(&flow, &["--at", time]).stdout;
    let expected = at("2012-06-21T10:15:30.25-04:00");
    assert_eq!(csv(&expected).len(), 2);
    for same in [
        "10:15:30.25",
        "2012-06-21T14:15:30.25Z",
        "1340288130250000000",
    ] {
        assert_eq!(at(same), expected, "{same}");
    }
    // A row of a packet of exactly then is behind --from and before --until.
    let run = |more: &[&str]| rows(&flow, &[&["--what", "bbo"], more].concat());
    let all = run(&[]);
    let middle = &all[all.len() / 2]["ts_send_ns"];
    let (before, after) = (run(&["--until", middle]), run(&["--from", middle]));
    assert_eq!([before, after.clone()].concat(), all);
    assert_eq!(&after[0]["ts_send_ns"], middle);
}

#[test]
fn the_queues_can_be_asked_for_before_the_path_and_with_room_for_orders() {
    let directory = two_symbols();
    let path = directory.path().to_str().unwrap();
    let run = |arguments: &[&str]| {
        let run = crate::oxberry([&["replay"], arguments].concat());
        assert_eq!(run.code, Some(0), "{arguments:?}: {}", run.stderr);
        csv(&run.stdout)
    };
    let expected = run(&[path, "--at", "10:00", "--orders"]);
    let orders: Vec<_> = expected
        .iter()
        .map(|row| row["order_id"].as_str())
        .collect();
    assert_eq!(orders, ["9", "7"]);
    for other in [
        &["--at", "10:00", "--orders", path][..],
        &[path, "--orders", "--at", "10:00"],
        &[path, "--orders", "1000", "--at", "10:00", "--orders"],
    ] {
        assert_eq!(run(other), expected, "{other:?}");
    }
}

#[test]
fn a_symbol_that_is_asked_for_has_a_row_even_if_nothing_happened() {
    let directory = two_symbols();
    let before = rows(directory.path(), &["--at", "09:00", "--symbol", "GOOG"]);
    assert_eq!(before.len(), 1);
    assert_eq!(before[0]["bid_px_1"], "0");
    assert_eq!(before[0]["ts_event_ns"], "");
    assert!(rows(directory.path(), &["--at", "09:00"]).is_empty());
}

#[test]
fn a_feed_that_begins_behind_the_end_is_a_failure_that_says_when_it_begins() {
    let directory = two_symbols();
    let run = replay(directory.path(), &["--until", "09:00"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let told = "the first packet of 2012-06-21 was sent at 1340285400000000001";
    assert!(run.stderr.contains(told), "{}", run.stderr);
}
