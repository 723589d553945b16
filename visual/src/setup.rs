//! Questions to the controller, one at a time, without waiting for their answers.

use std::collections::VecDeque;
use std::time::Duration;

use oxberry_core::units::Instant;
use oxberry_net::{Context, Endpoint, Interest, NetError, PollItem, SetupClient};
use oxberry_proto::depth::DepthRequest;
use oxberry_proto::limits::{MAX_PARTITIONS, MAX_PLAIN_BYTES};
use oxberry_proto::start::{Replica, SetupVisualRequest};
use oxberry_proto::status::{StatusFrom, StatusRequest};
use oxberry_proto::{SCHEMA_FINGERPRINT, encode};

use crate::limits::{ANSWER_PATIENCE, ANSWER_REPORT};

/// Questions that may wait: a wish for the state of every partition of two Pis.
const MAX_QUESTIONS: usize = 2 * MAX_PARTITIONS;

/// A question to the controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Which symbols are there? And a wish that the controller is to pass on.
    Symbols {
        /// Who is to tell its state, if anybody.
        tell: Option<Replica>,
    },
    /// How is the cluster?
    Cluster {
        /// From where on.
        from: StatusFrom,
    },
    /// Pass on that somebody looks at a symbol.
    Depth(DepthRequest),
}

/// What is asked, and what is to be asked.
#[derive(Debug)]
pub struct Setup {
    client: SetupClient,
    /// The question without an answer is the first of them.
    questions: VecDeque<Question>,
    /// When the first was asked last.
    asked: Option<Instant>,
    /// When to say that the first has no answer, and how long that is from when it was asked first, or
    /// it was said last.
    report: Option<(Instant, Duration)>,
}

impl Setup {
    /// Questions to the controller there; nothing is to be asked yet.
    ///
    /// # Errors
    ///
    /// When the socket cannot be made.
    pub fn connect(context: &Context, controller: Endpoint) -> Result<Self, NetError> {
        Ok(Self::new(SetupClient::connect(context, controller)?))
    }

    /// Nothing is to be asked.
    pub(crate) const fn new(client: SetupClient) -> Self {
        Self {
            client,
            questions: VecDeque::new(),
            asked: None,
            report: None,
        }
    }

    /// Asks for the symbols in its turn, with a wish to the controller if there is one. A question that
    /// waits already is not asked twice.
    pub fn wish(&mut self, tell: Option<Replica>) {
        // Who wishes repeats it until it is granted, so one that finds no room is not lost.
        let question = Question::Symbols { tell };
        if !self.questions.contains(&question) && self.questions.len() < MAX_QUESTIONS {
            self.questions.push_back(question);
        }
    }

    /// Asks how the cluster is, from a place of its list on, unless there is something to ask that rows
    /// wait for; says whether it does.
    pub(crate) fn ask_cluster(&mut self, from: StatusFrom) -> bool {
        let is_look = |question: &Question| matches!(question, Question::Depth(_));
        let is_free = self.questions.iter().all(is_look);
        if is_free {
            self.questions.push_back(Question::Cluster { from });
        }
        is_free
    }

    /// Asks for the depth of a symbol, in place of what was to be asked of it before.
    pub(crate) fn ask_depth(&mut self, request: DepthRequest) {
        let symbol_index = request.wish.symbol_index;
        // The first may be on its way.
        let has_room = self.questions.len() < MAX_QUESTIONS;
        let mut waiting = self.questions.iter_mut().skip(1);
        let before = waiting.find(|question| {
            matches!(question, Question::Depth(before) if before.wish.symbol_index == symbol_index)
        });
        match before {
            Some(before) => *before = Question::Depth(request),
            None if has_room => {
                self.questions.push_back(Question::Depth(request));
            }
            // It is asked for again anyway.
            None => {}
        }
    }

    /// Asks what is to be asked now, and returns an answer that came, with its question.
    ///
    /// # Errors
    ///
    /// When the socket fails.
    pub fn handle_turn(&mut self, now: Instant) -> Result<Option<(Question, &[u8])>, NetError> {
        let is_lost = self
            .asked
            .is_none_or(|asked| asked.after(ANSWER_PATIENCE) <= now);
        if is_lost && self.asked.is_some() {
            self.forget_looks();
        }
        if is_lost && let Some(&question) = self.questions.front() {
            self.ask(question)?;
            self.asked = Some(now);
            let first = (now.after(ANSWER_REPORT), ANSWER_REPORT);
            let (at, after) = *self.report.get_or_insert(first);
            // Nothing waits for how the cluster is, but rows may wait behind that question.
            let is_row = |one: &Question| matches!(one, Question::Symbols { .. });
            if at <= now && self.questions.iter().any(is_row) {
                tracing::warn!("the controller does not answer");
                self.report = Some((now.after(after * 2), after * 2));
            }
        }
        let answer = self.client.recv()?;
        let Some(answer) = answer else {
            return Ok(None);
        };
        self.asked = None;
        self.report = None;
        Ok(self
            .questions
            .pop_front()
            .map(|question| (question, answer)))
    }

    /// Looks that could not be passed on for so long are of no use any more, and nothing else shall wait behind
    /// them.
    fn forget_looks(&mut self) {
        let is_look = |question: &Question| matches!(question, Question::Depth(_));
        self.questions.retain(|question| !is_look(question));
        if self.questions.is_empty() {
            self.asked = None;
            self.report = None;
        }
    }

    /// When [`handle_turn`](Self::handle_turn) wants to be called next, apart from an answer.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.questions.front()?;
        Some(
            self.asked
                .map_or(Instant::default(), |asked| asked.after(ANSWER_PATIENCE)),
        )
    }

    /// Its place in a wait.
    pub fn poll_item(&self) -> PollItem<'_> {
        self.client
            .poll_item(Interest::read_if(self.client.is_waiting()))
    }

    fn ask(&mut self, question: Question) -> Result<(), NetError> {
        let schema = SCHEMA_FINGERPRINT;
        let mut message = [0; MAX_PLAIN_BYTES];
        let length = match question {
            Question::Symbols { tell } => {
                encode(&SetupVisualRequest { schema, tell }, &mut message)
            }
            Question::Cluster { from } => encode(&StatusRequest { schema, from }, &mut message),
            Question::Depth(request) => encode(&request, &mut message),
        }
        .expect("MAX_PLAIN_BYTES holds every message without a list");
        self.client
            .request(message.get(..length).unwrap_or_default())?;
        Ok(())
    }
}
