//! Messages that cross a process border in OxBerry, in postcard.
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
