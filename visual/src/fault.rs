//! Faults that somebody may do on purpose from the page, where whoever started the dashboard does them: a
//! demonstration, which says whom they may befall.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::notice::Notice;

/// What happens to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Deed {
    /// It is killed, and started again a little later.
    Kill,
    /// It stands still for a while, and goes on.
    Pause,
}

/// One process that dies, or stands still, on purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What happens to it.
    pub what: Deed,
    /// Its name.
    pub node: String,
}

/// Whom faults may befall, and who is told of them.
pub(crate) struct Faults {
    nodes: Vec<String>,
    teller: Mutex<Box<dyn Write + Send>>,
}

/// Why a fault is not done.
#[derive(Debug)]
pub(crate) enum FaultRefusal {
    /// Nobody does any here.
    Nobody,
    /// Not to this one.
    Unknown,
    /// Who does them is not there any more.
    Gone(io::Error),
}

impl Faults {
    /// Faults that may befall these; who does them reads notices.
    pub(crate) fn new(nodes: Vec<String>, teller: impl Write + Send + 'static) -> Self {
        Self {
            nodes,
            teller: Mutex::new(Box::new(teller)),
        }
    }

    /// Whom faults may befall; nobody where nobody does any.
    pub(crate) fn nodes(&self) -> &[String] {
        &self.nodes
    }

    /// Tells whoever does it that somebody wants this.
    ///
    /// # Errors
    ///
    /// Why it will not be done.
    pub(crate) fn wish(&self, fault: Fault) -> Result<(), FaultRefusal> {
        if self.nodes.is_empty() {
            return Err(FaultRefusal::Nobody);
        }
        if !self.nodes.contains(&fault.node) {
            return Err(FaultRefusal::Unknown);
        }
        // Only whole lines are written, so that nothing is half done when a writer panics.
        let mut teller = self.teller.lock().unwrap_or_else(PoisonError::into_inner);
        Notice::Fault(fault)
            .write(&mut *teller)
            .map_err(FaultRefusal::Gone)
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults")
            .field("nodes", &self.nodes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// What was written so far.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn kill(node: &str) -> Fault {
        Fault {
            what: Deed::Kill,
            node: node.into(),
        }
    }

    #[test]
    fn a_wish_is_a_line_and_only_for_those_whom_it_may_befall() {
        let lines = Lines::default();
        let faults = Faults::new(vec!["pi-1".into()], lines.clone());
        faults.wish(kill("pi-1")).unwrap();
        let refusal = faults.wish(kill("pi-9")).unwrap_err();
        assert!(matches!(refusal, FaultRefusal::Unknown));
        let written = lines.0.lock().unwrap().clone();
        let line = "{\"notice\":\"fault\",\"what\":\"kill\",\"node\":\"pi-1\"}\n";
        assert_eq!(String::from_utf8(written).unwrap(), line);
        let nobody = Faults::new(Vec::new(), Vec::new());
        let refusal = nobody.wish(kill("pi-1")).unwrap_err();
        assert!(matches!(refusal, FaultRefusal::Nobody));
    }
}
