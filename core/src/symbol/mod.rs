//! The symbol mapping file: which number is which symbol, and how its prices scale
//! (docs/wire-format.md, 7).

mod mapping;

pub use mapping::{MappingError, MappingErrorKind, MappingLine, lines};
