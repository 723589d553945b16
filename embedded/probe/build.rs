//! Links with nothing: no start files, no libc, no standard library.

fn main() {
    for argument in ["-nostartfiles", "-nodefaultlibs", "-static"] {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
}
