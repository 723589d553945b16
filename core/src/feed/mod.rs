//! What the feed's messages mean to a book, free of dialect and of transport.

mod event;

pub use event::{Action, ExecutionEffect, FeedEvent, StaleReason, TradeSessions};
