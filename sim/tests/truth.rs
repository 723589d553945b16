//! Whoever reads the feed of a made-up market ends with the venue's own books.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod replay;

use oxberry_core::book::Books;
use oxberry_core::feed::{Action, FeedEvent};
use oxberry_core::units::{ChannelId, Side};
use oxberry_core::xdp::{DeliveryFlag, Dialect, MAX_PACKET, PacketRef};
use oxberry_sim::market::{Market, MarketConfig, MarketError};
use oxberry_sim::oracle;
use replay::Replay;

fn market(dialect: Dialect) -> Market {
    let config = MarketConfig {
        symbols: 60,
        channels: 3,
        messages: Some(120_000),
        dialect,
        seed: 42,
    };
    Market::new(config).unwrap()
}

/// What a good feed never does: trade behind the head of the best queue, or lock its book.
fn executes_the_head(event: &FeedEvent, books: &Books<'_>) {
    let Action::Execute {
        order_id, price, ..
    } = event.action
    else {
        return;
    };
    let slot = books.slot(event.symbol_index).unwrap();
    let is_head = Side::BOTH.iter().any(|&side| {
        let head = books.orders(slot, side).next();
        head.is_some_and(|head| head.order_id == order_id && head.price == price)
    });
    assert!(is_head, "{event:?} is not at the head of the best queue");
}

fn is_not_crossed(event: &FeedEvent, books: &Books<'_>) {
    let bbo = books.bbo(books.slot(event.symbol_index).unwrap());
    if let (Some(bid), Some(ask)) = (bbo.bid, bbo.ask) {
        assert!(bid.price < ask.price, "locked or crossed after {event:?}");
    }
}

#[test]
fn books_made_from_the_packets_are_the_books_of_the_venue() {
    for dialect in Dialect::ALL {
        let mut compared = 0;
        for mut channel in market(dialect).channels() {
            let mut memory = vec![];
            let mut replay = Replay::new(dialect, &mut memory);
            let mut buffer = [0; MAX_PACKET];
            let mut packets = 0;
            while let Some(length) = channel.next_packet(&mut buffer) {
                replay.packet(
                    &buffer[..length],
                    &mut executes_the_head,
                    &mut |event, books, _| {
                        is_not_crossed(event, books);
                    },
                );
                packets += 1;
                if packets % 512 == 0 && packets > 2_000 && channel.is_settled() {
                    oracle::compare(&channel, &replay.books).unwrap();
                    compared += 1;
                }
            }
            assert!(channel.is_settled());
            oracle::compare(&channel, &replay.books).unwrap();
            let counters = replay.channel.normalizer().counters();
            assert_eq!(counters.times_unknown, 0, "{dialect}");
            assert_eq!(
                counters.unknown_types + counters.unlisted_codes,
                0,
                "{dialect}"
            );
        }
        assert!(
            compared > 20,
            "{dialect}: the books were compared only {compared} times"
        );
    }
}

#[test]
fn every_number_of_messages_is_met_exactly_and_ends_settled() {
    for dialect in Dialect::ALL {
        for messages in (3..40).chain([1_000, 1_001, 1_002, 1_003, 5_557, 20_011]) {
            let config = MarketConfig {
                symbols: 5,
                channels: 3,
                messages: Some(messages),
                dialect,
                seed: 7,
            };
            let mut got = 0;
            for mut channel in Market::new(config).unwrap().channels() {
                let mut memory = vec![];
                let mut replay = Replay::new(dialect, &mut memory);
                let mut buffer = [0; MAX_PACKET];
                while let Some(length) = channel.next_packet(&mut buffer) {
                    let header = PacketRef::new(&buffer[..length]).unwrap().header();
                    got += u64::from(header.number_msgs);
                    replay.packet(&buffer[..length], &mut |_, _| {}, &mut |_, _, _| {});
                }
                if messages > 100 {
                    oracle::compare(&channel, &replay.books).unwrap();
                }
            }
            assert_eq!(got, messages, "{dialect}");
        }
    }
}

#[test]
fn packets_are_numbered_timed_and_sized_as_the_venue_does() {
    for dialect in Dialect::ALL {
        let market = market(dialect);
        for mut channel in market.channels() {
            let mut buffer = [0; MAX_PACKET];
            let (mut next, mut sent) = (1, market.start());
            while let Some(length) = channel.next_packet(&mut buffer) {
                let packet = PacketRef::new(&buffer[..length]).unwrap();
                let header = packet.header();
                assert_eq!(usize::from(header.pkt_size), length);
                assert_eq!(header.seq_num.raw(), next);
                let is_reset = header.delivery_flag == DeliveryFlag::SEQUENCE_RESET;
                assert_eq!(is_reset, next == 1);
                assert!(header.send_time > sent, "send times do not ascend");
                (next, sent) = (next + u32::from(header.number_msgs), header.send_time);
            }
        }
    }
}

#[test]
fn a_channel_depends_only_on_the_configuration_and_its_number() {
    let market = market(Dialect::Pillar);
    let packets = |number| {
        let mut channel = market.channel(ChannelId::from_raw(number)).unwrap();
        let (mut bytes, mut buffer) = (vec![], [0; MAX_PACKET]);
        while let Some(length) = channel.next_packet(&mut buffer) {
            bytes.extend_from_slice(&buffer[..length]);
        }
        bytes
    };
    let together: Vec<_> = (1..=3).map(packets).collect();
    assert_eq!(packets(2), together[1]);
    assert_ne!(together[0], together[1]);
    assert!(market.channel(ChannelId::from_raw(4)).is_none());
}

#[test]
fn an_endless_market_goes_on_and_keeps_its_memory() {
    let config = MarketConfig {
        symbols: 20,
        channels: 1,
        ..MarketConfig::default()
    };
    let mut channel = Market::new(config).unwrap().channels().next().unwrap();
    let mut buffer = [0; MAX_PACKET];
    let most_orders = |channel: &oxberry_sim::market::ChannelGenerator| -> usize {
        channel
            .stocks()
            .map(|stock| {
                Side::BOTH
                    .map(|side| stock.orders(side).count())
                    .iter()
                    .sum::<usize>()
            })
            .sum()
    };
    let mut most = 0;
    for packet in 0..400_000 {
        channel
            .next_packet(&mut buffer)
            .expect("the market has no end");
        if packet % 10_000 == 0 {
            most = most.max(most_orders(&channel));
        }
    }
    assert!(most < 20 * 250, "{most} orders rest");
    for stock in channel.stocks() {
        for side in Side::BOTH {
            assert!(
                stock.orders(side).next().is_some(),
                "{} has no price",
                stock.listing()
            );
        }
    }
}

#[test]
fn a_configuration_out_of_bounds_is_refused() {
    let config = MarketConfig::default();
    let refused = |config| Market::new(config).unwrap_err();
    assert_eq!(
        refused(MarketConfig {
            symbols: 0,
            ..config
        }),
        MarketError::Symbols(0)
    );
    let many = MarketConfig::MOST_SYMBOLS + 1;
    assert_eq!(
        refused(MarketConfig {
            symbols: many,
            ..config
        }),
        MarketError::Symbols(many)
    );
    assert_eq!(
        refused(MarketConfig {
            channels: 0,
            ..config
        }),
        MarketError::NoChannels
    );
    assert_eq!(
        refused(MarketConfig {
            messages: Some(3),
            ..config
        }),
        MarketError::TooFewMessages {
            channels: 4,
            messages: 3
        }
    );
}
