//! Metrics over real connections, with scrapers that are slow, loud or not entitled.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use oxberry_net::Clock;
use oxberry_net::metrics::{
    CONTENT_TYPE, MetricsConfig, MetricsError, MetricsServer, MetricsThread, registry,
};

/// Long enough for any step of a test on a busy machine.
const HANG: Duration = Duration::from_secs(60);

/// A server on a port of its own.
struct Served {
    address: SocketAddr,
    is_well: Arc<AtomicBool>,
    thread: MetricsThread,
}

fn serve(token_file: Option<&std::path::Path>) -> Served {
    let config = MetricsConfig {
        address: "127.0.0.1:0".parse().unwrap(),
        token_file: token_file.map(Into::into),
    };
    let server = MetricsServer::bind(&config).unwrap();
    let address = server.address();
    let clock = Clock::start();
    let is_well = Arc::new(AtomicBool::new(true));
    let looked_at = Arc::clone(&is_well);
    let is_well_now = move || looked_at.load(Ordering::SeqCst);
    let thread = server.start(clock, registry(), is_well_now);
    Served {
        address,
        is_well,
        thread: thread.unwrap(),
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(HANG)).unwrap();
    stream.set_write_timeout(Some(HANG)).unwrap();
    stream
}

/// Everything that comes until the other end closes.
fn all_of(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Sends a request and returns the answer.
fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = connect(address);
    stream.write_all(request.as_bytes()).unwrap();
    all_of(stream)
}

fn get(address: SocketAddr, path: &str) -> String {
    ask(
        address,
        &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n"),
    )
}

#[test]
fn a_scrape_gets_all_metrics_to_their_end() {
    let served = serve(None);
    let answer = get(served.address, "/metrics");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(
        head.contains(&format!("Content-Type: {CONTENT_TYPE}")),
        "{head}"
    );
    let length = format!("Content-Length: {}\r\n", body.len());
    assert!(head.contains(&length), "{head}");
    assert!(body.contains("\noxberry_build_info{"), "{body}");
    assert!(body.ends_with("# EOF\n"), "{body}");
    let request = format!("HEAD /metrics HTTP/1.1\r\nHost: {}\r\n\r\n", served.address);
    let answer = ask(served.address, &request);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
}

#[test]
fn a_loop_that_stands_still_is_not_well() {
    let served = serve(None);
    assert!(get(served.address, "/healthz").starts_with("HTTP/1.1 200 "));
    served.is_well.store(false, Ordering::SeqCst);
    let answer = get(served.address, "/healthz");
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    // What it left can be read all the same.
    assert!(get(served.address, "/metrics").starts_with("HTTP/1.1 200 "));
}

#[test]
fn who_says_anything_else_gets_an_answer_that_says_so() {
    let served = serve(None);
    for (request, status) in [
        ("\r\n\r\n", "400"),
        ("GET /metrics HTTP/1.1\r\n\r\n", "400"),
        (
            "GET /metrics HTTP/1.1\r\nHost: rebound.example\r\n\r\n",
            "403",
        ),
        ("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "404"),
        ("POST /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "405"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"),
    ] {
        let answer = ask(served.address, request);
        let expected = format!("HTTP/1.1 {status} ");
        assert!(answer.starts_with(&expected), "{request:?}: {answer}");
    }
}

#[test]
fn a_head_that_does_not_end_is_cut_and_told_why() {
    let served = serve(None);
    let long = format!("GET /metrics HTTP/1.1\r\nX: {}", "x".repeat(20_000));
    let answer = ask(served.address, &long);
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    // Also when it ends, further on.
    let answer = ask(served.address, &format!("{long}\r\n\r\n"));
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[test]
fn who_is_slow_is_cut_off_and_keeps_nobody_waiting() {
    let served = serve(None);
    let mut slow: Vec<_> = (0..3).map(|_| connect(served.address)).collect();
    for stream in &mut slow {
        stream.write_all(b"GET /metrics HT").unwrap();
    }
    assert!(get(served.address, "/metrics").ends_with("# EOF\n"));
    for mut stream in slow {
        // The end, not the time limit of this test.
        let read = stream.read(&mut [0; 16]);
        let is_cut = match &read {
            Ok(count) => *count == 0,
            Err(error) => error.kind() == ErrorKind::ConnectionReset,
        };
        assert!(is_cut, "{read:?}");
    }
}

#[test]
fn more_than_can_be_served_at_once_are_served_one_after_the_other() {
    let served = serve(None);
    let streams: Vec<_> = (0..40).map(|_| connect(served.address)).collect();
    for mut stream in streams {
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .unwrap();
        assert!(all_of(stream).starts_with("HTTP/1.1 200 "));
    }
}

#[test]
fn the_end_waits_for_nobody() {
    let Served {
        address, thread, ..
    } = serve(None);
    let mut open = connect(address);
    open.write_all(b"GET").unwrap();
    assert!(get(address, "/healthz").starts_with("HTTP/1.1 200 "));
    drop(thread);
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn with_a_token_nobody_reads_without_it() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "a-secret-of-some-length\n").unwrap();
    let served = serve(Some(file.path()));
    let answer = get(served.address, "/metrics");
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    assert!(answer.contains("WWW-Authenticate: Bearer\r\n"), "{answer}");
    assert!(!answer.contains("oxberry_build"), "{answer}");
    let shown = |token: &str| {
        let request = "GET /metrics HTTP/1.1\r\nHost: pi-1.example\r\nAuthorization: Bearer";
        ask(served.address, &format!("{request} {token}\r\n\r\n"))
    };
    assert!(shown("a-secret-of-some-lengtH").starts_with("HTTP/1.1 401 "));
    assert!(shown("a-secret-of-some-length").ends_with("# EOF\n"));
}

#[test]
fn what_cannot_be_bound_is_named_with_its_option() {
    let served = serve(None);
    let config = MetricsConfig {
        address: served.address,
        token_file: None,
    };
    let said = MetricsServer::bind(&config).unwrap_err().to_string();
    assert!(
        said.contains("--metrics") && said.contains(&served.address.to_string()),
        "{said}"
    );
    let config = MetricsConfig {
        address: "127.0.0.1:0".parse().unwrap(),
        token_file: Some("/nonexistent/token".into()),
    };
    let error = MetricsServer::bind(&config).unwrap_err();
    assert!(matches!(error, MetricsError::Token(_)), "{error}");
    assert!(error.to_string().contains("/nonexistent/token"), "{error}");
}

#[test]
fn a_token_that_others_can_read_is_refused_with_what_mends_it() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "a-secret-of-some-length\n").unwrap();
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644)).unwrap();
    let config = MetricsConfig {
        address: "127.0.0.1:0".parse().unwrap(),
        token_file: Some(file.path().into()),
    };
    let said = MetricsServer::bind(&config).unwrap_err().to_string();
    for words in ["--metrics-token-file", "(mode 0644)", "chmod 600"] {
        assert!(said.contains(words), "{words}: {said}");
    }
}
