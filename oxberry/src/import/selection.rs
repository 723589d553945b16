//! The symbols that are wanted.

use std::collections::BTreeMap;

/// The symbols that were asked for; all where none were.
#[derive(Clone, Debug)]
pub(super) struct Selection {
    /// Each with whether it came.
    names: BTreeMap<String, bool>,
}

impl Selection {
    pub(super) fn of(names: &[String]) -> Self {
        let names = names.iter().map(|name| (name.clone(), false));
        Self {
            names: names.collect(),
        }
    }

    /// Whether a symbol, which came, is wanted.
    pub(super) fn wants(&mut self, name: &str) -> bool {
        match self.names.get_mut(name) {
            Some(came) => {
                *came = true;
                true
            }
            None => self.names.is_empty(),
        }
    }

    /// Symbols that were asked for and did not come.
    pub(super) fn missing(&self) -> impl Iterator<Item = &str> {
        let names = self.names.iter().filter(|(_, came)| !**came);
        names.map(|(name, _)| name.as_str())
    }
}
