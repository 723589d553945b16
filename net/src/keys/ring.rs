//! The keys directory of one machine, loaded.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::allowed::Allowed;
use super::error::KeyError;
use super::files::{Stamp, stamp};
use super::key::PublicKey;
use super::name::KeyName;
use super::pair::KeyPair;
use super::role::KeyRole;

/// A machine's own key, and where the list of the others is. Clones are cheap.
#[derive(Clone, Debug)]
pub struct Keys {
    directory: PathBuf,
    pair: Arc<KeyPair>,
}

impl Keys {
    /// Loads a directory, and checks all that is in it.
    ///
    /// # Errors
    ///
    /// When this program's libzmq has no CURVE, or a file is missing, damaged, or open to others.
    pub fn load(directory: &Path) -> Result<Self, KeyError> {
        if zmq::has("curve") == Some(false) {
            return Err(KeyError::NoCurve);
        }
        let pair = Arc::new(KeyPair::read(directory)?);
        Allowed::read(directory)?;
        let directory = directory.to_owned();
        Ok(Self { directory, pair })
    }

    /// Loads the directory of a machine that is to have this role, and connects to servers of these.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load); and when the key is of another role, or a server is not listed.
    pub fn load_for(
        directory: &Path,
        role: KeyRole,
        servers: &[KeyRole],
    ) -> Result<Self, KeyError> {
        let keys = Self::load(directory)?;
        if keys.role() != role {
            return Err(KeyError::WrongRole {
                file: KeyPair::file_in(directory),
                is: keys.role(),
                must: role,
            });
        }
        for &server in servers {
            keys.server(server)?;
        }
        Ok(keys)
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What this machine does.
    #[must_use]
    pub fn role(&self) -> KeyRole {
        self.pair.role
    }

    /// What this machine is called.
    #[must_use]
    pub fn name(&self) -> &KeyName {
        &self.pair.name
    }

    /// Both halves of this machine's key.
    pub(crate) fn pair(&self) -> &KeyPair {
        &self.pair
    }

    /// The list of the others as it is now.
    pub(crate) fn read_allowed(&self) -> Result<Allowed, KeyError> {
        Allowed::read(&self.directory)
    }

    /// When the list was last written.
    pub(crate) fn stamp_of_allowed(&self) -> Option<Stamp> {
        stamp(&Allowed::file_in(&self.directory))
    }

    /// The key that the only server of a role must have, by the list as it is now.
    pub(crate) fn server(&self, role: KeyRole) -> Result<PublicKey, KeyError> {
        let file = Allowed::file_in(&self.directory);
        let allowed = self.read_allowed()?;
        let mut listed = allowed.of_role(role);
        match (listed.next(), listed.next()) {
            (Some(server), None) => Ok(server.public),
            (None, _) => Err(KeyError::NoServer { file, role }),
            (Some(one), Some(other)) => Err(KeyError::TwoServers {
                file,
                role,
                one: one.name.clone(),
                other: other.name.clone(),
            }),
        }
    }
}

impl PartialEq for Keys {
    fn eq(&self, other: &Self) -> bool {
        self.directory == other.directory && self.pair.public == other.pair.public
    }
}

impl Eq for Keys {}

#[cfg(test)]
mod tests {
    use super::super::allowed::allow;
    use super::*;

    #[test]
    fn a_directory_that_does_not_fit_the_daemon_is_refused_with_what_to_do() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        let make = |role, name: &str| KeyPair::generate(role, name.parse().unwrap()).unwrap();
        let load = || Keys::load_for(directory, KeyRole::Pi, &[KeyRole::Controller]);
        let said = || load().unwrap_err().to_string();

        make(KeyRole::Visual, "page")
            .write(directory, false)
            .unwrap();
        assert!(said().contains("/allowed: there is no such file"));
        allow(directory, &make(KeyRole::Pi, "pi-2").allowed_line(), false).unwrap();
        assert!(said().contains("the key of a visual, but a pi needs its own"));
        make(KeyRole::Pi, "pi-1").write(directory, true).unwrap();
        assert!(said().contains("no controller is listed"), "{}", said());
        let one = make(KeyRole::Controller, "c-1").allowed_line();
        allow(directory, &one, false).unwrap();
        let keys = load().unwrap();
        assert_eq!(keys.server(KeyRole::Controller).unwrap(), one.public);
        assert_eq!((keys.role(), keys.name().as_str()), (KeyRole::Pi, "pi-1"));
        let other = make(KeyRole::Controller, "c-2").allowed_line();
        allow(directory, &other, false).unwrap();
        assert!(said().contains("both listed as controller"), "{}", said());
    }
}
