//! What a scraper asks for: the head of a request over HTTP/1, as far as it matters here.

use std::net::{Ipv6Addr, SocketAddr};

use crate::token::Token;

/// Bytes of a head at most.
pub(super) const MOST_HEAD_BYTES: usize = 8 * 1_024;

/// What there is to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// The metrics.
    Metrics,
    /// Whether the daemon is well.
    Health,
}

/// Why nothing is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is no request.
    Malformed,
    /// No token, or a wrong one.
    Unauthorized,
    /// A browser was told that this address has another name.
    ForeignHost,
    /// There is no such page.
    NotFound,
    /// Only GET and HEAD are for reading.
    BadMethod,
    /// The head is longer than any scraper's.
    TooLong,
    /// Not HTTP/1.
    BadVersion,
}

/// Bytes of the head at the start of these, with the empty line that ends it.
pub(super) fn head_length(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(end + 4)
}

/// Whether only the head of the answer is wanted.
pub(super) fn wants_head_only(head: &[u8]) -> bool {
    head.starts_with(b"HEAD ")
}

/// What a head asks for, if it may.
pub(super) fn page_of(head: &[u8], token: Option<&Token>) -> Result<Page, Refusal> {
    let request = Request::parse(head)?;
    match token {
        Some(token) if !request.shows(token) => return Err(Refusal::Unauthorized),
        // A page that does not know the token reads nothing, by whatever name it comes.
        Some(_) => {}
        None => request.check_host()?,
    }
    let path = request.target.split('?').next().unwrap_or_default();
    let page = match path {
        "/metrics" => Page::Metrics,
        "/healthz" => Page::Health,
        _ => return Err(Refusal::NotFound),
    };
    match request.method {
        "GET" | "HEAD" => Ok(page),
        _ => Err(Refusal::BadMethod),
    }
}

/// The parts of a head.
#[derive(Debug)]
struct Request<'h> {
    method: &'h str,
    target: &'h str,
    /// Where the other end believes to be; only the first version of HTTP may leave it out.
    host: Option<&'h [u8]>,
    authorization: Option<&'h [u8]>,
}

impl<'h> Request<'h> {
    fn parse(head: &'h [u8]) -> Result<Self, Refusal> {
        let head = head.strip_suffix(b"\r\n\r\n").ok_or(Refusal::Malformed)?;
        let mut lines = head
            .split(|&byte| byte == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let first = lines.next().and_then(|line| std::str::from_utf8(line).ok());
        let mut words = first.ok_or(Refusal::Malformed)?.split(' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(Refusal::Malformed);
        };
        if !version.starts_with("HTTP/1.") {
            return Err(Refusal::BadVersion);
        }
        if method.is_empty() || !target.starts_with('/') {
            return Err(Refusal::Malformed);
        }
        let (mut host, mut authorization) = (None, None);
        for line in lines {
            let (name, value) = field(line).ok_or(Refusal::Malformed)?;
            let place = if name.eq_ignore_ascii_case(b"host") {
                &mut host
            } else if name.eq_ignore_ascii_case(b"authorization") {
                &mut authorization
            } else {
                continue;
            };
            // Twice would leave open which one somebody on the way looked at.
            if place.replace(value).is_some() {
                return Err(Refusal::Malformed);
            }
        }
        if host.is_none() && version != "HTTP/1.0" {
            return Err(Refusal::Malformed);
        }
        Ok(Self {
            method,
            target,
            host,
            authorization,
        })
    }

    fn shows(&self, token: &Token) -> bool {
        let Some((scheme, shown)) = self
            .authorization
            .and_then(|shown| shown.split_at_checked(7))
        else {
            return false;
        };
        scheme.eq_ignore_ascii_case(b"bearer ") && token.is(shown.trim_ascii())
    }

    /// Somebody's page can have its own name point at this machine and then read what is here as its
    /// own. It cannot make a browser call an address by its number, or `localhost`.
    fn check_host(&self) -> Result<(), Refusal> {
        match self.host {
            Some(host) if !is_of_no_page(host) => Err(Refusal::ForeignHost),
            _ => Ok(()),
        }
    }
}

/// Whether a host is a number or `localhost`, with or without a port.
fn is_of_no_page(host: &[u8]) -> bool {
    let Ok(host) = std::str::from_utf8(host) else {
        return false;
    };
    let is_v6 = || {
        let bare = host.strip_prefix('[')?.strip_suffix(']')?;
        bare.parse::<Ipv6Addr>().ok()
    };
    if host.parse::<SocketAddr>().is_ok() || is_v6().is_some() {
        return true;
    }
    let (name, port) = host.split_once(':').unwrap_or((host, "0"));
    let is_known =
        name.eq_ignore_ascii_case("localhost") || name.parse::<std::net::Ipv4Addr>().is_ok();
    is_known && port.parse::<u16>().is_ok()
}

/// Name and value of a line of a head.
fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let (name, value) = (line.get(..colon)?, line.get(colon + 1..)?);
    let is_token = |byte: &u8| byte.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]{}".contains(byte);
    let is_name = !name.is_empty() && name.iter().all(is_token);
    is_name.then(|| (name, value.trim_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::TokenFile;

    fn page(lines: &[&str]) -> Result<Page, Refusal> {
        page_of(format!("{}\r\n\r\n", lines.join("\r\n")).as_bytes(), None)
    }

    fn token() -> Token {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "0123456789abcdef").unwrap();
        TokenFile::read(file.path()).unwrap().token
    }

    const HOST: &str = "Host: 127.0.0.1:9561";

    #[test]
    fn two_pages_can_be_read() {
        assert_eq!(page(&["GET /metrics HTTP/1.1", HOST]), Ok(Page::Metrics));
        assert_eq!(page(&["HEAD /healthz HTTP/1.1", HOST]), Ok(Page::Health));
        assert_eq!(
            page(&["GET /metrics?a=b HTTP/1.1", HOST]),
            Ok(Page::Metrics)
        );
        assert_eq!(page(&["GET /metrics HTTP/1.0"]), Ok(Page::Metrics));
        for path in [
            "/",
            "/metrics/",
            "/metrics2",
            "//metrics",
            "/Metrics",
            "/%6detrics",
        ] {
            let first = format!("GET {path} HTTP/1.1");
            assert_eq!(page(&[&first, HOST]), Err(Refusal::NotFound), "{path}");
        }
        for method in ["POST", "PUT", "OPTIONS", "get"] {
            let first = format!("{method} /metrics HTTP/1.1");
            assert_eq!(page(&[&first, HOST]), Err(Refusal::BadMethod), "{method}");
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for lines in [
            &[""][..],
            &["GET"],
            &["GET /metrics"],
            &["GET  /metrics HTTP/1.1", HOST],
            &["GET /metrics HTTP/1.1 more", HOST],
            &["GET metrics HTTP/1.1", HOST],
            &["GET http://127.0.0.1/metrics HTTP/1.1", HOST],
            &["GET /metrics HTTP/1.1"],
            &["GET /metrics HTTP/1.1", "Host 127.0.0.1"],
            &["GET /metrics HTTP/1.1", "Host : 127.0.0.1"],
            &["GET /metrics HTTP/1.1", " Host: 127.0.0.1"],
            &["GET /metrics HTTP/1.1", ": 127.0.0.1", HOST],
            &["GET /metrics HTTP/1.1", HOST, HOST],
            &["GET /metrics HTTP/1.1", HOST, "", "x: y"],
        ] {
            assert_eq!(page(lines), Err(Refusal::Malformed), "{lines:?}");
        }
        let versions = ["HTTP/2.0", "HTTP/0.9", "http/1.1", "RTSP/1.0"];
        for version in versions {
            let first = format!("GET /metrics {version}");
            assert_eq!(page(&[&first, HOST]), Err(Refusal::BadVersion), "{version}");
        }
        let not_text = b"GET /metrics\xff HTTP/1.1\r\n\r\n";
        assert_eq!(page_of(not_text, None), Err(Refusal::Malformed));
    }

    #[test]
    fn no_bytes_whatever_are_trouble() {
        let head = format!("GET /metrics HTTP/1.1\r\n{HOST}\r\nAuthorization: Bearer x\r\n\r\n");
        for length in 0..=head.len() {
            let _ = page_of(&head.as_bytes()[..length], Some(&token()));
            for byte in [0, b'\r', b'\n', b' ', b':', 0xff] {
                let mut broken = head.clone().into_bytes();
                broken.insert(length, byte);
                let _ = page_of(&broken, None);
                let _ = head_length(&broken);
            }
        }
    }

    #[test]
    fn a_page_under_another_name_reads_nothing() {
        let of_host = |host: &str| page(&["GET /metrics HTTP/1.1", &format!("Host: {host}")]);
        for host in [
            "127.0.0.1",
            "127.0.0.1:9561",
            "192.0.2.1:80",
            "localhost",
            "LOCALHOST:1",
            "[::1]",
            "[::1]:9561",
        ] {
            assert_eq!(of_host(host), Ok(Page::Metrics), "{host}");
        }
        for host in [
            "",
            "example.com",
            "127.0.0.1.example.com",
            "localhost.example.com:80",
            "example.com:9561",
            "127.0.0.1:x",
            "127.0.0.1@example.com",
            "::1",
        ] {
            assert_eq!(of_host(host), Err(Refusal::ForeignHost), "{host}");
        }
    }

    #[test]
    fn where_there_is_a_token_nothing_is_read_without_it() {
        let token = token();
        let asked = |path: &str, more: &str| {
            let head = format!("GET {path} HTTP/1.1\r\nHost: pi-1.example:9562\r\n{more}\r\n");
            page_of(head.as_bytes(), Some(&token))
        };
        let shown = "Authorization: Bearer 0123456789abcdef\r\n";
        assert_eq!(asked("/metrics", shown), Ok(Page::Metrics));
        let scheme = "authorization:  bearer   0123456789abcdef \r\n";
        assert_eq!(asked("/healthz", scheme), Ok(Page::Health));
        for more in [
            "",
            "Authorization: Bearer\r\n",
            "Authorization: Bearer 0123456789abcdeF\r\n",
            "Authorization: Basic 0123456789abcdef\r\n",
            "Authorization: 0123456789abcdef\r\n",
            "X-Authorization: Bearer 0123456789abcdef\r\n",
        ] {
            for path in ["/metrics", "/healthz", "/nothing"] {
                assert_eq!(asked(path, more), Err(Refusal::Unauthorized), "{more}");
            }
        }
        let twice = format!("{shown}{shown}");
        assert_eq!(asked("/metrics", &twice), Err(Refusal::Malformed));
    }

    #[test]
    fn a_head_ends_with_an_empty_line() {
        assert_eq!(head_length(b"GET / HTTP/1.1\r\n\r"), None);
        assert_eq!(head_length(b"GET / HTTP/1.1\r\n\r\nbody"), Some(18));
    }
}
