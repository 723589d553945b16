//! The whole dashboard against a made-up cluster: real sockets, real browsers' protocol.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "in a test a panic is the finding"
)]

mod access;
mod books;
mod chromium;
mod client;
mod cluster;
mod cluster_status;
mod http_api;
mod looks;
mod nginx;
mod page_views;
mod process;
mod relay;
mod run;
mod symbol_views;
mod web;
mod webdriver;
