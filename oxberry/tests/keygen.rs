//! `oxberry keygen`, and what the daemons say of the keys that they are given.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// Runs the command: the exit code, standard output, standard error.
fn oxberry(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_oxberry"))
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// Makes a key in a directory of its own; its line.
fn key(role: &str, name: &str) -> (TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().to_str().unwrap();
    let (code, line, said) = oxberry(&["keygen", "--role", role, "--name", name, "--out", out]);
    assert_eq!(code, Some(0), "{said}");
    (directory, line)
}

fn secret_of(directory: &Path) -> String {
    let text = fs::read_to_string(directory.join("secret")).unwrap();
    let line = text
        .lines()
        .find(|line| line.starts_with("secret"))
        .unwrap();
    line.split('"').nth(1).unwrap().to_owned()
}

#[test]
fn the_line_is_printed_and_the_secret_never() {
    let directory = tempfile::tempdir().unwrap();
    let keys = directory.path().join("keys");
    let out = keys.to_str().unwrap();
    let make = ["keygen", "--role", "pi", "--name", "pi-1", "--out", out];
    let (code, line, said) = oxberry(&make);
    assert_eq!(code, Some(0), "{said}");
    let words: Vec<_> = line.split_whitespace().collect();
    assert_eq!(words[..2], ["pi", "pi-1"]);
    assert_eq!(words[2].len(), 40);
    assert!(said.contains("add the line below"), "{said}");
    assert!(said.contains("controller and the dashboard"), "{said}");
    let secret = secret_of(&keys);
    assert!(!line.contains(&secret) && !said.contains(&secret));
    assert_eq!(
        fs::metadata(keys.join("secret")).unwrap().mode() & 0o777,
        0o600
    );

    // The same line again, and not another key by accident.
    assert_eq!(oxberry(&["keygen", "--show", out]).1, line);
    let (code, printed, said) = oxberry(&make);
    assert_eq!((code, printed.as_str()), (Some(1), ""), "{said}");
    assert!(said.contains("--force"), "{said}");
    assert_eq!(secret_of(&keys), secret);
    let (code, new, _) = oxberry(&[&make[..], &["--force"]].concat());
    assert_eq!(code, Some(0));
    assert_ne!(new, line);
    assert_ne!(secret_of(&keys), secret);
}

#[test]
fn what_cannot_be_made_is_a_usage_error_with_what_to_write() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().to_str().unwrap();
    for (arguments, expected) in [
        (
            &["--role", "pi", "--name", "a b", "--out", out][..],
            "1 to 64 letters",
        ),
        (
            &["--role", "pi", "--name", "", "--out", out],
            "1 to 64 letters",
        ),
        (
            &["--role", "king", "--name", "a", "--out", out],
            "controller, pi, visual, tap",
        ),
        (&["--role", "pi", "--out", out], "--name"),
        (&["--show", out, "--force"], "cannot be used with"),
    ] {
        let (code, printed, said) = oxberry(&[&["keygen"], arguments].concat());
        assert_eq!(
            (code, printed.as_str()),
            (Some(2), ""),
            "{arguments:?}: {said}"
        );
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
    let (code, _, said) = oxberry(&["keygen", "--show", out]);
    assert_eq!(code, Some(1));
    assert!(said.contains("oxberry keygen --role"), "{said}");
    let (code, _, said) = oxberry(&[
        "keygen",
        "--role",
        "pi",
        "--name",
        "a",
        "--out",
        "/proc/nothing",
    ]);
    assert_eq!(code, Some(1));
    assert!(
        said.contains("/proc/nothing/secret: cannot be written"),
        "{said}"
    );
}

/// A package makes the directory for the user of the daemons, and root makes the key.
#[test]
fn what_root_makes_belongs_to_the_owner_of_the_directory() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().to_str().unwrap();
    if chown(directory.path(), Some(4_242), Some(4_243)).is_err() {
        // Not root: nothing to give away.
        return;
    }
    let (code, _, said) = oxberry(&["keygen", "--role", "pi", "--name", "a", "--out", out]);
    assert_eq!(code, Some(0), "{said}");
    let made = fs::metadata(directory.path().join("secret")).unwrap();
    assert_eq!((made.uid(), made.gid()), (4_242, 4_243));
    assert_eq!(made.mode() & 0o777, 0o600);
}

#[test]
fn check_config_checks_the_keys_and_lets_endpoints_leave_the_machine() {
    let (controller, controller_line) = key("controller", "c");
    let (visual, visual_line) = key("visual", "page");
    let (pi, pi_line) = key("pi", "pi-1");
    let path = |directory: &TempDir| directory.path().to_str().unwrap().to_owned();
    let (controller, visual, pi) = (path(&controller), path(&visual), path(&pi));
    let list = |directory: &str, lines: &str| {
        fs::write(Path::new(directory).join("allowed"), lines).unwrap();
    };
    let check = |daemon: &str, keys: &str, more: &[&str]| {
        let given = ["node", daemon, "--check-config", "--keys", keys];
        oxberry(&[&given[..], more].concat())
    };
    let far = "tcp://192.0.2.7:5561";
    // The day of the controller is checked, too.
    let day = concat!(env!("CARGO_MANIFEST_DIR"), "/../embedded/firmware/capture");
    let feed = [day, "--data", "tcp://*:5561"];

    let (code, _, said) = check("pi", &pi, &["--data", far]);
    assert_eq!(code, Some(2));
    assert!(
        said.contains("--keys: ") && said.contains("/allowed: there is no such file"),
        "{said}"
    );
    list(&pi, &controller_line);
    let (_, _, said) = check("pi", &pi, &["--data", far]);
    assert!(said.contains("no visual is listed"), "{said}");
    let (code, printed, said) = check("pi", &pi, &["--data", far, "--stock", "none"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(printed.contains(&format!("keys = \"{pi}\"")), "{printed}");
    assert!(printed.contains("name = \"pi-1\""), "{printed}");
    list(&pi, &format!("{controller_line}{visual_line}"));
    let host = "tcp://controller.local:5562";
    let (code, printed, said) = check("pi", &pi, &["--control", host]);
    assert_eq!(code, Some(0), "{said}");
    assert!(printed.contains(host), "{printed}");
    let (_, _, said) = check("pi", &pi, &["--name", "other"]);
    assert!(said.contains("that of `pi-1`"), "{said}");

    list(&controller, &format!("{pi_line}king mad\n"));
    let (code, _, said) = check("controller", &controller, &feed);
    assert_eq!(code, Some(2));
    assert!(
        said.contains("/allowed:2: a line is `ROLE NAME PUBLIC`"),
        "{said}"
    );
    list(&controller, &pi_line);
    let (code, printed, said) = check("controller", &controller, &feed);
    assert_eq!(code, Some(0), "{said}");
    assert!(printed.contains("data = \"tcp://*:5561\""), "{printed}");
    let (_, _, said) = check("visual", &controller, &[]);
    assert!(
        said.contains("the key of a controller, but a visual needs"),
        "{said}"
    );

    list(&visual, &format!("{controller_line}{pi_line}"));
    let secret = Path::new(&visual).join("secret");
    fs::set_permissions(&secret, PermissionsExt::from_mode(0o644)).unwrap();
    let (code, _, said) = check("visual", &visual, &["--stock", "tcp://*:5564"]);
    assert_eq!(code, Some(2));
    assert!(
        said.contains(&format!("chmod 600 {}", secret.display())),
        "{said}"
    );
    fs::set_permissions(&secret, PermissionsExt::from_mode(0o600)).unwrap();
    let (code, _, said) = check("visual", &visual, &["--stock", "tcp://*:5564"]);
    assert_eq!(code, Some(0), "{said}");
}
