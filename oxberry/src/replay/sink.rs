//! Where the rows of a table go: those that are wanted, at once or as samples, in their format.

use std::io;

use oxberry_core::{
    book::{Books, SymbolSlot},
    units::UnixNanos,
};

use super::grid::{Grid, Subject};
use crate::{
    export::{Origin, Row, RowWriter, Value},
    output::Output,
};

/// What rows call a symbol, and whether they are wanted.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) is_wanted: bool,
    /// Whether it was asked for by its name.
    pub(super) is_named: bool,
}

/// Takes rows.
pub(super) struct Sink {
    writer: Box<dyn RowWriter>,
    /// By slot.
    symbols: Vec<Named>,
    /// Rows of what was sent before are left out.
    from: UnixNanos,
    /// Whether the last column of a row is to tell the trust.
    with_trust: bool,
    grid: Option<Grid>,
    values: Vec<Value>,
    /// Why a row could not be written.
    failed: Option<io::Error>,
}

impl Sink {
    pub(super) fn new(
        writer: Box<dyn RowWriter>,
        symbols: Vec<Named>,
        with_trust: bool,
        grid: Option<Grid>,
    ) -> Self {
        Self {
            writer,
            symbols,
            from: UnixNanos::default(),
            with_trust,
            grid,
            values: Vec::new(),
            failed: None,
        }
    }

    /// Leaves out rows of what was sent before.
    pub(super) fn begin_at(&mut self, from: UnixNanos) {
        self.from = from;
    }

    /// Takes up a symbol behind all others.
    pub(super) fn add_symbol(&mut self, named: Named) {
        self.symbols.push(named);
    }

    /// Whether rows of the symbol are wanted.
    #[inline]
    pub(super) fn wants(&self, slot: SymbolSlot) -> bool {
        self.named(slot).is_some_and(|named| named.is_wanted)
    }

    /// Whether the symbol was asked for by its name.
    pub(super) fn is_named(&self, slot: SymbolSlot) -> bool {
        self.named(slot).is_some_and(|named| named.is_named)
    }

    fn named(&self, slot: SymbolSlot) -> Option<&Named> {
        self.symbols.get(usize::try_from(slot.raw()).ok()?)
    }

    /// Takes the row of a subject; adds the trust to its values where the table has it.
    pub(super) fn row(
        &mut self,
        subject: Subject,
        origin: &Origin,
        books: &Books<'_>,
        values: &mut Vec<Value>,
    ) {
        let (slot, _) = subject;
        if !self.wants(slot) {
            return;
        }
        if self.with_trust {
            values.push(Value::trust(books.trust(slot)));
        }
        if let Some(grid) = &mut self.grid {
            grid.keep(subject, origin, values);
        } else if origin.ts_send.unwrap_or_default() >= self.from {
            let Self {
                writer,
                symbols,
                failed,
                ..
            } = self;
            write(&mut **writer, symbols, failed, slot, origin, books, values);
        }
    }

    /// Writes the samples of all instants before now, and hands over those of each: in a long silence they
    /// are many.
    pub(super) fn advance(&mut self, now: UnixNanos, books: &Books<'_>) {
        let Self {
            writer,
            symbols,
            from,
            with_trust,
            grid,
            values,
            failed,
        } = self;
        let Some(grid) = grid else { return };
        while failed.is_none()
            && let Some(instant) = grid.due_before(now, *from)
        {
            for (slot, last) in grid.last() {
                values.clear();
                values.extend_from_slice(&last.values);
                // Trust can be lost without any row.
                if let (true, Some(trust)) = (*with_trust, values.last_mut()) {
                    *trust = Value::trust(books.trust(slot));
                }
                let sent = last.origin.ts_send.unwrap_or_default();
                let age = instant.raw().saturating_sub(sent.raw());
                values.push(instant.into());
                values.push(age.into());
                write(
                    &mut **writer,
                    symbols,
                    failed,
                    slot,
                    &last.origin,
                    books,
                    values,
                );
            }
            if let Err(error) = writer.hand_over() {
                failed.get_or_insert(error);
            }
        }
    }

    /// Where they are written to.
    pub(super) fn output(&self) -> &Output {
        self.writer.output()
    }

    /// Hands over what was made since the last time.
    #[inline]
    pub(super) fn hand_over(&mut self) -> io::Result<()> {
        match self.failed.take() {
            Some(error) => Err(error),
            None => self.writer.hand_over(),
        }
    }

    /// Writes out everything.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        match self.failed.take() {
            Some(error) => Err(error),
            None => self.writer.finish(),
        }
    }
}

#[inline]
fn write(
    writer: &mut dyn RowWriter,
    symbols: &[Named],
    failed: &mut Option<io::Error>,
    slot: SymbolSlot,
    origin: &Origin,
    books: &Books<'_>,
    values: &[Value],
) {
    let at = usize::try_from(slot.raw()).unwrap_or(usize::MAX);
    let Some(Named { name, .. }) = symbols.get(at) else {
        return;
    };
    let row = Row {
        symbol: name,
        scale: books.scale(slot),
        trust: books.trust(slot),
        origin,
        values,
    };
    if let Err(error) = writer.row(&row) {
        failed.get_or_insert(error);
    }
}
