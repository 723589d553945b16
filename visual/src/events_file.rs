//! The file of all events that counted, for a program that compares them with those of another.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use oxberry_cluster::page::{Face, Shown, Told};
use oxberry_proto::SymbolName;

use crate::error::Error;
use crate::print::{Prices, Printer};

/// The file. What cannot be written is told at once and at the end; the page goes on.
#[derive(Debug)]
pub(crate) struct EventsFile {
    path: PathBuf,
    printer: Printer<File>,
    failed: Option<io::Error>,
    /// What was written last of each row, beside trades; `None` where something was passed over, so that
    /// the next event is written whatever it changed.
    written: BTreeMap<usize, Option<Face>>,
}

impl EventsFile {
    /// Begins the file anew.
    pub(crate) fn create(path: &Path) -> Result<Self, Error> {
        let file = File::create(path).map_err(|source| Error::Events {
            file: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
            printer: Printer::new(file, Prices::Raw),
            failed: None,
            written: BTreeMap::new(),
        })
    }

    /// Writes an event that changed best price, size or trust, or printed a trade, and where nothing is
    /// told.
    pub(crate) fn write(&mut self, symbol: &SymbolName, told: &Told) {
        if self.failed.is_some() {
            return;
        }
        match told {
            Told::Event(shown) => self.write_event(symbol, shown),
            Told::Passed(passed) => {
                self.written.insert(passed.row, None);
                self.printer.print_passed(symbol, passed);
            }
        }
        if let Some(error) = self.printer.failure() {
            let file = self.path.display();
            tracing::error!(%file, %error, "no more events are written: the file is not whole");
            self.failed = Some(error);
        }
    }

    fn write_event(&mut self, symbol: &SymbolName, shown: &Shown) {
        let of_event = shown.face();
        let before = self.written.insert(shown.row, Some(of_event));
        let before = before.unwrap_or(Some(Face::BLANK));
        if before != Some(of_event) || shown.trade.is_some() {
            self.printer.print(symbol, shown);
        }
    }

    /// Writes what is left, and tells if any of it failed.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        let outcome = self.failed.take().map_or_else(|| self.printer.flush(), Err);
        outcome.map_err(|source| Error::Events {
            file: self.path,
            source,
        })
    }
}
