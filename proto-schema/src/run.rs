//! Which run a frame belongs to.

use core::fmt;

use serde::{Deserialize, Serialize};

/// One run of the cluster: what is played, and which time it is played.
///
/// Every frame carries it, so that nobody mixes two. The identity follows from the day, the source,
/// the symbol table and the dialect; of two runs with one identity the higher generation is the later.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Run {
    /// What is played: FNV-1a over what tells one day from another.
    pub identity: u32,
    /// Which time: greater than every generation that its nodes had heard of.
    pub generation: u32,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}.{}", self.identity, self.generation)
    }
}
