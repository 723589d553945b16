//! What ends the dashboard before its time.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use oxberry_net::NetError;

use crate::table::TableError;

/// Why the dashboard cannot start or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Somebody listens already where the page should be.
    #[error(
        "cannot serve the page at {address}: port {} is taken; stop what holds it, or choose another \
         port with {option} (0 takes any free one)",
        address.port()
    )]
    PortTaken {
        /// Where the page should be.
        address: SocketAddr,
        /// The option that says so, as the user knows it.
        option: String,
    },
    /// The page cannot be served there for another reason.
    #[error("cannot serve the page at {address}: {source}")]
    Bind {
        /// Where the page should be.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// A socket failed.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The controller's answer is no symbol table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The page's server failed.
    #[error("the page's server failed: {source}")]
    Web {
        /// What the system says.
        source: io::Error,
    },
    /// The page's thread panicked, which is a defect.
    #[error("the page's thread panicked")]
    WebPanicked,
    /// Events cannot be printed.
    #[error("cannot print to standard output: {source}")]
    Print {
        /// What the system says.
        source: io::Error,
    },
    /// The file of events cannot be written.
    #[error("{}: events cannot be written: {source}", file.display())]
    Events {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// systemd's socket cannot be reached.
    #[error("cannot reach the socket that NOTIFY_SOCKET names: {source}")]
    Notify {
        /// What the system says.
        source: io::Error,
    },
}

impl Error {
    /// The same error, in which this is the name of the option for the page's address.
    pub(crate) fn with_http_option(self, name: &str) -> Self {
        if let Self::PortTaken { address, .. } = self {
            let option = name.into();
            return Self::PortTaken { address, option };
        }
        self
    }
}
