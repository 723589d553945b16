//! Whether a request is meant for this dashboard, and comes from its own page.
//!
//! A browser runs pages of all sites, and lets each talk to this machine. Two lies are possible. A site
//! can let its own name stand for this machine's address (DNS rebinding); then its page is of the same
//! origin as ours, but the browser says the name that it asked for. And a page can send requests and
//! open WebSockets to other sites; then the browser says where the page came from.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::http::header::{HOST, HeaderMap, HeaderName, ORIGIN};

use crate::config::HostName;

/// Whether the request asks for this dashboard: by an address, by `localhost`, or by one of its names.
/// No foreign site can be at an address, so any address and port will do: those of a proxy and of a
/// tunnel are not known here.
pub(super) fn is_asked_for(headers: &HeaderMap, names: &[HostName]) -> bool {
    let Some((host, _)) = only(headers, &HOST).and_then(host_and_port) else {
        return false;
    };
    let bare = host.strip_prefix('[').and_then(|v6| v6.strip_suffix(']'));
    let is_address = bare.map_or_else(
        || host.parse::<Ipv4Addr>().is_ok(),
        |v6| v6.parse::<Ipv6Addr>().is_ok(),
    );
    is_address || host.eq_ignore_ascii_case("localhost") || names.iter().any(|name| name.is(host))
}

/// Whether the request comes from a page of this dashboard, or from no page at all.
pub(super) fn is_of_own_page(headers: &HeaderMap) -> bool {
    if !headers.contains_key(ORIGIN) {
        return true;
    }
    let origin = only(headers, &ORIGIN).and_then(|origin| origin.split_once("://"));
    let host = only(headers, &HOST).and_then(host_and_port);
    let (Some((scheme, origin)), Some((host, port))) = (origin, host) else {
        return false;
    };
    let usual_port = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return false,
    };
    host_and_port(origin).is_some_and(|(origin, origin_port)| {
        origin.eq_ignore_ascii_case(host)
            && origin_port.unwrap_or(usual_port) == port.unwrap_or(usual_port)
    })
}

/// Whether the page that sent the request came over TLS, which a proxy took away on the way here.
pub(super) fn is_secure(headers: &HeaderMap) -> bool {
    only(headers, &ORIGIN).is_some_and(|origin| origin.starts_with("https://"))
}

/// The value of a header that comes once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// A host, an address of IPv6 in its brackets, and the port if there is one.
fn host_and_port(text: &str) -> Option<(&str, Option<u16>)> {
    let ends = text.rfind(']').map_or(0, |bracket| bracket + 1);
    let Some(colon) = text.get(ends..)?.find(':').map(|at| ends + at) else {
        return Some((text, None));
    };
    let port = text.get(colon + 1..)?.parse().ok()?;
    Some((text.get(..colon)?, Some(port)))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(fields: &[(HeaderName, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn addresses_localhost_and_listed_names_are_asked_for_on_any_port() {
        let names = ["oxberry.example".parse().unwrap()];
        for host in [
            "127.0.0.1:8080",
            "127.0.0.1",
            "[::1]:8080",
            "[2001:db8::1]",
            "192.0.2.7:81",
            "localhost:9000",
            "LOCALHOST",
            "oxberry.example",
            "OxBerry.Example.:443",
        ] {
            assert!(is_asked_for(&headers(&[(HOST, host)]), &names), "{host}");
        }
    }

    #[test]
    fn other_names_and_what_is_no_host_are_not() {
        let names = ["oxberry.example".parse().unwrap()];
        for host in [
            "",
            "evil.example",
            "evil.example:8080",
            "127.0.0.1.evil.example",
            "127.0.0.1@evil.example",
            "evil.example@127.0.0.1",
            "oxberry.example.evil.example",
            "localhost.evil.example",
            "oxberry.example:443:1",
            "::1",
            "[::1].evil.example",
            "[evil.example]",
            "0x7f000001",
            "127.1",
        ] {
            assert!(!is_asked_for(&headers(&[(HOST, host)]), &names), "{host}");
        }
        let two = headers(&[(HOST, "127.0.0.1"), (HOST, "evil.example")]);
        assert!(!is_asked_for(&two, &names));
        assert!(!is_asked_for(&HeaderMap::new(), &names));
    }

    #[test]
    fn a_page_is_our_own_if_it_came_from_the_host_that_it_asks() {
        for (host, origin) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("[::1]:8080", "http://[::1]:8080"),
            // As a browser at a proxy says it.
            ("oxberry.example", "https://oxberry.example"),
            ("OXBERRY.example", "https://oxberry.example"),
            ("oxberry.example:443", "https://oxberry.example"),
            ("oxberry.example:8443", "https://oxberry.example:8443"),
            ("oxberry.example:80", "http://oxberry.example"),
        ] {
            let sent = headers(&[(HOST, host), (ORIGIN, origin)]);
            assert!(is_of_own_page(&sent), "{host} {origin}");
        }
        assert!(is_of_own_page(&headers(&[(HOST, "127.0.0.1")])), "no page");
    }

    #[test]
    fn pages_of_other_sites_ports_and_unknown_places_are_not() {
        for (host, origin) in [
            ("127.0.0.1:8080", "http://evil.example"),
            ("127.0.0.1:8080", "http://evil.example:8080"),
            ("127.0.0.1:8080", "http://127.0.0.1"),
            ("127.0.0.1:8080", "http://127.0.0.1:8081"),
            ("127.0.0.1:8080", "http://localhost:8080"),
            ("127.0.0.1:8080", "null"),
            ("127.0.0.1:8080", ""),
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("127.0.0.1:8080", "file://"),
            ("oxberry.example", "https://oxberry.example:8443"),
            ("oxberry.example:443", "http://oxberry.example"),
            ("oxberry.example", "ftp://oxberry.example"),
        ] {
            let sent = headers(&[(HOST, host), (ORIGIN, origin)]);
            assert!(!is_of_own_page(&sent), "{host} {origin}");
        }
        let two = [
            (HOST, "127.0.0.1"),
            (ORIGIN, "http://127.0.0.1"),
            (ORIGIN, "http://evil.example"),
        ];
        assert!(!is_of_own_page(&headers(&two)));
    }

    #[test]
    fn a_page_over_tls_says_so() {
        assert!(is_secure(&headers(&[(ORIGIN, "https://oxberry.example")])));
        assert!(!is_secure(&headers(&[(ORIGIN, "http://oxberry.example")])));
        assert!(!is_secure(&HeaderMap::new()));
    }
}
