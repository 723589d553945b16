//! The books of a replay are those that the messages of a day make.

use super::Place;
use super::writer::{AAPL, Itch, MSFT};

/// The levels of every row of a symbol.
fn depth(place: &Place, symbol: &str) -> Vec<String> {
    let run = place.replay(&["--depth", "2", "--every-message"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let rows = run.stdout.lines().skip(1).map(str::to_owned);
    let rows = rows.filter(|row| row.starts_with(&format!("{symbol},")));
    rows.map(|row| row.splitn(4, ',').nth(3).unwrap().to_owned())
        .collect()
}

#[test]
fn adds_executions_cancels_deletes_and_replaces_make_the_right_depth() {
    let mut itch = Itch::day(&[AAPL]);
    itch.add(AAPL, 1, b'B', 300, 1_000_000)
        .add(AAPL, 2, b'S', 200, 1_000_200)
        .add(AAPL, 3, b'B', 100, 1_000_000)
        .executed(AAPL.0, 1, 100)
        .cancel(AAPL.0, 1, 50)
        .replace(AAPL.0, 3, 4, 500, 999_900)
        .executed_at(AAPL.0, 2, 200, b'Y', 1_000_100)
        .delete(AAPL.0, 4)
        .cancel(AAPL.0, 1, 150)
        .event(b'C');
    let place = Place::with(&itch.bytes);
    let run = place.import(&[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let rows = [
        "1000000,300,0,0,0,0,0,0",
        "1000000,300,1000200,200,0,0,0,0",
        "1000000,400,1000200,200,0,0,0,0",
        "1000000,300,1000200,200,0,0,0,0",
        "1000000,250,1000200,200,0,0,0,0",
        "1000000,150,1000200,200,999900,500,0,0",
        "1000000,150,0,0,999900,500,0,0",
        "1000000,150,0,0,0,0,0,0",
        "0,0,0,0,0,0,0,0",
    ];
    assert_eq!(depth(&place, "AAPL"), rows);
}

#[test]
fn a_cancel_keeps_its_place_in_the_queue_and_a_replace_loses_it() {
    let mut itch = Itch::day(&[AAPL]);
    for order in 1..=3 {
        itch.add(AAPL, order, b'B', 300, 1_000_000);
    }
    itch.cancel(AAPL.0, 1, 100)
        .replace(AAPL.0, 2, 9, 200, 1_000_000)
        .event(b'C');
    let place = Place::with(&itch.bytes);
    assert_eq!(place.import(&[]).code, Some(0));
    let run = place.replay(&["--at", "16:00", "--orders", "--format", "jsonl"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let orders = run.stdout.lines().map(|row| {
        let row: serde_json::Value = serde_json::from_str(row).unwrap();
        (
            row["order_id"].as_u64().unwrap(),
            row["order_sz"].as_u64().unwrap(),
        )
    });
    assert!(orders.eq([(1, 200), (3, 300), (9, 200)]), "{}", run.stdout);
}

#[test]
fn times_are_those_of_new_york_on_the_day_of_the_files_name() {
    let mut itch = Itch::day(&[AAPL]);
    itch.add(AAPL, 1, b'B', 300, 1_000_000).event(b'C');
    let place = Place::with(&itch.bytes);
    assert_eq!(place.import(&[]).code, Some(0));
    assert!(place.out().join("20190130-ARCA_XDP_IBF_1.dat").is_file());
    let run = place.replay(&["--depth", "1"]);
    // Half past nine in winter, and two messages.
    let time = 1_548_858_600_000_002_000_u64;
    assert!(
        run.stdout.contains(&format!("AAPL,1,{time},")),
        "{}",
        run.stdout
    );

    assert_eq!(
        place.import(&["--date", "2019-07-30"]).code,
        Some(1),
        "of another day"
    );
    std::fs::remove_dir_all(place.out()).unwrap();
    assert_eq!(place.import(&["--date", "2019-07-30"]).code, Some(0));
    let run = place.replay(&["--depth", "1"]);
    let time = 1_564_493_400_000_002_000_u64;
    assert!(
        run.stdout.contains(&format!("AAPL,1,{time},")),
        "{}",
        run.stdout
    );
}

#[test]
fn channels_share_the_symbols_and_hold_the_same_books() {
    let mut itch = Itch::day(&[AAPL, MSFT]);
    itch.add(AAPL, 1, b'B', 300, 1_000_000)
        .add(MSFT, 2, b'B', 100, 500_000)
        .executed(AAPL.0, 1, 100)
        .delete(MSFT.0, 2)
        .event(b'C');
    let (one, two) = (Place::with(&itch.bytes), Place::with(&itch.bytes));
    assert_eq!(one.import(&[]).code, Some(0));
    assert_eq!(two.import(&["--channels", "2"]).code, Some(0));
    assert!(two.out().join("20190130-ARCA_XDP_IBF_2.dat").is_file());
    for symbol in ["AAPL", "MSFT"] {
        let rows = depth(&one, symbol);
        assert_eq!(rows.len(), 2);
        assert_eq!(rows, depth(&two, symbol));
    }
    assert_eq!(
        one.replay(&["--digest"]).stdout,
        two.replay(&["--digest"]).stdout
    );
}

#[test]
fn a_file_from_the_middle_of_a_day_gives_partial_books_and_says_so() {
    let mut itch = Itch::in_midday();
    itch.add(AAPL, 1, b'B', 300, 1_000_000)
        .executed(AAPL.0, 77, 100)
        .delete(AAPL.0, 78)
        .executed(AAPL.0, 1, 100)
        .event(b'C');
    let place = Place::with(&itch.bytes);
    let run = place.import(&[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stderr.contains("books are partial"), "{}", run.stderr);
    let told = "changes of orders from before the file (E, C, X, D, U): 2";
    assert!(run.stderr.contains(told), "{}", run.stderr);
    let run = place.replay(&["--depth", "1", "--trust"]);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    let last = run.stdout.lines().last().unwrap();
    assert!(last.ends_with(",1000000,200,0,0,partial"), "{last}");
}
