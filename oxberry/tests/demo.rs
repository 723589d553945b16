//! The demonstration as a person runs it: real processes, real sockets, on this machine.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and has deadlines"
)]

#[path = "support/capture.rs"]
mod capture;
mod demonstration;
#[path = "support/lossy.rs"]
mod lossy;

use std::fs;
use std::process::Command;

use capture::{packets, pcap};
use demonstration::{Demonstration, data_directory, oxberry};
use lossy::lossy_lines;
use oxberry_sim::random::Random;
use tempfile::TempDir;

#[test]
fn any_number_of_pis_ends_with_the_books_of_the_replay() {
    let dir = generated();
    for pis in ["1", "2", "3", "5"] {
        check(&[dir.path().to_str().unwrap(), "--pis", pis]);
    }
}

#[test]
fn captures_of_two_lossy_lines_end_with_the_books_of_the_whole_channels() {
    let dir = generated();
    let arguments = [dir.path().to_str().unwrap(), "--pis", "2"];
    let whole = check(&arguments);
    let mut random = Random::new(5, 1);
    for entry in dir.path().read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "dat") {
            let packets = packets(&fs::read(&path).unwrap());
            let lines = lossy_lines(&mut random, &packets, [64, 192]).concat();
            fs::write(&path, pcap(&lines)).unwrap();
        }
    }
    assert_eq!(check(&arguments), whole);
}

#[test]
fn a_made_up_market_of_captures_is_played_as_its_channel_files_are() {
    let dirs = [generated(), generated_as("pcap")];
    let [files, captures] = dirs
        .each_ref()
        .map(|dir| check(&[dir.path().to_str().unwrap(), "--pis", "2"]));
    assert_eq!(captures, files);
}

#[test]
fn a_controller_that_is_killed_goes_on_where_the_pis_are() {
    let dir = generated();
    let ran = Command::new(oxberry())
        .args(["demo", "--check", "--speed", "4", "--pis", "2"])
        .args(["--fault", "kill:controller@2"])
        .arg(dir.path())
        .output()
        .unwrap();
    let [out, err] = [ran.stdout, ran.stderr].map(|said| String::from_utf8(said).unwrap());
    assert!(ran.status.success(), "{out}\n{err}");
    assert!(err.contains("goes on where they are"), "{err}");
    assert!(err.contains("bill: controller killed at 2.0 s"), "{err}");
    // It published the same run: the page has shown every event once.
    let events = out.lines().find(|line| line.starts_with("events: "));
    assert!(events.is_some_and(|line| line.ends_with(" equal")), "{out}");
}

#[test]
fn a_controller_is_not_killed_where_none_could_go_on() {
    let ran = Command::new(oxberry())
        .args(["demo", "--fault", "kill:controller@2"])
        .output()
        .unwrap();
    let err = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(2), "{err}");
    assert!(err.contains("name a DIR"), "{err}");
}

/// A directory with a made-up market that ends.
fn generated() -> TempDir {
    generated_as("dat")
}

fn generated_as(format: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let made = Command::new(oxberry())
        .args([
            "generate",
            "--symbols",
            "40",
            "--messages",
            "30000",
            "--seed",
            "5",
            "--format",
            format,
            "--out",
        ])
        .arg(dir.path())
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    dir
}

#[test]
fn a_made_up_market_is_checked_to_its_end() {
    check(&["--symbols", "30", "--pis", "2"]);
}

#[test]
fn real_flow_ends_with_the_books_of_the_replay() {
    for dialect in ["pillar", "legacy"] {
        let Some(dir) = data_directory().map(|data| data.join("flow").join(dialect)) else {
            eprintln!("left out: the real flow, since OXBERRY_DATA is not there");
            return;
        };
        check(&[dir.to_str().unwrap(), "--pis", "3"]);
    }
}

/// Runs `oxberry demo --check` at full speed and expects a line a partition and success.
/// Returns the lines: events, and digests of the replay and of each replica.
fn check(arguments: &[&str]) -> Vec<String> {
    let ran = Command::new(oxberry())
        .args(["demo", "--check", "--speed", "max"])
        .args(arguments)
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr),
    );
    assert!(ran.status.success(), "{arguments:?}\n{out}\n{err}");
    let lines = out.lines().filter(|line| line.starts_with("partition "));
    // Replicas come in the order in which their nodes joined.
    let by_name = |line: &str| {
        let mut words: Vec<&str> = line.split("  ").collect();
        words.sort_unstable();
        words.join("  ")
    };
    let lines: Vec<String> = lines.map(by_name).collect();
    let partitions = lines.len();
    assert!(
        partitions > 0 && out.contains(&format!("all {partitions} partitions")),
        "{out}"
    );
    assert!(!out.contains("DIFFERENT"), "{out}");
    lines
}

#[test]
fn the_page_is_there_when_its_address_is_printed() {
    let demo = Demonstration::start(&["--pis", "2"]);
    let state = demo.get("/api/state");
    assert!(state.starts_with("HTTP/1.1 200"), "{state}");
}

#[test]
fn ctrl_c_and_a_hangup_leave_neither_processes_nor_files_behind() {
    for signals in [&["INT"][..], &["TERM"], &["HUP"], &["HUP", "HUP"]] {
        if signals.contains(&"HUP") && !oxberry_net::ends_by_hangup() {
            eprintln!("left out: {signals:?}, which whoever started the tests has ignored");
            continue;
        }
        let mut demo = Demonstration::start(&["--pis", "3"]);
        let children = demo.children();
        assert_eq!(children.len(), 5, "controller, dashboard and three Pis");
        assert_eq!(demo.files(), 1, "the directory of the made-up market");
        for signal in signals {
            demo.signal(signal);
        }
        assert!(demo.wait().success(), "{signals:?}");
        assert_eq!(demo.files(), 0, "{signals:?}");
        for child in children {
            assert!(demonstration::is_gone(child), "process {child} is left");
        }
    }
}

#[test]
fn a_terminal_s_ctrl_c_reaches_no_child_past_the_demonstration() {
    let demo = Demonstration::start(&["--pis", "1"]);
    for child in demo.children() {
        assert_eq!(demonstration::group_of(child), child);
    }
}

#[test]
fn an_impatient_ctrl_c_leaves_no_files_behind() {
    let mut demo = Demonstration::start(&["--pis", "1"]);
    let children = demo.children();
    demo.signal("INT");
    demo.signal("INT");
    demo.wait();
    assert_eq!(demo.files(), 0);
    demonstration::await_gone(&children, std::time::Duration::from_secs(3));
}

#[test]
fn a_signal_while_files_are_made_or_compared_leaves_none_behind() {
    for name in ["in-use", "_IBF_4.dat"] {
        let files = tempfile::tempdir().unwrap();
        let mut check = Command::new(oxberry())
            .args(["demo", "--check", "--pis", "1", "--symbols", "50"])
            .env("TMPDIR", files.path())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        demonstration::await_file(files.path(), name);
        demonstration::kill(check.id(), "TERM");
        assert!(!check.wait().unwrap().success());
        assert_eq!(files.path().read_dir().unwrap().count(), 0, "{name}");
    }
}

#[test]
fn a_hangup_that_is_ignored_ends_nothing() {
    let mut demo = Demonstration::start_by_nohup(&["--pis", "2"]);
    demo.signal("HUP");
    for child in demo.children() {
        demonstration::kill(child, "HUP");
    }
    assert!(demo.get("/healthz").starts_with("HTTP/1.1 200"));
    assert_eq!(demo.children().len(), 4);
    demo.signal("TERM");
    assert!(demo.wait().success());
    assert_eq!(demo.files(), 0);
}

#[test]
fn files_of_killed_demonstrations_go_with_the_next_start() {
    let mut killed = Demonstration::start(&["--pis", "1"]);
    let living = killed.start_beside(&["--pis", "1"]);
    killed.signal("KILL");
    killed.wait();
    assert_eq!(living.files(), 2);
    let next = living.start_beside(&["--pis", "1"]);
    assert_eq!(next.files(), 2, "those of the two that live");
    assert!(living.get("/healthz").starts_with("HTTP/1.1 200"));
}

#[test]
fn the_death_of_the_parent_ends_every_process_within_three_seconds() {
    let mut demo = Demonstration::start(&["--pis", "3"]);
    let children = demo.children();
    demo.signal("KILL");
    demo.wait();
    demonstration::await_gone(&children, std::time::Duration::from_secs(3));
}

#[test]
fn a_killed_pi_is_named_and_the_page_goes_on() {
    let mut demo = Demonstration::start(&["--pis", "3"]);
    let pi = demo.child_called("pi-2");
    demonstration::kill(pi, "KILL");
    demo.await_line("pi-2 ended");
    assert!(demo.get("/healthz").starts_with("HTTP/1.1 200"));
    demo.signal("INT");
    assert!(demo.wait().success());
}

#[test]
fn a_directory_that_is_not_there_or_empty_is_said_at_once() {
    let empty = tempfile::tempdir().unwrap();
    fs::write(empty.path().join("notes.txt"), "no channel file").unwrap();
    for dir in ["/nowhere/at/all", empty.path().to_str().unwrap()] {
        let ran = Command::new(oxberry())
            .args(["demo", dir])
            .output()
            .unwrap();
        let err = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(1), "{err}");
        assert!(err.contains(dir), "{err}");
    }
}

#[test]
fn a_check_names_no_option_that_the_demonstration_has_not() {
    let dir = tempfile::tempdir().unwrap();
    // A reset of the sequence numbers, which tells no dialect.
    let mut packet = vec![30, 0, 12, 1];
    packet.extend(1_u32.to_le_bytes());
    packet.extend([0; 8]);
    packet.extend([14, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 13, 1]);
    let (file, mapping) = ("20240515-ARCA_XDP_IBF_1.dat", "ARCASymbolMapping.txt");
    fs::write(dir.path().join(file), packet).unwrap();
    let symbol = "GOOG|GOOG|1753|P|Q|C|100|4|13|||\n";
    fs::write(dir.path().join(mapping), symbol).unwrap();

    let said = |arguments: &[&str]| {
        let ran = Command::new(oxberry())
            .args(arguments)
            .arg(dir.path())
            .output()
            .unwrap();
        let err = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(ran.status.success(), "{err}");
        err
    };
    assert!(said(&["replay"]).contains("--dialect says which it is"));
    let checked = said(&["demo", "--check", "--pis", "1"]);
    assert!(checked.contains("read as"), "{checked}");
    assert!(!checked.contains("--"), "{checked}");
}

#[test]
fn a_taken_port_is_named_with_the_option_that_was_typed() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ran = Command::new(oxberry())
        .args(["demo", "--check", "--symbols", "5", "--port", &port])
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(1), "{err}");
    assert!(err.contains(&port), "{err}");
    let remedy = "choose another port with --port (0 takes any free one)";
    assert!(err.contains(remedy), "{err}");

    // The dashboard's own option is named where that was typed.
    let address = format!("127.0.0.1:{port}");
    let ran = Command::new(oxberry())
        .args(["node", "visual", "--http", &address])
        .args(["--stock", "tcp://127.0.0.1:0"])
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&ran.stderr);
    assert!(err.contains("choose another port with --http"), "{err}");
}

#[test]
fn a_taken_port_of_a_daemon_is_named_with_the_option_of_that_port() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = format!("tcp://{}", taken.local_addr().unwrap());
    let dir = generated();
    let dir = dir.path().to_str().unwrap();
    let controller = ["controller", dir];
    let visual = ["visual", "--http", "127.0.0.1:0"];
    for (node, options, option) in [
        (
            &controller[..],
            &["--data", "--control", "--setup"][..],
            "--data",
        ),
        (
            &controller,
            &["--control", "--data", "--setup"],
            "--control",
        ),
        (&controller, &["--setup", "--control", "--data"], "--setup"),
        (&visual, &["--stock"], "--stock"),
    ] {
        let mut command = Command::new(oxberry());
        command.arg("node").args(node);
        for other in options {
            let free = "tcp://127.0.0.1:0";
            let endpoint = if *other == option { &*taken } else { free };
            command.args([other, endpoint]);
        }
        let ran = command.output().unwrap();
        let err = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(1), "{err}");
        let remedy = format!("choose another port with {option} (0 takes any free one)");
        assert!(err.contains(&taken) && err.contains(&remedy), "{err}");
    }
}
