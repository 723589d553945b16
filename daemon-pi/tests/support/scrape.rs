//! A scraper of metrics.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

/// What a path answers; nothing when nobody is there.
pub(crate) fn get(address: SocketAddr, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

/// The value of a sample, written with its labels; nothing when there is none.
pub(crate) fn value(metrics: &str, sample: &str) -> Option<u64> {
    let of = |line: &str| line.strip_prefix(sample)?.strip_prefix(' ')?.parse().ok();
    metrics.lines().find_map(of)
}
