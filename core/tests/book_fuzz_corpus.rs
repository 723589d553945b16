//! What fuzzing found is replayed by every test run, and some fresh noise with it.

mod book_ops;

use std::path::Path;

#[test]
fn every_stream_of_the_corpus_keeps_the_rules_of_books() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/book_ops");
    let mut files: Vec<_> = std::fs::read_dir(&corpus)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(
        !files.is_empty(),
        "there is a corpus in {}",
        corpus.display()
    );
    for file in files {
        println!("{}", file.display());
        book_ops::run(&std::fs::read(file).unwrap());
    }
}

#[test]
fn streams_of_noise_keep_the_rules_of_books() {
    for seed in 1..=60u64 {
        let mut state = seed;
        let noise: Vec<u8> = (0..3 + 6 * 150)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                state.to_be_bytes()[0]
            })
            .collect();
        println!("seed {seed}");
        book_ops::run(&noise);
    }
}

#[test]
fn streams_cut_anywhere_keep_the_rules_of_books() {
    let stream: Vec<u8> = (0..200u8).map(|byte| byte.wrapping_mul(37)).collect();
    for end in 0..stream.len() {
        book_ops::run(stream.get(..end).unwrap());
    }
}
