use oxberry_proto::status::{
    ChannelStatus, NodeBeat, PartitionStatus, RunPhase, Status, TrustTotals,
};
use oxberry_proto::{Libzmq, NodeName, Partition};

use super::*;

const SILENCE: Duration = Duration::from_millis(750);

/// A time of the dashboard's clock.
fn at(milliseconds: u64) -> Instant {
    Instant::default().after(Duration::from_millis(milliseconds))
}

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

const fn costs(copies: u64, passed: u64) -> Costs {
    Costs { copies, passed }
}

/// A cluster of one partition with ten symbols on two Pis, which a controller tells.
fn told(nodes: &[(u16, &str, NodeState)]) -> Cluster {
    let mut cluster = Cluster::new(Status {
        schema: 0,
        run: Run::default(),
        phase: RunPhase::Running,
        phase_ms: 0,
        nodes: 2,
        replicas: 2,
        partitions: 1,
        channels: 1,
        symbols: 10,
        libzmq: Libzmq::default(),
        next: None,
        records: 0,
    });
    let mut replicas = Vec::new();
    for &(number, name, state) in nodes {
        let node = NodeId::from_raw(number);
        let mut beat = NodeBeat::default();
        beat.trust.live = if state == NodeState::Ready { 10 } else { 0 };
        cluster.nodes.push(NodeStatus {
            node,
            name: NodeName::try_from(name).unwrap(),
            state,
            heard_ms: 0,
            max_orders: 1,
            max_symbols: 1,
            libzmq: Libzmq::default(),
            beat: Some(beat),
        });
        if state != NodeState::Replaced {
            replicas.push(oxberry_cluster::told::Replica {
                node,
                is_alive: state != NodeState::Dead,
                positions: Vec::new(),
            });
        }
    }
    cluster.partitions.push(oxberry_cluster::told::Partition {
        status: PartitionStatus {
            partition: Partition::from_raw(0),
            symbols: 10,
        },
        replicas,
    });
    cluster
}

/// The controller has played for so long.
fn playing_for(mut cluster: Cluster, milliseconds: u64) -> Cluster {
    cluster.head.phase_ms = milliseconds;
    cluster
}

fn voices(history: &mut History, now: u64, costs: Costs, voices: &[(u16, Voice)]) {
    let voices = voices.iter().map(|&(node, voice)| {
        let name = format!("pi-{}", node + 1);
        (NodeId::from_raw(node), voice, name)
    });
    history.handle_voices(at(now), SILENCE, costs, voices);
}

const WELL: [(u16, &str, NodeState); 2] =
    [(0, "pi-1", NodeState::Ready), (1, "pi-2", NodeState::Ready)];

/// Ten seconds of a cluster in which nothing happens.
fn quiet() -> History {
    let mut history = History::default();
    voices(
        &mut history,
        1_000,
        costs(0, 0),
        &[(0, Voice::Speaking), (1, Voice::Speaking)],
    );
    for second in [2, 4, 6, 8, 10] {
        let told = playing_for(told(&WELL), second * 1_000);
        history.handle_told(at(second * 1_000), &told, costs(0, 0));
    }
    assert!(history.shown().is_empty());
    history
}

fn only(history: &mut History) -> Incident {
    let shown = history.shown();
    assert_eq!(shown.len(), 1, "{shown:#?}");
    shown[0].clone()
}

#[test]
fn a_pi_that_was_killed_is_lost_then_back_then_all_is_whole() {
    let mut history = quiet();
    voices(
        &mut history,
        10_800,
        costs(100, 0),
        &[(0, Voice::Speaking), (1, Voice::Silent)],
    );
    let lost = only(&mut history);
    assert_eq!((lost.began, lost.noticed), (at(10_050), SILENCE));
    assert!(!lost.is_over && history.is_expectant(at(11_000)));
    // The controller has not noticed anything yet: what it calls whole is not.
    history.handle_told(at(10_900), &playing_for(told(&WELL), 10_900), costs(110, 0));
    assert!(!only(&mut history).is_over);
    let joined = [
        WELL[0],
        (1, "pi-2", NodeState::Replaced),
        (2, "pi-2", NodeState::Joined),
    ];
    history.handle_told(
        at(11_200),
        &playing_for(told(&joined), 11_200),
        costs(120, 1),
    );
    assert_eq!(only(&mut history).back, None);
    let mut healing = told(&[joined[0], joined[1], (2, "pi-2", NodeState::Ready)]);
    healing.nodes[2].beat.as_mut().unwrap().trust = TrustTotals {
        live: 4,
        recovering: 6,
        ..TrustTotals::default()
    };
    history.handle_told(
        at(11_450),
        &playing_for(healing.clone(), 11_450),
        costs(130, 2),
    );
    let back = only(&mut history);
    assert_eq!((back.back, back.whole), (Some(ms(1_400)), None));
    healing.nodes[2].beat.as_mut().unwrap().trust = TrustTotals {
        live: 10,
        ..TrustTotals::default()
    };
    history.handle_told(at(11_700), &playing_for(healing, 11_700), costs(150, 3));
    let whole = only(&mut history);
    assert_eq!(
        (whole.back, whole.whole),
        (Some(ms(1_400)), Some(ms(1_650)))
    );
    assert_eq!((whole.copies, whole.passed), (50, 3));
    assert!(whole.is_over && !history.is_expectant(at(11_800)));
}

#[test]
fn what_the_controller_alone_noticed_began_when_it_heard_the_pi_last() {
    let mut history = quiet();
    let mut dead = told(&[WELL[0], (1, "pi-2", NodeState::Dead)]);
    dead.nodes[1].heard_ms = 5_100;
    history.handle_told(at(16_000), &playing_for(dead.clone(), 16_000), costs(0, 0));
    let lost = only(&mut history);
    assert_eq!((lost.began, lost.noticed), (at(10_900), ms(5_100)));
    // Told again it is no news.
    history.handle_told(at(16_250), &playing_for(dead, 16_250), costs(0, 0));
    assert!(!only(&mut history).is_over);
}

#[test]
fn a_pause_that_nobody_took_for_a_death_ends_with_the_voice() {
    let mut history = quiet();
    voices(&mut history, 10_800, costs(0, 0), &[(1, Voice::Silent)]);
    voices(&mut history, 12_050, costs(0, 0), &[(1, Voice::Speaking)]);
    assert_eq!(only(&mut history).back, Some(ms(2_000)));
    history.handle_told(at(12_150), &playing_for(told(&WELL), 12_150), costs(0, 0));
    let over = only(&mut history);
    assert_eq!((over.whole, over.is_over), (Some(ms(2_100)), true));
    // It falls silent once more, which is another one.
    voices(&mut history, 20_000, costs(0, 0), &[(1, Voice::Silent)]);
    assert_eq!(history.shown().len(), 2);
}

#[test]
fn what_was_so_at_the_first_word_is_no_news() {
    let mut history = History::default();
    voices(
        &mut history,
        500,
        costs(0, 0),
        &[(0, Voice::Speaking), (1, Voice::Dead)],
    );
    let dead = told(&[WELL[0], (1, "pi-2", NodeState::Dead)]);
    history.handle_told(at(2_000), &playing_for(dead.clone(), 9_000), costs(0, 0));
    history.handle_told(at(4_000), &playing_for(dead, 11_000), costs(0, 0));
    assert!(history.shown().is_empty());
}

#[test]
fn a_controller_is_missed_and_one_that_was_back_at_once_is_seen_by_its_age() {
    let mut history = quiet();
    history.handle_silence(at(13_900), costs(0, 0));
    assert!(history.shown().is_empty(), "it may still answer");
    history.handle_silence(at(14_000), costs(0, 0));
    let missed = only(&mut history);
    assert_eq!((missed.what, missed.began), (What::Controller, at(10_000)));
    history.handle_told(at(17_000), &playing_for(told(&WELL), 500), costs(0, 0));
    let over = only(&mut history);
    assert_eq!((over.back, over.whole), (Some(ms(7_000)), Some(ms(7_000))));

    let mut history = quiet();
    history.handle_told(at(12_000), &playing_for(told(&WELL), 12_000), costs(0, 0));
    assert!(history.shown().is_empty());
    history.handle_told(at(14_500), &playing_for(told(&WELL), 900), costs(0, 0));
    let seen = only(&mut history);
    assert_eq!((seen.what, seen.is_over), (What::Controller, true));
    assert_eq!(seen.whole, Some(ms(2_500)));
}

#[test]
fn lost_messages_and_books_in_doubt_are_told_and_a_death_explains_its_own_doubts() {
    let mut history = quiet();
    let mut holed = playing_for(told(&WELL), 12_000);
    holed.channels.push(ChannelStatus {
        channel: ChannelId::from_raw(3),
        position: oxberry_core::units::Position::default(),
        ended: false,
        packets: 9,
        events: 9,
        losses: 1,
        lost_messages: 17,
    });
    holed.nodes[0].beat.as_mut().unwrap().trust.stale = 2;
    history.handle_told(at(12_000), &holed, costs(0, 0));
    let shown = history.shown();
    let channel = ChannelId::from_raw(3);
    assert_eq!(shown[0].what, What::Messages { channel, lost: 17 });
    assert_eq!(
        (shown[1].what.clone(), shown[1].is_over),
        (What::Books, false)
    );
    assert_eq!(shown.len(), 2);
    // Books that stay in doubt are asked for often only for a while.
    assert!(history.is_expectant(at(60_000)) && !history.is_expectant(at(80_000)));
    let mut mended = playing_for(told(&WELL), 14_000);
    mended.channels = holed.channels.clone();
    history.handle_told(at(14_000), &mended, costs(0, 0));
    assert_eq!(history.shown()[1].whole, Some(ms(2_000)));

    let mut history = quiet();
    voices(&mut history, 10_800, costs(0, 0), &[(1, Voice::Silent)]);
    holed.channels.clear();
    history.handle_told(at(12_000), &holed, costs(0, 0));
    only(&mut history);
}

#[test]
fn books_that_were_in_doubt_before_need_not_be_mended() {
    let doubtful = |mut cluster: Cluster, live| {
        for node in &mut cluster.nodes {
            let trust = &mut node.beat.as_mut().unwrap().trust;
            (trust.live, trust.stale) = (live, 10 - live);
        }
        cluster
    };
    let mut history = quiet();
    history.handle_told(
        at(12_000),
        &playing_for(doubtful(told(&WELL), 9), 12_000),
        costs(0, 0),
    );
    voices(&mut history, 20_000, costs(0, 0), &[(1, Voice::Silent)]);
    voices(&mut history, 21_000, costs(0, 0), &[(1, Voice::Speaking)]);
    let shown = |history: &mut History| {
        history
            .shown()
            .iter()
            .map(|one| one.is_over)
            .collect::<Vec<_>>()
    };
    history.handle_told(
        at(21_100),
        &playing_for(doubtful(told(&WELL), 8), 21_100),
        costs(0, 0),
    );
    assert_eq!(shown(&mut history), [false, false]);
    history.handle_told(
        at(21_200),
        &playing_for(doubtful(told(&WELL), 9), 21_200),
        costs(0, 0),
    );
    assert_eq!(
        shown(&mut history),
        [false, true],
        "the books are in doubt as before"
    );
    history.handle_told(at(21_300), &playing_for(told(&WELL), 21_300), costs(0, 0));
    assert_eq!(shown(&mut history), [true, true]);
}

#[test]
fn another_run_ends_what_was_open_and_its_pis_are_others() {
    let mut history = quiet();
    voices(
        &mut history,
        10_800,
        costs(0, 0),
        &[(0, Voice::Speaking), (1, Voice::Silent)],
    );
    let mut next = playing_for(told(&WELL), 100);
    next.head.run.generation = 2;
    history.handle_told(at(12_000), &next, costs(0, 0));
    let shown = history.shown();
    assert_eq!(shown[1].what, What::Run(next.head.run));
    assert!(shown.iter().all(|one| one.is_over));
    assert_eq!(shown[0].whole, None);
    voices(&mut history, 12_100, costs(0, 0), &[(1, Voice::Dead)]);
    assert_eq!(
        history.shown().len(),
        2,
        "who never spoke in this run was not lost in it"
    );
}

#[test]
fn so_many_are_kept_and_no_more() {
    let mut history = quiet();
    for second in 0..u64::try_from(MAX_INCIDENTS).unwrap() + 5 {
        let now = 20_000 + 3_000 * second;
        voices(&mut history, now, costs(0, 0), &[(1, Voice::Silent)]);
        voices(
            &mut history,
            now + 1_000,
            costs(0, 0),
            &[(1, Voice::Speaking)],
        );
        let well = playing_for(told(&WELL), now + 2_000);
        history.handle_told(at(now + 2_000), &well, costs(0, 0));
    }
    let shown = history.shown();
    assert_eq!(shown.len(), MAX_INCIDENTS);
    assert_eq!((shown[0].id, shown[MAX_INCIDENTS - 1].id), (6, 205));
    assert!(history.before.is_empty());
}
