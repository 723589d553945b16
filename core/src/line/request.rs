//! Asking the venue for missing messages, one request at a time.

use super::config::RetransmissionConfig;
use super::epoch_seq::Span;
use super::limits::MAX_REQUEST_MESSAGES;
use super::{Gap, Numbered as _};
use crate::units::Instant;

/// What the request server is asked for, and what may still be asked of it.
#[derive(Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Requests {
    config: Option<RetransmissionConfig>,
    /// Requests that are left today.
    left: u32,
    /// The server answered nothing, and is left alone until then.
    paused_until: Instant,
    open: Option<Request>,
}

#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Request {
    span: Span,
    attempts: u8,
    deadline: Instant,
    /// The command was handed out.
    sent: bool,
}

impl Requests {
    pub(super) fn new(config: Option<RetransmissionConfig>) -> Self {
        Self {
            config,
            left: config.map_or(0, |config| config.requests),
            paused_until: Instant::from_raw(0),
            open: None,
        }
    }

    /// What is asked for at present.
    pub(super) fn open(&self) -> Option<Span> {
        self.open.map(|request| request.span)
    }

    /// Asks for the start of a gap, or once more for what is left of it. Returns whether it may be
    /// asked for at all.
    pub(super) fn ask(&mut self, now: Instant, gap: Span) -> bool {
        let Some(config) = self.config else {
            return false;
        };
        let attempts = self.open.map_or(0, |request| request.attempts);
        if attempts > 0 && attempts >= config.attempts {
            self.paused_until = now.after(config.pause);
        }
        if self.left == 0 || now < self.paused_until || gap.len() > config.max_messages {
            return false;
        }
        self.left -= 1;
        let end = gap.end.min(gap.first.advanced(MAX_REQUEST_MESSAGES));
        self.open = Some(Request {
            span: Span { end, ..gap },
            attempts: attempts.saturating_add(1),
            deadline: now.after(config.timeout),
            sent: false,
        });
        true
    }

    /// Something that was asked for came.
    pub(super) fn progressed(&mut self, now: Instant) {
        if let (Some(config), Some(request)) = (self.config, &mut self.open) {
            request.deadline = now.after(config.timeout);
        }
    }

    /// All that was asked for came, or is known not to come.
    pub(super) const fn close(&mut self) {
        self.open = None;
    }

    /// The server says that nothing more is to be asked today.
    pub(super) const fn exhaust(&mut self) {
        self.left = 0;
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.open.map(|request| request.deadline)
    }

    /// The request to send, once.
    pub(super) fn next_command(&mut self) -> Option<Gap> {
        let request = self.open.as_mut().filter(|request| !request.sent)?;
        request.sent = true;
        Some(Gap {
            first: request.span.first.number,
            end: request.span.end.number,
        })
    }
}
