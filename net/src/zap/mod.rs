//! ZAP, ZeroMQ's protocol (RFC 27) by which libzmq asks who may come in.

mod request;
mod thread;

pub(crate) use self::thread::ZapThread;
