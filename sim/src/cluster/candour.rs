//! Whether Pis say what they lack, and get what there is.

use std::collections::BTreeMap;

use oxberry_core::units::Position;
use oxberry_proto::flow::{Batch, Coverage};
use oxberry_proto::stock::{StockBeat, StreamWord};
use oxberry_proto::{Data, Run, StreamId, Topic, decode_list};

use super::oracle::Violation;

/// What each process of each Pi was handed, and so knows to exist.
#[derive(Debug, Default)]
pub(super) struct Candour(BTreeMap<(usize, u32), Heard>);

/// What a process was handed in its run: when, and from where on it tells.
#[derive(Debug, Default)]
struct Heard {
    run: Run,
    streams: BTreeMap<StreamId, Vec<(u64, Position)>>,
}

impl Candour {
    /// Notes a frame that a process of a Pi takes.
    pub(super) fn takes(&mut self, now: u64, process: (usize, u32), frame: &[u8]) {
        let Ok((_, message)) = Topic::split(frame) else {
            return;
        };
        let (run, stream, numbering, after, begins) = match Data::decode(message) {
            Ok(Data::Batch(
                Batch {
                    run,
                    stream,
                    numbering,
                    after,
                    begins,
                    ..
                },
                _,
            )) => (run, stream, numbering, after, begins),
            Ok(Data::Coverage(Coverage {
                run,
                stream,
                numbering,
                after,
                ..
            })) => (run, stream, numbering, after, None),
            Ok(Data::Refresh(..) | Data::RepairGone(_) | Data::Ping(_)) | Err(_) => return,
        };
        let at = Position {
            numbering,
            seq_num: after,
        };
        let at = begins.map_or(at, |begins| begins.previous);
        let heard = self.0.entry(process).or_default();
        if heard.run != run {
            *heard = Heard {
                run,
                ..Heard::default()
            };
        }
        let of_stream = heard.streams.entry(stream).or_default();
        if of_stream.last().is_none_or(|&(_, known)| known < at) {
            of_stream.push((now, at));
        }
    }

    /// Checks a frame that a process of a Pi pushes to the page: who was handed something that goes on above
    /// where he stands says that he is recovering.
    pub(super) fn judge(&self, process: (usize, u32), frame: &[u8]) -> Result<(), Violation> {
        let Ok((head, words)) = decode_list::<StockBeat>(frame) else {
            return Ok(());
        };
        let Some(heard) = self.0.get(&process).filter(|one| one.run == head.run) else {
            return Ok(());
        };
        for word in words.flatten().filter(|word| !word.recovering) {
            let StreamWord {
                stream,
                numbering,
                through,
                ..
            } = word;
            let stands = Position {
                numbering,
                seq_num: through,
            };
            let known = heard.streams.get(&stream).map_or(&[][..], Vec::as_slice);
            let mut known = known.iter();
            // The wall clock is one ahead; a Pi may have two turns at one instant.
            let lacks =
                known.find(|&&(at, goes_on)| at + 1 < head.ts_sent.raw() && goes_on > stands);
            if let Some((_, goes_on)) = lacks {
                return Err(format!(
                    "pi {} stands at {stands} of {stream} and was handed what goes on at {goes_on}, but \
                     does not say that it is recovering",
                    process.0
                ));
            }
        }
        Ok(())
    }
}
