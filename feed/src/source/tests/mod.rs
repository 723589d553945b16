//! Sources over bytes that the tests write themselves.

mod compression;
mod contents;
mod formats;
mod frames;
mod joined;

use std::io::{Cursor, Write as _};

use super::*;

/// A packet: the header, then `extra` bytes, which are a message if they are enough for one.
fn packet(seq_num: u32, send_time: u32, extra: u16) -> Vec<u8> {
    let mut bytes = (16 + extra).to_le_bytes().to_vec();
    bytes.extend([11, u8::from(extra >= 4)]);
    bytes.extend(seq_num.to_le_bytes());
    bytes.extend(send_time.to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(extra.to_le_bytes());
    bytes.resize(16 + usize::from(extra), 0xee);
    bytes
}

/// Ethernet, IPv4 and UDP around a payload.
fn frame(payload: &[u8], group: [u8; 4], port: u16) -> Vec<u8> {
    let mut bytes = vec![0; 12];
    bytes.extend([8, 0, 0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1]);
    bytes.extend(group);
    bytes.extend([0, 1]);
    bytes.extend(port.to_be_bytes());
    bytes.extend(u16::try_from(payload.len() + 8).unwrap().to_be_bytes());
    bytes.extend([0, 0]);
    bytes.extend(payload);
    bytes
}

/// Writes numbers in either byte order.
#[derive(Clone, Copy)]
struct Order {
    big: bool,
}

impl Order {
    fn u16(self, number: u16) -> [u8; 2] {
        if self.big {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        }
    }

    fn u32(self, number: u32) -> [u8; 4] {
        if self.big {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        }
    }

    fn pcap_header(self, magic: u32) -> Vec<u8> {
        self.pcap_header_of(magic, 1)
    }

    fn pcap_header_of(self, magic: u32, link: u32) -> Vec<u8> {
        let mut bytes = self.u32(magic).to_vec();
        for half in [2, 4] {
            bytes.extend(self.u16(half));
        }
        for word in [0, 0, 65_535, link] {
            bytes.extend(self.u32(word));
        }
        bytes
    }

    fn pcap_record(self, seconds: u32, fraction: u32, frame: &[u8]) -> Vec<u8> {
        let length = u32::try_from(frame.len()).unwrap();
        let head = [seconds, fraction, length, length];
        let mut bytes: Vec<u8> = head.into_iter().flat_map(|word| self.u32(word)).collect();
        bytes.extend(frame);
        bytes
    }

    fn block(self, kind: u32, body: &[u8]) -> Vec<u8> {
        let padded = body.len().next_multiple_of(4);
        let length = self.u32(u32::try_from(padded + 12).unwrap());
        let mut bytes = [&self.u32(kind)[..], &length, body].concat();
        bytes.resize(8 + padded, 0);
        bytes.extend(length);
        bytes
    }

    fn section(self) -> Vec<u8> {
        let mut body = self.u32(0x1a2b_3c4d).to_vec();
        body.extend(self.u16(1));
        body.extend(self.u16(0));
        body.extend([0xff; 8]);
        // An option of the section, which nobody needs.
        body.extend(self.u16(4));
        body.extend(self.u16(3));
        body.extend(b"box\0");
        self.block(0x0a0d_0d0a, &body)
    }

    fn interface(self, snapshot: u32, options: &[(u16, &[u8])]) -> Vec<u8> {
        self.interface_of(1, snapshot, options)
    }

    fn interface_of(self, link: u16, snapshot: u32, options: &[(u16, &[u8])]) -> Vec<u8> {
        let mut body = [&self.u16(link)[..], &[0, 0], &self.u32(snapshot)].concat();
        for (code, value) in options {
            body.extend(self.u16(*code));
            body.extend(self.u16(u16::try_from(value.len()).unwrap()));
            body.extend(*value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        self.block(1, &body)
    }

    fn enhanced(self, interface: u32, ticks: u64, frame: &[u8]) -> Vec<u8> {
        let length = u32::try_from(frame.len()).unwrap();
        let high = u32::try_from(ticks >> 32).unwrap();
        let low = u32::try_from(ticks & 0xffff_ffff).unwrap();
        let head = [interface, high, low, length, length];
        let mut body: Vec<u8> = head.into_iter().flat_map(|word| self.u32(word)).collect();
        body.extend(frame);
        // An option behind the frame.
        body.resize(body.len().next_multiple_of(4), 0);
        body.extend([0; 4]);
        self.block(6, &body)
    }

    fn simple(self, on_the_line: u32, frame: &[u8]) -> Vec<u8> {
        self.block(3, &[&self.u32(on_the_line)[..], frame].concat())
    }
}

/// As most captures are written.
const LITTLE: Order = Order { big: false };
const BOTH: [Order; 2] = [LITTLE, Order { big: true }];
const GROUP: [u8; 4] = [224, 0, 59, 76];
const MICROSECONDS: u32 = 0xa1b2_c3d4;

fn source_over(bytes: &[u8], filter: Filter) -> Source {
    Source::from_reader("test", Cursor::new(bytes.to_vec()), filter)
}

/// Every packet, and how the source ended.
fn drain(source: &mut Source) -> (Vec<Vec<u8>>, Result<(), SourceError>) {
    let mut packets = Vec::new();
    loop {
        match source.advance() {
            Ok(true) => packets.push(source.packet().bytes.to_vec()),
            Ok(false) => return (packets, Ok(())),
            Err(error) => return (packets, Err(error)),
        }
    }
}

fn fault_of(result: Result<(), SourceError>) -> (u64, Fault) {
    match result {
        Err(SourceError::Content { offset, fault, .. }) => (offset, fault),
        other => panic!("no fault of the content: {other:?}"),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
