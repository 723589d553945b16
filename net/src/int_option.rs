//! Socket options that the `zmq` crate does not wrap.

/// Sets an option whose value is a number.
#[expect(unsafe_code, reason = "options that only the C interface has")]
pub(crate) fn set_int(socket: &mut zmq::Socket, option: i32, value: i32) -> zmq::Result<()> {
    // SAFETY: the socket is open for as long as it is borrowed and owned by this thread; libzmq
    // reads `size_of::<i32>()` bytes at the pointer, which outlives the call, and keeps neither.
    let result = unsafe {
        zmq_sys::zmq_setsockopt(
            socket.as_mut_ptr(),
            option,
            (&raw const value).cast(),
            size_of::<i32>(),
        )
    };
    if result == 0 {
        Ok(())
    } else {
        // The ways to fail: not an option of such a socket or of this libzmq, or a size other than an
        // int's.
        Err(zmq::Error::EINVAL)
    }
}
