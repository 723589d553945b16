//! The page's brain: what it shows of what replicas say, and what it calls live.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod mouth;
mod runs;
mod silence;
mod states;
mod twins;

use mouth::{Mouth, PARTITION, RUN, symbols};
use oxberry_cluster::limits::Limits;
use oxberry_cluster::page::{Command, Page};
use oxberry_core::book::Trust;
use oxberry_core::units::Instant;
use oxberry_proto::start::Replica;

const START: Instant = Instant::from_raw(1_000_000_000);
const LIMITS: Limits = Limits::DEFAULT;

/// A page that knows two symbols, 10 and 11, in the places 0 and 1.
fn page() -> Page {
    let mut page = Page::new(LIMITS);
    page.handle_timeout(START);
    let table = symbols(RUN, &[(10, "AAA"), (11, "BBB")]);
    page.handle_symbols(&table).unwrap();
    drain(&mut page);
    page
}

fn twins() -> [Mouth; 2] {
    [0, 1].map(|node| Mouth::new(RUN, node))
}

fn drain(page: &mut Page) -> Vec<Command> {
    std::iter::from_fn(|| page.next_command()).collect()
}

/// The numbers of the events that were taken.
fn shown(page: &mut Page) -> Vec<u32> {
    std::iter::from_fn(|| page.next_shown())
        .map(|shown| shown.position.seq_num.raw())
        .collect()
}

fn is_live(page: &Page, row: usize, now: Instant) -> bool {
    page.standing(row, now).is_live()
}

fn trust_of(page: &Page, row: usize, now: Instant) -> Trust {
    page.standing(row, now).trust
}

/// The number at which the view of a row was made.
fn number_shown(page: &Page, row: usize) -> Option<u32> {
    page.rows()[row]
        .view
        .map(|view| view.bid.unwrap().price.raw() / 100)
}

fn tell(node: u16) -> Command {
    Command::Ask {
        tell: Some(Replica {
            node: oxberry_proto::NodeId::from_raw(node),
            partition: PARTITION,
        }),
    }
}
