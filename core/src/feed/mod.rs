//! What the feed's messages mean to a book, free of dialect and of transport.
//!
//! A [`Channel`] takes packets and tells its [`Follower`] what they mean, as [`FeedEvent`]s; it is a
//! [`GapDetector`](crate::line::GapDetector) in front of a [`Normalizer`], which others
//! may put behind an arbiter of their own.

mod channel;
mod counters;
mod event;
mod follower;
mod normalizer;
mod refresh;
mod symbols;
#[cfg(test)]
mod tests;
mod translate;

pub use channel::{Channel, SequenceCounters};
pub use counters::FeedCounters;
pub use event::{Action, ExecutionEffect, FeedEvent, TradeSessions};
pub use follower::{Beginning, EventsOnly, Follower, Lost};
pub use normalizer::Normalizer;
pub use symbols::{FeedSymbol, TooManySymbols};
