//! What docs/security.md promises, line by line, over real sockets.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod admission;
mod flood;
mod impostors;
mod machines;
mod messages;
mod replay;
mod revocation;
mod rogue_server;
mod servers;
