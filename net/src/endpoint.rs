//! TCP addresses of sockets, and which of them are allowed.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

/// Where a socket binds or connects: `tcp://HOST:PORT`. The host is an IPv4 address, the name of a machine,
/// or `*` for all addresses of this one.
///
/// Without keys nothing protects what is sent, so that sockets use loopback addresses only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    host: Host,
    port: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Host {
    Address(Ipv4Addr),
    /// Looked up at each attempt to connect.
    Name(HostName),
}

/// The longest name of a machine that Linux gives to itself.
const MAX_HOST_NAME_BYTES: usize = 64;

/// The name of a machine, in place, so that an endpoint is a plain value like an address.
#[derive(Clone, Copy, PartialEq, Eq)]
struct HostName {
    /// Followed by zeros.
    letters: [u8; MAX_HOST_NAME_BYTES],
}

/// Ports where the daemons of one machine meet unless told otherwise.
pub mod ports {
    /// Batches: the controller's proxy.
    pub const DATA: u16 = 5561;
    /// Hello, assignments, acknowledgements: controller and Pis.
    pub const CONTROL: u16 = 5562;
    /// The symbol table: controller and visualisation.
    pub const SETUP: u16 = 5563;
    /// Stock events: Pis and visualisation.
    pub const STOCK: u16 = 5564;
}

/// Why a text is not an [`Endpoint`], or not one for this use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// Not `tcp://HOST:PORT`.
    #[error("`{text}` is no endpoint; write tcp://127.0.0.1:PORT, with port 0 for any free port")]
    Malformed {
        /// What was written.
        text: String,
    },
    /// A host that other machines can reach, without keys.
    #[error(
        "`{text}` is not a loopback address, and no keys are given for CURVE: without them anybody on \
         the network could read and forge messages; make keys with `oxberry keygen` and name their \
         directory with --keys, or use tcp://127.0.0.1:PORT"
    )]
    NotLoopback {
        /// What was written.
        text: String,
    },
    /// An address of IPv6.
    #[error(
        "`{text}`: IPv6 is not supported; use tcp://127.0.0.1:PORT, or with keys another IPv4 address"
    )]
    Ipv6 {
        /// What was written.
        text: String,
    },
    /// A name to listen at.
    #[error(
        "`{text}`: a socket listens at an address of this machine, not at a name; write tcp://*:PORT \
         for all addresses"
    )]
    NameToListenAt {
        /// What was written.
        text: String,
    },
    /// All addresses of this machine, where another one must be found.
    #[error("`{text}` is no machine to connect to; write its name or address, tcp://HOST:PORT")]
    NobodyToConnectTo {
        /// What was written.
        text: String,
    },
}

impl Endpoint {
    /// A port of this machine that other machines cannot reach. Port 0 binds to any free port.
    #[must_use]
    pub const fn loopback(port: u16) -> Self {
        let host = Host::Address(Ipv4Addr::LOCALHOST);
        Self { host, port }
    }

    /// The port; 0 stands for any free one.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Whether other machines cannot reach it.
    #[must_use]
    pub const fn is_loopback(&self) -> bool {
        match self.host {
            Host::Address(address) => address.is_loopback(),
            Host::Name(_) => false,
        }
    }

    /// The same, if a socket can listen here.
    pub(crate) fn to_listen(self) -> Result<Self, EndpointError> {
        match self.host {
            Host::Address(_) => Ok(self),
            Host::Name(_) => Err(EndpointError::NameToListenAt {
                text: self.to_string(),
            }),
        }
    }

    /// The same, if somebody else can be found here.
    pub(crate) fn to_connect(self) -> Result<Self, EndpointError> {
        match self.host {
            Host::Address(Ipv4Addr::UNSPECIFIED) => Err(EndpointError::NobodyToConnectTo {
                text: self.to_string(),
            }),
            Host::Address(_) | Host::Name(_) => Ok(self),
        }
    }

    /// The same, if it may be used without keys.
    pub(crate) fn without_keys(self) -> Result<Self, EndpointError> {
        if self.is_loopback() {
            Ok(self)
        } else {
            let text = self.to_string();
            Err(EndpointError::NotLoopback { text })
        }
    }

    /// Whether two sockets cannot both listen: at one port of one address, or of all.
    pub(crate) fn collides(self, other: Self) -> bool {
        let everywhere = Host::Address(Ipv4Addr::UNSPECIFIED);
        let is_wide = self.host == everywhere || other.host == everywhere;
        self.port != 0 && self.port == other.port && (is_wide || self.host == other.host)
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let malformed = || EndpointError::Malformed { text: text.into() };
        let address = text.strip_prefix("tcp://").ok_or_else(malformed)?;
        let (host, port) = address.rsplit_once(':').ok_or_else(malformed)?;
        let port = match port {
            "*" => 0,
            digits => digits.parse().map_err(|_| malformed())?,
        };
        let bare = host.strip_prefix('[').and_then(|v6| v6.strip_suffix(']'));
        let host = match bare.unwrap_or(host).parse() {
            Ok(IpAddr::V4(address)) => Host::Address(address),
            Ok(IpAddr::V6(_)) => return Err(EndpointError::Ipv6 { text: text.into() }),
            Err(_) if host == "*" => Host::Address(Ipv4Addr::UNSPECIFIED),
            Err(_) if host == "localhost" => Host::Address(Ipv4Addr::LOCALHOST),
            Err(_) => Host::Name(HostName::new(host).ok_or_else(malformed)?),
        };
        Ok(Self { host, port })
    }
}

impl HostName {
    /// The name of this text, if it can be one (RFC 1123): labels of letters, digits and hyphens, the last
    /// of which is no number, or it would be a wrong address.
    fn new(text: &str) -> Option<Self> {
        let is_label = |label: &str| {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            !label.is_empty() && label.bytes().all(is_plain) && !label.starts_with('-')
        };
        let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
        let is_name =
            text.split('.').all(is_label) && !text.rsplit('.').next().is_some_and(is_number);
        let mut letters = [0; MAX_HOST_NAME_BYTES];
        letters
            .get_mut(..text.len())?
            .copy_from_slice(text.as_bytes());
        is_name.then_some(Self { letters })
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.letters.iter().position(|letter| *letter == 0);
        let letters = self.letters.get(..end.unwrap_or(MAX_HOST_NAME_BYTES));
        // Only ASCII was taken.
        f.write_str(str::from_utf8(letters.unwrap_or_default()).unwrap_or_default())
    }
}

impl fmt::Debug for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HostName({self})")
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host {
            Host::Address(Ipv4Addr::UNSPECIFIED) => write!(f, "tcp://*:{}", self.port),
            Host::Address(address) => write!(f, "tcp://{address}:{}", self.port),
            Host::Name(name) => write!(f, "tcp://{name}:{}", self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, EndpointError};

    fn parse(text: &str) -> Endpoint {
        text.parse().unwrap()
    }

    #[test]
    fn endpoints_are_accepted_and_print_as_written() {
        for text in [
            "tcp://127.0.0.1:5555",
            "tcp://127.9.9.9:0",
            "tcp://192.0.2.7:5561",
            "tcp://*:5561",
            "tcp://controller.local:5561",
            "tcp://pi-1:5561",
            &format!("tcp://{}:5561", "a".repeat(64)),
        ] {
            assert_eq!(parse(text).to_string(), text);
        }
        assert_eq!(parse("tcp://localhost:7"), Endpoint::loopback(7));
        assert_eq!(parse("tcp://127.0.0.1:*"), Endpoint::loopback(0));
        assert_eq!(parse("tcp://*:7"), parse("tcp://0.0.0.0:7"));
    }

    #[test]
    fn what_other_machines_can_reach_is_refused_without_keys() {
        for text in [
            "tcp://*:5555",
            "tcp://192.168.1.2:5555",
            "tcp://controller.local:5555",
            "tcp://eth0:5555",
        ] {
            let error = parse(text).without_keys().unwrap_err();
            assert_eq!(error, EndpointError::NotLoopback { text: text.into() });
            assert!(error.to_string().contains("oxberry keygen"));
        }
        parse("tcp://127.9.9.9:1").without_keys().unwrap();
    }

    #[test]
    fn a_socket_listens_at_addresses_and_connects_to_machines() {
        parse("tcp://*:1").to_listen().unwrap();
        parse("tcp://192.0.2.7:1").to_listen().unwrap();
        let error = parse("tcp://eth0:1").to_listen().unwrap_err();
        assert!(error.to_string().contains("write tcp://*:PORT"), "{error}");
        parse("tcp://controller.local:1").to_connect().unwrap();
        let error = parse("tcp://*:1").to_connect().unwrap_err();
        assert!(error.to_string().contains("no machine"), "{error}");
    }

    #[test]
    fn two_sockets_collide_at_one_port_of_one_address_or_of_all() {
        let collide = |one, other| parse(one).collides(parse(other));
        assert!(collide("tcp://127.0.0.1:1", "tcp://localhost:1"));
        assert!(collide("tcp://*:1", "tcp://192.0.2.7:1"));
        assert!(collide("tcp://192.0.2.7:1", "tcp://*:1"));
        assert!(!collide("tcp://192.0.2.7:1", "tcp://192.0.2.8:1"));
        assert!(!collide("tcp://*:1", "tcp://*:2"));
        assert!(!collide("tcp://*:0", "tcp://*:0"));
    }

    #[test]
    fn other_texts_say_how_to_write_an_endpoint() {
        for text in [
            "",
            "127.0.0.1:5555",
            "tcp://127.0.0.1",
            "tcp://:1",
            "tcp://127.0.0.1:65536",
            "tcp://256.1.1.1:1",
            "tcp://10.1:1",
            "tcp://a b:1",
            "tcp://a/b:1",
            "tcp://a..b:1",
            "tcp://-a:1",
            &format!("tcp://{}:1", "a".repeat(65)),
        ] {
            let error = text.parse::<Endpoint>().unwrap_err();
            assert_eq!(error, EndpointError::Malformed { text: text.into() });
            assert!(error.to_string().contains("tcp://127.0.0.1:PORT"));
        }
        for text in ["tcp://[::1]:5555", "tcp://[::]:5555"] {
            let error = text.parse::<Endpoint>().unwrap_err();
            assert_eq!(error, EndpointError::Ipv6 { text: text.into() });
        }
    }
}
