//! Prints the best prices whenever they change, with how far they can be trusted:
//! `books_from_pcap FILE`, a capture of any kind or a channel file.
#![expect(clippy::print_stdout, reason = "it is what an example is for")]

use std::error::Error;

use oxberry_core::book::{Books, Capacity};
use oxberry_core::xdp::PacketRef;
use oxberry_feed::channels::Channels;
use oxberry_feed::dialect;
use oxberry_feed::keeper::Keeper;
use oxberry_feed::mapping::MappingFile;
use oxberry_feed::source::{Filter, Source};

const CAPACITY: Capacity = Capacity {
    symbols: 16_000,
    orders: 2_000_000,
    levels: 500_000,
};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("which file?")?;
    let mut memory = vec![0; CAPACITY.words()];
    let books = Books::new(CAPACITY, &mut memory)?;
    let mut keeper = Keeper::new(books, |books, event, applied| {
        if applied.is_news() {
            let (bbo, trust) = (books.bbo(applied.slot), books.trust(applied.slot));
            println!(
                "{}: {} is {trust}: {bbo:?}",
                event.seq_num, event.symbol_index
            );
        }
    });
    let mut sources = [Source::open(path.as_ref(), Filter::default())?];
    let dialect = dialect::dialects(&mut sources, None).remove(0).dialect;
    let mut channels = Channels::new(&mut sources, &[dialect]);
    let mapping = MappingFile::default();
    while sources[0].advance()? {
        let packet = sources[0].packet();
        let Ok(bytes) = PacketRef::new(packet.bytes) else {
            continue;
        };
        if let Some((_, channel)) = channels.of_packet(0, packet.group, &bytes, &mapping)? {
            keeper.channel = channel.named.id;
            channel
                .handler
                .handle_packet(packet.group, packet.captured, &bytes, (), &mut keeper);
        }
    }
    for channel in channels.iter_mut() {
        keeper.channel = channel.named.id;
        channel.handler.finish(&mut keeper);
    }
    Ok(())
}
