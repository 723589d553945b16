//! `oxberry pi-config`: the folder that makes a card a member, and the list that the Pi is in then.
#![cfg(test)]

mod support;

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use support::{Run, oxberry};
use tempfile::TempDir;

/// A controller's keys with a list of these machines.
struct Controller {
    files: TempDir,
}

impl Controller {
    fn with(servers: &[&str]) -> Self {
        let files = tempfile::tempdir().unwrap();
        let controller = Self { files };
        let lines = servers.iter().map(|role| {
            let keys = match *role {
                "controller" => controller.keys(),
                role => controller.path(role),
            };
            let made = oxberry([
                "keygen",
                "--role",
                role,
                "--name",
                role,
                "--out",
                text(&keys),
            ]);
            assert_eq!(made.code, Some(0), "{}", made.stderr);
            made.stdout
        });
        let list = lines.collect::<String>();
        fs::create_dir_all(controller.keys()).unwrap();
        fs::write(controller.list(), list).unwrap();
        controller
    }

    fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    fn keys(&self) -> PathBuf {
        self.path("keys")
    }

    fn list(&self) -> PathBuf {
        self.keys().join("allowed")
    }

    /// Runs the command with the folder `out`.
    fn pi_config(&self, out: &str, more: &[&str]) -> Run {
        let (keys, out) = (self.keys(), self.path(out));
        let fixed = ["pi-config", "--controller", "192.0.2.1"];
        let files = ["--keys", text(&keys), "--out", text(&out)];
        oxberry([&fixed[..], &files, more].concat())
    }

    fn listed(&self) -> String {
        fs::read_to_string(self.list()).unwrap()
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

const SERVERS: &[&str] = &["controller", "visual"];

#[test]
fn the_folder_has_all_that_a_pi_needs_and_nobody_else_can_read_it() {
    let controller = Controller::with(SERVERS);
    let before = controller.listed();
    let run = controller.pi_config("card", &["--visual", "192.0.2.2"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let line = run.stdout;
    assert!(line.starts_with("pi pi-1 "), "{line}");
    assert_eq!(controller.listed(), format!("{before}{line}"));

    let folder = controller.path("card");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let mut names = Vec::new();
    for file in fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        names.push(path.file_name().unwrap().to_owned());
    }
    names.sort();
    assert_eq!(names, ["meta-data", "network-config", "user-data"]);

    let user_data = fs::read_to_string(folder.join("user-data")).unwrap();
    for part in [
        "hostname: \"pi-1\"\n",
        "      control = \"tcp://192.0.2.1:5562\"\n      data = \"tcp://192.0.2.1:5561\"\n      \
         stock = \"tcp://192.0.2.2:5564\"\n",
        "http://192.0.2.1:8000 ./",
    ] {
        assert!(user_data.contains(part), "{part} in {user_data}");
    }
    // Whom it connects to, and nobody else.
    for line in before.lines() {
        assert!(user_data.contains(&format!("      {line}\n")), "{line}");
    }
    let public = line.trim().rsplit(' ').next().unwrap();
    assert!(user_data.contains(public));
    assert!(!run.stderr.contains("secret"), "{}", run.stderr);
}

#[test]
fn every_pi_gets_another_name_key_and_instance() {
    let controller = Controller::with(SERVERS);
    let lines: Vec<_> = ["one", "two"]
        .iter()
        .map(|out| controller.pi_config(out, &[]).stdout)
        .collect();
    assert!(lines[0].starts_with("pi pi-1 "), "{lines:?}");
    assert!(lines[1].starts_with("pi pi-2 "), "{lines:?}");
    let instance = |out| fs::read(controller.path(out).join("meta-data")).unwrap();
    assert_ne!(instance("one"), instance("two"));
}

#[test]
fn a_card_that_is_flashed_again_gets_a_new_key_in_place_of_the_old_one() {
    let controller = Controller::with(SERVERS);
    let first = controller.pi_config("first", &[]);
    let again = controller.pi_config("again", &["--name", "pi-1"]);
    assert_eq!(again.code, Some(1), "{}", again.stdout);
    assert!(
        again.stderr.contains("`pi-1` is listed already"),
        "{}",
        again.stderr
    );
    assert!(again.stderr.contains("--replace"), "{}", again.stderr);
    assert!(!controller.path("again").exists(), "half a folder is left");

    let replaced = controller.pi_config("again", &["--name", "pi-1", "--replace"]);
    assert_eq!(replaced.code, Some(0), "{}", replaced.stderr);
    let listed = controller.listed();
    assert!(listed.contains(&replaced.stdout), "{listed}");
    assert!(!listed.contains(&first.stdout), "{listed}");
}

#[test]
fn without_what_it_needs_it_says_what_to_do_and_lists_nobody() {
    let controller = Controller::with(&["controller"]);
    let before = controller.listed();
    let run = controller.pi_config("card", &[]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("no visual is listed"), "{}", run.stderr);

    let controller_with_both = Controller::with(SERVERS);
    fs::create_dir(controller_with_both.path("card")).unwrap();
    let run = controller_with_both.pi_config("card", &[]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("is there already"), "{}", run.stderr);
    let run = controller_with_both.pi_config("new", &["--repository-key", "/no/such.asc"]);
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr.contains("/no/such.asc: cannot be read"),
        "{}",
        run.stderr
    );
    let binary = controller_with_both.path("oxberry.gpg");
    fs::write(&binary, b"\x98\x33").unwrap();
    let run = controller_with_both.pi_config("new", &["--repository-key", text(&binary)]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("oxberry.asc"), "{}", run.stderr);
    assert!(!controller_with_both.path("new").exists());

    assert_eq!(controller.listed(), before);
    assert!(!controller_with_both.listed().contains("pi-1"));
    let run = controller.pi_config("card", &["--address", "192.0.2.11"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("192.0.2.11/24"), "{}", run.stderr);
}
