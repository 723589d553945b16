//! Records to what happens in the market.

use std::collections::BTreeMap;

use dbn::{FlagSet, MboMsg, UNDEF_TIMESTAMP, flags};
use oxberry_core::units::{OrderId, Price, Side, SymbolIndex, UnixNanos};

use super::super::{
    action::Stamp,
    day::{Day, Listing},
    selection::Selection,
    stop::Stop,
    tally::{Report, Tally},
};
use super::{
    books::{Instrument, Orders, order},
    event::{Event, Shares},
    happened, received,
};

/// What records are understood by.
#[derive(Debug)]
pub(super) struct Translator {
    selection: Selection,
    instruments: BTreeMap<u32, Instrument>,
    orders: Orders,
    last: UnixNanos,
}

impl Translator {
    pub(super) fn new(selection: Selection) -> Self {
        Self {
            selection,
            instruments: BTreeMap::new(),
            orders: Orders::default(),
            last: UnixNanos::from_raw(0),
        }
    }

    /// Symbols that were asked for, and whether they came.
    pub(super) const fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Counts of what is not carried.
    pub(super) const fn left_out(&mut self) -> &mut Tally {
        &mut self.orders.report.left_out
    }

    /// What was not carried.
    pub(super) fn into_report(self) -> Report {
        self.orders.report
    }

    /// The most orders that were alive at once.
    pub(super) const fn most_orders(&self) -> usize {
        self.orders.live.most()
    }

    /// Whether some instrument was never cleared, so that orders may rest that are not known.
    pub(super) fn has_partial_books(&self) -> bool {
        let mut wanted = self.instruments.values().filter(|it| it.is_wanted);
        wanted.any(|instrument| !instrument.is_whole)
    }

    /// Takes the next record, of an instrument of this name.
    ///
    /// # Errors
    ///
    /// When it is older than the one before, or what it means cannot be written.
    pub(super) fn record(
        &mut self,
        record: &MboMsg,
        name: Option<&str>,
        day: &mut Day,
    ) -> Result<(), Stop> {
        let stamp = self.stamp(record)?;
        let id = record.hd.instrument_id;
        if !self.instruments.contains_key(&id) {
            let instrument = self.list(record, name, stamp, day)?;
            self.instruments.insert(id, instrument);
        }
        let Some(instrument) = self.instruments.get_mut(&id) else {
            return Ok(());
        };
        let report = &mut self.orders.report;
        if !instrument.is_wanted {
            let what = "records of symbols that were not asked for";
            report.left_out.count(what);
            return Ok(());
        }
        if instrument.publisher != record.hd.publisher_id {
            let what = "records of a further venue of the same instrument";
            report.left_out.count(what);
            return Ok(());
        }
        if has(record.flags, flags::MAYBE_BAD_BOOK) {
            let what = "records of books that their source doubts, which are stale from there on";
            report.altered.count(what);
            if !std::mem::replace(&mut instrument.is_doubted, true) {
                day.doubt(instrument.symbol, stamp)?;
            }
        }
        apply(&mut self.orders, instrument, record, stamp, day)?;
        if has(record.flags, flags::LAST) {
            self.orders.end_event(instrument, stamp, day)?;
        }
        Ok(())
    }

    /// There are no further records.
    ///
    /// # Errors
    ///
    /// When what is left of the last events cannot be written.
    pub(super) fn finish(&mut self, day: &mut Day) -> anyhow::Result<()> {
        let stamp = Stamp {
            event: self.last,
            sent: self.last,
        };
        for instrument in self.instruments.values_mut() {
            self.orders.end_event(instrument, stamp, day)?;
        }
        Ok(())
    }

    /// When the record was made and received. Records are in the order in which they were received, unless
    /// a record itself says that its time is not right.
    fn stamp(&mut self, record: &MboMsg) -> Result<Stamp, Stop> {
        let received = received(record);
        if received < self.last && !has(record.flags, flags::BAD_TS_RECV) {
            return Err(Stop::input(format!(
                "the record was received at {received} ns, and comes behind one of {}: records are \
                 missing or not in their order; get the file again",
                self.last
            )));
        }
        self.last = self.last.max(received);
        let event = match record.hd.ts_event {
            UNDEF_TIMESTAMP => received,
            _ => UnixNanos::from_raw(happened(record)),
        };
        Ok(Stamp {
            event,
            sent: received,
        })
    }

    /// An instrument comes for the first time.
    fn list(
        &mut self,
        record: &MboMsg,
        name: Option<&str>,
        stamp: Stamp,
        day: &mut Day,
    ) -> anyhow::Result<Instrument> {
        let id = record.hd.instrument_id;
        let symbol = SymbolIndex::from_raw(id);
        let name = match name.filter(|name| Listing::is_nameable(name)) {
            Some(name) => name.to_owned(),
            None => {
                let what = "instruments without a name, told by their number";
                self.orders.report.altered.count(what);
                id.to_string()
            }
        };
        let is_wanted = self.selection.wants(&name);
        if is_wanted {
            day.list(symbol, Listing::named(name), false, stamp)?;
        }
        Ok(Instrument {
            symbol,
            publisher: record.hd.publisher_id,
            is_wanted,
            is_whole: false,
            is_doubted: false,
            event: Event::default(),
        })
    }
}

/// What a record does.
fn apply(
    orders: &mut Orders,
    instrument: &mut Instrument,
    record: &MboMsg,
    stamp: Stamp,
    day: &mut Day,
) -> anyhow::Result<()> {
    let action = letter(record.action);
    let shares = Shares {
        price: Price::from_raw(record.price),
        qty: record.size,
    };
    match action {
        b'T' if record.size > 0 => return orders.trade(instrument, shares, stamp, day),
        b'F' if record.size > 0 => {
            let id = OrderId::from_raw(record.order_id);
            return orders.fill(instrument, id, shares, stamp, day);
        }
        b'R' => return orders.clear(instrument, stamp, day),
        b'T' | b'F' | b'N' => {
            let what = "records that say nothing of orders or trades (N, or of no shares)";
            orders.report.left_out.count(what);
            return Ok(());
        }
        _ => {}
    }
    let side = match letter(record.side) {
        b'B' => Some(Side::Bid),
        b'A' => Some(Side::Ask),
        _ => None,
    };
    let is_of_order = !has(record.flags, flags::TOB | flags::MBP);
    let order = side.filter(|_| is_of_order);
    let order = order.map(|side| order_of(record, side));
    match (action, order) {
        (b'A', Some(order)) => orders.add(instrument, order, stamp, day),
        (b'M', Some(order)) => orders.modify(instrument, order, stamp, day),
        (b'C', Some(order)) => orders.cancel(instrument, order, stamp, day),
        _ => {
            let what = "records of levels, without a side or of actions that DBN does not list, whose \
                        books are stale from there on";
            orders.report.left_out.count(what);
            day.doubt(instrument.symbol, stamp)
        }
    }
}

fn order_of(record: &MboMsg, side: Side) -> super::super::action::Order {
    order(record.order_id, side, record.price, record.size)
}

/// Whether one of the flags is set.
const fn has(flags: FlagSet, wanted: u8) -> bool {
    flags.raw() & wanted != 0
}

/// A letter of ASCII, whether C's char has a sign on this machine or not.
fn letter(character: std::ffi::c_char) -> u8 {
    u8::try_from(character).unwrap_or_default()
}
