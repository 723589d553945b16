//! Browsers that have logged in, each known by a random value that only it and this table have.

use std::fmt;

use oxberry_net::is_same_secret;
use tokio::time::Instant;

use crate::limits::{MAX_SESSIONS, SESSION_AGE, SESSION_IDLE};

/// What a browser shows in its cookie instead of the token: 256 random bits as text. Logs do not show it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct SessionId(String);

impl SessionId {
    /// The text of these bits.
    pub(super) fn from_bits(bits: [u128; 2]) -> Self {
        let [high, low] = bits;
        Self(format!("{high:032x}{low:032x}"))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(…)")
    }
}

/// The sessions that hold. A few, so all are compared with what a browser shows, and time tells nothing.
#[derive(Debug, Default)]
pub(super) struct Sessions(Vec<Session>);

#[derive(Debug)]
struct Session {
    id: SessionId,
    begun: Instant,
    used: Instant,
}

impl Session {
    fn holds(&self, now: Instant) -> bool {
        now.duration_since(self.begun) < SESSION_AGE && now.duration_since(self.used) < SESSION_IDLE
    }
}

impl Sessions {
    /// Begins a session. Where all places are taken, the one that was away longest ends.
    pub(super) fn begin(&mut self, id: SessionId, now: Instant) {
        self.0.retain(|session| session.holds(now));
        if self.0.len() >= MAX_SESSIONS {
            self.0.sort_by_key(|session| session.used);
            self.0.remove(0);
        }
        let (begun, used) = (now, now);
        self.0.push(Session { id, begun, used });
    }

    /// The session that a browser shows, if it holds; it is used now.
    pub(super) fn find(&mut self, shown: &str, now: Instant) -> Option<SessionId> {
        self.0.retain(|session| session.holds(now));
        let is_shown = |session: &&mut Session| {
            let id = session.id.as_str();
            is_same_secret(id.as_bytes(), shown.as_bytes())
        };
        let session = self.0.iter_mut().find(is_shown)?;
        session.used = now;
        Some(session.id.clone())
    }

    /// Ends a session.
    pub(super) fn end(&mut self, id: &SessionId) {
        self.0.retain(|session| session.id != *id);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn id(number: u128) -> SessionId {
        SessionId::from_bits([7, number])
    }

    #[test]
    fn a_session_holds_until_it_ends_and_nobody_guesses_another() {
        let (mut sessions, now) = (Sessions::default(), Instant::now());
        sessions.begin(id(1), now);
        sessions.begin(id(2), now);
        assert_eq!(sessions.find(id(1).as_str(), now), Some(id(1)));
        assert_eq!(id(1).as_str().len(), 64);
        for shown in ["", "1", id(3).as_str()] {
            assert_eq!(sessions.find(shown, now), None);
        }
        sessions.end(&id(1));
        assert_eq!(sessions.find(id(1).as_str(), now), None);
        assert_eq!(sessions.find(id(2).as_str(), now), Some(id(2)));
        assert!(!format!("{sessions:?}").contains("000"), "logs tell none");
    }

    #[test]
    fn who_is_away_too_long_has_to_log_in_again() {
        let (mut sessions, start) = (Sessions::default(), Instant::now());
        sessions.begin(id(1), start);
        let nearly = SESSION_IDLE - Duration::from_secs(1);
        let mut now = start;
        for _ in 0..3 {
            now += nearly;
            assert_eq!(sessions.find(id(1).as_str(), now), Some(id(1)));
        }
        assert_eq!(sessions.find(id(1).as_str(), now + SESSION_IDLE), None);
    }

    #[test]
    fn no_session_is_for_ever() {
        let (mut sessions, start) = (Sessions::default(), Instant::now());
        sessions.begin(id(1), start);
        let mut now = start;
        while now + SESSION_IDLE / 2 < start + SESSION_AGE {
            now += SESSION_IDLE / 2;
            assert_eq!(sessions.find(id(1).as_str(), now), Some(id(1)));
        }
        assert_eq!(sessions.find(id(1).as_str(), start + SESSION_AGE), None);
    }

    #[test]
    fn where_all_places_are_taken_the_one_that_was_away_longest_ends() {
        let (mut sessions, start) = (Sessions::default(), Instant::now());
        let second = Duration::from_secs(1);
        let most = u128::try_from(MAX_SESSIONS).unwrap();
        for number in 0..most {
            sessions.begin(id(number), start);
        }
        for number in (0..most).filter(|number| *number != 5) {
            sessions.find(id(number).as_str(), start + second);
        }
        sessions.begin(id(most), start + 2 * second);
        assert_eq!(sessions.0.len(), MAX_SESSIONS);
        assert_eq!(sessions.find(id(5).as_str(), start + 2 * second), None);
        let newest = sessions.find(id(most).as_str(), start + 2 * second);
        assert_eq!(newest, Some(id(most)));
    }
}
