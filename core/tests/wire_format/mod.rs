//! The wire format twice: as the document tells it, and as the code reads it.

pub(crate) mod code;
pub(crate) mod differences;
pub(crate) mod document;
pub(crate) mod layout;
