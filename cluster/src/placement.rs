//! Which partition is on which nodes: rendezvous hashing with a bound on the load.
//!
//! Every node has a score for every partition, a hash of both names; the nodes with the highest
//! scores hold it (Thaler and Ravishankar, 1998). So a node that comes or goes moves little. Plain
//! rendezvous hashing leaves some nodes with twice the work of others when there are few partitions,
//! so no node takes more than its even share (Mirrokni, Thorup and Zadimoghaddam, 2018).

use core::cmp::Reverse;

use oxberry_proto::Partition;

/// Chooses the nodes of every partition, best first; nodes are named by their position in `nodes`.
///
/// Each partition gets `replicas` different nodes, or all of them when there are fewer. The result
/// depends on the names alone, not on the order of the nodes.
#[must_use]
pub fn place(
    partitions: impl IntoIterator<Item = Partition>,
    nodes: &[&str],
    replicas: usize,
) -> Vec<(Partition, Vec<usize>)> {
    let partitions: Vec<_> = partitions.into_iter().collect();
    let replicas = replicas.min(nodes.len());
    let share = (partitions.len() * replicas).div_ceil(nodes.len().max(1));
    let mut held = vec![0_usize; nodes.len()];
    let mut placed = Vec::with_capacity(partitions.len());
    for partition in partitions {
        let mut ranked: Vec<_> = nodes.iter().zip(&held).enumerate().collect();
        ranked.sort_by_key(|&(_, (name, &held))| rank(partition, name, held, share));
        let chosen: Vec<_> = ranked
            .into_iter()
            .map(|(at, _)| at)
            .take(replicas)
            .collect();
        for &at in &chosen {
            if let Some(held) = held.get_mut(at) {
                *held += 1;
            }
        }
        placed.push((partition, chosen));
    }
    placed
}

/// Chooses a node for one partition, of those that could take it: each by its name and how many partitions it
/// holds, named by its position in `nodes`. `share` is how many partitions a node holds where all hold as many.
#[must_use]
pub fn taker(partition: Partition, nodes: &[(&str, usize)], share: usize) -> Option<usize> {
    let nodes = nodes.iter().enumerate();
    let best = nodes.min_by_key(|(_, (name, held))| rank(partition, name, *held, share));
    best.map(|(at, _)| at)
}

/// The order in which nodes get a partition: those below their share by score; were there none of them, the
/// least loaded of the others.
fn rank(partition: Partition, name: &str, held: usize, share: usize) -> impl Ord + use<'_> {
    (
        held.saturating_sub(share.saturating_sub(1)),
        Reverse(score(name, partition)),
        name,
    )
}

/// How much a node wants a partition: FNV-1a of both names with a final mix, since FNV alone
/// spreads the last bytes badly into the high bits that decide the order.
fn score(node: &str, partition: Partition) -> u64 {
    let bytes = node.bytes().chain([0]).chain(partition.raw().to_be_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 7] = ["pi-1", "pi-2", "pi-3", "pi-4", "pi-5", "pi-6", "pi-7"];

    fn partitions(count: u16) -> impl Iterator<Item = Partition> {
        (0..count).map(Partition::from_raw)
    }

    #[test]
    fn every_partition_is_on_two_different_nodes_whatever_their_number() {
        for nodes in 2..=NAMES.len() {
            for count in 1..40 {
                for (_, chosen) in place(partitions(count), &NAMES[..nodes], 2) {
                    assert_eq!(chosen.len(), 2);
                    assert_ne!(chosen[0], chosen[1]);
                }
            }
        }
    }

    #[test]
    fn one_node_holds_everything_once() {
        for (_, chosen) in place(partitions(9), &["only"], 2) {
            assert_eq!(chosen, [0]);
        }
    }

    #[test]
    fn no_node_holds_more_than_its_share_and_one() {
        for nodes in 1..=NAMES.len() {
            let mut held = vec![0; nodes];
            for (_, chosen) in place(partitions(32), &NAMES[..nodes], 2) {
                for at in chosen {
                    held[at] += 1;
                }
            }
            let share = 64_usize.div_ceil(nodes);
            assert!(
                held.iter().all(|&held| held <= share + 1),
                "{nodes} nodes: {held:?}"
            );
        }
    }

    #[test]
    fn the_order_of_the_nodes_does_not_matter() {
        let names = |nodes: &[&'static str]| -> Vec<Vec<&str>> {
            let placed = place(partitions(16), nodes, 2);
            placed
                .into_iter()
                .map(|(_, at)| at.into_iter().map(|at| nodes[at]).collect())
                .collect()
        };
        let reversed: Vec<_> = NAMES.iter().rev().copied().collect();
        assert_eq!(names(&NAMES), names(&reversed));
    }

    #[test]
    fn what_a_lost_node_had_is_spread_over_the_others() {
        let placed = place(partitions(32), &NAMES, 2);
        let mut held = [0; 6];
        for at in placed.iter().flat_map(|(_, chosen)| chosen) {
            if let Some(held) = held.get_mut(*at) {
                *held += 1;
            }
        }
        for (partition, chosen) in placed.iter().filter(|(_, chosen)| chosen.contains(&6)) {
            let others = (0..6).filter(|at| !chosen.contains(at));
            let nodes: Vec<_> = others.map(|at| (NAMES[at], held[at])).collect();
            let chosen = taker(*partition, &nodes, 64_usize.div_ceil(6)).unwrap();
            let at = NAMES.iter().position(|name| *name == nodes[chosen].0);
            held[at.unwrap()] += 1;
        }
        assert_eq!(held.iter().sum::<usize>(), 64);
        assert!(held.iter().all(|held| *held <= 11), "{held:?}");
        assert_eq!(taker(Partition::from_raw(1), &[], 4), None);
    }

    #[test]
    fn a_lost_node_moves_little() {
        let before = place(partitions(64), &NAMES, 2);
        let after = place(partitions(64), &NAMES[..6], 2);
        let kept = before
            .iter()
            .zip(&after)
            .flat_map(|((_, old), (_, new))| old.iter().filter(|node| new.contains(node)))
            .count();
        // 128 placements, of which the lost node had about 18.
        assert!(kept > 75, "{kept} of 128 placements stayed");
    }
}
