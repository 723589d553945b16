//! The simulated cluster: controller, Pis, page and feed run in one thread on one simulated clock, and an
//! oracle judges every event.
//!
//! Layers, lowest to highest:
//!
//! * `deed`, `naive_book`, `truth`: what the venue does, and the right books after it,
//! * `wire`, `venue`: what the venue does, as messages and packets,
//! * `plan`, `fault`: what a seed draws,
//! * `edge`: frames in transit,
//! * `reader`: the feed handler of a channel,
//! * `audience`: who takes the stock events of a Pi,
//! * `controller_host`, `pi_host`: the machines around the brains, and their connections,
//! * `oracle`, `candour`, `members`, `marks`, `trace`: the judges of what is said, of what is not kept back,
//!   and of who takes part, the counters of rare branches, and the log,
//! * `world`: the scheduler, with a turn of each machine (`controller_turn`, `pi_turn`, `page_turn`,
//!   `second_page`), the faults (`trouble`), and the checks at the end (`ending`),
//! * `verdict`: one seed, from its draw to its verdict ([`run`]),
//! * `seeds`: many seeds on several threads ([`run_many`]).

mod audience;
mod books;
mod candour;
mod controller_host;
mod controller_turn;
mod deed;
mod doubt;
mod edge;
mod ending;
mod fault;
mod marks;
mod members;
mod naive_book;
mod oracle;
mod page_turn;
mod pi_host;
mod pi_turn;
mod plan;
mod quiet;
mod reader;
mod rebuild_host;
mod recording;
mod second_page;
mod seeds;
mod tellings;
mod trace;
mod trouble;
mod truth;
mod venue;
mod verdict;
mod wire;
mod world;

pub use marks::{Mark, Marks};
pub use seeds::{SeedsError, Summary, run_many};
pub use verdict::{Totals, Verdict, options, run, run_traced};
