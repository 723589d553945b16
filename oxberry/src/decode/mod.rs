//! `oxberry decode`: every message as a line.

mod csv;
mod json;

use std::{
    collections::BTreeMap,
    io::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use oxberry_core::xdp::{DeliveryFlag, Dialect, Message, MessageRef, PacketRef, WireError};
use oxberry_feed::source::{Packet, Source};

use self::{csv::CsvLines, json::JsonLines};
use crate::{
    console::Console,
    dialect,
    failure::Failure,
    findings::Findings,
    input::{InputArguments, refuse_repeated_pipes},
    output::Output,
    reading::Reading,
};

const EXAMPLES: &str = "\
Examples:
  oxberry decode 20111219-ARCA_XDP_IBF_1.dat | head
  oxberry decode --dialect pillar --format csv capture.pcap.gz > messages.csv
  zstd -dc capture.pcapng.zst | oxberry decode - --port 11064
  tcpdump -U -w - udp | oxberry decode - --dialect pillar

What comes through a pipe is printed when it came, once the dialect is known; telling it may take
many packets, so name it.

JSON lines: packet, seq, type, size, name, then the fields of the message, as the wire has them:
integers unscaled, one-byte codes as one-character strings, text without padding. A packet without
messages has \"type\": null and its delivery_flag; a message of an unknown type has \"name\": null.

CSV: the same in columns, with a column for every field of any message, empty where a message does
not have it; a code that is NUL is empty too.";

/// What `oxberry decode` can be told.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Channel files, pcap or pcapng captures, plain, .gz or .zst; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    input: InputArguments,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,
}

/// How messages are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One JSON object a line
    Jsonl,
    /// Comma-separated values under one header
    Csv,
}

/// What every line begins with.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// The packet, counted from 0 in its file.
    packet: u64,
    /// The channel's number of the message.
    seq: u32,
}

/// Prints lines.
trait Lines {
    /// A message that was decoded.
    fn message(&mut self, place: Place, message: MessageRef<'_>, decoded: &Message);
    /// A message whose type the dialect does not have.
    fn unknown(&mut self, place: Place, message: MessageRef<'_>);
    /// A packet without messages.
    fn empty_packet(&mut self, place: Place, delivery_flag: DeliveryFlag);
    /// What was printed and not taken yet.
    fn text(&mut self) -> &mut Vec<u8>;
}

/// Decodes all files.
///
/// # Errors
///
/// When output cannot be written, or a file cannot be read or has faults; everything that is good
/// is printed before.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    refuse_repeated_pipes(arguments.files.iter().map(PathBuf::as_path))?;
    let mut lines: Box<dyn Lines> = match arguments.format {
        Format::Jsonl => Box::new(JsonLines::default()),
        Format::Csv => Box::new(CsvLines::new()),
    };
    let mut decoder = Decoder {
        lines: &mut *lines,
        output: Output::new(),
        console: Console::new(true),
    };
    let mut faulty = false;
    for file in &arguments.files {
        faulty |= decoder.decode_file(file, &arguments.input)?;
    }
    if faulty {
        Err(Failure::FaultyInput)
    } else {
        Ok(())
    }
}

struct Decoder<'a> {
    lines: &'a mut dyn Lines,
    output: Output,
    console: Console,
}

/// What was found in a file.
#[derive(Debug, Default)]
struct Counts {
    packets: u64,
    messages: u64,
    unknown: u64,
    /// Bytes that no message claims.
    left_over: u64,
    /// Packets by group and port.
    groups: BTreeMap<SocketAddr, u64>,
    findings: Findings,
}

impl Decoder<'_> {
    /// Decodes a file; says whether it had faults.
    fn decode_file(&mut self, file: &Path, input: &InputArguments) -> Result<bool, Failure> {
        let mut counts = Counts::default();
        let mut source = match Source::open(file, input.filter()) {
            Ok(source) => source,
            Err(error) => {
                self.console.say(error);
                return Ok(true);
            }
        };
        Output::all_follow(vec![self.output.clone()], &source);
        self.console.watch(vec![source.progress()]);
        let dialects = dialect::choose(
            input.dialect,
            std::slice::from_mut(&mut source),
            true,
            &self.console,
        );
        let [dialect] = dialects[..] else {
            return Ok(false);
        };
        let mut unreadable = false;
        loop {
            match source.advance() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    // What is good is printed before what is wrong is said.
                    self.flush()?;
                    self.console.say(error);
                    unreadable = true;
                    break;
                }
            }
            self.decode_packet(source.name(), source.packet(), dialect, &mut counts);
            self.console.count_packet();
            self.output
                .write_all(self.lines.text())
                .map_err(Failure::of_output)?;
            self.lines.text().clear();
        }
        self.flush()?;
        self.summarise(&source, dialect, &counts);
        Ok(unreadable || !counts.findings.is_empty())
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.output.flush().map_err(Failure::of_output)
    }

    fn decode_packet(
        &mut self,
        file: &str,
        packet: Packet<'_>,
        dialect: Dialect,
        counts: &mut Counts,
    ) {
        let number = counts.packets;
        counts.packets += 1;
        if let Some(group) = packet.group {
            *counts.groups.entry(group).or_default() += 1;
        }
        let offset = packet.offset;
        let packet = match PacketRef::new(packet.bytes) {
            Ok(packet) => packet,
            Err(error) => {
                let message = format_args!("{file}: packet {number} at byte {offset}: {error}");
                counts
                    .findings
                    .add(&self.console, "faulty packets", message);
                return;
            }
        };
        let header = packet.header();
        let mut place = Place {
            packet: number,
            seq: header.seq_num.raw(),
        };
        if header.number_msgs == 0 {
            self.lines.empty_packet(place, header.delivery_flag);
        }
        let mut messages = packet.messages();
        let mut is_whole = true;
        for message in messages.by_ref() {
            is_whole = message.is_ok();
            if let Err(error) =
                message.and_then(|message| self.decode_message(message, place, dialect, counts))
            {
                let seq = place.seq;
                let message = format_args!(
                    "{file}: packet {number} at byte {offset}, sequence number {seq}: {error}"
                );
                counts
                    .findings
                    .add(&self.console, "faulty messages", message);
            }
            place.seq = place.seq.wrapping_add(1);
        }
        if is_whole {
            counts.left_over += messages.rest().len() as u64;
        }
    }

    fn decode_message(
        &mut self,
        message: MessageRef<'_>,
        place: Place,
        dialect: Dialect,
        counts: &mut Counts,
    ) -> Result<(), WireError> {
        counts.messages += 1;
        match Message::parse(dialect, message)? {
            Some(decoded) => self.lines.message(place, message, &decoded),
            None => {
                counts.unknown += 1;
                self.lines.unknown(place, message);
            }
        }
        Ok(())
    }

    fn summarise(&self, source: &Source, dialect: Dialect, counts: &Counts) {
        let name = source.name();
        let Counts {
            packets,
            messages,
            unknown,
            left_over,
            groups,
            findings,
        } = counts;
        let mut summary = format!("{name}: {dialect}, {packets} packets, {messages} messages");
        if *unknown > 0 {
            summary += &format!(", of unknown type: {unknown}");
        }
        if *left_over > 0 {
            summary += &format!(", bytes behind the messages of their packet: {left_over}");
        }
        if !findings.is_empty() {
            summary += &format!(", {findings}");
        }
        self.console.say(summary);
        if groups.len() > 1 {
            let groups: Vec<String> = groups
                .iter()
                .map(|(group, count)| format!("{group} {count}"))
                .collect();
            let groups = groups.join(", ");
            self.console
                .say(format_args!("{name}: packets by group and port: {groups}"));
        }
        Reading::of(source).tell(&self.console);
    }
}
