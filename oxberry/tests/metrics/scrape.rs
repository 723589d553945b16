//! A scraper, and what it got.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::document::Documented;

/// What was served at a moment.
pub(crate) struct Scrape(String);

/// Sends a request and returns the answer.
pub(crate) fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// What a path answers.
pub(crate) fn get(address: SocketAddr, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    ask(address, &request)
}

impl Scrape {
    /// Checks that an answer is whole and of the right type.
    pub(crate) fn of(answer: &str) -> Self {
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 "), "{answer}");
        let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        assert!(head.contains(content_type), "{head}");
        assert!(body.ends_with("# EOF\n"), "{body}");
        Self(body.to_owned())
    }

    /// The value of a sample, written with its labels.
    pub(crate) fn value(&self, sample: &str) -> Option<f64> {
        let of = |line: &str| line.strip_prefix(sample)?.strip_prefix(' ')?.parse().ok();
        self.0.lines().find_map(of)
    }

    /// All metrics, each once and in their order.
    pub(crate) fn metrics(&self) -> Vec<Documented> {
        let heads = |kind: &'static str| {
            let lines = self
                .0
                .lines()
                .filter_map(move |line| line.strip_prefix(kind));
            lines
                .filter_map(|line| line.split_once(' '))
                .collect::<Vec<_>>()
        };
        let help: BTreeMap<_, _> = heads("# HELP ").into_iter().collect();
        let units: BTreeMap<_, _> = heads("# UNIT ").into_iter().collect();
        let types = heads("# TYPE ");
        let names: BTreeSet<_> = types.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), types.len(), "a metric comes twice in\n{self}");
        let metric = |&(family, kind): &(&str, &str)| {
            let suffix = match kind {
                "counter" => "_total",
                "info" => "_info",
                _ => "",
            };
            let name = format!("{family}{suffix}");
            Documented {
                labels: self.labels_of(&name),
                kind: kind.to_owned(),
                unit: units.get(family).copied().unwrap_or_default().to_owned(),
                meaning: help[family].to_owned(),
                name,
            }
        };
        types.iter().map(metric).collect()
    }

    /// The labels of all samples of a metric.
    fn labels_of(&self, name: &str) -> BTreeSet<String> {
        let samples = self.0.lines().filter_map(|line| line.strip_prefix(name));
        let labels = samples
            .filter_map(|rest| rest.strip_prefix('{'))
            .filter_map(|rest| rest.split_once('}'));
        // No value of ours has a comma.
        let labels = labels.flat_map(|(labels, _)| labels.split(','));
        let names = labels.filter_map(|label| label.split_once('='));
        names.map(|(name, _)| name.to_owned()).collect()
    }
}

impl fmt::Display for Scrape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
