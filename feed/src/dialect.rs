//! The dialect of sources, told from what they begin with.

use std::ops::ControlFlow;

use oxberry_core::xdp::{Detection, Detector, Dialect, PacketRef};

use crate::source::Source;

/// The dialects of the channels of one feed, in their order: the one that the user named, or else
/// what the first packets of each tell. Channels that tell too little are in the dialect of those
/// that tell more.
///
/// To be asked before any [`Source::advance`]. Everybody who reads the same inputs decides so, and
/// thus the same. Without a name it reads ahead as far as may be held, one source after the other;
/// a writer of pipes that waits for its readers in another order needs the name.
pub fn dialects(sources: &mut [Source], named: Option<Dialect>) -> Vec<Detection> {
    let mut verdicts: Vec<Detection> = sources
        .iter_mut()
        .map(|source| verdict(source, named))
        .collect();
    // Of equally certain ones the first.
    let most_certain = verdicts
        .iter()
        .rev()
        .copied()
        .max_by_key(|verdict| verdict.certainty);
    if let Some(most_certain) = most_certain {
        for verdict in &mut verdicts {
            if verdict.certainty < most_certain.certainty {
                *verdict = most_certain;
            }
        }
    }
    verdicts
}

fn verdict(source: &mut Source, named: Option<Dialect>) -> Detection {
    let mut detector = Detector::new();
    if named.is_none() {
        source.look_ahead(|packet| {
            // A faulty packet tells nothing; it is reported when it is read.
            if let Ok(packet) = PacketRef::new(packet.bytes) {
                detector.packet(&packet);
            }
            if detector.is_settled() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
    }
    detector.verdict_or_named(named)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use oxberry_core::{
        units::{SeqNum, UnixNanos},
        xdp::{
            Body, Certainty, DeliveryFlag, LegacyAddOrder, PacketBuilder, SequenceNumberReset,
            XdpImbalanceV21,
        },
    };

    use super::*;
    use crate::source::Filter;

    fn source_of(message: &impl Body) -> Source {
        let mut buffer = [0; 100];
        let mut packet = PacketBuilder::new(&mut buffer).unwrap();
        packet.push(message).unwrap();
        let (seq_num, sent) = (SeqNum::from_raw(1), UnixNanos::from_raw(0));
        let packet = packet
            .finish(DeliveryFlag::ORIGINAL, seq_num, sent)
            .to_vec();
        Source::from_reader("test", Cursor::new(packet), Filter::default())
    }

    #[test]
    fn a_channel_that_tells_nothing_is_in_the_dialect_of_those_that_do() {
        let mut sources = [
            source_of(&SequenceNumberReset::default()),
            source_of(&LegacyAddOrder::default()),
            source_of(&XdpImbalanceV21::default()),
        ];
        let found: Vec<Dialect> = dialects(&mut sources, None)
            .iter()
            .map(|verdict| verdict.dialect)
            .collect();
        assert_eq!(found, [Dialect::Legacy, Dialect::Legacy, Dialect::Xdp]);
        for mut source in sources {
            assert!(source.advance().unwrap(), "looking does not take");
        }
    }

    #[test]
    fn the_user_has_the_last_word() {
        let mut sources = [source_of(&LegacyAddOrder::default())];
        let [verdict] = dialects(&mut sources, Some(Dialect::Pillar))[..] else {
            panic!()
        };
        assert_eq!(
            (verdict.dialect, verdict.certainty),
            (Dialect::Pillar, Certainty::Certain)
        );
    }
}
