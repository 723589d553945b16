//! Which libzmq this program uses.

use std::fmt;

/// A libzmq.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Libzmq {
    /// Its version.
    pub version: (i32, i32, i32),
    /// Whether it can encrypt.
    pub has_curve: bool,
}

/// The libzmq that this program uses.
#[must_use]
pub fn libzmq() -> Libzmq {
    Libzmq {
        version: zmq::version(),
        has_curve: zmq::has("curve").unwrap_or(false),
    }
}

impl fmt::Display for Libzmq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor, patch) = self.version;
        let curve = if self.has_curve { "CURVE" } else { "no CURVE" };
        write!(f, "libzmq {major}.{minor}.{patch} ({curve})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_named_with_its_version_and_what_it_can() {
        assert!(libzmq().version >= (4, 3, 0));
        let old = Libzmq {
            version: (4, 3, 4),
            has_curve: false,
        };
        assert_eq!(old.to_string(), "libzmq 4.3.4 (no CURVE)");
        let new = Libzmq {
            version: (4, 3, 5),
            has_curve: true,
        };
        assert_eq!(new.to_string(), "libzmq 4.3.5 (CURVE)");
    }
}
