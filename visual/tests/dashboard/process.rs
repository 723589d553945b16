//! The program: signals, standard input, printing, configuration.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use oxberry_core::book::{TradingStatus, Trust};
use oxberry_net::Endpoint;

use crate::cluster::{Controller, Pi, event, symbol};

fn program(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_oxberry-visual"))
        .args(["--http", "127.0.0.1:0", "--stock", "tcp://127.0.0.1:0"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Reads the log until the program listens; says where Pis push to.
fn listening(log: &mut impl std::io::BufRead) -> Endpoint {
    for line in log.lines() {
        let line = line.unwrap();
        if let Some((_, stock)) = line.split_once("stock=tcp") {
            return format!("tcp{stock}").parse().unwrap();
        }
    }
    panic!("the program does not listen");
}

#[test]
fn sigint_and_sigterm_end_it() {
    for signal in ["INT", "TERM", "HUP"] {
        if signal == "HUP" && !oxberry_net::ends_by_hangup() {
            eprintln!("left out: {signal}, which whoever started the tests has ignored");
            continue;
        }
        let mut child = program(&["--controller", "tcp://127.0.0.1:9"]);
        let mut log = BufReader::new(child.stderr.take().unwrap());
        listening(&mut log);
        let kill = Command::new("kill")
            .args(["-s", signal, &child.id().to_string()])
            .status();
        assert!(kill.unwrap().success());
        assert!(child.wait().unwrap().success());
        let mut rest = String::new();
        log.read_to_string(&mut rest).unwrap();
        assert!(rest.contains("no symbol table came"), "{rest}");
    }
}

#[test]
fn the_end_of_standard_input_ends_it_if_wished() {
    let mut child = program(&["--controller", "tcp://127.0.0.1:9", "--exit-with-stdin"]);
    let mut log = BufReader::new(child.stderr.take().unwrap());
    listening(&mut log);
    drop(child.stdin.take());
    std::io::copy(&mut log, &mut std::io::sink()).unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn print_writes_every_event_once_as_a_line() {
    let mut controller = Controller::start();
    let mut child = program(&[
        "--print",
        "--exit-at-end",
        "--controller",
        &controller.endpoint.to_string(),
    ]);
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let stock = listening(&mut log);
    controller.answer(2, &[symbol(7, "MSFT")]);
    let events = [
        event(7, 1, Some(305_000), None, None),
        event(7, 2, None, None, Some(305_050)),
    ];
    let mut pis = [0, 1].map(|node| Pi::connect(node, stock));
    for pi in &mut pis {
        pi.push(&events);
        pi.end();
    }
    let mut printed = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut printed)
        .unwrap();
    std::io::copy(&mut log, &mut std::io::sink()).unwrap();
    assert!(child.wait().unwrap().success());
    let expected = "symbol,channel,numbering,seq,ts_event_ns,trust,bid_px,bid_sz,ask_px,ask_sz,trade_px,trade_sz\n\
                    MSFT,1,1340285400000000000,1,1340285400000000001,live,30.50,101,,,,\n\
                    MSFT,1,1340285400000000000,2,1340285400000000002,live,,,,,30.505,10\n";
    assert_eq!(printed, expected);
}

/// Runs a short day with the events written to `file`; says the exit code and the log.
fn run_with_events(file: &str) -> (Option<i32>, String) {
    let mut controller = Controller::start();
    let mut child = program(&[
        "--exit-at-end",
        "--events",
        file,
        "--controller",
        &controller.endpoint.to_string(),
    ]);
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let stock = listening(&mut log);
    controller.answer(1, &[symbol(7, "MSFT")]);
    let mut pi = Pi::connect(0, stock);
    pi.push(&[event(7, 1, Some(305_000), None, None)]);
    pi.trust(7, Trust::Stale, TradingStatus::Open);
    pi.push(&[event(7, 2, None, Some(305_100), Some(305_050))]);
    pi.end();
    let mut rest = String::new();
    log.read_to_string(&mut rest).unwrap();
    (child.wait().unwrap().code(), rest)
}

#[test]
fn events_are_written_to_a_file_with_raw_prices_and_the_trust_of_each() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let (code, log) = run_with_events(file.path().to_str().unwrap());
    assert_eq!(code, Some(0), "{log}");
    let expected = "symbol,channel,numbering,seq,ts_event_ns,trust,bid_px,bid_sz,ask_px,ask_sz,trade_px,trade_sz\n\
                    MSFT,1,1340285400000000000,1,1340285400000000001,live,305000,101,,,,\n\
                    MSFT,1,1340285400000000000,2,1340285400000000002,stale,,,305100,102,305050,10\n";
    assert_eq!(std::fs::read_to_string(file.path()).unwrap(), expected);
}

#[test]
fn events_that_cannot_be_written_are_told_and_fail_the_run() {
    for file in ["/dev/full", "/no/such/folder/events.csv"] {
        let (code, log) = if file == "/dev/full" {
            run_with_events(file)
        } else {
            let child = program(&["--events", file]);
            let output = child.wait_with_output().unwrap();
            (
                output.status.code(),
                String::from_utf8(output.stderr).unwrap(),
            )
        };
        assert_eq!(code, Some(1), "{log}");
        assert!(log.contains(file), "{log}");
        assert!(log.contains("events cannot be written"), "{log}");
    }
}

#[test]
fn a_wrong_option_is_a_usage_error_that_names_it() {
    for (arguments, named) in [
        (vec!["--controller", "tcp://10.0.0.1:5552"], "CURVE"),
        (vec!["--http", "nowhere", "--check-config"], "--http"),
        (vec!["--config", "/no/such/file"], "/no/such/file"),
        (vec!["--no-such-option"], "--no-such-option"),
        (vec!["--log", "loud=loud=loud"], "no log filter"),
        (vec!["--http", "0.0.0.0:8080"], "so it wants a token"),
        (
            vec!["--http-token-file", "/no/such/token"],
            "/no/such/token",
        ),
        (
            vec!["--http-host", "a.example", "--http-host", "b:1"],
            "`b:1`",
        ),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_oxberry-visual"))
            .args(&arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(named), "{arguments:?}: {text}");
    }
}

#[test]
fn flags_win_over_the_environment_and_the_environment_over_the_file() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(
        file,
        "http = '127.0.0.1:1001'\nstock = 'tcp://127.0.0.1:1002'\nprint = true\nevents = 'a \"b\"'"
    )
    .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_oxberry-visual"))
        .args(["--check-config", "--http", "127.0.0.1:3001", "--config"])
        .arg(file.path())
        .env("OXBERRY_VISUAL_HTTP", "127.0.0.1:2001")
        .env("OXBERRY_VISUAL_STOCK", "tcp://127.0.0.1:2002")
        .output()
        .unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let expected = "http = \"127.0.0.1:3001\"\nstock = \"tcp://127.0.0.1:2002\"\n\
                    controller = \"tcp://127.0.0.1:5563\"\nprint = true\n\
                    events = \"a \\\"b\\\"\"\nexit-at-end = false\nlog = \"info\"\n";
    assert_eq!(text, expected);
}
