//! Panics that are expected, of a machine whose memory has changed by itself: nobody needs to read of them.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;
use std::thread;

thread_local! {
    /// Whether a panic of this thread is expected.
    static IS_EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// Returns what `run` does, or an error if it panics, without a word on standard error.
pub(super) fn quietly<T>(run: impl FnOnce() -> T) -> thread::Result<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let tell = take_hook();
        set_hook(Box::new(move |panic| {
            if !IS_EXPECTED.get() {
                tell(panic);
            }
        }));
    });
    IS_EXPECTED.set(true);
    let ran = catch_unwind(AssertUnwindSafe(run));
    IS_EXPECTED.set(false);
    ran
}
