//! The simulated cluster: controller, Pis, page and feed in one thread, on one fake clock, judged event
//! by event.
//!
//! Layers, lowest to highest:
//!
//! * `deed`, `naive_book`, `truth`: what the venue does, and what is right after it,
//! * `wire`, `venue`: the same as packets,
//! * `plan`, `fault`: what a seed draws,
//! * `edge`: frames on their way,
//! * `reader`: where a feed handler plugs in,
//! * `controller_host`, `pi_host`: the machines around the brains, and what connects them,
//! * `oracle`, `marks`, `trace`: what is judged, counted and told,
//! * `world`, and in it a turn of each machine (`controller_turn`, `pi_turn`, `page_turn`), what goes
//!   wrong (`trouble`), and what it must come to (`ending`),
//! * `verdict`: one seed from its draw to its verdict, as [`run`] does it,
//! * `seeds`: many of them, as [`run_many`] does it.

mod controller_host;
mod controller_turn;
mod deed;
mod edge;
mod ending;
mod fault;
mod marks;
mod naive_book;
mod oracle;
mod page_turn;
mod pi_host;
mod pi_turn;
mod plan;
mod reader;
mod seeds;
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
