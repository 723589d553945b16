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

use oxberry_core::xdp::*;
use wire_format::document::{CodeList, Document, Sizes, Table};
use wire_format::layout::{self, Field, Form, number};

/// Where the document is, from the root of the workspace.
const DOCUMENT: &str = "docs/wire-format.md";

/// The codes of a type as the code lists them.
struct Listed {
    name: &'static str,
    /// Number, meaning, and how it is printed.
    codes: Vec<(u16, &'static str, String)>,
}

macro_rules! listed {
    ($($code:ident)*) => {
        vec![$(Listed {
            name: stringify!($code),
            codes: $code::LISTED
                .iter()
                .map(|code| (code.raw().into(), code.meaning().unwrap(), format!("{code:?}")))
                .collect(),
        }),*]
    };
}

/// What the code reads.
struct Code {
    packet_header: Vec<Field>,
    message_header: Vec<Field>,
    forms: Vec<Form>,
    codes: Vec<Listed>,
}

impl Code {
    fn new() -> Self {
        Self {
            packet_header: layout::packet_header(),
            message_header: layout::message_header(),
            forms: layout::messages(),
            codes: listed!(
                DeliveryFlag ProductId MarketId ExchangeCode SecurityType PriceResolution RoundLot
                RequestStatus RetransmitMethod TradingSession TradeSession SecurityStatusCode
                HaltCondition SsrTriggeringExchange SsrState MarketState SessionState SideCode
                GtcIndicator ModifyReason DeleteReason ExecutionReason PositionChange PrintableFlag
                AuctionType ImbalanceSide AuctionStatus FreezeStatus SignificantImbalance
                TradeCond1 TradeCond2 TradeCond3 TradeCond4 TradeThroughExempt LiquidityIndicator
                CrossType RpiIndicator
            ),
        }
    }

    fn form(&self, dialect: Dialect, msg_type: u16, size: usize) -> Option<&Form> {
        self.forms
            .iter()
            .find(|form| (form.dialect, form.msg_type, form.size) == (dialect, msg_type, size))
    }
}

/// Where document and code differ, one line of text each.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn note(&mut self, line: usize, what: impl std::fmt::Display) {
        self.0.push(format!("{DOCUMENT}:{line}: {what}"));
    }

    /// Whether one of them is about the line.
    fn name(&self, line: usize) -> bool {
        let start = format!("{DOCUMENT}:{line}: ");
        self.0
            .iter()
            .any(|difference| difference.starts_with(&start))
    }

    fn fields(&mut self, table: &Table, fields: &[Field], dialect: Option<Dialect>) {
        let of = dialect.map_or("the header".to_owned(), |dialect| dialect.to_string());
        let mut names = BTreeSet::new();
        for row in &table.rows {
            let name = &row.name;
            if !names.insert(name.as_str()) {
                self.note(row.line, format_args!("{name} comes twice"));
            }
            let Some(field) = fields.iter().find(|field| field.name == name) else {
                self.note(row.line, format_args!("{of} has no field {name}"));
                continue;
            };
            if (row.offset, row.size) != (field.offset, field.size) {
                let Field { offset, size, .. } = field;
                let what = format_args!("{name} is at {offset} in {of}, {size} bytes");
                self.note(row.line, what);
            }
            if row.kind != field.kind {
                self.note(row.line, format_args!("{name} is {} in {of}", field.kind));
            }
        }
        for field in fields.iter().filter(|field| !names.contains(field.name)) {
            let Field { name, offset, .. } = field;
            let what = format_args!("the row of {name}, at {offset} in {of}, is missing");
            self.note(table.line, what);
        }
    }

    /// What reads messages by other tables than those of single messages must agree as well.
    fn shortcuts(&mut self, table: &Table, dialect: Dialect) {
        let bytes = layout::message(table.number, table.size);
        let message = MessageRef::new(&bytes).unwrap();
        let row = |name: &str| table.rows.iter().find(|row| row.name == name);
        let value = |name: &str| {
            row(name)
                .filter(|row| row.offset + row.size <= bytes.len() && row.size <= 8)
                .map(|row| number(&bytes, row.offset, row.size))
        };
        let symbol_index = message.symbol_index(dialect);
        if symbol_index.map(|index| u64::from(index.raw())) != value("symbol_index") {
            self.note(
                table.line,
                format_args!("{dialect} routes by another symbol index"),
            );
        }
        let head = message.head(dialect);
        let has_head = ["source_time_ns", "symbol_index", "symbol_seq_num"]
            .iter()
            .all(|name| row(name).is_some());
        let head_read = head.map(|head| {
            (
                head.source_time.map(u64::from),
                Some(u64::from(head.source_time_ns)),
                Some(u64::from(head.symbol_index.raw())),
                Some(u64::from(head.symbol_seq_num.raw())),
            )
        });
        let head_told = has_head.then(|| {
            (
                value("source_time"),
                value("source_time_ns"),
                value("symbol_index"),
                value("symbol_seq_num"),
            )
        });
        if head_read != head_told {
            self.note(
                table.line,
                format_args!("{dialect} reads another head: {head:?}"),
            );
        }
        if let Some(record) = OrderRecord::read(dialect, message) {
            self.record(table, dialect, &bytes, &record);
        }
    }

    fn record(&mut self, table: &Table, dialect: Dialect, bytes: &[u8], record: &OrderRecord) {
        let mut wide = vec![
            ("source_time_ns", record.source_time_ns.into()),
            ("symbol_index", record.symbol_index.raw().into()),
            ("symbol_seq_num", record.symbol_seq_num.raw().into()),
            ("order_id", record.order_id),
            ("new_order_id", record.new_order_id),
            ("price", record.price.raw().into()),
            ("volume", record.volume.raw().into()),
            ("trade_id", record.trade_id.raw().into()),
        ];
        let mut codes = Vec::new();
        for row in &table.rows {
            let Some(told) = bytes.get(row.offset..row.offset + row.size) else {
                continue;
            };
            let known = wide.iter().position(|(name, _)| *name == row.name);
            match known.map(|index| wide.swap_remove(index).1) {
                None => codes.extend_from_slice(told),
                Some(read) if row.size <= 8 && number(bytes, row.offset, row.size) == read => {}
                Some(_) => self.note(row.line, format_args!("{dialect} has another record")),
            }
        }
        let is_rest_empty = wide.iter().all(|(_, read)| *read == 0);
        if !is_rest_empty || number(&codes, 0, codes.len().min(8)) != record.codes {
            self.note(table.line, format_args!("{dialect} has another record"));
        }
    }

    fn messages(&mut self, document: &Document, code: &Code) {
        for table in &document.messages {
            let letters = table.letters.trim_end_matches(|c: char| c.is_ascii_digit());
            for letter in letters.replace('X', "ABC").chars() {
                let dialect = "ABC".find(letter).map(|index| Dialect::ALL[index]);
                if dialect.is_none_or(|dialect| !table.dialects.contains(&dialect)) {
                    self.note(table.line, format_args!("{letter}, but not so below"));
                }
            }
            let Table { number, size, .. } = *table;
            for &dialect in &table.dialects {
                let Some(form) = code.form(dialect, number, size) else {
                    let what = format_args!("{dialect} has no type {number} of {size} bytes");
                    self.note(table.line, what);
                    continue;
                };
                if table.name != form.name {
                    self.note(table.line, format_args!("it is called {}", form.name));
                }
                self.fields(table, &form.fields, Some(dialect));
                self.shortcuts(table, dialect);
            }
        }
        for form in &code.forms {
            let Form {
                dialect,
                msg_type,
                size,
                ..
            } = form;
            let of_type = |table: &&Table| table.number == *msg_type;
            let told = document
                .messages
                .iter()
                .filter(of_type)
                .filter(|table| table.size == *size && table.dialects.contains(dialect));
            let times = told.count();
            if times != 1 {
                // The nearest thing to a table that is not there.
                let near = document.messages.iter().filter(of_type);
                let mut lines: Vec<_> = near.map(|table| table.line).collect();
                if lines.is_empty() {
                    lines.push(document.line_of("2"));
                }
                for line in lines {
                    let what =
                        format_args!("{msg_type} of {size} bytes has {times} tables in {dialect}");
                    self.note(line, what);
                }
            }
        }
    }

    fn sizes(&mut self, document: &Document, code: &Code) {
        for Sizes {
            line,
            msg_type,
            names,
            sizes,
        } in &document.sizes
        {
            let mut known_names = BTreeSet::new();
            for (index, dialect) in Dialect::ALL.into_iter().enumerate() {
                let of_type = |form: &&Form| form.dialect == dialect && form.msg_type == *msg_type;
                let forms: Vec<_> = code.forms.iter().filter(of_type).collect();
                known_names.extend(forms.iter().map(|form| form.name));
                let known: BTreeSet<_> = forms.iter().map(|form| form.size).collect();
                let told = sizes.get(index).cloned().unwrap_or_default();
                if told.iter().copied().collect::<BTreeSet<_>>() != known
                    || told.len() != known.len()
                {
                    self.note(*line, format_args!("{dialect} has the sizes {known:?}"));
                }
                // In brackets are the forms that are told by their exact size, and first the one
                // by which a longer message is read.
                if let Some(usual) = told.first().filter(|usual| known.contains(usual))
                    && !reads_longer(dialect, *msg_type, *usual)
                {
                    self.note(
                        *line,
                        format_args!("{usual} is not the usual size in {dialect}"),
                    );
                }
            }
            if names.iter().map(String::as_str).collect::<BTreeSet<_>>() != known_names {
                self.note(*line, format_args!("it is called {known_names:?}"));
            }
        }
        let told: BTreeSet<_> = document.sizes.iter().map(|sizes| sizes.msg_type).collect();
        let known: BTreeSet<_> = code.forms.iter().map(|form| form.msg_type).collect();
        for msg_type in known.difference(&told) {
            let what = format_args!("the row of type {msg_type} is missing");
            self.note(document.line_of("2.6"), what);
        }
    }

    fn codes(&mut self, document: &Document, code: &Code) {
        for CodeList { line, name, codes } in &document.codes {
            let Some(listed) = code.codes.iter().find(|listed| listed.name == name) else {
                self.note(*line, format_args!("there is no code {name}"));
                continue;
            };
            let mut told = BTreeSet::new();
            for code in codes {
                let raw = code.raw;
                if !told.insert(raw) {
                    self.note(code.line, format_args!("code {raw} comes twice"));
                }
                let Some((_, meaning, shown)) = listed.codes.iter().find(|known| known.0 == raw)
                else {
                    self.note(code.line, format_args!("{name} does not list {raw}"));
                    continue;
                };
                if code.meaning != *meaning {
                    self.note(code.line, format_args!("the code says: {meaning}"));
                }
                // A character that cannot be printed is written as a number.
                let is_character = shown.starts_with('\'') && !shown.starts_with("'\\");
                if code.is_character != is_character {
                    self.note(code.line, format_args!("the code prints {shown}"));
                }
            }
            for (raw, meaning, _) in listed.codes.iter().filter(|known| !told.contains(&known.0)) {
                self.note(
                    *line,
                    format_args!("the row of {raw} ({meaning}) is missing"),
                );
            }
        }
        for listed in &code.codes {
            let same = |list: &&CodeList| list.name == listed.name;
            let lists = document.codes.iter().filter(same).count();
            if lists != 1 {
                let what = format_args!("{} has {lists} lists", listed.name);
                self.note(document.line_of("4"), what);
            }
        }
    }
}

/// Whether a message that is one byte longer is read as this form.
fn reads_longer(dialect: Dialect, msg_type: u16, size: usize) -> bool {
    let bytes = layout::message(msg_type, size + 1);
    let parsed = Message::parse(dialect, MessageRef::new(&bytes).unwrap());
    matches!(parsed, Ok(Some(parsed)) if parsed.size() == size)
}

/// All differences between a document and the code.
fn differences(text: &str, code: &Code) -> Differences {
    let document = Document::parse(text);
    let mut differences = Differences::default();
    for (line, text) in &document.unreadable {
        differences.note(*line, format_args!("cannot be read: {text}"));
    }
    let headers = [&code.packet_header, &code.message_header];
    for (number, (name, fields)) in (0..).zip(["PacketHeader", "MessageHeader"].iter().zip(headers))
    {
        let Some(table) = document.headers.iter().find(|table| table.number == number) else {
            differences.note(
                document.line_of("1.1"),
                format_args!("P.{number} is missing"),
            );
            continue;
        };
        let size = fields.iter().map(|field| field.size).sum::<usize>();
        if (table.name.as_str(), table.size) != (*name, size) {
            differences.note(table.line, format_args!("it is {name}, {size} bytes"));
        }
        differences.fields(table, fields, None);
    }
    differences.messages(&document, code);
    differences.sizes(&document, code);
    differences.codes(&document, code);
    differences
}

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
