//! The key of one machine, and its file.

use std::ffi::{c_char, c_int};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::allowed::AllowedLine;
use super::error::KeyError;
use super::files::{read_private, write_private};
use super::key::{PublicKey, SecretKey};
use super::name::KeyName;
use super::role::KeyRole;

/// The file in a keys directory.
const FILE_NAME: &str = "secret";

/// A machine's own key, with its role and name.
#[derive(Debug)]
pub struct KeyPair {
    /// What the machine does.
    pub role: KeyRole,
    /// What it is called.
    pub name: KeyName,
    /// The half that others list.
    pub public: PublicKey,
    secret: SecretKey,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    role: String,
    name: String,
    public: String,
    secret: String,
}

impl KeyPair {
    /// A new key, from the system's source of randomness.
    ///
    /// # Errors
    ///
    /// [`KeyError::NoCurve`] when this program's libzmq cannot make one.
    pub fn generate(role: KeyRole, name: KeyName) -> Result<Self, KeyError> {
        let made = zmq::CurveKeyPair::new().map_err(|source| {
            if source == zmq::Error::ENOTSUP {
                KeyError::NoCurve
            } else {
                KeyError::Generate { source }
            }
        })?;
        Ok(Self {
            role,
            name,
            public: PublicKey::from_bytes(made.public_key),
            secret: SecretKey::from_bytes(made.secret_key),
        })
    }

    /// Reads the key of a directory.
    ///
    /// # Errors
    ///
    /// When there is none, others may read it, or it is damaged.
    pub fn read(directory: &Path) -> Result<Self, KeyError> {
        let file = directory.join(FILE_NAME);
        let text = read_private(&file)?;
        let pair = Self::from_text(&text).map_err(|(line, what)| KeyError::Malformed {
            file: file.clone(),
            line,
            what,
        })?;
        match public_of(&pair.secret) {
            Some(public) if public == pair.public => Ok(pair),
            Some(_) => Err(KeyError::NoPair { file }),
            None => Err(KeyError::NoCurve),
        }
    }

    /// Writes the key to a directory, which is made when there is none; says which file it is. Only its
    /// owner can read it, from the first moment on.
    ///
    /// # Errors
    ///
    /// When there is a key already, unless it is to be replaced, or the file cannot be written.
    pub fn write(&self, directory: &Path, replace: bool) -> Result<PathBuf, KeyError> {
        let file = directory.join(FILE_NAME);
        if !replace && file.symlink_metadata().is_ok() {
            return Err(KeyError::Exists { file });
        }
        write_private(&file, &self.secret_text())?;
        Ok(file)
    }

    /// The content of the file, for whoever writes it elsewhere. It holds the secret.
    #[must_use]
    pub fn secret_text(&self) -> String {
        format!(
            "# The key of this machine. Nobody else may have it: no copy, no e-mail, no repository.\n\
             role = \"{}\"\nname = \"{}\"\npublic = \"{}\"\nsecret = \"{}\"\n",
            self.role,
            self.name,
            self.public,
            self.secret.reveal_text()
        )
    }

    /// The line for the lists of the machines that this one talks to.
    #[must_use]
    pub fn allowed_line(&self) -> AllowedLine {
        AllowedLine {
            role: self.role,
            name: self.name.clone(),
            public: self.public,
        }
    }

    /// Where the key of a directory is.
    #[must_use]
    pub fn file_in(directory: &Path) -> PathBuf {
        directory.join(FILE_NAME)
    }

    /// The secret half.
    pub(crate) const fn secret(&self) -> &SecretKey {
        &self.secret
    }

    /// The key that a text says, or the line and what is wrong with it, without any of its text.
    fn from_text(text: &str) -> Result<Self, (usize, String)> {
        let written: Written = toml::from_str(text).map_err(|error| {
            // Its own words would show the line, which may be that of the secret.
            let start = error.span().map_or(0, |span| span.start);
            let before = text.get(..start).unwrap_or_default();
            (before.matches('\n').count() + 1, error.message().to_owned())
        })?;
        let line_of = |field: &str| {
            let is_it = |line: &str| line.trim_start().starts_with(field);
            text.lines().position(is_it).map_or(1, |at| at + 1)
        };
        let wrong = |field: &'static str, what: &dyn std::fmt::Display| {
            (line_of(field), format!("`{field}`: {what}"))
        };
        Ok(Self {
            role: (written.role.parse()).map_err(|error| wrong("role", &error))?,
            name: (written.name.parse()).map_err(|error| wrong("name", &error))?,
            public: (written.public.parse()).map_err(|error| wrong("public", &error))?,
            secret: SecretKey::from_text(&written.secret)
                .map_err(|error| wrong("secret", &error))?,
        })
    }
}

/// The public half of a secret; nothing when this libzmq has no CURVE.
#[expect(unsafe_code, reason = "a function that only the C interface has")]
fn public_of(secret: &SecretKey) -> Option<PublicKey> {
    let mut secret = secret.reveal_text().into_bytes();
    secret.push(0);
    let mut public = [0_u8; 41];
    // SAFETY: libzmq reads 40 characters and the NUL behind them, and writes as many; both buffers
    // have 41 bytes and outlive the call, which keeps neither.
    let result = unsafe { zmq_curve_public(public.as_mut_ptr().cast(), secret.as_ptr().cast()) };
    let text = str::from_utf8(public.get(..40)?).ok()?;
    (result == 0).then(|| text.parse().ok())?
}

#[expect(unsafe_code, reason = "zmq-sys does not pass this function on")]
// SAFETY: as zmq.h of libzmq 4.2 and later declares it.
unsafe extern "C" {
    fn zmq_curve_public(public: *mut c_char, secret: *const c_char) -> c_int;
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;

    fn pair() -> KeyPair {
        KeyPair::generate(KeyRole::Pi, "pi-1".parse().unwrap()).unwrap()
    }

    #[test]
    fn a_key_is_read_as_it_was_written_and_only_its_owner_can() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path().join("keys");
        let pair = pair();
        let file = pair.write(&directory, false).unwrap();
        assert_eq!(file.metadata().unwrap().mode() & 0o7777, 0o600);
        assert_eq!(directory.metadata().unwrap().mode() & 0o7777, 0o700);
        let read = KeyPair::read(&directory).unwrap();
        assert_eq!(read.secret.reveal(), pair.secret.reveal());
        assert_eq!(read.allowed_line(), pair.allowed_line());
        let files = fs::read_dir(&directory).unwrap().count();
        assert_eq!(files, 1, "nothing is left beside it");
    }

    #[test]
    fn a_key_is_not_overwritten_unless_that_is_wanted() {
        let directory = tempfile::tempdir().unwrap();
        let (first, second) = (pair(), pair());
        first.write(directory.path(), false).unwrap();
        let error = second.write(directory.path(), false).unwrap_err();
        assert!(error.to_string().contains("--force"), "{error}");
        let kept = KeyPair::read(directory.path()).unwrap();
        assert_eq!(kept.public, first.public);
        second.write(directory.path(), true).unwrap();
        let kept = KeyPair::read(directory.path()).unwrap();
        assert_eq!(kept.public, second.public);
    }

    #[test]
    fn a_secret_that_others_can_read_is_refused_with_what_mends_it() {
        let directory = tempfile::tempdir().unwrap();
        let file = pair().write(directory.path(), false).unwrap();
        for mode in [0o640, 0o604, 0o660] {
            fs::set_permissions(&file, PermissionsExt::from_mode(mode)).unwrap();
            let said = KeyPair::read(directory.path()).unwrap_err().to_string();
            let expected = format!("run `chmod 600 {}`", file.display());
            assert!(said.contains(&expected), "{said}");
        }
        fs::set_permissions(&file, PermissionsExt::from_mode(0o400)).unwrap();
        KeyPair::read(directory.path()).unwrap();
    }

    #[test]
    fn no_error_and_no_debug_output_shows_the_secret() {
        let directory = tempfile::tempdir().unwrap();
        let pair = pair();
        let secret = pair.secret.reveal_text();
        assert!(!format!("{pair:?}").contains(&secret));
        let file = pair.write(directory.path(), false).unwrap();
        let text = pair.secret_text();
        for (broken, line) in [
            (text.replace(&format!("{secret}\""), &secret), 5),
            (text.replace("secret = \"", "secret = "), 5),
            (text.replace("secret = \"", "secret = \"x"), 5),
            (text.replace("public = ", "pubic = "), 4),
            (text.replace("\"pi\"", "\"phi\""), 2),
            (text.replace("\"pi-1\"", "\"pi 1\""), 3),
        ] {
            fs::write(&file, broken).unwrap();
            let said = KeyPair::read(directory.path()).unwrap_err().to_string();
            assert!(!said.contains(&secret[..8]), "{said}");
            let place = format!("{}:{line}: ", file.display());
            assert!(said.starts_with(&place), "{said}");
        }
    }

    #[test]
    fn halves_of_two_keys_are_no_pair() {
        let directory = tempfile::tempdir().unwrap();
        let (one, other) = (pair(), pair());
        let file = one.write(directory.path(), false).unwrap();
        let mixed = one.secret_text();
        let mixed = mixed.replace(&one.public.to_string(), &other.public.to_string());
        fs::write(&file, mixed).unwrap();
        let error = KeyPair::read(directory.path()).unwrap_err();
        assert!(matches!(error, KeyError::NoPair { .. }), "{error}");
    }

    #[test]
    fn a_missing_key_names_the_command_that_makes_one() {
        let said = KeyPair::read(Path::new("/nonexistent")).unwrap_err();
        assert!(said.to_string().contains("oxberry keygen --role"), "{said}");
    }
}
