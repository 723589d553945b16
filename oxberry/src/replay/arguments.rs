//! What `oxberry replay` can be told, and what of it does not go together.

use std::{path::PathBuf, str::FromStr};

use clap::{Args, ValueEnum};
use oxberry_core::{book::Capacity, units::OrderId};

use super::{
    every::Every,
    instant::Instant,
    period::{End, Period},
    views::{Choice, Shown},
};
use crate::{
    export::{Format, Prices},
    failure::Failure,
    input::InputArguments,
};

const EXAMPLES: &str = "\
Examples:
  oxberry replay captured/ --depth 10 > depth.csv
  oxberry replay 20111219-ARCA_XDP_IBF_1.dat --symbols ARCASymbolMapping.txt --every-message
  oxberry replay captured/ --digest
  oxberry replay captured/ --what trades --symbol GOOG --prices decimal
  oxberry replay captured/ --what bbo --from 09:30 --until 16:00 --every 1s --out bbo.csv
  oxberry replay captured/ --what queue --symbol GOOG --order 858718597112030
  oxberry replay captured/ --at 09:45:00.5 --depth 5
  oxberry replay captured/ --at 09:45 --orders --symbol GOOG

A row is written when something within the best N levels of a symbol changed; with --every-message
after every order or trade message (types 100-104, 106, 110 and 220). Prices are raw, an absent
level is 0,0, times are nanoseconds since 1970 UTC and empty while unknown. docs/export.md has the
columns of all tables.

A time is HH:MM[:SS[.fraction]] in New York on the day of the feed, a date with a time and an offset
as 2012-06-21T09:30:00-04:00, or nanoseconds since 1970 UTC. It is compared with when packets were
sent, in the order in which channels are merged.

Everything odd is told on standard error with its symbol and sequence number, the first ones of
each kind in full, and counted in the summary. A book that missed something or contradicts the feed
is stale, and named as such, until the feed clears or refreshes it. A book begun in the middle of a
day is partial: it lacks orders from before.

Exit codes: 0 done, 1 an input could not be read or has faults, 2 usage, 3 done, but some symbol was
not live at a row or at the end. With --out the file is written for 0 and 3 only.";

/// Orders that may rest at once, unless said otherwise.
const ORDERS: u32 = 1_000_000;

/// What `oxberry replay` can be told.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES, override_usage = "oxberry replay [OPTIONS] <PATH>...")]
pub(crate) struct Arguments {
    /// Channel files or captures, plain, .gz or .zst, - for standard input, or a directory of
    /// *_IBF_<channel>.dat, .pcap or .pcapng files; all are merged by send time
    #[arg(required_unless_present = "orders", value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The symbol mapping file; may be left out where ARCASymbolMapping.txt lies in the directory or
    /// beside the files
    #[arg(long, value_name = "FILE")]
    pub(super) symbols: Option<PathBuf>,
    #[command(flatten)]
    pub(super) input: InputArguments,
    /// What rows show: depth unless said otherwise. With this option the last column is the trust
    #[arg(long, value_enum)]
    pub(super) what: Option<What>,
    /// Rows of this symbol only; may be given several times
    #[arg(long, value_name = "SYMBOL")]
    pub(super) symbol: Vec<String>,
    /// Leave out rows of packets that were sent before
    #[arg(long, value_name = "TIME")]
    pub(super) from: Option<Instant>,
    /// Stop before the first packet that was sent then or later
    #[arg(long, value_name = "TIME")]
    pub(super) until: Option<Instant>,
    /// The books of this instant, behind the last packet that was sent by then: their depth, or with
    /// --orders their queues
    #[arg(long, value_name = "TIME", conflicts_with_all = ["from", "until", "every", "every_message"])]
    pub(super) at: Option<Instant>,
    /// Samples instead of changes: the last row of each symbol at every whole multiple of this
    /// duration, as 100ms, 1s or 1m, with its age
    #[arg(long, value_name = "DURATION", conflicts_with = "every_message")]
    pub(super) every: Option<Every>,
    /// With --what queue: an order to follow; may be given several times
    #[arg(long, value_name = "ID")]
    pub(super) order: Vec<u64>,
    /// Levels of each side in a row [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_000))]
    depth: Option<u16>,
    /// Write a row after every order or trade message
    #[arg(long)]
    every_message: bool,
    /// Tell in each row whether the book can be trusted: live, recovering, partial or stale
    #[arg(long)]
    trust: bool,
    /// How prices are written [default: raw]
    #[arg(long, value_enum)]
    prices: Option<Prices>,
    /// How rows are written
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    pub(super) format: Format,
    /// Write rows to FILE instead of standard output, whole or not at all
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Write a row to FILE for each message that changed the best price, its size or the trust of a
    /// symbol, or printed a trade: what a page of a cluster would merge
    #[arg(long, value_name = "FILE")]
    pub(super) events: Option<PathBuf>,
    /// Print only the digest of all books
    #[arg(long, conflicts_with_all = ["what", "symbol", "from", "every", "order", "prices", "out"])]
    pub(super) digest: bool,
    /// With a number: orders that may rest at once, over all symbols; memory is taken for them at
    /// start [default: 1000000]. Without: the queues of --at
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = QUEUES)]
    orders: Vec<Orders>,
}

/// What `--orders` says without a number.
const QUEUES: &str = "queues";

/// What `--orders` can mean.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Orders {
    /// So many may rest.
    Most(u32),
    /// Show them.
    Queues,
    /// Show them; what stands behind the option is a path to read.
    QueuesOf(PathBuf),
}

/// What rows show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum What {
    /// Best bid and offer: when a best price, its size or the trust changed
    Bbo,
    /// The best levels, when they changed
    Depth,
    /// Each trade, with its aggressor, its conditions and whether it counts towards volume
    Trades,
    /// What happened to each order: market by order
    Orders,
    /// Where the orders that --order names stand in their queues, at each change
    Queue,
}

/// The table that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Bbo,
    Depth(usize, Choice),
    Trades,
    Orders,
    Queue(Vec<OrderId>),
    At(Shown),
}

impl FromStr for Orders {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == QUEUES {
            return Ok(Self::Queues);
        }
        let most = Capacity::MOST;
        let number = text
            .parse()
            .ok()
            .filter(|number| (1..=most).contains(number));
        let path = || Some(PathBuf::from(text)).filter(|path| text == "-" || path.exists());
        number
            .map(Self::Most)
            .or_else(|| path().map(Self::QueuesOf))
            .ok_or_else(|| format!("it is a number from 1 to {most}, or stands alone with --at"))
    }
}

impl Arguments {
    /// What is read: also a path that a lonely `--orders` stands before.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        let behind = self.orders.iter().filter_map(|orders| match orders {
            Orders::QueuesOf(path) => Some(path.clone()),
            Orders::Most(_) | Orders::Queues => None,
        });
        behind.chain(self.paths.iter().cloned()).collect()
    }

    /// Orders that may rest at once.
    pub(super) fn most_orders(&self) -> u32 {
        let mut numbers = self.orders.iter().rev().filter_map(|orders| match orders {
            Orders::Most(number) => Some(*number),
            Orders::Queues | Orders::QueuesOf(_) => None,
        });
        numbers.next().unwrap_or(ORDERS)
    }

    /// What is played.
    pub(super) fn period(&self) -> Period {
        match self.at {
            Some(at) => Period {
                from: None,
                end: Some(End::At(at)),
            },
            None => Period::between(self.from, self.until),
        }
    }

    /// How prices are written.
    pub(super) fn prices(&self) -> Prices {
        self.prices.unwrap_or(Prices::Raw)
    }

    /// Whether the last column is the trust.
    pub(super) fn has_trust(&self) -> bool {
        self.trust || self.what.is_some() || self.at.is_some() || self.every.is_some()
    }

    /// The table that is asked for.
    ///
    /// # Errors
    ///
    /// A usage error for options that do not go together, which names both.
    pub(super) fn table(&self) -> Result<Table, Failure> {
        self.check()?;
        let what = self.what.unwrap_or(What::Depth);
        let depth = self.depth();
        Ok(match (self.at, what) {
            (Some(_), _) if self.shows_queues() => Table::At(Shown::Orders),
            (Some(_), _) => Table::At(Shown::Depth(depth.into())),
            (None, What::Bbo) => Table::Bbo,
            (None, What::Depth) => Table::Depth(depth.into(), self.choice()),
            (None, What::Trades) => Table::Trades,
            (None, What::Orders) => Table::Orders,
            (None, What::Queue) => {
                let orders = self.order.iter().copied();
                Table::Queue(orders.map(OrderId::from_raw).collect())
            }
        })
    }

    /// Refuses options that do not go together.
    // A table: a line a rule.
    fn check(&self) -> Result<(), Failure> {
        let what = self.what.unwrap_or(What::Depth);
        let name = what.to_possible_value();
        let name = format!(
            "--what {}",
            name.as_ref().map_or("", |name| name.get_name())
        );
        let shows_queues = self.shows_queues();
        let is_depth = what == What::Depth && !shows_queues;
        let rules = [
            (
                !self.order.is_empty() && what != What::Queue,
                "--order",
                "--what queue only",
            ),
            (
                shows_queues && self.at.is_none(),
                "--orders without a number",
                "--at only",
            ),
        ];
        for (is_wrong, option, needed) in rules {
            if is_wrong {
                return Err(Failure::Usage(format!("{option} goes with {needed}")));
            }
        }
        if what == What::Queue && self.order.is_empty() {
            return Err(Failure::Usage(format!("{name} needs --order ID")));
        }
        let queues = "--orders without a number";
        let dbn = self.format == Format::Dbn;
        let conflicts = [
            (what != What::Depth && self.at.is_some(), &*name, "--at"),
            (
                what != What::Depth && self.depth.is_some(),
                &*name,
                "--depth",
            ),
            (
                what != What::Depth && self.every_message,
                &*name,
                "--every-message",
            ),
            (
                what == What::Orders && self.every.is_some(),
                &*name,
                "--every",
            ),
            (shows_queues && self.depth.is_some(), queues, "--depth"),
            (dbn && what == What::Queue, "--format dbn", &*name),
            (dbn && shows_queues, "--format dbn", queues),
            (
                dbn && is_depth && self.depth() > 10,
                "--format dbn",
                "--depth above 10",
            ),
            (
                dbn && self.prices == Some(Prices::Raw),
                "--format dbn",
                "--prices raw",
            ),
        ];
        for (is_wrong, one, other) in conflicts {
            if is_wrong {
                return Err(Failure::Usage(format!("{one} cannot be used with {other}")));
            }
        }
        Ok(())
    }

    /// Whether `--orders` stands there without a number.
    fn shows_queues(&self) -> bool {
        let is_number = |orders: &Orders| matches!(orders, Orders::Most(_));
        !self.orders.iter().all(is_number)
    }

    fn depth(&self) -> u16 {
        self.depth.unwrap_or(1)
    }

    fn choice(&self) -> Choice {
        if self.every_message {
            Choice::EveryMessage
        } else {
            Choice::Changes
        }
    }
}
