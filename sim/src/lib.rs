//! The pretend world of OxBerry: a seeded market generator.
