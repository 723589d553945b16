//! `oxberry decode` on real packets and on faulty ones.
#![cfg(test)]

#[path = "support/data.rs"]
mod data;
mod support;

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use data::data;
use serde_json::Value;
use support::{Run, oxberry, oxberry_with_input};

/// The lines as JSON.
fn json_lines(run: &Run) -> Vec<Value> {
    run.stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A packet of messages, which are their types and bodies.
fn packet(delivery_flag: u8, seq_num: u32, messages: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let body: Vec<u8> = messages
        .iter()
        .flat_map(|(kind, body)| message(*kind, body))
        .collect();
    let mut bytes = u16::try_from(16 + body.len())
        .unwrap()
        .to_le_bytes()
        .to_vec();
    bytes.extend([delivery_flag, u8::try_from(messages.len()).unwrap()]);
    bytes.extend(seq_num.to_le_bytes());
    bytes.extend([0; 8]);
    bytes.extend(body);
    bytes
}

fn message(kind: u16, body: &[u8]) -> Vec<u8> {
    let size = u16::try_from(4 + body.len()).unwrap();
    [&size.to_le_bytes()[..], &kind.to_le_bytes(), body].concat()
}

/// A sequence number reset.
fn reset() -> (u16, Vec<u8>) {
    (1, vec![0, 0, 0, 0, 0, 0, 0, 0, 11, 3])
}

/// A field name of docs/wire-format.md as the command prints it.
fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let after_lower = at > 0 && !letters[at - 1].is_ascii_uppercase();
        let before_lower = letters.get(at + 1).is_some_and(char::is_ascii_lowercase);
        if at > 0 && letter.is_ascii_uppercase() && (after_lower || before_lower) {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[test]
fn names_of_the_reference_become_snake_case() {
    let cases = [
        ("SourceTimeNS", "source_time_ns"),
        ("SymbolIndex", "symbol_index"),
        ("SSRFilingPrice", "ssr_filing_price"),
        ("MPV", "mpv"),
        ("ID", "id"),
        ("DBExecID", "db_exec_id"),
        ("TradeCond1", "trade_cond1"),
    ];
    for (name, snake) in cases {
        assert_eq!(snake_case(name), snake);
    }
}

#[test]
fn every_value_of_the_captured_packets_is_as_wireshark_decodes_it() {
    let Some(data) = data() else { return };
    let mut files = 0;
    let mut fields = 0;
    for entry in data.join("../spec/vectors").read_dir().unwrap() {
        let vector_path = entry.unwrap().path();
        let stem = vector_path.file_stem().unwrap().to_str().unwrap();
        let capture = data.join("pcap").join(format!("{stem}.pcap"));
        if !capture.is_file() || vector_path.extension() != Some("json".as_ref()) {
            continue;
        }
        let vector: Value = serde_json::from_slice(&fs::read(&vector_path).unwrap()).unwrap();
        let dialect = if stem.contains("Pillar") {
            "pillar"
        } else {
            "xdp"
        };
        for dialect in [dialect, "auto"] {
            let run = oxberry([
                "decode".as_ref(),
                capture.as_os_str(),
                "--dialect".as_ref(),
                dialect.as_ref(),
            ]);
            assert_eq!(run.code, Some(0), "{stem}: {}", run.stderr);
            let lines = json_lines(&run);
            let messages = vector["messages"].as_array().unwrap();
            assert_eq!(lines.len(), messages.len());
            for ((line, message), number) in lines.iter().zip(messages).zip(0..) {
                let seq = vector["packet_header"]["SeqNum"].as_u64().unwrap() + number;
                assert_eq!(line["packet"], 0);
                assert_eq!(line["seq"], seq);
                assert_eq!(line["type"], message["type"]);
                assert_eq!(line["size"], message["size"]);
                assert!(line["name"].is_string());
                if dialect == "auto" {
                    continue;
                }
                fields += check_fields(stem, line, message);
            }
        }
        files += 1;
    }
    assert!(files >= 17, "only {files} captures were found");
    assert!(fields >= 150, "only {fields} fields were compared");
}

/// Compares every field of a message; says how many there were.
fn check_fields(stem: &str, line: &Value, message: &Value) -> usize {
    let mut count = 0;
    for field in message["fields"].as_array().unwrap() {
        let Some(name) = field["spec_name"].as_str() else {
            continue;
        };
        if matches!(name, "MsgSize" | "MsgType") || name.starts_with("Reserved") {
            continue;
        }
        let printed = &line[snake_case(name)];
        let expected = &field["value"];
        let equal = match expected.as_str() {
            // Padding is not printed; a code of one byte is printed as it is.
            Some(text) if text.chars().count() > 1 => {
                printed.as_str() == Some(text.trim_end_matches([' ', '\0']))
            }
            _ => printed == expected,
        };
        // A dissector may show a byte as a number that docs/wire-format.md calls a character.
        let raw = field["raw"].as_str().unwrap();
        let as_code = raw.len() == 2
            && printed.as_str().is_some_and(|code| {
                u32::from_str_radix(raw, 16).ok() == code.chars().next().map(u32::from)
            });
        assert!(
            equal || as_code,
            "{stem}: {name}: {printed} is not {expected}"
        );
        count += 1;
    }
    count
}

#[test]
fn the_dialect_is_told_from_the_messages_and_named_where_it_is_not_certain() {
    let Some(data) = data() else { return };
    let flow = data.join("flow");
    let certain = [
        (flow.join("legacy/20120621-ARCA_XDP_IBF_1.dat"), "legacy"),
        (flow.join("pillar/20120621-ARCA_XDP_IBF_1.dat"), "pillar"),
        (data.join("nyse-imbalances-xdp-v2.1f-2017.pcap.gz"), "xdp"),
    ];
    for (path, dialect) in certain {
        let run = decode(&path);
        assert!(
            run.stderr.contains(&format!(": {dialect}, ")),
            "{}",
            run.stderr
        );
        assert!(!run.stderr.contains("--dialect"), "{}", run.stderr);
    }
    let run = decode(&flow.join("pillar/20120621-ARCA_XDP_IBF_3.dat"));
    assert!(
        run.stderr.contains("--dialect says which it is"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_whole_capture_is_decoded_without_a_fault() {
    let Some(data) = data() else { return };
    let path = data.join("nyse-imbalances-xdp-v2.1f-2017.pcap.gz");
    let run = oxberry(["decode".as_ref(), path.as_os_str()]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let lines = json_lines(&run);
    assert_eq!(lines.len(), 11_819);
    for (line, number) in lines.iter().zip(0..) {
        assert_eq!(line["packet"], number);
        assert_eq!(line["seq"], number + 1);
    }
}

#[test]
fn packets_without_messages_and_unknown_types_have_lines_of_their_own() {
    let bytes = [
        packet(1, 7, &[]),
        packet(11, 7, &[(999, vec![1, 2, 3]), reset()]),
    ]
    .concat();
    let run = oxberry_with_input(["decode", "-", "--dialect", "pillar"], &bytes);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(
        run.stdout,
        "{\"packet\":0,\"seq\":7,\"type\":null,\"delivery_flag\":1}\n\
         {\"packet\":1,\"seq\":7,\"type\":999,\"size\":7,\"name\":null}\n\
         {\"packet\":1,\"seq\":8,\"type\":1,\"size\":14,\"name\":\"SequenceNumberReset\",\
         \"source_time\":0,\"source_time_ns\":0,\"product_id\":11,\"channel_id\":3}\n"
    );
    assert!(run.stderr.contains("of unknown type: 1"), "{}", run.stderr);
}

#[test]
fn csv_has_one_header_and_a_column_for_every_field() {
    let bytes = [packet(1, 7, &[]), packet(12, 1, &[reset(), (999, vec![])])].concat();
    let run = oxberry_with_input(
        ["decode", "-", "--dialect", "pillar", "--format", "csv"],
        &bytes,
    );
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let rows: Vec<Vec<&str>> = run
        .stdout
        .lines()
        .map(|line| line.split(',').collect())
        .collect();
    assert_eq!(rows.len(), 4);
    assert!(rows.iter().all(|row| row.len() == rows[0].len()));
    let cell = |row: usize, name: &str| {
        rows[row][rows[0].iter().position(|column| *column == name).unwrap()]
    };
    assert_eq!(cell(1, "type"), "");
    assert_eq!(cell(1, "delivery_flag"), "1");
    assert_eq!(cell(2, "name"), "SequenceNumberReset");
    assert_eq!(cell(2, "product_id"), "11");
    assert_eq!(cell(2, "price"), "");
    assert_eq!((cell(3, "type"), cell(3, "name")), ("999", ""));
}

#[test]
fn a_cut_file_is_printed_up_to_the_cut_and_the_place_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cut.dat");
    let whole = [packet(12, 1, &[reset()]), packet(12, 2, &[reset()])].concat();
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    let run = decode(&path);
    assert_eq!(run.code, Some(1));
    assert_eq!(run.stdout.lines().count(), 1);
    let place = format!(
        "{}: at byte 30: the file ends inside a packet",
        path.display()
    );
    assert!(run.stderr.contains(&place), "{}", run.stderr);
}

#[test]
fn an_impossible_packet_size_ends_the_file_and_the_place_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("small.dat");
    fs::write(
        &path,
        [packet(12, 1, &[reset()]), vec![15, 0, 1, 1]].concat(),
    )
    .unwrap();
    let run = decode(&path);
    assert_eq!(run.code, Some(1));
    assert_eq!(run.stdout.lines().count(), 1);
    let place = format!("{}: at byte 30: PktSize is 15", path.display());
    assert!(run.stderr.contains(&place), "{}", run.stderr);
}

#[test]
fn a_wrong_message_size_ends_its_packet_only() {
    for size in [0u16, 3, 15, 1_000] {
        let mut faulty = packet(11, 2, &[reset(), reset(), reset()]);
        faulty[30..32].copy_from_slice(&size.to_le_bytes());
        if size == 15 {
            // Reaches past the end only as the last one.
            faulty[30..32].copy_from_slice(&14u16.to_le_bytes());
            faulty[44..46].copy_from_slice(&15u16.to_le_bytes());
        }
        let bytes = [packet(12, 1, &[reset()]), faulty, packet(11, 5, &[reset()])].concat();
        let run = oxberry_with_input(["decode", "-", "--dialect", "pillar"], &bytes);
        assert_eq!(run.code, Some(1));
        let seqs: Vec<u64> = json_lines(&run)
            .iter()
            .map(|line| line["seq"].as_u64().unwrap())
            .collect();
        let expected: &[u64] = if size == 15 {
            &[1, 2, 3, 5]
        } else {
            &[1, 2, 5]
        };
        assert_eq!(seqs, expected);
        let place = "standard input: packet 1 at byte 30, sequence number ";
        assert!(run.stderr.contains(place), "{}", run.stderr);
    }
}

#[test]
fn bytes_behind_the_last_message_are_counted_and_no_fault() {
    let mut bytes = packet(11, 2, &[reset(), reset()]);
    bytes[3] = 1;
    let run = oxberry_with_input(["decode", "-"], &bytes);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(json_lines(&run).len(), 1);
    let count = "bytes behind the messages of their packet: 14";
    assert!(run.stderr.contains(count), "{}", run.stderr);
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_run_quietly() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("long.dat");
    let packets: Vec<u8> = (1..50_000)
        .flat_map(|seq| packet(11, seq, &[reset()]))
        .collect();
    fs::write(&path, packets).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_oxberry"))
        .args(["decode".as_ref(), path.as_os_str()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    // The reader is dropped with the pipe after one line, as `head -n 1` does.
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(line.starts_with("{\"packet\":0,"));
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("pipe"));
}

#[test]
fn a_message_too_short_for_its_type_loses_only_itself() {
    let bytes = packet(11, 4, &[reset(), (100, vec![0; 10]), reset()]);
    let run = oxberry_with_input(["decode", "-", "--dialect", "pillar"], &bytes);
    assert_eq!(run.code, Some(1));
    assert_eq!(json_lines(&run).len(), 2);
    assert!(run.stderr.contains("sequence number 5"), "{}", run.stderr);
    assert!(run.stderr.contains("message type 100"), "{}", run.stderr);
}

#[test]
fn a_file_that_is_not_there_does_not_keep_the_next_one_from_being_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("there.dat");
    fs::write(&path, packet(12, 1, &[reset()])).unwrap();
    let run = oxberry(["decode".as_ref(), "/nowhere.dat".as_ref(), path.as_os_str()]);
    assert_eq!(run.code, Some(1));
    assert_eq!(run.stdout.lines().count(), 1);
    assert!(
        run.stderr.contains("/nowhere.dat: cannot be opened"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_command_line_that_makes_no_sense_is_a_usage_error() {
    for arguments in [
        vec!["decode"],
        vec!["decode", "-", "--format", "xml"],
        vec!["deecode"],
    ] {
        assert_eq!(oxberry(arguments).code, Some(2));
    }
}

fn decode(path: &Path) -> Run {
    oxberry(["decode".as_ref(), path.as_os_str()])
}
