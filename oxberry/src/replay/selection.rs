//! The symbols that rows are of.

use oxberry_feed::mapping::MappedSymbol;

use super::{inputs::Inputs, sink::Named};
use crate::{export::Instrument, failure::Failure, nearest::nearest};

/// The symbols of the mapping file in the order of their slots, each wanted if its name is among
/// `wanted`, or nothing is.
///
/// # Errors
///
/// A usage error for a name that is no symbol's, which names the one that is nearest to it.
pub(super) fn select(inputs: &Inputs, wanted: &[String]) -> Result<Vec<Named>, Failure> {
    let symbols = || inputs.mapping.symbols.values();
    for name in wanted {
        if !symbols().any(|symbol| is_called(symbol, name)) {
            return Err(unknown(inputs, name));
        }
    }
    let named = symbols().map(|symbol| {
        let is_named = wanted.iter().any(|name| is_called(symbol, name));
        Named {
            name: symbol.cqs_symbol.clone(),
            is_wanted: is_named || wanted.is_empty(),
            is_named,
        }
    });
    Ok(named.collect())
}

/// The symbols that are wanted, with the numbers that the feed gives them.
pub(super) fn instruments(inputs: &Inputs, symbols: &[Named]) -> Vec<Instrument> {
    let numbers = inputs.mapping.symbols.keys();
    let wanted = numbers.zip(symbols).filter(|(_, named)| named.is_wanted);
    let instruments = wanted.map(|(&symbol_index, named)| Instrument {
        name: named.name.clone(),
        symbol_index,
    });
    instruments.collect()
}

/// As the consolidated tapes write it, or in NYSE symbology.
fn is_called(symbol: &MappedSymbol, name: &str) -> bool {
    symbol.cqs_symbol == name || symbol.symbol == name
}

fn unknown(inputs: &Inputs, name: &str) -> Failure {
    let all = inputs.mapping.symbols.values();
    let names = all.flat_map(|symbol| [&*symbol.cqs_symbol, &*symbol.symbol]);
    let nearest = nearest(names, name);
    let file = inputs.symbols.display();
    Failure::Usage(format!(
        "--symbol {name}: {file} has no such symbol; the nearest one is {nearest}"
    ))
}
