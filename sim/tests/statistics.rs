//! The statistics of the made-up order flow lie within bands around those of the real one.
//!
//! The bands follow the statistics of five stocks of 2012 (`docs/market-generator.md`); where stocks
//! of a kind differ, a band holds both.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod census;
mod replay;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use census::{Census, Counting, Kind, per_mille, quantile, share};
use oxberry_core::xdp::{Dialect, MAX_PACKET};
use oxberry_sim::market::{Market, MarketConfig};
use replay::Replay;

/// Counts what a market does after its first 20 seconds.
fn census() -> BTreeMap<Kind, Census> {
    let config = MarketConfig {
        symbols: 150,
        channels: 1,
        messages: Some(800_000),
        dialect: Dialect::Pillar,
        seed: 5,
    };
    let market = Market::new(config).unwrap();
    let mut memory = vec![];
    let mut replay = Replay::new(config.dialect, &mut memory);
    let mut buffer = [0; MAX_PACKET];
    let mut counting = Counting::starting_at(market.start().raw() + 20_000_000_000);
    for mut channel in market.channels() {
        while let Some(length) = channel.next_packet(&mut buffer) {
            let bytes = buffer.get(..length).unwrap();
            replay.packet(
                bytes,
                &mut |event, books| counting.see(event, books),
                &mut |_, _, _| {},
            );
        }
    }
    counting.finish()
}

const MS: i64 = 1_000_000;

/// What is measured, and the band it has to lie in.
type Band = (&'static str, u64, RangeInclusive<u64>);

/// What is alike in all stocks; shares per mille.
fn common(of: &Census) -> Vec<Band> {
    let all = of.messages();
    let lifetimes = |ms| per_mille(&of.lifetimes_ns, 0, ms * MS);
    let aggressors = of.executions_of_aggressors.len() as u64;
    vec![
        ("adds", share(of.adds, all), 465..=505),
        ("deletes", share(of.deletes, all), 425..=460),
        ("executions", share(of.executions, all), 42..=60),
        ("hidden trades", share(of.hidden_trades, all), 15..=28),
        ("modifies", share(of.modifies, all), 0..=6),
        (
            "deletes that are replaces",
            share(of.replaces, of.deletes),
            60..=100,
        ),
        (
            "executions of 1,000 aggressors",
            share(of.executions, aggressors),
            1_350..=1_550,
        ),
        (
            "executions of an aggressor, p99",
            quantile(&of.executions_of_aggressors, 990),
            5..=9,
        ),
        (
            "lives below 0.1 ms",
            per_mille(&of.lifetimes_ns, 0, MS / 10),
            3..=20,
        ),
        ("lives below 1 ms", lifetimes(1), 55..=100),
        ("lives below 100 ms", lifetimes(100), 230..=460),
        ("lives below 10 s", lifetimes(10_000), 700..=900),
        ("lives below 60 s", lifetimes(60_000), 920..=995),
        (
            "same time as the event before",
            per_mille(&of.gaps_ns, 0, 0),
            45..=100,
        ),
        (
            "gap between events, p25, us",
            quantile(&of.gaps_ns, 250) / 1_000,
            40..=110,
        ),
        (
            "gap between events, p50, us",
            quantile(&of.gaps_ns, 500) / 1_000,
            350..=1_150,
        ),
        (
            "busiest second of the mean one, p50",
            quantile(&of.busiest_seconds, 500),
            12..=60,
        ),
    ]
}

fn kind_of_stock(kind: Kind, of: &Census) -> Vec<Band> {
    let within = |low, high| per_mille(&of.distances, low, high);
    let (improving, joining) = (within(i64::MIN, -1), within(0, 0));
    let behind = [
        within(1, 5),
        within(6, 20),
        within(21, 50),
        within(51, i64::MAX),
    ];
    let hundreds = per_mille(&of.sizes, 100, 100);
    let odd_lots = per_mille(&of.sizes, 1, 99);
    let spread = quantile(&of.spreads, 500);
    let queue = quantile(&of.best_orders, 500);
    let at_best = per_mille(&of.ranks_of_deletes, 0, 0);
    let [near, middle, far, away] = behind;
    match kind {
        Kind::Wide => vec![
            ("improves the best price", improving, 150..=240),
            ("joins the best price", joining, 70..=130),
            ("1 to 5 ticks behind", near, 130..=200),
            ("6 to 20 ticks behind", middle, 220..=320),
            ("21 to 50 ticks behind", far, 110..=185),
            ("further behind", away, 110..=170),
            ("spread, p50", spread, 14..=35),
            ("orders at the best bid, p50", queue, 1..=2),
            ("deletes at the best price", at_best, 150..=260),
            ("100 shares", hundreds, 470..=550),
            ("odd lots", odd_lots, 350..=480),
        ],
        Kind::Medium => vec![
            ("improves the best price", improving, 100..=200),
            ("joins the best price", joining, 150..=250),
            ("1 to 5 ticks behind", near, 310..=410),
            ("6 to 20 ticks behind", middle, 210..=300),
            ("21 to 50 ticks behind", far, 4..=45),
            ("further behind", away, 0..=25),
            ("spread, p50", spread, 3..=15),
            ("orders at the best bid, p50", queue, 1..=3),
            ("deletes at the best price", at_best, 170..=330),
            ("100 shares", hundreds, 470..=550),
            ("odd lots", odd_lots, 350..=480),
        ],
        Kind::Tight => vec![
            ("improves the best price", improving, 5..=30),
            ("joins the best price", joining, 580..=720),
            ("1 to 5 ticks behind", near, 150..=230),
            ("6 to 20 ticks behind", middle, 90..=160),
            ("21 to 50 ticks behind", far, 0..=15),
            ("further behind", away, 0..=8),
            ("spread, p50", spread, 1..=3),
            ("orders at the best bid, p50", queue, 8..=22),
            ("deletes at the best price", at_best, 400..=620),
            ("100 shares", hundreds, 200..=260),
            ("odd lots", odd_lots, 30..=70),
        ],
    }
}

#[test]
fn the_generated_flow_lies_within_bands_of_the_real_one() {
    let censuses = census();
    assert_eq!(censuses.len(), 3, "there are stocks of every kind");
    let mut outside = 0;
    for (&kind, census) in &censuses {
        println!(
            "{kind:?} stocks, {} messages, shares per mille",
            census.messages()
        );
        for (name, measured, band) in common(census)
            .into_iter()
            .chain(kind_of_stock(kind, census))
        {
            let verdict = if band.contains(&measured) {
                ""
            } else {
                "  <- outside"
            };
            println!("  {name:36} {measured:6}  in {band:?}{verdict}");
            outside += usize::from(!band.contains(&measured));
        }
    }
    assert_eq!(outside, 0, "values outside their bands");
}
