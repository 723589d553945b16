//! What a channel may expect of its lines and its venue.

use core::time::Duration;

use super::limits;
use crate::units::SeqNum;

/// One of the two copies in which a channel is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Line {
    /// The first copy, and the only one of a file.
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

/// How a channel is to be put in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    /// The first number to wait for: 1, or where an earlier run stopped.
    pub expected: SeqNum,
    /// Whether there is a line B.
    pub two_lines: bool,
    /// How long a missing number is awaited from the lines before anybody is asked.
    pub other_line_wait: Duration,
    /// A jump by more numbers than this is believed only when another packet continues it.
    pub believed_jump: u32,
    /// What may be asked of the request server; `None` when there is none, so that what others asked
    /// for is taken.
    pub retransmission: Option<RetransmissionConfig>,
    /// How a refresh may be asked for; `None` when it cannot.
    pub refresh: Option<RefreshConfig>,
    /// A line without any packet for so long is reported as silent; `None` when lines may pause.
    pub silence: Option<Duration>,
}

/// How retransmissions are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RetransmissionConfig {
    /// Requests that are left today.
    pub requests: u32,
    /// How long one may make no progress before it is repeated.
    pub timeout: Duration,
    /// How often one range is asked for; at least once.
    pub attempts: u8,
    /// How long the server is left alone after it answered nothing.
    pub pause: Duration,
    /// Larger gaps are not asked for.
    pub max_messages: u32,
}

/// How refreshes are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RefreshConfig {
    /// Requests that are left today.
    pub requests: u32,
    /// How long one may make no progress before it is repeated.
    pub timeout: Duration,
    /// How often it is asked for before the channel is given up; at least once.
    pub attempts: u8,
    /// How long a channel that was given up waits before it is tried again.
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
    /// Two live lines, a request server, and the limits of [`limits`].
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

    /// A file: what is not in it never comes.
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
