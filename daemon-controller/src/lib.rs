//! The OxBerry controller: reads the feed and publishes it in partitions.
//!
//! Layers, lowest to highest:
//!
//! * [`source`]: packets from files and captures,
//! * [`mapping`]: the symbols of a day.

pub mod mapping;
pub mod source;
