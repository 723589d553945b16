//! The C interface of libzmq, and a libzmq with CURVE behind it.
//!
//! The `zmq` crate has the interface that people use; this crate has what that one names. A build
//! of the workspace compiles libzmq (`build.rs`), and libzmq's cryptography is Rust: `nacl.rs`
//! does it, and `sodium.rs` gives it the names that libzmq calls.

pub mod errno;
#[allow(
    missing_docs,
    non_camel_case_types,
    clippy::undocumented_unsafe_blocks,
    reason = "generated from C"
)]
mod ffi;
mod nacl;
mod sodium;

pub use ffi::*;

/// What the operating system calls a socket or file.
pub type RawFd = zmq_fd_t;
