//! What a channel can expect from its lines and its venue.

use core::time::Duration;

use super::limits;
use crate::units::SeqNum;

/// One of the two copies in which a channel is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Line {
    /// The first copy; the only one in a channel file.
    A,
    /// The second copy.
    B,
}

/// Where a packet came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Source {
    /// A live line, or a file.
    Line(Line),
    /// The retransmission group of the channel, either line.
    Retransmission,
    /// The refresh group of the channel, either line.
    Refresh,
}

/// How to arbitrate a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    /// The first expected number: 1, or where an earlier run stopped.
    pub expected: SeqNum,
    /// Whether there is a line B.
    pub two_lines: bool,
    /// How long to wait for a missing number from the lines before asking the request server.
    pub other_line_wait: Duration,
    /// A jump of more numbers than this is believed only when another packet continues it.
    pub believed_jump: u32,
    /// What may be asked of the request server. `None` when there is none; then retransmissions that
    /// others asked for are used.
    pub retransmission: Option<RetransmissionConfig>,
    /// How to ask for a refresh; `None` when that is impossible.
    pub refresh: Option<RefreshConfig>,
    /// After this long without a packet a line is reported as silent; `None` when lines may pause.
    pub silence: Option<Duration>,
}

/// How to ask for retransmissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RetransmissionConfig {
    /// Requests left today.
    pub requests: u32,
    /// How long a request may bring nothing new before it is repeated.
    pub timeout: Duration,
    /// How many times to ask for one range; at least once.
    pub attempts: u8,
    /// How long to leave the server alone after it did not answer.
    pub pause: Duration,
    /// The largest gap worth asking for.
    pub max_messages: u32,
}

/// How to ask for refreshes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RefreshConfig {
    /// Requests left today.
    pub requests: u32,
    /// How long a request may bring nothing new before it is repeated.
    pub timeout: Duration,
    /// How many times to ask before the channel is given up; at least once.
    pub attempts: u8,
    /// How long a channel that was given up waits before asking again.
    pub pause: Duration,
}

impl Line {
    pub(super) const ALL: [Self; 2] = [Self::A, Self::B];

    pub(super) const fn index(self) -> usize {
        match self {
            Self::A => 0,
            Self::B => 1,
        }
    }
}

impl Config {
    /// For two live lines and a request server, with the values of [`limits`].
    pub const LIVE: Self = Self {
        expected: SeqNum::from_raw(1),
        two_lines: true,
        other_line_wait: limits::OTHER_LINE_WAIT,
        believed_jump: limits::MAX_REPAIRABLE_MESSAGES,
        retransmission: Some(RetransmissionConfig {
            requests: limits::REQUESTS_PER_DAY,
            timeout: limits::REQUEST_TIMEOUT,
            attempts: limits::REQUEST_ATTEMPTS,
            pause: limits::REQUEST_PAUSE,
            max_messages: limits::MAX_REPAIRABLE_MESSAGES,
        }),
        refresh: Some(RefreshConfig {
            requests: limits::REFRESHES_PER_DAY,
            timeout: limits::REFRESH_TIMEOUT,
            attempts: limits::REFRESH_ATTEMPTS,
            pause: limits::REFRESH_PAUSE,
        }),
        silence: Some(limits::LINE_SILENCE),
    };

    /// For a file: what is not in it never comes.
    pub const FILE: Self = Self {
        expected: SeqNum::from_raw(1),
        two_lines: false,
        other_line_wait: Duration::ZERO,
        believed_jump: u32::MAX,
        retransmission: None,
        refresh: None,
        silence: None,
    };
}
