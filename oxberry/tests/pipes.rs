//! Inputs that come through pipes, little by little.
#![cfg(test)]

#[path = "support/feed.rs"]
#[expect(dead_code, reason = "one symbol suffices here")]
mod feed;

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Read, Write},
    path::Path,
    process::{Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use feed::{ChannelWriter, GOOG, MAPPING};
use flate2::{Compression, write::GzEncoder};

/// How long a line may take that must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// Bids after each of which the writer pauses.
const BIDS: u32 = 3;

/// Starts the command; returns it, and its lines as they come.
fn start(arguments: &[&str]) -> (std::process::Child, Receiver<String>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_oxberry"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = lines_of(child.stdout.take().unwrap());
    (child, lines)
}

/// The lines of an output as they come.
fn lines_of(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines() {
            // The test may have seen enough.
            let _ = sender.send(line.unwrap());
        }
    });
    lines
}

/// Writes bid after bid, and each time expects the line of this one before the next is written.
fn expect_line_by_line(mut writer: impl Write, lines: &Receiver<String>) {
    let mut channel = ChannelWriter::start(&[GOOG]);
    let mut written = 0;
    for number in 1..=BIDS {
        let price = 10_000 + i32::try_from(number).unwrap();
        channel.bid(GOOG, number, number.into(), price);
        writer.write_all(&channel.bytes[written..]).unwrap();
        writer.flush().unwrap();
        written = channel.bytes.len();
        loop {
            let line = lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("bid {number} is not printed"));
            if line.contains(&price.to_string()) {
                break;
            }
        }
    }
}

fn mapping(directory: &Path) -> String {
    let path = directory.join("map.txt");
    fs::write(&path, MAPPING).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn what_comes_through_standard_input_is_printed_when_it_came() {
    let directory = tempfile::tempdir().unwrap();
    let map = mapping(directory.path());
    let commands: [&[&str]; 4] = [
        &["decode", "-", "--dialect", "pillar"],
        &["decode", "-", "--dialect", "pillar", "--format", "csv"],
        &["replay", "-", "--dialect", "pillar", "--symbols", &map],
        &[
            "replay",
            "-",
            "--dialect",
            "pillar",
            "--symbols",
            &map,
            "--every-message",
        ],
    ];
    for command in commands {
        let (mut child, lines) = start(command);
        expect_line_by_line(child.stdin.take().unwrap(), &lines);
        assert!(child.wait().unwrap().success(), "{command:?}");
    }
}

#[test]
fn what_comes_compressed_is_printed_when_it_came() {
    let (mut child, lines) = start(&["decode", "-", "--dialect", "pillar"]);
    let stdin = child.stdin.take().unwrap();
    expect_line_by_line(GzEncoder::new(stdin, Compression::fast()), &lines);
    assert!(child.wait().unwrap().success());

    let (mut child, lines) = start(&["decode", "-", "--dialect", "pillar"]);
    let stdin = child.stdin.take().unwrap();
    expect_line_by_line(zstd::Encoder::new(stdin, 1).unwrap().auto_finish(), &lines);
    assert!(child.wait().unwrap().success());
}

#[test]
fn what_comes_through_a_named_pipe_is_printed_when_it_came() {
    let directory = tempfile::tempdir().unwrap();
    let map = mapping(directory.path());
    let pipe = directory.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let name = pipe.to_str().unwrap();
    let commands: [&[&str]; 2] = [
        &["decode", name, "--dialect", "pillar"],
        &["replay", name, "--dialect", "pillar", "--symbols", &map],
    ];
    for command in commands {
        let (mut child, lines) = start(command);
        let writer = File::options().write(true).open(&pipe).unwrap();
        expect_line_by_line(writer, &lines);
        assert!(child.wait().unwrap().success(), "{command:?}");
    }
}

#[test]
fn events_come_through_a_named_pipe_when_their_messages_came() {
    let directory = tempfile::tempdir().unwrap();
    let map = mapping(directory.path());
    let pipe = directory.path().join("events");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let events = ["--events", pipe.to_str().unwrap()];
    let replay = ["replay", "-", "--dialect", "pillar", "--symbols", &map];
    for rows in [&[][..], &["--digest"]] {
        let (mut child, _rows) = start(&[&replay[..], &events, rows].concat());
        let lines = lines_of(File::open(&pipe).unwrap());
        expect_line_by_line(child.stdin.take().unwrap(), &lines);
        assert!(child.wait().unwrap().success(), "{rows:?}");
    }
}

#[test]
fn the_header_is_there_before_anything_came() {
    let directory = tempfile::tempdir().unwrap();
    let map = mapping(directory.path());
    let (mut child, lines) = start(&["replay", "-", "--symbols", &map]);
    let stdin = child.stdin.take();
    let header = lines.recv_timeout(PATIENCE).unwrap();
    assert!(header.starts_with("symbol,"), "{header}");
    drop(stdin);
    child.wait().unwrap();
}

#[test]
fn an_input_that_can_be_read_only_once_is_named_only_once() {
    let directory = tempfile::tempdir().unwrap();
    let map = mapping(directory.path());
    let pipe = directory.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let pipe = pipe.to_str().unwrap();
    let commands: [&[&str]; 6] = [
        &["decode", "-", "-"],
        &["decode", "-", "/dev/stdin"],
        &["decode", pipe, &map, pipe],
        &["replay", "-", "-", "--symbols", &map],
        &["replay", "-", "--symbols", "-"],
        &["replay", pipe, "--symbols", pipe],
    ];
    for command in commands {
        let (mut child, lines) = start(command);
        assert_eq!(child.wait().unwrap().code(), Some(2), "{command:?}");
        assert_eq!(lines.iter().count(), 0, "{command:?}");
    }
}

#[test]
fn a_file_may_be_named_twice_and_the_mapping_come_through_standard_input() {
    let directory = tempfile::tempdir().unwrap();
    let mut channel = ChannelWriter::start(&[GOOG]);
    channel.bid(GOOG, 1, 1, 10_000);
    let file = directory.path().join("1.dat");
    fs::write(&file, &channel.bytes).unwrap();
    let file = file.to_str().unwrap();

    let (mut child, lines) = start(&["decode", file, file]);
    assert!(child.wait().unwrap().success());
    assert_eq!(lines.iter().count() % 2, 0);

    let (mut child, lines) = start(&["replay", file, "--symbols", "-"]);
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(MAPPING.as_bytes()).unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success());
    assert_eq!(lines.iter().count(), 2, "the header and a row");
}
