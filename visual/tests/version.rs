//! What the program says of itself.
#![cfg(test)]

use std::process::Command;

fn said(argument: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_oxberry-visual"))
        .arg(argument)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn its_version_names_libzmq() {
    let own = concat!("oxberry-visual ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(said("-V"), own);
    assert_eq!(
        said("--version"),
        format!("{own}{}\n", oxberry_net::libzmq())
    );
}
