//! Who looks at what: pages and programs come and go, the feed reads the list.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use oxberry_proto::depth::LevelName;

use crate::limits::{MAX_LOOKED_AT, MAX_LOOKED_LEVELS};

/// The symbols that somebody looks at. It is the same list for all who hold it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Looks(Arc<List>);

#[derive(Debug, Default)]
struct List {
    symbols: Mutex<BTreeMap<String, Lookers>>,
    /// Goes up with every change.
    version: AtomicU64,
}

/// Those who look at one symbol.
#[derive(Debug, Default)]
struct Lookers {
    count: usize,
    /// How many look at the queue of each level.
    levels: BTreeMap<LevelName, usize>,
}

/// Somebody looks at a symbol, until this is dropped.
#[derive(Debug)]
pub(crate) struct Look {
    looks: Looks,
    symbol: String,
    level: Option<LevelName>,
}

/// Why somebody may not look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LookRefused {
    /// At other symbols others look already.
    #[error("{MAX_LOOKED_AT} other symbols are looked at already")]
    Symbols,
    /// At other levels of the symbol others look already.
    #[error("{MAX_LOOKED_LEVELS} other levels of this symbol are looked at already")]
    Levels,
}

impl Looks {
    /// Somebody looks at a symbol from now on.
    ///
    /// # Errors
    ///
    /// When others look at as many others as may be looked at.
    pub(crate) fn look_at(&self, symbol: &str) -> Result<Look, LookRefused> {
        let mut symbols = self.lock();
        if !symbols.contains_key(symbol) && symbols.len() >= MAX_LOOKED_AT {
            return Err(LookRefused::Symbols);
        }
        symbols.entry(symbol.to_owned()).or_default().count += 1;
        self.note_change();
        Ok(Look {
            looks: self.clone(),
            symbol: symbol.to_owned(),
            level: None,
        })
    }

    /// Which list it is: another number after every change.
    pub(crate) fn version(&self) -> u64 {
        self.0.version.load(Ordering::Acquire)
    }

    /// The symbols that somebody looks at, each with the levels whose queues are looked at.
    pub(crate) fn all(&self) -> Vec<(String, Vec<LevelName>)> {
        let symbols = self.lock();
        let all = symbols.iter();
        all.map(|(symbol, lookers)| (symbol.clone(), lookers.levels.keys().copied().collect()))
            .collect()
    }

    fn note_change(&self) {
        self.0.version.fetch_add(1, Ordering::Release);
    }

    /// Nothing is half done when one who holds it panics: counts are changed one by one.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Lookers>> {
        self.0
            .symbols
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Look {
    /// What is looked at.
    pub(crate) fn symbol(&self) -> &str {
        &self.symbol
    }

    /// The level whose queue is looked at.
    pub(crate) const fn level(&self) -> Option<LevelName> {
        self.level
    }

    /// Looks at the queue of this level from now on, and at no other one of this symbol.
    ///
    /// # Errors
    ///
    /// When others look at as many others as may be looked at; then it looks at none.
    pub(crate) fn look_at_level(&mut self, level: Option<LevelName>) -> Result<(), LookRefused> {
        if self.level == level {
            return Ok(());
        }
        let looks = self.looks.clone();
        let mut symbols = looks.lock();
        let Some(lookers) = symbols.get_mut(&self.symbol) else {
            return Ok(());
        };
        lookers.leave(self.level.take());
        looks.note_change();
        let Some(level) = level else {
            return Ok(());
        };
        if !lookers.levels.contains_key(&level) && lookers.levels.len() >= MAX_LOOKED_LEVELS {
            return Err(LookRefused::Levels);
        }
        *lookers.levels.entry(level).or_default() += 1;
        self.level = Some(level);
        Ok(())
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        let mut symbols = self.looks.lock();
        if let Some(lookers) = symbols.get_mut(&self.symbol) {
            lookers.leave(self.level.take());
            lookers.count -= 1;
            if lookers.count == 0 {
                symbols.remove(&self.symbol);
            }
        }
        self.looks.note_change();
    }
}

impl Lookers {
    fn leave(&mut self, level: Option<LevelName>) {
        let Some(level) = level else { return };
        if let Some(count) = self.levels.get_mut(&level) {
            *count -= 1;
            if *count == 0 {
                self.levels.remove(&level);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use oxberry_core::units::{RawPrice, Side};

    use super::*;

    fn level(price: u32) -> LevelName {
        LevelName {
            side: Side::Bid,
            price: RawPrice::from_raw(price),
        }
    }

    #[test]
    fn a_symbol_is_on_the_list_once_and_as_long_as_anybody_looks() {
        let looks = Looks::default();
        let before = looks.version();
        let first = looks.look_at("MSFT").unwrap();
        let second = looks.look_at("MSFT").unwrap();
        assert_eq!(looks.all(), [("MSFT".into(), vec![])]);
        assert_ne!(looks.version(), before);
        drop(first);
        assert_eq!(looks.all().len(), 1);
        drop(second);
        assert_eq!(looks.all(), []);
    }

    #[test]
    fn a_level_is_on_the_list_as_long_as_anybody_looks_at_it() {
        let looks = Looks::default();
        let mut first = looks.look_at("MSFT").unwrap();
        let mut second = looks.look_at("MSFT").unwrap();
        first.look_at_level(Some(level(2))).unwrap();
        second.look_at_level(Some(level(2))).unwrap();
        first.look_at_level(Some(level(1))).unwrap();
        assert_eq!(looks.all(), [("MSFT".into(), vec![level(1), level(2)])]);
        drop(second);
        assert_eq!(looks.all(), [("MSFT".into(), vec![level(1)])]);
        first.look_at_level(None).unwrap();
        assert_eq!(looks.all(), [("MSFT".into(), vec![])]);
    }

    #[test]
    fn who_comes_beyond_the_limits_is_refused_until_somebody_goes() {
        let looks = Looks::default();
        let look = |at: usize| looks.look_at(&at.to_string());
        let mut first: Vec<_> = (0..MAX_LOOKED_AT).map(|at| look(at).unwrap()).collect();
        assert_eq!(look(MAX_LOOKED_AT).unwrap_err(), LookRefused::Symbols);
        drop(look(0).expect("it is looked at already"));
        first.pop();
        drop(look(MAX_LOOKED_AT).expect("there is room"));

        let most = u32::try_from(MAX_LOOKED_LEVELS).unwrap();
        let others = (0..most).map(|price| {
            let mut look = look(0).unwrap();
            look.look_at_level(Some(level(price))).unwrap();
            look
        });
        let others: Vec<_> = others.collect();
        let mut late = look(0).unwrap();
        assert_eq!(
            late.look_at_level(Some(level(most))),
            Err(LookRefused::Levels)
        );
        late.look_at_level(Some(level(0))).unwrap();
        assert_eq!(late.level(), Some(level(0)));
        drop(others);
        late.look_at_level(Some(level(most))).unwrap();
    }
}
