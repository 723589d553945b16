//! Days of Databento Binary Encoding, market by order.
//!
//! * `records`: records of a file,
//! * `event`: what belongs together in an event of a venue,
//! * `books`: what records do to orders,
//! * `translate`: records to what happens in the market.

mod books;
mod event;
mod records;
mod translate;

use dbn::{MboMsg, UNDEF_TIMESTAMP};
use oxberry_core::units::UnixNanos;

use self::{records::Records, translate::Translator};
use super::{
    Imported,
    day::{Beginning, Day, Target},
    input::Input,
    selection::Selection,
    stop::Place,
};
use crate::{console::Console, failure::Failure, new_york};

/// Reads the files record by record, in the order in which records were received.
///
/// Whether orders rested before is told by each instrument itself: one that is cleared is whole. So a day
/// of these files begins in its middle.
///
/// # Errors
///
/// When a file is cut, or its records are not in order, or the day cannot be written.
pub(super) fn import(
    inputs: Vec<Input>,
    target: &Target,
    selection: Selection,
    console: &mut Console,
) -> Result<Imported, Failure> {
    let mut files = Vec::new();
    let mut translator = Translator::new(selection);
    for input in inputs {
        let mut file = Records::new(input).map_err(|(file, stop)| {
            let file = &file;
            stop.at(&Place { file, offset: 0 })
        })?;
        advance(&mut file, &mut translator)?;
        files.push(file);
    }
    let mut day = None;
    while let Some(file) = earliest(&mut files) {
        let Some(record) = file.record() else { break };
        let day = match &mut day {
            Some(day) => day,
            none => {
                let date = new_york::Day::in_new_york(received(record));
                none.insert(Day::create(target, date, Beginning::MidDay)?)
            }
        };
        let told = translator.record(record, file.symbol(record), day);
        told.map_err(|stop| stop.at(&place(file)))?;
        console.count_packet();
        advance(file, &mut translator)?;
    }
    let Some(mut day) = day else {
        return Err(Failure::Run(anyhow::anyhow!(
            "there is no record of an order in what was read; nothing was written"
        )));
    };
    translator.finish(&mut day)?;
    Ok(Imported {
        is_partial: translator.has_partial_books(),
        summary: day.finish()?,
        missing: translator
            .selection()
            .missing()
            .map(str::to_owned)
            .collect(),
        most_orders: translator.most_orders(),
        report: translator.into_report(),
    })
}

/// When a record was received, or happened where only that is known.
fn received(record: &MboMsg) -> UnixNanos {
    UnixNanos::from_raw(match record.ts_recv {
        UNDEF_TIMESTAMP => happened(record),
        time => time,
    })
}

/// When the matching engine did it; 0 where nobody knows.
const fn happened(record: &MboMsg) -> u64 {
    match record.hd.ts_event {
        UNDEF_TIMESTAMP => 0,
        time => time,
    }
}

/// The file whose record comes next.
fn earliest(files: &mut [Records]) -> Option<&mut Records> {
    let times = files.iter().enumerate();
    let times = times.filter_map(|(at, file)| Some((at, received(file.record()?))));
    let (at, _) = times.min_by_key(|(_, time)| *time)?;
    files.get_mut(at)
}

fn advance(file: &mut Records, translator: &mut Translator) -> Result<(), Failure> {
    let advanced = file.advance(translator.left_out());
    advanced.map_err(|stop| stop.at(&place(file)))
}

fn place(file: &Records) -> Place<'_> {
    Place {
        file: file.name(),
        offset: file.offset(),
    }
}
