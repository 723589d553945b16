//! Standard error: messages, and the progress bar that they must not tear.

use std::{
    fmt::Display,
    io::{IsTerminal as _, stderr, stdout},
};

use indicatif::{ProgressBar, ProgressStyle};
use oxberry_feed::source::Progress;

/// Packets between two looks at how far the inputs are.
const PACKETS_A_STEP: u32 = 4_096;

/// Where messages go. The progress bar, if there is one, steps aside for them.
#[derive(Debug)]
pub(crate) struct Console {
    bar: ProgressBar,
    is_watched: bool,
    inputs: Vec<Progress>,
    packets: u32,
}

impl Console {
    /// A console without a bar as yet. There will be one if somebody watches: standard error is a
    /// terminal, and output, if there is some, does not scroll over the same one.
    pub(crate) fn new(has_output: bool) -> Self {
        Self {
            bar: ProgressBar::hidden(),
            is_watched: stderr().is_terminal() && !(has_output && stdout().is_terminal()),
            inputs: Vec::new(),
            packets: 0,
        }
    }

    /// Starts a bar for reading these inputs.
    pub(crate) fn watch(&mut self, inputs: Vec<Progress>) {
        // A pipe has no total; then only what was read is shown.
        match inputs.iter().map(Progress::total).sum() {
            Some(total) => self.start(
                Some(total),
                "{wide_bar} {bytes} of {total_bytes}, {eta} left",
            ),
            None => self.start(None, "{spinner} {bytes} read, {elapsed}"),
        }
        self.inputs = inputs;
    }

    /// Starts a bar for making this many messages.
    pub(crate) fn watch_messages(&mut self, total: u64) {
        self.start(
            Some(total),
            "{wide_bar} {human_pos} of {human_len} messages, {eta} left",
        );
    }

    /// Starts a bar for running this many seeds.
    pub(crate) fn watch_seeds(&mut self, total: u64) {
        self.start(
            Some(total),
            "{wide_bar} {human_pos} of {human_len} seeds, {eta} left",
        );
    }

    /// Moves the bar by some messages, or seeds.
    pub(crate) fn advance(&self, by: u64) {
        self.bar.inc(by);
    }

    fn start(&mut self, total: Option<u64>, template: &str) {
        self.bar.finish_and_clear();
        if !self.is_watched {
            return;
        }
        self.bar = ProgressBar::no_length();
        if let Some(total) = total {
            self.bar.set_length(total);
        }
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
    }

    /// Counts a packet, and moves the bar now and then.
    #[inline]
    pub(crate) fn count_packet(&mut self) {
        self.packets += 1;
        if self.packets == PACKETS_A_STEP {
            self.packets = 0;
            self.bar
                .set_position(self.inputs.iter().map(Progress::read).sum());
        }
    }

    /// Prints a message.
    pub(crate) fn say(&self, message: impl Display) {
        self.bar.suspend(|| say(message));
    }
}

/// Prints a message where there is no bar.
pub(crate) fn say(message: impl Display) {
    oxberry_net::say("oxberry", message);
}

impl Drop for Console {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
