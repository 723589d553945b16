//! Whether a process stayed as it was: the conditions, and why they are these.

use crate::reading::Reading;

/// Bytes of memory a second that a process may gain in each third of the soak and in the whole, by the straight line
/// that fits the readings best.
///
/// A leak goes on: one of 1 kB a second gains twice as much as this in every third, one of 100 bytes an event 20,000
/// times as much. What does not leak may gain in one third or two: a heap keeps the size that it had when its queues were
/// longest, and on a busy machine they are longer now and then. A buffer that fills and empties may gain in every third,
/// and does not in the whole. The line takes all readings into account, so that pages which come and go weigh little.
///
/// On a machine that gets busier by and by, a heap may find a new size in each third, some 60 kB at a time. It does so
/// ever more seldom, and a leak does not: so who is suspected is watched once more for as long ([`Record::watch_again`]).
const STEADY_BYTES_A_SECOND: i128 = 500;

/// How many bytes of memory a process may gain altogether, by the line through all readings: more than the queues of a
/// machine that was busy for a while, less than a leak that comes in bursts, in an hour.
const MOST_GAINED: i128 = 4 << 20;

/// How far the readings of memory may lie apart: what fills and empties gains nothing by a line, but has to be bounded.
const WIDEST_RANGE: u64 = 8 << 20;

/// Parts of the soak in each of which a leak gains.
const PARTS: usize = 3;

/// Lines a minute that a process may log. On a machine that has time there are none; where others take its time for a
/// second now and then, Pis say that nothing is heard and that it is heard again. A flood has a line for each batch,
/// thousands a second.
const MOST_LINES_A_MINUTE: u64 = 30;

/// What a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A Pi, which lives on an SD card.
    Pi,
    /// Anything else of the cluster.
    Other,
}

/// A process from its warm-up to the end.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) name: String,
    role: Role,
    pub(crate) readings: Vec<Reading>,
    /// How many of the readings, from the first on, looked like a leak and are to be borne out by those that come.
    suspected: usize,
}

impl Record {
    pub(crate) fn new(name: &str, role: Role) -> Self {
        Self {
            name: name.to_owned(),
            role,
            readings: Vec::new(),
            suspected: 0,
        }
    }

    /// Whether it gains memory all the time since it was watched for that.
    pub(crate) fn seems_to_leak(&self) -> bool {
        self.steady_gain() > STEADY_BYTES_A_SECOND
    }

    /// Judges by the readings that come whether it leaks: a leak goes on.
    pub(crate) const fn watch_again(&mut self) {
        self.suspected = self.readings.len();
    }

    /// The least that it gained in a second of each part of the time in which it is watched for leaks, and of the whole.
    fn steady_gain(&self) -> i128 {
        let readings = &self.readings[self.suspected..];
        let thirds = readings
            .chunks(readings.len().div_ceil(PARTS).max(1))
            .map(gained);
        thirds
            .map(Gained::a_second)
            .fold(gained(readings).a_second(), i128::min)
    }

    /// What was not as it should be, a sentence each.
    pub(crate) fn faults(&self) -> Vec<String> {
        let (Some(first), Some(last)) = (self.readings.first(), self.readings.last()) else {
            return vec![format!("{}: was never read", self.name)];
        };
        let mut faults = self.faults_of_memory();
        for (what, before, now) in [
            ("descriptors", first.descriptors, last.descriptors),
            ("threads", first.threads, last.threads),
        ] {
            if before != now {
                faults.push(format!(
                    "{before} {what} after the warm-up, {now} at the end"
                ));
            }
        }
        let lines = last.log_lines - first.log_lines;
        let minutes = (last.at - first.at).as_secs().div_ceil(60);
        if lines > MOST_LINES_A_MINUTE * minutes {
            faults.push(format!("logged {lines} lines in {minutes} minutes, more than {MOST_LINES_A_MINUTE} a minute"));
        }
        if self.role == Role::Pi && last.stored > 0 {
            faults.push(format!("wrote {} bytes to storage", last.stored));
        }
        faults
            .iter()
            .map(|fault| format!("{}: {fault}", self.name))
            .collect()
    }

    fn faults_of_memory(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let readings = &*self.readings;
        let whole = gained(readings);
        if self.seems_to_leak() {
            faults.push(format!(
                "leaks: gained {} bytes of memory a second or more all the time, {STEADY_BYTES_A_SECOND} are fine",
                self.steady_gain()
            ));
        }
        if whole.bytes > MOST_GAINED {
            faults.push(format!(
                "gained {} bytes of memory, {MOST_GAINED} are fine",
                whole.bytes
            ));
        }
        let memory = || readings.iter().map(|reading| reading.memory);
        let range = memory().max().unwrap_or(0) - memory().min().unwrap_or(0);
        if range > WIDEST_RANGE {
            faults.push(format!(
                "its memory varied by {range} bytes, {WIDEST_RANGE} are fine"
            ));
        }
        faults
    }
}

/// What a process gained in some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gained {
    /// Bytes of memory from the first reading to the last, by the line with the least squares.
    pub(crate) bytes: i128,
    /// The time between them, in milliseconds.
    span: i128,
}

impl Gained {
    const fn a_second(self) -> i128 {
        // Of one reading there is nothing to say.
        if self.span == 0 {
            0
        } else {
            self.bytes * 1_000 / self.span
        }
    }
}

/// What was gained from the first of these readings to the last.
pub(crate) fn gained(readings: &[Reading]) -> Gained {
    let signed = |number: u128| i128::try_from(number).unwrap();
    let points: Vec<(i128, i128)> = (readings.iter())
        .map(|reading| (signed(reading.at.as_millis()), reading.memory.into()))
        .collect();
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return Gained { bytes: 0, span: 0 };
    };
    let span = last.0 - first.0;
    let count = i128::try_from(points.len()).unwrap();
    let sum = |of: fn(&(i128, i128)) -> i128| points.iter().map(of).sum::<i128>();
    let (times, memory) = (sum(|point| point.0), sum(|point| point.1));
    let rise = count * sum(|point| point.0 * point.1) - times * memory;
    let run = count * sum(|point| point.0 * point.0) - times * times;
    let bytes = if run == 0 { 0 } else { rise * span / run };
    Gained { bytes, span }
}

mod tests {
    use std::time::Duration;

    use super::*;

    const MIB: u64 = 1 << 20;

    /// A process in five minutes: read every 10 s from second 70 on, each reading made of the seconds since then.
    fn record(role: Role, make: impl Fn(u64) -> Reading) -> Record {
        let reading = |number: u64| {
            let seconds = 10 * number;
            Reading {
                at: Duration::from_secs(70 + seconds),
                ..make(seconds)
            }
        };
        Record {
            name: "pi-1".into(),
            role,
            readings: (0..=23).map(reading).collect(),
            suspected: 0,
        }
    }

    /// One whose memory is this and who does nothing else.
    fn with_memory(memory: impl Fn(u64) -> u64) -> Vec<String> {
        record(Role::Pi, |seconds| Reading {
            memory: memory(seconds),
            ..Reading::default()
        })
        .faults()
    }

    /// Some kilobytes that look drawn at random: pages that come and go.
    const fn noise(seconds: u64) -> u64 {
        (seconds / 10 * 7_919 % 23) * 4_096
    }

    #[test]
    fn memory_that_is_flat_or_moves_a_little_is_fine() {
        assert_eq!(with_memory(|_| 100 * MIB), [""; 0]);
        assert_eq!(with_memory(|seconds| 100 * MIB + noise(seconds)), [""; 0]);
        assert_eq!(
            with_memory(|seconds| 100 * MIB - 10_000 * seconds / 10),
            [""; 0]
        );
    }

    #[test]
    fn a_leak_of_a_kilobyte_a_second_is_found_in_the_noise() {
        let faults = with_memory(|seconds| 100 * MIB + 1_000 * seconds + noise(seconds));
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].starts_with("pi-1: leaks: gained "), "{faults:?}");
    }

    /// The same process, watched once more for as long.
    fn watched_again(memory: impl Fn(u64) -> u64) -> Vec<String> {
        let mut record = record(Role::Pi, |seconds| Reading {
            memory: memory(seconds),
            ..Reading::default()
        });
        assert!(record.seems_to_leak(), "{record:?}");
        record.watch_again();
        for number in 24..=47 {
            let at = Duration::from_secs(70 + 10 * number);
            let memory = memory(10 * number);
            record.readings.push(Reading {
                at,
                memory,
                ..Reading::default()
            });
        }
        record.faults()
    }

    #[test]
    fn a_leak_goes_on_while_a_heap_finds_its_size_ever_more_seldom() {
        let faults = watched_again(|seconds| 100 * MIB + 1_000 * seconds + noise(seconds));
        assert!(faults[0].starts_with("pi-1: leaks: gained "), "{faults:?}");
        // A step in each third, and one afterwards.
        let steps = |seconds: u64| {
            let found = [40, 120, 200, 400];
            found.iter().filter(|&&step| seconds >= step).count() as u64
        };
        assert_eq!(
            watched_again(|seconds| 100 * MIB + 100_000 * steps(seconds)),
            [""; 0]
        );
    }

    #[test]
    fn a_leak_of_100_bytes_an_event_is_found() {
        let faults = with_memory(|seconds| 100 * MIB + 100 * 100_000 * seconds);
        assert_eq!(faults.len(), 3, "{faults:?}");
    }

    #[test]
    fn memory_that_finds_its_size_once_is_fine_unless_it_is_large() {
        let step = |size: u64| move |seconds: u64| 100 * MIB + if seconds > 120 { size } else { 0 };
        assert_eq!(with_memory(step(2 * MIB)), [""; 0]);
        let faults = with_memory(step(5 * MIB));
        assert!(
            faults[0].contains("bytes of memory, 4194304 are fine"),
            "{faults:?}"
        );
        let saturates = |seconds: u64| 100 * MIB + 200_000 * seconds.min(60) / 60;
        assert_eq!(with_memory(saturates), [""; 0]);
    }

    #[test]
    fn a_buffer_that_fills_and_empties_is_fine_unless_it_grows_or_is_large() {
        let sawtooth = |seconds: u64| seconds % 40 / 10 * 100_000;
        assert_eq!(
            with_memory(|seconds| 100 * MIB + sawtooth(seconds)),
            [""; 0]
        );
        let faults = with_memory(|seconds| 100 * MIB + sawtooth(seconds) + 2_000 * seconds);
        assert!(faults[0].contains("leaks"), "{faults:?}");
        let faults = with_memory(|seconds| 100 * MIB + 30 * sawtooth(seconds));
        assert!(
            faults
                .iter()
                .any(|fault| fault.contains("varied by 9000000 bytes")),
            "{faults:?}"
        );
    }

    #[test]
    fn a_jump_at_the_end_is_found() {
        let faults = with_memory(|seconds| if seconds == 230 { 110 * MIB } else { 100 * MIB });
        assert!(
            faults.iter().any(|fault| fault.contains("varied")),
            "{faults:?}"
        );
    }

    #[test]
    fn one_descriptor_or_thread_more_at_the_end_is_found() {
        let leaks = |descriptors, threads| {
            record(Role::Other, |seconds| Reading {
                descriptors: 20 + descriptors * (seconds / 200),
                threads: 5 + threads * (seconds / 200),
                ..Reading::default()
            })
            .faults()
        };
        assert_eq!(leaks(0, 0), [""; 0]);
        assert_eq!(
            leaks(1, 0),
            ["pi-1: 20 descriptors after the warm-up, 21 at the end"]
        );
        assert_eq!(
            leaks(0, 1),
            ["pi-1: 5 threads after the warm-up, 6 at the end"]
        );
    }

    #[test]
    fn a_descriptor_that_is_open_for_a_moment_is_fine() {
        let record = record(Role::Other, |seconds| Reading {
            descriptors: 20 + u64::from(seconds == 100),
            ..Reading::default()
        });
        assert_eq!(record.faults(), [""; 0]);
    }

    #[test]
    fn a_flood_of_the_log_is_found_and_a_line_now_and_then_is_fine() {
        let logs = |every: u64| {
            let record = record(Role::Other, |seconds| Reading {
                log_lines: 9 + seconds / every,
                ..Reading::default()
            });
            record.faults()
        };
        assert_eq!(logs(10), [""; 0]);
        assert_eq!(
            logs(1),
            ["pi-1: logged 230 lines in 4 minutes, more than 30 a minute"]
        );
    }

    #[test]
    fn a_byte_of_a_pi_on_storage_is_found_whenever_it_was_written() {
        let writes = |role| {
            record(role, |_| Reading {
                stored: 4_096,
                ..Reading::default()
            })
            .faults()
        };
        assert_eq!(writes(Role::Pi), ["pi-1: wrote 4096 bytes to storage"]);
        assert_eq!(writes(Role::Other), [""; 0]);
        let pipes = record(Role::Pi, |seconds| Reading {
            written: 100 * seconds,
            ..Reading::default()
        });
        assert_eq!(pipes.faults(), [""; 0]);
    }

    #[test]
    fn a_process_that_was_never_read_is_a_fault() {
        assert_eq!(
            Record::new("pi-1", Role::Pi).faults(),
            ["pi-1: was never read"]
        );
    }
}
