//! Counts the steps of updates in tests, where each is held to its bound; elsewhere nothing.

/// One step: a visit to a bucket, a level, a ladder node or an order.
#[cfg(not(test))]
#[inline]
pub(super) fn count() {}

#[cfg(test)]
pub(super) use counting::{count, take};

#[cfg(test)]
mod counting {
    extern crate std;
    use core::cell::Cell;

    std::thread_local!(static STEPS: Cell<u32> = const { Cell::new(0) });

    /// One step: a visit to a bucket, a level, a ladder node or an order.
    pub(in super::super) fn count() {
        STEPS.set(STEPS.get() + 1);
    }

    /// The steps since the last call.
    pub(in super::super) fn take() -> u32 {
        STEPS.take()
    }
}
