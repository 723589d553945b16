//! Lines that say nothing, not even a heartbeat.

use core::time::Duration;

use super::Line;
use crate::units::Instant;

/// When each line was heard last.
#[derive(Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Silence {
    longest: Option<Duration>,
    lines: [Heard; 2],
}

#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Heard {
    watched: bool,
    last: Instant,
    silent: bool,
    /// What the last command said.
    reported: bool,
}

impl Silence {
    pub(super) fn new(now: Instant, longest: Option<Duration>, two_lines: bool) -> Self {
        let watched = Heard {
            watched: longest.is_some(),
            last: now,
            silent: false,
            reported: false,
        };
        let second = Heard {
            watched: watched.watched && two_lines,
            ..watched
        };
        Self {
            longest,
            lines: [watched, second],
        }
    }

    pub(super) fn heard(&mut self, now: Instant, line: Line) {
        if let Some(line) = self.lines.get_mut(line.index()) {
            line.last = now;
            line.silent = false;
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let longest = self.longest?;
        self.lines
            .iter()
            .filter(|line| line.watched && !line.silent)
            .map(|line| line.last.after(longest))
            .min()
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        let Some(longest) = self.longest else { return };
        for line in &mut self.lines {
            line.silent |= line.watched && now >= line.last.after(longest);
        }
    }

    /// Whether no line says anything, so that nobody knows what is missed.
    pub(super) fn is_total(&self) -> bool {
        let mut watched = self.lines.iter().filter(|line| line.watched).peekable();
        watched.peek().is_some() && watched.all(|line| line.silent)
    }

    /// A line that fell silent or was heard again since the last call, and whether it is silent.
    pub(super) fn next_command(&mut self) -> Option<(Line, bool)> {
        Line::ALL
            .into_iter()
            .zip(&mut self.lines)
            .find(|(_, heard)| heard.silent != heard.reported)
            .map(|(line, heard)| {
                heard.reported = heard.silent;
                (line, heard.silent)
            })
    }
}
