//! The tables of `docs/wire-format.md`, each row with its line.

use oxberry_core::xdp::Dialect;

use crate::support::fields::snake_case;

/// What the document says, as far as it can be held against code.
#[derive(Debug, Default)]
pub(crate) struct Document {
    /// Tables P.0 and P.1.
    pub(crate) headers: Vec<Table>,
    /// Tables of messages.
    pub(crate) messages: Vec<Table>,
    pub(crate) codes: Vec<CodeList>,
    pub(crate) sizes: Vec<Sizes>,
    /// Lines of sections by their numbers, `2.6`.
    sections: Vec<(String, usize)>,
    /// What cannot be read, with its line.
    pub(crate) unreadable: Vec<(usize, String)>,
}

/// A table of fields under a heading such as `#### X.35 Refresh Header (short form), 8 bytes`.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) line: usize,
    /// `X` of `X.35`.
    pub(crate) letters: String,
    /// 35 of `X.35`.
    pub(crate) number: u16,
    /// Without spaces, and without what is in brackets.
    pub(crate) name: String,
    pub(crate) size: usize,
    /// As the line `In …` says.
    pub(crate) dialects: Vec<Dialect>,
    pub(crate) rows: Vec<Row>,
}

/// A field.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) line: usize,
    pub(crate) offset: usize,
    pub(crate) size: usize,
    /// In snake case.
    pub(crate) name: String,
    pub(crate) kind: String,
}

/// The codes of a type under a heading such as `#### MarketId`.
#[derive(Debug)]
pub(crate) struct CodeList {
    pub(crate) line: usize,
    pub(crate) name: String,
    pub(crate) codes: Vec<Code>,
}

#[derive(Debug)]
pub(crate) struct Code {
    pub(crate) line: usize,
    pub(crate) raw: u16,
    /// Whether it is written as a character.
    pub(crate) is_character: bool,
    pub(crate) meaning: String,
}

/// A row of the table of sizes.
#[derive(Debug)]
pub(crate) struct Sizes {
    pub(crate) line: usize,
    pub(crate) msg_type: u16,
    pub(crate) names: Vec<String>,
    /// In the order of [`Dialect::ALL`].
    pub(crate) sizes: Vec<Vec<usize>>,
}

/// What the rows that follow belong to.
enum Under {
    Nothing,
    Header,
    Message,
    Codes,
    Sizes,
}

impl Document {
    pub(crate) fn parse(text: &str) -> Self {
        let mut document = Self::default();
        let mut under = Under::Nothing;
        for (line, text) in (1..).zip(text.lines()) {
            if let Some(title) = text.strip_prefix("#### ") {
                under = document.table(line, title);
            } else if text.starts_with('#') {
                under = document.section(line, text.trim_start_matches(['#', ' ']));
            } else if let (Under::Message, Some(names)) = (&under, text.strip_prefix("In `")) {
                document.dialects(line, names);
            } else if let Some(row) = text.strip_prefix("| ") {
                let row = row.strip_suffix('|').unwrap_or(row);
                let cells: Vec<_> = row.split('|').map(str::trim).collect();
                if ["Offset", "Code", "Type"].contains(&cells[0]) {
                    continue;
                }
                if document.row(line, &under, &cells).is_none() {
                    document.unreadable.push((line, text.to_owned()));
                }
            }
        }
        document
    }

    /// Whether there is such a section.
    pub(crate) fn has_section(&self, number: &str) -> bool {
        self.sections.iter().any(|(known, _)| known == number)
    }

    /// The line of a section; the first line if there is none.
    pub(crate) fn line_of(&self, number: &str) -> usize {
        let found = self.sections.iter().find(|(known, _)| known == number);
        found.map_or(1, |(_, line)| *line)
    }

    fn section(&mut self, line: usize, title: &str) -> Under {
        let number = title.split(' ').next().unwrap_or_default();
        let number = number.strip_suffix('.').unwrap_or(number);
        self.sections.push((number.to_owned(), line));
        if number == "2.6" {
            Under::Sizes
        } else {
            Under::Nothing
        }
    }

    /// The heading of a table.
    fn table(&mut self, line: usize, title: &str) -> Under {
        if !title.contains(' ') {
            self.codes.push(CodeList {
                line,
                name: title.to_owned(),
                codes: Vec::new(),
            });
            return Under::Codes;
        }
        let Some(table) = fields_table(line, title) else {
            self.unreadable.push((line, title.to_owned()));
            return Under::Nothing;
        };
        if table.letters == "P" {
            self.headers.push(table);
            Under::Header
        } else {
            self.messages.push(table);
            Under::Message
        }
    }

    /// The line that names the dialects of a message, without its beginning.
    fn dialects(&mut self, line: usize, names: &str) {
        for name in names.trim_end_matches(['`', '.']).split("`, `") {
            match (Dialect::from_name(name), self.messages.last_mut()) {
                (Some(dialect), Some(table)) => table.dialects.push(dialect),
                _ => self.unreadable.push((line, name.to_owned())),
            }
        }
    }

    /// A row of a table; `None` if it is not of its kind.
    fn row(&mut self, line: usize, under: &Under, cells: &[&str]) -> Option<()> {
        match under {
            Under::Nothing => {}
            Under::Header => self.headers.last_mut()?.rows.push(field(line, cells)?),
            Under::Message => self.messages.last_mut()?.rows.push(field(line, cells)?),
            Under::Codes => self.codes.last_mut()?.codes.push(code(line, cells)?),
            Under::Sizes => self.sizes.push(sizes(line, cells)?),
        }
        Some(())
    }
}

fn fields_table(line: usize, title: &str) -> Option<Table> {
    let (key, rest) = title.split_once(' ')?;
    let (letters, number) = key.split_once('.')?;
    let (name, size) = rest.rsplit_once(", ")?;
    let name = name.split(" (").next()?;
    Some(Table {
        line,
        letters: letters.to_owned(),
        number: number.parse().ok()?,
        name: name.replace(' ', ""),
        size: size.strip_suffix(" bytes")?.parse().ok()?,
        dialects: Vec::new(),
        rows: Vec::new(),
    })
}

fn field(line: usize, cells: &[&str]) -> Option<Row> {
    let &[offset, size, name, kind, _] = cells else {
        return None;
    };
    Some(Row {
        line,
        offset: offset.parse().ok()?,
        size: size.parse().ok()?,
        name: snake_case(name),
        kind: kind.to_owned(),
    })
}

fn code(line: usize, cells: &[&str]) -> Option<Code> {
    let (&[code, meaning] | &[code, meaning, _]) = cells else {
        return None;
    };
    let code = code.strip_prefix('`')?.strip_suffix('`')?;
    let character = code.strip_prefix('\'').and_then(|c| c.strip_suffix('\''));
    let raw = match character.map(str::as_bytes) {
        Some(&[byte]) => byte.into(),
        Some(_) => return None,
        None => code.parse().ok()?,
    };
    Some(Code {
        line,
        raw,
        is_character: character.is_some(),
        meaning: meaning.to_owned(),
    })
}

fn sizes(line: usize, cells: &[&str]) -> Option<Sizes> {
    let &[msg_type, names, ref sizes @ ..] = cells else {
        return None;
    };
    let of_dialect = |cell: &&str| {
        let numbers = cell.split([' ', ',', '(', ')', '–']);
        numbers
            .filter(|number| !number.is_empty())
            .map(|number| number.parse().ok())
            .collect::<Option<Vec<usize>>>()
    };
    Some(Sizes {
        line,
        msg_type: msg_type.parse().ok()?,
        names: names
            .split(" / ")
            .map(|name| name.replace(' ', ""))
            .collect(),
        sizes: sizes.iter().map(of_dialect).collect::<Option<_>>()?,
    })
}
