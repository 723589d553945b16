//! Sans-IO state machines of the OxBerry controller and Pi.
#![forbid(unsafe_code)]
