//! What can be wrong with the keys of a machine, in words that never hold a secret.

use std::io;
use std::path::PathBuf;

use super::name::KeyName;
use super::role::KeyRole;

/// Why keys cannot be used or made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no such file.
    #[error(
        "{}: there is no such file; `oxberry keygen --role ROLE --name NAME --out {}` makes the \
         keys of a machine, and docs/security.md says what to list in `allowed`",
        file.display(),
        file.parent().unwrap_or(file).display()
    )]
    Missing {
        /// The file.
        file: PathBuf,
    },
    /// A file cannot be read.
    #[error("{}: cannot be read: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Others than the owner can read the secret.
    #[error(
        "{}: others may read this secret (mode {mode:04o}); run `chmod 600 {}`, and make a new key if \
         somebody can have read it",
        file.display(),
        file.display()
    )]
    Exposed {
        /// The file.
        file: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// Others than the owner can change the list, and so let themselves in.
    #[error(
        "{}: others may write this list (mode {mode:04o}); run `chmod go-w {}`",
        file.display(),
        file.display()
    )]
    Writable {
        /// The file.
        file: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// A line of a file is not as it must be.
    #[error("{}:{line}: {what}", file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong, and what to write.
        what: String,
    },
    /// The two halves in the file do not belong together.
    #[error(
        "{}: the public key is not that of the secret; the file is damaged, make a new one with \
         `oxberry keygen --force`",
        file.display()
    )]
    NoPair {
        /// The file.
        file: PathBuf,
    },
    /// The key is that of another kind of machine.
    #[error("{}: this is the key of a {is}, but a {must} needs its own", file.display())]
    WrongRole {
        /// The file.
        file: PathBuf,
        /// The role of the key.
        is: KeyRole,
        /// The role that is needed.
        must: KeyRole,
    },
    /// The server that is to be connected to is not listed.
    #[error(
        "{}: no {role} is listed, so its key is not known; add the line that `oxberry keygen` printed \
         on the {role}",
        file.display()
    )]
    NoServer {
        /// The list.
        file: PathBuf,
        /// Whose line is missing.
        role: KeyRole,
    },
    /// More than one such server is listed.
    #[error(
        "{}: `{one}` and `{other}` are both listed as {role}; a cluster has one, remove the other",
        file.display()
    )]
    TwoServers {
        /// The list.
        file: PathBuf,
        /// The role of both.
        role: KeyRole,
        /// The first.
        one: KeyName,
        /// The second.
        other: KeyName,
    },
    /// The libzmq of this program does not encrypt.
    #[error(
        "the libzmq of this program was built without CURVE, so keys cannot be used; install a build \
         that has it (`--version` tells), or build with `--config deploy/system-libzmq.toml`"
    )]
    NoCurve,
    /// libzmq cannot make keys.
    #[error("libzmq cannot make a key: {source}")]
    Generate {
        /// What it says.
        source: zmq::Error,
    },
    /// There is a key already.
    #[error(
        "{}: there is a key already; `--force` replaces it, and then every list that has its line \
         needs the new one",
        file.display()
    )]
    Exists {
        /// The file.
        file: PathBuf,
    },
    /// The name is listed already.
    #[error("{}: `{name}` is listed already; replace its line or take another name", file.display())]
    Listed {
        /// The list.
        file: PathBuf,
        /// The name.
        name: KeyName,
    },
    /// A file cannot be written.
    #[error("{}: cannot be written: {source}", file.display())]
    Unwritable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}
