//! The symbol mapping file: which number is which symbol, and how its prices scale (section 7).

mod mapping;

pub use mapping::{MappingError, MappingErrorKind, MappingLine, lines};
