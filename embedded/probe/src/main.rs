//! A program that uses every public part of core and proto-schema and links with nothing else.
//!
//! It is linked, never run. A library that says `no_std` proves nothing while it is compiled for a
//! host: one careless dependency brings std back. Here std fails to link for want of libc and for
//! its second panic handler, and alloc for want of an allocator; `--features alloc-on-purpose`
//! shows that it does.
#![no_std]
#![no_main]

mod books;
mod lines;
mod memory;
mod messages;
mod wire;

use core::hint::black_box;
use core::panic::PanicInfo;

#[cfg(feature = "alloc-on-purpose")]
extern crate alloc;

/// Where the kernel would start the program.
#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    // What the optimiser knows nothing about, so that all code below is needed.
    let bytes: &[u8] = black_box(&[]);
    wire::touch(bytes);
    lines::touch(bytes);
    books::touch(bytes);
    messages::touch(bytes);
    #[cfg(feature = "alloc-on-purpose")]
    black_box(alloc::vec::Vec::<u8>::with_capacity(black_box(1)));
    stop()
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    stop()
}

/// The core that comes with the compiler can unwind and names this; nothing here unwinds.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

fn stop() -> ! {
    loop {
        core::hint::spin_loop();
    }
}
