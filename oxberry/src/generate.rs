//! `oxberry generate`: the files of a market that is made up.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use oxberry_core::xdp::Dialect;
use oxberry_sim::market::{
    FileFormat, Market, MarketConfig, MarketError, channel_file_name, write_directory,
};

use crate::{channel_files::refuse_other_channels, console::Console, failure::Failure};

const EXAMPLES: &str = "\
Examples:
  oxberry generate --out market/ --symbols 1000 --messages 2000000
  oxberry generate --out market/ --symbols 50 --messages 100000 --dialect legacy --seed 7

The order flow is consistent: a matching engine decides every execution. The same arguments give the
same bytes on every machine. What is there already under the same names is overwritten; channel files
under other names are refused, since they would be replayed with the market.";

/// What `oxberry generate` can be told.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The directory for the channel files and ARCASymbolMapping.txt; made if it is missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Symbols, spread over the channels
    #[arg(long, value_name = "N")]
    symbols: u32,
    /// Messages, over all channels
    #[arg(long, value_name = "N")]
    messages: u64,
    /// Channels
    #[arg(long, value_name = "N", default_value_t = 4,
        value_parser = clap::value_parser!(u8).range(1..))]
    channels: u8,
    /// The dialect of the feed
    #[arg(long, value_enum, default_value_t = MarketDialect::Pillar)]
    dialect: MarketDialect,
    /// What everything is made up from
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How packets lie in the files
    #[arg(long, value_enum, default_value_t = Format::Dat)]
    format: Format,
}

/// A dialect as it can be typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum MarketDialect {
    /// Arca XDP, 2011 to 2017
    Legacy,
    /// XDP 2.0 to 2.3, 2015 to 2021
    Xdp,
    /// Pillar 2.4 and later, since 2021
    Pillar,
}

/// How packets lie in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Back to back
    Dat,
    /// As a capture
    Pcap,
}

/// Writes the market that the arguments describe.
///
/// # Errors
///
/// When there is no such market, or its files cannot be written.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = MarketConfig {
        symbols: arguments.symbols,
        channels: arguments.channels,
        messages: Some(arguments.messages),
        dialect: match arguments.dialect {
            MarketDialect::Legacy => Dialect::Legacy,
            MarketDialect::Xdp => Dialect::Xdp,
            MarketDialect::Pillar => Dialect::Pillar,
        },
        seed: arguments.seed,
    };
    let format = match arguments.format {
        Format::Dat => FileFormat::Dat,
        Format::Pcap => FileFormat::Pcap,
    };
    let market =
        Market::new(config).map_err(|error: MarketError| Failure::Usage(error.to_string()))?;
    let ours: Vec<String> = (1..=arguments.channels)
        .map(|channel| channel_file_name(&market, channel, format))
        .collect();
    refuse_other_channels(&arguments.out, &ours, "of this market")?;
    let mut console = Console::new(false);
    console.watch_messages(arguments.messages);
    let written = write_directory(&market, &arguments.out, format, &|messages| {
        console.advance(messages);
    })?;
    console.say(format_args!(
        "{}: {} symbols on {} channels, {} packets, {} messages, {} bytes",
        arguments.out.display(),
        arguments.symbols,
        arguments.channels,
        written.packets,
        written.messages,
        written.bytes
    ));
    Ok(())
}
