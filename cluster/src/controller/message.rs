//! Messages to be sent, in memory of their own.

use oxberry_proto::limits::{MAX_CONTROL_BYTES, MAX_PLAIN_BYTES};
use oxberry_proto::{Head, Listed, RecordsWriter, encode};

/// A count that [`oxberry_proto::limits`] keeps below 65,536.
pub(super) fn count(number: usize) -> u16 {
    u16::try_from(number).expect("limits keep counts small")
}

/// A message without a list.
pub(super) fn plain<H: Head>(head: &H) -> Vec<u8> {
    let mut buffer = vec![0; MAX_PLAIN_BYTES];
    let length = encode(head, &mut buffer).expect("MAX_PLAIN_BYTES holds every such message");
    buffer.truncate(length);
    buffer
}

/// A message with a list.
pub(super) fn listed<H: Listed>(head: H, records: impl Iterator<Item = H::Record>) -> Vec<u8> {
    let mut writer = RecordsWriter::new(vec![0; MAX_CONTROL_BYTES]);
    for record in records {
        writer
            .push(&record)
            .expect("MAX_CONTROL_BYTES holds MAX_SYMBOLS records");
    }
    writer
        .finish(&[], head)
        .expect("MAX_LIST_HEAD_BYTES holds every head")
        .to_vec()
}
