//! Who a machine is, and whom it talks to: the two files of a keys directory.
//!
//! `secret` is the machine's own key: its role, its name, and both halves. `allowed` lists the public
//! halves of the machines that it talks to, one line each: `ROLE NAME PUBLIC`. A server lets in whom it
//! lists; a client finds there the key that the server must have.

mod allowed;
mod error;
mod files;
mod key;
mod name;
mod pair;
mod ring;
mod role;
mod text_error;
mod z85;

pub use self::allowed::{Allowed, AllowedLine, allow};
pub use self::error::KeyError;
pub(crate) use self::files::Stamp;
pub use self::key::PublicKey;
pub use self::name::KeyName;
pub use self::pair::KeyPair;
pub use self::ring::Keys;
pub use self::role::KeyRole;
pub use self::text_error::KeyTextError;
