//! Real packets decode to the values that Wireshark decoded, and are written back to the byte.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod support;

use oxberry_core::units::{SeqNum, UnixNanos};
use oxberry_core::xdp::{
    Certainty, Detector, Dialect, Message, PacketBuilder, PacketHeader, PacketRef,
};
use serde_json::Value;
use support::fields::{fields, snake_case, unpadded};

/// One captured packet and what it decodes to.
struct Vector {
    name: String,
    dialect: Dialect,
    bytes: Vec<u8>,
    expected: Value,
}

fn vectors() -> Vec<Vector> {
    let Some(directory) = support::vectors() else {
        return Vec::new();
    };
    let mut vectors = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "bin") {
            continue;
        }
        let expected = std::fs::read_to_string(path.with_extension("json")).unwrap();
        let expected: Value = serde_json::from_str(&expected).unwrap();
        let dialect = match expected["dialect"].as_str().unwrap() {
            "A" => Dialect::Legacy,
            "C" => Dialect::Pillar,
            _ => Dialect::Xdp,
        };
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        vectors.push(Vector {
            name,
            dialect,
            bytes: std::fs::read(path).unwrap(),
            expected,
        });
    }
    assert!(vectors.len() >= 22, "only {} vectors", vectors.len());
    vectors
}

fn assert_header(header: PacketHeader, expected: &Value, context: &str) {
    let number = |name: &str| expected[name].as_u64().unwrap();
    let time = number("SendTime") * 1_000_000_000 + number("SendTimeNS");
    assert_eq!(u64::from(header.pkt_size), number("PktSize"), "{context}");
    assert_eq!(
        u64::from(header.delivery_flag.raw()),
        number("DeliveryFlag"),
        "{context}"
    );
    assert_eq!(
        u64::from(header.number_msgs),
        number("NumberMsgs"),
        "{context}"
    );
    assert_eq!(
        u64::from(header.seq_num.raw()),
        number("SeqNum"),
        "{context}"
    );
    assert_eq!(header.send_time, UnixNanos::from_raw(time), "{context}");
}

/// The packet written anew from what it decodes to; messages of unknown type as they are.
fn written_anew(dialect: Dialect, packet: &PacketRef<'_>) -> Vec<u8> {
    let mut buffer = [0xFF; 1400];
    let mut builder = PacketBuilder::new(&mut buffer).unwrap();
    for message in packet.messages() {
        let message = message.unwrap();
        match Message::parse(dialect, message).unwrap() {
            Some(known) => builder.push_message(&known).unwrap(),
            None => builder.push_bytes(message).unwrap(),
        }
    }
    let PacketHeader {
        delivery_flag,
        seq_num,
        send_time,
        ..
    } = packet.header();
    builder.finish(delivery_flag, seq_num, send_time).to_vec()
}

#[test]
fn every_vector_decodes_to_the_listed_values_and_is_written_back_to_the_byte() {
    for Vector {
        name,
        dialect,
        bytes,
        expected,
    } in vectors()
    {
        let packet = PacketRef::new(&bytes).unwrap();
        assert_header(packet.header(), &expected["packet_header"], &name);
        let messages: Vec<_> = packet.messages().map(Result::unwrap).collect();
        let listed = expected["messages"].as_array().unwrap();
        assert_eq!(messages.len(), listed.len(), "{name}");
        for (message, listed) in messages.iter().zip(listed) {
            assert_eq!(listed["type"], u64::from(message.msg_type()), "{name}");
            assert_eq!(listed["size"], message.size() as u64, "{name}");
            let decoded = Message::parse(dialect, *message).unwrap();
            // Type 140 is another product's.
            assert_eq!(decoded.is_none(), message.msg_type() == 140, "{name}");
            let Some(decoded) = decoded else { continue };
            let fields = fields(&decoded);
            let body = listed["fields"].as_array().unwrap().iter().skip(2);
            assert_eq!(fields.len(), body.clone().count(), "{name}");
            for field in body {
                let field_name = snake_case(field["spec_name"].as_str().unwrap());
                // A code of 0 is listed without it.
                let value = match &fields[&*field_name] {
                    value if value == "\0" => Value::from(""),
                    value => value.clone(),
                };
                assert_eq!(value, unpadded(&field["value"]), "{name} {field_name}");
            }
        }
        assert_eq!(written_anew(dialect, &packet), bytes, "{name}");
    }
}

#[test]
fn no_flipped_byte_of_a_vector_reads_past_its_message_or_panics() {
    for Vector { bytes, .. } in vectors() {
        for at in 0..bytes.len() {
            for flip in 1..=u8::MAX {
                let mut bytes = bytes.clone();
                bytes[at] ^= flip;
                let Ok(packet) = PacketRef::new(&bytes) else {
                    continue;
                };
                let mut walked = 16;
                for message in packet.messages() {
                    let Ok(message) = message else { break };
                    assert_eq!(usize::from(message.offset()), walked);
                    walked += message.size();
                    for dialect in Dialect::ALL {
                        let _ = message.symbol_index(dialect);
                        let decoded = Message::parse(dialect, message);
                        assert_eq!(
                            matches!(decoded, Ok(None)),
                            Message::name_of(dialect, message.msg_type()).is_none()
                        );
                    }
                }
                assert!(walked <= packet.bytes().len());
            }
        }
    }
}

#[test]
fn the_dialect_of_every_vector_that_tells_it_is_detected() {
    let mut certain = 0;
    for Vector {
        name,
        dialect,
        bytes,
        ..
    } in vectors()
    {
        let mut detector = Detector::new();
        detector.packet(&PacketRef::new(&bytes).unwrap());
        let verdict = detector.verdict();
        if verdict.certainty == Certainty::Guess {
            continue;
        }
        assert_eq!(verdict.dialect, dialect, "{name}: {verdict}");
        certain += u32::from(verdict.certainty == Certainty::Certain);
    }
    assert!(certain == 0 || certain >= 5, "{certain}");
}

#[test]
fn the_capture_of_2017_decodes_as_wireshark_decodes_it() {
    let (Some(vectors), Some(data)) = (support::vectors(), support::data()) else {
        return;
    };
    let listed =
        support::gunzip(&vectors.join("ImbalancesFeed.Xdp.v2.1.f__Example.tshark.jsonl.gz"));
    let listed = String::from_utf8(listed).unwrap();
    let capture = support::gunzip(&data.join("nyse-imbalances-xdp-v2.1f-2017.pcap.gz"));
    let mut packets = 0;
    for (payload, line) in support::pcap_payloads(&capture).zip(listed.lines()) {
        let listed: Value = serde_json::from_str(line).unwrap();
        let packet = PacketRef::new(payload).unwrap();
        let header = packet.header();
        assert_eq!(usize::from(header.pkt_size), payload.len());
        assert_eq!(
            listed["hdr"]["sequencenumber"],
            u64::from(header.seq_num.raw())
        );
        assert_eq!(
            listed["hdr"]["nanoseconds"],
            header.send_time.raw() % 1_000_000_000
        );
        let [message] = packet.messages().map(Result::unwrap).collect::<Vec<_>>()[..] else {
            panic!("every packet of the capture has one message");
        };
        let decoded = Message::parse(Dialect::Xdp, message).unwrap().unwrap();
        for (name, value) in fields(&decoded) {
            // The dissector calls the field by its name before 2.2.
            let listed_name = name
                .replace("auction_interest", "closing_only")
                .replace('_', "");
            assert_eq!(value, unpadded(&listed[&listed_name]), "{name} of {line}");
        }
        assert_eq!(written_anew(Dialect::Xdp, &packet), payload);
        packets += 1;
        assert_eq!(header.seq_num, SeqNum::from_raw(packets));
    }
    assert_eq!(packets, 11_819);
}
