//! Which libzmq a program runs with.

use std::fmt;

/// A libzmq, as it says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Libzmq {
    /// Major, minor and patch.
    pub version: (i32, i32, i32),
    /// Whether sockets can have CURVE: who talks to whom is known by keys, and nobody else reads it.
    pub has_curve: bool,
}

/// The libzmq that this program runs with: the one that cargo built, or the system's.
pub fn libzmq() -> Libzmq {
    Libzmq {
        version: zmq::version(),
        has_curve: zmq::has("curve") == Some(true),
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

    /// Without it a program works on loopback, but who is handed one may want a cluster.
    #[test]
    fn a_build_has_curve() {
        assert!(libzmq().has_curve, "{}", libzmq());
    }

    #[test]
    fn it_is_told_in_words() {
        let mut libzmq = Libzmq {
            version: (4, 3, 5),
            has_curve: true,
        };
        assert_eq!(libzmq.to_string(), "libzmq 4.3.5 (CURVE)");
        libzmq.has_curve = false;
        assert_eq!(libzmq.to_string(), "libzmq 4.3.5 (no CURVE)");
    }
}
