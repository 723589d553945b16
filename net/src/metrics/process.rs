//! What the system knows of the process, under the names that all Prometheus clients use.

use std::sync::atomic::{AtomicU64, Ordering};
use std::{fmt, fs};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::family::single;
use crate::clock::Clock;

/// Nanoseconds of a tick in which Linux tells processor time to programs: a hundred a second, whatever
/// the kernel itself counts in.
const TICK_NS: u64 = 10_000_000;

/// The most by which the start may seem to move before the wall clock is taken to have been set.
const CLOCK_SET_NS: u64 = 1_000_000_000;

/// This process, of which only `/proc/self` is read.
#[derive(Debug)]
pub(super) struct Process {
    clock: Clock,
    /// When it started, by the wall clock as it was when last looked at.
    started_ns: AtomicU64,
}

impl Process {
    /// This process, which is as old as the clock.
    pub(super) const fn new(clock: Clock) -> Self {
        Self {
            clock,
            started_ns: AtomicU64::new(0),
        }
    }

    /// When it started: a machine without a battery behind its clock learns years later what time it
    /// was.
    fn started_ns(&self) -> u64 {
        let (wall, age) = (self.clock.wall().raw(), self.clock.now().raw());
        let (before, seems) = (
            self.started_ns.load(Ordering::Relaxed),
            wall.saturating_sub(age),
        );
        if before.abs_diff(seems) < CLOCK_SET_NS {
            return before;
        }
        self.started_ns.store(seems, Ordering::Relaxed);
        seems
    }
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let read = |file| fs::read_to_string(file).unwrap_or_default();
        let stat = read("/proc/self/stat");
        let stat = Stat::of(&stat);
        let resident = resident_bytes(&read("/proc/self/status"));
        let most_fds = most_fds(&read("/proc/self/limits"));
        let metrics = [
            (
                (
                    "process_cpu_seconds_total",
                    "Processor time of all threads, in user and system mode.",
                ),
                stat.as_ref().map(|stat| stat.cpu_ns),
            ),
            (
                (
                    "process_resident_memory_bytes",
                    "Memory that is there, not only asked for.",
                ),
                resident,
            ),
            (
                ("process_virtual_memory_bytes", "Memory that was asked for."),
                stat.map(|stat| stat.virtual_bytes),
            ),
            (("process_open_fds", "Open file descriptors."), open_fds()),
            (
                (
                    "process_max_fds",
                    "File descriptors that may be open at most.",
                ),
                most_fds,
            ),
            (
                (
                    "process_start_time_seconds",
                    "When the process started, since 1970 UTC.",
                ),
                Some(self.started_ns()),
            ),
        ];
        for (metric, value) in metrics {
            single(&mut encoder, metric, value)?;
        }
        Ok(())
    }
}

/// What is taken of `/proc/self/stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    cpu_ns: u64,
    virtual_bytes: u64,
}

impl Stat {
    fn of(stat: &str) -> Option<Self> {
        // The name of the program stands in parentheses and may hold anything. Behind it comes field 3.
        let (_, fields) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        let ticks = field(14)?.checked_add(field(15)?)?;
        Some(Self {
            cpu_ns: ticks.checked_mul(TICK_NS)?,
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
            cpu_ns: 430_000_000,
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
        let registry = crate::metrics::registry(Clock::start());
        let text = crate::metrics::text(&registry);
        let value = |name: &str| {
            let of = |line: &str| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok();
            let found: Option<f64> = text.lines().find_map(of);
            found.unwrap_or_else(|| panic!("{name} is not in\n{text}"))
        };
        assert!(value("process_cpu_seconds_total") >= 0.0);
        assert!(value("process_resident_memory_bytes") > 100_000.0);
        assert!(value("process_virtual_memory_bytes") > value("process_resident_memory_bytes"));
        assert!(value("process_open_fds") >= 3.0);
        assert!(value("process_start_time_seconds") > 1_600_000_000.0);
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

    #[test]
    fn the_start_moves_only_when_the_clock_of_the_machine_is_set() {
        let process = Process::new(Clock::start());
        let first = process.started_ns();
        assert_eq!(process.started_ns(), first);
        process.started_ns.store(1, Ordering::Relaxed);
        assert!(process.started_ns().abs_diff(first) < CLOCK_SET_NS);
    }
}
