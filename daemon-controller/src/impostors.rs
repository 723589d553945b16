//! Nodes that come under the name of another.

use oxberry_cluster::limits::REPORTED_REJECTIONS;
use oxberry_net::{FirstFew, FromPeer};
use oxberry_proto::membership::Introduction;
use oxberry_proto::start::Hello;
use oxberry_proto::{Kind, decode, kind_of};

/// Counts them, and knows which are told.
#[derive(Debug)]
pub(crate) struct Impostors {
    few: FirstFew,
}

impl Impostors {
    /// None yet.
    pub(crate) const fn new() -> Self {
        let few = FirstFew::of(REPORTED_REJECTIONS);
        Self { few }
    }

    /// How many there were.
    pub(crate) const fn count(&self) -> u64 {
        self.few.seen()
    }

    /// The warning to tell where the sender has proved by its key that it is not whom it says it is;
    /// `None` inside where it was told often enough.
    ///
    /// No answer is worth sending: a node of ours goes by the name of its key.
    pub(crate) fn look_at(&mut self, from: &FromPeer<'_>) -> Option<Option<String>> {
        let name = from.name?;
        let hello = match kind_of(from.message) {
            Ok(Kind::Hello) => decode::<Hello>(from.message).ok()?,
            Ok(Kind::Introduction) => decode::<Introduction>(from.message).ok()?.hello,
            _ => return None,
        };
        if hello.name == name {
            return None;
        }
        let warning = format!(
            "`{name}` says Hello as `{}`, which is not the name of its key; it is not answered",
            hello.name
        );
        Some(self.few.tells().then_some(warning))
    }
}

#[cfg(test)]
mod tests {
    use oxberry_proto::{Head, Libzmq, SCHEMA_FINGERPRINT, encode};

    use super::*;

    fn encoded(message: &impl Head) -> Vec<u8> {
        let mut bytes = vec![0; 256];
        let length = encode(message, &mut bytes).unwrap();
        bytes.truncate(length);
        bytes
    }

    fn introduction(name: &str) -> Vec<u8> {
        let hello = decode(&hello(name)).unwrap();
        encoded(&Introduction { hello })
    }

    fn hello(name: &str) -> Vec<u8> {
        encoded(&Hello {
            name: name.try_into().unwrap(),
            schema: SCHEMA_FINGERPRINT,
            last_run: None,
            max_orders: 1,
            max_symbols: 1,
            libzmq: Libzmq::default(),
        })
    }

    #[test]
    fn a_hello_under_the_name_of_another_key_is_seen() {
        let mut impostors = Impostors::new();
        let mut look_at = |name, message: &[u8]| {
            let peer = b"";
            let from = FromPeer {
                peer,
                name,
                message,
            };
            impostors.look_at(&from)
        };
        assert_eq!(look_at(Some("pi-1"), &hello("pi-1")), None);
        assert_eq!(
            look_at(None, &hello("pi-1")),
            None,
            "without keys nobody is known"
        );
        assert_eq!(look_at(Some("pi-1"), b"anything else"), None);
        assert_eq!(look_at(Some("pi-1"), &introduction("pi-1")), None);
        assert!(look_at(Some("pi-2"), &introduction("pi-1")).is_some());
        let warning = look_at(Some("pi-2"), &hello("pi-1")).unwrap().unwrap();
        assert!(warning.contains("`pi-2` says Hello as `pi-1`"), "{warning}");
        for _ in 0..20 {
            assert!(look_at(Some("pi-2"), &hello("pi-1")).is_some());
        }
        assert_eq!(look_at(Some("pi-2"), &hello("pi-1")), Some(None));
        assert_eq!(impostors.count(), 23);
    }
}
