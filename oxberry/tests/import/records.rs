//! Days of DBN: records of orders, written by the crate that is the format's reference.

use std::path::PathBuf;

use dbn::{
    FlagSet, MappingInterval, MboMsg, Metadata, RecordHeader, SType, Schema, SymbolMapping,
    encode::{DbnEncoder, EncodeRecord as _},
    flags, rtype,
};
use serde_json::Value;
use time::{Date, Month};

use super::support::{Run, oxberry};
use super::{Place, names};

/// Half past nine in New York on 2024-01-05, in nanoseconds since 1970 UTC.
const OPEN: u64 = 1_704_465_000_000_000_000;
/// The instrument of the tests.
const ESH4: u32 = 5_482;
/// A dollar.
const UNIT: i64 = 1_000_000_000;

/// Writes records, each a microsecond behind the one before it.
struct Records {
    records: Vec<MboMsg>,
}

impl Records {
    fn new() -> Self {
        Self {
            records: Vec::new(),
        }
    }

    /// A record that ends its event.
    fn last(&mut self, action: u8, side: u8, order: u64, price: i64, size: u32) -> &mut Self {
        self.record(action, side, order, price, size, flags::LAST)
    }

    fn record(
        &mut self,
        action: u8,
        side: u8,
        order: u64,
        price: i64,
        size: u32,
        flags: u8,
    ) -> &mut Self {
        let time = OPEN + 1_000 * self.records.len() as u64;
        let letter = |ascii: u8| std::ffi::c_char::try_from(ascii).unwrap();
        self.records.push(MboMsg {
            hd: RecordHeader::new::<MboMsg>(rtype::MBO, 1, ESH4, time),
            order_id: order,
            price,
            size,
            flags: FlagSet::new(flags),
            channel_id: 0,
            action: letter(action),
            side: letter(side),
            ts_recv: time,
            ts_in_delta: 0,
            sequence: 0,
        });
        self
    }

    /// The instrument has no orders.
    fn clear(&mut self) -> &mut Self {
        self.last(b'R', b'N', 0, i64::MAX, 0)
    }

    fn file(&self) -> Vec<u8> {
        self.file_of(Schema::Mbo)
    }

    fn file_of(&self, schema: Schema) -> Vec<u8> {
        let day = |day| Date::from_calendar_date(2024, Month::January, day).unwrap();
        let metadata = Metadata::builder()
            .dataset("GLBX.MDP3".to_owned())
            .schema(Some(schema))
            .start(OPEN)
            .stype_in(Some(SType::RawSymbol))
            .stype_out(SType::InstrumentId)
            .symbols(vec!["ESH4".to_owned()])
            .mappings(vec![SymbolMapping {
                raw_symbol: "ESH4".to_owned(),
                intervals: vec![MappingInterval {
                    start_date: day(5),
                    end_date: day(6),
                    symbol: ESH4.to_string(),
                }],
            }])
            .build();
        let mut bytes = Vec::new();
        let mut encoder = DbnEncoder::new(&mut bytes, &metadata).unwrap();
        for record in &self.records {
            encoder.encode_record(record).unwrap();
        }
        bytes
    }

    fn place(&self) -> Place {
        Place::with(&self.file())
    }
}

/// The values of a column, row by row.
fn column(run: &Run, name: &str) -> Vec<Value> {
    let rows = run.stdout.lines();
    let rows = rows.map(|row| serde_json::from_str::<Value>(row).unwrap());
    rows.map(|row| row[name].clone()).collect()
}

#[test]
fn adds_changes_cancels_and_fills_make_the_right_depth() {
    let mut records = Records::new();
    records
        .clear()
        .last(b'A', b'B', 1, 3_720 * UNIT, 10)
        .last(b'A', b'A', 2, 3_721 * UNIT, 5)
        .last(b'A', b'B', 3, 3_720 * UNIT, 4)
        .last(b'M', b'B', 1, 3_720 * UNIT, 7)
        .last(b'C', b'B', 3, 3_720 * UNIT, 1)
        // An order trades with two, the second in part.
        .record(b'T', b'A', 0, 3_720 * UNIT, 9, 0)
        .record(b'F', b'B', 1, 3_720 * UNIT, 7, 0)
        .record(b'C', b'B', 1, 3_720 * UNIT, 7, 0)
        .record(b'F', b'B', 3, 3_720 * UNIT, 2, 0)
        .last(b'C', b'B', 3, 3_720 * UNIT, 2)
        // As venues that tell what is left, and not what goes.
        .record(b'T', b'B', 0, 3_721 * UNIT, 2, 0)
        .record(b'F', b'A', 2, 3_721 * UNIT, 2, 0)
        .last(b'M', b'A', 2, 3_721 * UNIT, 3)
        // With an order that the book does not show.
        .last(b'T', b'N', 0, 3_720 * UNIT + UNIT / 2, 30);
    let place = records.place();
    let run = place.import(&[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(place.out().join("20240105-ARCA_XDP_IBF_1.dat").is_file());

    let run = place.replay(&["--depth", "1", "--every-message", "--trust"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let rows = run.stdout.lines().skip(1);
    let rows: Vec<_> = rows.map(|row| row.splitn(4, ',').nth(3).unwrap()).collect();
    let expected = [
        "37200000,10,0,0,live",
        "37200000,10,37210000,5,live",
        "37200000,14,37210000,5,live",
        "37200000,11,37210000,5,live",
        "37200000,10,37210000,5,live",
        "37200000,3,37210000,5,live",
        "37200000,1,37210000,5,live",
        "37200000,1,37210000,3,live",
        "37200000,1,37210000,3,live",
    ];
    assert_eq!(rows, expected);

    // Each share once.
    let run = place.replay(&["--what", "trades", "--format", "jsonl"]);
    assert_eq!(column(&run, "trade_sz"), [7, 2, 2, 30]);
    let prices = [37_200_000, 37_200_000, 37_210_000, 37_205_000];
    assert_eq!(column(&run, "trade_px"), prices);
}

#[test]
fn more_shares_or_another_price_lose_the_place_in_the_queue_and_fewer_keep_it() {
    let mut records = Records::new();
    records.clear();
    for order in 1..=4 {
        records.last(b'A', b'B', order, 3_720 * UNIT, 10);
    }
    records
        .last(b'M', b'B', 1, 3_720 * UNIT, 20)
        .last(b'M', b'B', 2, 3_720 * UNIT, 5)
        .last(b'M', b'B', 4, 3_719 * UNIT, 10);
    let place = records.place();
    assert_eq!(place.import(&[]).code, Some(0));
    let run = place.replay(&["--at", "16:00", "--orders", "--format", "jsonl"]);
    assert_eq!(column(&run, "order_id"), [2, 3, 1, 4]);
}

#[test]
fn without_a_clear_books_are_partial_and_with_one_they_are_live() {
    let mut records = Records::new();
    records
        .last(b'C', b'B', 99, 3_720 * UNIT, 1)
        .last(b'A', b'B', 1, 3_720 * UNIT, 10)
        .last(b'M', b'B', 98, 3_719 * UNIT, 3);
    let place = records.place();
    let run = place.import(&[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stderr.contains("books are partial"), "{}", run.stderr);
    for words in [
        "cancels of orders from before the file, told as deletes (C): 1",
        "changes of orders that did not come, told as adds (M): 1",
    ] {
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
    }
    let run = place.replay(&["--depth", "2", "--trust"]);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    let last = run.stdout.lines().last().unwrap();
    assert!(
        last.ends_with(",37200000,10,0,0,37190000,3,0,0,partial"),
        "{last}"
    );

    records.clear().last(b'A', b'A', 2, 3_722 * UNIT, 1);
    let place = records.place();
    let run = place.import(&[]);
    assert!(!run.stderr.contains("partial"), "{}", run.stderr);
    let run = place.replay(&["--depth", "1", "--trust"]);
    let last = run.stdout.lines().last().unwrap();
    assert!(last.ends_with(",0,0,37220000,1,live"), "{last}");
}

#[test]
fn a_book_that_its_source_doubts_or_that_contradicts_itself_is_stale() {
    let changes: [fn(&mut Records); 4] = [
        |records| {
            let doubted = flags::LAST | flags::MAYBE_BAD_BOOK;
            records.record(b'A', b'B', 2, 3_720 * UNIT, 1, doubted);
        },
        |records| _ = records.last(b'C', b'B', 77, 3_720 * UNIT, 1),
        |records| _ = records.last(b'A', b'N', 2, 3_720 * UNIT, 1),
        |records| _ = records.last(b'A', b'A', 2, -37 * UNIT, 1),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut records = Records::new();
        records.clear().last(b'A', b'B', 1, 3_719 * UNIT, 10);
        change(&mut records);
        let place = records.place();
        assert_eq!(place.import(&[]).code, Some(0), "{number}");
        let run = place.replay(&["--what", "bbo"]);
        assert_eq!(run.code, Some(3), "{number}: {}", run.stderr);
        let last = run.stdout.lines().last().unwrap();
        assert!(last.ends_with(",stale"), "{number}: {last}");
    }
}

#[test]
fn a_price_that_needs_more_places_changes_the_scale_and_no_book() {
    let mut records = Records::new();
    records.clear().last(b'A', b'B', 1, 110 * UNIT, 10).last(
        b'A',
        b'B',
        2,
        110 * UNIT + 15_625_000,
        10,
    );
    let place = records.place();
    let run = place.import(&[]);
    assert!(
        run.stderr.contains("1 symbols got another price scale"),
        "{}",
        run.stderr
    );
    let run = place.replay(&["--depth", "2"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let last = run.stdout.lines().last().unwrap();
    assert!(
        last.ends_with(",110015625,10,0,0,110000000,10,0,0"),
        "{last}"
    );
}

#[test]
fn a_file_that_is_cut_anywhere_says_where_and_leaves_nothing() {
    let mut records = Records::new();
    records
        .clear()
        .last(b'A', b'B', 1, 3_720 * UNIT, 10)
        .last(b'C', b'B', 1, 3_720 * UNIT, 10);
    let bytes = records.file();
    let size = size_of::<MboMsg>();
    let metadata = bytes.len() - 3 * size;
    for end in 1..bytes.len() {
        let place = Place::with(&bytes[..end]);
        let run = place.import(&[]);
        if end > metadata && (end - metadata).is_multiple_of(size) {
            // Nothing tells that there was more.
            assert_eq!(run.code, Some(0), "{end}: {}", run.stderr);
            continue;
        }
        assert_eq!(run.code, Some(1), "{end}: {}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 1, "{end}: {}", run.stderr);
        assert!(
            run.stderr.contains("nothing was written"),
            "{end}: {}",
            run.stderr
        );
        if end > metadata {
            let start = metadata + (end - metadata) / size * size;
            let told = format!("at byte {start}: the file ends inside a record");
            assert!(run.stderr.contains(&told), "{end}: {}", run.stderr);
        }
        assert_eq!(names(place.folder.path()).len(), 1, "{end}");
    }
}

#[test]
fn records_in_another_order_and_of_another_schema_are_told() {
    let mut records = Records::new();
    records.clear().last(b'A', b'B', 1, 3_720 * UNIT, 10);
    let run = Place::with(&records.file_of(Schema::Mbp10)).import(&[]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(
        run.stderr.contains("of the schema mbp-10"),
        "{}",
        run.stderr
    );

    records.records.swap(0, 1);
    let place = records.place();
    let run = place.import(&[]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stderr.contains("not in their order"), "{}", run.stderr);
    assert_eq!(names(place.folder.path()).len(), 1);

    let run = records.place().import(&["--from", "itch"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stderr.contains("it looks like DBN"), "{}", run.stderr);
    let run = records.place().import(&["--date", "2024-01-05"]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
}

#[test]
fn the_format_before_dbn_is_told_by_its_name() {
    // A frame that zstd passes over, with what the old format has there, and one of the records.
    let mut bytes = b"\x50\x2a\x4d\x18\x08\0\0\0DBZ\x01GLBX".to_vec();
    bytes.extend(zstd::encode_all(&[14, 160, 1, 0][..], 3).unwrap());
    let run = Place::with(&bytes).import(&[]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stderr.contains("it looks like DBZ"), "{}", run.stderr);
}

#[test]
fn what_a_replay_exports_is_the_same_books_when_it_is_imported_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let text = |path: PathBuf| path.to_str().unwrap().to_owned();
    let (market, orders, day) = (
        text(path("market")),
        text(path("orders.dbn")),
        text(path("day")),
    );
    let size = ["--symbols", "5", "--messages", "20000", "--channels", "1"];
    let run = oxberry(["generate", "--out", &market].into_iter().chain(size));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let export = ["--what", "orders", "--format", "dbn", "--out", &orders];
    let run = oxberry(
        ["replay", &market, "--orders", "20000"]
            .into_iter()
            .chain(export),
    );
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let run = oxberry(["import", &orders, "--out", &day]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let books = |directory: &str| {
        let how = ["--orders", "20000", "--orders", "--at", "23:59"];
        let form = ["--prices", "decimal", "--format", "jsonl"];
        let run = oxberry(["replay", directory].into_iter().chain(how).chain(form));
        assert!(run.stdout.lines().count() > 100, "{}", run.stderr);
        let rows = ["symbol", "order_id", "side", "order_px", "order_sz"];
        rows.map(|name| column(&run, name))
    };
    assert_eq!(books(&market), books(&day));
}
