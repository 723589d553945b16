//! What libzmq asks of libsodium, by the signatures of `include/sodium.h`.
//!
//! All functions that return a number return 0, or −1 when they refused. libzmq aborts the process
//! when it is refused a box of its own; there is nothing that could make one fail.

use std::ffi::{c_int, c_uchar, c_ulonglong, c_void};
use std::ptr;
use std::slice;

use zeroize::Zeroize;

use crate::nacl::{self, Key, Nonce, Refused, Tag};

/// The bytes before a message in the older functions: zeros in front of a plain one, …
const ZEROS_OF_PLAIN: usize = 32;
/// … and in front of a box, whose tag takes the rest of that room.
const ZEROS_OF_BOX: usize = ZEROS_OF_PLAIN - TAG;
const TAG: usize = size_of::<Tag>();

/// The room in front of an allocation, for its length. What follows is as aligned as `calloc` has it.
const LENGTH_ROOM: usize = 16;

const fn number(result: Result<(), Refused>) -> c_int {
    match result {
        Ok(()) => 0,
        Err(Refused) => -1,
    }
}

/// Fills memory from the system's source of randomness.
fn fill(bytes: &mut [u8]) -> Result<(), Refused> {
    getrandom::fill(bytes).map_err(|_| Refused)
}

/// Refuses where the system has no randomness to give. libzmq calls it first.
#[unsafe(no_mangle)]
extern "C" fn oxberry_sodium_init() -> c_int {
    number(fill(&mut [0]))
}

/// Memory for `count` secrets of `size` bytes each, or null. It holds zeros.
#[unsafe(no_mangle)]
extern "C" fn oxberry_sodium_allocarray(count: usize, size: usize) -> *mut c_void {
    let bytes = count.checked_mul(size);
    let Some(bytes) = bytes.and_then(|bytes| bytes.checked_add(LENGTH_ROOM)) else {
        return ptr::null_mut();
    };
    // SAFETY: any number of bytes may be asked for.
    let start = unsafe { libc::calloc(bytes, 1) };
    if start.is_null() {
        return start;
    }
    // SAFETY: there is room for a number in front, aligned as `calloc` aligns, and what is handed
    // out ends with the allocation.
    unsafe {
        start.cast::<usize>().write(bytes);
        start.byte_add(LENGTH_ROOM)
    }
}

/// Overwrites what [`oxberry_sodium_allocarray`] gave, and gives it back.
#[unsafe(no_mangle)]
unsafe extern "C" fn oxberry_sodium_free(memory: *mut c_void) {
    if memory.is_null() {
        return;
    }
    // SAFETY: the caller got the memory from the function above, which wrote in front how long the
    // allocation is, and nobody else uses it any more.
    unsafe {
        let start = memory.byte_sub(LENGTH_ROOM);
        let bytes = start.cast::<usize>().read();
        slice::from_raw_parts_mut(start.cast::<u8>(), bytes).zeroize();
        libc::free(start);
    }
}

/// Fills memory with random bytes. Ends the process if the system has none: all that libzmq could do
/// is go on with guessable keys.
#[unsafe(no_mangle)]
unsafe extern "C" fn oxberry_randombytes(bytes: *mut c_uchar, length: c_ulonglong) {
    // SAFETY: the caller owns `length` bytes at the pointer.
    let bytes = unsafe { slice::from_raw_parts_mut(bytes, size(length)) };
    fill(bytes).expect("the system gave random bytes when the process started");
}

/// The public key of a secret one.
#[unsafe(no_mangle)]
unsafe extern "C" fn oxberry_crypto_scalarmult_base(public: *mut Key, secret: *const Key) -> c_int {
    // SAFETY: the caller owns a key's bytes at both.
    unsafe { *public = nacl::public_key(&*secret) };
    0
}

/// A new pair of keys.
#[unsafe(no_mangle)]
unsafe extern "C" fn oxberry_crypto_box_keypair(public: *mut Key, secret: *mut Key) -> c_int {
    // SAFETY: the caller owns a key's bytes at both, which are different places.
    let (public, secret) = unsafe { (&mut *public, &mut *secret) };
    number(fill(secret).map(|()| *public = nacl::public_key(secret)))
}

/// The key of boxes between two.
#[unsafe(no_mangle)]
unsafe extern "C" fn oxberry_crypto_box_beforenm(
    key: *mut Key,
    public: *const Key,
    secret: *const Key,
) -> c_int {
    // SAFETY: the caller owns a key's bytes at all three.
    let shared = unsafe { nacl::shared_key(&*public, &*secret) };
    // SAFETY: as above.
    number(shared.map(|shared| unsafe { *key = *shared }))
}

/// Boxes `length` bytes, into a tag and as many bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn oxberry_crypto_box_easy_afternm(
    boxed: *mut c_uchar,
    plain: *const c_uchar,
    length: c_ulonglong,
    nonce: *const Nonce,
    key: *const Key,
) -> c_int {
    // SAFETY: the caller owns all that the signature says, and room for a tag at `boxed`.
    number(unsafe {
        seal(
            boxed.cast(),
            boxed.add(TAG),
            plain,
            size(length),
            &*nonce,
            &*key,
        )
    })
}

/// Opens a box of `length` bytes, tag included. Both may lie at the same place.
#[unsafe(no_mangle)]
unsafe extern "C" fn oxberry_crypto_box_open_easy_afternm(
    plain: *mut c_uchar,
    boxed: *const c_uchar,
    length: c_ulonglong,
    nonce: *const Nonce,
    key: *const Key,
) -> c_int {
    let Some(length) = size(length).checked_sub(TAG) else {
        return -1;
    };
    // SAFETY: the caller owns all that the signature says, and the box is as long as a tag.
    number(unsafe { open(plain, boxed.cast(), boxed.add(TAG), length, &*nonce, &*key) })
}

/// Boxes a message for another, with zeros in front of both.
#[unsafe(no_mangle)]
unsafe extern "C" fn oxberry_crypto_box(
    boxed: *mut c_uchar,
    plain: *const c_uchar,
    length: c_ulonglong,
    nonce: *const Nonce,
    public: *const Key,
    secret: *const Key,
) -> c_int {
    // SAFETY: the caller owns a key's bytes at both.
    let shared = unsafe { nacl::shared_key(&*public, &*secret) };
    match shared {
        // SAFETY: the caller owns all that the signature says.
        Ok(key) => unsafe {
            oxberry_crypto_secretbox(boxed, plain, length, nonce, &raw const *key)
        },
        Err(refused) => number(Err(refused)),
    }
}

/// Opens a box of another, with zeros in front of both.
#[unsafe(no_mangle)]
unsafe extern "C" fn oxberry_crypto_box_open(
    plain: *mut c_uchar,
    boxed: *const c_uchar,
    length: c_ulonglong,
    nonce: *const Nonce,
    public: *const Key,
    secret: *const Key,
) -> c_int {
    // SAFETY: the caller owns a key's bytes at both.
    let shared = unsafe { nacl::shared_key(&*public, &*secret) };
    match shared {
        // SAFETY: the caller owns all that the signature says.
        Ok(key) => unsafe {
            oxberry_crypto_secretbox_open(plain, boxed, length, nonce, &raw const *key)
        },
        Err(refused) => number(Err(refused)),
    }
}

/// Boxes a message, with zeros in front of both.
#[unsafe(no_mangle)]
unsafe extern "C" fn oxberry_crypto_secretbox(
    boxed: *mut c_uchar,
    plain: *const c_uchar,
    length: c_ulonglong,
    nonce: *const Nonce,
    key: *const Key,
) -> c_int {
    let Some(length) = size(length).checked_sub(ZEROS_OF_PLAIN) else {
        return -1;
    };
    // SAFETY: the caller owns all that the signature says, and both are longer than the zeros.
    number(unsafe {
        boxed.write_bytes(0, ZEROS_OF_BOX);
        let (tag, message) = (boxed.add(ZEROS_OF_BOX), boxed.add(ZEROS_OF_PLAIN));
        seal(
            tag.cast(),
            message,
            plain.add(ZEROS_OF_PLAIN),
            length,
            &*nonce,
            &*key,
        )
    })
}

/// Opens a box, with zeros in front of both.
#[unsafe(no_mangle)]
unsafe extern "C" fn oxberry_crypto_secretbox_open(
    plain: *mut c_uchar,
    boxed: *const c_uchar,
    length: c_ulonglong,
    nonce: *const Nonce,
    key: *const Key,
) -> c_int {
    let Some(length) = size(length).checked_sub(ZEROS_OF_PLAIN) else {
        return -1;
    };
    // SAFETY: the caller owns all that the signature says, and both are longer than the zeros.
    number(unsafe {
        let (tag, message) = (boxed.add(ZEROS_OF_BOX), boxed.add(ZEROS_OF_PLAIN));
        let opened = open(
            plain.add(ZEROS_OF_PLAIN),
            tag.cast(),
            message,
            length,
            &*nonce,
            &*key,
        );
        plain.write_bytes(0, ZEROS_OF_PLAIN);
        opened
    })
}

/// A length of C's, which is one of memory.
fn size(length: c_ulonglong) -> usize {
    usize::try_from(length).expect("memory is not longer than addresses")
}

/// Boxes what is at `plain` into what is at `tag` and `message`.
///
/// # Safety
///
/// `length` bytes can be read at `plain`, and written at `message`; the two may overlap.
/// A tag can be written at `tag`, apart from both.
unsafe fn seal(
    tag: *mut Tag,
    message: *mut u8,
    plain: *const u8,
    length: usize,
    nonce: &Nonce,
    key: &Key,
) -> Result<(), Refused> {
    // SAFETY: as the caller promises.
    unsafe {
        ptr::copy(plain, message, length);
        *tag = nacl::seal(slice::from_raw_parts_mut(message, length), nonce, key)?;
    }
    Ok(())
}

/// Opens what is at `tag` and `message` into what is at `plain`. If it is refused, no plain text is
/// there.
///
/// # Safety
///
/// `length` bytes can be read at `message`, and written at `plain`; the two, and the tag, may
/// overlap. A tag can be read at `tag`.
unsafe fn open(
    plain: *mut u8,
    tag: *const Tag,
    message: *const u8,
    length: usize,
    nonce: &Nonce,
    key: &Key,
) -> Result<(), Refused> {
    // SAFETY: as the caller promises. The tag is read before anything is written over it.
    unsafe {
        let tag = *tag;
        ptr::copy(message, plain, length);
        nacl::open(slice::from_raw_parts_mut(plain, length), &tag, nonce, key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_for_secrets_is_empty_and_aligned_and_has_an_end() {
        for (count, each) in [(0, 1), (1, 1), (3, 100), (1, 4096)] {
            let memory = oxberry_sodium_allocarray(count, each);
            assert!(!memory.is_null() && memory.addr().is_multiple_of(16));
            // SAFETY: so much was asked for.
            let bytes = unsafe { slice::from_raw_parts_mut(memory.cast::<u8>(), count * each) };
            assert!(bytes.iter().all(|&byte| byte == 0));
            bytes.fill(1);
            // SAFETY: it came from there, and nobody uses it any more.
            unsafe { oxberry_sodium_free(memory) };
        }
        // SAFETY: nothing is given back.
        unsafe { oxberry_sodium_free(ptr::null_mut()) };
        for (count, each) in [(usize::MAX, 2), (usize::MAX, 1), (usize::MAX - 15, 1)] {
            assert!(oxberry_sodium_allocarray(count, each).is_null());
        }
    }

    #[test]
    fn a_box_may_be_opened_where_it_lies() {
        let (nonce, key) = ([1; 24], [2; 32]);
        let mut bytes = [7; TAG + 100];
        let start = bytes.as_mut_ptr();
        // SAFETY: everything is as long as the functions want it.
        let (boxed, opened) = unsafe {
            (
                oxberry_crypto_box_easy_afternm(start, [5; 100].as_ptr(), 100, &nonce, &key),
                oxberry_crypto_box_open_easy_afternm(start, start, 100 + 16, &nonce, &key),
            )
        };
        assert_eq!((boxed, opened), (0, 0));
        assert_eq!(bytes[..100], [5; 100]);
    }

    #[test]
    fn a_box_that_is_too_short_is_refused() {
        let (nonce, key) = ([1; 24], [2; 32]);
        let mut plain = [0; 32];
        for length in 0..16 {
            // SAFETY: everything is as long as the function wants it.
            let opened = unsafe {
                let (plain, boxed) = (plain.as_mut_ptr(), [0; 16].as_ptr());
                oxberry_crypto_box_open_easy_afternm(plain, boxed, length, &nonce, &key)
            };
            assert_eq!(opened, -1);
        }
        for length in 0..32 {
            // SAFETY: everything is as long as the functions want it.
            let (boxed, opened) = unsafe {
                let (output, input) = (plain.as_mut_ptr(), [0; 32].as_ptr());
                (
                    oxberry_crypto_secretbox(output, input, length, &nonce, &key),
                    oxberry_crypto_secretbox_open(output, input, length, &nonce, &key),
                )
            };
            assert_eq!((boxed, opened), (-1, -1));
        }
    }

    #[test]
    fn two_who_know_each_other_read_what_they_box_for_each_other_alone() {
        let (mut keys, mut others) = (([0; 32], [0; 32]), ([0; 32], [0; 32]));
        let nonce = [3; 24];
        let mut plain = [9; 132];
        plain[..32].fill(0);
        let (mut boxed, mut opened) = ([1; 132], [1; 132]);
        // SAFETY: everything is as long as the functions want it.
        unsafe {
            assert_eq!(oxberry_crypto_box_keypair(&mut keys.0, &mut keys.1), 0);
            assert_eq!(oxberry_crypto_box_keypair(&mut others.0, &mut others.1), 0);
            let (output, input) = (boxed.as_mut_ptr(), plain.as_ptr());
            assert_eq!(
                oxberry_crypto_box(output, input, 132, &nonce, &others.0, &keys.1),
                0
            );
            let (output, input) = (opened.as_mut_ptr(), boxed.as_ptr());
            assert_eq!(
                oxberry_crypto_box_open(output, input, 132, &nonce, &keys.0, &others.1),
                0
            );
        }
        assert_eq!(boxed[..16], [0; 16]);
        assert_eq!(opened, plain);
        // SAFETY: as above.
        let refused = unsafe {
            let (output, input) = (opened.as_mut_ptr(), boxed.as_ptr());
            oxberry_crypto_box_open(output, input, 132, &nonce, &others.0, &others.1)
        };
        assert_eq!(refused, -1);
    }
}
