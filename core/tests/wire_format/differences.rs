//! Where the document and the code differ.

use std::collections::BTreeSet;

use oxberry_core::xdp::{Dialect, Message, MessageRef};

use super::code::Code;
use super::document::{CodeList, Document, Sizes, Table};
use super::layout::{self, Field, Form, number};

/// Where the document is, from the root of the workspace.
pub(crate) const DOCUMENT: &str = "docs/wire-format.md";

/// Where document and code differ, one line of text each.
#[derive(Default)]
pub(crate) struct Differences(pub(crate) Vec<String>);

impl Differences {
    fn note(&mut self, line: usize, what: impl std::fmt::Display) {
        self.0.push(format!("{DOCUMENT}:{line}: {what}"));
    }

    /// Whether one of them is about the line.
    pub(crate) fn name(&self, line: usize) -> bool {
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
pub(crate) fn differences(text: &str, code: &Code) -> Differences {
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
