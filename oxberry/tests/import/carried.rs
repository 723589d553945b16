//! What is beside orders: trades, auctions, halts, sessions, imbalances, and what the feed has no place for.

use serde_json::Value;

use super::Place;
use super::support::oxberry;
use super::writer::{AAPL, Itch, padded};

/// The messages that an import makes of these, behind those that define the stock.
fn decoded(itch: &Itch) -> (Vec<Value>, String) {
    let place = Place::with(&itch.bytes);
    let run = place.import(&[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let channel = place.out().join("20190130-ARCA_XDP_IBF_1.dat");
    let decode = oxberry(["decode".as_ref(), channel.as_os_str()]);
    assert_eq!(decode.code, Some(0), "{}", decode.stderr);
    let lines = decode.stdout.lines();
    let messages = lines.map(|line| serde_json::from_str(line).unwrap());
    let beginning = [1, 3, 32, 2];
    let messages: Vec<Value> = messages.collect();
    for (message, kind) in messages.iter().zip(beginning) {
        assert_eq!(message["type"], kind, "{message}");
    }
    (messages[beginning.len()..].to_vec(), run.stderr)
}

/// That a message has these fields.
fn has(message: &Value, fields: &[(&str, Value)]) {
    for (name, value) in fields {
        assert_eq!(&message[*name], value, "{name} of {message}");
    }
}

#[test]
fn trades_and_auctions_are_told_with_their_numbers_and_whether_they_count() {
    let mut itch = Itch::day(&[AAPL]);
    let cross = |shares: u64, kind: u8| {
        let mut fields = shares.to_be_bytes().to_vec();
        fields.extend(padded("AAPL"));
        fields.extend(1_000_000_u32.to_be_bytes());
        fields.extend(55_u64.to_be_bytes());
        fields.push(kind);
        fields
    };
    itch.add(AAPL, 1, b'B', 300, 1_000_000)
        .trade(AAPL, 40, 999_950, 1 << 32 | 5)
        .executed_at(AAPL.0, 1, 100, b'N', 999_900)
        .message(b'Q', AAPL.0, &[&cross(700, b'O')])
        .message(b'Q', AAPL.0, &[&cross(0, b'C')])
        .message(b'Q', AAPL.0, &[&cross(5_000_000_000, b'I')])
        .message(b'B', AAPL.0, &[&8_u64.to_be_bytes()])
        .event(b'C');
    let (messages, told) = decoded(&itch);
    let types: Vec<_> = messages
        .iter()
        .map(|m| m["type"].as_u64().unwrap())
        .collect();
    assert_eq!(types, [100, 110, 103, 111, 110, 112]);
    has(
        &messages[1],
        &[
            ("trade_id", 5.into()),
            ("price", 999_950.into()),
            ("volume", 40.into()),
            ("printable_flag", 1.into()),
        ],
    );
    has(
        &messages[2],
        &[
            ("printable_flag", 0.into()),
            ("price", 999_900.into()),
            ("trade_id", 8.into()),
        ],
    );
    has(
        &messages[3],
        &[
            ("cross_type", "O".into()),
            ("volume", 700.into()),
            ("cross_id", 55.into()),
        ],
    );
    has(&messages[4], &[("volume", u32::MAX.into())]);
    has(&messages[5], &[("trade_id", 8.into())]);
    for words in [
        "auctions without shares (Q): 1",
        "auctions that XDP does not have, told as hidden trades (Q): 1",
        "match numbers above 4294967295, told by their lower 32 bits: 1",
        "shares above 4294967295, told as that: 1",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn halts_pauses_sessions_and_short_sales_are_security_statuses() {
    let mut itch = Itch::day(&[AAPL]);
    let action = |state: u8, reason: &[u8; 4]| {
        let mut fields = padded("AAPL").to_vec();
        fields.extend([state, b' ']);
        fields.extend(reason);
        fields
    };
    let stock = padded("AAPL");
    itch.event(b'S')
        .event(b'Q')
        .message(b'Y', AAPL.0, &[&stock, b"1"])
        .message(b'H', AAPL.0, &[&action(b'H', b"T1  ")])
        .message(b'H', AAPL.0, &[&action(b'Q', b"T3  ")])
        .message(b'H', AAPL.0, &[&action(b'T', b"    ")])
        .message(b'H', AAPL.0, &[&action(b'P', b"LUDP")])
        .message(b'h', AAPL.0, &[&stock, b"QT"])
        .message(b'h', AAPL.0, &[&stock, b"BH"])
        .event(b'M')
        .event(b'E')
        .event(b'C');
    let (messages, told) = decoded(&itch);
    let shown: Vec<String> = messages
        .iter()
        .map(|message| {
            assert_eq!(message["type"], 34);
            [
                "security_status",
                "halt_condition",
                "ssr_state",
                "market_state",
            ]
            .map(|name| message[name].as_str().unwrap())
            .concat()
        })
        .collect();
    let expected = [
        "E~~E", "O~~O", "A~EO", "4PEO", "BDEO", "5~EO", "4MEO", "5~EO", "L~EL",
    ];
    assert_eq!(shown, expected);
    let numbers: Vec<_> = messages
        .iter()
        .map(|m| m["symbol_seq_num"].as_u64())
        .collect();
    assert!(numbers.iter().copied().eq((1..=9).map(Some)), "{numbers:?}");
    for words in [
        "operational halts of other markets (h): 1",
        "ends of the system's day (S), which leave the books as they are: 2",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn imbalances_and_retail_interest_are_told_as_far_as_the_feed_has_them() {
    let mut itch = Itch::day(&[AAPL]);
    let noii = |kind: u8| {
        let mut fields = 10_000_u64.to_be_bytes().to_vec();
        fields.extend(2_000_u64.to_be_bytes());
        fields.push(b'S');
        fields.extend(padded("AAPL"));
        for price in [1_010_000_u32, 1_005_000, 1_000_000] {
            fields.extend(price.to_be_bytes());
        }
        fields.extend([kind, b'1']);
        fields
    };
    itch.message(b'I', AAPL.0, &[&noii(b'C')])
        .message(b'I', AAPL.0, &[&noii(b'A')])
        .message(b'N', AAPL.0, &[&padded("AAPL"), b"A"])
        .event(b'C');
    let (messages, told) = decoded(&itch);
    assert_eq!(messages.len(), 2);
    has(
        &messages[0],
        &[
            ("type", 105.into()),
            ("paired_qty", 10_000.into()),
            ("total_imbalance_qty", 2_000.into()),
            ("imbalance_side", "S".into()),
            ("auction_type", "C".into()),
            ("auction_time", 1_600.into()),
            ("auction_interest_clearing_price", 1_010_000.into()),
            ("continuous_book_clearing_price", 1_005_000.into()),
            ("reference_price", 1_000_000.into()),
        ],
    );
    has(
        &messages[1],
        &[("type", 114.into()), ("rpi_indicator", "C".into())],
    );
    let words = "imbalances of auctions that XDP does not have (I): 1";
    assert!(told.contains(words), "{told}");
}

#[test]
fn the_directory_of_symbols_defines_them_and_a_firm_that_shows_its_name_is_told() {
    let mut itch = Itch::day(&[AAPL]);
    let mut fields = 9_u64.to_be_bytes().to_vec();
    fields.push(b'S');
    fields.extend(100_u32.to_be_bytes());
    fields.extend(padded("AAPL"));
    fields.extend(1_000_000_u32.to_be_bytes());
    fields.extend(b"GSCO");
    itch.message(b'F', AAPL.0, &[&fields]).event(b'C');
    let place = Place::with(&itch.bytes);
    assert_eq!(place.import(&[]).code, Some(0));
    let mapping = std::fs::read_to_string(place.out().join("ARCASymbolMapping.txt")).unwrap();
    assert_eq!(mapping, "AAPL|AAPL|13|P|Q|C|100|4|1|||\n");
    let (messages, _) = decoded(&itch);
    has(
        &messages[0],
        &[("firm_id", "GSCO".into()), ("side", "S".into())],
    );
}

#[test]
fn every_message_that_is_not_carried_is_counted_by_its_kind() {
    let mut itch = Itch::day(&[AAPL]);
    itch.message(b'L', AAPL.0, &[b"GSCOAAPL    YNA"])
        .message(b'V', 0, &[&[0; 24]])
        .message(b'W', 0, b"1".chunks(1).collect::<Vec<_>>().as_slice())
        .message(b'K', AAPL.0, &[&[b' '; 17]])
        .message(b'J', AAPL.0, &[&[b' '; 24]])
        .message(b'O', AAPL.0, &[&[b' '; 37]])
        .message(b'z', AAPL.0, &[b"new"])
        .message(b'z', AAPL.0, &[b"new"])
        .event(b'C');
    let run = Place::with(&itch.bytes).import(&[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    for words in [
        "positions of market participants (L): 1",
        "levels of the market-wide circuit breaker (V): 1",
        "breaches of the market-wide circuit breaker (W): 1",
        "quoting periods of new issues (K): 1",
        "collars of auctions after a pause (J): 1",
        "direct listings with a capital raise (O): 1",
        "messages of kinds that ITCH 5.0 does not list: 2",
    ] {
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
    }
}

#[test]
fn a_price_that_no_field_holds_makes_the_book_stale_from_there() {
    let mut itch = Itch::day(&[AAPL]);
    itch.add(AAPL, 1, b'B', 100, 1_000_001)
        .add(AAPL, 2, b'S', 100, u32::MAX)
        .delete(AAPL.0, 2)
        .event(b'C');
    let place = Place::with(&itch.bytes);
    let run = place.import(&[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(
        run.stderr.contains("not carried: 1 messages with a price"),
        "{}",
        run.stderr
    );
    let run = place.replay(&["--what", "bbo"]);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    let ends = [",1000001,100,,,live", ",1000001,100,,,stale"];
    assert_eq!(run.stdout.lines().count(), 3, "{}", run.stdout);
    for (row, end) in run.stdout.lines().skip(1).zip(ends) {
        assert!(row.ends_with(end), "{row}");
    }
}
