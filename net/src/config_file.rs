//! The configuration file of a daemon: TOML, one key an option.
//!
//! What is wrong with it is told with its line. An unknown key is an error, since a typing mistake would
//! else leave a default where a value was meant.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::{Args, Command};
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeString, DeTable, Deserializer, Error};

/// What is wrong with a configuration file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigFileError {
    /// The file cannot be read.
    #[error("{}: the configuration file cannot be read: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is not TOML.
    #[error("{place}: {reason}; write one `key = value` a line")]
    Malformed {
        /// Where.
        place: Place,
        /// What is wrong there.
        reason: String,
    },
    /// A key that no option has.
    #[error("{place}: `{key}` is no key of this file; {hint}")]
    UnknownKey {
        /// Where.
        place: Place,
        /// The key.
        key: String,
        /// Which one may be meant.
        hint: Hint,
    },
    /// A value of another kind than the option has.
    #[error("{place}: {key} is {value}, but must be {must}")]
    BadValue {
        /// Where.
        place: Place,
        /// The key.
        key: String,
        /// What was written.
        value: String,
        /// What would do.
        must: String,
    },
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
}

/// Which key was meant by one that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// It is nearly this one.
    Nearest(String),
    /// It is like none of these.
    AllKeys(Vec<String>),
    /// It begins a section.
    Section,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nearest(key) => write!(f, "did you mean `{key}`?"),
            Self::AllKeys(keys) => write!(f, "its keys are {}", keys.join(", ")),
            Self::Section => f.write_str("it has no sections, each daemon has a file of its own"),
        }
    }
}

/// The options of a TOML file; none without a file.
///
/// # Errors
///
/// When the file cannot be read, is not TOML, has a key that no option of `O` has, or a value of
/// another kind.
pub fn options_of_file<O>(file: Option<&Path>) -> Result<O, ConfigFileError>
where
    O: Args + DeserializeOwned + Default,
{
    let Some(file) = file else {
        return Ok(O::default());
    };
    let text = fs::read_to_string(file).map_err(|source| ConfigFileError::Unreadable {
        file: file.to_owned(),
        source,
    })?;
    File { file, text: &text }.options()
}

/// The keys that a configuration file of these options may have, in the order of `--help`.
pub fn keys_of_file<O: Args>() -> Vec<String> {
    let command = O::augment_args(Command::new("options"));
    let arguments = command.get_arguments();
    arguments
        .map(|argument| argument.get_id().as_str().replace('_', "-"))
        .collect()
}

/// A text as a configuration file has it: what JSON writes as a string, TOML reads as one.
#[must_use]
pub fn quoted(text: impl ToString) -> String {
    serde_json::Value::String(text.to_string()).to_string()
}

/// A file that was read.
struct File<'f> {
    file: &'f Path,
    text: &'f str,
}

impl File<'_> {
    fn options<O: Args + DeserializeOwned>(&self) -> Result<O, ConfigFileError> {
        let table = DeTable::parse(self.text).map_err(|error| self.malformed(&error))?;
        self.check_keys(table.get_ref(), keys_of_file::<O>())?;
        let spans = table.get_ref().iter();
        let spans: Vec<_> = spans
            .map(|(key, value)| (key.get_ref().to_string(), value.span()))
            .collect();
        O::deserialize(Deserializer::from(table)).map_err(|error| self.bad_value(&error, &spans))
    }

    fn check_keys(&self, table: &DeTable<'_>, known: Vec<String>) -> Result<(), ConfigFileError> {
        let unknown =
            |key: &&Spanned<DeString<'_>>| !known.iter().any(|known| *known == **key.get_ref());
        // The map has them in another order than the file.
        let first = table
            .keys()
            .filter(unknown)
            .min_by_key(|key| key.span().start);
        let Some(key) = first else {
            return Ok(());
        };
        let is_section = table
            .get(key)
            .is_some_and(|value| value.get_ref().is_table());
        Err(ConfigFileError::UnknownKey {
            place: self.place(key.span().start),
            key: key.get_ref().to_string(),
            hint: if is_section {
                Hint::Section
            } else {
                hint(key.get_ref(), known)
            },
        })
    }

    fn malformed(&self, error: &Error) -> ConfigFileError {
        ConfigFileError::Malformed {
            place: self.place(error.span().map_or(0, |span| span.start)),
            reason: error.message().replace('\n', ", "),
        }
    }

    fn bad_value(&self, error: &Error, spans: &[(String, Range<usize>)]) -> ConfigFileError {
        let span = error.span().unwrap_or_default();
        let of_key = |(_, value): &&(String, Range<usize>)| {
            value.start <= span.start && span.end <= value.end
        };
        let value = self.text.get(span.clone()).unwrap_or_default();
        match spans.iter().find(of_key) {
            Some((key, _)) => ConfigFileError::BadValue {
                place: self.place(span.start),
                key: key.clone(),
                value: value.to_owned(),
                must: in_plain_words(error.message(), value),
            },
            None => self.malformed(error),
        }
    }

    fn place(&self, at: usize) -> Place {
        let before = self.text.as_bytes().iter().take(at);
        Place {
            file: self.file.to_owned(),
            line: before.filter(|byte| **byte == b'\n').count() + 1,
        }
    }
}

/// Which of the known keys was meant.
fn hint(key: &str, known: Vec<String>) -> Hint {
    let meant = key.trim_start_matches('-');
    let meant = meant.to_ascii_lowercase().replace('_', "-");
    let distances = known
        .iter()
        .map(|known| (strsim::osa_distance(&meant, known), known));
    match distances.min() {
        Some((distance, nearest)) if distance <= 1 + meant.chars().count() / 4 => {
            Hint::Nearest(nearest.clone())
        }
        Some(_) | None => Hint::AllKeys(known),
    }
}

/// What a value must be, from what the library says, such as `invalid type: float, expected u32`.
fn in_plain_words(said: &str, value: &str) -> String {
    let expected = said.rsplit_once("expected ").map_or(said, |(_, rest)| rest);
    match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => {
            let most = match expected {
                "u8" => u64::from(u8::MAX),
                "u16" => u64::from(u16::MAX),
                "u32" => u64::from(u32::MAX),
                // More than TOML can write.
                _ => return "a whole number, not below 0".into(),
            };
            format!("a whole number from 0 to {most}")
        }
        "a boolean" => "true or false".into(),
        "a string" | "path string" => format!("in quotes: {}", quoted(value)),
        "a sequence" => format!("a list: [{value}]"),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use clap::Args;
    use serde::Deserialize;

    use super::*;

    #[derive(Args, Debug, Default, PartialEq, Eq, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "kebab-case")]
    struct Options {
        #[arg(long)]
        orders: Option<u32>,
        #[arg(long)]
        print: Option<bool>,
        #[arg(long)]
        start_timeout: Option<u64>,
        #[arg(long)]
        speed: Option<String>,
        dir: Option<PathBuf>,
        #[arg(long)]
        http_hosts: Option<Vec<String>>,
    }

    fn read(text: &str) -> Result<Options, String> {
        let file = Path::new("/etc/oxberry/pi.toml");
        File { file, text }
            .options()
            .map_err(|error| error.to_string())
    }

    fn wrong(text: &str) -> String {
        let said = read(text).unwrap_err();
        said.strip_prefix("/etc/oxberry/pi.toml:")
            .expect("the file comes first")
            .to_owned()
    }

    #[test]
    fn a_file_may_have_each_key_once_and_none_need_be_there() {
        assert_eq!(read("").unwrap(), Options::default());
        let text = "# all of them\norders = 1_000\nprint = true\nstart-timeout = 3\nspeed = 'max'\n\
                    dir = '/srv/feed'\nhttp-hosts = [\n 'a',\n 'b' ]\n";
        let expected = Options {
            orders: Some(1_000),
            print: Some(true),
            start_timeout: Some(3),
            speed: Some("max".into()),
            dir: Some("/srv/feed".into()),
            http_hosts: Some(vec!["a".into(), "b".into()]),
        };
        assert_eq!(read(text).unwrap(), expected);
        let keys = keys_of_file::<Options>();
        let all = [
            "orders",
            "print",
            "start-timeout",
            "speed",
            "dir",
            "http-hosts",
        ];
        assert_eq!(keys, all);
    }

    #[test]
    fn an_unknown_key_is_told_with_the_one_that_may_be_meant() {
        for (text, expected) in [
            (
                "orders = 1\nordres = 3",
                "2: `ordres` is no key of this file; did you mean `orders`?",
            ),
            (
                "start_timeout = 3",
                "1: `start_timeout` is no key of this file; did you mean `start-timeout`?",
            ),
            (
                "\n\n--orders = 3",
                "3: `--orders` is no key of this file; did you mean `orders`?",
            ),
            (
                "ORDERS = 3",
                "1: `ORDERS` is no key of this file; did you mean `orders`?",
            ),
            (
                "http-host = 'a'",
                "1: `http-host` is no key of this file; did you mean `http-hosts`?",
            ),
            (
                "port = 3",
                "1: `port` is no key of this file; its keys are orders, print, start-timeout, speed, \
                 dir, http-hosts",
            ),
            (
                "speed = 'max'\n[pi]\norders = 3",
                "2: `pi` is no key of this file; it has no sections, each daemon has a file of its own",
            ),
            // The first of them, whatever their names.
            (
                "zzz = 1\naaa = 1",
                "1: `zzz` is no key of this file; its keys are orders, print, start-timeout, speed, dir, http-hosts",
            ),
        ] {
            assert_eq!(wrong(text), expected);
        }
    }

    #[test]
    fn a_value_of_another_kind_is_told_with_what_would_do() {
        for (text, expected) in [
            (
                "\norders = 'many'",
                "2: orders is 'many', but must be a whole number from 0 to 4294967295",
            ),
            (
                "orders = -1",
                "1: orders is -1, but must be a whole number from 0 to 4294967295",
            ),
            (
                "orders = 4294967296",
                "1: orders is 4294967296, but must be a whole number from 0 to 4294967295",
            ),
            (
                "orders = 1.5",
                "1: orders is 1.5, but must be a whole number from 0 to 4294967295",
            ),
            (
                "start-timeout = '3 s'",
                "1: start-timeout is '3 s', but must be a whole number, not below 0",
            ),
            ("print = 1", "1: print is 1, but must be true or false"),
            (
                "speed = 2.5",
                "1: speed is 2.5, but must be in quotes: \"2.5\"",
            ),
            ("dir = 7", "1: dir is 7, but must be in quotes: \"7\""),
            (
                "http-hosts = 'a'",
                "1: http-hosts is 'a', but must be a list: ['a']",
            ),
            (
                "http-hosts = [\n'a',\n7]",
                "3: http-hosts is 7, but must be in quotes: \"7\"",
            ),
        ] {
            assert_eq!(wrong(text), expected);
        }
    }

    #[test]
    fn what_is_not_toml_is_told_with_its_line() {
        for (text, line) in [
            ("orders = ", "1: "),
            ("orders = 1\nspeed 'max'", "2: "),
            ("orders = 1\norders = 2", "2: "),
            ("speed = 'max", "1: "),
            ("orders = 1 print = true", "1: "),
            ("orders = 99999999999999999999", "1: "),
        ] {
            let said = wrong(text);
            assert!(said.starts_with(line), "{said}");
            assert!(!said.contains('\n'), "{said}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let missing = Path::new("/no/such/pi.toml");
        let said = options_of_file::<Options>(Some(missing)).unwrap_err();
        let said = said.to_string();
        assert!(said.starts_with("/no/such/pi.toml: the configuration file cannot be read"));
        assert_eq!(
            options_of_file::<Options>(None).unwrap(),
            Options::default()
        );
    }
}
