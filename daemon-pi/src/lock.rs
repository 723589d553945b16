//! Keeps the process in memory: no page of it is ever fetched from a disk or card.

use rustix::io::Errno;
use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{Resource, getrlimit};

use crate::limits::STACK_BYTES;

/// What was locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Locked {
    /// All that is there and all that comes.
    All,
    /// All that is there, since the limit is finite: what comes later and does not fit would be refused, and
    /// a program that is refused memory ends.
    Present,
}

/// The system does not allow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "memory is not locked, {reason}: {}; on a machine with swap the books may be written out, and the feed \
     waits until they are back. Raise the limit (LimitMEMLOCK=infinity in the unit, `ulimit -l unlimited` in \
     a shell), or say --lock-memory=false",
    limit.map_or_else(|| "without a limit".into(), |bytes| format!("at most {bytes} bytes may be"))
)]
pub(crate) struct NotLocked {
    /// What the system says.
    reason: Errno,
    /// Bytes that may be locked, if not any number.
    limit: Option<u64>,
}

/// Touches the stack as far as the loop goes, and locks what there is.
///
/// # Errors
///
/// When the system does not allow it.
pub(crate) fn lock_memory() -> Result<Locked, NotLocked> {
    touch_stack();
    let limit = getrlimit(Resource::Memlock).current;
    let (flags, locked) = match limit {
        None => (MlockAllFlags::CURRENT | MlockAllFlags::FUTURE, Locked::All),
        Some(_) => (MlockAllFlags::CURRENT, Locked::Present),
    };
    mlockall(flags).map_err(|reason| NotLocked { reason, limit })?;
    Ok(locked)
}

/// Writes as much of the stack as the loop may need, so that it never waits for a page of it.
#[inline(never)]
#[expect(clippy::large_stack_arrays, reason = "that is what it is for")]
fn touch_stack() {
    core::hint::black_box(&mut [0_u8; STACK_BYTES]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_follows_and_what_to_do() {
        let error = NotLocked {
            reason: Errno::NOMEM,
            limit: Some(65_536),
        };
        let said = error.to_string();
        for part in [
            "at most 65536 bytes",
            "LimitMEMLOCK",
            "ulimit -l",
            "--lock-memory=false",
            "swap",
        ] {
            assert!(said.contains(part), "{said}");
        }
    }
}
