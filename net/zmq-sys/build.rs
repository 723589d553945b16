//! Builds libzmq from the source in `zeromq-src`, with CURVE.
//!
//! `deploy/system-libzmq.toml` puts the system's libzmq in the place of this script; then neither it
//! nor what it needs is built.

use std::env;
use std::fs;
use std::path::PathBuf;

use zeromq_src::{Build, LibLocation};

/// An archive of objects that holds none.
const EMPTY_ARCHIVE: &[u8] = b"!<arch>\n";

/// No warnings, since nobody here changes libzmq's source; and of what a debugger wants the lines only,
/// as the profiles of the workspace have it. The rest would be 80 MB.
const FLAGS: &str = "-w -g1";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=include");

    if env::var_os("CXXFLAGS").is_none() {
        // SAFETY: this process has one thread.
        unsafe { env::set_var("CXXFLAGS", FLAGS) };
    }

    // libzmq has CURVE only with libsodium. Its header is ours and its functions are this crate's,
    // in `src/sodium.rs`; but `zeromq-src` has a library of that name linked all the same.
    let sodium = folder("OUT_DIR").join("sodium");
    let written = fs::create_dir_all(&sodium)
        .and_then(|()| fs::write(sodium.join("libsodium.a"), EMPTY_ARCHIVE));
    written.expect("cargo's folder for output can be written");

    let header = folder("CARGO_MANIFEST_DIR").join("include");
    Build::new()
        .with_libsodium(Some(LibLocation::new(sodium, header)))
        .build();
}

/// A folder that cargo names in the environment.
fn folder(variable: &str) -> PathBuf {
    env::var_os(variable).expect("cargo runs this").into()
}
