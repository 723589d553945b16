//! From the bytes of a packet to the best bid and offer, without any data at hand: the packet is made
//! here.
#![expect(clippy::print_stdout, reason = "it is what an example is for")]

use oxberry_core::book::{Books, Capacity};
use oxberry_core::feed::{Channel, EventsOnly, FeedEvent, FeedSymbol};
use oxberry_core::units::{
    ChannelId, OrderId, PriceScale, Qty, RawPrice, SeqNum, Side, SymbolIndex, SymbolSeqNum,
    SystemId, UnixNanos,
};
use oxberry_core::xdp::{DeliveryFlag, Dialect, PacketBuilder, PacketRef, PillarAddOrder};

const SYMBOL: SymbolIndex = SymbolIndex::from_raw(9280);

/// An order as the venue announces it.
fn add(number: u32, side: Side, price: u32, shares: u32) -> PillarAddOrder {
    PillarAddOrder {
        symbol_index: SYMBOL,
        symbol_seq_num: SymbolSeqNum::from_raw(number),
        order_id: OrderId::from_raw(u64::from(number)),
        price: RawPrice::from_raw(price).into(),
        volume: Qty::from_raw(shares),
        side: side.into(),
        ..Default::default()
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut buffer = [0; 1400];
    let mut packet = PacketBuilder::new(&mut buffer)?;
    packet.push(&add(1, Side::Bid, 1_355_000, 100))?;
    packet.push(&add(2, Side::Ask, 1_355_200, 300))?;
    packet.push(&add(3, Side::Bid, 1_355_100, 200))?;
    let sent = UnixNanos::from_raw(1_340_285_400_000_000_000);
    let bytes = packet.finish(DeliveryFlag::ORIGINAL, SeqNum::from_raw(1), sent);

    let scale = PriceScale::new(4).ok_or("no such scale")?;
    let capacity = Capacity {
        symbols: 10,
        orders: 1_000,
        levels: 500,
    };
    let mut memory = vec![0; capacity.words()];
    let mut books = Books::new(capacity, &mut memory)?;
    books.define(SYMBOL, scale)?;
    let mut channel = Channel::new(Dialect::Pillar, [FeedSymbol::EMPTY; 16]);
    channel.define(SYMBOL, SystemId::from_raw(1))?;

    let mut follower = EventsOnly(|event: FeedEvent| {
        if let Ok(applied) = books.apply(ChannelId::from_raw(1), &event)
            && applied.bbo_changed
        {
            let bbo = books.bbo(applied.slot).decimal(scale);
            println!("{}: {bbo}", event.seq_num);
        }
    });
    channel.packet(&PacketRef::new(bytes)?, &mut follower)?;
    Ok(())
}
