//! `docs/wire-format.md` says what the code does: types, sizes, fields and codes, in both directions.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod support;
mod wire_format;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use wire_format::code::Code;
use wire_format::differences::{DOCUMENT, differences};
use wire_format::document::{Document, Sizes};

/// The root of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn document() -> String {
    std::fs::read_to_string(root().join(DOCUMENT)).unwrap()
}

#[test]
fn document_and_code_agree() {
    let differences = differences(&document(), &Code::new());
    assert!(differences.0.is_empty(), "\n{}\n", differences.0.join("\n"));
}

#[test]
fn no_type_of_code_is_left_out() {
    let mut declared: Vec<_> = include_str!("../src/xdp/code.rs")
        .lines()
        .filter_map(|line| line.trim().split_once(" shown as ")?.0.split_once('('))
        .filter(|(_, raw)| ["u8)", "u16)"].contains(raw))
        .map(|(name, _)| name)
        .collect();
    let code = Code::new();
    let mut listed: Vec<_> = code.codes.iter().map(|listed| listed.name).collect();
    declared.sort_unstable();
    listed.sort_unstable();
    assert_eq!(declared, listed);
}

/// Changes a line of the document; the differences must name the line, or the one given.
fn assert_found(lines: &[&str], code: &Code, line: usize, changed: Option<&str>, named: usize) {
    let mut lines = lines.to_vec();
    match changed {
        Some(changed) => {
            assert_ne!(lines[line - 1], changed);
            lines[line - 1] = changed;
        }
        // An empty line instead, so that all others keep their numbers.
        None => lines[line - 1] = "",
    }
    let found = differences(&lines.join("\n"), code);
    assert!(
        found.name(named),
        "line {line} as {changed:?} was not found: {:?}",
        found.0
    );
}

/// The row with another text in one of its cells.
fn with_cell(row: &str, cell: usize, change: impl Fn(&str) -> String) -> String {
    let mut cells: Vec<_> = row.split('|').map(str::to_owned).collect();
    // A row begins with a bar, and so with an empty text.
    cells[cell + 1] = format!(" {} ", change(cells[cell + 1].trim()));
    cells.join("|")
}

fn one_more(number: &str) -> String {
    (number.parse::<usize>().unwrap() + 1).to_string()
}

#[test]
fn a_change_in_any_row_of_fields_is_found() {
    let text = document();
    let lines: Vec<_> = text.lines().collect();
    let (document, code) = (Document::parse(&text), Code::new());
    let mut rows = 0;
    for table in document.headers.iter().chain(&document.messages) {
        for row in &table.rows {
            rows += 1;
            let line = lines[row.line - 1];
            let found =
                |changed: &str| assert_found(&lines, &code, row.line, Some(changed), row.line);
            found(&with_cell(line, 0, one_more));
            found(&with_cell(line, 1, one_more));
            found(&with_cell(line, 2, |name| format!("{name}X")));
            found(&with_cell(line, 3, |kind| {
                if kind == "u8" { "char" } else { "u8" }.to_owned()
            }));
            found(&with_cell(line, 0, |_| "many".to_owned()));
            assert_found(&lines, &code, row.line, None, table.line);
        }
    }
    assert!(rows > 500, "only {rows} rows");
}

#[test]
fn a_change_in_any_heading_of_fields_is_found() {
    let text = document();
    let lines: Vec<_> = text.lines().collect();
    let (document, code) = (Document::parse(&text), Code::new());
    for table in document.headers.iter().chain(&document.messages) {
        let line = lines[table.line - 1];
        let (title, size) = line.rsplit_once(", ").unwrap();
        let size = one_more(size.strip_suffix(" bytes").unwrap());
        let found =
            |changed: &str| assert_found(&lines, &code, table.line, Some(changed), table.line);
        found(&format!("{title}, {size} bytes"));
        if table.letters != "P" {
            found(&line.replacen('.', ".1", 1));
            let (start, name) = line.split_at(line.find('.').unwrap());
            found(&format!("{start}{}", name.replacen(' ', " Other ", 1)));
            let dialects = table.line + 2;
            for dialect in &table.dialects {
                let changed = lines[dialects - 1].replace(&format!("`{dialect}`"), "`other`");
                assert_found(&lines, &code, dialects, Some(&changed), dialects);
            }
            assert_found(&lines, &code, dialects, None, table.line);
        }
    }
}

#[test]
fn a_change_in_any_row_of_sizes_or_codes_is_found() {
    let text = document();
    let lines: Vec<_> = text.lines().collect();
    let (document, code) = (Document::parse(&text), Code::new());
    for Sizes { line: at, .. } in &document.sizes {
        let line = lines[at - 1];
        for cell in 0..5 {
            let changed = with_cell(line, cell, |text| match cell {
                0 => one_more(text),
                1 => format!("{text}X"),
                _ => format!("{text} (999)"),
            });
            assert_found(&lines, &code, *at, Some(&changed), *at);
        }
        assert_found(&lines, &code, *at, None, document.line_of("2.6"));
    }
    let mut rows = 0;
    for list in &document.codes {
        for row in &list.codes {
            rows += 1;
            let line = lines[row.line - 1];
            let found =
                |changed: &str| assert_found(&lines, &code, row.line, Some(changed), row.line);
            found(&with_cell(line, 0, |_| "`'?'`".to_owned()));
            found(&with_cell(line, 0, |_| "`222`".to_owned()));
            found(&with_cell(line, 1, |meaning| format!("X{meaning}")));
            assert_found(&lines, &code, row.line, None, list.line);
        }
        let changed = format!("{}X", lines[list.line - 1]);
        assert_found(&lines, &code, list.line, Some(&changed), list.line);
    }
    assert!(rows > 200, "only {rows} rows");
}

/// Comments cite the document by section, and in the module of the wire format also by table.
#[test]
fn what_comments_cite_is_there() {
    let document = Document::parse(&document());
    let mut citations = 0;
    for path in sources(&root()) {
        let text = std::fs::read_to_string(&path).unwrap();
        for (line, text) in (1..).zip(text.lines()) {
            let place = format!("{}:{line}", path.display());
            for cited in text.split(&format!("({DOCUMENT}, ")).skip(1) {
                let cited = cited.split(')').next().unwrap();
                for section in cited.split(" and ") {
                    citations += 1;
                    assert!(document.has_section(section), "{place}: section {section}");
                }
            }
            if !path.to_string_lossy().contains("/xdp/message/") {
                continue;
            }
            for cited in text.split('(').skip(1).filter(|_| text.contains("/// ")) {
                let cited = cited.split([')', ',']).next().unwrap();
                let Some((letters, Ok(number))) = cited
                    .split_once('.')
                    .map(|(letters, number)| (letters, number.parse::<u16>()))
                else {
                    continue;
                };
                citations += 1;
                assert!(
                    document.messages.iter().any(|table| {
                        (table.letters.as_str(), table.number) == (letters, number)
                    }),
                    "{place}: table {cited}"
                );
            }
        }
    }
    assert!(citations > 70, "only {citations} citations");
}

/// The Rust sources below a folder, without what is built or hidden.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if name == "target" || name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn links_within_the_document_lead_to_headings() {
    let text = document();
    let anchors: BTreeSet<String> = text
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            let kept = |c: &char| c.is_alphanumeric() || " -_".contains(*c);
            let title = line.trim_start_matches(['#', ' ']).to_lowercase();
            title
                .chars()
                .filter(kept)
                .collect::<String>()
                .replace(' ', "-")
        })
        .collect();
    for (line, text) in (1..).zip(text.lines()) {
        for link in text.split("](#").skip(1) {
            let link = link.split(')').next().unwrap();
            assert!(
                anchors.contains(link),
                "{DOCUMENT}:{line}: no heading for #{link}"
            );
        }
    }
}
