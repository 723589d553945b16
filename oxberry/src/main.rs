//! The OxBerry command.

fn main() {}
