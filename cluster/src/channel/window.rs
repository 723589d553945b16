//! What may be on its way of one stream: bytes and batches that not all replicas have acknowledged.

use std::collections::VecDeque;

use oxberry_core::units::Position;
use oxberry_proto::StreamId;

use crate::limits::Limits;

/// What a full window answers: the occurrence was not taken, wait for credit and give it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// The stream whose replicas are behind.
    pub stream: StreamId,
}

/// The batches of one stream that are on their way.
#[derive(Debug)]
pub(super) struct Window {
    most_bytes: usize,
    most_batches: usize,
    /// Where each of them ends, and its bytes, oldest first.
    in_flight: VecDeque<(Position, usize)>,
    bytes: usize,
    /// Whether anybody holds the partition; if not, nothing waits for an acknowledgement.
    is_held: bool,
}

impl Window {
    /// Nothing on its way to those who hold the partition.
    pub(super) const fn new(limits: &Limits) -> Self {
        Self {
            most_bytes: limits.window_bytes,
            most_batches: limits.window_batches,
            in_flight: VecDeque::new(),
            bytes: 0,
            is_held: true,
        }
    }

    /// Whether another batch has to wait.
    pub(super) fn is_full(&self) -> bool {
        self.is_held && (self.bytes >= self.most_bytes || self.in_flight.len() >= self.most_batches)
    }

    /// A batch that ends there has left.
    pub(super) fn sent(&mut self, end: Position, bytes: usize) {
        if self.is_held {
            self.in_flight.push_back((end, bytes));
            self.bytes += bytes;
        }
    }

    /// All replicas are at this position or beyond.
    pub(super) fn acknowledged(&mut self, acked: Position) {
        while let Some(&(end, bytes)) = self.in_flight.front()
            && end <= acked
        {
            self.in_flight.pop_front();
            self.bytes -= bytes;
        }
    }

    /// Whether anybody holds the partition.
    pub(super) const fn is_held(&self) -> bool {
        self.is_held
    }

    /// Says whether anybody holds the partition.
    pub(super) fn set_held(&mut self, is_held: bool) {
        self.is_held = is_held;
        if !is_held {
            self.in_flight.clear();
            self.bytes = 0;
        }
    }

    /// Bytes that are on their way.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Batches that are on their way.
    pub(super) fn batches(&self) -> usize {
        self.in_flight.len()
    }
}
