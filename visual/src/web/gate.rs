//! Who may see the page: who shows the token, or is a browser that has shown it.

use std::io;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::header::{AUTHORIZATION, COOKIE, HeaderMap};
use oxberry_net::Token;
use rustix::rand::{GetRandomFlags, getrandom};
use tokio::time::Instant;

use super::failures::Failures;
use super::session::{SessionId, Sessions};

/// Lets in who may see the page.
#[derive(Debug)]
pub(super) struct Gate {
    /// Nothing where everybody may.
    token: Option<Token>,
    /// The name of the cookie. Ports of one host share their cookies, so it has the port.
    cookie: String,
    sessions: Mutex<Sessions>,
    failures: Mutex<Failures>,
}

/// Who was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Visitor {
    /// Anybody: there is no token.
    Anybody,
    /// A browser that has logged in.
    Browser(SessionId),
    /// Whoever showed the token itself, such as a script.
    Bearer,
}

/// Why somebody was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denial {
    /// It shows nothing, or a session that is over.
    Login,
    /// It shows a wrong token.
    Token,
    /// It showed too many wrong ones, and has to wait for so long.
    Wait(Duration),
}

impl Gate {
    pub(super) fn new(token: Option<Token>, port: u16) -> Self {
        Self {
            token,
            cookie: format!("oxberry-session-{port}"),
            sessions: Mutex::default(),
            failures: Mutex::default(),
        }
    }

    /// Whether this request may be answered.
    pub(super) fn admit(
        &self,
        headers: &HeaderMap,
        from: IpAddr,
        now: Instant,
    ) -> Result<Visitor, Denial> {
        if self.token.is_none() {
            return Ok(Visitor::Anybody);
        }
        if let Some(session) = self.session(headers, now) {
            return Ok(Visitor::Browser(session));
        }
        let token = bearer(headers).ok_or(Denial::Login)?;
        self.check(token.as_bytes(), from, now)?;
        Ok(Visitor::Bearer)
    }

    /// Begins a session for who shows the token; says the cookie's name and value.
    pub(super) fn log_in(
        &self,
        token: &[u8],
        from: IpAddr,
        now: Instant,
    ) -> Result<io::Result<String>, Denial> {
        self.check(token, from, now)?;
        Ok(random_id().map(|id| {
            let cookie = format!("{}={}", self.cookie, id.as_str());
            lock(&self.sessions).begin(id, now);
            cookie
        }))
    }

    /// Ends a session; says the cookie's name with an empty value.
    pub(super) fn log_out(&self, session: &SessionId) -> String {
        lock(&self.sessions).end(session);
        format!("{}=", self.cookie)
    }

    /// Whether a session still holds; it is used now.
    pub(super) fn renew(&self, session: &SessionId, now: Instant) -> bool {
        lock(&self.sessions).find(session.as_str(), now).is_some()
    }

    fn check(&self, token: &[u8], from: IpAddr, now: Instant) -> Result<(), Denial> {
        let mut failures = lock(&self.failures);
        if let Some(wait) = failures.wait(from, now) {
            return Err(Denial::Wait(wait));
        }
        if self.token.as_ref().is_some_and(|known| known.is(token)) {
            Ok(())
        } else {
            failures.handle_failure(from, now);
            Err(Denial::Token)
        }
    }

    /// The session that the request's cookie names.
    fn session(&self, headers: &HeaderMap, now: Instant) -> Option<SessionId> {
        let cookies = headers.get_all(COOKIE).iter();
        let mut pairs = cookies
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        let (_, shown) = pairs.find(|(name, _)| *name == self.cookie)?;
        lock(&self.sessions).find(shown, now)
    }
}

/// The token that a request shows.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

fn random_id() -> io::Result<SessionId> {
    let mut bytes = [0; 32];
    let taken = getrandom(&mut bytes, GetRandomFlags::empty())?;
    if taken < bytes.len() {
        return Err(io::Error::other("the system gives too few random bytes"));
    }
    let (high, low) = bytes.split_at(16);
    let bits = |half: &[u8]| {
        half.iter()
            .fold(0, |bits, byte| bits << 8 | u128::from(*byte))
    };
    Ok(SessionId::from_bits([bits(high), bits(low)]))
}

/// What it guards is whole after each change, so that a panic elsewhere leaves nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
