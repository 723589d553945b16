//! Why somebody is not served: counted, and the first few of each kind told.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::limits::REFUSALS_TOLD;

/// Why somebody is not served, or not at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The request names a host that is not this one.
    Host,
    /// The request comes from a page of another site.
    Origin,
    /// Nobody has logged in there.
    Login,
    /// The token is wrong.
    Token,
    /// Too many wrong tokens came from there.
    Failures,
    /// All places of browsers are taken.
    Browsers,
    /// All places of connections are taken; it has to wait.
    Connections,
    /// The address asks the API too often.
    Rate,
}

impl Refusal {
    pub(crate) const ALL: [Self; 8] = [
        Self::Host,
        Self::Origin,
        Self::Login,
        Self::Token,
        Self::Failures,
        Self::Browsers,
        Self::Connections,
        Self::Rate,
    ];

    /// Its name among the metrics.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Origin => "origin",
            Self::Login => "login",
            Self::Token => "token",
            Self::Failures => "failures",
            Self::Browsers => "browsers",
            Self::Connections => "connections",
            Self::Rate => "rate",
        }
    }
}

/// How often each happened.
#[derive(Debug, Default)]
pub(crate) struct Refusals([AtomicU64; Refusal::ALL.len()]);

impl Refusals {
    /// Counts one; says whether it is among the few that are told.
    pub(crate) fn count(&self, refusal: Refusal) -> bool {
        let before = self.counter(refusal).fetch_add(1, Ordering::Relaxed);
        before < REFUSALS_TOLD
    }

    /// How many there were.
    pub(crate) fn of(&self, refusal: Refusal) -> u64 {
        self.counter(refusal).load(Ordering::Relaxed)
    }

    #[expect(clippy::indexing_slicing, reason = "there is one for each kind")]
    const fn counter(&self, refusal: Refusal) -> &AtomicU64 {
        &self.0[refusal as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_count_of_its_own_and_the_first_are_told() {
        let refusals = Refusals::default();
        for (at, refusal) in Refusal::ALL.into_iter().enumerate() {
            assert_eq!(refusal as usize, at);
            let told = (0..20).filter(|_| refusals.count(refusal)).count();
            assert_eq!(u64::try_from(told).unwrap(), REFUSALS_TOLD);
        }
        assert!(Refusal::ALL.iter().all(|&kind| refusals.of(kind) == 20));
    }
}
