//! Standard error: messages, and the progress bar that they must not tear.

use std::{
    fmt::Display,
    io::{IsTerminal as _, stderr, stdout},
};

use indicatif::{ProgressBar, ProgressStyle};
use oxberry_controller::source::Progress;

/// Packets between two looks at how far the inputs are.
const PACKETS_A_STEP: u32 = 4_096;

/// Where messages go. The progress bar, if there is one, steps aside for them.
#[derive(Debug)]
pub(crate) struct Console {
    bar: ProgressBar,
    inputs: Vec<Progress>,
    packets: u32,
}

impl Console {
    /// A console without a bar.
    pub(crate) fn new() -> Self {
        Self {
            bar: ProgressBar::hidden(),
            inputs: Vec::new(),
            packets: 0,
        }
    }

    /// Starts a bar for these inputs when somebody watches: standard error is a terminal, and
    /// standard output does not scroll over the same one.
    pub(crate) fn watch(&mut self, inputs: Vec<Progress>) {
        self.bar.finish_and_clear();
        if !stderr().is_terminal() || stdout().is_terminal() {
            return;
        }
        // A pipe has no total; then only what was read is shown.
        let total = inputs.iter().map(Progress::total).sum::<Option<u64>>();
        let template = match total {
            Some(_) => "{wide_bar} {bytes} of {total_bytes}, {eta} left",
            None => "{spinner} {bytes} read, {elapsed}",
        };
        self.bar = ProgressBar::no_length();
        if let Some(total) = total {
            self.bar.set_length(total);
        }
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
        self.inputs = inputs;
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
        self.bar.suspend(|| eprintln!("oxberry: {message}"));
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
