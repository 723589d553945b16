//! Who may see the page: the token, browsers that logged in, pages of other sites, and slow or many
//! clients.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use oxberry_net::{Endpoint, TokenFile};
use oxberry_visual::Config;
use tempfile::NamedTempFile;

use crate::client::{Answer, Page, ask, connect, get};
use crate::run::{Dashboard, config};

pub(crate) const TOKEN: &str = "of+16/letters/at=least";

/// All that only who was let in may see.
const GUARDED: [&str; 6] = [
    "/",
    "/main.js",
    "/live",
    "/metrics",
    "/api/state",
    "/api/session",
];

fn nobody() -> Config {
    config(Endpoint::loopback(9))
}

/// The same with a token.
pub(crate) fn with_token(config: Config) -> Config {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(TOKEN.as_bytes()).unwrap();
    let http_token = Some(TokenFile::read(file.path()).unwrap());
    Config {
        http_token,
        ..config
    }
}

/// A dashboard that wants the token.
fn guarded() -> Dashboard {
    Dashboard::start(with_token(nobody()))
}

/// The answer to a GET with these headers.
fn get_with(address: SocketAddr, path: &str, headers: &str) -> Answer {
    ask(connect(address), "GET", path, headers, "")
}

/// The answer to a browser that fills in the form.
fn log_in(address: SocketAddr, token: &str) -> Answer {
    let headers = format!(
        "Host: {address}\nOrigin: http://{address}\nContent-Type: application/x-www-form-urlencoded"
    );
    ask(connect(address), "POST", "/login", &headers, &form(token))
}

/// A form as browsers send it.
fn form(token: &str) -> String {
    let token = token.replace('%', "%25").replace('+', "%2B");
    format!("token={}", token.replace('/', "%2F").replace('=', "%3D"))
}

/// The cookie that a browser sends back, as a header.
fn cookie(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie").unwrap();
    format!("Cookie: theme=dark; {}", cookie.split(';').next().unwrap())
}

/// A browser that has logged in: its cookie, as a header.
fn browser(address: SocketAddr) -> String {
    let answer = log_in(address, TOKEN);
    assert_eq!(answer.status, 303, "{}", answer.head);
    cookie(&answer)
}

#[test]
fn without_the_token_nothing_is_shown_but_health_and_the_page_to_log_in() {
    let dashboard = guarded();
    let address = dashboard.address;
    let host = format!("Host: {address}");
    for path in GUARDED {
        let answer = get_with(address, path, &host);
        if path == "/" {
            assert_eq!(answer.status, 303);
            assert_eq!(answer.header("location"), Some("login"));
        } else {
            assert_eq!(answer.status, 401, "{path}");
            assert_eq!(
                answer.header("www-authenticate"),
                Some("Bearer realm=\"oxberry\"")
            );
        }
    }
    let refused = Page::open_with(address, &[]).err().unwrap();
    assert!(refused.contains("401"), "{refused}");
    for path in ["/healthz", "/login", "/style.css", "/icon.svg"] {
        assert_eq!(get_with(address, path, &host).status, 200, "{path}");
    }
    // Neither case nor what is behind the path opens another one.
    for path in ["/healthz/../metrics", "//metrics", "/METRICS", "/login/x"] {
        let status = get_with(address, path, &host).status;
        assert!([401, 404].contains(&status), "{path}: {status}");
    }
    dashboard.stop();
}

#[test]
fn a_script_shows_the_token_itself() {
    let dashboard = guarded();
    let address = dashboard.address;
    for scheme in ["Bearer", "bearer"] {
        let shown = format!("Host: {address}\nAuthorization: {scheme} {TOKEN}");
        for path in GUARDED.into_iter().filter(|path| *path != "/live") {
            assert_eq!(get_with(address, path, &shown).status, 200, "{path}");
        }
        let bearer = format!("{scheme} {TOKEN}");
        Page::open_with(address, &[("Authorization", &bearer)]).unwrap();
    }
    for wrong in [
        &format!("Bearer {TOKEN}x"),
        "Bearer x",
        "Bearer",
        "Basic x",
        TOKEN,
    ] {
        let shown = format!("Host: {address}\nAuthorization: {wrong}");
        assert_eq!(get_with(address, "/metrics", &shown).status, 401, "{wrong}");
    }
    dashboard.stop();
}

#[test]
fn a_browser_logs_in_with_the_token_and_then_shows_only_its_session() {
    let dashboard = guarded();
    let address = dashboard.address;
    let wrong = log_in(address, "something else altogether");
    assert_eq!(wrong.status, 403);
    assert!(
        wrong.body.contains("This is not the token"),
        "{}",
        wrong.body
    );
    assert_eq!(wrong.header("set-cookie"), None);

    let right = log_in(address, TOKEN);
    assert_eq!((right.status, right.header("location")), (303, Some("./")));
    let set = right.header("set-cookie").unwrap();
    let port = address.port();
    assert!(
        set.starts_with(&format!("oxberry-session-{port}=")),
        "{set}"
    );
    assert!(set.ends_with("; HttpOnly; SameSite=Strict"), "{set}");
    assert!(!right.head.contains(TOKEN), "{}", right.head);

    let session = format!("Host: {address}\n{}", cookie(&right));
    for path in GUARDED.into_iter().filter(|path| *path != "/live") {
        assert_eq!(get_with(address, path, &session).status, 200, "{path}");
    }
    let known = get_with(address, "/api/session", &session).body;
    assert_eq!(known, "{\"can_log_out\":true}");
    assert_ne!(browser(address), cookie(&right), "each has its own");
    dashboard.stop();
}

#[test]
fn who_logs_out_sees_nothing_any_more_also_in_a_page_that_is_open() {
    let dashboard = guarded();
    let address = dashboard.address;
    let [session, other] = [browser(address), browser(address)];
    let open = |session: &str| {
        let cookie = session.strip_prefix("Cookie: ").unwrap();
        Page::open_with(address, &[("Cookie", cookie)])
    };
    let mut page = open(&session).unwrap();
    page.until(|page| page.last["kind"] == "setup");
    let headers = format!("Host: {address}\nOrigin: http://{address}\n{session}");
    let answer = ask(connect(address), "POST", "/logout", &headers, "");
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, Some("login"))
    );
    let set = answer.header("set-cookie").unwrap();
    assert!(set.contains("=; ") && set.ends_with("; Max-Age=0"), "{set}");
    page.until_cut_off();
    assert!(open(&session).err().unwrap().contains("401"));
    assert_eq!(get_with(address, "/metrics", &headers).status, 401);
    open(&other).unwrap();
    dashboard.stop();
}

#[test]
fn a_session_of_before_a_restart_or_one_made_up_is_none() {
    let (before, after) = (guarded(), guarded());
    let old = browser(before.address);
    let (_, value) = old.rsplit_once('=').unwrap();
    let name = format!("oxberry-session-{}", after.address.port());
    let unknown = "0".repeat(value.len());
    for shown in [value, &unknown, "", TOKEN] {
        let headers = format!("Host: {}\nCookie: {name}={shown}", after.address);
        let answer = get_with(after.address, "/api/state", &headers);
        assert_eq!(answer.status, 401, "{shown}");
    }
    before.stop();
    after.stop();
}

#[test]
fn who_guesses_has_to_wait_and_nobody_else_has() {
    let dashboard = guarded();
    let address = dashboard.address;
    let session = format!("Host: {address}\n{}", browser(address));
    let wrong = format!("Host: {address}\nAuthorization: Bearer wrong");
    for _ in 0..5 {
        assert_eq!(get_with(address, "/metrics", &wrong).status, 401);
        assert_eq!(log_in(address, "wrong").status, 403);
    }
    // Not even the token itself, or waiting would tell nothing.
    let late = log_in(address, TOKEN);
    assert_eq!(late.status, 429, "{}", late.head);
    let wait: u64 = late.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert!(
        late.body.contains("Too many wrong tokens. Try again in"),
        "{}",
        late.body
    );
    let right = format!("Host: {address}\nAuthorization: Bearer {TOKEN}");
    assert_eq!(get_with(address, "/metrics", &right).status, 429);

    let metrics = get_with(address, "/metrics", &session);
    assert_eq!(metrics.status, 200, "who has logged in goes on");
    let refused = |reason| format!("oxberry_visual_page_refusals_total{{reason=\"{reason}\"}}");
    for line in [refused("token") + " 10", refused("failures") + " 2"] {
        assert!(
            metrics.body.lines().any(|found| found == line),
            "{}",
            metrics.body
        );
    }
    let elsewhere = from_another_address(address);
    assert_eq!(ask(elsewhere, "GET", "/metrics", &right, "").status, 200);
    dashboard.stop();
}

/// A connection from another address of this machine.
fn from_another_address(to: SocketAddr) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build();
    let stream = runtime.unwrap().block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 2], 0).into()).unwrap();
        socket.connect(to).await.unwrap().into_std().unwrap()
    });
    stream.set_nonblocking(false).unwrap();
    stream
}

#[test]
fn dns_rebinding_is_refused() {
    let dashboard = Dashboard::start(Config {
        http_hosts: vec!["oxberry.example".parse().unwrap()],
        ..nobody()
    });
    let address = dashboard.address;
    let port = address.port();
    // A site whose name stands for this machine: to the browser its pages are of the same origin.
    for host in [
        "evil.example",
        "127.0.0.1.evil.example",
        "oxberry.example.evil.example",
    ] {
        let (host, origin) = (format!("{host}:{port}"), format!("http://{host}:{port}"));
        for path in [
            "/",
            "/main.js",
            "/api/state",
            "/metrics",
            "/healthz",
            "/nothing",
        ] {
            let answer = get_with(address, path, &format!("Host: {host}"));
            assert_eq!(answer.status, 421, "{host}{path}");
            assert!(answer.body.contains("--http-hosts"), "{}", answer.body);
        }
        let refused = Page::open_with(address, &[("Host", &host), ("Origin", &origin)]);
        let refused = refused.err().unwrap();
        assert!(refused.contains("421"), "{refused}");
    }
    for host in ["", "Host: 127.0.0.1\nHost: evil.example"] {
        let headers = format!("Accept: */*\n{host}");
        let status = get_with(address, "/api/state", headers.trim_end()).status;
        assert_eq!(status, 421, "{host}");
    }
    for host in ["127.0.0.1", "localhost", "[::1]", "oxberry.example"] {
        let host = format!("Host: {host}:{port}");
        assert_eq!(get_with(address, "/api/state", &host).status, 200, "{host}");
    }
    dashboard.stop();
}

#[test]
fn a_page_of_another_site_can_change_nothing() {
    let dashboard = guarded();
    let address = dashboard.address;
    let session = browser(address);
    let form_of = "Content-Type: application/x-www-form-urlencoded";
    let other_port = format!("http://127.0.0.1:{}", address.port() ^ 1);
    for origin in ["http://evil.example", "null", &other_port] {
        // Even with the cookie, which the browser would not send.
        let headers = format!("Host: {address}\nOrigin: {origin}\n{session}\n{form_of}");
        for (path, body) in [("/login", form(TOKEN)), ("/logout", String::new())] {
            let answer = ask(connect(address), "POST", path, &headers, &body);
            assert_eq!(answer.status, 403, "{origin} {path}");
            assert_eq!(answer.header("set-cookie"), None);
        }
        for path in ["/", "/api/state", "/metrics"] {
            let answer = get_with(address, path, &headers);
            assert_eq!(answer.status, 403, "{origin} {path}");
            assert!(!answer.head.contains("access-control"), "{}", answer.head);
        }
        let cookie = session.strip_prefix("Cookie: ").unwrap();
        let refused = Page::open_with(address, &[("Origin", origin), ("Cookie", cookie)]);
        assert!(refused.err().unwrap().contains("403"), "{origin}");
    }
    // A link or a picture is a GET, and comes without origin.
    let headers = format!("Host: {address}\n{session}");
    assert_eq!(get_with(address, "/logout", &headers).status, 405);
    let path = format!("/login?{}", form(TOKEN));
    assert_eq!(
        get_with(address, &path, &headers).header("set-cookie"),
        None
    );
    assert_eq!(get_with(address, "/api/state", &headers).status, 200);
    dashboard.stop();
}

#[test]
fn behind_nginx_the_page_works_under_the_name_that_browsers_know() {
    let dashboard = Dashboard::start(Config {
        http_hosts: vec!["oxberry.example".parse().unwrap()],
        ..with_token(nobody())
    });
    let address = dashboard.address;
    // What nginx sends with the settings of docs/operations.md.
    let passed_on = "Host: oxberry.example\nX-Forwarded-Proto: https\nX-Forwarded-For: 192.0.2.7\n\
                     Origin: https://oxberry.example";
    let headers = format!("{passed_on}\nContent-Type: application/x-www-form-urlencoded");
    let answer = ask(connect(address), "POST", "/login", &headers, &form(TOKEN));
    assert_eq!(answer.status, 303, "{}", answer.head);
    let set = answer.header("set-cookie").unwrap();
    assert!(set.ends_with("; SameSite=Strict; Secure"), "{set}");
    let session = cookie(&answer);
    let mut page = Page::open_with(
        address,
        &[
            ("Host", "oxberry.example"),
            ("Origin", "https://oxberry.example"),
            ("Cookie", session.strip_prefix("Cookie: ").unwrap()),
        ],
    )
    .unwrap();
    page.until(|page| page.last["kind"] == "setup");

    // With a Host that lost its port on the way.
    let lost = "Host: oxberry.example\nOrigin: https://oxberry.example:8443";
    let answer = get_with(address, "/login", lost);
    assert_eq!(answer.status, 403);
    let remedy = "proxy_set_header Host $http_host;";
    assert!(answer.body.contains(remedy), "{}", answer.body);
    dashboard.stop();
}

#[test]
fn every_answer_forbids_what_no_page_of_ours_needs() {
    let dashboard = guarded();
    let address = dashboard.address;
    let wrong = format!("Host: {address}\nAuthorization: Bearer wrong");
    let evil = "Host: evil.example".to_owned();
    let own = format!("Host: {address}");
    for (path, headers, status) in [
        ("/login", &own, 200),
        ("/nothing", &own, 401),
        ("/", &own, 303),
        ("/metrics", &wrong, 401),
        ("/login", &evil, 421),
    ] {
        let answer = get_with(address, path, headers);
        assert_eq!(answer.status, status, "{path}");
        for (name, value) in [
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}: {name}");
        }
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        assert!(
            !policy.contains("unsafe") && !policy.contains('*'),
            "{policy}"
        );
    }
    dashboard.stop();
}

#[test]
fn what_no_browser_sends_is_refused() {
    let dashboard = guarded();
    let address = dashboard.address;
    let post = |kind: &str| {
        let headers = format!("Host: {address}\nContent-Type: {kind}");
        ask(connect(address), "POST", "/login", &headers, &form(TOKEN)).status
    };
    let kind = "application/x-www-form-urlencoded";
    assert_eq!(post("text/plain"), 415);
    assert_eq!(post("application/json"), 415);
    assert_eq!(post(&format!("{kind}; charset=utf-8")), 303);
    assert_refused(
        address,
        &format!(
            "POST /login HTTP/1.1\r\nHost: {address}\r\nContent-Type: {kind}\r\nContent-Length: 1100"
        ),
        &form(&"x".repeat(1100)),
        "HTTP/1.1 413",
    );
    assert_refused(
        address,
        &format!(
            "GET /healthz HTTP/1.1\r\nHost: {address}\r\nX-Long: {}",
            "x".repeat(20_000)
        ),
        "",
        "HTTP/1.1 431",
    );
    dashboard.stop();
}

/// Sends what is too long. The dashboard closes before it has read all, so its answer may be lost.
fn assert_refused(address: SocketAddr, head: &str, body: &str, expected: &str) {
    let mut stream = connect(address);
    let _ = write!(stream, "{head}\r\nConnection: close\r\n\r\n{body}");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    assert!(
        answer.is_empty() || answer.starts_with(expected),
        "{answer}"
    );
}

#[test]
fn slow_clients_hold_up_nobody_and_are_cut_off() {
    let dashboard = Dashboard::start(nobody());
    let address = dashboard.address;
    let mut slow: Vec<_> = (0..50).map(|_| connect(address)).collect();
    for stream in &mut slow {
        write!(stream, "GET / HTTP/1.1\r\nHost: {address}\r\nX-Slow: ").unwrap();
    }
    assert!(get(address, "/").0.starts_with("HTTP/1.1 200"));
    let mut page = Page::open(address);
    page.until(|page| page.last["kind"] == "setup");
    for mut stream in slow {
        let mut rest = Vec::new();
        // A reset is an end as well.
        let _ = stream.read_to_end(&mut rest);
        assert!(!rest.starts_with(b"HTTP/1.1 200"), "{rest:?}");
    }
    // The page, which is slow in nothing, is still there.
    page.until(|page| page.last["kind"] == "setup");
    dashboard.stop();
}

#[test]
fn a_flood_of_silent_connections_delays_others_until_it_is_cut_off_and_is_counted() {
    let dashboard = Dashboard::start(nobody());
    let address = dashboard.address;
    let mut page = Page::open(address);
    page.until(|page| page.last["kind"] == "setup");
    let flood: Vec<_> = (0..200).map(|_| connect(address)).collect();
    let metrics = get(address, "/metrics").1;
    let line = "oxberry_visual_page_refusals_total{reason=\"connections\"} ";
    let counted = metrics.lines().find_map(|found| found.strip_prefix(line));
    assert!(counted.unwrap().parse::<u64>().unwrap() > 0);
    page.until(|page| page.last["kind"] == "setup");
    drop(flood);
    dashboard.stop();
}
