//! What libzmq asks, and what it is answered.

use crate::domain::Domain;
use crate::keys::PublicKey;

/// The version of the protocol.
const VERSION: &[u8] = b"1.0";

/// The only mechanism that our sockets speak.
const MECHANISM: &[u8] = b"CURVE";

/// Somebody who has proved to have a key wants to use a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Request<'a> {
    /// Which socket.
    pub(super) domain: Domain,
    /// Where from, in digits.
    pub(super) address: &'a str,
    /// The key.
    pub(super) key: PublicKey,
}

/// What is wrong with a request. libzmq itself makes none that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadRequest(pub(super) &'static str);

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Come in; what you send carries your key, which each message is looked up by again.
    Welcome(PublicKey),
    /// Not now. A temporary refusal, so that libzmq at the other end goes on trying: a machine that is
    /// listed later gets in without being started again. After a final one it would be deaf for good.
    NotNow,
    /// This is no request.
    Malformed(BadRequest),
}

impl<'a> Request<'a> {
    /// Reads the parts of a request, without the number that its answer must bear.
    pub(super) fn parse(parts: &'a [Vec<u8>]) -> Result<Self, BadRequest> {
        let [
            version,
            _id,
            domain,
            address,
            _identity,
            mechanism,
            credentials @ ..,
        ] = parts
        else {
            return Err(BadRequest("it has too few parts"));
        };
        if version != VERSION {
            return Err(BadRequest("it is of another version"));
        }
        if mechanism != MECHANISM {
            return Err(BadRequest("its mechanism is not CURVE"));
        }
        let [key] = credentials else {
            return Err(BadRequest("it does not have one key"));
        };
        let key = <[u8; 32]>::try_from(key.as_slice());
        let key = key.map_err(|_| BadRequest("its key does not have 32 bytes"))?;
        let domain = Domain::of_name(domain).ok_or(BadRequest("its domain is not known"))?;
        let address = str::from_utf8(address).map_err(|_| BadRequest("its address is no text"))?;
        Ok(Self {
            domain,
            address,
            key: PublicKey::from_bytes(key),
        })
    }
}

impl Answer {
    /// The parts of the answer to these parts.
    pub(super) fn parts(self, request: &[Vec<u8>]) -> [Vec<u8>; 6] {
        let (status, text, user) = match self {
            Self::Welcome(key) => ("200", "", key.to_string()),
            Self::NotNow => ("300", "this key does not open this socket", String::new()),
            Self::Malformed(BadRequest(reason)) => ("400", reason, String::new()),
        };
        let id = request.get(1).cloned().unwrap_or_default();
        let no_metadata = Vec::new();
        [
            VERSION.to_vec(),
            id,
            status.into(),
            text.into(),
            user.into(),
            no_metadata,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(parts: &[&[u8]]) -> Vec<Vec<u8>> {
        parts.iter().map(|part| part.to_vec()).collect()
    }

    const KEY: &[u8] = &[7; 32];

    fn good() -> Vec<Vec<u8>> {
        parts(&[b"1.0", b"5", b"data", b"10.0.0.1", b"", b"CURVE", KEY])
    }

    #[test]
    fn a_request_is_read_and_its_answer_bears_its_number() {
        let parts = good();
        let request = Request::parse(&parts).unwrap();
        let key = PublicKey::from_bytes([7; 32]);
        let expected = Request {
            domain: Domain::Data,
            address: "10.0.0.1",
            key,
        };
        assert_eq!(request, expected);
        let [version, id, status, _, user, metadata] = Answer::Welcome(key).parts(&parts);
        assert_eq!((&version[..], &id[..]), (&b"1.0"[..], &b"5"[..]));
        assert_eq!((&status[..], &metadata[..]), (&b"200"[..], &b""[..]));
        assert_eq!(user, key.to_string().into_bytes());
        assert_eq!(Answer::NotNow.parts(&parts)[2], b"300");
    }

    #[test]
    fn zap_requests_that_are_malformed_are_named_and_answered() {
        let with = |at: usize, part: &[u8]| {
            let mut parts = good();
            parts[at] = part.to_vec();
            parts
        };
        let more = [good(), parts(&[KEY])].concat();
        for (request, reason) in [
            (parts(&[]), "too few parts"),
            (parts(&[b"1.0"]), "too few parts"),
            (good()[..6].to_vec(), "one key"),
            (more, "one key"),
            (with(0, b"2.0"), "version"),
            (with(2, b""), "domain"),
            (with(2, b"\xff"), "domain"),
            (with(3, b"\xff"), "address"),
            (with(5, b"NULL"), "mechanism"),
            (with(6, b"short"), "32 bytes"),
        ] {
            let error = Request::parse(&request).unwrap_err();
            assert!(error.0.contains(reason), "{error:?}");
            assert_eq!(Answer::Malformed(error).parts(&request)[2], b"400");
        }
    }
}
