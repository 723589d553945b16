//! The list of the machines that one talks to.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::error::KeyError;
use super::files::{read_guarded, write_private};
use super::key::PublicKey;
use super::name::KeyName;
use super::role::KeyRole;

/// One machine of the list. Prints itself as its line: `ROLE NAME PUBLIC`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedLine {
    /// What the machine does.
    pub role: KeyRole,
    /// What it is called.
    pub name: KeyName,
    /// Its public key.
    pub public: PublicKey,
}

/// The list: each name and each key stands there once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    lines: BTreeMap<PublicKey, AllowedLine>,
}

impl Allowed {
    /// The file in a keys directory.
    pub const FILE_NAME: &str = "allowed";

    /// Reads the list of a directory.
    ///
    /// # Errors
    ///
    /// When there is none, others may write it, or a line is malformed.
    pub fn read(directory: &Path) -> Result<Self, KeyError> {
        let file = Self::file_in(directory);
        let text = read_guarded(&file)?;
        Self::parse(&text).map_err(|(line, what)| KeyError::Malformed { file, line, what })
    }

    /// Where the list of a directory is.
    #[must_use]
    pub fn file_in(directory: &Path) -> PathBuf {
        directory.join(Self::FILE_NAME)
    }

    /// The machine with this key.
    #[must_use]
    pub fn of_key(&self, key: &PublicKey) -> Option<&AllowedLine> {
        self.lines.get(key)
    }

    /// All machines of a role.
    pub fn of_role(&self, role: KeyRole) -> impl Iterator<Item = &AllowedLine> {
        self.lines.values().filter(move |line| line.role == role)
    }

    /// Whether a machine of this name is listed.
    #[must_use]
    pub fn has_name(&self, name: &KeyName) -> bool {
        self.lines.values().any(|line| line.name == *name)
    }

    /// The list that a text says, or the line from 1 and what is wrong with it.
    fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut lines = BTreeMap::new();
        let mut names = BTreeMap::new();
        for (number, line) in (1..).zip(text.lines()) {
            let wrong = |what| (number, what);
            let Some(line) = parse_line(line).map_err(wrong)? else {
                continue;
            };
            if let Some(before) = names.insert(line.name.clone(), number) {
                let what = format!("the name `{}` stands in line {before} too", line.name);
                return Err((number, what));
            }
            let name = line.name.clone();
            if let Some(before) = lines.insert(line.public, line) {
                let what = format!("`{name}` has the key of `{}`", before.name);
                return Err((number, what));
            }
        }
        Ok(Self { lines })
    }
}

/// The machine of a line; nothing for an empty one or a comment.
fn parse_line(text: &str) -> Result<Option<AllowedLine>, String> {
    // A key may hold a `#`, but never begins with one: its first digit is at most 82, and `#` is 84.
    let words = text.split_ascii_whitespace();
    let words: Vec<_> = words.take_while(|word| !word.starts_with('#')).collect();
    let [role, name, public] = match words[..] {
        [] => return Ok(None),
        [role, name, public] => [role, name, public],
        _ => return Err("a line is `ROLE NAME PUBLIC`, as `oxberry keygen` prints it".into()),
    };
    let role = KeyRole::from_str(role).map_err(|error| format!("`{role}`: {error}"))?;
    let name = KeyName::from_str(name).map_err(|error| format!("`{name}`: {error}"))?;
    let public = PublicKey::from_str(public).map_err(|error| format!("`{public}`: {error}"))?;
    Ok(Some(AllowedLine { role, name, public }))
}

/// Adds a line to the list of a directory, which is made when there is none. A line of the same name is
/// replaced when that is wanted, so that its old key is revoked.
///
/// # Errors
///
/// When the name is listed and not to be replaced, the key is another one's, or the list is malformed or
/// cannot be written.
pub fn allow(directory: &Path, line: &AllowedLine, replace: bool) -> Result<(), KeyError> {
    let file = Allowed::file_in(directory);
    let before = match read_guarded(&file) {
        Err(KeyError::Missing { .. }) => String::new(),
        text => text?,
    };
    let malformed = |(line, what)| KeyError::Malformed {
        file: file.clone(),
        line,
        what,
    };
    let mut after = String::new();
    for (number, text) in (1..).zip(before.lines()) {
        let listed = parse_line(text).map_err(|what| malformed((number, what)))?;
        if listed.is_none_or(|listed| listed.name != line.name) {
            after.push_str(text);
            after.push('\n');
        } else if !replace {
            let name = line.name.clone();
            return Err(KeyError::Listed { file, name });
        }
    }
    // Writing to a string cannot fail.
    let _ = writeln!(after, "{line}");
    Allowed::parse(&after).map_err(malformed)?;
    write_private(&file, &after)
}

impl fmt::Display for AllowedLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { role, name, public } = self;
        write!(f, "{role} {name} {public}")
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn key(of: u8) -> PublicKey {
        PublicKey::from_bytes([of; 32])
    }

    fn line(role: KeyRole, name: &str, of: u8) -> AllowedLine {
        let (name, public) = (name.parse().unwrap(), key(of));
        AllowedLine { role, name, public }
    }

    #[test]
    fn lines_are_read_whatever_stands_around_them() {
        let (one, two) = (line(KeyRole::Pi, "pi-1", 1), line(KeyRole::Tap, "t", 2));
        let text = format!("# who\n\n  {one}   # the first\n\t{two}\r\n   #{one}\n");
        let list = Allowed::parse(&text).unwrap();
        assert_eq!(list.of_key(&key(1)), Some(&one));
        assert_eq!(list.of_role(KeyRole::Tap).collect::<Vec<_>>(), [&two]);
        assert_eq!(list.of_key(&key(3)), None);
        assert_eq!(Allowed::parse(""), Ok(Allowed::default()));
    }

    #[test]
    fn a_key_may_hold_the_sign_of_a_comment_but_not_begin_with_it() {
        let mut bytes = [3; 32];
        // The second digit is 84.
        bytes[..4].copy_from_slice(&(84 * 85_u32.pow(3)).to_be_bytes());
        let public = PublicKey::from_bytes(bytes);
        assert!(public.to_string().starts_with("0#"), "{public}");
        let list = Allowed::parse(&format!("pi pi-1 {public} # remark")).unwrap();
        assert!(list.of_key(&public).is_some());
        let highest = PublicKey::from_bytes([0xff; 32]);
        assert!(highest.to_string().starts_with('%'), "{highest}");
    }

    #[test]
    fn a_malformed_line_is_named_and_never_passed_over() {
        let good = line(KeyRole::Pi, "pi-1", 1);
        let long = "n".repeat(65);
        let cases = [
            (format!("{good}\npy pi-2 {}", key(2)), 2, "`py`: a role is"),
            (format!("\n{good} more"), 2, "a line is `ROLE NAME PUBLIC`"),
            ("pi".into(), 1, "a line is `ROLE NAME PUBLIC`"),
            ("pi pi-1".into(), 1, "a line is `ROLE NAME PUBLIC`"),
            ("pi pi-1 abc".into(), 1, "`abc`: a key is 40 characters"),
            (format!("pi p/1 {}", key(1)), 1, "`p/1`: the name of a key"),
            (format!("pi {long} {}", key(1)), 1, "the name of a key"),
            (
                format!("{good}\n{}", line(KeyRole::Tap, "pi-1", 2)),
                2,
                "the name `pi-1` stands in line 1 too",
            ),
            (
                format!("{good}\n{}", line(KeyRole::Pi, "pi-2", 1)),
                2,
                "`pi-2` has the key of `pi-1`",
            ),
        ];
        for (text, number, expected) in cases {
            let (line, what) = Allowed::parse(&text).unwrap_err();
            assert_eq!(line, number, "{text}");
            assert!(what.contains(expected), "{what}");
        }
    }

    #[test]
    fn a_list_that_others_can_write_is_refused_with_what_mends_it() {
        let directory = tempfile::tempdir().unwrap();
        allow(directory.path(), &line(KeyRole::Pi, "pi-1", 1), false).unwrap();
        let file = Allowed::file_in(directory.path());
        fs::set_permissions(&file, PermissionsExt::from_mode(0o664)).unwrap();
        let said = Allowed::read(directory.path()).unwrap_err().to_string();
        assert!(said.contains("run `chmod go-w"), "{said}");
        fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
        Allowed::read(directory.path()).unwrap();
    }

    #[test]
    fn a_line_is_added_once_and_replaced_when_that_is_wanted() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        fs::write(Allowed::file_in(directory), "# ours\n").unwrap();
        allow(directory, &line(KeyRole::Pi, "pi-1", 1), false).unwrap();
        allow(directory, &line(KeyRole::Pi, "pi-2", 2), false).unwrap();
        let error = allow(directory, &line(KeyRole::Pi, "pi-1", 3), false).unwrap_err();
        assert!(matches!(error, KeyError::Listed { .. }), "{error}");
        let error = allow(directory, &line(KeyRole::Pi, "pi-3", 2), false).unwrap_err();
        assert!(error.to_string().contains("has the key of `pi-2`"));
        allow(directory, &line(KeyRole::Pi, "pi-1", 3), true).unwrap();
        let list = Allowed::read(directory).unwrap();
        assert_eq!(list.of_key(&key(1)), None);
        assert_eq!(list.of_role(KeyRole::Pi).count(), 2);
        let text = fs::read_to_string(Allowed::file_in(directory)).unwrap();
        assert!(text.starts_with("# ours\n"), "{text}");
    }
}
