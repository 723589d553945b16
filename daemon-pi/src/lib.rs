//! The OxBerry Pi: order books of some partitions in fixed memory.
