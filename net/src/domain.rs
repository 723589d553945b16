//! The sockets where a machine lets others in, and whom.

use crate::keys::KeyRole;

/// A socket that others connect to. ZAP knows it under this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Domain {
    /// The controller's batches.
    Data,
    /// Controller and Pis.
    Control,
    /// Symbols, from the controller to those who show them.
    Setup,
    /// What the Pis push to the page.
    Stock,
}

impl Domain {
    const ALL: [Self; 4] = [Self::Data, Self::Control, Self::Setup, Self::Stock];

    /// Its name for ZAP and for people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Control => "control",
            Self::Setup => "setup",
            Self::Stock => "stock",
        }
    }

    /// The domain of a name.
    pub(crate) fn of_name(name: &[u8]) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|domain| domain.name().as_bytes() == name)
    }

    /// Who serves it.
    pub(crate) const fn server(self) -> KeyRole {
        match self {
            Self::Data | Self::Control | Self::Setup => KeyRole::Controller,
            Self::Stock => KeyRole::Visual,
        }
    }

    /// Whether it is for machines of a role.
    pub(crate) const fn admits(self, role: KeyRole) -> bool {
        match self {
            Self::Data => matches!(role, KeyRole::Pi | KeyRole::Tap),
            Self::Control | Self::Stock => matches!(role, KeyRole::Pi),
            // The controller itself: `oxberry status` on its machine.
            Self::Setup => !matches!(role, KeyRole::Pi),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Domain;
    use crate::keys::KeyRole::{Controller, Pi, Tap, Visual};

    /// The same as the table of docs/security.md.
    #[test]
    fn each_socket_is_for_the_roles_that_need_it() {
        for (domain, roles) in [
            (Domain::Data, &[Pi, Tap][..]),
            (Domain::Control, &[Pi]),
            (Domain::Setup, &[Controller, Visual, Tap]),
            (Domain::Stock, &[Pi]),
        ] {
            for role in [Controller, Pi, Visual, Tap] {
                assert_eq!(
                    domain.admits(role),
                    roles.contains(&role),
                    "{domain:?} {role}"
                );
            }
            assert_eq!(Domain::of_name(domain.name().as_bytes()), Some(domain));
        }
        assert_eq!(Domain::of_name(b"Data"), None);
    }
}
