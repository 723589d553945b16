//! `oxberry import`: days that anyone can have, as channel files.
//!
//! * `input`: the files that are read, and what they are,
//! * [`itch`], `dbn`: a format each, to what happens in a market (`action`),
//! * [`day`]: that as messages, packets and files,
//! * `orders`: the orders that are alive, which is all that grows,
//! * `selection`, `tally`, `stop`: what is wanted, what is not carried, and why an import ends early.

mod action;
mod date;
mod day;
#[cfg(feature = "dbn")]
mod dbn;
mod input;
mod itch;
mod orders;
mod selection;
mod stop;
mod tally;

use std::path::{Path, PathBuf};

use clap::Args;

pub(crate) use self::input::Format;
use self::{
    day::{Summary, Target},
    input::Input,
    selection::Selection,
    tally::Report,
};
use crate::{
    console::Console,
    failure::Failure,
    input::{refuse_repeated_pipes, refuse_to_overwrite},
    new_york,
};

const EXAMPLES: &str = "\
Examples:
  oxberry import --out day/ 01302019.NASDAQ_ITCH50.gz
  oxberry import --out day/ --symbol AAPL --symbol MSFT 01302019.NASDAQ_ITCH50.gz
  oxberry import --out day/ --from dbn xnas-itch-20240105.mbo.dbn.zst
  oxberry replay day/ --depth 5

Writes <date>-ARCA_XDP_IBF_<channel>.dat in the Pillar dialect and ARCASymbolMapping.txt, all of them or
none. Several files are read as parts of one day, in the order of their times. What is not carried is
counted by kind and told at the end; docs/import.md has the table. Books of a day that begins with
orders that nobody told are partial, and replay says so.";

/// What `oxberry import` can be told.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The files of a day, plain, gzip or zstd; - is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The directory for the channel files and ARCASymbolMapping.txt; made if it is missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// What the files are; told from their content unless said
    #[arg(long, alias = "format", value_enum)]
    from: Option<Format>,
    /// Where the mapping file goes instead
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Import this symbol only, named as in the files; may be given several times
    #[arg(long, value_name = "NAME")]
    symbol: Vec<String>,
    /// Spread the symbols over so many channels
    #[arg(long, value_name = "N", default_value_t = 1,
        value_parser = clap::value_parser!(u8).range(1..))]
    channels: u8,
    /// The day of ITCH files, which do not say it themselves; else that of the first file's name
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date::parse)]
    date: Option<new_york::Day>,
}

/// What became of the files.
#[derive(Debug)]
struct Imported {
    summary: Summary,
    report: Report,
    /// Whether books begin with orders that are not known.
    is_partial: bool,
    /// Symbols that were asked for and did not come.
    missing: Vec<String>,
    /// The most orders that were alive at once.
    most_orders: usize,
}

/// Imports what the arguments name.
///
/// # Errors
///
/// When a file is not what it should be, or the day cannot be written; then nothing is.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let files = || arguments.files.iter().map(PathBuf::as_path);
    refuse_repeated_pipes(files())?;
    if let Some(mapping) = &arguments.mapping {
        refuse_to_overwrite("--mapping", mapping, files())?;
    }
    let inputs: Vec<_> = files().map(Input::open).collect::<anyhow::Result<_>>()?;
    let format = format_of(&inputs, arguments.from)?;
    let mut console = Console::new(false);
    console.watch(inputs.iter().map(|input| input.progress.clone()).collect());
    let target = Target {
        directory: arguments.out.clone(),
        mapping: arguments.mapping.clone(),
        channels: arguments.channels,
    };
    let selection = Selection::of(&arguments.symbol);
    let imported = match format {
        Format::Itch => {
            let date = arguments.date.or_else(|| files().find_map(date::of_name));
            let date = date.unwrap_or_else(|| date::none(&console));
            itch::import(inputs, &target, date, selection, &mut console)?
        }
        Format::Dbn if arguments.date.is_some() => {
            let what = "--date is for ITCH files; DBN files say their day themselves";
            return Err(Failure::Usage(what.to_owned()));
        }
        #[cfg(feature = "dbn")]
        Format::Dbn => dbn::import(inputs, &target, selection, &mut console)?,
        #[cfg(not(feature = "dbn"))]
        Format::Dbn => {
            return Err(Failure::Usage(
                "DBN is not in this build. The Debian package has it, and so has a build by `cargo \
                 build --release --features dbn`"
                    .to_owned(),
            ));
        }
    };
    imported.tell(&arguments.out, arguments.channels, &console);
    Ok(())
}

/// The format of all files.
fn format_of(inputs: &[Input], wanted: Option<Format>) -> anyhow::Result<Format> {
    let mut format = wanted;
    for input in inputs {
        let found = input.format();
        if found.is_none() || format.is_some() && found != format {
            return Err(input.foreign(format));
        }
        format = found;
    }
    // Every list of files has at least one.
    Ok(format.unwrap_or(Format::Itch))
}

impl Imported {
    /// Tells what was written, and what was not.
    fn tell(&self, directory: &Path, channels: u8, console: &Console) {
        let Summary {
            symbols,
            written,
            unheld,
            rescaled,
        } = self.summary;
        let plural = if channels == 1 { "" } else { "s" };
        console.say(format_args!(
            "{}: {symbols} symbols on {channels} channel{plural}, {} packets, {} messages, {} bytes; at \
             most {} orders at once",
            directory.display(),
            written.packets,
            written.messages,
            written.bytes,
            self.most_orders
        ));
        if !self.report.left_out.is_empty() {
            console.say(format_args!("not carried: {}", self.report.left_out));
        }
        if !self.report.altered.is_empty() {
            console.say(format_args!("carried otherwise: {}", self.report.altered));
        }
        if unheld > 0 {
            console.say(format_args!(
                "not carried: {unheld} messages with a price that is negative or has too many digits for \
                 the feed; the books that they change are stale from there on"
            ));
        }
        if rescaled > 0 {
            console.say(format_args!(
                "{rescaled} symbols got another price scale during the day, since a price needed it"
            ));
        }
        if self.is_partial {
            console.say(
                "the day begins in its middle: books are partial, without the orders from before, until \
                 they are cleared",
            );
        }
        for symbol in &self.missing {
            console.say(format_args!("--symbol {symbol}: did not come"));
        }
    }
}
