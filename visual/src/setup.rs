//! Questions to the controller, one at a time, without waiting for their answers.

use std::collections::VecDeque;
use std::time::Duration;

use oxberry_core::units::Instant;
use oxberry_net::{Interest, NetError, PollItem, SetupClient};
use oxberry_proto::limits::{MAX_PARTITIONS, MAX_PLAIN_BYTES};
use oxberry_proto::start::{Replica, SetupVisualRequest};
use oxberry_proto::{SCHEMA_FINGERPRINT, encode};

use crate::limits::{ANSWER_PATIENCE, ANSWER_REPORT};

/// What is asked, and what is to be asked.
#[derive(Debug)]
pub(crate) struct Setup {
    client: SetupClient,
    /// The question without an answer is the first of them.
    wishes: VecDeque<Option<Replica>>,
    /// When the first was asked last.
    asked: Option<Instant>,
    /// When to say that the first has no answer, and how long that is from when it was asked first, or
    /// it was said last.
    report: Option<(Instant, Duration)>,
}

impl Setup {
    /// Nothing is to be asked.
    pub(crate) const fn new(client: SetupClient) -> Self {
        Self {
            client,
            wishes: VecDeque::new(),
            asked: None,
            report: None,
        }
    }

    /// Asks for the symbols in its turn, with a wish to the controller if there is one. A question that
    /// waits already is not asked twice.
    pub(crate) fn wish(&mut self, tell: Option<Replica>) {
        // Who wishes repeats it until it is granted, so one that finds no room is not lost.
        if !self.wishes.contains(&tell) && self.wishes.len() < 2 * MAX_PARTITIONS {
            self.wishes.push_back(tell);
        }
    }

    /// Asks what is to be asked now, and returns an answer that came.
    pub(crate) fn handle_turn(&mut self, now: Instant) -> Result<Option<&[u8]>, NetError> {
        let is_lost = self
            .asked
            .is_none_or(|asked| asked.after(ANSWER_PATIENCE) <= now);
        if is_lost && let Some(&tell) = self.wishes.front() {
            self.ask(tell)?;
            self.asked = Some(now);
            let first = (now.after(ANSWER_REPORT), ANSWER_REPORT);
            let (at, after) = *self.report.get_or_insert(first);
            if at <= now {
                tracing::warn!("the controller does not answer");
                self.report = Some((now.after(after * 2), after * 2));
            }
        }
        let answer = self.client.recv()?;
        if answer.is_some() {
            self.wishes.pop_front();
            self.asked = None;
            self.report = None;
        }
        Ok(answer)
    }

    /// When [`handle_turn`](Self::handle_turn) wants to be called next, apart from an answer.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.wishes.front()?;
        Some(
            self.asked
                .map_or(Instant::default(), |asked| asked.after(ANSWER_PATIENCE)),
        )
    }

    /// Its place in a wait.
    pub(crate) fn poll_item(&self) -> PollItem<'_> {
        self.client
            .poll_item(Interest::read_if(self.client.is_waiting()))
    }

    fn ask(&mut self, tell: Option<Replica>) -> Result<(), NetError> {
        let request = SetupVisualRequest {
            schema: SCHEMA_FINGERPRINT,
            tell,
        };
        let mut message = [0; MAX_PLAIN_BYTES];
        let length = encode(&request, &mut message)
            .expect("MAX_PLAIN_BYTES holds every message without a list");
        self.client
            .request(message.get(..length).unwrap_or_default())?;
        Ok(())
    }
}
