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

#[test]
fn compression_in_compression_is_undone() {
    let packets = packet(1, 5, 14);
    let inputs = [
        gzip(&gzip(&packets)),
        gzip(&gzip(&gzip(&packets))),
        zstd::encode_all(&gzip(&packets)[..], 1).unwrap(),
        gzip(&zstd::encode_all(&packets[..], 1).unwrap()),
    ];
    for input in inputs {
        let (found, end) = drain(&mut source_over(&input, Filter::default()));
        end.unwrap();
        assert_eq!(found, std::slice::from_ref(&packets));
    }
    let mut bottomless = packets;
    for _ in 0..20 {
        bottomless = gzip(&bottomless);
    }
    let (found, end) = drain(&mut source_over(&bottomless, Filter::default()));
    assert_eq!(found.len(), 0);
    assert!(end.unwrap_err().to_string().contains("gzip"));
}

#[test]
fn zeros_behind_gzip_are_filling_and_anything_else_is_told() {
    let (first, second) = (packet(1, 5, 14), packet(2, 6, 700));
    for zeros in [1, 511, 100_000] {
        let filled = [gzip(&first), vec![0; zeros], gzip(&second), vec![0; zeros]].concat();
        let (packets, end) = drain(&mut source_over(&filled, Filter::default()));
        end.unwrap();
        assert_eq!(packets, [first.clone(), second.clone()]);
    }
    for garbage in [&b"garbage"[..], &[0, 0, 7], &[0x1f], &[0x1f, 0x8c]] {
        let input = [gzip(&first), garbage.to_vec()].concat();
        let (packets, end) = drain(&mut source_over(&input, Filter::default()));
        assert_eq!(packets, std::slice::from_ref(&first));
        assert!(end.is_err(), "{garbage:?}");
    }
}

#[test]
fn empty_members_and_skippable_frames_hold_nothing() {
    let (first, second) = (packet(1, 5, 14), packet(2, 6, 700));
    let encoded = |bytes: &[u8]| zstd::encode_all(bytes, 3).unwrap();
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0][..], &[9; 4]].concat();
    let inputs = [
        // As bgzip ends its files.
        [gzip(&first), gzip(&second), gzip(&[])].concat(),
        [gzip(&[]), gzip(&first), gzip(&second)].concat(),
        // As parallel and seekable compressors write.
        [
            &skippable[..],
            &encoded(&first),
            &skippable,
            &encoded(&second),
        ]
        .concat(),
        [&encoded(&first)[..], &encoded(&second), &skippable].concat(),
        [&encoded(&[])[..], &encoded(&first), &encoded(&second)].concat(),
    ];
    for input in inputs {
        let (packets, end) = drain(&mut source_over(&input, Filter::default()));
        end.unwrap();
        assert_eq!(packets, [first.clone(), second.clone()]);
    }
}

#[test]
fn zstd_with_the_longest_window_is_undone() {
    let packets = packet(1, 5, 14);
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(31).unwrap();
    encoder.include_contentsize(false).unwrap();
    encoder.write_all(&packets).unwrap();
    // Without a flush the encoder would notice how little it is.
    encoder.flush().unwrap();
    let input = encoder.finish().unwrap();
    let (found, end) = drain(&mut source_over(&input, Filter::default()));
    end.unwrap();
    assert_eq!(found, [packets]);
}

#[test]
fn an_input_is_empty_when_it_ends_and_not_when_it_fails() {
    let empty = [vec![], gzip(&[]), zstd::encode_all(&[][..], 1).unwrap()];
    let failing = [gzip(&packet(1, 5, 14))[..15].to_vec(), vec![0xff; 20]];
    let holding = [packet(1, 5, 14), gzip(&packet(1, 5, 14))];
    for (inputs, is_empty) in [(&empty[..], true), (&failing, false), (&holding, false)] {
        for input in inputs {
            let mut source = source_over(input, Filter::default());
            assert!(!source.is_empty(), "nobody knows yet");
            let _ = drain(&mut source);
            assert_eq!(source.is_empty(), is_empty, "{input:?}");
        }
    }
}
