//! The file of all events that counted, for a program that compares them with those of another.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use oxberry_cluster::page::Shown;
use oxberry_proto::SymbolName;

use crate::error::Error;
use crate::print::{Prices, Printer};

/// The file. What cannot be written is told at once and at the end; the page goes on.
#[derive(Debug)]
pub(crate) struct EventsFile {
    path: PathBuf,
    printer: Printer<File>,
    failed: Option<io::Error>,
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
        })
    }

    /// Writes an event.
    pub(crate) fn write(&mut self, symbol: &SymbolName, shown: &Shown) {
        if self.failed.is_some() {
            return;
        }
        self.printer.print(symbol, shown);
        if let Some(error) = self.printer.failure() {
            let file = self.path.display();
            tracing::error!(%file, %error, "no more events are written: the file is not whole");
            self.failed = Some(error);
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
