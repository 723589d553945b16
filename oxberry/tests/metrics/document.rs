//! `docs/metrics.md` as a program reads it.

use std::collections::BTreeSet;
use std::fmt;

/// A row of the document, or what a row should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Documented {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) labels: BTreeSet<String>,
    pub(crate) unit: String,
    /// What it means; the document may say more behind it.
    pub(crate) meaning: String,
}

/// The rows below a heading.
pub(crate) fn documented(document: &str, heading: &str) -> Vec<Documented> {
    let heading = format!("\n## {heading}\n");
    let (_, below) = document
        .split_once(&heading)
        .unwrap_or_else(|| panic!("docs/metrics.md has no heading {heading:?}"));
    let section = below.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(row).collect()
}

fn row(line: &str) -> Documented {
    let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
    let &[name, kind, labels, unit, meaning] = cells.as_slice() else {
        panic!("a row of docs/metrics.md has not five cells: {line}");
    };
    let code = |text: &str| text.trim_matches('`').to_owned();
    Documented {
        name: code(name),
        kind: kind.to_owned(),
        labels: labels
            .split(", ")
            .filter(|label| !label.is_empty())
            .map(code)
            .collect(),
        unit: unit.to_owned(),
        meaning: meaning.to_owned(),
    }
}

impl Documented {
    /// Whether these rows say what is served, in this order.
    pub(crate) fn are_same(written: &[Self], served: &[Self]) -> bool {
        written.len() == served.len()
            && written.iter().zip(served).all(|(row, served)| {
                let cut = Self {
                    meaning: served.meaning.clone(),
                    ..row.clone()
                };
                cut == *served && row.meaning.starts_with(&served.meaning)
            })
    }
}

/// As a row of the document.
impl fmt::Display for Documented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            kind,
            labels,
            unit,
            meaning,
        } = self;
        let labels: Vec<_> = labels.iter().map(|label| format!("`{label}`")).collect();
        let labels = labels.join(", ");
        writeln!(f, "| `{name}` | {kind} | {labels} | {unit} | {meaning} |")
    }
}
