//! What the system says of a process at a moment.

use std::fs;
use std::time::Duration;

/// A process at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// When it was read, since the start of the soak.
    pub(crate) at: Duration,
    /// Bytes of memory that no file is behind: heap, stacks, shared memory. What a leak adds to.
    pub(crate) memory: u64,
    /// Bytes of memory altogether. The pages of the program come and go as the system likes.
    pub(crate) resident: u64,
    pub(crate) descriptors: u64,
    pub(crate) threads: u64,
    /// Lines that it logged so far.
    pub(crate) log_lines: u64,
    /// Bytes that it logged so far.
    pub(crate) log_bytes: u64,
    /// Bytes that it had written to storage so far, such as an SD card.
    pub(crate) stored: u64,
    /// Bytes that it wrote to descriptors so far: pipes, wake-ups, and files if there were some.
    pub(crate) written: u64,
}

impl Reading {
    /// Reads a process that has logged so many lines and bytes.
    pub(crate) fn of(process: u32, at: Duration, (log_lines, log_bytes): (u64, u64)) -> Self {
        // `status` has estimates of memory; this one is counted page by page.
        let memory = read(process, "smaps_rollup");
        let kib = |name| value(&memory, name) * 1_024;
        let io = read(process, "io");
        Self {
            at,
            memory: kib("Anonymous:") + kib("Pss_Shmem:"),
            resident: kib("Rss:"),
            descriptors: entries(process, "fd"),
            threads: entries(process, "task"),
            log_lines,
            log_bytes,
            stored: value(&io, "write_bytes:"),
            written: value(&io, "wchar:"),
        }
    }
}

fn read(process: u32, file: &str) -> String {
    fs::read_to_string(format!("/proc/{process}/{file}")).unwrap()
}

fn entries(process: u32, directory: &str) -> u64 {
    let entries = fs::read_dir(format!("/proc/{process}/{directory}")).unwrap();
    u64::try_from(entries.count()).unwrap()
}

/// The number behind a name in a file of lines `NAME NUMBER …`.
fn value(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let word = line.and_then(|line| line.split_whitespace().next());
    word.unwrap_or_else(|| panic!("no {name} in\n{text}"))
        .parse()
        .unwrap()
}

#[test]
fn a_process_is_read_as_it_is() {
    let file = fs::File::open("/proc/self/status").unwrap();
    let reading = |log| Reading::of(std::process::id(), Duration::from_secs(1), log);
    let before = reading((2, 80));
    assert_eq!((before.log_lines, before.log_bytes), (2, 80));
    assert!(before.threads >= 1);
    assert!(
        before.resident >= before.memory && before.memory > 0,
        "{before:?}"
    );
    // Other tests of this process open files too, so many are opened here.
    let files: Vec<_> = (0..500).map(|_| file.try_clone().unwrap()).collect();
    let mut taken = vec![0_u8; 64 << 20];
    taken.iter_mut().step_by(1_024).for_each(|byte| *byte = 1);
    let after = reading((2, 80));
    assert!(
        after.descriptors >= before.descriptors + 400,
        "{before:?} {after:?}"
    );
    assert!(
        after.memory >= before.memory + (60 << 20),
        "{before:?} {after:?}"
    );
    drop((files, taken));
}
