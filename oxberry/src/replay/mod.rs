//! `oxberry replay`: captured channels into books, in one process.
//!
//! What a cluster computes must equal this, down to the digest of every book.

mod arguments;
mod events;
mod every;
mod grid;
mod inputs;
mod instant;
mod outcome;
mod period;
mod player;
mod rejections;
mod rows;
mod selection;
mod sink;
mod table;
mod views;

use std::{
    io::{self, Write as _},
    path::PathBuf,
};

pub(crate) use self::{
    arguments::Arguments,
    events::EventRows,
    inputs::Inputs,
    instant::Instant as TypedTime,
    outcome::Outcome,
    period::{Bounds, Period},
    player::{Plan, play},
};
use self::{
    arguments::Table,
    grid::Grid,
    player::play_period,
    rows::Rows,
    selection::{instruments, select},
    sink::Sink,
    views::{BestPrices, BooksAt, DepthRows, OrderRows, QueueRows, TradeRows, View},
};
use crate::{
    console::Console,
    failure::Failure,
    input::{is_one_file, refuse_repeated_pipes, refuse_to_overwrite},
    output::Output,
};

/// Replays what the arguments name.
///
/// # Errors
///
/// When output cannot be written, an input cannot be read or has faults, or the books had no room;
/// everything that is good is used before.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut console = Console::new(!arguments.digest);
    let table = arguments.table()?;
    let plan = plan(arguments, &console)?;
    let mut rows = if arguments.digest {
        None
    } else {
        Some(rows(arguments, table, &plan.inputs)?)
    };
    let events = arguments.events.as_deref();
    let mut events = events.map(EventRows::create).transpose()?;
    let period = arguments.period();
    let outcome = play_period(&plan, period, rows.as_mut(), events.as_mut(), &mut console)?;
    if let Some(events) = &mut events {
        events.flush()?;
    }
    outcome.summarise(&console);
    let printed = if arguments.digest {
        print_digest(&outcome)
    } else {
        Ok(())
    };
    // All was read, so a digest that nobody wants changes nothing about how it went.
    if outcome.is_faulty() {
        if let Some(out) = &arguments.out {
            let out = out.display();
            console.say(format_args!(
                "{out}: not written, since the input has faults"
            ));
        }
        return Err(Failure::FaultyInput);
    }
    printed.map_err(Failure::of_output)?;
    rows.map_or(Ok(()), Rows::complete)?;
    if outcome.was_always_live() {
        Ok(())
    } else {
        Err(Failure::NotLive)
    }
}

/// What is to be played. Refuses paths that cannot be read twice, or would be read and written.
fn plan(arguments: &Arguments, console: &Console) -> Result<Plan, Failure> {
    let paths = arguments.paths();
    if paths.is_empty() {
        return Err(Failure::Usage(
            "PATH is needed: what is to be read".to_owned(),
        ));
    }
    let named = paths.iter().chain(&arguments.symbols);
    refuse_repeated_pipes(named.map(PathBuf::as_path))?;
    let inputs = Inputs::resolve(&paths, arguments.symbols.as_deref(), console)?;
    for (option, written) in [("--events", &arguments.events), ("--out", &arguments.out)] {
        if let Some(written) = written {
            let read = inputs.files.iter().chain([&inputs.symbols]);
            refuse_to_overwrite(option, written, read.map(PathBuf::as_path))?;
        }
    }
    if let (Some(out), Some(events)) = (&arguments.out, &arguments.events)
        && is_one_file(out, events)
    {
        let message = "--out and --events name the same file".to_owned();
        return Err(Failure::Usage(message));
    }
    Ok(Plan {
        inputs,
        dialect: arguments.input.dialect,
        filter: arguments.input.filter(),
        orders: arguments.most_orders(),
        has_options: true,
    })
}

/// The rows of a table, from the choice of symbols to the file.
fn rows(arguments: &Arguments, table: Table, inputs: &Inputs) -> Result<Rows, Failure> {
    let symbols = select(inputs, &arguments.symbol)?;
    let view: Box<dyn View> = match table {
        Table::Bbo => Box::new(BestPrices::default()),
        Table::Depth(depth, choice) => Box::new(DepthRows::new(depth, choice, symbols.len())?),
        Table::Trades => Box::new(TradeRows::default()),
        Table::Orders => Box::new(OrderRows::default()),
        Table::Queue(orders) => Box::new(QueueRows::new(orders)),
        Table::At(shown) => Box::new(BooksAt::new(shown)),
    };
    let mut schema = view.schema();
    if arguments.has_trust() {
        schema.push("trust".to_owned());
    }
    if arguments.every.is_some() {
        schema.push("ts_sample_ns".to_owned());
        schema.push("age_ns".to_owned());
    }
    let instruments = instruments(inputs, &symbols);
    let prices = arguments.prices();
    let out = arguments.out.as_deref();
    let (writer, file) = (arguments.format).open(&schema, prices, out, instruments)?;
    let grid = arguments.every.map(Grid::new);
    let sink = Sink::new(writer, symbols, arguments.has_trust(), grid);
    Ok(Rows::new(view, sink, arguments.symbol.is_empty(), file))
}

fn print_digest(outcome: &Outcome) -> io::Result<()> {
    let mut output = Output::new();
    writeln!(output, "{}", outcome.digest())?;
    output.flush()
}
