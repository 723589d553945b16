//! Compressions as other programs write them.

use super::*;

#[test]
fn compression_is_undone_whatever_the_name_says_also_in_several_members() {
    let (first, second) = (packet(1, 5, 14), packet(2, 6, 700));
    let inputs = [
        gzip(&[&first[..], &second].concat()),
        [gzip(&first), gzip(&second)].concat(),
        zstd::encode_all(&[&first[..], &second].concat()[..], 3).unwrap(),
        [
            zstd::encode_all(&first[..], 3).unwrap(),
            zstd::encode_all(&second[..], 3).unwrap(),
        ]
        .concat(),
    ];
    for input in inputs {
        let (packets, end) = drain(&mut source_over(&input, Filter::default()));
        end.unwrap();
        assert_eq!(packets, [first.clone(), second.clone()]);
    }
}

#[test]
fn damaged_compression_is_an_error_after_what_was_good() {
    let packets: Vec<Vec<u8>> = (1..2_000).map(|n| packet(n, n, 200)).collect();
    let mut whole = gzip(&packets.concat());
    whole.truncate(whole.len() / 2);
    let (found, end) = drain(&mut source_over(&whole, Filter::default()));
    assert!(found.len() > 100);
    assert!(packets.starts_with(&found));
    let Err(SourceError::Read { offset, .. }) = end else {
        panic!("no read error: {end:?}")
    };
    assert_eq!(offset, found.len() as u64 * 216);
}
