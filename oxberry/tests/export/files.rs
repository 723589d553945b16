//! A file is written whole or not at all.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
};

use crate::{replay, support::oxberry, two_symbols};

/// The names in a directory.
fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[test]
fn a_file_has_what_standard_output_would_have() {
    let (directory, out) = (two_symbols(), tempfile::tempdir().unwrap());
    let file = out.path().join("rows");
    for format in ["csv", "jsonl"] {
        let arguments = ["--what", "bbo", "--format", format];
        let shown = replay(directory.path(), &arguments).stdout;
        let to_file = [&arguments[..], &["--out", file.to_str().unwrap()]].concat();
        let run = replay(directory.path(), &to_file);
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (Some(0), ""),
            "{}",
            run.stderr
        );
        assert_eq!(fs::read_to_string(&file).unwrap(), shown);
        // As any new file, and not for its owner alone.
        let expected = out.path().join("expected");
        fs::write(&expected, "").unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode();
        assert_eq!(mode(&file), mode(&expected));
        fs::remove_file(expected).unwrap();
    }
    assert_eq!(names(out.path()), ["rows"]);
}

#[test]
fn a_run_that_fails_leaves_what_was_there() {
    let (directory, out) = (two_symbols(), tempfile::tempdir().unwrap());
    let channel = directory.path().join("20120621-ARCA_XDP_IBF_1.dat");
    let bytes = fs::read(&channel).unwrap();
    fs::write(&channel, &bytes[..bytes.len() - 3]).unwrap();
    let file = out.path().join("rows.csv");
    let arguments = ["--out", file.to_str().unwrap()];
    for before in [None, Some("before")] {
        if let Some(before) = before {
            fs::write(&file, before).unwrap();
        }
        let run = replay(directory.path(), &arguments);
        assert_eq!(run.code, Some(1), "{}", run.stderr);
        assert!(
            run.stderr.contains("rows.csv: not written"),
            "{}",
            run.stderr
        );
        assert_eq!(fs::read_to_string(&file).ok().as_deref(), before);
        assert_eq!(names(out.path()).len(), usize::from(before.is_some()));
    }
}

#[test]
fn a_run_that_is_killed_leaves_nothing() {
    let (directory, out) = (two_symbols(), tempfile::tempdir().unwrap());
    let file = out.path().join("rows.csv");
    let symbols = directory.path().join("ARCASymbolMapping.txt");
    let mut child = Command::new(env!("CARGO_BIN_EXE_oxberry"))
        .args([
            "replay",
            "-",
            "--dialect",
            "pillar",
            "--orders",
            "1000",
            "--symbols",
        ])
        .args([&symbols, Path::new("--out"), &file])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let channel = directory.path().join("20120621-ARCA_XDP_IBF_1.dat");
    let mut stdin = child.stdin.take().unwrap();
    // More than a pipe holds, so that some of it was read when the last of it is written.
    let bytes = fs::read(channel).unwrap();
    for _ in 0..200_000 / bytes.len() {
        stdin.write_all(&bytes).unwrap();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(names(out.path()).is_empty(), "{:?}", names(out.path()));
}

#[test]
fn an_input_is_not_written_over() {
    let directory = two_symbols();
    for name in ["20120621-ARCA_XDP_IBF_1.dat", "ARCASymbolMapping.txt"] {
        let path = directory.path().join(name);
        let before = fs::read(&path).unwrap();
        let run = replay(directory.path(), &["--out", path.to_str().unwrap()]);
        assert_eq!(run.code, Some(2), "{}", run.stderr);
        assert!(
            run.stderr.contains("would overwrite what is read"),
            "{}",
            run.stderr
        );
        assert_eq!(fs::read(&path).unwrap(), before);
    }
}

#[test]
fn what_is_no_file_and_what_has_no_folder_is_told() {
    let directory = two_symbols();
    let nowhere = directory.path().join("none/rows.csv");
    for (path, told) in [
        ("/dev/null", "is not a file"),
        (directory.path().to_str().unwrap(), "is not a file"),
        (nowhere.to_str().unwrap(), "cannot be written"),
    ] {
        let run = replay(directory.path(), &["--out", path]);
        assert_eq!(run.code, Some(1), "{}", run.stderr);
        assert!(run.stderr.contains(told), "{}", run.stderr);
        assert!(run.stderr.contains(path), "{}", run.stderr);
    }
}

#[test]
fn a_format_that_is_not_built_says_how_to_get_it() {
    let directory = two_symbols();
    for (format, is_built) in [
        ("parquet", cfg!(feature = "parquet")),
        ("arrow", cfg!(feature = "arrow")),
        ("dbn", cfg!(feature = "dbn")),
    ] {
        if is_built {
            continue;
        }
        let path = directory.path().to_str().unwrap();
        let run = oxberry(["replay", path, "--what", "bbo", "--format", format]);
        assert_eq!(run.code, Some(2), "{}", run.stderr);
        let command = format!("cargo build --release --features {format}");
        assert!(run.stderr.contains(&command), "{}", run.stderr);
    }
}
