//! `oxberry size`: what memory a node takes, and how many Raspberry Pis a market needs.

use std::fmt::{self, Write as _};
use std::io::Write as _;

use clap::Args;
use oxberry_controller::config::partitions_for;
use oxberry_core::book::Capacity;
use oxberry_pi::{Mebibytes, bytes_of_node};
use oxberry_proto::limits::{MAX_NODES, MAX_PARTITIONS};

use crate::{failure::Failure, output::Output};

const AFTER_HELP: &str = "\
Examples:
  oxberry size --symbols 8000 --orders 5000000           which Pis, how many, and what to write in their pi.toml
  oxberry size --symbols 8000 --orders 2000000 --unit    a limit of memory for a Pi with these in its pi.toml

Usable of a Pi's memory is seven eighths (the rest is the firmware's and the kernel's) less 256 MiB for
the system. Each Pi gets half as many orders again as its even share, since symbols differ. Levels are half
as many as orders, as without an option.";

/// What `oxberry size` can be told.
#[derive(Clone, Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// Symbols of the market; with --unit of one node
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=16_384))]
    symbols: u32,
    /// Orders that rest at once in the market, at most; with --unit in one node
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    orders: u32,
    /// How many nodes hold each partition
    #[arg(long, value_name = "N", default_value_t = 2,
        value_parser = clap::value_parser!(u32).range(1..=64))]
    replicas: u32,
    /// Print a systemd drop-in that limits the memory of a node with these symbols and orders
    #[arg(long, conflicts_with = "replicas")]
    unit: bool,
}

/// Memory of the Raspberry Pis that there are, in GiB.
const MODELS: [u64; 5] = [1, 2, 4, 8, 16];

/// Memory of a Pi that its system takes: Raspberry Pi OS without a desktop, SSH, the journal in memory.
const SYSTEM_BYTES: u64 = 256 << 20;

/// Where the drop-in belongs.
const DROP_IN: &str = "/etc/systemd/system/oxberry-pi.service.d/memory.conf";

/// Says what memory is needed.
///
/// # Errors
///
/// When no node can be so large, or standard output cannot be written.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments {
        symbols,
        orders,
        replicas,
        unit,
    } = *arguments;
    let text = if unit {
        let node = Node::new(symbols, orders);
        if node.bytes().is_none() {
            let most = Capacity::MOST;
            return Err(Failure::Usage(format!(
                "--orders is {orders}, but one node holds at most {most}"
            )));
        }
        drop_in(node)
    } else {
        let report = Report {
            symbols,
            orders,
            replicas,
        };
        report.to_string()
    };
    let mut output = Output::new();
    let written = write!(output, "{text}").and_then(|()| output.flush());
    written.map_err(Failure::of_output)
}

/// One node, by what its books hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Node {
    symbols: u32,
    orders: u32,
}

impl Node {
    const fn new(symbols: u32, orders: u32) -> Self {
        Self { symbols, orders }
    }

    /// With as many levels as a node has that was not told otherwise.
    const fn capacity(self) -> Capacity {
        Capacity {
            symbols: self.symbols,
            orders: self.orders,
            levels: self.orders.div_ceil(2),
        }
    }

    /// Bytes of its books, unless they cannot be.
    fn book_bytes(self) -> Option<u64> {
        let bytes = self.capacity().bytes();
        (bytes < usize::MAX).then_some(bytes as u64)
    }

    /// Bytes of all of it, unless its books cannot be.
    fn bytes(self) -> Option<u64> {
        self.book_bytes()?;
        Some(bytes_of_node(self.capacity()) as u64)
    }
}

/// What each of so many nodes is to hold of a market.
fn node_of(nodes: u32, symbols: u32, orders: u32, replicas: u32) -> Node {
    let partitions = partitions_for(usize::try_from(nodes).unwrap_or(usize::MAX));
    let (nodes, symbols, orders) = (u64::from(nodes), u64::from(symbols), u64::from(orders));
    let partitions = (partitions.min(MAX_PARTITIONS) as u64).clamp(1, symbols);
    // A node gets one partition more than its even share where none of the others may have it; no partition
    // gets more symbols than its own. What that leaves free is for symbols that only the feed defines.
    let even_share = (partitions * u64::from(replicas)).div_ceil(nodes);
    let share = (even_share + 1).min(partitions) * symbols.div_ceil(partitions);
    let even = (orders * even_share.min(partitions)).div_ceil(partitions);
    let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    Node::new(
        small(share.min(symbols)),
        small(rounded(even + even / 2).min(orders)),
    )
}

/// A number of orders as a person writes it: the next one with two digits and zeros.
fn rounded(number: u64) -> u64 {
    let mut unit = 1;
    while number / unit >= 100 {
        unit *= 10;
    }
    number.div_ceil(unit) * unit
}

/// Bytes that a node can have of a Pi with so much memory.
const fn usable(gibibytes: u64) -> u64 {
    (gibibytes << 30) / 8 * 7 - SYSTEM_BYTES
}

/// The fewest nodes with so much room that hold a market, and what each is to hold.
fn nodes_for(room: u64, symbols: u32, orders: u32, replicas: u32) -> Option<(u32, Node)> {
    let most = u32::try_from(MAX_NODES).unwrap_or(u32::MAX);
    (replicas..=most)
        .map(|nodes| (nodes, node_of(nodes, symbols, orders, replicas)))
        .find(|(_, node)| node.bytes().is_some_and(|bytes| bytes <= room))
}

/// What a person reads.
struct Report {
    symbols: u32,
    orders: u32,
    replicas: u32,
}

impl Report {
    /// A row for each kind of Pi.
    fn rows(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            symbols,
            orders,
            replicas,
        } = *self;
        writeln!(
            f,
            "\nWith each partition on {replicas} nodes this market needs, of one kind of Pi:\n\n\
             {:>6} {:>12} {:>6}   {:>9} {:>10} {:>12}",
            "MEMORY", "USABLE", "PIS", "symbols =", "orders =", "EACH TAKES"
        )?;
        for model in MODELS {
            let room = usable(model);
            write!(f, "{:>6} {:>12} ", format!("{model} GB"), Mebibytes(room))?;
            match nodes_for(room, symbols, orders, replicas) {
                Some((nodes, node)) => writeln!(
                    f,
                    "{nodes:>6}   {:>9} {:>10} {:>12}",
                    node.symbols,
                    node.orders,
                    Mebibytes(node.bytes().unwrap_or_default()),
                )?,
                None => writeln!(
                    f,
                    "{:>6}   more than {MAX_NODES}, the most of a cluster",
                    "-"
                )?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            symbols, orders, ..
        } = *self;
        let all = Node::new(symbols, orders);
        writeln!(
            f,
            "One node with all {symbols} symbols and {orders} orders takes"
        )?;
        match all.book_bytes().zip(all.bytes()) {
            Some((books, bytes)) => {
                writeln!(f, "  {:>10}  books", Mebibytes(books))?;
                writeln!(
                    f,
                    "  {:>10}  the rest of the process",
                    Mebibytes(bytes - books)
                )?;
                writeln!(f, "  {:>10}  together", Mebibytes(bytes))?;
            }
            None => writeln!(
                f,
                "  more than books can tell apart: {} orders",
                Capacity::MOST
            )?,
        }
        self.rows(f)?;
        writeln!(
            f,
            "\nWrite `symbols` and `orders` into the pi.toml of each, and `pis` into the\n\
             controller.toml. `oxberry size --symbols N --orders N --unit` with the\n\
             numbers of a row makes a limit of memory for them."
        )
    }
}

/// The drop-in of a node's unit.
fn drop_in(node: Node) -> String {
    let Node { symbols, orders } = node;
    let bytes = node.bytes().unwrap_or(u64::MAX);
    let most = bytes.saturating_add(bytes / 16).div_ceil(1 << 20);
    let mut text = String::new();
    let written = write!(
        text,
        "# {DROP_IN}\n\
         # Of a node with symbols = {symbols} and orders = {orders}, by\n\
         # oxberry size --symbols {symbols} --orders {orders} --unit\n\
         [Service]\n\
         # What it takes, {}, and a sixteenth in reserve. There is no MemoryHigh: what is locked\n\
         # cannot be taken back, so a node above it would only be slowed.\n\
         MemoryMax={most}M\n\
         MemorySwapMax=0\n\
         LimitMEMLOCK=infinity\n",
        Mebibytes(bytes)
    );
    written.expect("a string takes all that is written");
    text
}

#[cfg(test)]
mod tests {
    use oxberry_cluster::partition::PartitionTable;
    use oxberry_cluster::placement::place;
    use oxberry_core::units::SymbolIndex;

    use super::*;

    #[test]
    fn no_node_gets_more_symbols_than_its_share() {
        for symbols in [1, 3, 100, 7_924, 16_384] {
            for (nodes, replicas) in [(1, 1), (2, 2), (3, 2), (5, 2), (7, 3), (33, 2), (64, 2)] {
                let said = node_of(nodes, symbols, 1_000, replicas);
                let indexes = (0..symbols).map(|index| (SymbolIndex::from_raw(index), 1));
                let table = PartitionTable::balanced(indexes, partitions_for(nodes as usize));
                let names: Vec<_> = (1..=nodes).map(|number| format!("pi-{number}")).collect();
                let names: Vec<_> = names.iter().map(String::as_str).collect();
                let placed = place(table.partitions(), &names, replicas as usize);
                let mut held = vec![0; nodes as usize];
                for (_, partition) in table.symbols() {
                    let (_, nodes) = &placed[usize::from(partition.raw())];
                    nodes.iter().for_each(|&node| held[node] += 1);
                }
                let most = held.into_iter().max().unwrap();
                assert!(
                    most <= said.symbols,
                    "{symbols} on {nodes}: {most} > {said:?}"
                );
            }
        }
    }

    #[test]
    fn as_many_nodes_as_replicas_hold_all_and_more_hold_less_each() {
        assert_eq!(node_of(2, 8_000, 1_000_000, 2), Node::new(8_000, 1_000_000));
        assert_eq!(node_of(4, 8_000, 1_000_000, 2), Node::new(4_500, 750_000));
        assert_eq!(node_of(64, 8_000, 1_000_000, 2), Node::new(288, 47_000));
    }

    #[test]
    fn more_memory_never_needs_more_nodes_and_too_little_needs_too_many() {
        let needed = |gibibytes| nodes_for(usable(gibibytes), 8_000, 60_000_000, 2);
        let nodes: Vec<_> = MODELS.iter().map(|&model| needed(model)).collect();
        assert!(nodes.windows(2).all(|pair| match (pair[0], pair[1]) {
            (Some((more, _)), Some((fewer, _))) => more >= fewer,
            (first, _) => first.is_none(),
        }));
        assert_eq!(nodes[4].unwrap().0, 2);
        for (model, found) in MODELS.iter().zip(&nodes) {
            if let Some((_, node)) = found {
                assert!(node.bytes().unwrap() <= usable(*model));
            }
        }
        assert_eq!(nodes_for(usable(1), 16_384, u32::MAX, 2), None);
    }

    #[test]
    fn orders_are_rounded_up_to_two_digits() {
        for (number, round) in [(1, 1), (99, 99), (100, 100), (101, 110), (46_876, 47_000)] {
            assert_eq!(rounded(number), round);
        }
    }
}
