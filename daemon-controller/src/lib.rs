//! The OxBerry controller: reads the feed and publishes it in partitions.

pub mod source;
