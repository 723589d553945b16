//! ZeroMQ components shared by the OxBerry daemons.
