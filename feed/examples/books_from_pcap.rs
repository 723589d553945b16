//! Prints the best prices whenever they change, with how far they can be trusted: `books_from_pcap FILE`.
#![expect(clippy::print_stdout, reason = "it is what an example is for")]

use oxberry_core::book::{Books, Capacity};
use oxberry_feed::keeper::Keeper;
use oxberry_feed::mapping::MappingFile;
use oxberry_feed::source::{Filter, Source};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("which file?")?;
    let capacity = Capacity {
        symbols: 16_000,
        orders: 2_000_000,
        levels: 500_000,
    };
    let mut memory = vec![0; capacity.words()];
    let mut keeper = Keeper::new(
        Books::new(capacity, &mut memory)?,
        |books, event, applied| {
            if applied.is_news() {
                let bbo = books.bbo(applied.slot).decimal(books.scale(applied.slot));
                let trust = books.trust(applied.slot);
                println!("{}: {bbo} ({trust})", event.symbol_index);
            }
        },
    );
    keeper.read(
        Source::open(path.as_ref(), Filter::default())?,
        &MappingFile::default(),
    )?;
    Ok(())
}
