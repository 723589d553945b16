//! What cargo knows of the workspace and of what it takes from outside.

use std::{path::Path, process::Command};

use serde::Deserialize;

/// The packages, as far as a test reads of them, that `cargo metadata` tells with these options.
pub(crate) fn packages<P: for<'de> Deserialize<'de>>(options: &[&str]) -> Vec<P> {
    #[derive(Deserialize)]
    struct Metadata<P> {
        packages: Vec<P>,
    }

    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--format-version", "1"])
        .args(options)
        .current_dir(root)
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Metadata<P> = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    metadata.packages
}
