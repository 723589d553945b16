//! The numbers of libzmq's errors.
#![allow(missing_docs, reason = "the names are C's")]

use std::ffi::c_int;

pub use libc::{
    EACCES, EADDRINUSE, EADDRNOTAVAIL, EAGAIN, EBUSY, ECONNREFUSED, EFAULT, EHOSTUNREACH,
    EINPROGRESS, EINTR, EINVAL, EMFILE, EMSGSIZE, ENAMETOOLONG, ENETDOWN, ENOBUFS, ENODEV, ENOENT,
    ENOMEM, ENOTCONN, ENOTSOCK, ENOTSUP, EPROTO, EPROTONOSUPPORT,
};

/// From here on libzmq counts what the system has no number for.
const OWN: c_int = crate::ZMQ_HAUSNUMERO as c_int;

// What the system may have no number for, and `zmq` looks for besides the system's.
pub const ENOTSUP_ALT: c_int = OWN + 1;
pub const EPROTONOSUPPORT_ALT: c_int = OWN + 2;
pub const ENOBUFS_ALT: c_int = OWN + 3;
pub const ENETDOWN_ALT: c_int = OWN + 4;
pub const EADDRINUSE_ALT: c_int = OWN + 5;
pub const EADDRNOTAVAIL_ALT: c_int = OWN + 6;
pub const ECONNREFUSED_ALT: c_int = OWN + 7;
pub const EINPROGRESS_ALT: c_int = OWN + 8;
pub const ENOTSOCK_ALT: c_int = OWN + 9;
pub const EMSGSIZE_ALT: c_int = OWN + 10;

// libzmq's own.
pub const EFSM: c_int = OWN + 51;
pub const ENOCOMPATPROTO: c_int = OWN + 52;
pub const ETERM: c_int = OWN + 53;
pub const EMTHREAD: c_int = OWN + 54;
