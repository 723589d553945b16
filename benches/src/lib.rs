//! Benchmarks of the OxBerry parser and books.
