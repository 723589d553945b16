//! What can go wrong with machines and connections.

use oxberry_cluster::limits::Limits;

use super::plan::nanos;
use crate::random::Random;

/// A fault of a machine or a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A connection lets nothing through in these directions; then it resumes, or breaks.
    Cut {
        pi: usize,
        line: Line,
        ways: Ways,
        ns: u64,
        breaks: bool,
    },
    /// A connection breaks and is restored.
    Break { pi: usize, line: Line },
    /// Page and controller cannot reach each other.
    CutSetup { ns: u64 },
    /// A Pi does nothing for a while.
    StallPi { pi: usize, ns: u64 },
    /// A Pi is killed; it starts again after a while.
    RestartPi { pi: usize, ns: u64 },
    /// A Pi is killed and does not start again, unless a run can only begin with it.
    LosePi { pi: usize },
    /// The page does nothing for a while.
    StallPage { ns: u64 },
    /// The page is killed and starts again.
    RestartPage { ns: u64 },
    /// The controller does nothing for a while.
    StallController { ns: u64 },
    /// The controller is killed and starts again, to play the same day or another one.
    RestartController { ns: u64, same_day: bool },
    /// The controller and all Pis lose power, and start again without memory.
    CutPower { ns: u64 },
    /// The controller is killed for good.
    KillController,
    /// A bit of the books of a Pi changes by itself, the first one from this on that matters.
    Flip { pi: usize, bit: u64 },
    /// The clock of the controller (0), the page (1) or a Pi (from 2) jumps ahead.
    Jump { machine: usize, ns: u64 },
}

/// A connection of a Pi.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Messages to and from the controller.
    Control,
    /// Batches from the controller.
    Data,
    /// Frames to the page.
    Stock,
}

/// The directions in which nothing gets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ways {
    FromPi,
    ToPi,
    Both,
}

/// A fault and its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FaultAt {
    pub(super) at: u64,
    pub(super) fault: Fault,
}

/// Draws a fault of one kind, for so many Pis.
pub(super) type Draw = fn(&mut Random, usize, &Limits) -> Fault;

impl Fault {
    /// Returns whether the fault kills the controller.
    pub(super) const fn is_of_controller(self) -> bool {
        matches!(
            self,
            Self::RestartController { .. } | Self::CutPower { .. } | Self::KillController
        )
    }
}

/// Every kind of fault that a seed may draw.
pub(super) const KINDS: &[Draw] = &[
    cut,
    break_line,
    // What the page has missed of a node is asked for and told, which may be missed as well.
    break_stock,
    cut_setup,
    stall_pi,
    restart_pi,
    stall_page,
    restart_page,
    stall_controller,
    restart_controller,
    cut_power,
    jump,
    kill_controller,
];

fn cut(random: &mut Random, nodes: usize, limits: &Limits) -> Fault {
    Fault::Cut {
        pi: any(random, nodes),
        line: line(random),
        ways: match random.below(3) {
            0 => Ways::FromPi,
            1 => Ways::ToPi,
            _ => Ways::Both,
        },
        ns: short_or_long(random, limits),
        breaks: random.chance(500),
    }
}

fn break_line(random: &mut Random, nodes: usize, _: &Limits) -> Fault {
    Fault::Break {
        pi: any(random, nodes),
        line: line(random),
    }
}

fn break_stock(random: &mut Random, nodes: usize, _: &Limits) -> Fault {
    Fault::Break {
        pi: any(random, nodes),
        line: Line::Stock,
    }
}

fn cut_setup(random: &mut Random, _: usize, limits: &Limits) -> Fault {
    Fault::CutSetup {
        ns: short_or_long(random, limits),
    }
}

fn stall_pi(random: &mut Random, nodes: usize, limits: &Limits) -> Fault {
    Fault::StallPi {
        pi: any(random, nodes),
        ns: short_or_long(random, limits),
    }
}

fn restart_pi(random: &mut Random, nodes: usize, limits: &Limits) -> Fault {
    Fault::RestartPi {
        pi: any(random, nodes),
        ns: short_or_long(random, limits),
    }
}

fn stall_page(random: &mut Random, _: usize, limits: &Limits) -> Fault {
    Fault::StallPage {
        ns: short_or_long(random, limits),
    }
}

fn restart_page(random: &mut Random, _: usize, limits: &Limits) -> Fault {
    Fault::RestartPage {
        ns: short_or_long(random, limits),
    }
}

fn stall_controller(random: &mut Random, _: usize, limits: &Limits) -> Fault {
    Fault::StallController {
        ns: short_or_long(random, limits),
    }
}

fn restart_controller(random: &mut Random, _: usize, limits: &Limits) -> Fault {
    Fault::RestartController {
        ns: short_or_long(random, limits),
        same_day: random.chance(700),
    }
}

fn cut_power(random: &mut Random, _: usize, limits: &Limits) -> Fault {
    Fault::CutPower {
        ns: short_or_long(random, limits),
    }
}

fn jump(random: &mut Random, nodes: usize, limits: &Limits) -> Fault {
    Fault::Jump {
        machine: any(random, nodes + 2),
        ns: short_or_long(random, limits),
    }
}

/// Kills the controller for good: seldom, since it ends the run.
fn kill_controller(random: &mut Random, nodes: usize, limits: &Limits) -> Fault {
    if random.chance(300) {
        Fault::KillController
    } else {
        stall_pi(random, nodes, limits)
    }
}

/// Draws the death of a Pi for good.
pub(super) fn lose_pi(random: &mut Random, nodes: usize) -> Fault {
    Fault::LosePi {
        pi: any(random, nodes),
    }
}

/// Draws what goes wrong when partitions are taken.
pub(super) fn in_a_move(random: &mut Random, nodes: usize, limits: &Limits) -> Fault {
    let (pi, beat) = (any(random, nodes), nanos(limits.beat));
    match random.below(5) {
        0 => Fault::RestartController {
            ns: random.between(1, 2 * beat),
            same_day: true,
        },
        1 => Fault::Break {
            pi,
            line: Line::Control,
        },
        2 => Fault::LosePi { pi },
        at => Fault::Cut {
            pi,
            line: Line::Control,
            ways: if at == 3 { Ways::ToPi } else { Ways::FromPi },
            ns: random.between(1, 4 * beat),
            breaks: true,
        },
    }
}

/// Draws a bit of the memory of a Pi.
pub(super) fn flip(random: &mut Random, nodes: usize) -> Fault {
    Fault::Flip {
        pi: any(random, nodes),
        bit: random.below(1 << 40),
    }
}

fn any(random: &mut Random, count: usize) -> usize {
    usize::try_from(random.below(count as u64)).unwrap_or(0)
}

fn line(random: &mut Random) -> Line {
    match random.below(3) {
        0 => Line::Control,
        1 => Line::Data,
        _ => Line::Stock,
    }
}

/// Returns less than a beat, a few beats, or about the silence after which a node is called dead.
fn short_or_long(random: &mut Random, limits: &Limits) -> u64 {
    let (beat, timeout) = (nanos(limits.beat), nanos(limits.node_timeout));
    match random.below(3) {
        0 => random.between(1, beat),
        1 => random.between(beat, 5 * beat),
        _ => random.between(timeout / 2, 2 * timeout),
    }
}
