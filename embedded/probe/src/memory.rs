//! The four functions that compilers call and libc usually has.

use core::ffi::c_int;

/// Copies; the ranges do not overlap.
///
/// # Safety
///
/// As libc's `memcpy`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    for at in 0..count {
        // SAFETY: the caller says that both ranges are valid.
        unsafe { to.add(at).write_volatile(from.add(at).read_volatile()) };
    }
    to
}

/// Copies; the ranges may overlap.
///
/// # Safety
///
/// As libc's `memmove`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    for step in 0..count {
        let at = if to.cast_const() < from {
            step
        } else {
            count - 1 - step
        };
        // SAFETY: the caller says that both ranges are valid; the order respects their overlap.
        unsafe { to.add(at).write_volatile(from.add(at).read_volatile()) };
    }
    to
}

/// Fills.
///
/// # Safety
///
/// As libc's `memset`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, value: c_int, count: usize) -> *mut u8 {
    let [byte, ..] = value.to_le_bytes();
    for at in 0..count {
        // SAFETY: the caller says that the range is valid.
        unsafe { to.add(at).write_volatile(byte) };
    }
    to
}

/// Compares.
///
/// # Safety
///
/// As libc's `memcmp`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, count: usize) -> c_int {
    for at in 0..count {
        // SAFETY: the caller says that both ranges are valid.
        let (left, right) =
            unsafe { (left.add(at).read_volatile(), right.add(at).read_volatile()) };
        if left != right {
            return c_int::from(left) - c_int::from(right);
        }
    }
    0
}

/// Compares for equality.
///
/// # Safety
///
/// As libc's `bcmp`.
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, count: usize) -> c_int {
    // SAFETY: the caller's promise is the same.
    unsafe { memcmp(left, right, count) }
}
