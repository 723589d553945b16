//! Whether this machine has the memory for the books, which take all of it at start.
//!
//! Without this question a node that is too small would be killed by the kernel in the middle of its
//! start, again and again, and nobody would be told why.

use std::fmt;
use std::fs;
use std::path::Path;

use oxberry_core::book::Capacity;

use crate::memory::bytes_of_node;

/// The memory that this process can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// The least of what bounds it.
    pub bound: Bound,
    /// What is free now, where the system tells.
    pub available: Option<u64>,
}

/// What bounds the memory of this process, and to how many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The machine has no more.
    Machine(u64),
    /// A control group has no more: `MemoryMax=` of a systemd unit, or a container.
    ControlGroup(u64),
    /// The process may address no more: `LimitAS=` of a systemd unit, or `ulimit -v`.
    AddressSpace(u64),
}

/// The memory that the books need is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", in_words(self))]
pub struct TooLittle {
    /// What was asked for.
    pub capacity: Capacity,
    /// Bytes that it takes, with what the program takes beside it.
    pub needed: u64,
    /// Where that ends.
    pub bound: Bound,
}

impl Machine {
    /// Asks the system.
    #[must_use]
    pub fn this() -> Self {
        let system = rustix::system::sysinfo();
        let total = system.totalram * u64::from(system.mem_unit);
        Self::of(total, Path::new("/"))
    }

    /// A machine of so much memory, whose files begin at `root`.
    fn of(total: u64, root: &Path) -> Self {
        let bounds = [
            Some(Bound::Machine(total)),
            control_group(root).map(Bound::ControlGroup),
            address_space(root).map(Bound::AddressSpace),
        ];
        let least = bounds.into_iter().flatten().min_by_key(Bound::bytes);
        Self {
            bound: least.unwrap_or(Bound::Machine(total)),
            available: available(root),
        }
    }

    /// Whether books of this capacity have room; says what is free if that is less than they need,
    /// which may be another matter in a moment.
    ///
    /// # Errors
    ///
    /// When they never have.
    pub fn check(&self, capacity: Capacity) -> Result<Option<u64>, TooLittle> {
        let needed = needed(capacity);
        if needed > self.bound.bytes() {
            let bound = self.bound;
            return Err(TooLittle {
                capacity,
                needed,
                bound,
            });
        }
        Ok(self.available.filter(|available| *available < needed))
    }
}

impl Bound {
    const fn bytes(&self) -> u64 {
        match *self {
            Self::Machine(bytes) | Self::ControlGroup(bytes) | Self::AddressSpace(bytes) => bytes,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has = match self {
            Self::Machine(_) => "this machine has",
            Self::ControlGroup(_) => {
                "the control group (MemoryMax= of the unit, or the container) has"
            }
            Self::AddressSpace(_) => "the process may address (LimitAS= of the unit, or ulimit -v)",
        };
        write!(f, "{has} {}", Mebibytes(self.bytes()))
    }
}

/// A number of bytes as people read it, rounded up: memory that has to be there.
#[derive(Clone, Copy, Debug)]
pub struct Mebibytes(pub u64);

impl fmt::Display for Mebibytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} MiB", self.0.div_ceil(1 << 20)))
    }
}

fn in_words(error: &TooLittle) -> String {
    let TooLittle {
        capacity,
        needed,
        bound,
    } = error;
    let Capacity {
        symbols,
        orders,
        levels,
    } = capacity;
    let advice = match orders_that_fit(*capacity, bound.bytes()) {
        Some(fit) => format!("--orders {fit} fits, with half as many --levels"),
        None => format!("not even one order fits beside {symbols} --symbols"),
    };
    format!(
        "books of {orders} orders, {levels} levels and {symbols} symbols take {} with the program, but \
         {bound}; {advice}",
        Mebibytes(*needed)
    )
}

/// Bytes that a node of this capacity takes.
fn needed(capacity: Capacity) -> u64 {
    u64::try_from(bytes_of_node(capacity)).unwrap_or(u64::MAX)
}

/// The most orders for which there is room, in two digits.
fn orders_that_fit(capacity: Capacity, bytes: u64) -> Option<u32> {
    let fits = |orders: u32| {
        let levels = orders.div_ceil(2).min(capacity.levels);
        needed(Capacity {
            orders,
            levels,
            ..capacity
        }) <= bytes
    };
    let steps = (0..8).flat_map(|power| (1..100).map(move |digits| digits * 10_u32.pow(power)));
    let fitting = steps.filter(|&orders| orders <= capacity.orders && fits(orders));
    fitting.max()
}

/// The least limit of the control groups that this process is in, of version 2.
fn control_group(root: &Path) -> Option<u64> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let group = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let mount = root.join("sys/fs/cgroup");
    let folder = mount.join(group);
    let folders = folder
        .ancestors()
        .take_while(|folder| folder.starts_with(&mount));
    let limits = folders.filter_map(|folder| {
        let limit = fs::read_to_string(folder.join("memory.max")).ok()?;
        // Without a limit it says `max`.
        limit.trim().parse().ok()
    });
    limits.min()
}

/// The limit of this process on its addresses.
fn address_space(root: &Path) -> Option<u64> {
    let limits = fs::read_to_string(root.join("proc/self/limits")).ok()?;
    let mut lines = limits.lines();
    let line = lines.find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// What the system could give now without swapping. A unit with `ProcSubset=pid` does not see it.
fn available(root: &Path) -> Option<u64> {
    let memory = fs::read_to_string(root.join("proc/meminfo")).ok()?;
    let mut lines = memory.lines();
    let line = lines.find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEBIBYTE: u64 = 1 << 20;

    const CAPACITY: Capacity = Capacity {
        symbols: 1_000,
        orders: 1_000_000,
        levels: 500_000,
    };

    /// A root folder with these files.
    fn root(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = root.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        root
    }

    #[test]
    fn this_machine_has_memory() {
        let machine = Machine::this();
        assert!(machine.bound.bytes() > MEBIBYTE, "{machine:?}");
    }

    #[test]
    fn the_least_of_machine_groups_and_limit_counts() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units\n\
                      Max address space         3145728              unlimited            bytes\n";
        let group = ("proc/self/cgroup", "0::/system.slice/oxberry-pi.service\n");
        let max = "sys/fs/cgroup/system.slice/oxberry-pi.service/memory.max";
        let of_slice = ("sys/fs/cgroup/system.slice/memory.max", "2097152\n");
        let unlimited = limits.replace("3145728  ", "unlimited");
        for (files, expected) in [
            (vec![], Bound::Machine(9 * MEBIBYTE)),
            (vec![group, (max, "max\n")], Bound::Machine(9 * MEBIBYTE)),
            (
                vec![group, (max, "5242880\n")],
                Bound::ControlGroup(5 * MEBIBYTE),
            ),
            (
                vec![group, (max, "5242880\n"), of_slice],
                Bound::ControlGroup(2 * MEBIBYTE),
            ),
            (
                vec![("proc/self/limits", limits)],
                Bound::AddressSpace(3 * MEBIBYTE),
            ),
            (
                vec![("proc/self/limits", &unlimited)],
                Bound::Machine(9 * MEBIBYTE),
            ),
            (
                vec![
                    ("proc/self/cgroup", "0::/\n"),
                    ("sys/fs/cgroup/memory.max", "1048576"),
                ],
                Bound::ControlGroup(MEBIBYTE),
            ),
            // Version 1 has other files; what is odd bounds nothing.
            (
                vec![("proc/self/cgroup", "4:memory:/x\n")],
                Bound::Machine(9 * MEBIBYTE),
            ),
            (
                vec![group, (max, "many"), ("proc/self/limits", "?")],
                Bound::Machine(9 * MEBIBYTE),
            ),
        ] {
            let root = root(&files);
            assert_eq!(
                Machine::of(9 * MEBIBYTE, root.path()).bound,
                expected,
                "{files:?}"
            );
        }
    }

    #[test]
    fn what_is_free_is_known_where_the_system_tells() {
        let told = root(&[(
            "proc/meminfo",
            "MemTotal: 9 kB\nMemAvailable:     2048 kB\n",
        )]);
        assert_eq!(Machine::of(1, told.path()).available, Some(2 * MEBIBYTE));
        assert_eq!(Machine::of(1, root(&[]).path()).available, None);
    }

    #[test]
    fn books_that_fit_are_let_pass_and_told_if_little_is_free() {
        let needed = needed(CAPACITY);
        let machine = |available| Machine {
            bound: Bound::Machine(needed),
            available,
        };
        assert_eq!(machine(None).check(CAPACITY), Ok(None));
        assert_eq!(machine(Some(needed)).check(CAPACITY), Ok(None));
        assert_eq!(machine(Some(7)).check(CAPACITY), Ok(Some(7)));
    }

    #[test]
    fn books_that_do_not_fit_are_refused_with_numbers_that_do() {
        let machine = Machine {
            bound: Bound::ControlGroup(needed(CAPACITY) - 1),
            available: None,
        };
        let refused = machine.check(CAPACITY).unwrap_err();
        let said = refused.to_string();
        let start = "books of 1000000 orders, 500000 levels and 1000 symbols take ";
        assert!(said.starts_with(start), "{said}");
        assert!(said.contains("MemoryMax="), "{said}");
        assert!(
            said.ends_with("; --orders 990000 fits, with half as many --levels"),
            "{said}"
        );
        let smaller = Capacity {
            orders: 990_000,
            levels: 495_000,
            ..CAPACITY
        };
        machine.check(smaller).unwrap();

        let tiny = Machine {
            bound: Bound::Machine(MEBIBYTE),
            available: None,
        };
        let said = tiny.check(CAPACITY).unwrap_err().to_string();
        assert!(
            said.contains("but this machine has 1 MiB; not even one order"),
            "{said}"
        );
        let all = Capacity {
            orders: u32::MAX,
            ..CAPACITY
        };
        tiny.check(all).unwrap_err();
    }
}
