//! Where the feed names a symbol otherwise than the mapping file does.
//!
//! A venue numbers its symbols anew as companies come, go and are renamed, so a mapping file of another
//! day gives some books a wrong name. The feed itself says what its numbers stand for when it starts,
//! in the symbology of the file's first column.

use core::fmt;
use std::collections::BTreeSet;

use oxberry_core::{
    units::SymbolIndex,
    xdp::{Body as _, LegacySymbolIndexMapping, PacketRef},
};

use crate::mapping::{MappedSymbol, MappingFile};

/// The longest name that the feed's field holds with the NUL behind it.
const LONGEST_NAME: usize = 10;

/// Compares the symbols that the feed defines with a mapping file, each once.
#[derive(Clone, Debug, Default)]
pub struct Contradictions {
    compared: BTreeSet<SymbolIndex>,
}

/// What the mapping file and the feed say of a symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// The symbol.
    pub symbol_index: SymbolIndex,
    /// What it is called in the mapping file, in NYSE symbology.
    pub in_file: String,
    /// What the feed calls it.
    pub in_feed: String,
    /// Decimal places of its prices, as the mapping file says.
    pub scale_in_file: u8,
    /// Decimal places of its prices, as the feed says.
    pub scale_in_feed: u8,
}

impl Contradictions {
    /// Nothing was compared yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            compared: BTreeSet::new(),
        }
    }

    /// Compares what a packet defines, and hands out where it differs.
    pub fn packet(
        &mut self,
        packet: &PacketRef<'_>,
        mapping: &MappingFile,
        found: &mut impl FnMut(Contradiction),
    ) {
        for message in packet.messages().map_while(Result::ok) {
            if message.msg_type() != LegacySymbolIndexMapping::MSG_TYPE {
                continue;
            }
            // All forms begin with this one; a malformed message is told by whoever reads it.
            let Ok(defined) = LegacySymbolIndexMapping::parse(message) else {
                continue;
            };
            // What the file does not have it cannot contradict.
            let Some(mapped) = mapping.symbols.get(&defined.symbol_index) else {
                continue;
            };
            // Later definitions are news of the day.
            if self.compared.insert(defined.symbol_index)
                && let Some(contradiction) = compare(mapped, &defined)
            {
                found(contradiction);
            }
        }
    }
}

fn compare(mapped: &MappedSymbol, defined: &LegacySymbolIndexMapping) -> Option<Contradiction> {
    let (in_file, in_feed) = (mapped.symbol.trim_end().as_bytes(), defined.symbol.text());
    let is_shortened = in_feed.len() >= LONGEST_NAME && in_file.starts_with(in_feed);
    let scales = (mapped.price_scale.code(), defined.price_scale_code);
    if (in_file == in_feed || is_shortened) && scales.0 == scales.1 {
        return None;
    }
    Some(Contradiction {
        symbol_index: defined.symbol_index,
        in_file: mapped.symbol.clone(),
        in_feed: in_feed.escape_ascii().to_string(),
        scale_in_file: scales.0,
        scale_in_feed: scales.1,
    })
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            symbol_index,
            in_file,
            in_feed,
            scale_in_file,
            scale_in_feed,
        } = self;
        write!(f, "symbol index {symbol_index}: ")?;
        if scale_in_file == scale_in_feed {
            write!(f, "the mapping file names it {in_file}, the feed {in_feed}")?;
        } else {
            write!(
                f,
                "the mapping file names it {in_file} with {scale_in_file} decimal places, the feed \
                 {in_feed} with {scale_in_feed}"
            )?;
        }
        f.write_str("; is the mapping file of another day?")
    }
}

#[cfg(test)]
mod tests {
    use oxberry_core::{
        units::{SeqNum, UnixNanos},
        xdp::{Ascii, DeliveryFlag, PacketBuilder, SymbolIndexMapping},
    };

    use super::*;

    const MAPPING: &str = "AAA|AAA|1|P|Q|C|100|4|1|||\nBRK B|BRK.B|2|P|N|A|100|4|1|||\n\
                           LONGCO PRABC|LONGCO-ABC|3|P|N|A|100|6|1|||\n";

    /// What is told of a feed that defines symbols so: number, name, decimal places.
    fn told(definitions: &[(u32, &str, u8)]) -> Vec<String> {
        let mapping = MappingFile::parse(MAPPING);
        let mut contradictions = Contradictions::new();
        let mut told = Vec::new();
        for (number, name, scale) in definitions {
            let base = LegacySymbolIndexMapping {
                symbol_index: SymbolIndex::from_raw(*number),
                symbol: Ascii::new(name.as_bytes()).unwrap(),
                price_scale_code: *scale,
                ..Default::default()
            };
            let mut buffer = [0; 200];
            let mut packet = PacketBuilder::new(&mut buffer).unwrap();
            packet.push(&base).unwrap();
            packet
                .push(&SymbolIndexMapping {
                    base,
                    ..Default::default()
                })
                .unwrap();
            let (first, sent) = (SeqNum::from_raw(1), UnixNanos::from_raw(0));
            let packet = packet.finish(DeliveryFlag::ORIGINAL, first, sent);
            let packet = PacketRef::new(packet).unwrap();
            contradictions.packet(&packet, &mapping, &mut |found| told.push(found.to_string()));
        }
        told
    }

    #[test]
    fn a_symbol_of_another_name_or_scale_is_told_once_with_both() {
        assert_eq!(
            told(&[(1, "ZZZ", 4), (1, "ZZZ", 4), (2, "BRK B", 6)]),
            [
                "symbol index 1: the mapping file names it AAA, the feed ZZZ; is the mapping file of \
                 another day?",
                "symbol index 2: the mapping file names it BRK B with 4 decimal places, the feed \
                 BRK B with 6; is the mapping file of another day?",
            ]
        );
    }

    #[test]
    fn the_same_day_tells_nothing() {
        // The feed has room for ten letters, and symbols that the file does not have.
        let same = [
            (1, "AAA", 4),
            (2, "BRK B", 4),
            (3, "LONGCO PRA", 6),
            (4, "NEW", 4),
        ];
        assert_eq!(told(&same), [""; 0]);
        // Whoever changes a scale in the middle of the day means it.
        assert_eq!(told(&[(1, "AAA", 4), (1, "AAA", 6)]), [""; 0]);
    }
}
