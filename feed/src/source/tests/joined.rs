//! Captures that were put one behind the other, as `cat` and members of gzip do.

use super::*;

const NANOSECONDS: u32 = 0xa1b2_3c4d;
const MODIFIED: u32 = 0xa1b2_cd34;

/// A capture of one packet.
fn pcap(order: Order, magic: u32, number: u32) -> Vec<u8> {
    let frame = frame(&packet(number, 5, 14), GROUP, 1);
    let mut record = order.pcap_record(number, 0, &frame);
    if magic == MODIFIED {
        record.splice(16..16, [0; 8]);
    }
    [order.pcap_header(magic), record].concat()
}

fn pcapng(order: Order, number: u32) -> Vec<u8> {
    let frame = frame(&packet(number, 5, 14), GROUP, 1);
    let block = order.enhanced(0, number.into(), &frame);
    [order.section(), order.interface(0, &[]), block].concat()
}

#[test]
fn captures_one_behind_the_other_are_all_read() {
    let [little, big] = BOTH;
    let captures = |number| {
        [
            pcap(little, MICROSECONDS, number),
            pcap(little, NANOSECONDS, number),
            pcap(little, MODIFIED, number),
            pcap(big, MICROSECONDS, number),
            pcap(big, NANOSECONDS, number),
            pcapng(little, number),
            pcapng(big, number),
        ]
    };
    for first in captures(1) {
        for second in captures(2) {
            let both = [&first[..], &second].concat();
            let members = [gzip(&first), gzip(&second)].concat();
            for bytes in [both, members] {
                let mut source = source_over(&bytes, Filter::default());
                let (packets, end) = drain(&mut source);
                end.unwrap();
                assert_eq!(packets, [packet(1, 5, 14), packet(2, 5, 14)]);
                assert_eq!(source.capture_counters().frames, 2);
            }
        }
    }
}

#[test]
fn a_capture_behind_another_keeps_its_own_units_and_places() {
    let (first, second) = (pcap(LITTLE, MICROSECONDS, 1), pcap(LITTLE, NANOSECONDS, 2));
    let mut source = source_over(&[&first[..], &second].concat(), Filter::default());
    assert!(source.advance().unwrap());
    assert!(source.advance().unwrap());
    let found = source.packet();
    assert_eq!(found.offset, first.len() as u64 + 24 + 16 + 42);
    assert_eq!(found.captured, Some(UnixNanos::from_parts(2, 0)));
}

#[test]
fn what_is_wrong_with_a_capture_behind_another_is_told_with_its_place() {
    let first = pcap(LITTLE, MICROSECONDS, 1);
    let header = LITTLE.pcap_header_of(MICROSECONDS, 147);
    let place = first.len() as u64;
    let (packets, end) = drain(&mut source_over(
        &[&first[..], &header].concat(),
        Filter::default(),
    ));
    assert_eq!(packets.len(), 1);
    assert_eq!(fault_of(end), (place + 20, Fault::LinkType { link: 147 }));
    let (_, end) = drain(&mut source_over(
        &[&first[..], &header[..20]].concat(),
        Filter::default(),
    ));
    assert_eq!(fault_of(end), (place, Fault::CutCapture));
}
