//! The OxBerry dashboard: best bids and offers of all symbols on a web page.
//!
//! Layers, lowest to highest:
//!
//! * [`limits`]: capacities and intervals, with their reasons,
//! * [`table`]: the symbols, as the controller gives them out,
//! * [`row`]: one symbol, [`nodes`]: who speaks, [`board`]: all of it; pure state without a socket.
#![forbid(unsafe_code)]

pub mod board;
pub mod limits;
pub mod nodes;
pub mod row;
pub mod table;
