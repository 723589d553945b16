//! Which dialect the inputs are in.

use oxberry_core::xdp::{Certainty, Dialect};
use oxberry_feed::{dialect::dialects, source::Source};

use crate::{console::Console, input::DialectChoice};

/// The dialects of sources that belong together: the one that the user named, or else those of the
/// first messages. Says so unless it is certain, and what to do where there is an option for it.
pub(crate) fn choose(
    choice: DialectChoice,
    sources: &mut [Source],
    has_option: bool,
    console: &Console,
) -> Vec<Dialect> {
    let verdicts = dialects(sources, choice.named());
    for (source, verdict) in sources.iter().zip(&verdicts) {
        if verdict.certainty != Certainty::Certain {
            let name = source.name();
            let remedy = if has_option {
                "; --dialect says which it is"
            } else {
                ""
            };
            console.say(format_args!("{name}: read as {verdict}{remedy}"));
        }
    }
    verdicts
        .into_iter()
        .map(|verdict| verdict.dialect)
        .collect()
}
