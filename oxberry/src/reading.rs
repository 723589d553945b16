//! What became of an input besides the packets that were read.

use oxberry_feed::source::{CaptureCounters, Source};

use crate::console::Console;

/// How an input was read; the same words whoever read it.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    name: String,
    packets: u64,
    is_empty: bool,
    capture: CaptureCounters,
}

impl Reading {
    /// Of a source that is over.
    pub(crate) fn of(source: &Source) -> Self {
        Self {
            name: source.name().to_owned(),
            packets: source.packets(),
            is_empty: source.is_empty(),
            capture: source.capture_counters().clone(),
        }
    }

    /// The packets of the feed that were read.
    pub(crate) fn packets(&self) -> u64 {
        self.packets
    }

    /// Tells what was not read, if there is something.
    pub(crate) fn tell(&self, console: &Console) {
        let Self { name, capture, .. } = self;
        if self.is_empty {
            console.say(format_args!("{name}: is empty"));
        } else if capture.other_traffic() > 0 {
            console.say(format_args!(
                "{name}: {capture}; --group and --port say what to read"
            ));
        } else if !capture.is_all_read() {
            console.say(format_args!("{name}: {capture}"));
        }
    }
}
