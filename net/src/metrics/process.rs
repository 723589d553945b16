//! What the system knows of the process, under the names that all Prometheus clients use.

use std::time::Duration;
use std::{fmt, fs};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use rustix::time::{ClockId, clock_gettime};

use super::family::single;
use crate::clock::Clock;

/// Nanoseconds of a tick in which Linux tells times of a process to programs: a hundred a second,
/// whatever the kernel itself counts in.
const TICK_NS: u64 = 10_000_000;

/// Nanoseconds of a second.
const SECOND_NS: u64 = 1_000_000_000;

/// This process. Of `/proc` only its own part is read, since a service may see no other.
#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let read = |file| fs::read_to_string(file).unwrap_or_default();
        let stat = Stat::of(&read("/proc/self/stat"));
        let resident = resident_bytes(&read("/proc/self/status"));
        let most_fds = most_fds(&read("/proc/self/limits"));
        let mut tell = |name, help, value| single(&mut encoder, (name, help), value);
        tell(
            "process_cpu_seconds_total",
            "Processor time of all threads, in user and system mode.",
            Some(time_ns(ClockId::ProcessCPUTime)),
        )?;
        tell(
            "process_resident_memory_bytes",
            "Memory that is there, not only asked for.",
            resident,
        )?;
        tell(
            "process_virtual_memory_bytes",
            "Memory that was asked for.",
            stat.map(|stat| stat.virtual_bytes),
        )?;
        tell("process_open_fds", "Open file descriptors.", open_fds())?;
        tell(
            "process_max_fds",
            "File descriptors that may be open at most.",
            most_fds,
        )?;
        tell(
            "process_start_time_seconds",
            "When the process started, since 1970 UTC.",
            stat.map(|stat| booted_ns() + stat.started_ns),
        )
    }
}

/// What a clock of the system shows.
fn time_ns(clock: ClockId) -> u64 {
    let time = Duration::try_from(clock_gettime(clock)).unwrap_or_default();
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// When the machine was started, by its wall clock as it is now: one without a battery learns later what
/// time it was. In whole seconds, so that it is the same whenever it is asked for.
fn booted_ns() -> u64 {
    let (wall, up) = (Clock::start().wall().raw(), time_ns(ClockId::Boottime));
    let booted = wall.saturating_sub(up);
    (booted + SECOND_NS / 2) / SECOND_NS * SECOND_NS
}

/// What is taken of `/proc/self/stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    /// Since the machine was started.
    started_ns: u64,
    virtual_bytes: u64,
}

impl Stat {
    fn of(stat: &str) -> Option<Self> {
        // The name of the program stands in parentheses and may hold anything. Behind it comes field 3.
        let (_, fields) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        Some(Self {
            started_ns: field(22)?.checked_mul(TICK_NS)?,
            virtual_bytes: field(23)?,
        })
    }
}

/// `VmRSS` of `/proc/self/status`, whose kB are 1,024 bytes: unlike `stat` it counts in no pages, which
/// are not of one size on all machines.
fn resident_bytes(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    kib.checked_mul(1_024)
}

/// The soft limit of `/proc/self/limits`; nothing when there is none.
fn most_fds(limits: &str) -> Option<u64> {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Open file descriptors, without the one that counts them.
fn open_fds() -> Option<u64> {
    let open = fs::read_dir("/proc/self/fd").ok()?.count();
    u64::try_from(open).ok()?.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_found_behind_a_name_that_looks_like_fields() {
        let stat = "7 (a) 1 2) S 1 7 7 0 -1 4194560 200 0 0 0 31 12 0 0 20 0 3 0 100 5000 60 1";
        let expected = Stat {
            started_ns: 1_000_000_000,
            virtual_bytes: 5_000,
        };
        assert_eq!(Stat::of(stat), Some(expected));
        assert_eq!(Stat::of("7 (a) S 1 2"), None);
        assert_eq!(Stat::of(""), None);
    }

    #[test]
    fn memory_and_limits_are_read_as_the_kernel_writes_them() {
        let status = "VmPeak:\t   9000 kB\nVmRSS:\t    1234 kB\n";
        assert_eq!(resident_bytes(status), Some(1_263_616));
        assert_eq!(resident_bytes("VmRSS:\t kB\n"), None);
        let limits = "Limit  Soft Limit  Hard Limit  Units\nMax open files   1024   4096   files\n";
        assert_eq!(most_fds(limits), Some(1_024));
        assert_eq!(
            most_fds("Max open files   unlimited  unlimited files"),
            None
        );
    }

    #[test]
    fn this_process_has_all_of_them() {
        let registry = crate::metrics::registry();
        let text = crate::metrics::text(&registry);
        let value = |name: &str| {
            let of = |line: &str| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok();
            let found: Option<f64> = text.lines().find_map(of);
            found.unwrap_or_else(|| panic!("{name} is not in\n{text}"))
        };
        assert!(value("process_cpu_seconds_total") > 0.0);
        assert!(value("process_resident_memory_bytes") > 100_000.0);
        assert!(value("process_virtual_memory_bytes") > value("process_resident_memory_bytes"));
        assert!(value("process_open_fds") >= 3.0);
        let now = Clock::start().wall().raw() / SECOND_NS;
        let started = Duration::from_secs_f64(value("process_start_time_seconds"));
        let age = now.abs_diff(started.as_secs());
        assert!(age < 600, "{age} seconds between the start and this test");
        let build = text
            .lines()
            .find(|line| line.starts_with("oxberry_build_info{"));
        assert!(
            build
                .unwrap()
                .contains(&format!("version=\"{}\"", env!("CARGO_PKG_VERSION"))),
            "{text}"
        );
    }
}
