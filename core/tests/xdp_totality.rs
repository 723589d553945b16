//! Every message of every dialect: round trips, and every length that it may have.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use oxberry_core::feed::{Channel, EventsOnly, FeedSymbol};
use oxberry_core::units::{SeqNum, SymbolIndex, SystemId, UnixNanos};
use oxberry_core::xdp::{
    DeliveryFlag, Dialect, Message, MessageRef, PacketBuilder, PacketRef, WireErrorKind,
};
use proptest::prelude::*;
use support::fields::fields;

/// Sizes of every type, with the shorter forms that are known (docs/wire-format.md, 2.6 and 3.3).
fn sizes(dialect: Dialect) -> BTreeMap<u16, Vec<usize>> {
    let common = [
        (1, vec![14]),
        (2, vec![16]),
        (10, vec![24]),
        (11, vec![29]),
        (12, vec![14]),
        (13, vec![21]),
        (15, vec![20]),
        (31, vec![14]),
        (32, vec![20]),
        (34, vec![46]),
        (35, vec![8, 16]),
        (223, vec![36]),
    ];
    let legacy = [
        (3, vec![38, 44, 100]),
        (33, vec![21]),
        (100, vec![31]),
        (101, vec![31]),
        (102, vec![23]),
        (103, vec![34]),
        (104, vec![28]),
        (105, vec![52]),
        (106, vec![35]),
        (107, vec![36]),
        (108, vec![40]),
        (220, vec![54, 61]),
        (221, vec![24]),
        (222, vec![41, 48]),
    ];
    let modern = [
        (3, vec![38, 44, 100]),
        (100, vec![39]),
        (101, vec![35]),
        (102, vec![25]),
        (103, vec![38, 42]),
        (104, vec![42]),
        (105, vec![52, 67, 73]),
        (106, vec![43]),
        (110, vec![33]),
        (111, vec![29]),
        (112, vec![20]),
        (113, vec![24]),
        (114, vec![17]),
    ];
    let own = match dialect {
        Dialect::Legacy => legacy.to_vec(),
        Dialect::Xdp | Dialect::Pillar => modern.to_vec(),
    };
    common.into_iter().chain(own).collect()
}

/// A message of the type and size, its body filled.
fn message(msg_type: u16, size: usize, body: impl Iterator<Item = u8>) -> Vec<u8> {
    let size = u16::try_from(size).unwrap();
    let header = [size.to_le_bytes(), msg_type.to_le_bytes()].concat();
    header.into_iter().chain(body).take(size.into()).collect()
}

#[test]
fn every_type_up_to_1000_is_known_or_unknown_as_the_reference_says() {
    for dialect in Dialect::ALL {
        let sizes = sizes(dialect);
        for msg_type in 0..1000 {
            let known = sizes.contains_key(&msg_type);
            assert_eq!(
                Message::name_of(dialect, msg_type).is_some(),
                known,
                "{msg_type}"
            );
            let bytes = message(msg_type, 200, std::iter::repeat(0));
            let parsed = Message::parse(dialect, MessageRef::new(&bytes).unwrap()).unwrap();
            assert_eq!(parsed.is_some(), known, "{dialect} {msg_type}");
            if let Some(parsed) = parsed {
                assert_eq!(parsed.msg_type(), msg_type);
                assert_eq!(Some(parsed.name()), Message::name_of(dialect, msg_type));
            }
        }
    }
}

#[test]
fn every_length_is_read_by_its_known_prefix_or_refused_with_what_is_needed() {
    for dialect in Dialect::ALL {
        for (msg_type, sizes) in sizes(dialect) {
            let table = *sizes.iter().max().unwrap();
            for size in 4..=table + 8 {
                let bytes = message(msg_type, size, (1..).map(|n: u16| n as u8));
                let reference = MessageRef::new(&bytes).unwrap();
                let parsed = Message::parse(dialect, reference);
                let context = format!("{dialect} {msg_type} of {size} bytes: {parsed:?}");
                // A longer message is read by the prefix that is known at that length.
                let usual = usual_size(dialect, msg_type);
                if size >= usual || sizes.contains(&size) {
                    let parsed = parsed.unwrap().unwrap();
                    let read = parsed.size();
                    assert!(read <= size && sizes.contains(&read), "{context}");
                    let mut written = vec![0; read];
                    assert_eq!(parsed.emit(&mut written), Some(read), "{context}");
                    assert_eq!(written[4..], bytes[4..read], "{context}");
                    assert_eq!(parsed.emit(&mut written[1..]), None, "{context}");
                } else {
                    let error = parsed.unwrap_err();
                    assert_eq!(error.msg_type, Some(msg_type), "{context}");
                    assert_eq!(
                        error.kind,
                        WireErrorKind::TooShort {
                            needed: usual as u16,
                            got: size as u16
                        },
                        "{context}"
                    );
                }
            }
        }
    }
}

/// The usual size of a type in docs/wire-format.md, below which only listed forms are read.
fn usual_size(dialect: Dialect, msg_type: u16) -> usize {
    match (dialect, msg_type) {
        (Dialect::Legacy, 3) => 38,
        (_, 3) => 44,
        (_, 220) => 54,
        (_, 222) => 41,
        _ => *sizes(dialect)[&msg_type].iter().max().unwrap(),
    }
}

#[test]
fn routing_reads_the_symbol_index_that_parsing_reads() {
    for dialect in Dialect::ALL {
        for (msg_type, sizes) in sizes(dialect) {
            for size in sizes {
                let bytes = message(msg_type, size, (1..).map(|n: u16| n as u8));
                let reference = MessageRef::new(&bytes).unwrap();
                let parsed = Message::parse(dialect, reference).unwrap().unwrap();
                let routed = reference
                    .symbol_index(dialect)
                    .map(|index| index.raw().into());
                let field = fields(&parsed).get("symbol_index").cloned();
                assert_eq!(routed, field, "{dialect} {msg_type} of {size} bytes");
            }
        }
    }
}

#[test]
fn fields_have_the_names_of_the_reference() {
    let names: BTreeSet<_> = Dialect::ALL
        .into_iter()
        .flat_map(|dialect| {
            sizes(dialect)
                .into_iter()
                .map(move |sizes| (dialect, sizes))
        })
        .flat_map(|(dialect, (msg_type, sizes))| {
            sizes.into_iter().flat_map(move |size| {
                let bytes = message(msg_type, size, std::iter::repeat(0));
                let parsed = Message::parse(dialect, MessageRef::new(&bytes).unwrap());
                fields(&parsed.unwrap().unwrap()).into_keys()
            })
        })
        .collect();
    for name in [
        "source_time_ns",
        "order_id_gtc_indicator",
        "ssr_filing_price",
        "ssr_triggering_exchange_id",
        "mpv",
        "id",
        "db_exec_id",
        "bloomberg_security_id",
        "rpi_indicator",
        "trade_cond1",
        "num_parity_splits",
        "liquidity_indicator_flag",
    ] {
        assert!(names.contains(name), "{name} is missing from {names:?}");
    }
    assert!(!names.contains("base"));
}

/// Any message of any dialect, of any of its forms.
fn any_message() -> impl Strategy<Value = (Dialect, Vec<u8>)> {
    let forms: Vec<_> = Dialect::ALL
        .into_iter()
        .flat_map(|dialect| {
            sizes(dialect)
                .into_iter()
                .flat_map(move |(msg_type, sizes)| {
                    sizes.into_iter().map(move |size| (dialect, msg_type, size))
                })
        })
        .collect();
    (
        proptest::sample::select(forms),
        proptest::collection::vec(any::<u8>(), 100),
    )
        .prop_map(|((dialect, msg_type, size), body)| {
            (dialect, message(msg_type, size, body.into_iter()))
        })
}

proptest! {
    #[test]
    fn any_message_is_written_back_as_it_was_read((dialect, bytes) in any_message()) {
        let reference = MessageRef::new(&bytes).unwrap();
        let parsed = Message::parse(dialect, reference).unwrap().unwrap();
        let mut buffer = [0; 256];
        let mut builder = PacketBuilder::new(&mut buffer).unwrap();
        builder.push_message(&parsed).unwrap();
        let seq_num = SeqNum::from_raw(7);
        let packet = builder.finish(DeliveryFlag::ORIGINAL, seq_num, UnixNanos::from_raw(1));
        let packet = PacketRef::new(packet).unwrap();
        let again: Vec<_> = packet.messages().map(Result::unwrap).collect();
        prop_assert_eq!(again.len(), 1);
        prop_assert_eq!(again[0].bytes(), bytes.as_slice());
        prop_assert_eq!(Message::parse(dialect, again[0]).unwrap(), Some(parsed));
    }

    /// Bytes that are packets as far as their headers go.
    #[test]
    fn no_bytes_make_a_channel_panic(
        dialect in proptest::sample::select(Dialect::ALL.to_vec()),
        packets in proptest::collection::vec(
            (any::<u8>(), proptest::collection::vec(any::<u8>(), 0..200)),
            0..20,
        ),
    ) {
        let mut channel = Channel::new(dialect, [FeedSymbol::EMPTY; 4]);
        channel.define(SymbolIndex::from_raw(0), SystemId::from_raw(0))
            .unwrap();
        for (messages, body) in packets {
            let size = u16::try_from(16 + body.len()).unwrap();
            let mut bytes = vec![0; 16];
            bytes[..2].copy_from_slice(&size.to_le_bytes());
            bytes[3] = messages;
            bytes.extend(&body);
            if let Ok(packet) = PacketRef::new(&bytes) {
                let mut events = 0;
                let _ = channel.packet(&packet, &mut EventsOnly(|_| events += 1));
            }
            if let Ok(packet) = PacketRef::new(&body) {
                prop_assert!(packet.messages().count() <= 256);
            }
        }
    }

    #[test]
    fn any_mix_of_messages_goes_through_a_channel_and_the_counts_add_up(
        messages in proptest::collection::vec(any_message(), 0..50),
        dialect in proptest::sample::select(Dialect::ALL.to_vec()),
        first in 0_u32..4,
    ) {
        let mut channel = Channel::new(dialect, [FeedSymbol::EMPTY; 4]);
        let mut events = 0;
        let mut sent = 0;
        for (_, bytes) in &messages {
            let mut buffer = [0; 256];
            let mut builder = PacketBuilder::new(&mut buffer).unwrap();
            builder.push_bytes(MessageRef::new(bytes).unwrap()).unwrap();
            let seq_num = SeqNum::from_raw(first + sent);
            let packet = builder.finish(DeliveryFlag::ORIGINAL, seq_num, UnixNanos::from_raw(1));
            let packet = PacketRef::new(packet).unwrap();
            channel.packet(&packet, &mut EventsOnly(|_| events += 1)).unwrap();
            sent += 1;
        }
        prop_assert_eq!(channel.normalizer().counters().events, events);
        let dropped = channel.counters().duplicates;
        prop_assert_eq!(channel.normalizer().counters().messages() + dropped, u64::from(sent));
    }
}
