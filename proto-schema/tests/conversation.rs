//! Each message is said in the direction where it belongs, and in no other one.
use oxberry_proto::{Answer, Data, FromPi, Kind, ProtoError, Question, Stock, ToPi, kind_of};

const GOLDEN: &str = include_str!("../golden/v2.txt");

#[test]
fn a_message_is_read_in_its_direction_and_is_a_wrong_kind_in_all_others() {
    let mut left: Vec<_> = Kind::ALL.into_iter().collect();
    for line in GOLDEN.lines() {
        let (name, hex) = line.split_once(' ').unwrap();
        let message: Vec<u8> = (0..hex.len() / 2)
            .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        let kind = kind_of(&message).unwrap();
        left.retain(|one| *one != kind);
        let read = [
            FromPi::decode(&message).map(|one| one.kind()),
            ToPi::decode(&message).map(|one| one.kind()),
            Data::decode(&message).map(|one| one.kind()),
            Stock::decode(&message).map(|one| one.kind()),
            Question::decode(&message).map(|one| one.kind()),
            Answer::decode(&message).map(|one| one.kind()),
        ];
        // Pis and visualisation are refused alike, and the controller passes snapshots on.
        let is_in_two = matches!(
            kind,
            Kind::Refused | Kind::SnapshotWish | Kind::Snapshot | Kind::SnapshotRefused
        );
        let directions = if is_in_two { 2 } else { 1 };
        let fitting = read.iter().filter(|read| **read == Ok(kind));
        assert_eq!(fitting.count(), directions, "{name}");
        let other = Err(ProtoError::BadKind { kind: kind as u8 });
        let refusing = read.iter().filter(|read| **read == other);
        assert_eq!(refusing.count(), read.len() - directions, "{name}");
    }
    assert_eq!(left, []);
}
