//! Days of Nasdaq TotalView-ITCH 5.0.
//!
//! * `frames`: messages of a file,
//! * `message`: what they say,
//! * `codes`: codes as those of the feed,
//! * `translate`: what happens in the market.

mod codes;
mod frames;
mod message;
mod translate;

use self::{frames::Frames, message::Head, translate::Translator};
use super::{
    Imported,
    day::{Beginning, Day, Target},
    input::Input,
    selection::Selection,
    stop::{Place, Stop},
};
use crate::{console::Console, failure::Failure, new_york};

/// Whether a file that starts so is of ITCH 5.0: a length, and a message that has it.
pub(super) fn starts(start: &[u8]) -> bool {
    let Some((length, message)) = start.split_first_chunk() else {
        return false;
    };
    let length = usize::from(u16::from_be_bytes(*length));
    let kind = message.first().copied();
    kind.and_then(message::length) == Some(length)
}

/// Reads the files, which are of one day, message by message in the order of their times.
///
/// # Errors
///
/// When a file is cut or contradicts itself, or the day cannot be written.
pub(super) fn import(
    inputs: Vec<Input>,
    target: &Target,
    date: new_york::Day,
    selection: Selection,
    console: &mut Console,
) -> Result<Imported, Failure> {
    let mut files: Vec<_> = inputs.into_iter().map(Frames::new).collect();
    for file in &mut files {
        advance(file)?;
    }
    let midnight = u64::try_from(date.at_in_new_york(0)).unwrap_or(0);
    let mut translator = Translator::new(midnight, selection);
    let mut day = None;
    while let Some((file, head)) = earliest(&mut files) {
        let day = match &mut day {
            Some(day) => day,
            none => none.insert(Day::create(target, date, beginning(file))?),
        };
        if let Some((_, message)) = file.message()
            && let Err(stop) = translator.message(head, message, day)
        {
            return Err(stop.at(&place(file)));
        }
        console.count_packet();
        advance(file)?;
    }
    let Some(day) = day else {
        return Err(Failure::Run(anyhow::anyhow!(
            "there is no message in what was read; nothing was written"
        )));
    };
    if !translator.is_over()
        && let Some(last) = files.last()
    {
        console.say(format_args!(
            "{}: ends at byte {} without the end of messages (system event C): what follows is \
             missing, and the books are right up to there; get the whole file for the rest",
            last.name(),
            last.offset()
        ));
    }
    Ok(Imported {
        is_partial: day.is_partial(),
        summary: day.finish()?,
        report: translator.report().clone(),
        missing: translator
            .selection()
            .missing()
            .map(str::to_owned)
            .collect(),
        most_orders: translator.most_orders(),
    })
}

/// The file whose message comes next.
fn earliest(files: &mut [Frames]) -> Option<(&mut Frames, Head)> {
    let heads = files.iter().enumerate();
    let heads = heads.filter_map(|(at, file)| Some((at, file.message()?.0)));
    let (at, head) = heads.min_by_key(|(_, head)| head.timestamp)?;
    Some((files.get_mut(at)?, head))
}

fn advance(file: &mut Frames) -> Result<(), Failure> {
    file.advance().map_err(|stop: Stop| stop.at(&place(file)))
}

fn place(file: &Frames) -> Place<'_> {
    Place {
        file: file.name(),
        offset: file.offset(),
    }
}

/// A day starts with the start of messages; a file without it may start with the directory of symbols,
/// which comes before all orders.
fn beginning(file: &Frames) -> Beginning {
    match file.message() {
        Some((Head { kind: b'R', .. }, _)) => Beginning::WholeDay,
        Some((Head { kind: b'S', .. }, message)) if message.last() == Some(&b'O') => {
            Beginning::WholeDay
        }
        _ => Beginning::MidDay,
    }
}
