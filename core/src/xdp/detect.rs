//! Tells the dialect of a feed from its packets (docs/wire-format.md, 3.2).

use core::fmt;

use super::{
    Body, Dialect, MessageRef, PacketRef, PillarModifyOrder, PillarNonDisplayedTrade,
    PillarOrderExecution, PillarReplaceOrder, SideCode, TradeCond1, TradeCond2, TradeCond3,
    TradeCond4,
};

/// Watches the first packets of a channel and says which dialect they are in.
///
/// ```
/// use oxberry_core::xdp::{Certainty, Detector};
///
/// let detector = Detector::new();
/// // Feed it with `detector.packet(&packet)` until `is_settled` or the packets end.
/// let verdict = detector.verdict();
/// assert_eq!(verdict.certainty, Certainty::Guess);
/// assert_eq!(verdict.to_string(), "pillar (a guess: nothing told the dialects apart)");
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Detector {
    legacy: Votes,
    modern: Votes,
    xdp: Votes,
    pillar: Votes,
    /// Forms of the symbol index mapping, which most often go with one dialect.
    legacy_mapping: Votes,
    modern_mapping: Votes,
    /// Packets by the publisher's clock, which replays keep: the weakest sign.
    before_pillar: u32,
    since_pillar: u32,
}

/// How many messages spoke for one dialect, and the first of them.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Votes {
    count: u32,
    first: Option<Reason>,
}

/// What a [`Detector`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Detection {
    /// The dialect to use.
    pub dialect: Dialect,
    /// How sure it is.
    pub certainty: Certainty,
    /// What told.
    pub reason: Reason,
}

/// How sure a [`Detection`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Certainty {
    /// Nothing told.
    Guess,
    /// A weak sign told, or signs contradicted each other and most of them told.
    Likely,
    /// A message told that only this dialect has, and none spoke against it.
    Certain,
}

/// Evidence for the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Reason {
    /// The user named it.
    Named,
    /// A message of a type and size that only this dialect has.
    Size {
        /// The type.
        msg_type: u16,
        /// The size.
        size: u16,
    },
    /// The last bytes of an execution or trade are trade conditions, or are none.
    TradeConditions {
        /// The type.
        msg_type: u16,
    },
    /// A byte of a modify or replace is a side, or is none.
    Side {
        /// The type.
        msg_type: u16,
    },
    /// The time at which the packets were sent.
    SendTime,
    /// Nothing told the dialects apart.
    Nothing,
}

impl Votes {
    fn add(&mut self, reason: Reason) {
        self.count = self.count.saturating_add(1);
        self.first.get_or_insert(reason);
    }
}

/// 2021-12-01 UTC, when Pillar 2.4 came.
const PILLAR_FROM: u64 = 1_638_316_800_000_000_000;

/// 2022-03-01 UTC, when everything had moved to it.
const PILLAR_ONLY: u64 = 1_646_092_800_000_000_000;

/// Messages after which a verdict without contradiction will not change.
const ENOUGH: u32 = 16;

impl Detector {
    /// Has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks at a packet.
    pub fn packet(&mut self, packet: &PacketRef<'_>) {
        let sent = packet.header().send_time.raw();
        self.before_pillar += u32::from(sent < PILLAR_FROM);
        self.since_pillar += u32::from(sent >= PILLAR_ONLY);
        for message in packet.messages().map_while(Result::ok) {
            self.message(message);
        }
    }

    /// Looks at a message.
    pub fn message(&mut self, message: MessageRef<'_>) {
        // Messages are shorter than packets, whose size is a u16.
        let size = u16::try_from(message.size()).unwrap_or(u16::MAX);
        let msg_type = message.msg_type();
        let reason = Reason::Size { msg_type, size };
        match (msg_type, size) {
            (100 | 101, 31)
            | (102, 23)
            | (103, 34)
            | (106, 35)
            | (220, 54)
            | (221, 24)
            | (222, 41)
            | (33, 21)
            | (3, 38) => self.legacy.add(reason),
            (100, 39)
            | (101, 35)
            | (102, 25)
            | (103 | 104, 42)
            | (106, 43)
            | (110, 33)
            | (111, 29)
            | (112, 20)
            | (113, 24)
            | (114, 17)
            | (105, 73) => self.modern.add(reason),
            // Sub-forms that only XDP had; the quote is another product's.
            (105, 67) | (103, 38) | (140, 38) => {
                self.modern.add(reason);
                self.xdp.add(reason);
            }
            (140, 34) => {
                self.modern.add(reason);
                self.pillar.add(reason);
            }
            (3, 100) => self.legacy_mapping.add(reason),
            (3, 44) => self.modern_mapping.add(reason),
            _ => {}
        }
        self.modern_detail(message);
    }

    /// Whether the bytes that only differ between XDP and Pillar tell which it is.
    fn modern_detail(&mut self, message: MessageRef<'_>) {
        let msg_type = message.msg_type();
        let exactly = |size| message.size() == size;
        match msg_type {
            PillarOrderExecution::MSG_TYPE if exactly(PillarOrderExecution::SIZE) => {
                if let Ok(m) = PillarOrderExecution::parse(message) {
                    let conditions = (m.trade_cond1, m.trade_cond2, m.trade_cond3, m.trade_cond4);
                    self.conditions(msg_type, conditions);
                }
            }
            PillarNonDisplayedTrade::MSG_TYPE if exactly(PillarNonDisplayedTrade::SIZE) => {
                if let Ok(m) = PillarNonDisplayedTrade::parse(message) {
                    let conditions = (m.trade_cond1, m.trade_cond2, m.trade_cond3, m.trade_cond4);
                    self.conditions(msg_type, conditions);
                }
            }
            PillarModifyOrder::MSG_TYPE if exactly(PillarModifyOrder::SIZE) => {
                if let Ok(m) = PillarModifyOrder::parse(message) {
                    self.side(msg_type, m.side);
                }
            }
            PillarReplaceOrder::MSG_TYPE if exactly(PillarReplaceOrder::SIZE) => {
                if let Ok(m) = PillarReplaceOrder::parse(message) {
                    self.side(msg_type, m.side);
                }
            }
            _ => {}
        }
    }

    /// Pillar has trade conditions where XDP has DBExecID, a small number or 0.
    fn conditions(
        &mut self,
        msg_type: u16,
        conditions: (TradeCond1, TradeCond2, TradeCond3, TradeCond4),
    ) {
        let plausible = matches!(conditions.0.raw(), b'@' | b'C' | b'N')
            && matches!(conditions.1.raw(), b' ' | b'F' | b'O' | b'5' | b'6' | b'7')
            && matches!(conditions.2.raw(), b' ' | b'T' | b'U' | b'Z')
            && matches!(conditions.3.raw(), b' ' | b'I' | b'V');
        let votes = if plausible {
            &mut self.pillar
        } else {
            &mut self.xdp
        };
        votes.add(Reason::TradeConditions { msg_type });
    }

    /// Pillar has since 2.5 a side where XDP has parity splits; 0 tells nothing.
    fn side(&mut self, msg_type: u16, side: SideCode) {
        let votes = match side.raw() {
            0 => return,
            _ if side.side().is_some() => &mut self.pillar,
            _ => &mut self.xdp,
        };
        votes.add(Reason::Side { msg_type });
    }

    /// Whether more packets would hardly change the verdict.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let least = match self.verdict().dialect {
            Dialect::Legacy => self.legacy.count,
            Dialect::Xdp => self.xdp.count,
            Dialect::Pillar => self.pillar.count,
        };
        least >= ENOUGH && self.verdict().certainty == Certainty::Certain
    }

    /// The dialect that most signs speak for, the strongest kind of sign first.
    #[must_use]
    pub fn verdict(&self) -> Detection {
        let decide = |dialect, votes: Votes, against: Votes| {
            let certainty = if against.count == 0 {
                Certainty::Certain
            } else {
                Certainty::Likely
            };
            Detection {
                dialect,
                certainty,
                reason: votes.first.unwrap_or(Reason::Nothing),
            }
        };
        if self.legacy.count > self.modern.count {
            return decide(Dialect::Legacy, self.legacy, self.modern);
        }
        let (dialect, votes, against) = if self.xdp.count > self.pillar.count {
            (Dialect::Xdp, self.xdp, self.pillar)
        } else {
            (Dialect::Pillar, self.pillar, self.xdp)
        };
        if votes.count > 0 {
            let mut verdict = decide(dialect, votes, against);
            if self.legacy.count > 0 {
                verdict.certainty = Certainty::Likely;
            }
            return verdict;
        }
        self.weak_verdict()
    }

    /// The verdict while no message told one dialect from the others.
    fn weak_verdict(&self) -> Detection {
        let family = if self.modern.count > 0 {
            self.modern
        } else {
            self.modern_mapping
        };
        if let (0, Some(reason)) = (family.count, self.legacy_mapping.first) {
            return Detection {
                dialect: Dialect::Legacy,
                certainty: Certainty::Likely,
                reason,
            };
        }
        let (dialect, dated) = if self.before_pillar > self.since_pillar {
            (Dialect::Xdp, true)
        } else {
            (Dialect::Pillar, self.since_pillar > 0)
        };
        let reason = if dated {
            Reason::SendTime
        } else {
            Reason::Nothing
        };
        // A date alone does not tell the 2011 dialect from the others.
        let likely = dated && (family.count > 0 || dialect == Dialect::Pillar);
        let certainty = if likely {
            Certainty::Likely
        } else {
            Certainty::Guess
        };
        Detection {
            dialect,
            certainty,
            reason,
        }
    }

    /// The dialect that the user named, if any, else what was found.
    #[must_use]
    pub fn verdict_or_named(&self, named: Option<Dialect>) -> Detection {
        named.map_or_else(
            || self.verdict(),
            |dialect| Detection {
                dialect,
                certainty: Certainty::Certain,
                reason: Reason::Named,
            },
        )
    }
}

impl fmt::Display for Detection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let certainty = match self.certainty {
            Certainty::Guess => "a guess",
            Certainty::Likely => "likely",
            Certainty::Certain => "certain",
        };
        write!(f, "{} ({certainty}: {})", self.dialect, self.reason)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named => f.write_str("named by the user"),
            Self::Size { msg_type, size } => {
                write!(f, "messages of type {msg_type} have {size} bytes")
            }
            Self::TradeConditions { msg_type } => {
                write!(
                    f,
                    "what stands for trade conditions in messages of type {msg_type}"
                )
            }
            Self::Side { msg_type } => {
                write!(f, "what stands for the side in messages of type {msg_type}")
            }
            Self::SendTime => f.write_str("the time at which the packets were sent"),
            Self::Nothing => f.write_str("nothing told the dialects apart"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{SeqNum, UnixNanos};
    use crate::xdp::{
        BloombergSymbolIndexMapping, DeliveryFlag, LegacyAddOrder, PacketBuilder, PillarAddOrder,
        SecurityStatus, SymbolIndexMapping, XdpImbalanceV21, XdpOrderExecution, XdpReplaceOrder,
    };

    /// Shows a packet with one message, sent in the year given.
    fn show<M: Body>(detector: &mut Detector, year: u64, message: M) {
        let mut buffer = [0; 200];
        let mut packet = PacketBuilder::new(&mut buffer).unwrap();
        packet.push(&message).unwrap();
        let sent = UnixNanos::from_raw((year - 1970) * 31_557_600_000_000_000);
        let packet = packet.finish(DeliveryFlag::ORIGINAL, SeqNum::from_raw(1), sent);
        detector.packet(&PacketRef::new(packet).unwrap());
    }

    fn verdict_on<M: Body>(year: u64, message: M) -> (Dialect, Certainty) {
        let mut detector = Detector::new();
        show(&mut detector, year, message);
        let verdict = detector.verdict();
        (verdict.dialect, verdict.certainty)
    }

    #[test]
    fn one_telling_message_is_certain() {
        let certain = |dialect| (dialect, Certainty::Certain);
        assert_eq!(
            verdict_on(2025, LegacyAddOrder::default()),
            certain(Dialect::Legacy)
        );
        assert_eq!(
            verdict_on(2025, XdpImbalanceV21::default()),
            certain(Dialect::Xdp)
        );
        assert_eq!(
            verdict_on(2025, XdpOrderExecution::default()),
            certain(Dialect::Xdp)
        );
        assert_eq!(
            verdict_on(2012, PillarOrderExecution::default()),
            certain(Dialect::Pillar)
        );
        assert_eq!(
            verdict_on(2012, PillarReplaceOrder::default()),
            certain(Dialect::Pillar)
        );
        let splits = XdpReplaceOrder {
            prev_price_parity_splits: 7,
            ..Default::default()
        };
        assert_eq!(verdict_on(2025, splits), certain(Dialect::Xdp));
    }

    #[test]
    fn what_both_later_dialects_have_is_told_by_its_date() {
        let add = PillarAddOrder::default();
        assert_eq!(verdict_on(2017, add), (Dialect::Xdp, Certainty::Likely));
        assert_eq!(verdict_on(2023, add), (Dialect::Pillar, Certainty::Likely));
        let replace = XdpReplaceOrder::default();
        assert_eq!(verdict_on(2017, replace), (Dialect::Xdp, Certainty::Likely));
    }

    #[test]
    fn control_messages_alone_leave_a_guess() {
        let status = SecurityStatus::default();
        assert_eq!(verdict_on(2012, status), (Dialect::Xdp, Certainty::Guess));
        let mapping = BloombergSymbolIndexMapping::default();
        assert_eq!(
            verdict_on(2012, mapping),
            (Dialect::Legacy, Certainty::Likely)
        );
        let mapping = SymbolIndexMapping::default();
        assert_eq!(verdict_on(2017, mapping), (Dialect::Xdp, Certainty::Likely));
    }

    #[test]
    fn contradictions_make_the_majority_likely_and_the_user_overrules_all() {
        let mut detector = Detector::new();
        show(&mut detector, 2012, LegacyAddOrder::default());
        for _ in 0..20 {
            show(&mut detector, 2012, PillarOrderExecution::default());
        }
        let verdict = detector.verdict();
        assert_eq!(
            (verdict.dialect, verdict.certainty),
            (Dialect::Pillar, Certainty::Likely)
        );
        assert!(!detector.is_settled());
        let named = detector.verdict_or_named(Some(Dialect::Xdp));
        assert_eq!((named.dialect, named.reason), (Dialect::Xdp, Reason::Named));
    }
}
