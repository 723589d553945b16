//! What a scraper gets.

use super::request::Refusal;
use super::text::CONTENT_TYPE;

/// The type of everything else.
const PLAIN: &str = "text/plain; charset=utf-8";

/// An answer before it is bytes.
#[derive(Debug)]
pub(super) struct Response {
    /// Number and words.
    status: &'static str,
    /// A field of the head that only some have, with its line end.
    more: &'static str,
    content_type: &'static str,
    body: String,
}

impl Response {
    /// The metrics.
    pub(super) const fn metrics(body: String) -> Self {
        Self {
            status: "200 OK",
            more: "",
            content_type: CONTENT_TYPE,
            body,
        }
    }

    /// Whether the daemon's loop still goes round.
    pub(super) fn health(is_well: bool) -> Self {
        if is_well {
            Self::plain("200 OK", "", "ok\n")
        } else {
            let words = "the daemon's loop does not answer\n";
            Self::plain("503 Service Unavailable", "", words)
        }
    }

    /// Why nothing is shown.
    pub(super) fn refused(refusal: Refusal) -> Self {
        let (status, more, words) = match refusal {
            Refusal::Malformed => ("400 Bad Request", "", "this is no request of HTTP/1.1\n"),
            Refusal::Unauthorized => (
                "401 Unauthorized",
                "WWW-Authenticate: Bearer\r\n",
                "send the token of --metrics-token-file as `Authorization: Bearer TOKEN`\n",
            ),
            Refusal::ForeignHost => (
                "403 Forbidden",
                "",
                "call this machine by its address or localhost, not by another name\n",
            ),
            Refusal::NotFound => ("404 Not Found", "", "there are /metrics and /healthz\n"),
            Refusal::BadMethod => (
                "405 Method Not Allowed",
                "Allow: GET, HEAD\r\n",
                "only GET and HEAD\n",
            ),
            Refusal::TooLong => (
                "431 Request Header Fields Too Large",
                "",
                "the head of the request is too long\n",
            ),
            Refusal::BadVersion => ("505 HTTP Version Not Supported", "", "only HTTP/1.1\n"),
        };
        Self::plain(status, more, words)
    }

    fn plain(status: &'static str, more: &'static str, words: &str) -> Self {
        Self {
            status,
            more,
            content_type: PLAIN,
            body: words.to_owned(),
        }
    }

    /// As it is sent; without the body when only the head is wanted.
    pub(super) fn bytes(&self, head_only: bool) -> Vec<u8> {
        let Self {
            status,
            more,
            content_type,
            body,
        } = self;
        let length = body.len();
        let mut bytes = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\
             Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n{more}\
             Connection: close\r\n\r\n"
        )
        .into_bytes();
        if !head_only {
            bytes.extend_from_slice(body.as_bytes());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_the_same_with_and_without_the_body() {
        let response = Response::refused(Refusal::BadMethod);
        let whole = String::from_utf8(response.bytes(false)).unwrap();
        let head = String::from_utf8(response.bytes(true)).unwrap();
        assert_eq!(whole, format!("{head}only GET and HEAD\n"));
        assert!(
            head.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"),
            "{head}"
        );
        assert!(head.contains("\r\nContent-Length: 18\r\n"), "{head}");
        assert!(head.contains("\r\nAllow: GET, HEAD\r\n"), "{head}");
        assert!(head.ends_with("\r\nConnection: close\r\n\r\n"), "{head}");
    }
}
