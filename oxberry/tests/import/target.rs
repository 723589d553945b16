//! What is read, and where it goes.

use std::fs;
use std::io::Write as _;

use super::support::{oxberry, oxberry_with_input};
use super::writer::{AAPL, Itch, MSFT, padded};
use super::{Place, names};

fn day() -> Itch {
    let mut itch = Itch::day(&[AAPL, MSFT]);
    itch.add(AAPL, 1, b'B', 300, 1_000_000)
        .add(MSFT, 2, b'B', 100, 500_000)
        .executed(AAPL.0, 1, 100)
        .event(b'C');
    itch
}

/// The channel of a day.
fn channel(place: &Place) -> Vec<u8> {
    fs::read(place.out().join("20190130-ARCA_XDP_IBF_1.dat")).unwrap()
}

#[test]
fn plain_compressed_and_piped_files_give_the_same_channel() {
    let itch = day();
    let plain = Place::with(&itch.bytes);
    assert_eq!(plain.import(&["--from", "itch"]).code, Some(0));

    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&itch.bytes).unwrap();
    let gzip = Place::with(&gzip.finish().unwrap());
    assert_eq!(gzip.import(&[]).code, Some(0));
    assert_eq!(channel(&gzip), channel(&plain));

    let zstd = Place::with(&zstd::encode_all(&itch.bytes[..], 3).unwrap());
    assert_eq!(zstd.import(&[]).code, Some(0));
    assert_eq!(channel(&zstd), channel(&plain));

    let piped = Place::with(&[]);
    let out = piped.out();
    let out = out.to_str().unwrap();
    let arguments = ["import", "-", "--out", out, "--date", "2019-01-30"];
    let run = oxberry_with_input(arguments, &itch.bytes);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(channel(&piped), channel(&plain));
}

#[test]
fn parts_of_a_day_are_one_day_in_whatever_order_they_are_named() {
    let itch = day();
    let whole = Place::with(&itch.bytes);
    assert_eq!(whole.import(&[]).code, Some(0));
    let parts = Place::with(&itch.bytes[..itch.starts[4]]);
    let second = parts.folder.path().join("second");
    fs::write(&second, &itch.bytes[itch.starts[4]..]).unwrap();
    let (first, second) = (parts.file.to_str().unwrap(), second.to_str().unwrap());
    let out = parts.out();
    let run = oxberry(["import", second, first, "--out", out.to_str().unwrap()]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(channel(&parts), channel(&whole));
}

#[test]
fn only_the_symbols_that_were_asked_for_come_and_others_are_counted() {
    let place = Place::with(&day().bytes);
    let run = place.import(&["--symbol", "MSFT", "--symbol", "NONE"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let told = "messages of symbols that were not asked for: 3";
    assert!(run.stderr.contains(told), "{}", run.stderr);
    assert!(
        run.stderr.contains("--symbol NONE: did not come"),
        "{}",
        run.stderr
    );
    let mapping = fs::read_to_string(place.out().join("ARCASymbolMapping.txt")).unwrap();
    assert_eq!(mapping, "MSFT|MSFT|14|P|Q|C|100|4|1|||\n");
    let run = place.replay(&["--depth", "1"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(run.stdout.lines().count(), 2, "{}", run.stdout);
}

#[test]
fn the_mapping_file_may_go_elsewhere_but_not_over_what_is_read() {
    let place = Place::with(&day().bytes);
    let mapping = place.folder.path().join("mapping.txt");
    let run = place.import(&["--mapping", mapping.to_str().unwrap()]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(fs::read_to_string(mapping).unwrap().starts_with("AAPL|"));
    assert_eq!(names(&place.out()), ["20190130-ARCA_XDP_IBF_1.dat"]);

    let file = place.file.to_str().unwrap();
    let run = place.import(&["--mapping", file]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert_eq!(fs::read(&place.file).unwrap(), day().bytes);
}

#[test]
fn channel_files_of_another_day_are_refused_and_stay() {
    let place = Place::with(&day().bytes);
    fs::create_dir(place.out()).unwrap();
    let captured = place.out().join("20111219-ARCA_XDP_IBF_1.dat.gz");
    fs::write(&captured, "real").unwrap();
    let run = place.import(&[]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(
        run.stderr.contains("20111219-ARCA_XDP_IBF_1.dat.gz"),
        "{}",
        run.stderr
    );
    assert_eq!(names(&place.out()), ["20111219-ARCA_XDP_IBF_1.dat.gz"]);
}

#[test]
fn usage_errors_exit_with_two_and_a_day_that_no_name_tells_is_told() {
    let place = Place::with(&day().bytes);
    for wrong in [
        &["--from", "pcap"][..],
        &["--date", "30.01.2019"],
        &["--channels", "0"],
    ] {
        assert_eq!(place.import(wrong).code, Some(2), "{wrong:?}");
    }
    assert_eq!(oxberry(["import", "--out", "x"]).code, Some(2), "no file");
    let unnamed = place.folder.path().join("day.itch");
    fs::rename(&place.file, &unnamed).unwrap();
    let (unnamed, out) = (unnamed.to_str().unwrap(), place.out());
    let run = oxberry(["import", unnamed, "--out", out.to_str().unwrap()]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stderr.contains("--date says which"), "{}", run.stderr);
    assert_eq!(
        names(&place.out()),
        ["19700101-ARCA_XDP_IBF_1.dat", "ARCASymbolMapping.txt"]
    );
}

#[test]
fn a_day_of_as_many_symbols_as_the_market_has_is_read_as_what_it_is() {
    let mut itch = Itch::day(&[]);
    let letters = |number: u16| {
        let letter = |digit: u16| char::from(b'A' + u8::try_from(digit % 26).unwrap());
        format!(
            "{}{}{}",
            letter(number / 676),
            letter(number / 26),
            letter(number)
        )
    };
    for locate in 1..=12_000 {
        let stock = padded(&letters(locate));
        itch.directory(locate, &letters(locate))
            .message(b'H', locate, &[&stock, b"T     "])
            .message(b'Y', locate, &[&stock, b"0"]);
    }
    itch.add((1, "AAB"), 1, b'B', 100, 1_000_000)
        .executed(1, 1, 50)
        .event(b'C');
    let place = Place::with(&itch.bytes);
    assert_eq!(place.import(&[]).code, Some(0));
    let run = place.replay(&["--depth", "1"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(!run.stderr.contains("read as"), "{}", run.stderr);
    assert_eq!(run.stdout.lines().count(), 3, "{}", run.stdout);
}
