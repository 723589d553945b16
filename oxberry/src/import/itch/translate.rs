//! Messages of ITCH 5.0 to what happens in the market.

use std::fmt::Display;

use oxberry_core::{
    units::{OrderId, Price, Qty, Side, SymbolIndex, TradeId, UnixNanos},
    xdp::{FirmId, HaltCondition},
};

use super::super::{
    action::{Action, Order, Stamp, Trade},
    day::{Day, Listing},
    orders::{LiveOrders, Resting},
    selection::Selection,
    stop::Stop,
    tally::Report,
};
use super::codes;
use super::message::{Add, Body, Cross, Executed, Head, Replace, Stock, body, length};

/// Numbers of symbols that a message can name.
const LOCATES: usize = 1 << 16;

/// What to do with a file whose messages contradict each other.
const BROKEN: &str = "messages are missing or not in their order; get the file again, and name the \
                      parts of a day in their order";

/// What a day's messages are understood by.
#[derive(Debug)]
pub(super) struct Translator {
    /// Nanoseconds since 1970 UTC at midnight in New York.
    midnight: u64,
    selection: Selection,
    /// Symbols by their numbers, and whether they are wanted.
    stocks: Vec<Option<(Stock, bool)>>,
    orders: LiveOrders,
    /// The time of the last message.
    last: u64,
    /// Whether the end of messages came.
    is_over: bool,
    report: Report,
}

/// The symbol of a message, and when it was.
#[derive(Clone, Copy, Debug)]
struct Subject {
    symbol: SymbolIndex,
    stamp: Stamp,
}

impl Translator {
    pub(super) fn new(midnight: u64, selection: Selection) -> Self {
        Self {
            midnight,
            selection,
            stocks: vec![None; LOCATES],
            orders: LiveOrders::default(),
            last: 0,
            is_over: false,
            report: Report::default(),
        }
    }

    /// What was not carried.
    pub(super) const fn report(&self) -> &Report {
        &self.report
    }

    /// Symbols that were asked for, and whether they came.
    pub(super) const fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Whether the end of messages came.
    pub(super) const fn is_over(&self) -> bool {
        self.is_over
    }

    /// The most orders that were alive at once.
    pub(super) const fn most_orders(&self) -> usize {
        self.orders.most()
    }

    /// Takes the next message.
    ///
    /// # Errors
    ///
    /// When it contradicts those before it, or what it means cannot be written.
    pub(super) fn message(
        &mut self,
        head: Head,
        message: &[u8],
        day: &mut Day,
    ) -> Result<(), Stop> {
        let kind = char::from(head.kind);
        if head.timestamp < self.last {
            return Err(Stop::input(format!(
                "message {kind} is of {} and comes behind one of {}: {BROKEN}",
                time_of_day(head.timestamp),
                time_of_day(self.last)
            )));
        }
        self.last = head.timestamp;
        let body = body(head.kind, message).ok_or_else(|| {
            let needed = length(head.kind).unwrap_or_default();
            Stop::input(format!(
                "message {} has {} bytes, not {needed}: the file is damaged, or not of ITCH 5.0",
                kind.escape_default(),
                message.len()
            ))
        })?;
        let time = UnixNanos::from_raw(self.midnight.saturating_add(head.timestamp));
        let subject = Subject {
            symbol: SymbolIndex::from_raw(head.locate.into()),
            stamp: Stamp {
                event: time,
                sent: time,
            },
        };
        self.tell(head, body, subject, day)
    }

    fn tell(
        &mut self,
        head: Head,
        body: Body,
        subject: Subject,
        day: &mut Day,
    ) -> Result<(), Stop> {
        if let Body::SystemEvent(event) = body {
            return self.system_event(event, subject.stamp, day);
        }
        if let Body::Other(what) = body {
            self.report.left_out.count(what);
            return Ok(());
        }
        if !self.is_wanted(head, &body, subject, day)? {
            let what = "messages of symbols that were not asked for";
            self.report.left_out.count(what);
            return Ok(());
        }
        match body {
            Body::Add(add) => self.add(add, subject, day),
            Body::Executed(executed) => self.executed(executed, subject, day),
            Body::Cancel { reference, shares } => self.cancel(reference, shares, subject, day),
            Body::Delete { reference } => self.delete(reference, subject, day),
            Body::Replace(replace) => self.replace(replace, subject, day),
            Body::TradingAction { .. }
            | Body::RegSho { .. }
            | Body::OperationalHalt { .. }
            | Body::Trade(_)
            | Body::Cross(_)
            | Body::BrokenTrade { .. }
            | Body::Imbalance(_)
            | Body::RetailInterest { .. } => self.beside_orders(body, subject, day),
            // A symbol was listed when it was asked whether it is wanted.
            Body::Directory(_) | Body::SystemEvent(_) | Body::Other(_) => Ok(()),
        }
    }

    /// What is not about a single order.
    fn beside_orders(&mut self, body: Body, subject: Subject, day: &mut Day) -> Result<(), Stop> {
        let report = &mut self.report;
        let (action, otherwise) = match body {
            Body::TradingAction { state, reason, .. } => (
                codes::trading_action(state, reason),
                "trading states that ITCH 5.0 does not list (H)",
            ),
            Body::RegSho { action, .. } => (
                codes::short_sales(action),
                "short sale restrictions that ITCH 5.0 does not list (Y)",
            ),
            Body::OperationalHalt { market, action, .. } => (
                codes::operational_halt(market, action),
                "operational halts of other markets (h)",
            ),
            Body::Trade(hidden) => {
                let qty = Qty::from_raw(hidden.shares);
                let trade = trade(hidden.match_number, hidden.price, qty, report);
                (Some(Action::Trade(trade)), "")
            }
            Body::Cross(auction) => (cross(auction, report), "auctions without shares (Q)"),
            Body::BrokenTrade { .. } if !day.has(subject.symbol) => {
                (None, "broken trades of symbols that did not come (B)")
            }
            Body::BrokenTrade { match_number } => {
                let id = trade_id(match_number, report);
                (Some(Action::TradeCancel(id)), "")
            }
            Body::Imbalance(noii) => (
                codes::imbalance(noii, &mut report.altered),
                "imbalances of auctions that XDP does not have (I)",
            ),
            Body::RetailInterest { flag, .. } => (
                codes::retail(flag).map(Action::Retail),
                "retail interest that ITCH 5.0 does not list (N)",
            ),
            Body::SystemEvent(_)
            | Body::Directory(_)
            | Body::Add(_)
            | Body::Executed(_)
            | Body::Cancel { .. }
            | Body::Delete { .. }
            | Body::Replace(_)
            | Body::Other(_) => return Ok(()),
        };
        let Some(action) = action else {
            report.left_out.count(otherwise);
            return Ok(());
        };
        Ok(day.tell(subject.symbol, subject.stamp, action)?)
    }

    /// Events of the system are about every symbol.
    fn system_event(&mut self, event: u8, stamp: Stamp, day: &mut Day) -> Result<(), Stop> {
        self.is_over = event == b'C';
        let Some(status) = codes::session(event) else {
            // The start of messages is the reset of the channels.
            if event != b'O' {
                let what = "ends of the system's day (S), which leave the books as they are";
                self.report.left_out.count(what);
            }
            return Ok(());
        };
        let halt = HaltCondition::NOT_HALTED;
        for symbol in day.symbols() {
            day.tell(symbol, stamp, Action::Status { status, halt })?;
        }
        Ok(())
    }

    /// Whether the symbol of a message is wanted. One that comes for the first time is listed.
    fn is_wanted(
        &mut self,
        head: Head,
        body: &Body,
        subject: Subject,
        day: &mut Day,
    ) -> Result<bool, Stop> {
        let known = self.stocks.get(usize::from(head.locate)).copied().flatten();
        let Some(stock) = stock_of(body) else {
            // Of a symbol that never came there are no orders, which is told where they are looked up.
            return Ok(known.is_none_or(|(_, is_wanted)| is_wanted));
        };
        if let Some((name, is_wanted)) = known {
            if name == stock {
                return Ok(is_wanted);
            }
            return Err(Stop::input(format!(
                "stock locate {} is {} here, and was {} before: {BROKEN}",
                head.locate,
                stock.escape_ascii(),
                name.escape_ascii()
            )));
        }
        let name = std::str::from_utf8(stock.trim_ascii_end()).ok();
        let name = name.filter(|name| Listing::is_nameable(name));
        let name = name.ok_or_else(|| {
            Stop::input(format!(
                "\"{}\" is no symbol: the file is damaged, or not of ITCH 5.0",
                stock.escape_ascii()
            ))
        })?;
        let is_wanted = self.selection.wants(name);
        if let Some(place) = self.stocks.get_mut(usize::from(head.locate)) {
            *place = Some((stock, is_wanted));
        }
        if is_wanted {
            day.list(subject.symbol, listing(name, body), true, subject.stamp)?;
        }
        Ok(is_wanted)
    }

    /// 1.3: an order joins.
    fn add(&mut self, add: Add, subject: Subject, day: &mut Day) -> Result<(), Stop> {
        let Add {
            reference,
            side,
            shares,
            price,
            attribution,
            ..
        } = add;
        let side = match side {
            b'B' => Side::Bid,
            b'S' => Side::Ask,
            _ => {
                let side = char::from(side).escape_default();
                let what = format!("order {reference} has the side {side}, neither B nor S");
                return Err(Stop::input(format!("{what}: the file is damaged")));
            }
        };
        let firm = attribution.map_or_else(FirmId::default, |[a, b, c, d]| {
            FirmId::from_raw([a, b, c, d, b' '])
        });
        let order = Order {
            id: OrderId::from_raw(reference),
            side,
            price,
            qty: Qty::from_raw(shares),
            firm,
        };
        self.join(order, subject)?;
        Ok(day.tell(subject.symbol, subject.stamp, Action::Add(order))?)
    }

    /// 1.4.1 and 1.4.2: an order trades.
    fn executed(
        &mut self,
        executed: Executed,
        subject: Subject,
        day: &mut Day,
    ) -> Result<(), Stop> {
        let Executed {
            reference,
            shares,
            match_number,
            price,
            printable,
        } = executed;
        let Some(order) = self.reduce(reference, shares, subject, day)? else {
            return Ok(());
        };
        let price = price.unwrap_or(order.price);
        let trade = trade(match_number, price, Qty::from_raw(shares), &mut self.report);
        let action = Action::Execute {
            order_id: OrderId::from_raw(reference),
            trade,
            printable,
        };
        Ok(day.tell(subject.symbol, subject.stamp, action)?)
    }

    /// 1.4.3: an order has fewer shares.
    fn cancel(
        &mut self,
        reference: u64,
        shares: u32,
        subject: Subject,
        day: &mut Day,
    ) -> Result<(), Stop> {
        let Some(order) = self.reduce(reference, shares, subject, day)? else {
            return Ok(());
        };
        let id = OrderId::from_raw(reference);
        let action = if order.qty == Qty::ZERO {
            Action::Delete(id)
        } else {
            Action::Modify {
                order: order_of(id, order),
                loses_place: false,
            }
        };
        Ok(day.tell(subject.symbol, subject.stamp, action)?)
    }

    /// 1.4.4: an order leaves.
    fn delete(&mut self, reference: u64, subject: Subject, day: &mut Day) -> Result<(), Stop> {
        let id = OrderId::from_raw(reference);
        if self.orders.remove(subject.symbol, id).is_none() {
            return self.unknown(reference, day);
        }
        Ok(day.tell(subject.symbol, subject.stamp, Action::Delete(id))?)
    }

    /// 1.4.5: an order leaves and another one joins.
    fn replace(&mut self, replace: Replace, subject: Subject, day: &mut Day) -> Result<(), Stop> {
        let Replace {
            reference,
            new_reference,
            shares,
            price,
        } = replace;
        let old = OrderId::from_raw(reference);
        let Some(resting) = self.orders.remove(subject.symbol, old) else {
            return self.unknown(reference, day);
        };
        let order = Resting {
            price,
            qty: Qty::from_raw(shares),
            ..resting
        };
        let new = order_of(OrderId::from_raw(new_reference), order);
        self.join(new, subject)?;
        let action = Action::Replace { old, new };
        Ok(day.tell(subject.symbol, subject.stamp, action)?)
    }

    /// Takes note of an order that joins.
    fn join(&mut self, order: Order, subject: Subject) -> Result<(), Stop> {
        let Order {
            id,
            side,
            price,
            qty,
            ..
        } = order;
        let resting = Resting { side, price, qty };
        if self.orders.add(subject.symbol, id, resting) {
            return Ok(());
        }
        Err(Stop::input(format!(
            "order {id} joins the book, in which it is already: {BROKEN}"
        )))
    }

    /// Takes shares from an order, and says what is left; nothing when it is from before the file.
    fn reduce(
        &mut self,
        reference: u64,
        shares: u32,
        subject: Subject,
        day: &Day,
    ) -> Result<Option<Resting>, Stop> {
        let id = OrderId::from_raw(reference);
        let Some(order) = self.orders.get(subject.symbol, id) else {
            self.unknown(reference, day)?;
            return Ok(None);
        };
        let Some(left) = order.qty.raw().checked_sub(shares) else {
            return Err(Stop::input(format!(
                "{shares} shares leave order {reference}, which has {}: {BROKEN}",
                order.qty
            )));
        };
        order.qty = Qty::from_raw(left);
        let order = *order;
        if left == 0 {
            self.orders.remove(subject.symbol, id);
        }
        Ok(Some(order))
    }

    /// A change of an order that never joined: one from before, or a contradiction.
    fn unknown(&mut self, reference: u64, day: &Day) -> Result<(), Stop> {
        if day.is_partial() {
            let what = "changes of orders from before the file (E, C, X, D, U)";
            self.report.left_out.count(what);
            return Ok(());
        }
        Err(Stop::input(format!(
            "order {reference} is changed, which is not in the book: {BROKEN}"
        )))
    }
}

/// The symbol that a message names.
const fn stock_of(body: &Body) -> Option<Stock> {
    match body {
        Body::Directory(it) => Some(it.stock),
        Body::Add(it) => Some(it.stock),
        Body::Trade(it) => Some(it.stock),
        Body::Cross(it) => Some(it.stock),
        Body::Imbalance(it) => Some(it.stock),
        Body::TradingAction { stock, .. }
        | Body::RegSho { stock, .. }
        | Body::OperationalHalt { stock, .. }
        | Body::RetailInterest { stock, .. } => Some(*stock),
        Body::SystemEvent(_)
        | Body::Executed(_)
        | Body::Cancel { .. }
        | Body::Delete { .. }
        | Body::Replace(_)
        | Body::BrokenTrade { .. }
        | Body::Other(_) => None,
    }
}

/// What is known of a symbol by the first message that names it.
fn listing(name: &str, body: &Body) -> Listing {
    let Body::Directory(directory) = body else {
        return Listing::named(name);
    };
    Listing {
        market: codes::market(directory.market_category),
        security_type: codes::security_type(directory.classification, directory.is_etp),
        lot: u16::try_from(directory.round_lot).unwrap_or(u16::MAX),
        ..Listing::named(name)
    }
}

fn order_of(id: OrderId, resting: Resting) -> Order {
    Order {
        id,
        side: resting.side,
        price: resting.price,
        qty: resting.qty,
        firm: FirmId::default(),
    }
}

/// A print of an auction; one of an auction that the feed does not have is a trade like others.
fn cross(cross: Cross, report: &mut Report) -> Option<Action> {
    let Cross {
        shares,
        price,
        match_number,
        cross_type,
        ..
    } = cross;
    if shares == 0 {
        return None;
    }
    let qty = codes::shares(shares, &mut report.altered);
    let trade = trade(match_number, price, qty, report);
    let Some(cross_type) = codes::cross_type(cross_type) else {
        let what = "auctions that XDP does not have, told as hidden trades (Q)";
        report.altered.count(what);
        return Some(Action::Trade(trade));
    };
    Some(Action::Cross { trade, cross_type })
}

fn trade(match_number: u64, price: Price, qty: Qty, report: &mut Report) -> Trade {
    Trade {
        id: trade_id(match_number, report),
        price,
        qty,
    }
}

/// The number of a trade, in half as many bits.
fn trade_id(match_number: u64, report: &mut Report) -> TradeId {
    TradeId::from_raw(u32::try_from(match_number).unwrap_or_else(|_| {
        let what = "match numbers above 4294967295, told by their lower 32 bits";
        report.altered.count(what);
        u32::try_from(match_number & u64::from(u32::MAX)).unwrap_or_default()
    }))
}

/// Nanoseconds since midnight as a clock shows them.
pub(super) fn time_of_day(nanoseconds: u64) -> impl Display {
    let (seconds, nanoseconds) = (nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}.{nanoseconds:09}")
}
